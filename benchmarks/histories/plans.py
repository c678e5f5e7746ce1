"""What statements do inside the server: their plans, and what of a history they read.

The plans are those of the statements that the pipeline really runs: Postgres' `auto_explain` sends
them as notices. Belongs here: collecting and summing them up. Nothing here is timed for a figure,
since explaining costs time.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine, event, text

HISTORY_TABLES = ("articles", "signatures", "lsh_bands", "story_articles", "duplicate_pairs")
_MANY = 0.5
"""A plan that reads this share of a history's table reads it whole, by whatever path."""

_SEQUENTIAL = "Seq Scan"
_NAME_CHARS = 50
_SECONDS_BETWEEN_LOOKS = 0.05
_OTHER_SESSIONS = """
    select count(*) from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend'
       and pid <> pg_backend_pid()
"""
_SETTINGS = (
    "load 'auto_explain'",
    "set auto_explain.log_min_duration = 0",
    "set auto_explain.log_analyze = on",
    "set auto_explain.log_buffers = on",
    "set auto_explain.log_format = json",
    "set auto_explain.log_parameter_max_length = 0",
    "set auto_explain.log_level = notice",
)
_KINDS = {
    "_POSTINGS": re.compile(r"with crowds as .* select coalesce\(array_agg\(key\)"),
    "_STAGE_CROWDED": re.compile(r"create temp table crowded_keys"),
    "_STAGE_FIRST": re.compile(r"create temp table first_articles"),
    "_QUEUE_CHANGED_HUBS": re.compile(r"with crowds as .* insert into ops\.unlinked_articles"),
    "insert into ops.lsh_bands": re.compile(r"with added as \( insert into ops\.lsh_bands"),
    "signatures of candidates": re.compile(r"select article_id, article_prefix, signature,"),
    "texts of candidates": re.compile(r"select article_id, title, body from news\.articles"),
    "articles_to_link": re.compile(r"sum\(char_length\(body\)\) over"),
    "pairs that are no more": re.compile(r"delete from news\.duplicate_pairs pair using"),
    "removed_keys of articles": re.compile(r"create temp table removed_keys"),
    "removed_keys kept by others": re.compile(r"delete from pg_temp\.removed_keys"),
    "delete from ops.lsh_bands": re.compile(r"delete from ops\.lsh_bands"),
    "linked": re.compile(r"select distinct article_prefix from"),
    "upsert of pairs": re.compile(r'insert into "news"\."duplicate_pairs"'),
    "upsert of stories": re.compile(r'insert into "news"\."story_articles"'),
    "delete from news.articles": re.compile(r"delete from news\.articles"),
    "delete from ops.signatures": re.compile(r"delete from ops\.signatures"),
    "nights of touched articles": re.compile(r"create temp table redated"),
    "signed that are gone": re.compile(r"delete from pg_temp\.signed"),
    "queue_unsigned": re.compile(r"insert into ops\.unlinked_articles select .* staged where"),
    "upsert of articles": re.compile(r'insert into "news"\."articles"'),
    "upsert of signatures": re.compile(r'insert into "ops"\."signatures"'),
    "members of stories": re.compile(r"create temp table members"),
    "pairs of stories": re.compile(r"select coalesce\(array_agg\(a\.place\)"),
    "articles to mark": re.compile(
        r"insert into pg_temp\.marked_articles select article_id from \("
    ),
    "stories to mark": re.compile(
        r"insert into pg_temp\.marked_articles select article_id from news"
    ),
    "queue_outdated": re.compile(r"signature_version < "),
}
KEY_STATEMENTS = ("_STAGE_FIRST", "_POSTINGS", "insert into ops.lsh_bands")
"""Names of those that look at the table of keys."""


@dataclass(slots=True)
class Statement:
    """A statement of one wording: how often it ran, what it took, and how.

    `blocks` are shared buffers it looked at, `shapes` its plans, the one it had last at the end;
    `reads` counts rows read of a history, by the kind of scan and the table.
    """

    name: str
    calls: int = 0
    milliseconds: float = 0.0
    blocks: int = 0
    heap_fetches: int = 0
    shapes: list[str] = field(default_factory=list)
    reads: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, milliseconds: float, plan: dict[str, Any]) -> None:
        """Add a call with its plan."""
        self.calls += 1
        self.milliseconds += milliseconds
        self.blocks += plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
        shape = ", ".join(_shape(plan))
        self.shapes = [*(one for one in self.shapes if one != shape), shape]
        for node in _nodes(plan):
            self.heap_fetches += node.get("Heap Fetches", 0)
            how, table = node["Node Type"], node.get("Relation Name")
            if table in HISTORY_TABLES and how.endswith("Scan"):
                rows = self.reads.setdefault(how, {})
                rows[table] = rows.get(table, 0) + _rows_read(node)


