"""The code location as Dagster sees it: what it defines, and how runs succeed and fail."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import dagster as dg
import psycopg
import pytest
from dagster import AssetKey, DagsterEventType, DagsterInstance, RunsFilter
from sqlalchemy import Engine, create_engine, text

from pipelines.definitions import defs
from pipelines.defs.jobs import nightly_schedule
from pipelines.defs.partitions import NIGHTS as PARTITIONS
from pipelines.defs.partitions import range_tags
from pipelines.instance import FinishedRun, run_nights
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT
from pipelines.store import database
from pipelines.store.story_health import StoryHealth
from tests.integration.conftest import FILES, NIGHTS, Loaded, page
from tests.integration.loading import everything, lay_out, load
from tests.polling import eventually

ASSETS = ["source_files", "articles", "stories", "mentions", "entities", "analytics", "report"]
POOLS = {
    "source_files": "database",
    "articles": "database",
    "stories": "database",
    "mentions": "recogniser",
    "entities": "database",
    "analytics": "database",
    "report": "database",
}
BLOCKING = {
    "articles:no_orphan_articles",
    "articles:every_character_is_accounted_for",
    "stories:no_orphan_stories",
    "mentions:offsets_index_into_text",
    "entities:no_orphan_entities",
}
WARNING = {
    "source_files:few_files_are_quarantined",
    "source_files:no_night_is_empty",
    "stories:stories_hang_together",
    "analytics:last_night_is_loaded",
}


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    return defs().get_repository_def()


# --- what is defined


def test_there_are_seven_assets_in_one_job(repository: dg.RepositoryDefinition) -> None:
    assert {key.to_user_string() for key in repository.assets_defs_by_key} == set(ASSETS)
    job = repository.get_job("nightly")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(ASSETS)
    assert nightly_schedule.job_name == "nightly"
    sensors = {sensor.name for sensor in repository.sensor_defs}
    assert sensors == {"late_files", "last_night", "failure_alerts"}
    checks = {key.name for key in job.asset_layer.asset_graph.asset_check_keys}
    assert "no_night_is_empty" in checks and "last_night_is_loaded" not in checks


def test_every_schedule_is_off_until_it_is_switched_on(
    repository: dg.RepositoryDefinition,
) -> None:
    schedules = {schedule.name: schedule for schedule in repository.schedule_defs}
    assert set(schedules) == {"nightly_schedule", "prune_runs_schedule"}
    for schedule in schedules.values():
        assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_every_asset_says_what_it_does(repository: dg.RepositoryDefinition) -> None:
    for key, asset in repository.assets_defs_by_key.items():
        spec = asset.specs_by_key[key]
        assert spec.description
        assert spec.owners
        assert spec.kinds
        assert spec.group_name == "news"


def test_every_asset_waits_in_a_pool(repository: dg.RepositoryDefinition) -> None:
    pools = {
        key.to_user_string(): asset.op.pool for key, asset in repository.assets_defs_by_key.items()
    }
    assert pools == POOLS


def test_a_night_is_a_partition_of_all_but_the_views(
    repository: dg.RepositoryDefinition,
) -> None:
    partitioned = {
        key.to_user_string()
        for key, asset in repository.assets_defs_by_key.items()
        if asset.partitions_def == PARTITIONS
    }
    assert partitioned == set(ASSETS) - {"analytics"}


def test_checks_that_guard_invariants_block_and_the_others_warn(
    repository: dg.RepositoryDefinition,
) -> None:
    specs = [
        spec for check in repository.asset_checks_defs_by_key.values() for spec in check.check_specs
    ]
    named = {f"{spec.asset_key.to_user_string()}:{spec.name}": spec for spec in specs}
    assert {name for name, spec in named.items() if spec.blocking} == BLOCKING
    assert {name for name, spec in named.items() if not spec.blocking} == WARNING
    assert all(spec.description for spec in specs)


def test_the_schedule_loads_the_night_before_at_two() -> None:
    assert nightly_schedule.cron_schedule == "0 2 * * *"
    at = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    request = nightly_schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-02-28"


EVALUATE = """
import json
from datetime import datetime
import dagster as dg
from pipelines.defs.jobs import nightly_schedule
from pipelines.defs.partitions import NIGHTS
at = datetime.fromisoformat("2026-03-01T13:00:00+00:00")
request = nightly_schedule(dg.build_schedule_context(scheduled_execution_time=at))
print(json.dumps([nightly_schedule.execution_timezone, NIGHTS.timezone, request.partition_key]))
"""


def test_the_schedule_goes_by_the_time_zone_that_is_set() -> None:
    """At 13:00 in Greenwich on 1 March it is 02:00 on 2 March in Auckland."""
    done = subprocess.run(
        [sys.executable, "-c", EVALUATE],
        cwd=ROOT,
        env={**os.environ, "BROADSHEET_TIMEZONE": "Pacific/Auckland"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == ["Pacific/Auckland", "Pacific/Auckland", "2026-03-01"]


@pytest.mark.parametrize(
    "command",
    [
        ["dagster", "definitions", "validate", "-m", "pipelines.definitions"],
        ["dg", "check", "defs"],
    ],
    ids=" ".join,
)
def test_dagsters_own_commands_accept_the_code_location(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name(command[0]), *command[1:]],
        cwd=ROOT,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "yes"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


# --- errors that last, and errors that pass


def events(instance: DagsterInstance, run: FinishedRun, kind: DagsterEventType) -> list[str]:
    """Steps of a run that had events of a kind, in order."""
    logged = instance.all_logs(run.run_id, of_type=kind)
    return [event.dagster_event.step_key or "" for event in logged if event.dagster_event]


def materialized(instance: DagsterInstance, run: FinishedRun) -> list[str]:
    return events(instance, run, DagsterEventType.ASSET_MATERIALIZATION)


def failed_for_good(instance: DagsterInstance, run: FinishedRun, sentence: str) -> None:
    """The run failed in its first step, said why, and did not try again."""
    assert not run.success
    assert len(run.failures) == 1
    assert run.failures[0].startswith("source_files: ")
    assert sentence in run.failures[0]
    assert events(instance, run, DagsterEventType.STEP_UP_FOR_RETRY) == []
    assert events(instance, run, DagsterEventType.STEP_START) == ["source_files"]


@pytest.mark.usefixtures("engine")
def test_a_missing_landing_zone_fails_at_once_and_says_so(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    zone = LandingZone(tmp_path / "nowhere")
    run = run_nights(instance, NIGHTS[0], NIGHTS[0], zone, prune=False)
    failed_for_good(instance, run, f"{zone.root} does not exist")


def test_a_loaded_night_that_vanished_is_not_taken_for_empty(
    instance: DagsterInstance, loaded: Loaded, copy: Engine, tmp_path: Path
) -> None:
    before = everything(copy)
    root = tmp_path / "landing"
    shutil.copytree(loaded.zone.root, root)
    shutil.rmtree(root / NIGHTS[1].isoformat())
    run = run_nights(instance, NIGHTS[0], NIGHTS[-1], LandingZone(root), prune=False)
    failed_for_good(instance, run, "nor a folder for that night")
    assert NIGHTS[1].isoformat() in run.failures[0]
    assert everything(copy) == before
    assert run_nights(instance, NIGHTS[0], NIGHTS[-1], LandingZone(root), prune=True).success
    with copy.connect() as connection:
        nights = connection.scalars(text("select landing_date from news.coverage")).all()
    assert sorted(nights) == [NIGHTS[0], NIGHTS[-1]]


@contextmanager
def in_the_way(lock: str, then: Callable[[psycopg.Connection, int], None]) -> Iterator[None]:
    """Hold a lock until a session of ours waits for it and `then` has been done to that session."""
    plain = database.libpq_url()
    locked = threading.Event()

    def hold() -> None:
        with psycopg.connect(plain) as holder, psycopg.connect(plain, autocommit=True) as watcher:
            holder.execute(lock.encode())
            locked.set()
            waiting: list[int] = []

            def someone_waits() -> list[int]:
                query = "select pid from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
                found = watcher.execute(query, [holder.info.backend_pid]).fetchall()
                waiting[:] = [pid for (pid,) in found]
                return waiting

            eventually(someone_waits)
            then(watcher, waiting[0])
            holder.rollback()

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(30)
    try:
        yield
    finally:
        thread.join(60)
        assert not thread.is_alive()


def terminate(watcher: psycopg.Connection, pid: int) -> None:
    watcher.execute("select pg_terminate_backend(%s, 5000)", [pid])


def wait_until_it_gives_up(watcher: psycopg.Connection, pid: int) -> None:
    waits = "select 1 from pg_locks where pid = %s and not granted"
    eventually(lambda: watcher.execute(waits, [pid]).fetchone() is None)


WRITERS = f"select pg_advisory_xact_lock({database._WRITE_LOCK})"  # noqa: SLF001 - it is in the way


@pytest.mark.parametrize(
    ("lock", "then", "step"),
    [
        (WRITERS, terminate, "source_files"),
        # While rows are copied, which SQLAlchemy knows nothing of.
        ("lock table ops.quarantine in share mode", terminate, "source_files"),
        ("lock table news.captions in exclusive mode", wait_until_it_gives_up, "articles"),
        ("lock table ops.annotations in exclusive mode", terminate, "mentions"),
    ],
    ids=["a lost connection", "a connection lost in a copy", "a lock timeout", "lost in mentions"],
)
def test_what_passes_is_tried_again_and_succeeds(
    instance: DagsterInstance,
    loaded: Loaded,
    engine: Engine,
    lock: str,
    then: Callable[[psycopg.Connection, int], None],
    step: str,
) -> None:
    with engine.begin() as connection:
        name = connection.scalar(text("select quote_ident(current_database())"))
        if then is wait_until_it_gives_up:
            connection.execute(text(f"alter database {name} set lock_timeout = '1s'"))
    engine.dispose()
    with in_the_way(lock, then):
        run = run_nights(instance, NIGHTS[0], NIGHTS[-1], loaded.zone, prune=False)
    assert run.success, run.failures
    assert events(instance, run, DagsterEventType.STEP_UP_FOR_RETRY) == [step]
    assert events(instance, run, DagsterEventType.STEP_RESTARTED) == [step]
    undisturbed = create_engine(engine.url.set(database=loaded.database))
    try:
        assert everything(engine) == everything(undisturbed)
    finally:
        undisturbed.dispose()


# --- checks


BREAKS = {
    "a mention whose text is another": (
        "update news.mentions set surface = overlay(surface placing '#' from 1)",
        "mentions",
        "offsets_index_into_text",
        {"entities", "analytics", "report"},
    ),
    "an article that stands nowhere": (
        (
            "insert into news.articles (article_id, content_sha256, title, body, word_count,"
            " is_truncated, first_landed_on) select encode(substr(hash, 1, 16), 'hex')::uuid, hash,"
            " 'Nowhere', '', 0, false, '2026-01-05' from sha256('nowhere') as hash"
        ),
        "articles",
        "no_orphan_articles",
        {"stories", "mentions", "entities", "analytics", "report"},
    ),
    "a text that nobody accounts for": (
        (
            "with again as ("
            "     update ops.ingested_files ingested set segment_version = null"
            "       from news.source_files file join news.pages using (file_id)"
            "      where (file.landing_date, file.path) = (ingested.landing_date, ingested.path)"
            "        and page_id not in (select page_id from ops.page_leftovers))"
            " delete from ops.page_leftovers"
        ),
        "articles",
        "every_character_is_accounted_for",
        {"stories", "mentions", "entities", "analytics", "report"},
    ),
    "a story that is named after no member": (
        (
            "update news.story_articles story set story_id = other.article_id"
            " from (select min(article_id::text)::uuid as low, max(article_id::text)::uuid as high"
            "         from news.story_articles where is_canonical) ends, news.story_articles other"
            " where story.article_id in (ends.low, ends.high)"
            "   and other.article_id in (ends.low, ends.high) and other.article_id <> story.article_id"
        ),
        "stories",
        "no_orphan_stories",
        {"analytics", "report"},
    ),
    "a name without its entity": (
        "update news.names set entity_id = null",
        "entities",
        "no_orphan_entities",
        {"analytics", "report"},
    ),
    "an entity without a name": (
        "insert into news.entities values (gen_random_uuid(), 'ORG', 'nobody', 'Nobody', null, null)",
        "entities",
        "no_orphan_entities",
        {"analytics", "report"},
    ),
}


@pytest.mark.parametrize(("change", "asset", "check", "stopped"), BREAKS.values(), ids=list(BREAKS))
def test_a_broken_invariant_stops_what_follows(
    instance: DagsterInstance,
    loaded: Loaded,
    copy: Engine,
    change: str,
    asset: str,
    check: str,
    stopped: set[str],
) -> None:
    with copy.begin() as connection:
        assert connection.execute(text(change)).rowcount > 0
    run = run_nights(instance, NIGHTS[0], NIGHTS[-1], loaded.zone, prune=False)
    assert not run.success
    assert any(check in failure for failure in run.failures), run.failures
    errors = {key for key, level in failed_checks(instance, run).items() if level == "ERROR"}
    assert errors == {(asset, check)}
    assert set(materialized(instance, run)) == set(ASSETS) - stopped


def failed_checks(instance: DagsterInstance, run: FinishedRun) -> dict[tuple[str, str], str]:
    """Asset and name of the checks that a run failed, with their severity."""
    found = {}
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
        assert event.dagster_event
        data = event.dagster_event.asset_check_evaluation_data
        if not data.passed:
            found[data.asset_key.to_user_string(), data.check_name] = data.severity.value
    return found


@pytest.mark.usefixtures("engine")
def test_a_night_without_a_file_only_warns(instance: DagsterInstance, tmp_path: Path) -> None:
    zone = lay_out(tmp_path, {(NIGHTS[0], "a.txt"): FILES[NIGHTS[0], "a.txt"]})
    (tmp_path / NIGHTS[1].isoformat()).mkdir()
    run = run_nights(instance, NIGHTS[0], NIGHTS[1], zone, prune=False)
    assert run.success, run.failures
    assert failed_checks(instance, run) == {("source_files", "no_night_is_empty"): "WARN"}


@pytest.mark.usefixtures("engine")
def test_many_bad_files_only_warn(instance: DagsterInstance, tmp_path: Path) -> None:
    files = {(NIGHTS[0], f"{at}.txt"): FILES[NIGHTS[0], "bad.txt"] for at in range(2)}
    good = {(NIGHTS[0], "good.txt"): FILES[NIGHTS[0], "a.txt"]}
    run = run_nights(instance, NIGHTS[0], NIGHTS[0], lay_out(tmp_path, files | good), prune=False)
    assert run.success, run.failures
    assert failed_checks(instance, run) == {("source_files", "few_files_are_quarantined"): "WARN"}


@pytest.mark.usefixtures("engine")
def test_a_story_that_drifts_away_from_its_canonical_article_only_warns(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    # Each report has most of the one before it, and the last has nothing of the first.
    sentences = [
        f"The board of district {at} met on day {at} and heard {at + 7} speakers about road {at * 3}."
        for at in range(22)
    ]
    reports = [" ".join(sentences[start : start + 12]) for start in range(11)]
    files = {
        (NIGHTS[0], f"{at:02}.txt"): f"Roads\nTT\nRoads\n\n{report}".encode()
        for at, report in enumerate(reports)
    }
    run = run_nights(instance, NIGHTS[0], NIGHTS[0], lay_out(tmp_path, files), prune=False)
    assert run.success, run.failures
    assert failed_checks(instance, run) == {("stories", "stories_hang_together"): "WARN"}
    (evaluation,) = [
        event.dagster_event.asset_check_evaluation_data
        for event in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
        if event.dagster_event
        and event.dagster_event.asset_check_evaluation_data.check_name == "stories_hang_together"
    ]
    assert evaluation.metadata["largest_story"].value == len(reports)
    assert evaluation.metadata["giants"].value == 0
    assert evaluation.metadata["far_members"].value
    worst = evaluation.metadata["worst"]
    assert isinstance(worst, dg.TableMetadataValue)
    assert worst.records[0].data["articles"] == len(reports)


def test_a_story_of_more_than_five_hundred_articles_is_a_giant() -> None:
    sizes = {size: StoryHealth(UUID(int=1), "Title", size, 0, None) for size in (2, 500, 501)}
    assert [size for size, story in sizes.items() if story.is_giant] == [501]


def test_checks_can_be_run_by_hand_over_everything(
    instance: DagsterInstance, copy: Engine, loaded: Loaded
) -> None:
    whole = defs()
    by_hand = dg.define_asset_job("look", selection=dg.AssetSelection.all_asset_checks())
    job = dg.Definitions(
        assets=whole.assets,
        asset_checks=whole.asset_checks,
        resources=whole.resources,
        jobs=[by_hand],
    ).resolve_job_def("look")
    config = {"resources": {"landing_zone": {"config": {"root": str(loaded.zone.root)}}}}
    result = job.execute_in_process(instance=instance, run_config=config)
    evaluations = result.get_asset_check_evaluations()
    assert {f"{one.asset_key.to_user_string()}:{one.check_name}" for one in evaluations} == (
        BLOCKING | WARNING
    )
    warned = {"few_files_are_quarantined", "last_night_is_loaded"}
    assert {one.check_name for one in evaluations if not one.passed} == warned
    with copy.begin() as connection:
        connection.execute(text("update news.names set mention_count = mention_count + 1"))
    again = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
    failed = {one.check_name for one in again.get_asset_check_evaluations() if not one.passed}
    assert failed == warned | {"no_orphan_entities"}


# --- what a run leaves behind


@pytest.mark.usefixtures("engine")
def test_every_materialization_says_what_is_there(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    run = run_nights(instance, NIGHTS[0], NIGHTS[-1], lay_out(tmp_path, FILES), prune=False)
    assert run.success, run.failures
    for asset in set(ASSETS) - {"report"}:  # which makes no rows
        event = instance.get_latest_materialization_event(AssetKey(asset))
        assert event and event.asset_materialization
        assert event.run_id == run.run_id
        metadata = event.asset_materialization.metadata
        assert metadata["dagster/row_count"].value, asset
        assert metadata["quarantined"].value == 1
        assert metadata["quarantine_reasons"].value == {"binary": 1}
        table = metadata["loaded"]
        assert isinstance(table, dg.TableMetadataValue)
        assert table.records
        if asset != "analytics":
            assert metadata["rows_written"].value
            schema = metadata["dagster/column_schema"]
            assert isinstance(schema, dg.TableSchemaMetadataValue)
            assert all(column.description for column in schema.schema.columns)


@pytest.mark.usefixtures("engine")
def test_a_range_of_nights_is_one_run(instance: DagsterInstance, tmp_path: Path) -> None:
    before = instance.get_runs_count()
    run = run_nights(instance, NIGHTS[0], NIGHTS[-1], lay_out(tmp_path, FILES), prune=False)
    assert run.success, run.failures
    assert instance.get_runs_count() == before + 1
    steps = events(instance, run, DagsterEventType.STEP_START)
    assert sorted(step for step in steps if step in ASSETS) == sorted(ASSETS)
    made = instance.fetch_materializations(AssetKey("mentions"), limit=10)
    nights = {one.partition_key for one in made.records if one.run_id == run.run_id}
    assert nights == {night.isoformat() for night in NIGHTS}
    # Who typed the command sees it fail: no daemon is to run it again.
    found = instance.get_run_by_id(run.run_id)
    assert found and found.tags["dagster/max_retries"] == "0"


def test_one_asset_and_what_follows_can_be_run_again(
    instance: DagsterInstance, loaded: Loaded, copy: Engine
) -> None:
    before = everything(copy)
    with copy.begin() as connection:
        connection.execute(text("delete from ops.annotations"))
        connection.execute(text("update news.mentions set label = 'FAC'"))
    again = ["mentions", "entities", "analytics"]
    result = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            tags=range_tags(NIGHTS[0], NIGHTS[-1]),
            asset_selection=[AssetKey(asset) for asset in again],
            run_config={"resources": {"landing_zone": {"config": {"root": str(loaded.zone.root)}}}},
        )
    )
    assert result.success
    assert {event.step_key for event in result.get_asset_materialization_events()} == set(again)
    assert everything(copy) == before


@pytest.mark.usefixtures("engine")
def test_the_views_can_be_refreshed_without_a_night(instance: DagsterInstance) -> None:
    result = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            asset_selection=[AssetKey("analytics")],
            raise_on_error=False,
        )
    )
    assert result.success


@pytest.mark.usefixtures("engine")
def test_a_night_that_has_just_begun_can_be_loaded(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    load(instance, lay_out(tmp_path, {(today, "a.txt"): page(FERRY_TODAY)}), today)
    assert not PARTITIONS.has_partition_key((today + timedelta(days=1)).isoformat())


FERRY_TODAY = "The ferry to Trabzon sailed on time, the harbour master Ayla Kaya said in Samsun."


def test_no_run_is_left_unfinished(instance: DagsterInstance) -> None:
    unfinished = RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    assert instance.get_runs(unfinished) == []
