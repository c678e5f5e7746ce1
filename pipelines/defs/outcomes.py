"""How runs ended: which failures are to be told of, and which of them are mended.

What was told is written on the run that failed, as a tag: `open` until a later run succeeded at what
it failed at, then `closed`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus

from pipelines import alerts
from pipelines.defs.partitions import nights_of_run

ALERT_TAG = "broadsheet/alert"
_WILL_RETRY = "dagster/will_retry"
_RETRY_RUN = "dagster/auto_retry_run_id"
_RETRY_NUMBER = "dagster/retry_number"
_FETCHED_TOGETHER = 100
_LONGEST_WAIT = timedelta(minutes=15)
"""After which a failed run counts as given up, though a retry was announced."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """That a run ended, at a place in the event log."""

    event_id: int
    run_id: str
    has_failed: bool


def last_event(instance: DagsterInstance) -> int:
    """Place in the event log of the last run that ended; -1 if none has."""
    found = [
        record.storage_id
        for kind in (DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_SUCCESS)
        for record in instance.fetch_run_status_changes(kind, limit=1).records
    ]
    return max(found, default=-1)


def outcomes(instance: DagsterInstance, after: int) -> list[Outcome]:
    """Runs that failed or succeeded after a place in the event log, in order; not all, if many."""
    found: list[Outcome] = []
    horizons = []
    for kind in (DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_SUCCESS):
        records = instance.fetch_run_status_changes(
            dg.RunStatusChangeRecordsFilter(kind, after_storage_id=after),
            limit=_FETCHED_TOGETHER,
            ascending=True,
        ).records
        found += [
            Outcome(one.storage_id, one.run_id, kind is DagsterEventType.RUN_FAILURE)
            for one in records
        ]
        if len(records) == _FETCHED_TOGETHER:
            horizons.append(records[-1].storage_id)
    # Where one kind was cut off, events of the other kind beyond that would overtake it.
    last = min(horizons, default=max((one.event_id for one in found), default=after))
    return sorted((one for one in found if one.event_id <= last), key=lambda one: one.event_id)


def is_undecided(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether a retry may follow a failed run, and has not been started yet.

    Runs of the command line are never retried: the daemon does not know how to start them.
    """
    if run.remote_job_origin is None or _RETRY_RUN in run.tags:
        return False
    is_announced = run.tags.get(_WILL_RETRY) == "true"
    is_unsaid = _WILL_RETRY not in run.tags and instance.run_retries_enabled
    if not is_announced and not is_unsaid:
        return False
    record = instance.get_run_record_by_id(run.run_id)
    ended = record.end_time if record and record.end_time else 0
    return datetime.now(UTC) - datetime.fromtimestamp(ended, UTC) < _LONGEST_WAIT


def alert(instance: DagsterInstance, run: DagsterRun) -> alerts.Message | None:
    """What to say of a failed run that no retry follows; None if it was said, or needs no saying."""
    if _RETRY_RUN in run.tags:
        return None
    failed = _step_failures(instance, run)
    # Someone pressed Ctrl-C, and knows.
    if run.remote_job_origin is None and any(_is_interrupted(event) for event in failed):
        return None
    if any(one.run_id != run.run_id for one in _told(instance) if _root(one) == _root(run)):
        return None
    instance.add_run_tags(run.run_id, {ALERT_TAG: "open"})
    return alerts.failure(
        subject=_subject(run),
        job=run.job_name,
        run_id=run.run_id,
        reasons=[failure_text(event) for event in failed] or [_reason(instance, run)],
        retries=int(run.tags.get(_RETRY_NUMBER, 0)),
        nights=nights_of_run(dict(run.tags)),
    )


