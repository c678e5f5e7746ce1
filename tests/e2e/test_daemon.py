"""Dagster's daemon over our code location: a late file is loaded, a failure is retried, then told of.

What the daemon does again and again is done here by hand, turn by turn; the code server and the runs
are processes of their own, as they are in production.
"""

import logging
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from time import time

import dagster as dg
import pytest
from dagster import DagsterInstance
from dagster._core.scheduler.instigation import SensorInstigatorData
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon
from dagster._daemon.sensor import execute_sensor_iteration
from sqlalchemy import Engine, text

from pipelines.instance import prepare_home
from pipelines.settings import ROOT, settings
from tests.clock import NOON_ZONE, TODAY
from tests.integration.conftest import COUNCIL, FERRY, page
from tests.integration.receiving import Hook, web_hook
from tests.polling import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's, of itself

NIGHT = TODAY - timedelta(days=3)
SENSORS = ("late_files", "last_night", "failure_alerts")
INSTANCE = """
telemetry: {enabled: false}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
run_retries: {enabled: true, max_retries: 1}
"""


class Daemon:
    """The daemon's turns."""

    def __init__(self, workspace: WorkspaceProcessContext) -> None:
        self.workspace = workspace
        self.instance = workspace.instance
        self.retries = EventLogConsumerDaemon()
        self.retry()
        request = workspace.create_request_context()
        (location,) = request.code_locations
        (repository,) = location.get_repositories().values()
        for name in SENSORS[:2]:
            self.instance.start_sensor(repository.get_sensor(name))

    def evaluate(self) -> None:
        """Evaluate all sensors, as if their intervals had passed; their runs end before it returns."""
        for state in self.instance.all_instigator_state():
            data = state.instigator_data
            assert isinstance(data, SensorInstigatorData)
            idle = data._replace(last_tick_timestamp=None, last_tick_start_timestamp=None)
            self.instance.update_instigator_state(state.with_data(idle))
        list(execute_sensor_iteration(self.workspace, logging.getLogger("test"), None, None))
        self.wait()

    def retry(self) -> None:
        """Start retries of runs that failed; they end before it returns."""
        list(self.retries.run_iteration(self.workspace))
        self.wait()

    def wait(self) -> None:
        eventually(lambda: all(run.is_finished for run in self.runs()), seconds=120)

    def runs(self) -> list[dg.DagsterRun]:
        """All runs, the first one first."""
        return [one.dagster_run for one in self.instance.get_run_records(ascending=True)]


@pytest.fixture
def hook() -> Iterator[tuple[Hook, str]]:
    with web_hook() as served:
        yield served


@pytest.fixture
def daemon(
    engine: Engine, hook: tuple[Hook, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Daemon]:
    """A daemon whose sensors are switched on, and have nothing to say yet."""
    assert engine
    (tmp_path / "landing" / NIGHT.isoformat()).mkdir(parents=True)
    (tmp_path / "home" / "dagster").mkdir(parents=True)
    (tmp_path / "home" / "dagster" / "dagster.yaml").write_text(INSTANCE)
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BROADSHEET_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("BROADSHEET_ALERTS", hook[1])
    monkeypatch.setenv("BROADSHEET_TIMEZONE", NOON_ZONE)
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):  # `prepare_home` sets them
        monkeypatch.setenv(name, "")
    settings.cache_clear()
    prepare_home()
    target = ModuleTarget("pipelines.definitions", None, str(ROOT), None)
    with DagsterInstance.get() as instance, WorkspaceProcessContext(instance, target) as workspace:
        watched = Daemon(workspace)
        watched.evaluate()
        yield watched
    settings.cache_clear()


def land(folder: Path, night: date, name: str, data: bytes) -> None:
    """A file that landed an hour ago."""
    path = folder / night.isoformat() / name
    path.write_bytes(data)
    for one in (path, path.parent):
        os.utime(one, (time() - 3600, time() - 3600))


@pytest.mark.timeout(600)
def test_a_late_file_is_loaded_and_what_fails_is_retried_and_told_once(
    daemon: Daemon, hook: tuple[Hook, str], engine: Engine, tmp_path: Path
) -> None:
    def told() -> list[str]:
        return [title.removeprefix("Broadsheet: ") for title, _ in hook[0].posts]

    missing = told()
    assert len(missing) == 1 and missing[0].endswith("is missing")
    with engine.begin() as connection:
        connection.execute(text("alter table ops.quarantine rename to elsewhere"))
    land(tmp_path / "landing", NIGHT, "a.txt", page(FERRY))
    daemon.evaluate()
    (first,) = daemon.runs()
    assert first.tags["dagster/partition"] == NIGHT.isoformat()
    # The run's own process says so, a moment after it said that it failed.
    eventually(lambda: daemon.runs()[0].tags.get("dagster/will_retry") == "true")
    daemon.evaluate()
    assert told() == missing
    daemon.retry()
    assert [run.status.value for run in daemon.runs()] == ["FAILURE", "FAILURE"]
    daemon.evaluate()
    daemon.retry()
    daemon.evaluate()
    assert len(daemon.runs()) == 2
    assert told()[1:] == [f"the night {NIGHT} failed"]
    assert "It was automatic retry 1, and none follows." in hook[0].posts[-1][1]
    assert "source_files: " in hook[0].posts[-1][1]
    assert 'relation "ops.quarantine" does not exist' in hook[0].posts[-1][1]

    with engine.begin() as connection:
        connection.execute(text("alter table ops.elsewhere rename to quarantine"))
    land(tmp_path / "landing", NIGHT, "b.txt", page(COUNCIL))
    daemon.evaluate()
    daemon.evaluate()
    assert [run.status.value for run in daemon.runs()] == ["FAILURE", "FAILURE", "SUCCESS"]
    assert told()[2:] == [f"the night {NIGHT} recovered"]
    with engine.connect() as connection:
        paths = connection.scalars(text("select path from news.source_files order by path")).all()
    assert paths == ["a.txt", "b.txt"]
    shown = daemon.instance.get_latest_asset_check_evaluation_record(
        dg.AssetCheckKey(dg.AssetKey("analytics"), "last_night_is_loaded")
    )
    assert shown and shown.event and shown.event.dagster_event
    assert not shown.event.dagster_event.asset_check_evaluation_data.passed
