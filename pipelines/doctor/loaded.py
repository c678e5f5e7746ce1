"""What the last loads left in the database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from pipelines.doctor.findings import Outcome, ok, warn
from pipelines.settings import settings
from pipelines.store.checks import MAX_REFUSED_SHARE

ASSETS = ("source_files", "articles", "stories", "mentions", "entities", "analytics")

Connection = psycopg.Connection[dict[str, Any]]


def night_before() -> date:
    """The night before today, which the schedule loads."""
    return datetime.now(ZoneInfo(settings().timezone)).date() - timedelta(days=1)


def loads(connection: Connection) -> Outcome:
    """Every asset finished after files were last looked at."""
    last = {
        row["asset"]: row
        for row in connection.execute(
            """
            select distinct on (asset) asset, started_at, finished_at, first_night, last_night
              from ops.loads where asset = any(%s) order by asset, finished_at desc
            """,
            (list(ASSETS),),
        )
    }
    if "source_files" not in last:
        return warn("Nothing was loaded yet.", "Load something: `broadsheet run`.")
    found = "; ".join(
        f"{asset} {_told(last[asset])}" if asset in last else f"{asset} never" for asset in ASSETS
    )
    began = last["source_files"]["started_at"]
    behind = [asset for asset in ASSETS if asset not in last or last[asset]["finished_at"] < began]
    if behind:
        return warn(
            f"{', '.join(behind)} did not finish since files were last looked at. {found}.",
            "If no run is under way, see why the last one failed (Runs in the UI), then"
            " `broadsheet run`.",
        )
    return ok(f"{found}.")


def last_night(connection: Connection) -> Outcome:
    """The night before today is loaded."""
    night = night_before()
    row = connection.execute(
        """
        select count(*) filter (where landing_date = %s) as files, max(landing_date) as newest
          from ops.ingested_files
        """,
        (night,),
    ).fetchone()
    if row and row["files"]:
        return ok(f"{row['files']:,} files of {night}.")
    newest = row["newest"] if row else None
    return warn(
        f"No file of {night} is loaded; the newest night is {newest or 'none'}.",
        f"Once its files have landed: `broadsheet run --date {night}`.",
    )


def quarantine(connection: Connection) -> Outcome:
    """Few files of the newest night were refused."""
    row = connection.execute("""
        select newest as night, count(*) as files,
               count(*) filter (where exists (
                     select from ops.quarantine
                      where quarantine.landing_date = ingested.landing_date
                        and quarantine.path = ingested.path)) as refused
          from ops.ingested_files ingested
          join (select max(landing_date) as newest from ops.ingested_files) last
            on ingested.landing_date = newest
         group by newest
        """).fetchone()
    if row is None:
        return ok("No file was loaded yet.")
    found = f"{row['refused']:,} of {row['files']:,} files of {row['night']}."
    if row["refused"] > MAX_REFUSED_SHARE * row["files"]:
        return warn(found, "See why: `broadsheet quarantine`; then mend what delivers the files.")
    return ok(found)


def views(connection: Connection) -> Outcome:
    """The materialized views have all that was written."""
    row = connection.execute("select is_stale from ops.analytics_state").fetchone()
    if row is None or row["is_stale"]:
        return warn(
            "Rows were written since the materialized views were refreshed.",
            "If no run is under way, refresh them: `broadsheet run`, or materialize analytics.",
        )
    return ok("The materialized views are up to date.")


def _told(load: Mapping[str, Any]) -> str:
    nights = sorted({str(load[end]) for end in ("first_night", "last_night") if load[end]})
    of = f" ({' to '.join(nights)})" if nights else ""
    return f"{load['finished_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC{of}"
