"""The job that keeps Dagster's own record from growing without end, and when it runs."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.defs.resources import DatabaseResource
from pipelines.defs.runs import explained_errors
from pipelines.retention import delete_replaced_runs
from pipelines.settings import settings
from pipelines.store.loads import delete_replaced_loads


@dg.op
def delete_old_runs(context: dg.OpExecutionContext, database: DatabaseResource) -> None:
    """Delete runs older than BROADSHEET_KEEP_RUNS_DAYS that newer ones replace, and their loads."""
    before = datetime.now(UTC) - timedelta(days=settings().keep_runs_days)
    runs = delete_replaced_runs(context.instance, before)
    with explained_errors(), database.engine().begin() as connection:
        loads = delete_replaced_loads(connection, before)
    context.add_output_metadata(
        {"older_than": before.date().isoformat(), "runs_deleted": runs, "loads_deleted": loads}
    )
    context.log.info("Deleted %s runs and %s loads of before %s.", runs, loads, before.date())


@dg.job
def prune_runs() -> None:
    """Delete old runs with their events and logs, and old rows of `ops.loads`.

    What is the latest of its night stays, whatever its age: the UI goes on showing which nights are
    loaded and by which run, and `broadsheet trace` finds the landing zone. So a run a night remains,
    of some 160 kB; failed runs and reruns go.
    """
    delete_old_runs()


@dg.schedule(job=prune_runs, cron_schedule="0 5 * * 0", execution_timezone=settings().timezone)
def prune_runs_schedule() -> dg.RunRequest:
    """Sundays at 05:00."""
    return dg.RunRequest()
