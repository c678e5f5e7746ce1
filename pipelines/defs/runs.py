"""What every asset run does around its work: say what it did, and what an error means."""

from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
from pydantic import Field
from sqlalchemy import Connection, Engine

from pipelines.landing_zone import LandingError
from pipelines.news.ner import PipelineError
from pipelines.news.resolver import AliasError
from pipelines.pool import end_with_parent
from pipelines.store.database import is_over_time, is_transient, write_transaction
from pipelines.store.loads import Load, put_load
from pipelines.store.server import ServerError

_RETRIES = 12  # for a minute: a server that is restarted is back by then
_SECONDS_BEFORE_RETRY = 5.0


class Recompute(dg.Config):
    """How an asset with nights runs."""

    force: bool = Field(
        default=False,
        description="Do it all again for these nights, whatever is there. The result is the same.",
    )


class Recount(dg.Config):
    """How the asset of counts runs."""

    force: bool = Field(
        default=False,
        description="Count the whole archive anew, whatever is counted. The result is the same, but if"
        " it was wrong; until it is done, analysts read counts that are too low.",
    )


@dataclass
class AssetRun:
    """One asset run: its nights, its database, and what it counts."""

    engine: Engine
    span: tuple[date, date] | None
    counts: dict[str, Any] = field(default_factory=lambda: {"rows_written": 0})

    @property
    def nights(self) -> tuple[date, date]:
        """First and last night of a run of a partitioned asset."""
        if self.span is None:
            message = "This asset loads nights: choose a partition."
            raise dg.Failure(message, allow_retries=False)
        return self.span

    def write(self, change: Callable[[Connection], int]) -> None:
        """Run a change in one transaction and count the rows it wrote."""
        with write_transaction(self.engine) as connection:
            self.counts["rows_written"] += change(connection)

    def count(self, **units: int) -> None:
        """Add to the counts."""
        for name, value in units.items():
            self.counts[name] = self.counts.get(name, 0) + value


@contextmanager
def asset_run(
    context: dg.AssetExecutionContext, engine: Callable[[], Engine]
) -> Iterator[AssetRun]:
    """An asset run, recorded in `ops.loads` when it is through.

    Transient database errors are retried for a minute; any other error fails the step for good,
    since the same input would fail again.
    """
    started = datetime.now(UTC)
    if context.instance.run_launcher.supports_check_run_worker_health:
        # Run monitoring takes a run for dead whose code server is gone, and may start it anew.
        end_with_parent()
    with explained_errors():
        run = AssetRun(engine(), _nights(context))
        yield run
        first, last = run.span or (None, None)
        load = Load(
            context.run.run_id,
            context.asset_key.to_user_string(),
            first,
            last,
            started,
            datetime.now(UTC),
            run.counts,
        )
        with run.engine.begin() as connection:
            put_load(connection, load)


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn errors into what Dagster should do about them."""
    try:
        yield
    except (AliasError, LandingError, PipelineError, ServerError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except BrokenProcessPool as error:
        message = (
            "A process that reads articles was killed, most likely for lack of memory: set"
            " BROADSHEET_WORKERS to a smaller number."
        )
        raise dg.Failure(message, allow_retries=False) from error
    except Exception as error:
        if is_over_time(error):
            message = (
                "Postgres ended a statement or a session of this load. If nobody did so by hand, a time"
                " limit of the role or the database is too short for it: statement_timeout,"
                f" transaction_timeout or idle_in_transaction_session_timeout. It says: {error}"
            )
            raise dg.Failure(message, allow_retries=False) from error
        if is_transient(error):
            raise dg.RetryRequested(_RETRIES, _SECONDS_BEFORE_RETRY) from error
        raise


def _nights(context: dg.AssetExecutionContext) -> tuple[date, date] | None:
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)
