"""The state of the database: `broadsheet status`."""

from datetime import UTC
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pipelines.show.terminal import out

if TYPE_CHECKING:
    from pipelines.commands.status import Status


def status(state: "Status") -> None:
    """The state of the database."""
    out.print(f"Database {state.database}, schema revision {state.revision}", markup=False)
    out.print(
        ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in state.rows.items())
    )
    nights = Table(title="Nights", title_justify="left")
    for heading in ("night", "files", "occurrences", "quarantined"):
        nights.add_column(heading, justify="left" if heading == "night" else "right")
    for night in state.nights:
        nights.add_row(
            str(night.night), f"{night.files:,}", f"{night.occurrences:,}", f"{night.quarantined:,}"
        )
    out.print(nights)
    if state.is_behind:
        out.print("[yellow]Changed since these nights were counted: a run will count them[/yellow]")
    table = Table(title="Last loads", title_justify="left")
    for heading in ("finished, UTC", "asset", "nights", "rows written", "run"):
        table.add_column(heading)
    for load in state.loads:
        span = sorted({str(night) for night in (load.first_night, load.last_night) if night})
        table.add_row(
            f"{load.finished_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            load.asset,
            " to ".join(span),
            f"{load.counts.get('rows_written', 0):,}",
            load.run_id[:8],
        )
    out.print(table)
    if state.quarantine:
        listed = ", ".join(f"{count} {reason}" for reason, count in state.quarantine.items())
        out.print(f"Quarantine: {listed}")
    for name, versions in state.versions.items():
        listed = ", ".join(f"{version} ({count:,})" for version, count in versions.items())
        stale = sum(n for v, n in versions.items() if v != state.current.get(name, v))
        note = f"  [yellow]{stale:,} stale: rerun their nights[/yellow]" if stale else ""
        out.print(f"{name.replace('_', ' ')}: {escape(listed)}{note}")
