"""Files and pages that were refused, and why."""

from collections.abc import Iterable
from datetime import date

from models import Quarantine
from sqlalchemy import Connection, text

from pipelines.news.keys import derive_key
from pipelines.news.records import Rejection
from pipelines.store import bulk


def forget_failures(connection: Connection, first: date, last: date, segment_version: str) -> int:
    """Take files out of quarantine that another version could not segment; returns the rows."""
    return connection.execute(
        text("""
        delete from ops.quarantine
         using ops.ingested_files ingested join news.source_files file using (landing_date, path)
         where quarantine.landing_date = ingested.landing_date
           and quarantine.path = ingested.path and quarantine.page_no is null
           and ingested.landing_date between :first and :last
           and ingested.segment_version is distinct from :version
        """),
        {"first": first, "last": last, "version": segment_version},
    ).rowcount


def put_rejections(
    connection: Connection, rejections: Iterable[tuple[date, str, int | None, Rejection]]
) -> int:
    """Store why files, or pages of files, were refused; returns the rows written."""
    return bulk.insert(
        connection,
        Quarantine,
        ("quarantine_id", "landing_date", "path", "page_no", "reason_code", "detail", "head"),
        (
            (
                derive_key("quarantine", night.isoformat(), path, page_no or 0),
                night,
                path,
                page_no,
                rejection.reason_code,
                rejection.detail,
                rejection.head,
            )
            for night, path, page_no, rejection in rejections
        ),
    )


def quarantine_reasons(connection: Connection, first: date, last: date) -> dict[str, int]:
    """How many files and pages of these nights are in quarantine, by reason."""
    rows = connection.execute(
        text(
            "select reason_code, count(*) as entries from ops.quarantine"
            " where landing_date between :first and :last group by 1 order by 2 desc, 1"
        ),
        {"first": first, "last": last},
    )
    return {row.reason_code: row.entries for row in rows}
