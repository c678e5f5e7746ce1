"""A whole Broadsheet in processes of its own, as on a server: Postgres, code server, daemon, runs.

Belongs here: starting, finding and ending these processes. Does not belong here: what is done to them,
and what must hold afterwards.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg
from dagster._grpc.client import DagsterGrpcClient
from psycopg import sql
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from benchmarks.faults.runs import Runs
from benchmarks.faults.waiting import FaultError, until
from pipelines.settings import ROOT
from pipelines.store import database, server
from pipelines.store.cluster import Cluster, locate

_EMPTY = "news_empty"
_DAGSTER = "dagster"

# As an instance on a server, but quicker to see what has died, and nothing is run again by itself.
_INSTANCE = """\
storage:
  postgres:
    postgres_url: {storage}
run_coordinator:
  module: dagster
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
    max_user_code_failure_retries: 10
    user_code_failure_retry_delay: 3
run_launcher:
  module: pipelines.launcher
  class: WatchedRunLauncher
concurrency:
  runs:
    max_concurrent_runs: 2
  pools:
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  poll_interval_seconds: 2
  start_timeout_seconds: 120
  cancel_timeout_seconds: 60
  max_runtime_seconds: 600
  free_slots_after_run_end_seconds: 1
run_retries:
  enabled: false
telemetry:
  enabled: false
nux:
  enabled: false
"""
_WORKSPACE = """\
load_from:
  - grpc_server:
      socket: {socket}
      location_name: broadsheet
"""


class Production:
    """Postgres, code server and daemon on a home of their own; ended, and removed, with the `with`.

    `folder` should have a short path, for the socket in it.
    """

    def __init__(self, folder: Path, landing: Path, workers: int = 2) -> None:
        self.folder = folder
        self.landing = landing
        self.workers = workers
        self.home = folder / "home"
        self.logs = folder / "logs"
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self._socket = folder / "code.sock"
        self._workspace = folder / "workspace.yaml"
        self._tablespace = ""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Make the databases and the Dagster home, and start everything."""
        dagster_home = self.home / "dagster"
        self.logs.mkdir(parents=True)
        dagster_home.mkdir(parents=True)
        self._open.callback(self._remove)
        try:
            self.url = server.start(self.home)
            for name in (_DAGSTER, _EMPTY):
                server.create_database(self.home, name)
            database.upgrade(self.url_of(_EMPTY))
            self.empty_database()
            storage = make_url(self.url_of(_DAGSTER)).set(drivername="postgresql+psycopg2")
            config = _INSTANCE.format(storage=storage.render_as_string(hide_password=False))
            (dagster_home / "dagster.yaml").write_text(config, encoding="utf-8")
            workspace = _WORKSPACE.format(socket=self._socket)
            self._workspace.write_text(workspace, encoding="utf-8")
            self.runs = self._open.enter_context(Runs(dagster_home, self._workspace))
            self.start_missing()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def cluster(self) -> Cluster:
        """Where Postgres has its data, and whose it is."""
        return locate(self.home)

    def url_of(self, name: str) -> str:
        """The URL of a database of the server."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def engine(self) -> Engine:
        """An engine of `news` that keeps no connection open."""
        return create_engine(self.url, poolclass=NullPool)

    def connect(self, name: str = server.DATABASE) -> psycopg.Connection:
        """A connection of the caller's own."""
        plain = make_url(self.url_of(name)).set(drivername="postgresql")
        return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)

    def empty_database(self) -> None:
        """Put a database with the schema and no rows in the place of `news`."""
        news, empty = sql.Identifier(server.DATABASE), sql.Identifier(_EMPTY)
        place = sql.Identifier(self._tablespace or "pg_default")
        create = sql.SQL("create database {} template {} strategy file_copy tablespace {}")
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(news))
            connection.execute(create.format(news, empty, place))

    def make_tablespace(self, folder: Path) -> None:
        """Keep `news` in a folder of the server's account from the next `empty_database` on."""
        self._tablespace = "elsewhere"
        with self.connect("postgres") as connection:
            create = sql.SQL("create tablespace {} location {}")
            name = sql.Identifier(self._tablespace)
            connection.execute(create.format(name, sql.Literal(str(folder))))

    def drop_tablespace(self) -> None:
        """Keep `news` where it was, empty."""
        name, self._tablespace = self._tablespace, ""
        self.empty_database()
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("drop tablespace {}").format(sql.Identifier(name)))

    def start_missing(self) -> None:
        """Start what does not run, as a supervisor would; returns when all of it answers.

        Raises:
            FaultError: the code server does not start.
        """
        server.start(self.home)
        if not self.has("code"):
            self._start_code_server()
        if not self.has("daemon"):
            self.start_daemon("daemon")
        until(self._code_server_answers, "the code server answers")

    def _start_code_server(self) -> None:
        self._socket.unlink(missing_ok=True)
        command = ["dagster", "api", "grpc", "--socket", str(self._socket)]
        command += ["--module-name", "pipelines.definitions", "--location-name", "broadsheet"]
        self._start("code", command)

    def start_daemon(self, name: str) -> None:
        """Start a daemon."""
        command = ["dagster-daemon", "run", "--workspace", str(self._workspace)]
        self._start(name, command)

    def has(self, name: str) -> bool:
        """Whether a program that was started by this name still runs."""
        return name in self.programs and self.programs[name].poll() is None

    def kill(self, name: str) -> None:
        """Kill a program that was started by this name."""
        self.programs[name].kill()
        self.programs[name].wait()

    def family(self) -> list[psutil.Process]:
        """Every process that was started here and lives, and those that these have started."""
        living = [psutil.Process(one.pid) for one in self.programs.values() if one.poll() is None]
        return living + [child for one in living for child in one.children(recursive=True)]

    def run_workers(self) -> list[psutil.Process]:
        """Processes of runs, and those that read articles for them."""
        return [process for process in self.family() if _is_spawned(process)]

    def environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        return os.environ | {
            "BROADSHEET_HOME": str(self.home),
            "BROADSHEET_DATABASE_URL": self.url,
            "BROADSHEET_LANDING": str(self.landing),
            "BROADSHEET_FIRST_NIGHT": "2020-01-01",
            "BROADSHEET_TIMEZONE": "UTC",
            "BROADSHEET_WORKERS": str(self.workers),
            "DAGSTER_HOME": str(self.home / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
            # Compiled modules are cached, as on any machine that has loaded a night before.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.folder / "pyc"),
        }

    def _start(self, name: str, command: list[str]) -> None:
        program, *arguments = command
        with (self.logs / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen(
                [str(Path(sys.executable).with_name(program)), *arguments],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _code_server_answers(self) -> bool:
        if not self.has("code"):
            message = f"The code server ended; {self.logs / 'code.log'} says why."
            raise FaultError(message)
        with suppress(Exception):
            DagsterGrpcClient(socket=str(self._socket), host="localhost").ping("")
            return True
        return False

    def _remove(self) -> None:
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for program in self.programs.values():
            program.wait()
        outside = self.cluster.outside
        server.stop(self.home)
        shutil.rmtree(outside, ignore_errors=True)


def _is_spawned(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "spawn_main" in " ".join(process.cmdline())
    return False
