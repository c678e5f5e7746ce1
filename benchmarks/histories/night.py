"""A night against a history: its articles, linking them, and taking them out again.

Belongs here: what is done to one database, and what is measured meanwhile. Linking is
`link_stories` itself, with a clock around the functions it calls.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import ModuleType
from typing import Any
from uuid import UUID

import numpy as np
import psutil
from sqlalchemy import Connection, Engine, event, text

from benchmarks.histories.load import ARTICLE_COLUMNS, article_row
from benchmarks.histories.texts import NIGHT_CROWD, NIGHT_CUT, NIGHT_EDITED, Text, Writer
from models import Article
from pipelines.defs import derive
from pipelines.defs.runs import AssetRun
from pipelines.store import bulk, signatures, stories
from pipelines.store.candidates import Candidates
from pipelines.store.settle import settle

NIGHT = date(2030, 1, 1)
PHASES: dict[str, tuple[ModuleType, str]] = {
    "queue_outdated": (signatures, "queue_outdated"),
    "articles_to_link": (signatures, "articles_to_link"),
    "signing": (derive, "_signed"),
    "put_signatures": (signatures, "put_signatures"),
    "find_candidates": (derive, "find_candidates"),
    "read_texts": (stories, "read_texts"),
    "verify": (derive, "verify"),
    "put_pairs": (stories, "put_pairs"),
    "assign_stories": (stories, "assign_stories"),
}
"""Functions that `link_stories` calls, none of them another of these."""

LOOKUP = "create temp table first_articles"
"""What the statement that looks keys up begins with; `put_signatures` runs it."""

_NIGHT_PART = 1_000_000
SIZED = (
    "news.articles",
    "ops.signatures",
    "ops.lsh_bands",
    "news.duplicate_pairs",
    "news.story_articles",
)

Sizes = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the clock, and of processor time in this process and in the server's."""

    seconds: float
    cpu: float

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.seconds + other.seconds, self.cpu + other.cpu)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.seconds - other.seconds, self.cpu - other.cpu)


@dataclass(frozen=True, slots=True)
class Linked:
    """One run of `link_stories`: what it took in all and by phase, and what it did.

    `lookup` is the part of `put_signatures` that looks keys up, `candidates` are the pairs that were
    worth verifying.
    """

    total: Spent
    phases: dict[str, Spent]
    lookup: Spent
    counts: dict[str, int]
    candidates: int
    wal_bytes: int


class Clock:
    """Time on the clock and of the processor; the server's sessions are watched if they are here."""

    def __init__(self, engine: Engine) -> None:
        self._sessions: list[psutil.Process] = []
        event.listen(engine, "connect", self._watch)

    def __call__(self) -> Spent:
        """Time until now, to be subtracted from a later one."""
        cpu = time.process_time()
        for session in self._sessions:
            try:
                times = session.cpu_times()
            except psutil.NoSuchProcess:
                continue
            cpu += times.user + times.system
        return Spent(time.perf_counter(), cpu)

    def _watch(self, connection: Any, _: object) -> None:  # noqa: ANN401 - whatever driver there is
        try:
            session = psutil.Process(connection.info.backend_pid)
        except psutil.NoSuchProcess:
            return
        if session.name().startswith("postgres"):
            self._sessions.append(session)


def night_articles(connection: Connection, articles: int, seed: int) -> list[bulk.Row]:
    """The rows of a night: new articles, and copies of the history's from all over it."""
    edited, cut, crowd = (
        round(share * articles) for share in (NIGHT_EDITED, NIGHT_CUT, NIGHT_CROWD)
    )
    writer = Writer(seed, _NIGHT_PART)
    originals = _originals(connection, edited + cut, seed)
    texts = writer.articles(articles - len(originals) - crowd) + writer.crowd(crowd)
    texts += writer.copies(originals, edited)
    return [article_row(one, NIGHT) for one in texts]


def _originals(connection: Connection, count: int, seed: int) -> list[Text]:
    """So many articles of the history, each as likely: ids are hashes, and so evenly spread."""
    data = np.random.default_rng([seed, _NIGHT_PART + 1]).bytes(16 * count)
    rows = connection.execute(
        text("""
        select found.title, found.body
          from unnest(cast(:wanted as uuid[])) with ordinality wanted (article_id, number)
         cross join lateral (
               select title, body from news.articles
                where articles.article_id >= wanted.article_id
                order by article_id limit 1) found
         order by wanted.number
        """),
        {"wanted": [UUID(bytes=data[at : at + 16]) for at in range(0, len(data), 16)]},
    )
    return [Text(*row) for row in rows]


