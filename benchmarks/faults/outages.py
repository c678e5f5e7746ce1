"""The faults of `troubles`, each at a moment of a night's run."""

import signal
import time
from contextlib import ExitStack
from datetime import date

from dagster import DagsterEventType

from benchmarks.faults import troubles
from benchmarks.faults.production import Production
from benchmarks.faults.scenes import Fault, Scene, at_work, launched
from benchmarks.faults.waiting import FaultError, until
from pipelines.store import server


def stopped(how: signal.Signals, seconds: float = 0) -> Fault:
    """Postgres is stopped while stories are linked, and comes back after some seconds."""

    def inflict(production: Production, night: date) -> Scene:
        scene = launched(production, night)
        with at_work(scene, "stories"):
            troubles.stop_postgres(production, how)
        time.sleep(seconds)
        server.start(production.home)
        return scene

    return inflict


def statement_timeout(production: Production, night: date) -> Scene:
    """Statements may take half a second, and one has to wait longer: the run fails and says why."""
    with troubles.time_limit(production, 500):
        scene = launched(production, night)
        with at_work(scene, "stories"):
            production.runs.finish(scene.run_id)
    if "statement_timeout" not in production.runs.told(scene.run_id):
        message = f"The run does not name statement_timeout: {production.runs.told(scene.run_id)}"
        raise FaultError(message)
    return scene


def disk_full(production: Production, night: date) -> Scene:
    """The small disk is full, and has room again when a step waits to be tried again."""
    runs = production.runs
    with troubles.no_room(production):
        scene = launched(production, night)
        scene.remember()
        until(
            lambda: (
                runs.get(scene.run_id).is_finished
                or runs.count(scene.run_id, DagsterEventType.STEP_UP_FOR_RETRY)
            ),
            "the disk is too full for the night",
            180,
        )
    if "No space left on device" not in runs.told(scene.run_id):
        message = f"The night did not meet a full disk: {runs.told(scene.run_id)}"
        raise FaultError(message)
    return scene


def two_daemons(production: Production, night: date) -> Scene:
    """Two daemons look after one instance, and two runs of the night wait in its queue."""
    runs = production.runs
    production.start_daemon("second daemon")
    try:
        scene = launched(production, night)
        run_ids = [scene.run_id, runs.launch(night)]
        for run_id in run_ids:
            runs.finish(run_id)
        for run_id in run_ids:
            starts = runs.count(run_id, DagsterEventType.RUN_START)
            if starts != 1 or not runs.get(run_id).is_success:
                message = f"Run {run_id} was started {starts} times: {runs.told(run_id)}"
                raise FaultError(message)
    finally:
        production.kill("second daemon")
    return scene


def odd_dates(production: Production, night: date) -> Scene:
    """Files, loads and runs are dated ahead or behind, and a file is changed but not its date."""
    production.runs.finish(production.runs.launch(night))
    folder = production.landing / night.isoformat()
    changed = min(folder.iterdir())
    content = changed.read_bytes()
    changed.write_bytes(b"Something else, of the same night.")
    troubles.misdate(production, folder)
    with production.connect("dagster") as connection:
        connection.execute(
            "update runs set start_time = start_time + 86400, end_time = end_time + 86400,"
            " create_timestamp = create_timestamp + interval '1 day',"
            " update_timestamp = update_timestamp + interval '1 day'"
        )
    production.runs.finish(production.runs.launch(night))
    changed.write_bytes(content)
    troubles.misdate(production, folder)
    scene = launched(production, night)
    scene.remember()
    return scene


def growing_landing(production: Production, night: date) -> Scene:
    """Files grow, are renamed and come while the night is read; what came too late needs a rerun."""
    with ExitStack() as writers:
        writers.enter_context(troubles.being_written(production.landing / night.isoformat()))
        scene = launched(production, night)
        scene.again = True
        with at_work(scene, "articles"):
            writers.close()
    production.runs.finish(scene.run_id)
    return scene
