"""`broadsheet doctor` on the real thing: what it says of a healthy house, and of each that is not."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from uuid import uuid4

import dagster as dg
import psutil
import pytest
from alembic import command
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy import Engine, make_url, text

from pipelines.commands.doctor import examine_all, has_failed
from pipelines.defs.checks import CHECKS
from pipelines.doctor import files
from pipelines.doctor.database import Connection, DatabaseChecks, connect
from pipelines.doctor.findings import Outcome, Verdict, examine, ok
from pipelines.doctor.instance import InstanceChecks
from pipelines.instance import prepare_home
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT
from pipelines.settings import settings as read_settings
from pipelines.store.database import alembic_config
from tests.clock import NOON_ZONE, TODAY
from tests.conftest import created
from tests.integration.conftest import FERRY, article, page
from tests.integration.loading import everything, lay_out, load
from tests.integration.test_cli import broadsheet

YESTERDAY = TODAY - timedelta(days=1)
Doctor = Callable[..., dict[str, Outcome]]
REPOSITORY = RemoteRepositoryOrigin(
    code_location_origin=RegisteredCodeLocationOrigin(location_name="pipelines.definitions"),
    repository_name="__repository__",
)
OFTEN_WARNED = {"roles", "schedules", "sensors", "daemon"}
"""Of what a fresh installation need not have."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A BROADSHEET_HOME with an instance of Dagster."""
    home = tmp_path / "home"
    monkeypatch.setenv("BROADSHEET_HOME", str(home))
    monkeypatch.setenv("BROADSHEET_TIMEZONE", NOON_ZONE)
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
    read_settings.cache_clear()
    prepare_home()
    return home


@pytest.fixture
def on_disk(home: Path) -> Iterator[DagsterInstance]:
    """The instance of the home, on disk as it is in production."""
    with DagsterInstance.from_config(str(home / "dagster")) as made:
        yield made


