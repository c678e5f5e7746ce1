"""The Dagster code location."""

import dagster as dg

from pipelines.defs import assets, checks, jobs, resources


@dg.definitions
def defs() -> dg.Definitions:
    """Six assets, their checks, one job and its schedule."""
    return dg.Definitions(
        assets=assets.ASSETS,
        asset_checks=checks.CHECKS,
        jobs=[jobs.nightly],
        schedules=[jobs.nightly_schedule],
        resources=resources.defaults(),
        # The state is in Postgres and the heavy step has processes of its own: a process a step
        # would only add the time it takes to start.
        executor=dg.in_process_executor,
    )
