"""The embedded Postgres: made on first use, started when needed, stopped only when told to.

Belongs here: the life of one server below BROADSHEET_HOME. Does not belong here: schemas and
roles (`migrations/`), nor a server that BROADSHEET_DATABASE_URL names.

The server listens on a unix socket in a folder that only its own account (and root) may enter;
that folder is the lock on the door, hence `trust` behind it. There is no TCP port.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import conninfo, pq, sql

from pipelines.store.binaries import ServerError
from pipelines.store.boot import PORT, START_SECONDS, SUPERUSER, bring_up
from pipelines.store.cluster import Cluster, locate

__all__ = [
    "ServerError",
    "create_database",
    "data_folder",
    "is_running",
    "remove",
    "start",
    "stop",
    "url",
]

logger = logging.getLogger(__name__)

DATABASE = "news"
STOP_SECONDS = 120
CONNECTION_ATTEMPTS = 5
MADE_MEANWHILE = (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)


def start(home: Path) -> str:
    """Make the cluster and its database `news` if need be, start the server, return its URL.

    Returns when the server takes connections, and leaves it running. Calling it again, or from
    several processes at once, is harmless.

    Raises:
        ServerError: it cannot be started; says why and what to do about it.
    """
    try:
        home.expanduser().mkdir(parents=True, exist_ok=True)
        with _locked(home):
            cluster = locate(home)
            if not _await_ready(cluster):
                bring_up(cluster)
            _create_database(cluster, DATABASE)
            return _url(cluster)
    except OSError as error:
        msg = f"The embedded Postgres in {home} could not be started: {error}."
        raise ServerError(msg) from error


def stop(home: Path) -> bool:
    """Stop the server, ending its clients' sessions; False when it was not running.

    Sends what `pg_ctl stop -m fast` sends, but to a process proven to be the server, and without
    needing the programs.

    Raises:
        ServerError: the server is another user's, or outlives `STOP_SECONDS`.
    """
    if not locate(home).exists:
        return False
    with _locked(home):
        cluster = locate(home)
        postmaster = cluster.postmaster()
        if postmaster is None:
            return False
        socket_folder = cluster.socket_folder
        # A fast stop that meets a recovery leaves Postgres 18 waiting for ever; there is nothing to
        # lose by an immediate one then.
        how = signal.SIGQUIT if _is_recovering(cluster) else signal.SIGINT
        with contextlib.suppress(psutil.NoSuchProcess):
            postmaster.send_signal(how)
        deadline = time.monotonic() + STOP_SECONDS
        while cluster.owns(postmaster):
            if time.monotonic() > deadline:
                msg = f"Postgres (process {postmaster.pid}) did not stop in {STOP_SECONDS} seconds."
                raise ServerError(msg)
            time.sleep(0.02)
        with contextlib.suppress(OSError):  # a tidy temp dir, no more
            socket_folder.rmdir()
        logger.info("Stopped Postgres in %s", cluster.data)
        return True


def remove(home: Path) -> bool:
    """Stop the server and delete the cluster with all it holds; False when there was none.

    Raises:
        ServerError: it cannot be stopped, or is another user's.
    """
    stop(home)
    cluster = locate(home)
    if not cluster.exists:
        return False
    is_elsewhere = cluster.data.parent.resolve() != home.expanduser().resolve()
    shutil.rmtree(cluster.data.parent if is_elsewhere else cluster.data)
    return True


def is_running(home: Path) -> bool:
    """Whether the server runs.

    Raises:
        ServerError: its data is another user's.
    """
    return locate(home).postmaster() is not None


def url(home: Path) -> str:
    """What `start` returns, without starting anything.

    Raises:
        ServerError: there is no cluster yet, or it is another user's.
    """
    return _url(_existing(home))


def data_folder(home: Path) -> Path:
    """Where the data is or would be: in the home, or below /var/lib (see `Cluster`).

    Raises:
        ServerError: it is another user's.
    """
    return locate(home).data


def create_database(home: Path, name: str) -> None:
    """Create a database unless it exists.

    Raises:
        ServerError: the server is not running, or refuses.
    """
    cluster = _existing(home)
    if cluster.postmaster() is None:
        msg = f"Postgres in {cluster.data} is not running: `broadsheet db start` starts it."
        raise ServerError(msg)
    _create_database(cluster, name)


def _existing(home: Path) -> Cluster:
    cluster = locate(home)
    if not cluster.exists:
        msg = f"There is no database in {cluster.data} yet: `broadsheet db start` makes it."
        raise ServerError(msg)
    return cluster


def _url(cluster: Cluster) -> str:
    host = quote(str(cluster.socket_folder))
    return f"postgresql+psycopg://{SUPERUSER}@/{DATABASE}?host={host}&port={PORT}"


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of a home; a crash frees the lock."""
    home = home.expanduser()
    lock = home / "postgres.lock"
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        msg = f"{lock} cannot be written: {error.strerror}; set BROADSHEET_HOME elsewhere."
        raise ServerError(msg) from error
    try:
        if os.geteuid() == 0:  # whoever owns the home must be able to go on without root
            os.fchown(descriptor, home.stat().st_uid, home.stat().st_gid)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _await_ready(cluster: Cluster) -> bool:
    """Wait for a server that others started; False when there is none, or it went away."""
    deadline = time.monotonic() + START_SECONDS
    while postmaster := cluster.postmaster():
        found = cluster.pid_file()
        # The file goes on saying so while the server recovers from the death of one of its own.
        if found and found.status == "ready" and not _is_recovering(cluster):
            return True
        if time.monotonic() > deadline:
            msg = f"Postgres (process {postmaster.pid}) was not ready in {START_SECONDS} seconds."
            raise ServerError(msg)
        time.sleep(0.02)
    return False


def _is_recovering(cluster: Cluster) -> bool:
    """Whether the server is there and takes no connections: it starts, recovers or stops."""
    where = conninfo.make_conninfo(
        host=str(cluster.socket_folder), port=PORT, user=SUPERUSER, dbname="postgres"
    )
    return pq.PGconn.ping(where.encode()) == pq.Ping.REJECT


def _create_database(cluster: Cluster, name: str) -> None:
    """Create a database unless it exists; a server that breaks off to recover is asked again."""
    for attempts_left in reversed(range(CONNECTION_ATTEMPTS)):
        try:
            with psycopg.connect(
                host=str(cluster.socket_folder),
                port=PORT,
                user=SUPERUSER,
                dbname="postgres",
                autocommit=True,
                connect_timeout=30,
            ) as connection:
                known = "SELECT FROM pg_catalog.pg_database WHERE datname = %s"
                if connection.execute(known, [name]).fetchone() is None:
                    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                    with contextlib.suppress(*MADE_MEANWHILE):
                        connection.execute(create)
            break
        except psycopg.Error as error:
            if attempts_left and isinstance(error, psycopg.OperationalError):
                time.sleep(0.2)
                if _await_ready(cluster):
                    continue
            msg = (
                f"Postgres in {cluster.data} runs, but database {name} could not be reached or made "
                f"({error}); if its socket is gone, `broadsheet db stop` and start it again."
            )
            raise ServerError(msg) from error
