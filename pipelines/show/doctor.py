"""What `broadsheet doctor` found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pipelines.show.tables import rows
from pipelines.show.terminal import out

if TYPE_CHECKING:
    from pipelines.doctor.findings import Finding


def findings(found: "Sequence[Finding]", *, output: str) -> None:
    """What `broadsheet doctor` found, a check a line, and how to mend it below."""
    columns = ("name", "verdict", "found", "mend")
    values = [
        (one.name, one.outcome.verdict.value, one.outcome.found, one.outcome.mend) for one in found
    ]
    if output != "table":
        rows(columns, values, output=output)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, verdict, what, mend in values:
        style = {"ok": "green", "warn": "yellow", "fail": "red"}[verdict]
        table.add_row(Text(verdict, style=style), Text(name), Text(what))
        if mend:
            table.add_row("", "", Text(mend, style="bold"))
    if out.is_terminal:
        out.print(table)
        return
    for name, verdict, what, mend in values:
        out.print(f"{verdict:4}  {name:12}  {what}", markup=False, soft_wrap=True)
        if mend:
            out.print(f"{'':20}{mend}", markup=False, soft_wrap=True)
