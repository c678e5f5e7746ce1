"""A real Postgres for the suite, and a fresh database that the migrations built for each test."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from dagster import DagsterInstance
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy import Engine, make_url

from pipelines.settings import ROOT
from pipelines.settings import settings as read_settings
from pipelines.store import database, server

# Examples that load nights take as long as they take, and a shared machine is never even.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("suite")

# A suite that is started in the background of a script ignores Ctrl-C, and so would all it starts:
# Dagster's servers then do not end when they are asked to.
signal.signal(signal.SIGINT, signal.default_int_handler)

FRESH = "broadsheet_template"


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A BROADSHEET_HOME of the suite's own: nights that are loaded in this process report there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(tmp_path_factory.mktemp("home")))
        read_settings.cache_clear()
        yield
    read_settings.cache_clear()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A Postgres server: that of BROADSHEET_DATABASE_URL, else an embedded one of the suite's own."""
    configured = os.environ.get("BROADSHEET_DATABASE_URL")
    if configured:
        yield configured
        return
    home = ROOT / "var" / "tests" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
    yield server.start(home)
    server.stop(home)


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a database that holds the newest schema and no rows."""
    name = f"{FRESH}_{uuid4().hex[:8]}"
    with created(server_url, name) as url:
        database.upgrade(url)
        yield name


@contextmanager
def created(server_url: str, name: str, template: str = "template1") -> Iterator[str]:
    """A database of this name on the server, dropped at the end; its URL."""
    plain = make_url(server_url).set(drivername="postgresql")
    admin = plain.render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        create = sql.SQL("create database {} template {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        url = plain.set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            drop = sql.SQL("drop database {} with (force)")
            connection.execute(drop.format(sql.Identifier(name)))


@contextmanager
def connected(url: str) -> Iterator[Engine]:
    """The engine of the code under test, which finds a database as it does in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_DATABASE_URL", url)
        read_settings.cache_clear()
        database.engine.cache_clear()
        engine = database.engine()
        yield engine
        engine.dispose()
        database.engine.cache_clear()
    read_settings.cache_clear()


@contextmanager
def fresh_database(server_url: str, template: str) -> Iterator[Engine]:
    """An empty database with the schema."""
    name = f"test_{uuid4().hex[:12]}"
    with created(server_url, name, template) as url, connected(url) as engine:
        yield engine


@pytest.fixture
def engine(server_url: str, template: str) -> Iterator[Engine]:
    """A fresh database with the newest schema and no rows."""
    with fresh_database(server_url, template) as bound:
        yield bound


@pytest.fixture(scope="session")
def instance() -> Iterator[DagsterInstance]:
    """A Dagster instance in memory; the command line's, on disk, is tested where it is used."""
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def landing(tmp_path: Path) -> Callable[[date, str, bytes], Path]:
    """Put a file into the landing zone `tmp_path / "landing"`."""

    def put(night: date, name: str, data: bytes) -> Path:
        path = tmp_path / "landing" / night.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return put