def mended(instance: DagsterInstance, run: DagsterRun) -> list[DagsterRun]:
    """Failed runs that were told of, at all of which this run succeeded."""
    told = [one for one in _told(instance) if _covers(run, one)]
    done = _steps(instance, run, DagsterEventType.STEP_SUCCESS) if told else set()
    return [
        one
        for one in told
        if _steps(instance, one, DagsterEventType.STEP_START)
        - _steps(instance, one, DagsterEventType.STEP_SUCCESS)
        <= done
    ]


def recovery(run: DagsterRun) -> alerts.Message:
    """What to say of a run that succeeded at what others had failed at."""
    return alerts.recovery(subject=_subject(run), job=run.job_name, run_id=run.run_id)


def close(instance: DagsterInstance, runs: list[DagsterRun]) -> None:
    """Remember that failures are mended."""
    for run in runs:
        instance.add_run_tags(run.run_id, {ALERT_TAG: "closed"})


def is_told(instance: DagsterInstance, night: date) -> bool:
    """Whether an alert tells already that a night failed."""
    spans = [nights_of_run(dict(run.tags)) for run in _told(instance)]
    return any(span[0] <= night <= span[1] for span in spans if span)


def failure_text(event: DagsterEvent) -> str:
    """Which step failed, and why."""
    data = event.step_failure_data
    failure = data.user_failure_data
    error = data.error
    cause = error.cause if error and error.cause else error
    said = failure.description if failure else cause.message if cause else ""
    return f"{event.step_key}: {(said or 'failed').strip()}"


def _told(instance: DagsterInstance) -> list[DagsterRun]:
    # A rerun has the tags of what it reruns, so one that succeeded may have this one too.
    filters = dg.RunsFilter(tags={ALERT_TAG: "open"}, statuses=[DagsterRunStatus.FAILURE])
    return [record.dagster_run for record in instance.get_run_records(filters)]


def _covers(run: DagsterRun, failed: DagsterRun) -> bool:
    """Whether a run was for the same nights, or more."""
    nights, wanted = nights_of_run(dict(run.tags)), nights_of_run(dict(failed.tags))
    if nights is None or wanted is None:
        return wanted is None
    return nights[0] <= wanted[0] and wanted[1] <= nights[1]


def _steps(instance: DagsterInstance, run: DagsterRun, kind: DagsterEventType) -> set[str]:
    return {event.step_key for event in _events(instance, run, kind) if event.step_key}


def _step_failures(instance: DagsterInstance, run: DagsterRun) -> list[DagsterEvent]:
    return list(_events(instance, run, DagsterEventType.STEP_FAILURE))


def _events(
    instance: DagsterInstance, run: DagsterRun, kind: DagsterEventType
) -> Iterator[DagsterEvent]:
    for record in instance.get_records_for_run(run.run_id, of_type=kind).records:
        if event := record.event_log_entry.dagster_event:
            yield event


def _reason(instance: DagsterInstance, run: DagsterRun) -> str:
    """Why a run failed in which no step did: its process died, or was never started."""
    said = [event.message or "" for event in _events(instance, run, DagsterEventType.RUN_FAILURE)]
    for kind in (DagsterEventType.ENGINE_EVENT, DagsterEventType.RUN_FAILURE):
        for event in _events(instance, run, kind):
            error = getattr(event.event_specific_data, "error", None)
            if error:
                said.append(error.message)
    return " ".join(filter(None, said)) or "No reason was given."


def _is_interrupted(event: DagsterEvent) -> bool:
    return dg.DagsterExecutionInterruptedError.__name__ in failure_text(event)


def _root(run: DagsterRun) -> str:
    return run.root_run_id or run.run_id


def _subject(run: DagsterRun) -> str:
    nights = nights_of_run(dict(run.tags))
    if nights is None:
        assets = ", ".join(sorted(key.to_user_string() for key in run.asset_selection or ()))
        # What is started from the assets' page of the UI runs in a job without a name to know.
        return assets if assets and run.job_name.startswith("__") else f"the job {run.job_name}"
    if nights[0] == nights[1]:
        return f"the night {nights[0]}"
    return f"the nights {nights[0]} to {nights[1]}"
