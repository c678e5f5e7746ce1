"""A load that is killed at any moment loses nothing: the next one ends where it would have."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psutil
import psycopg
import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter
from sqlalchemy import Engine

from pipelines.instance import prepare_home
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT
from pipelines.settings import settings as read_settings
from pipelines.store import database
from tests.conftest import fresh_database
from tests.integration.loading import Landing, everything, lay_out, load
from tests.polling import eventually

BROADSHEET = Path(sys.executable).with_name("broadsheet")
NIGHT = date(2026, 1, 5)
PAGES = 120

# What an asset cannot do without, and none before it needs: while it is held the asset is at work.
HELD = {
    "source_files": "lock table ops.quarantine in share mode",
    "articles": "lock table ops.page_leftovers in share mode",
    "mentions": "lock table ops.annotations in share mode",
    "stories": "lock table ops.lsh_bands in share mode",
    "entities": "lock table ops.resolutions in share mode",
    "analytics": "select from ops.analytics_state for update",
}

PEOPLE = ["Ayla Demir", "Grace Wanjiru", "Jonas Einarsson", "Pema Gurung", "Mateus Silva"]
PLACES = ["Ankara", "Nairobi", "Reykjavik", "Kathmandu", "Lisbon", "Baku", "Lima", "Suva"]
BODIES = ["the port authority", "the city council", "the water board", "the election commission"]
DEEDS = ["opened", "refused", "postponed", "paid for", "measured", "repaired", "praised", "closed"]
THINGS = [
    "a bridge",
    "the ferry line",
    "two reservoirs",
    "a vote",
    "the old pier",
    "a dam",
    "a school",
]


def pages(seed: int) -> Landing:
    """Pages of two articles each, with edited and repeated ones among them, and a few bad files."""
    draw = random.Random(seed)

    def sentence() -> str:
        if draw.random() < 0.1:
            return (
                f"“It will cost {draw.randint(2, 900)} days,” {draw.choice(PEOPLE)} said on Monday."
            )
        return (
            f"{draw.choice(PEOPLE)} of {draw.choice(BODIES)} said in {draw.choice(PLACES)} that "
            f"{draw.choice(BODIES)} had {draw.choice(DEEDS)} {draw.choice(THINGS)} near "
            f"{draw.choice(PLACES)} after {draw.randint(2, 900)} days."
        )

    bodies = [[sentence() for _ in range(draw.randint(4, 9))] for _ in range(2 * PAGES)]
    for at in range(0, len(bodies), 11):
        bodies[at] = [*bodies[at - 1][:-1], sentence()] if at % 2 else bodies[at - 1]
    files: Landing = {}
    for at in range(PAGES):
        texts = []
        for number in (2 * at, 2 * at + 1):
            head = f"Report {number // 3} from {PLACES[number % 8]}\n\nA view, May {1 + at % 28}, 2025. (AP)"
            texts.append(f"{head}\nTT\n\n{head}\n\n" + "\n\n".join(bodies[number]))
        data = "\n\n\n\n".join(texts).encode() + b"\n\nRead more\nTop stories\nWeather"
        files = {**files, (NIGHT, f"{at:03}.txt"): data if at % 50 else b"\x89PNG\r\n\x1a\n\0\0"}
    return files


@pytest.fixture
def home(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A BROADSHEET_HOME, and the instance in it, that processes of the command share."""
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BROADSHEET_WORKERS", "2")
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):  # `prepare_home` sets them
        monkeypatch.setenv(name, "")
    read_settings.cache_clear()
    prepare_home()
    assert read_settings().database_url == engine.url.render_as_string(hide_password=False)
    yield tmp_path / "home"
    read_settings.cache_clear()


@contextmanager
def running(zone: LandingZone) -> Iterator[subprocess.Popen[str]]:
    """The command at work on the landing zone."""
    command = [str(BROADSHEET), "run", "--quiet", "--landing", str(zone.root)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def has_started(instance: DagsterInstance, asset: str) -> bool:
    return asset in steps(instance, DagsterEventType.STEP_START)


def steps(instance: DagsterInstance, kind: DagsterEventType) -> set[str]:
    """Steps of the newest run that had an event of a kind."""
    newest = instance.get_runs(limit=1)
    if not newest or newest[0].status is not DagsterRunStatus.STARTED:
        return set()
    logged = instance.all_logs(newest[0].run_id, of_type=kind)
    return {str(event.dagster_event.step_key) for event in logged if event.dagster_event}


def kill_during(
    asset: str, zone: LandingZone, instance: DagsterInstance, draw: random.Random
) -> None:
    """Kill a load at a random moment of one asset's work, and see that nothing of it stays."""
    with psycopg.connect(database.libpq_url()) as holder:
        holder.execute(HELD[asset].encode())
        with running(zone) as process:
            eventually(lambda: process.poll() is not None or has_started(instance, asset))
            assert process.poll() is None, process.stderr and process.stderr.read()
            this = psutil.Process(process.pid)
            if asset == "mentions":  # its work is done by processes of its own
                eventually(lambda: len(this.children()) >= 2)
            time.sleep(draw.uniform(0, 0.7))
            assert asset not in steps(instance, DagsterEventType.STEP_SUCCESS)
            children = this.children(recursive=True)
            process.send_signal(signal.SIGKILL)
            process.wait()
        eventually(lambda: not any(child.is_running() for child in children))


@pytest.mark.timeout(600)
def test_a_load_that_was_killed_during_each_asset_ends_as_if_it_never_was(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    engine: Engine,
    home: Path,
    tmp_path: Path,
) -> None:
    zone = lay_out(tmp_path / "landing", pages(7))
    with fresh_database(server_url, template) as undisturbed:
        load(instance, zone, NIGHT)
        expected = everything(undisturbed)
    # Nothing waits to be settled, linked or counted, no text is an agency's; of the rest there is some.
    waiting = {
        "touched_articles",
        "unlinked_articles",
        "stale_articles",
        "stale_nights",
        "syndication",
    }
    assert {name for name, (count, _) in expected.items() if not count} == waiting
    draw = random.Random(11)
    with DagsterInstance.from_config(str(home / "dagster")) as ours:
        for asset in HELD:
            kill_during(asset, zone, ours, draw)
        with running(zone) as process:
            _, said = process.communicate(timeout=120)
            assert (process.returncode, said) == (0, "")
        assert everything(engine) == expected
        assert_nothing_is_left(ours)
    engine.dispose()
    with psycopg.connect(database.libpq_url(), autocommit=True) as watcher:
        others = (
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
            "   and backend_type = 'client backend'"
        )
        eventually(lambda: watcher.execute(others).fetchone() == (0,))


def assert_nothing_is_left(instance: DagsterInstance) -> None:
    """No run goes on, and no pool is held by one that was killed."""
    unfinished = [
        status
        for status in DagsterRunStatus
        if status not in {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE}
    ]
    assert instance.get_runs(RunsFilter(statuses=unfinished)) == []
    ended = [run.status for run in instance.get_runs()]
    assert ended == [DagsterRunStatus.SUCCESS, *[DagsterRunStatus.FAILURE] * len(HELD)]
    for pool in ("database", "recogniser"):
        held = instance.event_log_storage.get_concurrency_info(pool)
        assert (held.active_slot_count, held.pending_step_count) == (0, 0)
