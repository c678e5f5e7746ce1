"""The process that runs nights by hand: its name, and whether it is alive, asked from anywhere."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psutil
import psycopg

from pipelines.settings import settings
from pipelines.store import database

PROCESS_TAG = "broadsheet/process"
"""Tag of a run whose value names the process that runs it."""

_LOCK_KEY = "hashtextextended(%s, 0)"


@contextmanager
def showing_life() -> Iterator[str]:
    """Share a lock of the database under this process's name, which the block is given.

    The server lets go of it whatever ends the process, also in a container that is gone. Where it takes
    no connection there is no lock: what the block does will say so better.
    """
    process = f"{os.uname().nodename}/{os.getpid()}/{psutil.Process().create_time():.0f}"
    with ExitStack() as held:
        with suppress(psycopg.OperationalError):
            connection = psycopg.connect(database.libpq_url(), autocommit=True)
            held.enter_context(connection)
            connection.execute(f"select pg_advisory_lock_shared({_LOCK_KEY})", [process])
        yield process


def is_alive(process: str) -> bool:
    """Whether a process that a run's tag names is there, or nobody can tell.

    One of this machine is looked for, one of another machine or container by its lock.
    """
    node, pid, created = process.rsplit("/", 2)
    if node != os.uname().nodename:
        return _holds_its_lock(process)
    try:
        found = psutil.Process(int(pid))
        is_same = f"{found.create_time():.0f}" == created
        return is_same and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _holds_its_lock(process: str) -> bool:
    if settings().database_url is None:
        return True  # no other machine reaches the embedded server
    try:
        with psycopg.connect(database.libpq_url(), connect_timeout=10) as connection:
            free = connection.execute(
                f"select pg_try_advisory_xact_lock({_LOCK_KEY})", [process]
            ).fetchone()
    except psycopg.OperationalError:
        return True
    return free == (False,)
