"""Whether the process that runs a night is there, asked from another machine or container."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.launcher import WorkerStatus
from sqlalchemy import Engine

from pipelines.instance import dead_runs
from pipelines.launcher import WatchedRunLauncher
from pipelines.run_process import PROCESS_TAG, is_alive, showing_life
from tests.conftest import connected
from tests.polling import eventually

SHOW_LIFE = """
from pipelines.run_process import showing_life
with showing_life() as process:
    print(process, flush=True)
    input()
"""


@pytest.fixture
def elsewhere(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has another name from here on than the processes it starts."""
    assert engine
    system, _, *others = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((system, "elsewhere", *others)))


@contextmanager
def a_process() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that shows life, and its name."""
    with subprocess.Popen(
        [sys.executable, "-c", SHOW_LIFE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip(), process
        process.kill()


def run_of(process: str) -> DagsterRun:
    return DagsterRun("nightly", status=DagsterRunStatus.STARTED, tags={PROCESS_TAG: process})


@pytest.mark.usefixtures("elsewhere")
def test_a_run_counts_as_running_until_its_process_is_killed() -> None:
    launcher = WatchedRunLauncher()
    with a_process() as (name, process), DagsterInstance.ephemeral() as instance:
        run = run_of(name)
        instance.add_run(run)
        assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
        assert dead_runs(instance) == []
        process.kill()
        eventually(lambda: not is_alive(name))
        assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND
        assert [dead.run_id for dead in dead_runs(instance)] == [run.run_id]


@pytest.mark.usefixtures("elsewhere")
def test_where_the_database_does_not_answer_nothing_is_given_up() -> None:
    assert not is_alive("gone/1/1")
    with connected("postgresql://nobody@127.0.0.1:1/news"):
        assert is_alive("gone/1/1")


@pytest.mark.usefixtures("engine")
def test_two_loads_of_one_process_do_not_wait_for_each_other() -> None:
    with showing_life() as one, showing_life() as other:
        assert one == other
        assert is_alive(one)
