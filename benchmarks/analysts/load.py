"""The archive into a database: COPY by blocks in worker processes, then the names it holds.

Belongs here: the order in which base tables are filled. Does not belong here: what is in them
(`blocks.py`, `world.py`), what follows of them (`derived.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, NullPool, create_engine, text

from benchmarks.analysts.blocks import COLUMNS, Block, rows_of
from benchmarks.analysts.world import Name, World
from pipelines.pool import map_batches
from pipelines.progress import track
from pipelines.store import bulk
from pipelines.store.names import refresh_display_names

_NULL = r"\N"
_STAGE = """
    create temp table spelt (
        name_id uuid, entity_type text, name text, entity_id uuid, rule text) on commit drop;
    create temp table known (
        entity_id uuid, entity_type text, entity_key text, display_name text, country_code text)
        on commit drop
"""
_COUNT = """
    create temp table counted on commit drop as
    select name_id, count(*) as mentions from news.mentions group by name_id
"""
_NAMES = """
    insert into news.names
           (name_id, entity_type, name, entity_id, own_entity_id, rule, mention_count)
    select name_id, entity_type, name, entity_id, entity_id, rule, mentions
      from pg_temp.spelt join pg_temp.counted using (name_id)
"""
_ENTITIES = """
    insert into news.entities (entity_id, entity_type, entity_key, display_name, country_code)
    select known.* from pg_temp.known
     where exists (select from pg_temp.spelt join pg_temp.counted using (name_id)
                    where spelt.entity_id = known.entity_id)
"""


def copy_blocks(url: str, blocks: Sequence[Block], workers: int) -> int:
    """Copy blocks into bare tables, without triggers; returns the number of mentions."""
    mentions = 0
    with track("articles", sum(one.articles for one in blocks)) as advance:
        loaded = map_batches(partial(_copy_block, url=url), blocks, workers)
        for block, count in zip(blocks, loaded, strict=True):
            mentions += count
            advance(block.articles)
    return mentions


def put_names(connection: Connection, world: World) -> int:
    """Store the names that are mentioned, with their counts, and their entities."""
    connection.execute(text("set local work_mem = '512MB'"))
    stage_names(connection, world, world.names)
    connection.execute(text(_COUNT))
    written = connection.execute(text(_ENTITIES)).rowcount
    written += connection.execute(text(_NAMES)).rowcount
    refresh_display_names(connection, "select entity_id from news.entities")
    return written


def stage_names(connection: Connection, world: World, names: Iterable[Name]) -> None:
    """Stage names as `spelt`, and their entities as `known`, until the transaction ends."""
    names = list(names)
    connection.execute(text(_STAGE))
    columns = "name_id, entity_type, name, entity_id, rule"
    copy_rows(connection, "pg_temp.spelt", columns, _spelt(world, names))
    columns = "entity_id, entity_type, entity_key, display_name, country_code"
    copy_rows(connection, "pg_temp.known", columns, _known(world, names))


def copy_rows(connection: Connection, table: str, columns: str, rows: Iterable[str]) -> None:
    """COPY rows that are in its text format already."""
    with (
        bulk.raw_cursor(connection) as cursor,
        cursor.copy(f"copy {table} ({columns}) from stdin".encode()) as copy,
    ):
        for row in rows:
            copy.write(row)


def put_tables(connection: Connection, tables: Mapping[str, Sequence[str]]) -> int:
    """Copy the rows of a block into the tables; returns the number of its mentions."""
    for table, columns in COLUMNS.items():
        copy_rows(connection, table, columns, ["".join(tables[table])])
    return len(tables["news.mentions"])


def _copy_block(block: Block, url: str) -> int:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("set local synchronous_commit = off"))
        connection.execute(text("set local session_replication_role = replica"))
        return put_tables(connection, rows_of(block))


def _spelt(world: World, names: Iterable[Name]) -> Iterator[str]:
    for one in names:
        entity = _NULL if one.entity is None else world.entities[one.entity].entity_id
        rule = _NULL if one.entity is None else "folded_name"
        yield f"{one.name_id}\t{one.label}\t{one.name}\t{entity}\t{rule}\n"


def _known(world: World, names: Iterable[Name]) -> Iterator[str]:
    for number in {one.entity for one in names if one.entity is not None}:
        entity = world.entities[number]
        shown = world.names[entity.names[0]].name
        code = entity.country_code or _NULL
        yield f"{entity.entity_id}\t{entity.entity_type}\t{entity.key}\t{shown}\t{code}\n"
