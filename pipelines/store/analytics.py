"""Materialized views: whether they are stale, and refreshing them."""

import time
from collections.abc import Callable

from models.views import VIEWS
from sqlalchemy import Connection, Engine, text

from pipelines.store.database import write_transaction


def write(bound: Engine, change: Callable[[Connection], int]) -> int:
    """Run a change that returns the rows it wrote in one transaction.

    If it wrote any, the materialized views are marked stale in the same transaction, so that no
    crash between the two leaves them behind.
    """
    with write_transaction(bound) as connection:
        written = change(connection)
        if written:
            connection.execute(
                text("update ops.analytics_state set is_stale = true where not is_stale")
            )
    return written


def refresh_if_stale(bound: Engine) -> dict[str, float]:
    """Refresh all materialized views if anything was written since the last time.

    Readers are not blocked. Returns the seconds each view took; none if nothing was stale.
    """
    seconds: dict[str, float] = {}
    with write_transaction(bound) as connection:
        if not connection.scalar(text("select is_stale from ops.analytics_state")):
            return seconds
        for view in VIEWS:
            if view.is_materialized:
                began = time.perf_counter()
                # A loader owns no view; this function of the owner's refreshes it.
                connection.execute(text("select ops.refresh_view(:view)"), {"view": view.name})
                seconds[view.name] = time.perf_counter() - began
        connection.execute(text("update ops.analytics_state set is_stale = false"))
    return seconds
