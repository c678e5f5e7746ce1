"""Dagster's instance: its storage, what runs by itself, and what got stuck."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
from dagster import DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.instance.ref import InstanceRef
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorTick,
    InstigatorType,
    TickStatus,
)
from dagster_shared.yaml_utils import load_yaml_from_path

from pipelines.definitions import defs
from pipelines.defs.partitions import nights_of_run
from pipelines.doctor.findings import Check, NotLookedAtError, Outcome, fail, ok, warn
from pipelines.instance import dead_runs
from pipelines.settings import settings

_CONNECT_SECONDS = 3
_HEARTBEAT = timedelta(minutes=5)
_LONGEST_RUN = timedelta(days=1)
_LONGEST_WAIT = timedelta(hours=1)
_LISTED = 5
_MAX_MESSAGE = 300
_RUNNING = {DagsterRunStatus.STARTING, DagsterRunStatus.STARTED}
_WAITING = {DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.CANCELING}
_FILES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
"""What Dagster keeps in its home, where no other storage is configured."""

_START_DAEMON = "Start it: `broadsheet ui`, or the service dagster-daemon (docs/operate.md)."


class InstanceChecks:
    """Checks that share an instance."""

    def __init__(self) -> None:
        self._opened: DagsterInstance | None = None

    def checks(self) -> dict[str, Check]:
        """The checks by name, in the order they are to be run in."""
        return {
            "dagster": self.storage,
            "schedules": self.schedules,
            "sensors": self.sensors,
            "daemon": self.daemon,
            "runs": self.runs,
            "pools": self.pools,
        }

    def storage(self) -> Outcome:
        """The home can be written to, the storage answers, and its schema is Dagster's own."""
        home = settings().dagster_home
        place = next(part for part in (home, *home.parents) if part.exists())
        if not os.access(place, os.W_OK):
            return fail(
                f"{place} cannot be written to by this account.",
                f"Give it to the account that runs Broadsheet: `ls -ld {place}`.",
            )
        configured = _configured_storage(home)
        if not configured and not all((home / file).is_file() for file in _FILES):
            return warn(f"{home} has no instance yet.", "The first `broadsheet run` makes it.")
        try:
            instance = DagsterInstance.from_ref(
                InstanceRef.from_dir(str(home), overrides=configured)
            )
            url = getattr(instance.run_storage, "postgres_url", None)
            has_tables = url is None or _has_tables(url)
        except (psycopg.Error, dg.DagsterError) as error:
            wrong = getattr(error, "errors", ())  # of a configuration, each with a message
            said = " ".join(one.message for one in wrong) or str(error)
            return fail(
                f"{home}: {_shortened(said)}",
                f"See whether {home / 'dagster.yaml'} is right, what it takes from the environment"
                " is set, and the database it names runs.",
            )
        found = f"{home}, {instance.run_storage.__class__.__name__}"
        if not has_tables:
            return fail(f"{found}: there are no tables.", "`dagster instance migrate` makes them.")
        for kept in (
            instance.run_storage,
            instance.event_log_storage,
            instance.schedule_storage,
        ):
            revisions = kept.alembic_version() if kept else None
            if revisions and revisions[0] != revisions[1]:
                return fail(
                    f"{found}: the schema is at {revisions[0]}, this Dagster has {revisions[1]}.",
                    "Back it up, end all runs, then `dagster instance migrate`.",
                )
        self._opened = instance
        return ok(f"{found}, schema current.")

    def schedules(self) -> Outcome:
        """Schedules are on, and their last ticks did not fail."""
        return self._automation(
            InstigatorType.SCHEDULE,
            {
                one.name: one.default_status is dg.DefaultScheduleStatus.RUNNING
                for one in defs().schedules or ()
                if isinstance(one, dg.ScheduleDefinition)
            },
        )

    def sensors(self) -> Outcome:
        """Sensors are on, and their last ticks did not fail."""
        return self._automation(
            InstigatorType.SENSOR,
            {
                one.name: one.default_status is dg.DefaultSensorStatus.RUNNING
                for one in defs().sensors or ()
            },
        )

    def daemon(self) -> Outcome:
        """Dagster's daemon gave a sign of life, without errors."""
        instance = self._instance()
        beats = instance.get_daemon_heartbeats()
        needed = instance.get_required_daemon_types()
        last = {kind: _utc(beats[kind].timestamp) for kind in needed if kind in beats}
        is_on = any(
            state.status is InstigatorStatus.RUNNING for state in instance.all_instigator_state()
        )
        waiting = instance.get_runs_count(RunsFilter(statuses=[DagsterRunStatus.QUEUED]))
        silent = [
            kind
            for kind in needed
            if kind not in last or datetime.now(UTC) - last[kind] > _HEARTBEAT
        ]
        if silent:
            newest = f"{max(last.values()):%Y-%m-%d %H:%M} UTC" if last else "never"
            which = "all" if len(silent) == len(needed) else ", ".join(sorted(silent))
            found = f"No sign of life of Dagster's daemon: {which} (last: {newest})."
            if is_on or waiting:
                return fail(
                    f"{found} Schedules that are on or runs in the queue need it.", _START_DAEMON
                )
            return warn(f"{found} `broadsheet run` does without it.", _START_DAEMON)
        for kind in needed:
            if errors := beats[kind].errors:
                return warn(
                    f"{kind} says: {_shortened(errors[0].message)}",
                    "Its log has the whole of it: Deployment, Daemons in the UI.",
                )
        return ok(f"Last sign of life {min(last.values()):%Y-%m-%d %H:%M} UTC.")

    def runs(self) -> Outcome:
        """No run is dead, or has been running or waiting for too long."""
        instance = self._instance()
        dead = {run.run_id for run in dead_runs(instance)}
        active = instance.get_run_records(RunsFilter(statuses=[*_RUNNING, *_WAITING]))
        if ended := [record for record in active if record.dagster_run.run_id in dead]:
            return fail(
                f"{_listed(ended)} count as running, and their process was killed.",
                "`broadsheet run` marks them as failed, frees their pools, and loads what is missing.",
            )
        now = datetime.now(UTC)
        late = [record for record in active if _is_late(record, now)]
        if late:
            return warn(
                f"{_listed(late)} have been running for a day or waiting for an hour.",
                "See what they wait for (Runs and Deployment, Concurrency in the UI); terminate"
                " those that do nothing, and rerun their nights.",
            )
        return ok(f"{len(active)} running or waiting, none stuck.")

    def pools(self) -> Outcome:
        """Every slot of a pool is held by a run that is alive."""
        instance = self._instance()
        dead = {run.run_id for run in dead_runs(instance)}
        log = instance.event_log_storage
        held = []
        pools = sorted(log.get_concurrency_keys())
        for pool in pools:
            for slot in log.get_concurrency_info(pool).claimed_slots:
                run = instance.get_run_by_id(slot.run_id)
                if run is None or run.is_finished or slot.run_id in dead:
                    held.append(f"{pool} by {slot.run_id[:8]}")
        if held:
            return fail(
                f"Held by runs that are over: {', '.join(held)}.",
                "Free them: Deployment, Concurrency, the pool, Free slots in the UI; those of killed"
                " commands the next `broadsheet run` frees.",
            )
        return ok(f"{', '.join(pools) or 'None yet'}: no slot is held by a run that is over.")

    def _instance(self) -> DagsterInstance:
        if self._opened is None:
            raise NotLookedAtError("Dagster's instance is not there or not in order", "dagster")
        return self._opened

    def _automation(self, kind: InstigatorType, declared: Mapping[str, bool]) -> Outcome:
        """Whether schedules or sensors are on; `declared` says which are by themselves."""
        instance = self._instance()
        states: dict[str, list[InstigatorState]] = {name: [] for name in declared}
        for state in instance.all_instigator_state(instigator_type=kind):
            states.get(state.instigator_name, []).append(state)
        said, off, failed = [], [], []
        for name, of_name in states.items():
            is_on = any(one.is_running for one in of_name) if of_name else declared[name]
            tick = _last_tick(instance, of_name)
            said.append(f"{name} is {'on' if is_on else 'off'}, {_ticked(tick)}")
            if not is_on:
                off.append(name)
            elif tick and tick.status is TickStatus.FAILURE:
                failed.append(name)
        found = f"{'; '.join(said) or 'None'}."
        if failed:
            return warn(
                found, f"See why the last tick of {', '.join(failed)} failed: Automation in the UI."
            )
        if off:
            return warn(found, f"To let {', '.join(off)} run, switch it on: Automation in the UI.")
        return ok(found)


