"""Contenders by turns on one core, and each alone for its memory; in a process of its own.

`python -m benchmarks.duplicates.contest FOLDER rounds ROUNDS NAME...` measures ours and each NAME by turns,
`... FOLDER alone NAME` the memory of one. FOLDER has `texts.jsonl`; what was found is written there
as NAME.npz, and the times or bytes as JSON to standard output. `run` starts such a process.
"""

import gc
import json
import os
import resource
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

import numpy as np

from benchmarks.duplicates.contenders import CONTENDERS, OURS, Contender, Found
from benchmarks.duplicates.truth import components

_T = TypeVar("_T")

TEXTS = "texts.jsonl"
_WARM_UP = 300
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)


class ContestError(RuntimeError):
    """A measurement that failed; its process has said why."""


def run(folder: Path, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    """What such a process measured.

    Raises:
        ContestError: it ended with an error.
    """
    command = [sys.executable, "-m", "benchmarks.duplicates.contest", str(folder), *arguments]
    done = subprocess.run(
        command, env=os.environ | _ONE_THREAD, stdout=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        raise ContestError(f"{' '.join(arguments)}: ended with status {done.returncode}")
    return json.loads(done.stdout)


def write_texts(folder: Path, texts: Sequence[str]) -> None:
    """Put texts where the processes find them."""
    lines = (json.dumps(text) + "\n" for text in texts)
    (folder / TEXTS).write_text("".join(lines), encoding="utf-8")


def read_found(folder: Path, name: str) -> Found:
    """The pairs that a contender found."""
    with np.load(folder / f"{name}.npz") as file:
        return Found(file["near"], file["contained"])


def _rounds(folder: Path, texts: Sequence[str], rounds: int, names: Sequence[str]) -> object:
    """Seconds of text to signatures and of text to stories: turns of ours and another each."""
    entrants = {name: CONTENDERS[name]() for name in (OURS, *names)}
    for entrant in entrants.values():
        entrant.sign(texts[:_WARM_UP])
        entrant.find(texts[:_WARM_UP])
    times: dict[str, defaultdict[str, list[list[float]]]]
    times = {"signatures": defaultdict(list), "stories": defaultdict(list)}
    stages: defaultdict[str, list[float]] = defaultdict(list)
    ours = entrants[OURS]
    for round_no in range(rounds):
        # Where no other is installed, ours takes turns with itself.
        for name in names or (OURS,):
            print(f"         round {round_no + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            other = entrants[name]
            turn = [_seconds(one.sign, texts)[0] for one in (ours, other)]
            times["signatures"][name].append(turn)
            turn = []
            for one, whose in ((ours, OURS), (other, name)):
                seconds, found = _seconds(partial(_stories, one), texts)
                turn.append(seconds)
                for stage, spent in found.seconds.items():
                    stages[stage].append(spent)
                np.savez(folder / f"{whose}.npz", near=found.near, contained=found.contained)
            times["stories"][name].append(turn)
    return {**times, "stages": stages}


def _alone(texts: Sequence[str], name: str) -> object:
    """Bytes that finding stories adds to the largest size of a process that has read the texts."""
    entrant = CONTENDERS[name]()
    before = _largest_size()
    _stories(entrant, texts)
    return _largest_size() - before


def _stories(entrant: Contender, texts: Sequence[str]) -> Found:
    found = entrant.find(texts)
    began = process_time()
    components(len(texts), np.concatenate([found.near, found.contained]))
    if found.seconds:
        found.seconds["components"] = process_time() - began
    return found


def _seconds(call: Callable[[Sequence[str]], _T], texts: Sequence[str]) -> tuple[float, _T]:
    gc.collect()
    began = process_time()
    result = call(texts)
    return process_time() - began, result


def _largest_size() -> int:
    """Bytes: on Linux from /proc, as `ru_maxrss` there begins with what the parent process had."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _main(folder: Path, what: str, arguments: Sequence[str]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    # Line by line: a peak while reading would hide what comes later.
    with (folder / TEXTS).open(encoding="utf-8") as lines:
        texts = list(map(json.loads, lines))
    if what == "rounds":
        rounds, *names = arguments
        print(json.dumps(_rounds(folder, texts, int(rounds), names)))
    else:
        print(json.dumps(_alone(texts, *arguments)))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
