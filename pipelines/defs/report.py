"""What a materialization shows in the Dagster UI."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
from sqlalchemy.dialects import postgresql

from models import Base
from models.views import VIEWS
from pipelines.defs.runs import AssetRun
from pipelines.store.landing import quarantine_reasons
from pipelines.store.samples import row_count, samples

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


def views_result(run: AssetRun, seconds: Mapping[str, float]) -> dg.MaterializeResult[None]:
    """Rows of each materialized view, how long its refresh took, and the whole quarantine."""
    with run.engine.connect() as connection:
        rows = {
            view.name: row_count(connection, f"news.{view.name}")
            for view in VIEWS
            if view.is_materialized
        }
        reasons = quarantine_reasons(connection, date.min, date.max)
    taken = {name: round(value, 3) for name, value in seconds.items()}
    loaded = [
        dg.TableRecord({"view": name, "rows": count, "seconds": taken.get(name)})
        for name, count in rows.items()
    ]
    metadata: dict[str, Any] = {
        "dagster/row_count": sum(rows.values()),
        "quarantined": sum(reasons.values()),
        "quarantine_reasons": dg.MetadataValue.json(reasons),
        "loaded": dg.MetadataValue.table(loaded),
    } | run.counts
    return dg.MaterializeResult(metadata=metadata)
