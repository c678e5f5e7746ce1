"""Bring a production back after a fault, and see what the fault has left behind."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import psutil

from benchmarks.faults.compare import Difference, State, difference, everything
from benchmarks.faults.production import Production
from benchmarks.faults.scenes import Fault, Scene
from benchmarks.faults.waiting import FaultError, until

_LOCKS = (
    "select count(*) from pg_locks join pg_database on database = pg_database.oid"
    " where datname = current_database() and locktype = 'advisory'"
)
_SESSIONS = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and backend_type = 'client backend' and state <> 'idle'"
)
_SECONDS_TO_TIDY_UP = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fault has cost, and what was left of it."""

    fault: str
    point: str
    healed: str
    seconds: float
    difference: Difference
    locks: int
    processes: int
    trouble: str = ""

    @property
    def survived(self) -> bool:
        """Whether the tables are those of a clean load, and nothing is left."""
        return not (self.difference.tables or self.locks or self.processes or self.trouble)


def suffer(
    production: Production, night: date, named: tuple[str, str], fault: Fault, expected: State
) -> Outcome:
    """What becomes of a night of an empty database when a fault meets it.

    `named` says fault and point; `expected` is what a clean load ends in.
    """
    production.empty_database()
    trouble, healed, scene = "", "no", None
    began = time.monotonic()
    try:
        scene = fault(production, night)
        began = scene.began
        healed = heal(scene)
    except FaultError as error:
        trouble = str(error)
        production.start_missing()
        with suppress(FaultError):
            until(lambda: not production.runs.unfinished(), "no run goes on", 300)
    seconds = time.monotonic() - began
    found = difference(expected, everything(production.engine()))
    left = leftovers(production, scene.family if scene else ())
    return Outcome(*named, healed, seconds, found, *left, trouble)


def heal(scene: Scene) -> str:
    """Start what is missing, wait for the run, and run the night again if need be; how it was healed.

    Raises:
        FaultError: a run does not end, or the night fails again.
    """
    production = scene.production
    production.start_missing()
    if production.runs.finish(scene.run_id) and not scene.again:
        return "went on"
    if not production.runs.finish(production.runs.launch(*scene.nights)):
        message = f"The night failed again: {production.runs.told(scene.run_id)}"
        raise FaultError(message)
    return "rerun"


def leftovers(production: Production, family: Sequence[psutil.Process]) -> tuple[int, int]:
    """Locks and places in pools that are held, and processes and sessions without a purpose.

    What ends by itself is given some seconds to do so. `family` is who was there before.
    """
    with production.connect() as watcher:

        def locks() -> int:
            row = watcher.execute(_LOCKS).fetchone()
            return production.runs.slots_held() + (row[0] if row else 0)

        def processes() -> int:
            row = watcher.execute(_SESSIONS).fetchone()
            left = len(production.run_workers()) + len(production.runs.unfinished())
            left += sum(map(_is_alive, _orphans(family, production)))
            return left + (row[0] if row else 0)

        with suppress(FaultError):
            until(lambda: not locks() and not processes(), "all is tidy", _SECONDS_TO_TIDY_UP)
        return locks(), processes()


def _orphans(family: Sequence[psutil.Process], production: Production) -> list[psutil.Process]:
    """Processes of then that belong to nobody now."""
    now = set(production.family())
    return [process for process in family if process not in now]


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
