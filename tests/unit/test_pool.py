"""Batches are mapped in order, in bounded memory, by workers that never outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from itertools import count
from operator import call
from pathlib import Path

import psutil
import pytest

from pipelines.pool import map_batches
from pipelines.settings import ROOT

# One worker waits and the other computes: neither is between two batches when the parent dies.
SCRIPT = """
import os, threading, time
from pipelines.pool import map_batches

def work(number):
    print(os.getpid(), flush=True)
    if number:
        threading.Event().wait(120)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        pass

if __name__ == "__main__":
    list(map_batches(work, range(2), 2))
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_batches(workers: int) -> None:
    batches = [list(range(at)) for at in range(20)]
    assert list(map_batches(sum, batches, workers)) == [sum(batch) for batch in batches]


def test_no_batches_give_no_results() -> None:
    assert list(map_batches(abs, [], 1)) == list(map_batches(abs, [], 2)) == []


def test_one_worker_is_this_process_and_more_are_others() -> None:
    asked = [os.getpid] * 4
    assert set(map_batches(call, asked, 1)) == {os.getpid()}
    assert os.getpid() not in set(map_batches(call, asked, 2))


def test_batches_are_taken_as_they_are_needed() -> None:
    for workers, most in ((1, 1), (2, 6)):
        batches = count()
        results = map_batches(abs, batches, workers)
        for number in range(10):
            assert next(results) == number
        taken = next(batches)
        assert 10 <= taken < 10 + most


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_of_the_function_reaches_the_caller(workers: int) -> None:
    results = map_batches(int, ["1", "2", "no number"], workers)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(ValueError, match="no number"):
        next(results)


def test_a_worker_that_dies_is_an_error_and_no_wait() -> None:
    with pytest.raises(BrokenProcessPool):
        list(map_batches(os._exit, [3], 2))


def test_workers_compute_with_one_thread_and_the_caller_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert list(map_batches(os.getenv, ["OMP_NUM_THREADS"], 2)) == ["1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert list(map_batches(os.getenv, ["OMP_NUM_THREADS"], 2)) == ["1"]
    assert "OMP_NUM_THREADS" not in os.environ


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended; where nobody reaps orphans it stays as a zombie."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "mapper.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as parent:
        assert parent.stdout is not None
        workers = [psutil.Process(int(parent.stdout.readline())) for _ in range(2)]
        started = psutil.Process(parent.pid).children(recursive=True)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert len(set(workers)) == 2 and set(workers) <= set(started)
    deadline = time.monotonic() + 30
    while not all(map(is_gone, started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [process for process in started if not is_gone(process)]
    for process in left:
        process.kill()
    assert not left
