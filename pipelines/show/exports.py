"""What `broadsheet export` wrote."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pipelines.show.terminal import out, visible

if TYPE_CHECKING:
    from pipelines.commands.export import Exported


def exported(out_folder: Path, done: "Exported") -> None:
    """What an export holds, a table a line."""
    if done.note:
        out.print(done.note, markup=False, soft_wrap=True)
    table = Table(title=escape(f"Exported to {visible(str(out_folder))}"), title_justify="left")
    for heading in ("table", "rows", "files", "MB", "SHA-256"):
        table.add_column(heading, justify="left" if heading in ("table", "SHA-256") else "right")
    for name, one in done.manifest.tables.items():
        size = sum(part.bytes for part in one.parts)
        files = f"{len(one.parts):,}"
        table.add_row(name, f"{one.rows:,}", files, f"{size / 1e6:,.1f}", (one.sha256 or "")[:16])
    out.print(table)
    if done.parts_kept:
        out.print(f"{done.parts_kept:,} of the files were there.")
