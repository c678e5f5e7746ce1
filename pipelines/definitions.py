"""The Dagster code location."""

import dagster as dg

from pipelines.defs import assets, checks, jobs, maintenance, resources


@dg.definitions
def defs() -> dg.Definitions:
    """Six assets, their checks, the job that loads nights, one that tidies up, and their schedules."""
    return dg.Definitions(
        assets=assets.ASSETS,
        asset_checks=checks.CHECKS,
        jobs=[jobs.nightly, maintenance.prune_runs],
        schedules=[jobs.nightly_schedule, maintenance.prune_runs_schedule],
        resources=resources.defaults(),
        # The state is in Postgres and the heavy step has processes of its own: a process a step
        # would only add the time it takes to start.
        executor=dg.in_process_executor,
    )
