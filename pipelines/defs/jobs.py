"""The job that loads nights, and when it runs."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.defs import assets, checks
from pipelines.settings import settings

nightly = dg.define_asset_job(
    "nightly",
    # Whether last night is there is asked of all nights' runs together, by the sensor last_night.
    selection=dg.AssetSelection.assets(*assets.ASSETS)
    - dg.AssetSelection.checks(checks.last_night_is_loaded),
    description="Load one night, or a range of nights, from the landing zone into Postgres.",
)


@dg.schedule(
    job=nightly,
    cron_schedule="0 2 * * *",
    execution_timezone=settings().timezone,
    description="Loads the night before, at 02:00.",
)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """A run of the night before."""
    here = context.scheduled_execution_time.astimezone(ZoneInfo(settings().timezone))
    night = here.date() - timedelta(days=1)
    return dg.RunRequest(partition_key=night.isoformat(), run_key=night.isoformat())
