"""What Broadsheet survives: `python -m benchmarks.soak --help`.

Belongs here: which faults there are, their order, and the report. What a fault does stands in `faults`.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.faults import nights, outages, troubles
from benchmarks.faults.campaign import FIRST_NIGHT, Told, live_through
from benchmarks.faults.compare import State, difference, everything
from benchmarks.faults.kills import KILLED_AT, killed
from benchmarks.faults.outcomes import Outcome, suffer
from benchmarks.faults.production import Production
from benchmarks.faults.scenes import Fault
from benchmarks.faults.troubles import CannotTryError
from benchmarks.faults.waiting import FaultError
from benchmarks.place import temporary_folder
from benchmarks.watch import Peak, Watch
from pipelines.settings import ROOT
from pipelines.store.server import ServerError

RESULTS = Path(__file__).parent / "results" / "soak.json"
SEED = 20_260_105
_FILES = 80  # enough that articles are read by processes of their own
_MB = 1_000_000
_SECONDS_OF_A_CLEAN_LOAD = 1_800
_Named = tuple[str, str, Fault]


def kills(seed: int, first: int, points: int) -> Iterator[_Named]:
    """Each kill with its seeded moment: every part in every asset, in random order."""
    draw = random.Random(seed)
    shuffled = draw.sample(KILLED_AT, len(KILLED_AT))
    drawn = ((victim, asset, draw.uniform(0, 1)) for victim, asset in cycle(shuffled))
    for victim, asset, moment in islice(drawn, first - 1, first - 1 + points):
        yield f"kill -9 {victim}", f"{asset} + {moment:.2f} s", killed(victim, asset, moment)


def others(seconds_away: float) -> Iterator[_Named]:
    """Each fault that is no kill."""
    yield "Postgres restarted (fast)", "stories", outages.stopped(signal.SIGINT)
    yield "Postgres restarted (immediate)", "stories", outages.stopped(signal.SIGQUIT)
    away = outages.stopped(signal.SIGINT, seconds_away)
    yield f"Postgres away for {seconds_away:.0f} s", "stories", away
    yield "statement timeout", "stories", outages.statement_timeout
    yield "disk full", "first write", outages.disk_full
    yield "two daemons", "two runs at once", outages.two_daemons
    yield "dates ahead and behind", "files, loads, runs", outages.odd_dates
    yield "landing being written", "articles", outages.growing_landing


def suffer_all(folder: Path, faults: list[_Named]) -> list[Outcome]:
    """What becomes of one and the same night under each fault."""
    landing = folder / "landing"
    nights.put(landing / FIRST_NIGHT.isoformat(), nights.night(SEED, 0, _FILES))
    outcomes: list[Outcome] = []
    with Production(folder, landing) as production:
        production.runs.finish(production.runs.launch(FIRST_NIGHT))
        expected = everything(production.engine())
        for fault, point, inflict in faults:
            disk = troubles.small_disk(production) if fault == "disk full" else nullcontext()
            try:
                with disk:
                    outcomes.append(
                        suffer(production, FIRST_NIGHT, (fault, point), inflict, expected)
                    )
            except CannotTryError as error:
                print(f"{fault}: left out, {error}.", flush=True)
            else:
                _print_outcome(outcomes[-1])
    return outcomes


def soak(folder: Path, seed: int, count: int, files: int) -> dict[str, Any]:
    """Nights with faults, and one clean load of what they left in the landing zone."""
    landing = folder / "landing"
    with Production(folder, landing, workers=1) as production, Watch(os.getpid()) as watch:
        began = time.monotonic()
        told = live_through(production, seed, count, files)
        seconds = time.monotonic() - began
        found = everything(production.engine())
        began = time.monotonic()
        expected = _clean_load(production)
        clean = time.monotonic() - began
    return {
        "told": told,
        "seconds": seconds,
        "clean_seconds": clean,
        "peak": watch.peak,
        "rows": {table: rows for table, (rows, _) in expected.items()},
        "difference": difference(expected, found),
    }


def _clean_load(production: Production) -> State:
    """What `broadsheet run` makes of the landing zone in an empty database."""
    production.empty_database()
    command = [str(Path(sys.executable).with_name("broadsheet")), "run", "--quiet"]
    home = {"BROADSHEET_HOME": str(production.folder / "clean"), "DAGSTER_HOME": ""}
    subprocess.run(
        command,
        cwd=ROOT,
        env=production.environment() | home,
        check=True,
        timeout=_SECONDS_OF_A_CLEAN_LOAD,
    )
    return everything(production.engine())


def _print_heading() -> None:
    print(f"{'fault':<31}{'point':<24}{'healed by':<11}{'seconds':>7}", end="")
    print(f"{'lost':>6}{'doubled':>9}{'locks':>7}{'processes':>11}", flush=True)


def _print_outcome(one: Outcome) -> None:
    print(f"{one.fault:<31}{one.point:<24}{one.healed:<11}{one.seconds:>7.1f}", end="")
    print(f"{one.difference.lost:>6}{one.difference.doubled:>9}", end="")
    print(f"{one.locks:>7}{one.processes:>11}", end="")
    print(
        "" if one.survived else f"  NOT SURVIVED {one.difference.tables} {one.trouble}", flush=True
    )


def _print_soak(found: dict[str, Any]) -> None:
    told: Told = found["told"]
    peak: Peak = found["peak"]
    killed_parts = ", ".join(f"{count} {victim}" for victim, count in sorted(told.kills.items()))
    print(
        f"{found['rows']['ingested_files']} files, {found['rows']['articles']} articles,", end=" "
    )
    print(f"{told.late_files} files late; in {found['seconds']:.0f} s (clean load", end=" ")
    print(f"{found['clean_seconds']:.0f} s)")
    print(f"killed: {killed_parts or 'nothing'}; {told.reruns} loads run again")
    if told.healed_after:
        healed = sorted(told.healed_after)
        print(f"healthy again after {healed[len(healed) // 2]:.1f} s (median),", end=" ")
        print(f"{healed[-1]:.1f} s at most")
    print(f"peak memory {peak.total / _MB:.0f} MB in {peak.processes} processes, without Postgres")
    differs = found["difference"]
    print(f"rows lost {differs.lost}, doubled {differs.doubled}; digests", end=" ")
    print(f"that differ from a clean load: {', '.join(differs.tables) or 'none'}", flush=True)


def main() -> int:
    """Inflict everything: 0 all survived, 1 something was not, 2 wrong use."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults = [
        *kills(options.seed, options.first, options.points),
        *([] if options.no_outages else others(options.away)),
    ]
    outcomes: list[Outcome] = []
    found: dict[str, Any] = {}
    try:
        with temporary_folder() as folder:
            if faults:
                _print_heading()
                outcomes = suffer_all(folder / "faults", faults)
            if options.nights:
                print(f"\n{options.nights} nights of {options.files} files", flush=True)
                found = soak(folder / "nights", options.seed, options.nights, options.files)
                _print_soak(found)
    except (FaultError, ServerError, psycopg.Error, subprocess.SubprocessError) as error:
        print(f"benchmarks.soak: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks.soak: interrupted; what was made is removed.", file=sys.stderr)
        return 1
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    content = {"outcomes": [asdict(one) for one in outcomes], "nights": found}
    RESULTS.write_text(json.dumps(content, indent=2, default=asdict) + "\n", encoding="utf-8")
    survived = sum(one.survived for one in outcomes)
    print(
        f"\nSurvived {survived} of {len(outcomes)} faults. Written to {os.path.relpath(RESULTS)}."
    )
    is_clean = not found or not found["difference"].tables
    return 0 if survived == len(outcomes) and is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=(
            "Kill and disturb a whole production (Postgres, code server, daemon, runs) at seeded"
            " moments of a night, then through many nights, and hold what is left against clean"
            " loads. Uses servers of its own and leaves nothing behind but the report."
        ),
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, help="of all chance (default: %(default)s)"
    )
    parser.add_argument(
        "--points",
        type=int,
        default=len(KILLED_AT),
        help="kills of one night (default: %(default)s)",
    )
    parser.add_argument(
        "--first", type=int, default=1, help="the kill to begin with (default: %(default)s)"
    )
    parser.add_argument(
        "--away",
        type=float,
        default=60,
        help="seconds that Postgres is away (default: %(default)s)",
    )
    parser.add_argument("--no-outages", action="store_true", help="kills and nights only")
    parser.add_argument(
        "--nights", type=int, default=60, help="nights in a row (default: %(default)s)"
    )
    parser.add_argument(
        "--files", type=int, default=200, help="files of each (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