def store(engine: Engine, rows: Sequence[bulk.Row]) -> None:
    """Store articles and put them on the list of those to link, as the asset `articles` does."""

    def put(connection: Connection) -> int:
        staged = bulk.stage_like(connection, Article, ARTICLE_COLUMNS, rows)
        written = bulk.upsert_staged(connection, Article, ARTICLE_COLUMNS, staged)
        return written + signatures.queue_unsigned(connection, staged)

    AssetRun(engine, None).write(put)


def link(engine: Engine, clock: Clock) -> Linked:
    """Run `link_stories` with the clock around what it calls."""
    run = AssetRun(engine, None)
    with engine.connect() as connection:  # so that connecting is not measured
        wal = _wal(connection)
    with _timed(clock) as (phases, candidates), _timed_lookup(engine, clock) as lookups:
        began = clock()
        derive.link_stories(run)
        total = clock() - began
    if phases["put_signatures"].seconds and not lookups:
        raise RuntimeError(f"No statement begins with {LOOKUP!r} any more.")
    with engine.connect() as connection:
        wal = _wal(connection) - wal
    lookup = sum(lookups, Spent(0.0, 0.0))
    return Linked(total, dict(phases), lookup, dict(run.counts), sum(candidates), wal)


def take_out(engine: Engine, rows: Sequence[bulk.Row]) -> None:
    """Delete articles as when their pages are gone, and link anew those that become hubs."""
    run = AssetRun(engine, None)
    run.write(partial(_touch, ids=[row[0] for row in rows]))
    run.write(settle)
    derive.link_stories(run)


def tidy(engine: Engine) -> None:
    """Leave the tables as autovacuum and a checkpoint do between two nights."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze)"))
        connection.execute(text("checkpoint"))


def counted(engine: Engine) -> dict[str, int]:
    """Rows of the tables of the history."""
    with engine.connect() as connection:
        return {
            table: int(connection.scalar(text(f"select count(*) from {table}")) or 0)
            for table in SIZED
        }


def sizes(engine: Engine) -> dict[str, dict[str, int]]:
    """Bytes of each table of the history and of its indexes."""
    with engine.connect() as connection:
        return {
            table: {
                "table": int(connection.scalar(text(f"select pg_table_size('{table}')")) or 0),
                "indexes": int(connection.scalar(text(f"select pg_indexes_size('{table}')")) or 0),
            }
            for table in SIZED
        }


def fresh_key_index(engine: Engine) -> int:
    """Bytes that the primary key of the keys has when it is built anew."""
    with engine.begin() as connection:
        connection.execute(text("set local maintenance_work_mem = '1GB'"))
        connection.execute(
            text("create unique index built_anew on ops.lsh_bands (key, article_prefix)")
        )
        size = int(connection.scalar(text("select pg_relation_size('ops.built_anew')")) or 0)
        connection.execute(text("drop index ops.built_anew"))
    return size


def _touch(connection: Connection, ids: Sequence[UUID]) -> int:
    return connection.execute(
        text("insert into ops.touched_articles select unnest(cast(:gone as uuid[]))"),
        {"gone": list(ids)},
    ).rowcount


def _wal(connection: Connection) -> int:
    return int(connection.scalar(text("select pg_current_wal_lsn() - '0/0'::pg_lsn")) or 0)


@contextmanager
def _timed(clock: Clock) -> Iterator[tuple[dict[str, Spent], list[int]]]:
    """What is spent in each function of `PHASES`, added up; the candidates of each batch."""
    candidates: list[int] = []
    spent: dict[str, Spent] = defaultdict(lambda: Spent(0.0, 0.0))
    originals = {name: getattr(*where) for name, where in PHASES.items()}

    def around(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any of the functions
            began = clock()
            result = function(*args, **kwargs)
            spent[name] += clock() - began
            if isinstance(result, Candidates):
                candidates.append(len(result.pairs))
            return result

        return timed

    for name, (module, attribute) in PHASES.items():
        setattr(module, attribute, around(name, originals[name]))
    try:
        yield spent, candidates
    finally:
        for name, (module, attribute) in PHASES.items():
            setattr(module, attribute, originals[name])


@contextmanager
def _timed_lookup(engine: Engine, clock: Clock) -> Iterator[list[Spent]]:
    """What is spent in each run of the statement that looks keys up."""
    began: list[Spent] = []
    spent: list[Spent] = []

    def before(_: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith(LOOKUP):
            began.append(clock())

    def after(_: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith(LOOKUP):
            spent.append(clock() - began.pop())

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield spent
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
