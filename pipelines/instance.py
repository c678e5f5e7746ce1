"""The Dagster instance under BROADSHEET_HOME, and running nights in it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter

from pipelines.definitions import defs
from pipelines.defs.assets import NIGHTLY_ASSETS
from pipelines.defs.outcomes import failure_text
from pipelines.defs.partitions import range_tags
from pipelines.landing_zone import LandingZone
from pipelines.run_process import PROCESS_TAG, is_alive, showing_life
from pipelines.settings import settings

# Chosen as deploy/dagster.yaml, but for what needs Postgres or a code server of its own.
_CONFIG = """\
# Written by Broadsheet, once: change it as you like.
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: dagster/backfill
        limit: 1
  pools:
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  cancel_timeout_seconds: 300
  max_runtime_seconds: 86400
  free_slots_after_run_end_seconds: 60
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      success: 30
      failure: 30
      started: 30
python_logs:
  managed_python_loggers: [pipelines]
  python_log_level: INFO
telemetry:
  enabled: false
nux:
  enabled: false
"""
_MAX_RETRIES_TAG = "dagster/max_retries"
_MAX_NIGHTS_PER_RUN = 366


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """How a run ended: its id, whether it succeeded, and what failed."""

    run_id: str
    success: bool
    failures: tuple[str, ...]


def prepare_home() -> None:
    """Make the Dagster home, and let this process and its children use it."""
    home = settings().dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        config.write_text(_CONFIG, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"


def contiguous(nights: Iterable[date]) -> list[tuple[date, date]]:
    """Nights as ranges without gaps, each of at most a year: a run loads one range."""
    ranges: list[tuple[date, date]] = []
    for night in sorted(nights):
        if ranges and night - ranges[-1][1] == timedelta(days=1):
            first = ranges[-1][0]
            if (night - first).days < _MAX_NIGHTS_PER_RUN:
                ranges[-1] = (first, night)
                continue
        ranges.append((night, night))
    return ranges


def run_nights(
    instance: DagsterInstance,
    first: date,
    last: date,
    zone: LandingZone,
    *,
    prune: bool,
    force: bool = False,
) -> FinishedRun:
    """Run the job `nightly` for a range of nights in this process; `force` does it all again."""
    job = defs().resolve_job_def("nightly")
    # Who started it sees it fail: the daemon of a UI must not start it once more.
    tags = {_MAX_RETRIES_TAG: "0"}
    if first != last:
        tags |= range_tags(first, last)
    config: dict[str, Any] = {
        "root": str(zone.root),
        "prune": prune,
        "max_page_bytes": settings().max_page_bytes,
    }
    if zone.flat_night:
        config["flat_night"] = zone.flat_night.isoformat()
    with showing_life() as process:
        result = job.execute_in_process(
            instance=instance,
            partition_key=first.isoformat() if first == last else None,
            tags=tags | {PROCESS_TAG: process},
            run_config={
                "ops": {asset: {"config": {"force": force}} for asset in NIGHTLY_ASSETS},
                "resources": {"landing_zone": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
    return FinishedRun(result.run_id, result.success, tuple(_failures(result)))


def dead_runs(instance: DagsterInstance) -> list[dg.DagsterRun]:
    """Runs that count as running, and whose process was killed.

    Only runs that `broadsheet run` started are looked at; the UI's are looked after by Dagster's
    daemon.
    """
    active = RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])
    return [
        run
        for run in instance.get_runs(active)
        if (process := run.tags.get(PROCESS_TAG)) and not is_alive(process)
    ]


def end_dead_runs(instance: DagsterInstance) -> int:
    """Mark dead runs as failed, and free the pools they held."""
    dead = dead_runs(instance)
    for run in dead:
        instance.report_run_failed(run, "The process that ran it ended without a word.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(dead)


def _failures(result: dg.ExecuteInProcessResult) -> Iterable[str]:
    for event in result.all_events:
        if event.event_type == DagsterEventType.STEP_FAILURE:
            yield failure_text(event)
