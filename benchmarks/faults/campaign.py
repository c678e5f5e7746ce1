"""Many nights in a row, as they come: files that are bad or late, parts that are killed, reruns."""

import random
import sys
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from benchmarks.faults import nights
from benchmarks.faults.kills import KILLS
from benchmarks.faults.outcomes import heal
from benchmarks.faults.production import Production
from benchmarks.faults.scenes import launched
from benchmarks.faults.waiting import until

FIRST_NIGHT = date(2026, 1, 5)
_KILLED = 0.4
_LATE = 0.03
_RERUN_EVERY = 6
_VICTIMS = [victim for victim in KILLS if victim != "reader"]
_SECONDS_OF_A_LOAD = 15.0


@dataclass
class Told:
    """What happened in the nights, and how long loads took."""

    kills: dict[str, int] = field(default_factory=dict)
    reruns: int = 0
    late_files: int = 0
    seconds: list[float] = field(default_factory=list)
    healed_after: list[float] = field(default_factory=list)


def live_through(production: Production, seed: int, count: int, files: int) -> Told:
    """Load nights one after the other, each with what came late for the one before it.

    Of the loads 40 % meet a kill at a random moment; each is then healed before the next.

    Raises:
        FaultError: a night cannot be healed.
    """
    draw = random.Random(seed)
    told = Told()
    late: nights.Files = {}
    for number in range(count):
        landed = nights.night(seed, number, files)
        missing = {name for name in landed if draw.random() < _LATE}
        night = FIRST_NIGHT + timedelta(number)
        nights.put(_folder(production, night), {n: landed[n] for n in landed if n not in missing})
        before = night - timedelta(1)
        if number:
            nights.put(_folder(production, before), late)
        late = {name: landed[name] for name in missing}
        told.late_files += len(late)
        _load(production, (before if number else night, night), draw, told)
        if number % _RERUN_EVERY == _RERUN_EVERY - 1:
            again = FIRST_NIGHT + timedelta(draw.randrange(number))
            _load(production, (again, again), draw, told)
        so_far = f"{sum(told.kills.values())} kills, {told.reruns} reruns"
        print(f"  night {number + 1} of {count}, {so_far}", file=sys.stderr, flush=True)
    nights.put(_folder(production, night), late)
    _load(production, (night, night), draw, told)
    return told


def _load(production: Production, span: tuple[date, date], draw: random.Random, told: Told) -> None:
    began = time.monotonic()
    scene = launched(production, *span)
    if draw.random() < _KILLED:
        typical = median(told.seconds[-9:] or [_SECONDS_OF_A_LOAD])
        moment = began + draw.uniform(0, typical)
        until(lambda: time.monotonic() > moment, "the moment has come", 600)
        victim = draw.choice(_VICTIMS)
        told.kills[victim] = told.kills.get(victim, 0) + 1
        scene.remember()
        KILLS[victim](production)
        told.reruns += heal(scene) == "rerun"
        told.healed_after.append(time.monotonic() - scene.began)
    else:
        told.reruns += heal(scene) == "rerun"
        told.seconds.append(time.monotonic() - began)


def _folder(production: Production, night: date) -> Path:
    return production.landing / night.isoformat()
