"""What breaks while a night is loaded does not show in its tables once the night was run again.

`make soak` has many more of these, at random moments, and sixty nights in a row.
"""

import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest
from dagster import DagsterEventType, DagsterInstance

from benchmarks.faults import nights, troubles
from benchmarks.faults.compare import State
from benchmarks.faults.kills import KILLS
from benchmarks.faults.outcomes import heal, leftovers
from benchmarks.faults.production import Production
from benchmarks.faults.scenes import HELD, at_work, launched
from pipelines.defs import runs as asset_runs
from pipelines.instance import FinishedRun, run_nights
from pipelines.landing_zone import LandingZone
from pipelines.settings import settings as read_settings
from pipelines.store import database, server
from tests.integration.loading import everything
from tests.polling import eventually

NIGHT = date(2026, 1, 5)
FILES = 24
KILLED_DURING = {
    "worker": "articles",
    "code server": "mentions",
    "daemon": "stories",
    "postmaster": "entities",
}


@pytest.fixture(scope="module")
def production() -> Iterator[Production]:
    """Servers of the module's own, to be broken; everything they keep is in a folder of a short name."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server's account has to enter it
        nights.put(folder / "landing" / NIGHT.isoformat(), nights.night(7, 0, FILES))
        with Production(folder, folder / "landing") as made, pytest.MonkeyPatch.context() as patch:
            patch.setenv("BROADSHEET_DATABASE_URL", made.url)
            read_settings.cache_clear()
            database.engine.cache_clear()
            yield made
            database.engine().dispose()
            database.engine.cache_clear()
        read_settings.cache_clear()


@pytest.fixture(scope="module")
def expected(production: Production, instance: DagsterInstance) -> State:
    """What a clean load of the night ends in."""
    assert load(production, instance).success
    return everything(production.engine())


@pytest.fixture
def empty(production: Production, expected: State) -> State:
    """An empty database to load the night into, and what is to be in it then."""
    database.engine().dispose()
    production.empty_database()
    return expected


def load(production: Production, instance: DagsterInstance) -> FinishedRun:
    """Load the night in this process, which is quicker than through the queue."""
    return run_nights(instance, NIGHT, NIGHT, LandingZone(production.landing), prune=False)


@contextmanager
def during(production: Production, asset: str, act: Callable[[], object]) -> Iterator[None]:
    """Do something while an asset of a load in this process waits for what is kept from it."""
    blocked = "select from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    is_held = threading.Event()
    done: list[str] = []

    def hold() -> None:
        with production.connect() as watcher, production.connect() as holder:
            holder.autocommit = False
            holder.execute(HELD[asset].encode())
            is_held.set()
            eventually(lambda: watcher.execute(blocked, [holder.info.backend_pid]).rowcount)
            act()
            done.append(asset)
            with suppress(psycopg.OperationalError):  # the server may have been stopped
                holder.rollback()

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(30)
    try:
        yield
    finally:
        thread.join(90)
    assert done == [asset]


def nothing_is_left(production: Production, family: list[psutil.Process]) -> bool:
    database.engine().dispose()
    return leftovers(production, family) == (0, 0)


@pytest.mark.timeout(600)
def test_parts_that_are_killed_one_after_the_other_cost_no_row(
    production: Production, empty: State
) -> None:
    """Run worker, code server, daemon and Postgres, under the eyes of two daemons."""
    draw = random.Random(11)
    production.start_daemon("second daemon")
    run_ids = []
    for victims in (["worker"], ["code server"], ["daemon", "postmaster"]):
        scene = launched(production, NIGHT)
        run_ids.append(scene.run_id)
        for victim in victims:
            with at_work(scene, KILLED_DURING[victim]):
                time.sleep(draw.uniform(0, 0.5))
                KILLS[victim](production)
            production.start_missing()
        if len(victims) == 1:
            assert not production.runs.finish(scene.run_id)
    heal(scene)
    assert everything(production.engine()) == empty
    assert nothing_is_left(production, scene.family)
    started = [production.runs.count(one, DagsterEventType.RUN_START) for one in run_ids]
    assert started == [1, 1, 1]


@pytest.mark.parametrize(
    ("asset", "fault"),
    [
        ("stories", lambda it: restart(it, signal.SIGQUIT)),
        ("entities", lambda it: recovering(it, server.start)),
        ("mentions", lambda it: recovering(it, server.stop)),
    ],
    ids=["restarted", "backend killed", "stopped in recovery"],
)
def test_a_server_that_comes_back_is_asked_again(
    production: Production,
    empty: State,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    asset: str,
    fault: Callable[[Production], None],
) -> None:
    monkeypatch.setattr(asset_runs, "_SECONDS_BEFORE_RETRY", 2.0)
    with during(production, asset, lambda: fault(production)):
        run = load(production, instance)
    assert run.success, run.failures
    assert asset in steps(instance, run, DagsterEventType.STEP_UP_FOR_RETRY)
    assert everything(production.engine()) == empty
    assert nothing_is_left(production, [])


def restart(production: Production, how: signal.Signals) -> None:
    troubles.stop_postgres(production, how)
    time.sleep(1)  # connections are refused
    server.start(production.home)


def recovering(production: Production, meanwhile: Callable[[Path], object]) -> None:
    """A backend is killed, from which the server recovers by itself, and somebody comes between."""
    KILLS["backend"](production)
    meanwhile(production.home)
    server.start(production.home)


def test_an_embedded_server_that_was_killed_is_started_by_the_next_attempt(
    production: Production,
    empty: State,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asset_runs, "_SECONDS_BEFORE_RETRY", 0.5)
    monkeypatch.setenv("BROADSHEET_HOME", str(production.home))
    with monkeypatch.context() as patch:
        patch.delenv("BROADSHEET_DATABASE_URL")
        read_settings.cache_clear()
        with during(production, "stories", lambda: KILLS["postmaster"](production)):
            run = load(production, instance)
    read_settings.cache_clear()
    assert run.success, run.failures
    assert everything(production.engine()) == empty


def test_a_time_limit_of_the_server_fails_the_run_at_once_and_is_named(
    production: Production, empty: State, instance: DagsterInstance
) -> None:
    with troubles.time_limit(production, 300):
        gives_up = partial(eventually, lambda: not sessions_waiting(production))
        with during(production, "stories", gives_up):
            run = load(production, instance)
    assert not run.success
    assert "statement_timeout" in run.failures[0]
    assert steps(instance, run, DagsterEventType.STEP_UP_FOR_RETRY) == set()
    assert load(production, instance).success
    assert everything(production.engine()) == empty


def sessions_waiting(production: Production) -> int:
    with production.connect() as watcher:
        waiting = "select from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"
        return watcher.execute(waiting).rowcount


def test_a_full_disk_fails_the_run_and_room_mends_it(
    production: Production,
    empty: State,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asset_runs, "_SECONDS_BEFORE_RETRY", 0.1)
    try:
        with troubles.small_disk(production):
            with troubles.no_room(production):
                run = load(production, instance)
            assert not run.success
            assert "No space left on device" in run.failures[0]
            assert load(production, instance).success
            assert everything(production.engine()) == empty
            assert nothing_is_left(production, [])
    except troubles.CannotTryError as error:
        pytest.skip(str(error))


def test_files_that_are_still_being_written_are_whole_after_the_rerun(
    production: Production, empty: State, instance: DagsterInstance
) -> None:
    with ExitStack() as writers:
        writers.enter_context(troubles.being_written(production.landing / NIGHT.isoformat()))
        with during(production, "articles", writers.close):
            assert load(production, instance).success
    assert everything(production.engine()) != empty
    assert load(production, instance).success
    assert everything(production.engine()) == empty


def test_dates_ahead_and_behind_do_not_hide_a_change(
    production: Production, empty: State, instance: DagsterInstance
) -> None:
    folder = production.landing / NIGHT.isoformat()
    changed = min(folder.iterdir())
    content = changed.read_bytes()
    changed.write_bytes(content.replace(b"Report", b"Record"))
    assert load(production, instance).success
    assert everything(production.engine()) != empty
    changed.write_bytes(content)
    troubles.misdate(production, folder)
    assert load(production, instance).success
    assert everything(production.engine()) == empty


def steps(instance: DagsterInstance, run: FinishedRun, kind: DagsterEventType) -> set[str]:
    """Steps of a run that had an event of a kind."""
    logged = instance.all_logs(run.run_id, of_type=kind)
    return {str(event.dagster_event.step_key) for event in logged if event.dagster_event}
