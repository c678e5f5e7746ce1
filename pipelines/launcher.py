"""The run launcher of production: it launches a run once, and sees when its process is gone."""

import json

from dagster import DagsterRun, DagsterRunStatus
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import (
    CheckRunHealthResult,
    DefaultRunLauncher,
    LaunchRunContext,
    WorkerStatus,
)
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import GetCurrentRunsResult
from dagster._serdes import deserialize_value

from pipelines.run_process import PROCESS_TAG, is_alive
from pipelines.store.database import only_one


class WatchedRunLauncher(DefaultRunLauncher):
    """Runs are processes of the code server, which is asked whether they are alive.

    The code server marks a run as failed whose process was killed, but nobody does when it was
    killed itself, with all its runs: they would count as running, and hold their pools, until the
    maximum runtime. Dagster's run monitoring asks here, and retries what was lost.
    """

    def launch_run(self, context: LaunchRunContext) -> None:
        """Launch a run, unless another daemon has.

        Two daemons may take the same run from the queue. The code server would start it twice, and
        mark it as failed when the second process ends.
        """
        run_id = context.dagster_run.run_id
        with only_one(run_id):
            run = self._instance.get_run_by_id(run_id)
            if run and run.status is DagsterRunStatus.STARTING and not _is_running(run):
                super().launch_run(context)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring may ask: yes."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the run's code server, or the `broadsheet run` that runs it, is still there for it.

        A code server that does not answer is starting or busy, and is asked again.
        """
        if GRPC_INFO_TAG not in run.tags:
            process = run.tags.get(PROCESS_TAG)
            if process is None or is_alive(process):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "Its process is gone.")
        try:
            if _is_running(run):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
        except DagsterUserCodeUnreachableError:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "The code server does not answer.")
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "The code server was restarted.")


def _is_running(run: DagsterRun) -> bool:
    """Whether the code server that a run was given to has a process for it.

    Raises:
        DagsterUserCodeUnreachableError: it does not answer.
    """
    if GRPC_INFO_TAG not in run.tags:
        return False
    client = DagsterGrpcClient(**json.loads(run.tags[GRPC_INFO_TAG]))
    current = deserialize_value(client.get_current_runs(), GetCurrentRunsResult)
    return run.run_id in current.current_runs