@pytest.fixture
def doctor(home: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Look at everything, with these settings; what each check said."""

    def look(*, free_gb: float = 0, **environment: object) -> dict[str, Outcome]:
        for name, value in environment.items():
            monkeypatch.setenv(f"BROADSHEET_{name}", str(value))
        read_settings.cache_clear()
        return {finding.name: finding.outcome for finding in examine_all(free_gb)}

    assert home.is_dir()
    return look


@pytest.fixture
def unreachable() -> Iterator[str]:
    """The URL of a server that is down: its port is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"postgresql://nobody@127.0.0.1:{taken.getsockname()[1]}/news"


def contents(folder: Path) -> dict[Path, bytes]:
    """What each file below a folder holds."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(outcomes: dict[str, Outcome], verdict: Verdict) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome.verdict is verdict}


# --- the guide


def test_the_guide_tells_of_every_check_and_of_every_asset_check() -> None:
    guide = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    looked_at = {"landing_zone", "disks", "aliases", "pipeline"}
    looked_at |= DatabaseChecks().checks().keys() | InstanceChecks().checks().keys()
    in_runs = {key.name for check in CHECKS for key in check.check_keys}
    assert [name for name in sorted(looked_at | in_runs) if f"`{name}`" not in guide] == []


# --- a healthy house


def test_where_all_is_well_nothing_fails(
    copy: Engine, on_disk: DagsterInstance, home: Path, tmp_path: Path
) -> None:
    zone = LandingZone(tmp_path / "landing")
    files = {(YESTERDAY, "a.txt"): page(FERRY)}
    load(on_disk, lay_out(zone.root, files), YESTERDAY)
    before, kept = everything(copy), contents(home)
    done = broadsheet(home, "doctor", "--format", "json", BROADSHEET_LANDING=str(zone.root))
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert {one["name"] for one in found if one["verdict"] != "ok"} <= OFTEN_WARNED
    assert all(one["found"] and bool(one["mend"]) == (one["verdict"] != "ok") for one in found)
    by_name = {one["name"]: one["found"] for one in found}
    assert str(YESTERDAY) in by_name["last_night"]
    assert "0 of 1 files" in by_name["quarantine"]
    assert "analytics" in by_name["loads"]
    assert everything(copy) == before
    assert contents(home) == kept


def test_on_paper_a_check_is_a_line_and_how_to_mend_it_another(
    unreachable: str, tmp_path: Path
) -> None:
    home = tmp_path / "none"
    done = subprocess.run(
        [Path(sys.executable).with_name("broadsheet"), "doctor"],
        env=os.environ
        | {
            "BROADSHEET_HOME": str(home),
            "BROADSHEET_DATABASE_URL": unreachable,
            "DAGSTER_HOME": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("fail  database      It cannot be connected to: ")
    assert lines[1].strip().startswith("See whether the server runs")
    assert lines[2].startswith("warn  schema        Not looked at: ")
    assert any(line.startswith("fail  landing_zone  No landing zone is named.") for line in lines)
    assert any(line.startswith("warn  dagster       ") for line in lines)
    assert not home.exists()


# --- the database


def test_an_embedded_server_that_is_not_running_is_not_started(
    doctor: Doctor, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROADSHEET_DATABASE_URL", raising=False)
    found = doctor()
    assert found["database"].verdict is Verdict.FAIL
    assert "`broadsheet db start`" in found["database"].mend
    assert "disks" in names(found, Verdict.OK)
    assert {path.name for path in home.iterdir()} == {"dagster"}


def test_a_server_that_accepts_and_says_nothing_is_given_up(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql://nobody@127.0.0.1:{mute.getsockname()[1]}/news"
        found = doctor(DATABASE_URL=url)
    assert found["database"].verdict is Verdict.FAIL
    assert "timeout" in found["database"].found
    assert found["schema"].found.startswith("Not looked at")


def test_a_check_that_does_not_come_back_holds_up_no_other() -> None:
    never = Event()
    found = examine(
        {
            "first": lambda: ok("Fine."),
            "stuck": lambda: ok(str(never.wait())),
            "next": lambda: ok("Fine."),
        },
        seconds=0.1,
    )
    assert [(one.name, one.outcome.verdict) for one in found] == [
        ("first", Verdict.OK),
        ("stuck", Verdict.FAIL),
        ("next", Verdict.WARN),
    ]
    assert found[1].outcome.found.startswith("No answer")
    assert found[2].outcome.mend == "See stuck."
    assert has_failed(found)
    never.set()


def test_an_empty_database_waits_for_its_first_load(doctor: Doctor, server_url: str) -> None:
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        found = doctor(DATABASE_URL=url)
    assert found["database"].verdict is Verdict.OK
    assert found["schema"] == Outcome(
        Verdict.WARN, "Nothing was loaded yet.", "Load something: `broadsheet run`."
    )
    assert found["loads"].found == "Not looked at: nothing was loaded yet."


def test_a_schema_that_is_behind_fails_and_everything_else_is_looked_at(
    doctor: Doctor, server_url: str
) -> None:
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        command.upgrade(alembic_config(url), "0001")
        found = doctor(DATABASE_URL=url)
    assert found["schema"].verdict is Verdict.FAIL
    assert found["schema"].found.startswith("At revision 0001; the newest is ")
    assert "`broadsheet db upgrade`" in found["schema"].mend
    assert names(found, Verdict.FAIL) == {"schema"} | (
        names(found, Verdict.FAIL) & {"landing_zone"}
    )
    assert found["counts"].found == "Not looked at: the schema is older."


def test_a_schema_of_a_newer_version_fails(doctor: Doctor, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("update ops.alembic_version set version_num = 'newer'"))
    found = doctor()
    assert found["schema"].verdict is Verdict.FAIL
    assert "does not know" in found["schema"].found


@pytest.fixture
def roles(engine: Engine) -> Iterator[str]:
    """The group roles, as a migration makes them, and a user who may only read `news`."""
    reader = f"reader_{uuid4().hex[:12]}"
    with engine.begin() as connection:
        for role in ("broadsheet_owner", "broadsheet_loader", "broadsheet_analyst"):
            known = connection.scalar(
                text("select count(*) from pg_roles where rolname = :role"), {"role": role}
            )
            if not known:
                connection.execute(text(f"create role {role} nologin"))
        connection.execute(text("grant usage on schema news to broadsheet_analyst"))
        connection.execute(text("grant select on all tables in schema news to broadsheet_analyst"))
        connection.execute(text(f"create role {reader} login in role broadsheet_analyst"))
    yield reader
    engine.dispose()
    with engine.begin() as connection:
        connection.execute(text(f"drop role {reader}"))


def test_roles_are_told_to_who_has_them_and_who_has_not(
    doctor: Doctor, engine: Engine, roles: str
) -> None:
    assert doctor()["roles"].verdict is Verdict.OK
    with engine.begin() as connection:
        connection.execute(text("revoke select on news.articles from broadsheet_analyst"))
    found = doctor()["roles"]
    assert (found.verdict, found.found) == (Verdict.WARN, "Analysts may not read news.articles.")
    reader = make_url(os.environ["BROADSHEET_DATABASE_URL"])
    reader = reader.set(username=roles, password="two words")  # noqa: S106 - of nobody
    of_reader = doctor(DATABASE_URL=reader.render_as_string(hide_password=False))
    assert of_reader["database"].verdict is Verdict.OK
    assert of_reader["schema"].verdict is Verdict.WARN
    assert "The database user may not look" in of_reader["schema"].found


# --- what was loaded


def test_what_the_last_loads_left_is_looked_at(doctor: Doctor, copy: Engine) -> None:
    found = doctor()
    assert found["loads"].verdict is Verdict.OK
    assert "mentions" in found["loads"].found
    assert "(2026-01-05 to 2026-01-07)" in found["loads"].found
    assert found["last_night"].verdict is Verdict.WARN
    assert f"`broadsheet run --date {YESTERDAY}`" in found["last_night"].mend
    with copy.begin() as connection:
        connection.execute(text("insert into ops.stale_articles values (gen_random_uuid())"))
        connection.execute(text("delete from ops.loads where asset = 'entities'"))
        connection.execute(
            text("""
            insert into ops.ingested_files values ('2026-02-01', 'x.txt', null, null, '1', null);
            insert into ops.quarantine values
                   (gen_random_uuid(), '2026-02-01', 'x.txt', null, 'blank', 'Nothing.', '');
            update ops.annotations set ner_version = 'other';
            update ops.resolutions set resolver_version = 'other'
            """)
        )
    after = doctor()
    assert after["counts"].verdict is Verdict.WARN
    assert after["counts"].found.startswith("1 articles and 1 nights changed")
    assert after["loads"].found.startswith("entities did not finish")
    assert after["quarantine"].found == "1 of 1 files of 2026-02-01."
    assert after["quarantine"].verdict is Verdict.WARN
    assert "articles were read with another" in after["pipeline"].found
    assert "names were resolved by an earlier file" in after["aliases"].found
    assert not names(after, Verdict.FAIL) - {"landing_zone"}


def test_an_empty_night_is_loaded_once_every_asset_finished_for_it(
    doctor: Doctor, copy: Engine
) -> None:
    found = doctor()["last_night"]
    assert found.verdict is Verdict.WARN
    assert found.found.startswith(
        "source_files, articles, stories, mentions, entities, report did not"
    )
    with copy.begin() as connection:
        again = """
            insert into ops.loads (run_id, asset, first_night, last_night, started_at, finished_at,
                                   counts)
            select run_id, asset, :night, :night, started_at, finished_at, '{}' from ops.loads
             where asset <> 'analytics'
        """
        connection.execute(text(again), {"night": YESTERDAY})
    assert doctor()["last_night"].verdict is Verdict.OK


def test_a_database_that_takes_too_long_is_no_proof_that_all_is_well(
    engine: Engine, home: Path
) -> None:
    assert home.is_dir()
    with engine.begin() as connection:
        connection.execute(text("drop table ops.resolutions"))
        endless = "select pg_sleep(600)::text as resolver_version"
        connection.execute(text(f"create view ops.resolutions as {endless}"))

    def impatient() -> Connection:
        connection = connect()
        connection.execute("set statement_timeout = 10")
        return connection

    (found,) = examine({"aliases": partial(files.aliases, impatient)})
    assert found.outcome.verdict is Verdict.WARN
    assert "statement timeout" in found.outcome.found


# --- files


@pytest.mark.usefixtures("engine")
def test_a_landing_zone_that_cannot_be_loaded_fails(doctor: Doctor, tmp_path: Path) -> None:
    root = tmp_path / "landing"
    assert "does not exist" in doctor(LANDING=root)["landing_zone"].found
    root.mkdir()
    assert "has no night" in doctor(LANDING=root)["landing_zone"].found
    (root / YESTERDAY.isoformat()).mkdir()
    assert doctor(LANDING=root)["landing_zone"].verdict is Verdict.OK
    (root / "loose.txt").write_text(article(FERRY))
    found = doctor(LANDING=root)["landing_zone"]
    assert found.verdict is Verdict.FAIL
    assert "'loose.txt'" in found.found


@pytest.mark.usefixtures("engine")
def test_an_alias_file_that_is_broken_or_missing_fails(doctor: Doctor, home: Path) -> None:
    assert doctor()["aliases"].verdict is Verdict.OK
    (home / "aliases.csv").write_text("type,name,aliases\nPERSON\n")
    found = doctor()["aliases"]
    assert found.verdict is Verdict.FAIL
    assert str(home / "aliases.csv") in found.found
    assert doctor(ALIASES=home / "gone.csv")["aliases"].verdict is Verdict.FAIL


@pytest.mark.usefixtures("engine")
def test_a_pipeline_that_is_not_installed_fails(doctor: Doctor) -> None:
    found = doctor(NLP="no_such_pipeline")["pipeline"]
    assert found.verdict is Verdict.FAIL
    assert "no_such_pipeline" in found.found


@pytest.mark.usefixtures("engine")
def test_a_disk_with_less_space_than_it_should_have_fails(doctor: Doctor, home: Path) -> None:
    free = psutil.disk_usage(str(home)).free / 1e9
    assert doctor(free_gb=free / 100)["disks"].verdict is Verdict.OK
    assert doctor(free_gb=free / 2)["disks"].verdict is Verdict.WARN
    found = doctor(free_gb=free * 2)["disks"]
    assert found.verdict is Verdict.FAIL
    assert f"home {home}: " in found.found


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte, full to the last byte."""
    disk = tmp_path / "tiny"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk cannot be mounted here")
    with (disk / "filler").open("wb", buffering=0) as filler:
        os.posix_fallocate(filler.fileno(), 0, shutil.disk_usage(disk).free)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.usefixtures("engine")
def test_a_full_disk_fails(doctor: Doctor, tiny_disk: Path) -> None:
    found = doctor(HOME=tiny_disk, free_gb=0.001)["disks"]
    assert found.verdict is Verdict.FAIL
    assert f"{tiny_disk}: 0.0 GB free" in found.found


# --- Dagster


def run_of(process: str, status: DagsterRunStatus) -> dg.DagsterRun:
    tags = {"broadsheet/process": process, "dagster/partition": "2026-01-05"}
    return dg.DagsterRun(
        job_name="nightly",
        run_id=str(uuid4()),
        status=status,
        tags=tags,
        remote_job_origin=RemoteJobOrigin(repository_origin=REPOSITORY, job_name="nightly"),
    )


def ended_process() -> str:
    """A process as a run's tag names it, that is no more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    created_at = psutil.Process(ended.pid).create_time()
    ended.wait()
    return f"{os.uname().nodename}/{ended.pid}/{created_at:.0f}"


@pytest.mark.usefixtures("engine")
def test_a_run_whose_process_was_killed_fails_and_so_does_the_slot_it_holds(
    doctor: Doctor, on_disk: DagsterInstance
) -> None:
    dead = run_of(ended_process(), DagsterRunStatus.STARTED)
    on_disk.add_run(dead)
    on_disk.event_log_storage.initialize_concurrency_limit_to_default("database")
    on_disk.event_log_storage.claim_concurrency_slot("database", dead.run_id, "articles")
    found = doctor()
    assert found["runs"].verdict is Verdict.FAIL
    assert f"{dead.run_id[:8]} of 2026-01-05 (started)" in found["runs"].found
    assert found["pools"].verdict is Verdict.FAIL
    assert f"database by {dead.run_id[:8]}" in found["pools"].found


@pytest.mark.usefixtures("engine")
def test_a_run_that_waits_for_long_is_a_warning_and_without_a_daemon_a_failure(
    doctor: Doctor, on_disk: DagsterInstance, home: Path
) -> None:
    waiting = run_of("", DagsterRunStatus.QUEUED)
    on_disk.add_run(waiting)
    assert doctor()["runs"].verdict is Verdict.OK
    long_ago = (datetime.now(UTC) - timedelta(hours=2)).replace(tzinfo=None).isoformat(" ")
    with closing(sqlite3.connect(home / "dagster" / "history" / "runs.db")) as runs, runs:
        runs.execute("update runs set create_timestamp = ?", (long_ago,))
    found = doctor()
    assert found["runs"].verdict is Verdict.WARN
    assert waiting.run_id[:8] in found["runs"].found
    assert found["daemon"].verdict is Verdict.FAIL
    for kind in on_disk.get_required_daemon_types():
        beat = DaemonHeartbeat(datetime.now(UTC).timestamp(), kind, None, None)
        on_disk.add_daemon_heartbeat(beat)
    assert doctor()["daemon"].verdict is Verdict.OK


@pytest.mark.usefixtures("engine")
def test_a_schedule_is_told_to_be_on_or_off_with_its_last_tick(
    doctor: Doctor, on_disk: DagsterInstance
) -> None:
    found = doctor()
    assert found["schedules"].verdict is Verdict.WARN
    assert "nightly_schedule is off, no tick yet" in found["schedules"].found
    assert found["daemon"].verdict is Verdict.WARN
    state = InstigatorState(
        RemoteInstigatorOrigin(repository_origin=REPOSITORY, instigator_name="nightly_schedule"),
        InstigatorType.SCHEDULE,
        InstigatorStatus.RUNNING,
        ScheduleInstigatorData(cron_schedule="0 2 * * *"),
    )
    on_disk.add_instigator_state(state)
    at = datetime(2026, 1, 6, 2, tzinfo=UTC).timestamp()
    on_disk.create_tick(
        TickData(
            instigator_origin_id=state.instigator_origin_id,
            instigator_name=state.instigator_name,
            instigator_type=InstigatorType.SCHEDULE,
            status=TickStatus.FAILURE,
            timestamp=at,
            selector_id=state.selector_id,
            error=SerializableErrorInfo("ValueError: no such night\n", [], "ValueError"),
        )
    )
    found = doctor()
    assert (
        "nightly_schedule is on, last tick 2026-01-06 02:00 UTC failure: "
        in found["schedules"].found
    )
    assert "no such night" in found["schedules"].found
    assert "failed" in found["schedules"].mend
    assert found["daemon"].verdict is Verdict.FAIL


@pytest.mark.usefixtures("engine")
def test_what_dagster_takes_from_the_environment_has_to_be_there(
    doctor: Doctor, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_POSTGRES_URL", raising=False)
    url = {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}
    (home / "dagster" / "dagster.yaml").write_text(json.dumps({"storage": {"postgres": url}}))
    found = doctor()["dagster"]
    assert found.verdict is Verdict.FAIL
    assert "DAGSTER_POSTGRES_URL" in found.found
    assert "dagster.yaml" in found.mend


def keep_in_postgres(home: Path, url: str) -> None:
    """Let Dagster keep its runs in a database."""
    plain = make_url(url).set(drivername="postgresql+psycopg2")
    (home / "dagster" / "dagster.yaml").write_text(
        json.dumps({"storage": {"postgres": {"postgres_url": plain.render_as_string(False)}}})
    )


@pytest.mark.usefixtures("engine")
def test_dagsters_own_database_is_looked_at_and_no_table_is_made_in_it(
    doctor: Doctor, home: Path, server_url: str, unreachable: str
) -> None:
    keep_in_postgres(home, unreachable)
    found = doctor()
    assert found["dagster"].verdict is Verdict.FAIL
    assert "refused" in found["dagster"].found
    assert "dagster.yaml" in found["dagster"].mend
    assert found["runs"].mend == "See dagster."
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        keep_in_postgres(home, url)
        found = doctor()
        assert found["dagster"].verdict is Verdict.FAIL
        assert "there are no tables" in found["dagster"].found
        assert "there are no tables" in doctor()["dagster"].found
        with DagsterInstance.from_config(str(home / "dagster")) as kept:
            kept.add_run(run_of("", DagsterRunStatus.SUCCESS))
        found = doctor()
        assert found["dagster"].verdict is Verdict.OK, found["dagster"]
        assert found["runs"].verdict is Verdict.OK


@pytest.mark.usefixtures("engine")
def test_an_instance_of_another_version_fails(
    doctor: Doctor, on_disk: DagsterInstance, home: Path
) -> None:
    assert on_disk.get_runs_count() == 0
    with closing(sqlite3.connect(home / "dagster" / "history" / "runs.db")) as runs, runs:
        runs.execute("update alembic_version set version_num = 'earlier'")
    found = doctor()
    assert found["dagster"].verdict is Verdict.FAIL
    assert "the schema is at earlier" in found["dagster"].found
    assert "`dagster instance migrate`" in found["dagster"].mend
