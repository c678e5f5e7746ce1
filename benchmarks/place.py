"""Where measurements happen: a temporary folder, a server, and a fresh database for each load.

The server is the embedded one of a temporary BROADSHEET_HOME, or the one that
BROADSHEET_DATABASE_URL names; what is made on either is removed again.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from pipelines.settings import settings
from pipelines.store import server
from pipelines.store.cluster import locate


@dataclass(frozen=True, slots=True)
class Database:
    """A database of our own: its URL, and the BROADSHEET_HOME of those that load it."""

    url: str
    home: Path

    def environment(self) -> dict[str, str]:
        """What makes a process use it."""
        return {
            "BROADSHEET_DATABASE_URL": self.url,
            "BROADSHEET_HOME": str(self.home),
            "BROADSHEET_FIRST_NIGHT": "2000-01-01",
            "BROADSHEET_TIMEZONE": "UTC",
        }


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed in the end; the server's account must be able to enter it."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """The URL of a database on the server to use; an embedded one is stopped in the end.

    Raises:
        server.ServerError: the embedded server cannot be started.
    """
    if configured := settings().database_url:
        yield configured
        return
    home = folder / "server"
    outside = locate(home).outside
    try:
        yield server.start(home)
    finally:
        server.stop(home)
        shutil.rmtree(outside, ignore_errors=True)


@contextmanager
def fresh_database(server_url: str, folder: Path, label: str) -> Iterator[Database]:
    """A new, empty database; it is dropped in the end.

    Raises:
        psycopg.Error: the server cannot be reached, or the user may not create databases.
    """
    name = f"broadsheet_bench_{label}_{uuid4().hex[:8]}"
    _execute(server_url, "create database {}", name)
    try:
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        yield Database(url, folder / f"home_{label}")
    finally:
        with suppress(psycopg.OperationalError):
            _execute(server_url, "drop database if exists {} with (force)", name)


def _execute(server_url: str, statement: str, name: str) -> None:
    plain = make_url(server_url).set(drivername="postgresql")
    with psycopg.connect(
        plain.render_as_string(hide_password=False), autocommit=True, connect_timeout=10
    ) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
