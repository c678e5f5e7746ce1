"""A night more: what comes to an archive with all triggers on, and bringing analytics up to date."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Engine, text

from benchmarks.analysts.blocks import BLOCK, FIRST_NIGHT, Block, rows_of
from benchmarks.analysts.load import put_tables, stage_names
from benchmarks.analysts.world import Name, world_of
from pipelines.defs.runs import AssetRun
from pipelines.store import analytics

_NUMBER = 5_000_000
"""Blocks of nights have numbers that no archive's has."""

_CONTINUED = 0.1
"""Of a night's stories so many continue one of the archive."""

_NAME_COLUMN = 6
_NEW_ENTITIES = """
    insert into news.entities (entity_id, entity_type, entity_key, display_name, country_code)
    select * from pg_temp.known on conflict do nothing
"""
_COUNTED_NAMES = """
    insert into news.names as known
           (name_id, entity_type, name, entity_id, own_entity_id, rule, mention_count)
    select name_id, entity_type, name, entity_id, entity_id, rule, counted.mentions
      from pg_temp.spelt
      join unnest(cast(:names as uuid[]), cast(:mentions as integer[])) counted (name_id, mentions)
     using (name_id)
        on conflict (name_id) do update
       set mention_count = known.mention_count + excluded.mention_count
"""
_EARLIER = """
    select found.story_id::text
      from unnest(cast(:wanted as uuid[])) wanted
     cross join lateral (
           select story_id from news.story_articles
            where article_id >= wanted order by article_id limit 1) found
"""


@dataclass(frozen=True, slots=True)
class Night:
    """What a night brought, and the seconds that it took; `again` is a refresh with nothing new."""

    articles: int
    mentions: int
    storing: float
    refreshing: float
    again: float


def add_night(engine: Engine, articles: int, entities: int, seed: int) -> Night:
    """Store a night after the last one, a batch of articles at a time, and refresh analytics."""
    with engine.connect() as connection:
        last = connection.scalar(text("select max(landing_date) from news.source_files"))
    night = (last - FIRST_NIGHT).days + 1
    run = AssetRun(engine, None)
    mentions, storing = 0, 0.0
    for at, begin in enumerate(range(0, articles, BLOCK)):
        number, size = _NUMBER + 1_000 * night + at, min(BLOCK, articles - begin)
        block = Block(seed, number, size, entities, (0, 0), (night, night + 1), night)
        tables = rows_of(block)
        with engine.connect() as connection:
            _continue_stories(connection, tables["news.story_articles"], seed + number)
        began = time.perf_counter()
        run.write(partial(_store, block=block, tables=tables))
        storing += time.perf_counter() - began
        mentions += len(tables["news.mentions"])
    began = time.perf_counter()
    analytics.refresh(engine)
    refreshed = time.perf_counter()
    analytics.refresh(engine)
    again = time.perf_counter() - refreshed
    return Night(articles, mentions, storing, refreshed - began, again)


def _store(connection: Connection, block: Block, tables: Mapping[str, Sequence[str]]) -> int:
    world = world_of(block.entities, block.seed)
    counts: dict[str, int] = {}
    for row in tables["news.mentions"]:
        name = row.split("\t", _NAME_COLUMN + 1)[_NAME_COLUMN]
        counts[name] = counts.get(name, 0) + 1
    known = _by_id(block.entities, block.seed)
    stage_names(connection, world, [known[name] for name in counts])
    connection.execute(text(_NEW_ENTITIES))
    values = {"names": [UUID(name) for name in counts], "mentions": list(counts.values())}
    connection.execute(text(_COUNTED_NAMES), values)
    return put_tables(connection, tables)


@cache
def _by_id(entities: int, seed: int) -> dict[str, Name]:
    return {one.name_id: one for one in world_of(entities, seed).names}


def _continue_stories(connection: Connection, rows: list[str], seed: int) -> None:
    """Let some stories be one with stories of the archive: any ones, as ids are hashes."""
    stories = sorted({row.split("\t")[1] for row in rows})
    continued = stories[: round(_CONTINUED * len(stories))]
    data = np.random.default_rng(seed).bytes(16 * len(continued))
    wanted = [UUID(bytes=data[at : at + 16]) for at in range(0, len(data), 16)]
    earlier = connection.scalars(text(_EARLIER), {"wanted": wanted})
    becomes = dict(zip(continued, earlier, strict=False))
    for at, row in enumerate(rows):
        article, story = row.split("\t")
        rows[at] = f"{article}\t{becomes.get(story, story).strip()}\n"
