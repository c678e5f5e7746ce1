"""Load nights in tests as the command line does: the real job, in this process."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from dagster import DagsterInstance
from sqlalchemy import Engine, text

from pipelines.instance import run_nights
from pipelines.landing_zone import LandingZone
from pipelines.store.digests import digests

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


def everything(engine: Engine) -> dict[str, tuple[int, str]]:
    """Digests of all that is a function of the landing zone: `news`, and what was left out of it."""
    with engine.connect() as connection:
        all_ops = digests(connection, "ops")
        kept = ["quarantine", "page_leftovers", "signatures", "lsh_bands", "ingested_files"]
        kept += ["annotations", "resolutions", "touched_articles", "unlinked_articles"]
        return digests(connection) | {name: all_ops[name] for name in kept}


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
