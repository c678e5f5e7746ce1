"""The same articles in random orders and batches, each into a fresh database: what differs.

Belongs here: a small corpus of families of copies and one crowded template, and the comparison of
what `link_stories` makes of it, with what `load` makes of it too.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine, create_engine

from benchmarks.histories.load import article_row, derive, put_derived
from benchmarks.histories.night import NIGHT, store
from benchmarks.histories.texts import Text, Writer
from benchmarks.place import fresh_database
from pipelines.defs.derive import link_stories
from pipelines.defs.runs import AssetRun
from pipelines.news.candidates import HUBS
from pipelines.store import bulk
from pipelines.store.database import upgrade
from pipelines.store.digests import digests

TABLES = ("story_articles", "duplicate_pairs", "lsh_bands", "signatures")
CROWD = 4 * HUBS
"""Articles of the template: more than three times as many as a key has hubs."""

_FAMILIES = (600 - CROWD) // 4
_MOST_CUTS = 11
_ORDERS_PART = 2_000_000

Digests = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Orders:
    """In how many of the orders each table differs from the first's, and in bulk from the first."""

    articles: int
    orders: int
    batches: tuple[int, int]
    rows: dict[str, int]
    differing: dict[str, int]
    differing_in_bulk: list[str]


def arrival_orders(server_url: str, folder: Path, orders: int, seed: int) -> Orders:
    """Load the corpus in so many orders, and once more as a history is loaded."""
    rows = [article_row(one, NIGHT) for one in _corpus(seed)]
    chance = random.Random(seed)
    sizes: list[int] = []
    found: list[Digests] = []
    for _ in range(orders):
        batches = _batches(rows, chance)
        sizes.append(len(batches))
        found.append(_digests(server_url, folder, partial(_link, batches=batches)))
    in_bulk = _digests(server_url, folder, partial(_put, rows=rows))
    first = found[0]
    return Orders(
        len(rows),
        orders,
        (min(sizes), max(sizes)),
        {table: first[table][0] for table in TABLES},
        {table: sum(one[table] != first[table] for one in found) for table in TABLES},
        [table for table in TABLES if in_bulk[table] != first[table]],
    )


def _corpus(seed: int) -> list[Text]:
    """Families of an article, an edit of it, an edit of that and a truncation; and the crowd."""
    writer = Writer(seed, _ORDERS_PART)
    originals = writer.articles(_FAMILIES)
    edited = writer.copies(originals, _FAMILIES)
    again = writer.copies(edited, _FAMILIES)
    return [*originals, *edited, *again, *writer.copies(originals, 0), *writer.crowd(CROWD)]


def _batches(rows: Sequence[bulk.Row], chance: random.Random) -> list[list[bulk.Row]]:
    shuffled = chance.sample(rows, len(rows))
    cuts = chance.sample(range(1, len(rows)), chance.randint(0, _MOST_CUTS))
    return [shuffled[start:end] for start, end in pairwise([0, *sorted(cuts), len(rows)])]


def _link(engine: Engine, batches: Sequence[Sequence[bulk.Row]]) -> None:
    for batch in batches:
        store(engine, batch)
        link_stories(AssetRun(engine, None))


def _put(engine: Engine, rows: Sequence[bulk.Row]) -> None:
    with engine.begin() as connection:
        put_derived(connection, derive(rows))


def _digests(server_url: str, folder: Path, load: Callable[[Engine], None]) -> Digests:
    """What a fresh database holds after loading."""
    with fresh_database(server_url, folder, "order") as where:
        upgrade(where.url)
        engine = create_engine(where.url)
        try:
            load(engine)
            with engine.connect() as connection:
                return digests(connection) | digests(connection, "ops")
        finally:
            engine.dispose()
