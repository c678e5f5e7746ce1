"""`broadsheet run`: choose nights, run them through Dagster, sum up."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipelines import progress, show
from pipelines.landing_zone import LandingError, LandingZone
from pipelines.settings import settings
from pipelines.store import database, landing, loads, quarantine


def load_nights(
    zone: LandingZone,
    span: tuple[date | None, date | None],
    *,
    single: date | None,
    prune: bool,
    force: bool,
    quiet: bool,
) -> bool:
    """Load nights of a landing zone; False if a run failed. `force` does all again that was done.

    Raises:
        LandingError: the landing zone or the nights cannot be loaded.
        KeyboardInterrupt: the user stopped it.
    """
    if single and not (zone.root / single.isoformat()).is_dir() and not zone.nights():
        zone = LandingZone(zone.root, single)
    zone.check()
    database.ensure_schema()
    with database.engine().connect() as connection:
        known = landing.known_nights(connection)
    nights = choose_nights(zone, known, span, prune=prune)
    # Heavy, so only once there is something to load.
    from dagster import DagsterExecutionInterruptedError, DagsterInstance  # noqa: PLC0415

    from pipelines.instance import (  # noqa: PLC0415
        contiguous,
        end_dead_runs,
        prepare_home,
        run_nights,
    )
    from pipelines.news.ner import PipelineError, ner_version  # noqa: PLC0415

    try:
        ner_version(settings().nlp)
    except PipelineError as error:
        show.failures([str(error)])
        return False
    prepare_home()
    with show.Bars(quiet=quiet) as bars, DagsterInstance.get() as instance:
        progress.show_with(bars)
        end_dead_runs(instance)
        finished = []
        with progress.track("nights", len(nights)) as advance:
            for first, last in contiguous(nights):
                finished.append(run_nights(instance, first, last, zone, prune=prune, force=force))
                advance((last - first).days + 1)
    with database.engine().connect() as connection:
        done = loads.loads_of_runs(connection, [run.run_id for run in finished])
        reasons = quarantine.quarantine_reasons(connection, nights[0], nights[-1])
    if not quiet:
        left = [] if zone.flat_night or prune else sorted(set(known) - set(zone.nights()))
        removed = [] if zone.flat_night else sorted(set(nights) - set(zone.nights()))
        success = all(run.success for run in finished)
        show.summary(nights, done, reasons, left=left, removed=removed, success=success)
    reasons_of_failure = [failure for run in finished for failure in run.failures]
    if any(DagsterExecutionInterruptedError.__name__ in reason for reason in reasons_of_failure):
        raise KeyboardInterrupt
    show.failures(reasons_of_failure)
    return all(run.success for run in finished)


def choose_nights(
    zone: LandingZone,
    known: list[date],
    span: tuple[date | None, date | None],
    *,
    prune: bool,
) -> list[date]:
    """Nights to load: those with a folder, and with `prune` those that have none any more.

    Raises:
        LandingError: there is none, or one that cannot be loaded.
    """
    first, last = span[0] or date.min, span[1] or date.max
    there = {zone.flat_night} if zone.flat_night else set(zone.nights())
    nights = sorted(night for night in there | (set(known) if prune else set()) if night)
    chosen = [night for night in nights if first <= night <= last]
    if not chosen:
        message = (
            f"The landing zone {zone.root} has no night in the range that was asked for;"
            f" it has {_range(nights)}."
        )
        if any(first <= night <= last for night in known):
            message += " The database holds files of that range; --prune removes them."
        raise LandingError(message)
    today = datetime.now(ZoneInfo(settings().timezone)).date()
    if chosen[0] < settings().first_night or chosen[-1] > today:
        bad = chosen[0] if chosen[0] < settings().first_night else chosen[-1]
        message = (
            f"The night {bad} cannot be loaded: nights run from {settings().first_night}"
            f" (BROADSHEET_FIRST_NIGHT) to today."
        )
        raise LandingError(message)
    return chosen


def _range(nights: list[date]) -> str:
    if len(nights) == 1:
        return f"{nights[0]}"
    return f"{len(nights)} nights from {nights[0]} to {nights[-1]}"
