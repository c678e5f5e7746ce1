"""What an archive takes on disk, and which of its indexes were used between two looks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, text

_SIZES = """
    select relid::regclass::text as name, pg_table_size(relid) as bytes,
           pg_indexes_size(relid) as index_bytes,
           (select reltuples::bigint from pg_class where oid = relid) as rows
      from pg_stat_user_tables
     where schemaname in ('news', 'ops')
     order by pg_total_relation_size(relid) desc
"""
_INDEXES = """
    select indexrelid::regclass::text as name, relid::regclass::text as relation,
           pg_relation_size(indexrelid) as bytes, idx_scan as scans,
           exists (select from pg_constraint where conindid = indexrelid and contype <> 'f') as is_key
      from pg_stat_user_indexes
     where schemaname in ('news', 'ops')
     order by name
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table's size, without and with its indexes, and about how many rows it has."""

    name: str
    bytes: int
    index_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Index:
    """An index, and how often it was scanned since the server's counters began."""

    name: str
    relation: str
    bytes: int
    scans: int
    is_key: bool


def tables(engine: Engine) -> list[Table]:
    """All tables, the largest first."""
    with engine.connect() as connection:
        return [Table(*row) for row in connection.execute(text(_SIZES))]


def indexes(engine: Engine) -> dict[str, Index]:
    """All indexes by name. Sessions report their scans when they end, so an engine's have to."""
    engine.dispose()
    with engine.connect() as connection:
        return {row[0]: Index(*row) for row in connection.execute(text(_INDEXES))}


def used(before: Mapping[str, Index], after: Mapping[str, Index]) -> set[str]:
    """Names of the indexes that were scanned between two looks."""
    return {name for name, one in after.items() if one.scans > before[name].scans}