@dataclass(frozen=True, slots=True)
class WholeRead:
    """A statement that read a table of the history whole, or nearly, with its calls in all."""

    statement: str
    how: str
    table: str
    calls: int
    rows: int
    milliseconds: float


class Plans:
    """The statements that ran while this listened to an engine."""

    def __init__(self) -> None:
        self._statements: dict[str, Statement] = {}

    def hear(self, notice: psycopg.errors.Diagnostic) -> None:
        """Take note of a plan; other notices are left alone."""
        head, _, told = (notice.message_primary or "").partition("plan:\n")
        if not told:
            return
        found = json.loads(told)
        wording = " ".join(found["Query Text"].split())
        statement = self._statements.setdefault(wording, Statement(_name(wording)))
        statement.add(float(head.split()[1]), found["Plan"])

    def longest(self) -> list[Statement]:
        """All statements, those that took longest first."""
        return sorted(self._statements.values(), key=lambda one: -one.milliseconds)

    def whole_reads(self, rows: dict[str, int]) -> list[WholeRead]:
        """Where a scan is sequential, or reads most of a table's rows each time."""
        return [
            WholeRead(one.name, how, table, one.calls, read, one.milliseconds)
            for one in self.longest()
            for how, tables in one.reads.items()
            for table, read in tables.items()
            if read and (how == _SEQUENTIAL or read / one.calls >= _MANY * rows[table])
        ]

    def beyond(self, before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
        """Rows that sequential scans read of each table between two calls of `scans`, unplanned."""
        unplanned = {table: after[table] - before[table] for table in before}
        for one in self._statements.values():
            for table, read in one.reads.get(_SEQUENTIAL, {}).items():
                unplanned[table] -= read
        return {table: rows for table, rows in unplanned.items() if rows > 0}


@contextmanager
def explained(engine: Engine) -> Iterator[Plans]:
    """Hear the plans of everything that new connections of an engine run.

    Raises:
        sqlalchemy.exc.DBAPIError: the server has no auto_explain, or the user may not load it.
    """
    plans = Plans()

    def begin(connection: psycopg.Connection[Any], _: object) -> None:
        for statement in _SETTINGS:
            connection.execute(statement)
        connection.commit()
        connection.add_notice_handler(plans.hear)

    engine.dispose()
    event.listen(engine, "connect", begin)
    try:
        yield plans
    finally:
        event.remove(engine, "connect", begin)
        engine.dispose()


def scans(engine: Engine) -> dict[str, int]:
    """Rows that sequential scans have read of each table of the history until now.

    Unlike plans these hold what triggers do. Sessions report them when they end, so an engine's have
    to; its next one waits until they have.
    """
    engine.dispose()
    with engine.connect() as connection:
        while connection.scalar(text(_OTHER_SESSIONS)):
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        rows = connection.execute(
            text("""
            select relname, seq_tup_read from pg_stat_user_tables
             where schemaname in ('news', 'ops') and relname = any(:tables)
            """),
            {"tables": list(HISTORY_TABLES)},
        )
        return {row.relname: row.seq_tup_read for row in rows}


def _name(wording: str) -> str:
    """What a statement is called in a report."""
    known = (name for name, pattern in _KINDS.items() if pattern.search(wording))
    return next(known, wording[:_NAME_CHARS])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _shape(plan: dict[str, Any]) -> Iterator[str]:
    """Node types from the top down, with what they read."""
    for node in _nodes(plan):
        what = node.get("Index Name") or node.get("Relation Name")
        yield f"{node['Node Type']}({what})" if what else node["Node Type"]


def _rows_read(node: dict[str, Any]) -> int:
    one_loop = float(node.get("Actual Rows", 0)) + float(node.get("Rows Removed by Filter", 0))
    return round(one_loop * int(node.get("Actual Loops", 1)))
