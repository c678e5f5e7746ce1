"""An archive of made-up news in a database of its own: made, or found as an earlier run has left it.

Belongs here: servers, databases, and the order in which one is filled. Does not belong here: what
is asked of it.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from benchmarks.analysts import derived
from benchmarks.analysts.bare import bare
from benchmarks.analysts.blocks import blocks_of
from benchmarks.analysts.load import copy_blocks, put_names
from benchmarks.analysts.world import world_of
from benchmarks.place import fresh_database
from pipelines.settings import settings
from pipelines.store import analytics, server
from pipelines.store.database import as_libpq_url, revisions, upgrade

_ENTITIES = 0.3
_SLOW = 1.0
_began = time.monotonic()


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is loaded. `seconds` is what that took; none if it was there."""

    engine: Engine
    url: str
    articles: int
    entities: int
    seconds: float | None


def entities_of(articles: int) -> int:
    """How many entities an archive of so many articles names: 300 thousand in a million."""
    return max(round(_ENTITIES * articles), 1)


def say(what: str) -> None:
    """A line of progress, with the seconds since the start."""
    print(f"[{time.monotonic() - _began:5.0f} s] {what}", file=sys.stderr, flush=True)


def log_progress() -> None:
    """Let work that is under way say how far it is."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("          %(message)s"))
    logger = logging.getLogger("pipelines.progress")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def fresh_archive(server_url: str, folder: Path, articles: int, seed: int) -> Iterator[Archive]:
    """An archive that is dropped in the end.

    Raises:
        psycopg.Error: the server cannot be reached, or the user is no superuser of it.
    """
    with fresh_database(server_url, folder, f"analysts_{articles}") as place:
        yield from _opened(place.url, articles, _loaded(place.url, articles, seed))


@contextmanager
def kept_server(home: Path) -> Iterator[str]:
    """The URL of a server whose data stay in a folder; it is stopped in the end.

    Raises:
        server.ServerError: it cannot be started.
    """
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    try:
        yield server.start(home)
    finally:
        server.stop(home)


@contextmanager
def kept_archive(server_url: str, articles: int, seed: int) -> Iterator[Archive]:
    """An archive that is loaded unless it is there, at the newest schema, and stays.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    name = f"analysts_{articles}_{seed}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    seconds = None
    if not _is_there(server_url, name, url):
        with _administrator(server_url) as connection:
            for statement in ("drop database if exists {} with (force)", "create database {}"):
                connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
        seconds = _loaded(url, articles, seed)
        with _administrator(server_url) as connection:
            connection.execute(
                sql.SQL("comment on database {} is 'loaded'").format(sql.Identifier(name))
            )
    yield from _opened(url, articles, seconds)


def _is_there(server_url: str, name: str, url: str) -> bool:
    """Whether an archive was loaded to the end, by the same migrations."""
    with _administrator(server_url) as connection:
        found = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
            [name],
        ).fetchone()
    if not found or found[0] != "loaded":
        return False
    engine = create_engine(url)
    current, head = revisions(engine)
    engine.dispose()
    return current == head


def _opened(url: str, articles: int, seconds: float | None) -> Iterator[Archive]:
    engine = create_engine(url, isolation_level="READ COMMITTED")
    try:
        yield Archive(engine, url, articles, entities_of(articles), seconds)
    finally:
        engine.dispose()


def _loaded(url: str, articles: int, seed: int) -> float:
    """Fill a new database; the seconds that took."""
    say(f"loading {articles:,} articles …")
    began = time.perf_counter()
    upgrade(url)
    engine = create_engine(url, isolation_level="READ COMMITTED")

    def step(what: str, do: Callable[[Connection], int]) -> None:
        started = time.perf_counter()
        with engine.begin() as connection:
            connection.execute(text("set local session_replication_role = replica"))
            rows = do(connection)
        seconds = time.perf_counter() - started
        if rows or seconds >= _SLOW:
            say(f"  {what}{f', {rows:,} rows' if rows else ''}: {seconds:.1f} s")

    blocks = blocks_of(articles, entities_of(articles), seed)
    with bare(engine, step):
        started = time.perf_counter()
        mentions = copy_blocks(url, blocks, settings().workers)
        say(
            f"  {articles:,} articles, {mentions:,} mentions: {time.perf_counter() - started:.1f} s"
        )
        world = world_of(entities_of(articles), seed)
        step("names and entities", lambda connection: put_names(connection, world))
        derived.count_entities(step)
    _tidy(engine)
    step("nights to count", derived.note_nights)
    started = time.perf_counter()
    analytics.refresh(engine)
    say(f"  nights counted: {time.perf_counter() - started:.1f} s")
    _tidy(engine)
    engine.dispose()
    return time.perf_counter() - began


def _tidy(engine: Engine) -> None:
    """Leave the tables as autovacuum and a checkpoint do between two nights."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set maintenance_work_mem = '1GB'"))
        started = time.perf_counter()
        connection.execute(text("vacuum (analyze)"))
        connection.execute(text("checkpoint"))
        say(f"  vacuum and analyze: {time.perf_counter() - started:.1f} s")


@contextmanager
def _administrator(server_url: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    where = as_libpq_url(make_url(server_url))
    with psycopg.connect(where, autocommit=True, connect_timeout=10) as connection:
        yield connection
