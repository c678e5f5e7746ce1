"""A night that is being loaded, held at the moment when something is to happen to it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date

import psutil
import psycopg
from dagster import DagsterEventType

from benchmarks.faults.production import Production
from benchmarks.faults.waiting import FaultError, until

# What an asset cannot do without, and none before it needs: while it is held the asset is at work.
HELD = {
    "source_files": "lock table ops.quarantine in share mode",
    "articles": "lock table ops.page_leftovers in share mode",
    "mentions": "lock table ops.annotations in share mode",
    "stories": "lock table ops.lsh_bands in share mode",
    "entities": "lock table ops.resolutions in share mode",
    "analytics": "select from ops.analytics_state for update",
}

_SECONDS_TO_GET_THERE = 300


@dataclass
class Scene:
    """A night whose load a fault has met, and the processes that were at work on it.

    With `again` it is to be run once more although its run succeeds: something came too late for it.
    """

    production: Production
    nights: tuple[date, date | None]
    run_id: str
    again: bool = False
    began: float = field(default_factory=time.monotonic)
    family: list[psutil.Process] = field(default_factory=list)

    def remember(self) -> None:
        """Note that the fault comes now, and which processes there are."""
        self.family = self.production.family()
        self.began = time.monotonic()


Fault = Callable[[Production, date], Scene]
"""Launches a run of a night and lets something happen to it; what it has changed is undone but for
what an operator or a supervisor has to do."""


def launched(production: Production, first: date, last: date | None = None) -> Scene:
    """A run of one night, or of all from `first` to `last`, that has been put into the queue."""
    return Scene(production, (first, last), production.runs.launch(first, last))


@contextmanager
def at_work(scene: Scene, asset: str) -> Iterator[None]:
    """The fault comes now, while an asset is at work, and kept from its end as long as Postgres lives.

    Raises:
        FaultError: the run ended before that.
    """
    runs = scene.production.runs

    def begun() -> bool:
        if runs.count(scene.run_id, DagsterEventType.STEP_START, asset):
            return True
        if runs.get(scene.run_id).is_finished:
            message = f"The run ended before its asset {asset}: {runs.told(scene.run_id)}"
            raise FaultError(message)
        return False

    holder = scene.production.connect()
    try:
        holder.autocommit = False
        holder.execute(HELD[asset].encode())
        until(begun, f"the asset {asset} is at work", _SECONDS_TO_GET_THERE)
        scene.remember()
        yield
    finally:
        with suppress(psycopg.Error):
            holder.close()
