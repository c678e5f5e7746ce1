"""One row an asset run, for `broadsheet status`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB


@dataclass(frozen=True, slots=True)
class Load:
    """One asset run that finished."""

    run_id: str
    asset: str
    first_night: date | None
    last_night: date | None
    started_at: datetime
    finished_at: datetime
    counts: dict[str, Any]


def put_load(connection: Connection, load: Load) -> None:
    """Record an asset run."""
    connection.execute(
        text("""
        insert into ops.loads
               (run_id, asset, first_night, last_night, started_at, finished_at, counts)
        values (:run_id, :asset, :first_night, :last_night, :started_at, :finished_at, :counts)
        """).bindparams(bindparam("counts", type_=JSONB)),
        {
            "run_id": load.run_id,
            "asset": load.asset,
            "first_night": load.first_night,
            "last_night": load.last_night,
            "started_at": load.started_at,
            "finished_at": load.finished_at,
            "counts": load.counts,
        },
    )


def loads_of_runs(connection: Connection, run_ids: list[str]) -> list[Load]:
    """Asset runs of some Dagster runs, in the order they finished."""
    rows = connection.execute(
        text("""
        select run_id, asset, first_night, last_night, started_at, finished_at, counts
          from ops.loads where run_id = any(:run_ids) order by load_id
        """),
        {"run_ids": run_ids},
    )
    return [Load(*row) for row in rows]


def last_loads(connection: Connection, limit: int) -> list[Load]:
    """The last asset runs that finished, newest first."""
    rows = connection.execute(
        text("""
        select run_id, asset, first_night, last_night, started_at, finished_at, counts
          from ops.loads order by load_id desc limit :limit
        """),
        {"limit": limit},
    )
    return [Load(*row) for row in rows]


def delete_replaced_loads(connection: Connection, before: datetime) -> int:
    """Delete asset runs that finished before this, and whose nights were loaded again since."""
    return connection.execute(
        text("""
        delete from ops.loads old
         where finished_at < :before
           and exists (
               select from ops.loads newer
                where newer.asset = old.asset and newer.load_id > old.load_id
                  and (old.first_night is null
                       or newer.first_night <= old.first_night
                          and newer.last_night >= old.last_night))
        """),
        {"before": before},
    ).rowcount


def landing_zone_of(connection: Connection, night: date) -> tuple[str, str | None] | None:
    """Root and flat night of the landing zone that a night was last loaded from."""
    row = connection.execute(
        text("""
        select counts -> 'landing_zone' ->> 'root' as root,
               counts -> 'landing_zone' ->> 'flat_night' as flat_night
          from ops.loads
         where asset = 'source_files' and :night between first_night and last_night
         order by load_id desc limit 1
        """),
        {"night": night},
    ).one_or_none()
    return (row.root, row.flat_night) if row else None


def load_starts(connection: Connection, first: date, last: date) -> dict[date, datetime]:
    """When the last run of `source_files` that finished began, for each of these nights it was for."""
    rows = connection.execute(
        text("""
        select night, max(started_at) as started
          from generate_series(0, cast(:last as date) - cast(:first as date)) days
         cross join lateral (select cast(:first as date) + days as night) nights
          join ops.loads on asset = 'source_files' and night between first_night and last_night
         group by 1
        """),
        {"first": first, "last": last},
    )
    return {row.night: row.started for row in rows}


def assets_loaded(connection: Connection, night: date) -> set[str]:
    """Assets that finished a run for a night."""
    return set(
        connection.scalars(
            text("""
            select distinct asset from ops.loads where :night between first_night and last_night
            """),
            {"night": night},
        )
    )
