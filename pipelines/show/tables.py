"""Rows and their columns: what `broadsheet sql` prints, and each command that lists."""

import csv
import io
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from pipelines.show.terminal import out, visible

_MAX_CELL = 80


def rows(columns: Sequence[str], values: Sequence[Sequence[Any]], *, output: str) -> None:
    """Rows of a query as a table, CSV or JSON (a list of objects).

    CSV and JSON that do not go to a terminal are exact.
    """
    if output == "csv":
        written = io.StringIO(newline="")
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([map(_text, row) for row in values])
        _write(written.getvalue())
    elif output == "json":
        records = [dict(zip(columns, row, strict=True)) for row in values]
        _write(json.dumps(records, default=_plain, ensure_ascii=False, indent=1) + "\n")
    else:
        table = Table()
        for column in columns:
            table.add_column(escape(visible(column)), overflow="fold")
        cells = [[_cell(value) for value in row] for row in values]
        for row in cells:
            table.add_row(*(escape(_cut(cell)) for cell in row))
        out.print(table)
        count = f"{len(values)} row{'' if len(values) == 1 else 's'}"
        is_cut = any(len(cell) > _MAX_CELL for row in cells for cell in row)
        note = f"; cells are cut at {_MAX_CELL} characters, --format csv has all" if is_cut else ""
        out.print(f"({count}{note})")


def _write(text: str) -> None:
    sys.stdout.write(visible(text) if sys.stdout.isatty() else text)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return visible(" ".join(str(value.hex() if isinstance(value, bytes) else value).split()))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


def _text(value: object) -> object:
    """A value of a CSV cell, written as Postgres writes it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else value


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else str(value)
