"""The Dagster code location."""

import dagster as dg

from pipelines.code_server import survive_outages
from pipelines.defs import assets, checks, jobs, maintenance, resources, sensors

survive_outages()


@dg.definitions
def defs() -> dg.Definitions:
    """Seven assets, their checks, two jobs, their schedules, and the sensors."""
    return dg.Definitions(
        assets=assets.ASSETS,
        asset_checks=checks.CHECKS,
        jobs=[jobs.nightly, maintenance.prune_runs],
        schedules=[jobs.nightly_schedule, maintenance.prune_runs_schedule],
        sensors=sensors.SENSORS,
        resources=resources.defaults(),
        # The state is in Postgres and the heavy step has processes of its own: a process a step
        # would only add the time it takes to start.
        executor=dg.in_process_executor,
    )
