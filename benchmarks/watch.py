"""Run one step in a process of its own, and watch the memory of its process tree."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_TO_END = 20
# Not `-m`: worker processes would import that module, and all it needs, once more.
_COMMAND = "import sys; from benchmarks.steps import main; main(*sys.argv[1:])"


class StepError(RuntimeError):
    """A step that failed; the message says which."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Most memory that a process and its descendants held at one time, in bytes (RSS).

    Pages that processes share are counted in each of them. `parent` is the share of the process
    itself, `processes` how many there were at that time.
    """

    total: int
    parent: int
    processes: int


def run_step(name: str, arguments: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """What the step of this name in `benchmarks.steps` found; `peak` is added.

    Raises:
        StepError: it ended with an error, which it has said itself.
    """
    with tempfile.TemporaryDirectory(prefix="broadsheet-step-") as folder:
        answer = Path(folder) / "answer.json"
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, name, str(answer), *arguments],
            env=os.environ | dict(environment),
        )
        try:
            with Watch(process.pid) as watch:
                status = process.wait()
        finally:
            _end(process)
        if status != 0:
            raise StepError(f"The step {name!r} ended with status {status}.")
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found | {"peak": watch.peak}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a step that was interrupted; its workers end when it does."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Watch:
    """A thread that looks at a process tree until the `with` block ends."""

    def __init__(self, pid: int) -> None:
        self.peak = Peak(0, 0, 0)
        self._root = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                sizes = [_rss(self._root)]
                sizes += [_rss(child) for child in self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            if sum(sizes) > self.peak.total:
                self.peak = Peak(sum(sizes), sizes[0], sum(map(bool, sizes)))


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
