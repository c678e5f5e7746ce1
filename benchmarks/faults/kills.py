"""Kill one part of a production at a moment of a night."""

import os
import signal
import time
from collections.abc import Callable
from datetime import date

import psutil

from benchmarks.faults.production import Production
from benchmarks.faults.scenes import HELD, Fault, Scene, at_work, launched
from benchmarks.faults.waiting import until


def killed(victim: str, asset: str, seconds: float = 0) -> Fault:
    """The fault that kills a part some seconds into the work of an asset."""

    def inflict(production: Production, night: date) -> Scene:
        scene = launched(production, night)
        with at_work(scene, asset):
            time.sleep(seconds)
            scene.remember()
            KILLS[victim](production)
        return scene

    return inflict


def _worker(production: Production) -> None:
    """The process of the run; those that read articles for it end with it."""
    code = production.programs["code"].pid
    for process in production.run_workers():
        if process.ppid() == code:
            process.kill()


def _reader(production: Production) -> None:
    """One of the processes that read articles."""
    code = production.programs["code"].pid
    readers: list[psutil.Process] = []

    def found() -> bool:
        readers[:] = [one for one in production.run_workers() if one.ppid() != code]
        return bool(readers)

    until(found, "articles are read by processes of their own")
    readers[0].kill()


def _postmaster(production: Production) -> None:
    """The server: its other processes end when they notice."""
    postmaster = production.cluster.postmaster()
    if postmaster:
        postmaster.kill()
        psutil.wait_procs([postmaster], timeout=10)


def _backend(production: Production) -> None:
    """The process of Postgres that serves the run; the server then ends all others, and recovers."""
    query = (
        "select pid from pg_stat_activity"
        " where application_name = 'broadsheet' and datname = current_database()"
        " order by wait_event_type is distinct from 'Lock', xact_start limit 1"
    )
    with production.connect() as connection:
        row = connection.execute(query).fetchone()
    if row:
        os.kill(row[0], signal.SIGKILL)


def _power(production: Production) -> None:
    """Everything at once."""
    for victim in ("worker", "code server", "daemon", "postmaster"):
        KILLS[victim](production)


KILLS: dict[str, Callable[[Production], None]] = {
    "worker": _worker,
    "daemon": lambda production: production.kill("daemon"),
    "code server": lambda production: production.kill("code"),
    "postmaster": _postmaster,
    "backend": _backend,
    "reader": _reader,
    "power": _power,
}
"""What can be killed, and how it is found."""

KILLED_AT = [
    *(
        (victim, asset)
        for victim in ("worker", "daemon", "code server", "postmaster", "backend")
        for asset in HELD
    ),
    *(("power", asset) for asset in ("articles", "mentions", "entities")),
    ("reader", "mentions"),
]
"""Which part is killed during which asset: 34 of them."""
