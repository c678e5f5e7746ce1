# ruff: noqa: SLF001  a run that the code server has is only to be seen inside it
"""The code server marks dead runs also after Dagster's own database was away."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.instance.ref import InstanceRef
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._grpc.server import DagsterApiServer

import pipelines.definitions
from tests.polling import eventually

AWAY = """
storage:
  postgres:
    postgres_url: postgresql+psycopg2://nobody@127.0.0.1:1/dagster
"""


@pytest.fixture
def server() -> Iterator[DagsterApiServer]:
    """Dagster's code server with its threads, without a port."""
    assert pipelines.definitions
    over = threading.Event()
    with FuturesAwareThreadPoolExecutor(max_workers=1) as threads:
        server = DagsterApiServer(over, logging.getLogger(__name__), threads)
        yield server
        over.set()
        server.cleanup()


def dead_process() -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(target=os._exit, args=(9,))
    process.start()
    process.join()
    return process  # type: ignore[return-value]


def test_a_run_that_died_while_the_database_was_away_is_marked_later(
    server: DagsterApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "dagster.yaml").write_text(AWAY, encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    run = DagsterRun("nightly", status=DagsterRunStatus.STARTED)
    with DagsterInstance.from_config(str(home)) as instance:
        instance.add_run(run)
        with server._execution_lock:
            server._executions[run.run_id] = dead_process(), InstanceRef.from_dir(str(away))
            server._termination_events[run.run_id] = multiprocessing.Event()
        eventually(lambda: "it is tried again" in caplog.text)
        with server._execution_lock:
            process, _ = server._executions[run.run_id]
            server._executions[run.run_id] = process, instance.get_ref()
        eventually(lambda: instance.get_run_by_id(run.run_id).status is DagsterRunStatus.FAILURE)  # type: ignore[union-attr]
    eventually(lambda: run.run_id not in server._executions)
