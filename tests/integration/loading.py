"""Load nights in tests as the command line does: the real job, in this process."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from dagster import DagsterInstance
from sqlalchemy import Engine, text

from benchmarks.faults.compare import everything
from pipelines.instance import run_nights
from pipelines.landing_zone import LandingZone

__all__ = ["Landing", "everything", "lay_out", "load", "rows_written"]

Landing = Mapping[tuple[date, str], bytes]


def lay_out(root: Path, files: Landing) -> LandingZone:
    """Make the landing zone hold exactly these files; nights keep their folders."""
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_file() or path.is_symlink():
            path.unlink()
    for (night, name), data in files.items():
        path = root / night.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return LandingZone(root)


def load(
    instance: DagsterInstance, zone: LandingZone, first: date, last: date | None = None
) -> None:
    """Load nights; a run that fails fails the test."""
    finished = run_nights(instance, first, last or first, zone, prune=True)
    assert finished.success, finished.failures


def rows_written(engine: Engine) -> int:
    """Rows that the last run wrote."""
    with engine.connect() as connection:
        return int(
            connection.scalar(
                text("""
                select sum((counts ->> 'rows_written')::integer) from ops.loads
                 where run_id = (select run_id from ops.loads order by load_id desc limit 1)
                """)
            )
            or 0
        )
