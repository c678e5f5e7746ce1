"""What the sensors see, ask for and tell, of runs and files that are really there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import time

import dagster as dg
import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus
from sqlalchemy import Engine, text

from pipelines.definitions import defs
from pipelines.defs import checks, sensors
from pipelines.defs.partitions import newest_due, range_tags
from pipelines.defs.resources import DatabaseResource, LandingZoneResource
from pipelines.defs.sensors import failure_alerts, last_night, late_files
from pipelines.instance import run_nights
from pipelines.landing_zone import LandingError, LandingZone
from pipelines.settings import ROOT, settings
from pipelines.store.loads import Load, load_starts, put_load
from tests.clock import NOON_ZONE, TODAY
from tests.integration.conftest import COUNCIL, FERRY, NIGHTS, WATER, page
from tests.integration.loading import Landing, lay_out, load
from tests.integration.receiving import Hook, web_hook

YESTERDAY = TODAY - timedelta(days=1)
PAST = [TODAY - timedelta(days=days) for days in (5, 4, 3)]
FILES: Landing = {
    (PAST[0], "a.txt"): page(FERRY),
    (PAST[0], "agency/b.txt"): page(WATER),
    (PAST[1], "c.txt"): page(COUNCIL),
}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """The web hook that alerts go to."""
    with web_hook() as (served, url):
        monkeypatch.setenv("BROADSHEET_ALERTS", url)
        settings.cache_clear()
        yield served
    settings.cache_clear()


@pytest.fixture
def runs(engine: Engine, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """An empty Dagster instance beside an empty database, and somewhere to send alerts to."""
    assert engine and hook
    monkeypatch.setenv("BROADSHEET_TIMEZONE", NOON_ZONE)
    settings.cache_clear()
    with DagsterInstance.ephemeral() as instance:
        yield instance


@dataclass
class Watch:
    """A sensor that is evaluated as the daemon does it, with its cursor."""

    sensor: dg.SensorDefinition
    instance: DagsterInstance
    zone: LandingZone | None = None
    cursor: str | None = None

    def tick(self) -> "dg.SensorExecutionData":
        resources: dict[str, object] = {"database": DatabaseResource()}
        if self.zone:
            resources["landing_zone"] = LandingZoneResource(root=str(self.zone.root))
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources=resources, definitions=defs()
        ) as context:
            ticked = self.sensor.evaluate_tick(context)
        self.cursor = ticked.cursor
        return ticked


def ingest(instance: DagsterInstance, zone: LandingZone, first: date, last: date) -> None:
    """Load files of some nights, and no more than that."""
    done = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            tags=range_tags(first, last),
            asset_selection=[AssetKey("source_files")],
            run_config={"resources": {"landing_zone": {"config": {"root": str(zone.root)}}}},
        )
    )
    assert done.success


# --- what is defined


def test_sensors_that_start_runs_or_watch_nights_are_off_until_switched_on() -> None:
    assert {late_files.default_status, last_night.default_status} == {
        dg.DefaultSensorStatus.STOPPED
    }


def test_alerts_are_on_where_there_is_somewhere_to_send_them() -> None:
    shown = (
        "from pipelines.defs.sensors import failure_alerts as one; print(one.default_status.value)"
    )
    done = subprocess.run(
        [sys.executable, "-c", shown],
        cwd=ROOT,
        env={**os.environ, "BROADSHEET_ALERTS": "json://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "RUNNING\n"


def test_a_night_is_due_at_an_hour_of_the_day_after_it() -> None:
    for at, due in {
        "2026-03-02T02:59": date(2026, 2, 28),
        "2026-03-02T03:00": date(2026, 3, 1),
        "2026-03-02T23:59": date(2026, 3, 1),
    }.items():
        assert newest_due(datetime.fromisoformat(f"{at}+00:00"), 3) == due


# --- late files


@pytest.fixture
def late(runs: DagsterInstance, tmp_path: Path) -> Watch:
    """The sensor over a landing zone whose nights are loaded."""
    zone = lay_out(tmp_path / "landing", FILES)
    rest(zone, *PAST[:2])
    ingest(runs, zone, PAST[0], PAST[-1])
    return Watch(late_files, runs, zone)


def rest(zone: LandingZone, *nights: date) -> None:
    """As if nothing had been written for an hour; but that is a change too."""
    for night in nights:
        folder = zone.root / night.isoformat()
        for path in (*folder.rglob("*"), folder):
            os.utime(path, (time() - 3600, time() - 3600))


def put(zone: LandingZone, night: date, name: str, data: bytes) -> None:
    path = zone.root / night.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def requested(ticked: "dg.SensorExecutionData") -> dict[str | None, str | None]:
    """Nights that are asked for, with their run keys."""
    return {one.partition_key: one.run_key for one in ticked.run_requests or []}


def test_what_lands_late_is_asked_for_once_and_loaded(late: Watch) -> None:
    assert late.zone
    assert late.tick().skip_message == "No night has late files."
    put(late.zone, PAST[0], "agency/late.txt", page(COUNCIL))
    put(late.zone, PAST[2], "first.txt", page(WATER))
    ticked = late.tick()
    assert ticked.run_requests == []
    assert f"{PAST[0]}: its folder is being written to" in str(ticked.skip_message)
    rest(late.zone, PAST[0], PAST[2])
    asked = requested(late.tick())
    assert asked.keys() == {PAST[0].isoformat(), PAST[2].isoformat()}
    assert requested(late.tick()) == asked
    ingest(late.instance, late.zone, PAST[0], PAST[2])
    assert late.tick().skip_message == "No night has late files."


def test_nights_that_are_not_past_or_too_long_ago_are_left_alone(
    late: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert late.zone
    monkeypatch.setenv("BROADSHEET_LATE_DAYS", "4")
    settings.cache_clear()
    for night in (PAST[0], PAST[1], TODAY, TODAY + timedelta(days=1)):
        put(late.zone, night, "late.txt", page(WATER))
        rest(late.zone, night)
    assert requested(late.tick()).keys() == {PAST[1].isoformat()}


def test_a_folder_that_is_empty_all_at_once_is_not_taken_for_meant(late: Watch) -> None:
    assert late.zone
    (late.zone.root / PAST[1].isoformat() / "c.txt").unlink()
    rest(late.zone, PAST[1])
    ticked = late.tick()
    assert ticked.run_requests == []
    assert f"{PAST[1]}: its folder is empty now" in str(ticked.skip_message)


def test_files_of_a_night_that_is_as_loaded_are_looked_at_in_turn(late: Watch) -> None:
    assert late.zone
    late.tick()
    for night, name in ((PAST[0], "a.txt"), (PAST[1], "c.txt")):
        path = late.zone.root / night.isoformat() / name
        path.write_bytes(path.read_bytes() + b" More.")
        os.utime(path, (time() - 3600, time() - 3600))
    asked = [requested(late.tick()).keys() for _ in range(2)]
    assert asked == [{PAST[0].isoformat()}, {PAST[0].isoformat(), PAST[1].isoformat()}]


def test_a_tick_without_time_goes_on_where_the_last_one_stopped(
    late: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert late.zone
    monkeypatch.setattr(sensors, "_LOOKING_SECONDS", -1)
    for night in PAST:
        put(late.zone, night, "late.txt", page(WATER))
        rest(late.zone, night)
    asked = [requested(late.tick()).keys() for _ in PAST]
    assert asked == [{night.isoformat()} for night in PAST]


def test_no_night_is_forgotten_where_clocks_change_at_midnight(engine: Engine) -> None:
    first, last = date(2026, 9, 3), date(2026, 9, 9)
    at = datetime(2026, 9, 10, tzinfo=UTC)
    with engine.begin() as connection:
        connection.execute(text("set local timezone = 'America/Santiago'"))
        put_load(connection, Load("run", "source_files", first, last, at, at, {}))
        starts = load_starts(connection, first, last)
    assert starts == {first + timedelta(days): at for days in range(7)}


def test_a_landing_zone_that_is_none_fails_the_tick(late: Watch, tmp_path: Path) -> None:
    late.zone = LandingZone(tmp_path / "nowhere")
    with pytest.raises(LandingError, match="does not exist"):
        late.tick()


def run_in(instance: DagsterInstance, status: DagsterRunStatus, tags: dict[str, str]) -> DagsterRun:
    """A run of the job that stands at a status."""
    job = defs().resolve_job_def("nightly")
    return instance.create_run_for_job(job_def=job, status=status, tags=tags)


@pytest.mark.parametrize("status", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED])
def test_a_night_that_is_being_loaded_is_left_to_that_run(
    late: Watch, status: DagsterRunStatus
) -> None:
    assert late.zone
    put(late.zone, PAST[1], "late.txt", page(WATER))
    rest(late.zone, PAST[1])
    run = run_in(late.instance, status, range_tags(PAST[0], PAST[2]))
    ticked = late.tick()
    assert ticked.run_requests == []
    assert f"{PAST[1]}: the run {run.run_id[:8]} is under way" in str(ticked.skip_message)


def test_after_a_run_that_failed_a_night_waits_for_new_files(late: Watch) -> None:
    assert late.zone
    put(late.zone, PAST[1], "late.txt", page(WATER))
    rest(late.zone, PAST[1])
    fail(late.instance, PAST[0], PAST[1])
    ticked = late.tick()
    assert ticked.run_requests == []
    assert "did not succeed with these files" in str(ticked.skip_message)
    put(late.zone, PAST[1], "later.txt", page(FERRY))
    rest(late.zone, PAST[1])
    assert requested(late.tick()).keys() == {PAST[1].isoformat()}


# --- last night


def test_a_missing_night_is_shown_and_told_once_and_so_is_its_arrival(
    runs: DagsterInstance, hook: Hook, tmp_path: Path
) -> None:
    watch = Watch(last_night, runs)
    (shown,) = watch.tick().asset_events
    assert isinstance(shown, dg.AssetCheckEvaluation)
    assert not shown.passed
    assert (shown.asset_key, shown.check_name) == (AssetKey("analytics"), "last_night_is_loaded")
    assert shown.metadata["night"].value == YESTERDAY.isoformat()
    assert watch.tick().asset_events == []
    ((title, body),) = hook.posts
    assert title == f"Broadsheet: the night {YESTERDAY} is missing"
    assert "source_files, articles, stories, mentions, entities, report did not finish" in body
    load(runs, lay_out(tmp_path / "landing", {(YESTERDAY, "a.txt"): page(FERRY)}), YESTERDAY)
    (shown,) = watch.tick().asset_events
    assert isinstance(shown, dg.AssetCheckEvaluation)
    assert shown.passed
    assert watch.tick().asset_events == []
    assert [title for title, _ in hook.posts[1:]] == [
        f"Broadsheet: the night {YESTERDAY} recovered"
    ]


def test_a_night_whose_failure_was_told_is_not_told_again_as_missing(
    runs: DagsterInstance, hook: Hook, tmp_path: Path
) -> None:
    failures = Watch(failure_alerts, runs)
    failures.tick()
    run_nights(runs, YESTERDAY, YESTERDAY, LandingZone(tmp_path / "nowhere"), prune=False)
    failures.tick()
    watch = Watch(last_night, runs)
    assert len(watch.tick().asset_events) == 1
    assert [title for title, _ in hook.posts] == [f"Broadsheet: the night {YESTERDAY} failed"]


def test_last_night_is_asked_for_from_six_oclock(engine: Engine) -> None:
    at = datetime(2026, 3, 2, 5, 59, tzinfo=UTC)
    assert checks.unloaded(engine, at)[0] == date(2026, 2, 28)
    assert checks.unloaded(engine, at + timedelta(minutes=1))[0] == date(2026, 3, 1)


# --- failures


@pytest.fixture
def told(runs: DagsterInstance) -> Watch:
    """The sensor, switched on."""
    watch = Watch(failure_alerts, runs)
    assert watch.tick().skip_message == "From now on failures are told of."
    return watch


def fail(instance: DagsterInstance, first: date, last: date) -> str:
    """Fail to load some nights; the run's id."""
    run = run_nights(instance, first, last, LandingZone(Path("/nowhere")), prune=False)
    assert not run.success
    return run.run_id


