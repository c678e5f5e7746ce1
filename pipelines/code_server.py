# ruff: noqa: SLF001  Dagster has no public place for this
"""Dagster's code server: a run whose process died is marked as failed, however long a database is away."""

from functools import wraps

from dagster._grpc.server import DagsterApiServer


def survive_outages() -> None:
    """Let the code server look for dead runs again where Dagster's own database did not answer.

    Dagster's thread (`_cleanup_thread`, seen in 1.13.27) ends with the first error it meets. A run
    that dies while the database is away would then count as running until its maximum runtime, and
    so would every run that dies later: the run launcher is told by the code server that it has them.
    """
    look = DagsterApiServer._check_for_orphaned_runs
    if hasattr(look, "__wrapped__"):
        return

    @wraps(look)
    def look_again_later(self: DagsterApiServer) -> None:
        try:
            look(self)
        except Exception:
            self._logger.exception("Looking for runs that died failed; it is tried again.")

    DagsterApiServer._check_for_orphaned_runs = look_again_later  # type: ignore[method-assign]
