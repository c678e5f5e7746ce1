"""Old runs are deleted, and what the UI shows of nights stays as it was."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster import AssetKey, DagsterEventType, DagsterInstance, DagsterRunStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value
from sqlalchemy import Engine, make_url

from pipelines.definitions import defs
from pipelines.retention import delete_replaced_runs
from pipelines.settings import settings
from pipelines.store.loads import (
    Load,
    delete_replaced_loads,
    landing_zone_of,
    last_loads,
    put_load,
)
from tests.conftest import created

PARTITIONS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_date="2026-02-01")
UNFINISHED = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
FIRST, SECOND, THIRD = "2026-01-05", "2026-01-06", "2026-01-07"


@dg.asset(partitions_def=PARTITIONS)
def nightly(context: dg.AssetExecutionContext) -> None:
    """An asset with nights; fails for a run that is told to."""
    if "fail" in context.run.tags:
        raise dg.Failure(allow_retries=False)


@dg.asset
def views() -> None:
    """An asset without."""


@dg.job
def waiting() -> None:
    """A job whose runs are not over."""


@pytest.fixture(params=["sqlite", "postgres"])
def stored(
    request: pytest.FixtureRequest, server_url: str, tmp_path: Path
) -> Iterator[DagsterInstance]:
    """A Dagster instance of its own, with either of the storages that Broadsheet is run with."""
    overrides: dict[str, object] = {"telemetry": {"enabled": False}}
    if request.param == "sqlite":
        with DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
            yield instance
        return
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        driver = make_url(url).set(drivername="postgresql+psycopg2")
        storage = {"postgres": {"postgres_url": driver.render_as_string(hide_password=False)}}
        overrides["storage"] = storage
        with DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
            yield instance


def materialize(instance: DagsterInstance, night: str | None, **tags: str) -> str:
    """The id of a run that materialized one night, or the views."""
    result = dg.materialize(
        [nightly if night else views],
        instance=instance,
        partition_key=night,
        tags=tags,
        raise_on_error=False,
    )
    return result.run_id


def runs(instance: DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def loaded_nights(instance: DagsterInstance) -> set[str]:
    """Nights that the UI shows as loaded."""
    status = get_and_update_asset_status_cache_value(instance, AssetKey("nightly"), PARTITIONS)
    assert status
    subset = status.deserialize_materialized_partition_subsets(PARTITIONS)
    return set(subset.get_partition_keys())


def made_by(instance: DagsterInstance) -> dict[str | None, str]:
    """The runs that the UI names as those that loaded a night, or the views."""
    found = [
        *instance.fetch_materializations(AssetKey("nightly"), limit=100, ascending=True).records,
        *instance.fetch_materializations(AssetKey("views"), limit=100, ascending=True).records,
    ]
    return {record.partition_key: record.run_id for record in found}


def files_of(instance: DagsterInstance, run_id: str) -> list[Path]:
    """Whatever in the instance's folder is named after a run."""
    return sorted(Path(instance.root_directory).rglob(f"*{run_id}*"))


def test_runs_that_newer_ones_replace_go_and_the_latest_of_each_night_stays(
    stored: DagsterInstance,
) -> None:
    replaced = [materialize(stored, FIRST), materialize(stored, None)]
    made = {FIRST: materialize(stored, FIRST), None: materialize(stored, None)}
    made |= {SECOND: materialize(stored, SECOND)}
    replaced += [materialize(stored, SECOND, fail="yes"), materialize(stored, THIRD, fail="yes")]
    unfinished = {stored.create_run_for_job(waiting, status=status).run_id for status in UNFINISHED}
    everything = {*replaced, *made.values(), *unfinished}
    files = {run_id: files_of(stored, run_id) for run_id in everything}
    assert (loaded_nights(stored), made_by(stored)) == ({FIRST, SECOND}, made)

    assert delete_replaced_runs(stored, datetime.now(UTC) - timedelta(days=1)) == 0
    assert runs(stored) == everything
    assert delete_replaced_runs(stored, datetime.now(UTC) + timedelta(minutes=1)) == len(replaced)

    assert runs(stored) == everything - set(replaced)
    assert (loaded_nights(stored), made_by(stored)) == ({FIRST, SECOND}, made)
    assert stored.all_logs(made[FIRST], of_type=DagsterEventType.STEP_SUCCESS)
    for run_id in replaced:
        assert files[run_id] and not files_of(stored, run_id)
        if not isinstance(stored.event_log_storage, SqliteEventLogStorage):
            assert stored.all_logs(run_id) == []
    for run_id in made.values():
        assert files_of(stored, run_id) == files[run_id]
    # Counted anew, as after a change of the first night, the loaded nights are the same.
    stored.event_log_storage.wipe_asset_cached_status(AssetKey("nightly"))
    assert loaded_nights(stored) == {FIRST, SECOND}


@pytest.mark.usefixtures("engine")
def test_the_job_deletes_what_is_older_than_the_setting_says(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_KEEP_RUNS_DAYS", "7")
    settings.cache_clear()
    before = runs(instance)
    job = defs().resolve_job_def("prune_runs")
    result = job.execute_in_process(instance=instance)
    assert result.success
    assert runs(instance) == before | {result.run_id}


def loads_left(bound: Engine, before: datetime) -> list[str]:
    """Delete what is replaced and was finished before this; the runs of what is left."""
    with bound.begin() as connection:
        delete_replaced_loads(connection, before)
        return [load.run_id for load in last_loads(connection, 100)]


def test_of_loads_the_latest_of_each_night_stays(engine: Engine) -> None:
    now = datetime.now(UTC)

    def put(run_id: str, asset: str, first: int | None = None, last: int | None = None) -> None:
        nights = (
            date(2026, 1, first) if first else None,
            date(2026, 1, last) if last else None,
        )
        counts = {"landing_zone": {"root": f"/{run_id}"}}
        with engine.begin() as connection:
            put_load(connection, Load(run_id, asset, nights[0], nights[1], now, now, counts))

    put("three nights", "source_files", 5, 7)
    put("one of them", "source_files", 6, 6)
    put("another asset", "articles", 6, 6)
    put("views", "analytics")
    put("the night again", "source_files", 6, 6)
    put("views again", "analytics")
    late = now + timedelta(minutes=1)
    assert len(loads_left(engine, now)) == 6
    expected = ["views again", "the night again", "another asset", "three nights"]
    assert loads_left(engine, late) == expected
    with engine.connect() as connection:
        roots = [landing_zone_of(connection, date(2026, 1, day)) for day in (5, 6, 7)]
    assert roots == [("/three nights", None), ("/the night again", None), ("/three nights", None)]
    put("all again", "source_files", 5, 7)
    assert loads_left(engine, late) == ["all again", "views again", "another asset"]