def titles(hook: Hook) -> list[str]:
    return [title.removeprefix("Broadsheet: ") for title, _ in hook.posts]


def test_a_failed_run_is_told_of_once_with_its_reason(told: Watch, hook: Hook) -> None:
    run_id = fail(told.instance, NIGHTS[0], NIGHTS[0])
    told.tick()
    told.tick()
    ((title, body),) = hook.posts
    assert title == "Broadsheet: the night 2026-01-05 failed"
    assert "source_files: The landing zone /nowhere does not exist or is no folder." in body
    assert f"http://127.0.0.1:3000/runs/{run_id}" in body
    assert "broadsheet run --date 2026-01-05" in body


def test_what_failed_before_it_was_switched_on_is_not_told(
    runs: DagsterInstance, hook: Hook
) -> None:
    fail(runs, NIGHTS[0], NIGHTS[0])
    watch = Watch(failure_alerts, runs)
    watch.tick()
    watch.tick()
    assert hook.posts == []


def test_without_a_service_nothing_is_kept_for_later(
    told: Watch, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = os.environ["BROADSHEET_ALERTS"]
    monkeypatch.setenv("BROADSHEET_ALERTS", "")
    settings.cache_clear()
    fail(told.instance, NIGHTS[0], NIGHTS[0])
    assert told.tick().skip_message == "BROADSHEET_ALERTS is not set."
    monkeypatch.setenv("BROADSHEET_ALERTS", url)
    settings.cache_clear()
    told.tick()
    assert hook.posts == []


def test_every_failed_run_is_told_of_for_itself(told: Watch, hook: Hook) -> None:
    fail(told.instance, NIGHTS[0], NIGHTS[1])
    fail(told.instance, NIGHTS[2], NIGHTS[2])
    told.tick()
    assert titles(hook) == [
        "the nights 2026-01-05 to 2026-01-06 failed",
        "the night 2026-01-07 failed",
    ]


def test_a_night_that_is_loaded_after_all_is_told_of_once(
    told: Watch, hook: Hook, tmp_path: Path
) -> None:
    fail(told.instance, NIGHTS[0], NIGHTS[1])
    fail(told.instance, NIGHTS[0], NIGHTS[0])
    told.tick()
    zone = lay_out(tmp_path / "landing", {(night, "a.txt"): page(FERRY) for night in NIGHTS})
    ingest(told.instance, zone, NIGHTS[2], NIGHTS[2])
    told.tick()
    assert len(hook.posts) == 2
    ingest(told.instance, zone, NIGHTS[0], NIGHTS[0])
    ingest(told.instance, zone, NIGHTS[0], NIGHTS[0])
    told.tick()
    assert titles(hook)[2:] == ["the night 2026-01-05 recovered"]
    ingest(told.instance, zone, NIGHTS[0], NIGHTS[2])
    told.tick()
    told.tick()
    assert titles(hook)[3:] == ["the nights 2026-01-05 to 2026-01-07 recovered"]


def test_a_run_of_other_assets_is_no_recovery(told: Watch, hook: Hook) -> None:
    fail(told.instance, NIGHTS[0], NIGHTS[0])
    job = defs().resolve_job_def("nightly")
    done = job.execute_in_process(
        instance=told.instance,
        partition_key=NIGHTS[0].isoformat(),
        asset_selection=[AssetKey("stories")],
    )
    assert done.success
    told.tick()
    assert titles(hook) == ["the night 2026-01-05 failed"]


def test_a_check_that_stops_a_run_is_told_of(
    told: Watch, hook: Hook, engine: Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("insert into news.entities values (gen_random_uuid(), 'ORG', 'nobody', 'Nobody')")
        )
    zone = lay_out(tmp_path / "landing", {(NIGHTS[0], "a.txt"): page(FERRY)})
    assert not run_nights(told.instance, NIGHTS[0], NIGHTS[0], zone, prune=False).success
    told.tick()
    ((title, body),) = hook.posts
    assert title == "Broadsheet: the night 2026-01-05 failed"
    assert "no_orphan_entities" in body


def test_a_run_whose_process_died_is_told_of(told: Watch, hook: Hook) -> None:
    run = run_in(told.instance, DagsterRunStatus.STARTED, range_tags(NIGHTS[0], NIGHTS[0]))
    told.instance.report_run_failed(run, "The process that ran it ended without a word.")
    told.tick()
    ((title, body),) = hook.posts
    assert title == "Broadsheet: the night 2026-01-05 failed"
    assert "The process that ran it ended without a word." in body


def test_an_alert_that_cannot_be_delivered_is_sent_by_the_next_tick(
    told: Watch, hook: Hook
) -> None:
    hook.refuses = lambda title: "2026-01-05" in title
    fail(told.instance, NIGHTS[0], NIGHTS[0])
    ticked = told.tick()
    assert "1 waiting for it, to be sent again." in str(ticked.skip_message)
    fail(told.instance, NIGHTS[1], NIGHTS[1])
    told.tick()
    told.tick()
    assert titles(hook) == ["the night 2026-01-06 failed"]
    hook.refuses = lambda _: False
    told.tick()
    told.tick()
    assert titles(hook)[1:] == ["the night 2026-01-05 failed"]
