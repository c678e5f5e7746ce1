"""Runs in the Dagster instance of a production: launching them through the queue, and looking at them."""

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._cli.job import _create_run
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget

from benchmarks.faults.waiting import FaultError, until
from pipelines.defs.partitions import range_tags

_FINISHED = {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}
_UNFINISHED = [status for status in DagsterRunStatus if status not in _FINISHED]
_SECONDS_OF_A_RUN = 300


class Runs:
    """The runs of the Dagster home in `home`; its code server stands in the file `workspace`."""

    def __init__(self, home: Path, workspace: Path) -> None:
        self._home = home
        self._workspace = workspace
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.instance = self._open.enter_context(DagsterInstance.from_config(str(self._home)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def launch(self, first: date, last: date | None = None) -> str:
        """Put a run of the job `nightly` into the queue; its id."""
        tags = range_tags(first, last) if last else {"dagster/partition": first.isoformat()}
        target = WorkspaceFileTarget([str(self._workspace)])
        with WorkspaceProcessContext(self.instance, target) as process:
            request = process.create_request_context()
            location = request.get_code_location("broadsheet")
            repository = next(iter(location.get_repositories().values()))
            job = repository.get_full_job("nightly")
            run = _create_run(self.instance, location, repository, job, {}, tags, None, None)
            self.instance.submit_run(run.run_id, request)
        return str(run.run_id)

    def get(self, run_id: str) -> DagsterRun:
        """A run as it is now.

        Raises:
            FaultError: it is not there any more.
        """
        run = self.instance.get_run_by_id(run_id)
        if run is None:
            message = f"Run {run_id} is gone."
            raise FaultError(message)
        return run

    def finish(self, run_id: str, seconds: float = _SECONDS_OF_A_RUN) -> bool:
        """Wait until a run has ended; whether it succeeded.

        Raises:
            FaultError: it has not within `seconds`.
        """
        until(lambda: self.get(run_id).is_finished, f"run {run_id} has ended", seconds)
        return self.get(run_id).is_success

    def count(self, run_id: str, kind: DagsterEventType, step: str | None = None) -> int:
        """Events of a kind that a run had, or one of its steps."""
        logged = self.instance.all_logs(run_id, of_type=kind)
        events = [one.dagster_event for one in logged if one.dagster_event]
        return sum(step in {None, event.step_key} for event in events)

    def told(self, run_id: str) -> str:
        """What a run has to say about its failures, those that were tried again too.

        A run that could not be launched says why in an event of the engine.
        """
        kinds = {
            DagsterEventType.STEP_UP_FOR_RETRY,
            DagsterEventType.STEP_FAILURE,
            DagsterEventType.RUN_FAILURE,
            DagsterEventType.ENGINE_EVENT,
        }
        said: list[str] = []
        for one in self.instance.all_logs(run_id, of_type=kinds):
            said.append(one.user_message or one.message)
            data = one.dagster_event.event_specific_data if one.dagster_event else None
            error = getattr(data, "error", None)
            while error:
                said.append(error.message)
                error = error.cause
        return " / ".join(line.strip() for line in said)

    def unfinished(self) -> list[DagsterRun]:
        """Runs that have not ended."""
        return list(self.instance.get_runs(RunsFilter(statuses=_UNFINISHED)))

    def slots_held(self) -> int:
        """Places in pools that a step holds or waits for."""
        storage = self.instance.event_log_storage
        pools = [storage.get_concurrency_info(pool) for pool in ("database", "recogniser")]
        return sum(pool.active_slot_count + pool.pending_step_count for pool in pools)
