"""What a materialization shows in the Dagster UI."""

from datetime import date
from typing import Any

import dagster as dg
from sqlalchemy.dialects import postgresql

from models import Base
from pipelines.defs.runs import AssetRun
from pipelines.report_file import ReportFile
from pipelines.settings import settings
from pipelines.store.analytics import COUNTED, Refreshed
from pipelines.store.quarantine import quarantine_reasons
from pipelines.store.samples import row_count, samples

NO_REPORT: dict[str, Any] = {
    "reports_written": 0,
    "summary": dg.MetadataValue.md("No file landed, and so there is no page."),
}
"""What is shown of a night of a range that has no page."""

_SAMPLE_ROWS = 10
_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


def result(run: AssetRun, table: str) -> dg.MaterializeResult[None]:
    """Counts of the run, rows of the table, quarantine by reason, and a small table of what is there."""
    first, last = run.nights
    columns = Base.metadata.tables[table].columns
    with run.engine.connect() as connection:
        rows = row_count(connection, table)
        reasons = quarantine_reasons(connection, first, last)
        sample = samples(connection, table, first, last, _SAMPLE_ROWS)
    metadata: dict[str, Any] = {
        "dagster/row_count": rows,
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(c.name, c.type.compile(_POSTGRES).lower(), description=c.comment)
                for c in columns
            ]
        ),
        "quarantined": sum(reasons.values()),
        "quarantine_reasons": dg.MetadataValue.json(reasons),
    } | run.counts
    if sample:
        metadata["loaded"] = dg.MetadataValue.table(
            [dg.TableRecord({name: str(value) for name, value in row.items()}) for row in sample]
        )
    return dg.MaterializeResult(metadata=metadata)


def counted_result(run: AssetRun, done: Refreshed) -> dg.MaterializeResult[None]:
    """Rows of each table of counts, those written, what it cost, and the whole quarantine."""
    with run.engine.connect() as connection:
        rows = {table: row_count(connection, table) for table in COUNTED}
        reasons = quarantine_reasons(connection, date.min, date.max)
    counted = [
        dg.TableRecord({"table": table, "rows": count, "written": done.written[table]})
        for table, count in rows.items()
    ]
    metadata: dict[str, Any] = {
        "dagster/row_count": sum(rows.values()),
        "quarantined": sum(reasons.values()),
        "quarantine_reasons": dg.MetadataValue.json(reasons),
        "loaded": dg.MetadataValue.table(counted),
        "seconds": {unit: round(value, 3) for unit, value in done.seconds.items()},
    } | run.counts
    return dg.MaterializeResult(metadata=metadata)


def report_metadata(done: ReportFile) -> dict[str, Any]:
    """Where the page of a night is, with what it tells in short.

    Titles stand in a table, whose text the UI shows as it is: in Markdown a hostile one could make
    an operator's browser ask for a picture.
    """
    report, landed = done.report, done.report.landed
    summary = f"**{report.night}**: no file landed."
    if landed:
        rising = f"{len(report.rising)} names stand in more stories than usual."
        summary = (
            f"**{report.night}**: {landed.files:,} files with {landed.occurrences:,} occurrences of"
            f" {landed.articles:,} articles, {landed.new_articles:,} of them new;"
            f" {landed.quarantined:,} in quarantine."
            f" {rising if report.before else 'There is nothing to compare with yet.'}"
        )
    metadata: dict[str, Any] = {
        "reports_written": int(done.is_written),
        "report": dg.MetadataValue.path(done.path),
        "summary": dg.MetadataValue.md(summary),
    }
    # A browser opens no file from a page that it was sent: there is a link only to what is served.
    if base := settings().reports_url:
        metadata["report_url"] = dg.MetadataValue.url(f"{base}/{done.path.name}")
    if report.stories:
        metadata["biggest_new_stories"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "title": one.title,
                        "articles": one.articles,
                        "occurrences": one.occurrences,
                        "sites": one.sites,
                    }
                )
                for one in report.stories
            ]
        )
    if report.rising:
        metadata["rising"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "name": one.display_name,
                        "kind": one.kind.value,
                        "stories": one.stories,
                        "usual": round(one.usual, 1),
                    }
                )
                for one in report.rising
            ]
        )
    return metadata
