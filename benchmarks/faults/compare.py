"""What a load must end in, whatever happened meanwhile, and how far another is from it."""

from dataclasses import dataclass

from sqlalchemy import Engine

from pipelines.store.digests import digests

State = dict[str, tuple[int, str]]
"""Rows and hash of each table."""

_KEPT = (
    "quarantine",
    "page_leftovers",
    "signatures",
    "lsh_bands",
    "ingested_files",
    "annotations",
    "resolutions",
    "touched_articles",
    "unlinked_articles",
    "entity_totals",
    "entity_pair_counts",
    "stale_articles",
    "stale_nights",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that one state lacks, those it has too many, and the tables whose hashes differ."""

    lost: int
    doubled: int
    tables: tuple[str, ...]


def everything(engine: Engine) -> State:
    """Digests of all that is a function of the landing zone: `news`, and what was left out of it."""
    with engine.connect() as connection:
        ops = digests(connection, "ops")
        return digests(connection) | {name: ops[name] for name in _KEPT}


def difference(expected: State, found: State) -> Difference:
    """How far a state is from the one that was expected."""
    changes = [found[table][0] - rows for table, (rows, _) in expected.items()]
    return Difference(
        sum(-change for change in changes if change < 0),
        sum(change for change in changes if change > 0),
        tuple(table for table in expected if expected[table] != found[table]),
    )
