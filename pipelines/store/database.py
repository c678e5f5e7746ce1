"""Where the database is, how to connect to it, and how its schema comes into being."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from models import OPS
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from pipelines.settings import ROOT, settings
from pipelines.store import server

logger = logging.getLogger(__name__)

# One lock for everything that writes: a transaction then sees no half of another's changes to
# shared rows, and none deadlocks. What takes long (reading files, recognition) is done outside it.
_WRITE_LOCK = 0x42_52_4F_41_44_53_48_54

# SQLSTATEs: a statement was cancelled, a session was idle in its transaction, a transaction took long.
_OVER_TIME = {"57014", "25P03", "25P04"}


def database_url() -> str:
    """The database to use: the one that is set, else the embedded one, started if it is not running.

    Raises:
        server.ServerError: the embedded server cannot be started.
    """
    configured = settings().database_url
    if configured is None:
        return server.start(settings().home)
    url = make_url(configured)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class SchemaError(RuntimeError):
    """The database's schema is not the one this version works with; the message says what to do."""


@cache
def engine() -> Engine:
    """The engine of this process."""
    return create_engine(
        database_url(),
        pool_pre_ping=True,
        # What is read under the write lock has to be what the last writer left.
        isolation_level="READ COMMITTED",
        connect_args={"application_name": "broadsheet", "connect_timeout": 10},
    )


@contextmanager
def write_transaction(bound: Engine) -> Iterator[Connection]:
    """A transaction that no other writer of Broadsheet runs beside."""
    with bound.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _WRITE_LOCK})
        yield connection


@contextmanager
def snapshot(bound: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and in which the database does not change."""
    with bound.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Let one process at a time do what goes by this name; others wait."""
    with engine().begin() as connection:
        connection.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )
        yield


def is_transient(error: BaseException) -> bool:
    """Whether trying again can help: the connection was lost, or others were in the way.

    SQLSTATE classes: 08 connection, 40 rollback (serialisation, deadlock), 53 resources, 55 lock not
    available, 57 operator intervention.
    """
    if is_over_time(error):
        return False
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    said = _said(error)
    if said is None:
        return False
    if said.sqlstate is None:
        return isinstance(said, psycopg.OperationalError)
    return said.sqlstate[:2] in {"08", "40", "53", "55", "57"}


def is_over_time(error: BaseException) -> bool:
    """Whether the server ended a statement or a transaction, because of a time limit or by hand."""
    said = _said(error)
    return said is not None and said.sqlstate in _OVER_TIME


def _said(error: BaseException) -> psycopg.Error | None:
    """What the server or its client library said; what a COPY raises comes from psycopg as it is."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return said if isinstance(said, psycopg.Error) else None


def alembic_config(url: str) -> Config:
    """Alembic's configuration, from pyproject.toml, bound to a database."""
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring the schema of a database to the newest revision.

    Raises:
        SchemaError: the database user may not do it; says who may, or what an administrator does.
    """
    try:
        command.upgrade(alembic_config(url), "head")
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        said = error.orig.diag
        todo = (
            said.message_hint or "Let a user in role broadsheet_owner run `broadsheet db upgrade`."
        )
        message = f"The schema cannot be migrated: {said.message_primary}. {todo}"
        raise SchemaError(message) from error


def revisions(bound: Engine) -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one."""
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    with bound.connect() as connection:
        return MigrationContext.configure(
            connection, opts={"version_table_schema": OPS}
        ).get_current_revision(), head


def ensure_schema() -> None:
    """Create the schema in an empty database, and bring the embedded one up to date.

    Raises:
        SchemaError: a database of the user's is at another revision; upgrading it is theirs to do.
            Or the database is empty, and the user may not create the schema.
    """
    current, head = revisions(engine())
    if current == head:
        return
    if current is not None and settings().database_url:
        message = (
            f"The database's schema is at revision {current}, this version works with {head}."
            " Back it up, then run `broadsheet db upgrade` as a user in role broadsheet_owner."
        )
        raise SchemaError(message)
    upgrade(database_url())


def current_engine() -> Engine:
    """The engine of a database that is ready to be read.

    Raises:
        SchemaError: nothing was loaded yet, or the schema is at another revision.
    """
    current, head = revisions(engine())
    if current is None:
        message = "Nothing was loaded yet: run `broadsheet run` first."
        raise SchemaError(message)
    if current != head:
        ensure_schema()
    return engine()


def libpq_url() -> str:
    """The database's URL as libpq's clients take it."""
    return as_libpq_url(engine().url)


def as_libpq_url(url: str | URL) -> str:
    """A URL of SQLAlchemy's as libpq's clients take it."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    # libpq knows a space by %20 alone. SQLAlchemy leaves those of a password as they are, and writes
    # those of a parameter as +.
    place, mark, parameters = plain.partition("?")
    return place.replace(" ", "%20") + mark + parameters.replace("+", "%20")
