"""What the last loads left in the database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from pipelines.defs.assets import ASSETS, NIGHTLY_ASSETS
from pipelines.defs.checks import DUE_HOUR
from pipelines.defs.partitions import newest_due
from pipelines.doctor.counted import wrong_counts
from pipelines.doctor.findings import Outcome, ok, warn
from pipelines.store.checks import MAX_REFUSED_SHARE

_ASSETS = [one.key.to_user_string() for one in ASSETS]

Connection = psycopg.Connection[dict[str, Any]]


def night_before() -> date:
    """The newest night that has to be there by now."""
    return newest_due(datetime.now(UTC), DUE_HOUR)


def loads(connection: Connection) -> Outcome:
    """Every asset finished after files were last looked at."""
    last = {
        row["asset"]: row
        for row in connection.execute(
            """
            select distinct on (asset) asset, started_at, finished_at, first_night, last_night
              from ops.loads where asset = any(%s) order by asset, finished_at desc
            """,
            (_ASSETS,),
        )
    }
    if "source_files" not in last:
        return warn("Nothing was loaded yet.", "Load something: `broadsheet run`.")
    found = "; ".join(
        f"{asset} {_told(last[asset])}" if asset in last else f"{asset} never" for asset in _ASSETS
    )
    began = last["source_files"]["started_at"]
    behind = [asset for asset in _ASSETS if asset not in last or last[asset]["finished_at"] < began]
    if behind:
        return warn(
            f"{', '.join(behind)} did not finish since files were last looked at. {found}.",
            "If no run is under way, see why the last one failed (Runs in the UI), then"
            " `broadsheet run`.",
        )
    return ok(f"{found}.")


def last_night(connection: Connection) -> Outcome:
    """The night before today is loaded, as the asset check last_night_is_loaded has it."""
    night = night_before()
    rows = connection.execute(
        "select distinct asset from ops.loads where %s between first_night and last_night", (night,)
    )
    loaded = {row["asset"] for row in rows}
    if left := [asset for asset in NIGHTLY_ASSETS if asset not in loaded]:
        return warn(
            f"{', '.join(left)} did not finish for {night}.",
            f"Once its files have landed: `broadsheet run --date {night}`.",
        )
    return ok(f"Every asset finished for {night}.")


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


def counts(connection: Connection) -> Outcome:
    """What is counted for analysts has all that was written, and what is drawn of it is right."""
    there = connection.execute("select to_regclass('ops.stale_articles') as found").fetchone()
    if there is None or there["found"] is None:
        return ok("Not looked at: the schema is older.")
    row = connection.execute("""
        select (select count(*) from ops.stale_articles) as articles,
               (select count(*) from ops.stale_nights) as nights
        """).fetchone()
    if row is None or row["articles"] or row["nights"]:
        behind = f"{row['articles']:,} articles and {row['nights']:,} nights" if row else "Rows"
        return warn(
            f"{behind} changed since they were counted for analysts.",
            "If no run is under way, count them: `broadsheet run`, or materialize analytics.",
        )
    return wrong_counts(connection)


def _told(load: Mapping[str, Any]) -> str:
    nights = sorted({str(load[end]) for end in ("first_night", "last_night") if load[end]})
    of = f" ({' to '.join(nights)})" if nights else ""
    return f"{load['finished_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC{of}"