def _configured_storage(home: Path) -> dict[str, Any]:
    """The storage that dagster.yaml configures, made to create no table; empty if it is Dagster's home."""
    config = home / "dagster.yaml"
    read = load_yaml_from_path(str(config)) if config.is_file() else None
    storage = read.get("storage") if isinstance(read, dict) else None
    if storage and "postgres" in storage:
        return {"storage": {"postgres": storage["postgres"] | {"should_autocreate_tables": False}}}
    return {"storage": storage} if storage else {}


def _has_tables(url: str) -> bool:
    """Whether Dagster's tables are there; asks by a connection that gives up soon, as Dagster's do not."""
    plain = url.replace("postgresql+psycopg2://", "postgresql://")
    with psycopg.connect(plain, connect_timeout=_CONNECT_SECONDS) as connection:
        found = connection.execute("select to_regclass('runs') is not null").fetchone()
        return bool(found and found[0])


def _last_tick(instance: DagsterInstance, states: list[InstigatorState]) -> InstigatorTick | None:
    ticks = [
        tick
        for state in states
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    ]
    return max(ticks, key=lambda tick: tick.timestamp, default=None)


def _ticked(tick: InstigatorTick | None) -> str:
    if tick is None:
        return "no tick yet"
    ended = f"last tick {_utc(tick.timestamp):%Y-%m-%d %H:%M} UTC {tick.status.value.lower()}"
    error = tick.tick_data.error
    return f"{ended}: {_shortened(error.message)}" if error else ended


def _is_late(record: RunRecord, now: datetime) -> bool:
    if record.dagster_run.status in _WAITING:
        return now - record.create_timestamp > _LONGEST_WAIT
    return record.start_time is not None and now - _utc(record.start_time) > _LONGEST_RUN


def _listed(records: list[RunRecord]) -> str:
    """Runs in words, the first few."""
    listed = ", ".join(_described(record.dagster_run) for record in records[:_LISTED])
    more = len(records) - _LISTED
    return f"{listed} and {more} more" if more > 0 else listed


def _described(run: dg.DagsterRun) -> str:
    nights = nights_of_run(dict(run.tags))
    of = f" of {' to '.join(sorted({night.isoformat() for night in nights}))}" if nights else ""
    return f"{run.run_id[:8]}{of} ({run.status.value.lower()})"


def _shortened(message: str) -> str:
    """A message in a line."""
    return " ".join(message.split())[:_MAX_MESSAGE]


def _utc(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
