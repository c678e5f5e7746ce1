"""Sensors: what landed late, whether last night is there, and telling people of failures.

All are off until switched on in the UI; only `failure_alerts` is on as soon as there is somewhere to
send alerts to.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from time import monotonic
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import BaseModel, Field

from pipelines import alerts
from pipelines.defs import checks, outcomes
from pipelines.defs.jobs import nightly
from pipelines.defs.partitions import newest_due, nights_of_run
from pipelines.defs.resources import DatabaseResource, LandingZoneResource
from pipelines.landing_zone import LandingZone
from pipelines.late_files import Listing, are_untouched, list_night
from pipelines.settings import settings
from pipelines.store.landing import known_sizes
from pipelines.store.loads import load_starts

_LATE_HOUR = 3  # of the day after a night: an hour after the schedule has started to load it
_RUNS_LOOKED_AT = 500
_TICKS_A_ROUND = 12  # an hour
_LOOKING_SECONDS = 20.0  # a third of what the daemon waits for a tick


class _Looked(BaseModel):
    """Nights by the time of the last look at their files, the longest ago first.

    Those that were as the database knows them have the times of their folders.
    """

    nights: dict[date, dict[str, int]] = {}


@dg.sensor(job=nightly, minimum_interval_seconds=300)
def late_files(
    context: dg.SensorEvaluationContext,
    landing_zone: LandingZoneResource,
    database: DatabaseResource,
) -> dg.SensorResult:
    """Nights to load again because files landed, changed or vanished since they were loaded.

    Each state of a folder is loaded once. A folder is left alone while it is written to, while a run
    for its night is under way, and if its last run failed and no file changed since.

    A night that was as the database knows it is told by its folders' times, and every tick looks at
    the files of those whose turn it is, since a file may change and its folder's time does not.
    """
    zone = landing_zone.zone()
    zone.check()
    now = datetime.now(UTC)
    here = now.astimezone(ZoneInfo(settings().timezone))
    first = max(settings().first_night, here.date() - timedelta(days=settings().late_days))
    last = newest_due(now, _LATE_HOUR)
    before = _Looked.model_validate_json(context.cursor or "{}").nights
    nights = [night for night in zone.nights() if first <= night <= last]
    listings, kept, left = _look(zone, nights, before)
    with database.engine().connect() as connection:
        starts = load_starts(connection, first, last)
        known = {night: known_sizes(connection, night, night).get(night, {}) for night in listings}
    late: dict[date, Listing] = {}
    for night, listing in listings.items():
        if not listing.differs(known[night], starts.get(night)):
            kept[night] = dict(listing.folders)
            continue
        kept[night] = {}
        if not listing.sizes:
            left[night] = "its folder is empty now; load it by hand if that is meant"
        elif listing.is_quiet(now):
            late[night] = listing
        else:
            left[night] = "its folder is being written to"
    for night, why in _busy(context.instance, late).items():
        del late[night]
        left[night] = why
    cursor = _Looked(nights=kept).model_dump_json()
    if late:
        return dg.SensorResult(
            cursor=cursor,
            run_requests=[
                dg.RunRequest(
                    partition_key=night.isoformat(), run_key=f"{night} {listing.fingerprint}"
                )
                for night, listing in late.items()
            ],
        )
    said = "; ".join(f"{night}: {why}" for night, why in sorted(left.items()))
    return dg.SensorResult(skip_reason=said or "No night has late files.", cursor=cursor)


def _look(
    zone: LandingZone, nights: Sequence[date], before: Mapping[date, Mapping[str, int]]
) -> tuple[dict[date, Listing], dict[date, dict[str, int]], dict[date, str]]:
    """Listings of the nights that are to be looked at, what is kept of others, and who was left why."""
    listings: dict[date, Listing] = {}
    kept: dict[date, dict[str, int]] = {}
    left: dict[date, str] = {}
    turn = {night: place for place, night in enumerate(before)}
    turns = ceil(len(nights) / _TICKS_A_ROUND)
    until = monotonic() + _LOOKING_SECONDS
    for night in sorted(nights, key=lambda night: turn.get(night, -1)):
        folders = before.get(night, {})
        if folders and are_untouched(zone, folders):
            if not turns:
                kept[night] = dict(folders)
                continue
            turns -= 1
        if listings and monotonic() > until:
            left[night] = "there was no time left to look at it"
            if night in before:
                kept[night] = dict(folders)
            continue
        try:
            listings[night] = list_night(zone, night)
        except OSError as error:
            left[night] = f"its folder cannot be looked at ({error.strerror})"
    return listings, kept, left


def _busy(instance: dg.DagsterInstance, nights: Mapping[date, Listing]) -> dict[date, str]:
    """Those of some nights that have to wait, by their last runs, and why."""
    waiting: dict[date, str] = {}
    unseen = set(nights)
    for record in instance.get_run_records(limit=_RUNS_LOOKED_AT) if unseen else ():
        run = record.dagster_run
        span = nights_of_run(dict(run.tags))
        for night in [one for one in unseen if span and span[0] <= one <= span[1]]:
            unseen.remove(night)
            if not run.is_finished:
                waiting[night] = f"the run {run.run_id[:8]} is under way"
            elif not run.is_success and not _is_newer(nights[night], record):
                waiting[night] = f"the run {run.run_id[:8]} did not succeed with these files"
    return waiting


def _is_newer(listing: Listing, record: dg.RunRecord) -> bool:
    """Whether a file changed after a finished run began, or ended without having begun."""
    began = record.start_time or record.end_time
    return began is None or listing.changed.timestamp() > began


class _LastNight(BaseModel):
    """What `last_night` said last."""

    night: date | None = None
    is_missing: bool = False
    is_told: bool = False
    outbox: alerts.Outbox = Field(default_factory=alerts.Outbox)


@dg.sensor(minimum_interval_seconds=300)
def last_night(
    context: dg.SensorEvaluationContext, database: DatabaseResource
) -> dg.SensorResult | dg.SkipReason:
    """From 06:00 on, whether the night before is loaded: as a check of `analytics`, and an alert.

    A missing night is told of once, and not if an alert says already that its run failed.
    """
    state = _LastNight.model_validate_json(context.cursor or "{}")
    night, left = checks.unloaded(database.engine(), datetime.now(UTC))
    events = []
    if (state.night, state.is_missing) != (night, bool(left)):
        events.append(
            dg.AssetCheckEvaluation(
                asset_key=checks.last_night_is_loaded.check_key.asset_key,
                check_name=checks.last_night_is_loaded.check_key.name,
                passed=not left,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={"night": night.isoformat(), "unfinished_assets": left},
            )
        )
    is_told = state.is_told and state.night == night
    if left and not is_told and not outcomes.is_told(context.instance, night):
        state.outbox.put(alerts.missing(night, left))
        is_told = True
    elif is_told and not left:
        state.outbox.put(alerts.arrived(night))
        is_told = False
    _deliver(context, state.outbox)
    kept = _LastNight(night=night, is_missing=bool(left), is_told=is_told, outbox=state.outbox)
    return dg.SensorResult(asset_events=events, cursor=kept.model_dump_json())


class _Told(BaseModel):
    """How far `failure_alerts` has read, what may still be retried, and what is to be sent."""

    after: int
    undecided: list[str] = []
    outbox: alerts.Outbox = Field(default_factory=alerts.Outbox)


@dg.sensor(
    minimum_interval_seconds=15,
    default_status=(
        dg.DefaultSensorStatus.RUNNING if settings().alerts else dg.DefaultSensorStatus.STOPPED
    ),
)
def failure_alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """One alert for each run that failed for good, and one when its nights are loaded after all.

    What cannot be delivered is sent again by the next tick. Failures before it was switched on are
    not told of.
    """
    # No run_failure_sensor: that goes on to the next run when a delivery fails.
    instance = context.instance
    if context.cursor is None or not alerts.services():
        start = _Told(after=outcomes.last_event(instance))
        context.update_cursor(start.model_dump_json())
        is_set = "From now on failures are told of."
        return dg.SkipReason(is_set if alerts.services() else "BROADSHEET_ALERTS is not set.")
    state = _Told.model_validate_json(context.cursor)
    waiting, state.undecided = state.undecided, []
    for run_id in waiting:
        _tell_failure(instance, run_id, state)
    for outcome in outcomes.outcomes(instance, state.after):
        if outcome.has_failed:
            _tell_failure(instance, outcome.run_id, state)
        elif (run := instance.get_run_by_id(outcome.run_id)) and (
            found := outcomes.mended(instance, run)
        ):
            state.outbox.put(outcomes.recovery(run))
            outcomes.close(instance, found)
        state.after = outcome.event_id
    problems = _deliver(context, state.outbox)
    context.update_cursor(state.model_dump_json())
    return dg.SkipReason(
        " ".join(problems) or f"All is told; {len(state.undecided)} may be retried."
    )


def _tell_failure(instance: dg.DagsterInstance, run_id: str, state: _Told) -> None:
    """Say that a run failed, once it is known that no retry follows."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        return
    if outcomes.is_undecided(instance, run):
        state.undecided.append(run_id)
    elif message := outcomes.alert(instance, run):
        state.outbox.put(message)


def _deliver(context: dg.SensorEvaluationContext, outbox: alerts.Outbox) -> list[str]:
    problems = outbox.deliver()
    for problem in problems:
        context.log.error(problem)
    return problems


SENSORS = [late_files, last_night, failure_alerts]
