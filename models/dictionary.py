"""The data dictionary, from the models: `python -m models.dictionary` writes docs/data-dictionary.md.

Comments, types and constraints are those that the database has; the picture is drawn by paracelsus.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paracelsus.transformers.mermaid import Mermaid
from sqlalchemy import CheckConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from models import NEWS, OPS, Base
from models.views import VIEWS

TARGET = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
_INTRODUCTION = """\
# Data dictionary

Generated from the models by `make dictionary`; a test fails when it is not current. The same comments stand in the database (`\\d+ news.articles` in psql).
Schema `news` is for analysts, `ops` is the pipeline's own and closed to them.

## News in one picture
"""
_TITLES = {NEWS: "Tables of `news`", OPS: "Tables of `ops`"}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_GENERIC = {"CHAR(32)": "uuid", "BLOB": "bytea", "ARRAY": "text_array", "DOUBLE": "float8"}


def dictionary() -> str:
    """The whole document."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield from ("```mermaid", _picture(), "```", "")
    yield from ("## Views of `news`", "", "| view | what |", "|---|---|")
    for view in VIEWS:
        yield f"| `{view.name}` | {view.comment} |"
    for schema, title in _TITLES.items():
        yield from ("", f"## {title}")
        for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
            if table.schema == schema:
                yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield from ("", f"### {table.schema}.{table.name}", "", str(table.comment), "")
    yield from ("| column | type | | |", "|---|---|---|---|")
    for column in table.columns:
        kind = column.type.compile(_DIALECT).lower()
        marks = ["key"] if column.primary_key else []
        marks += [f"→ {key.target_fullname.rpartition('.')[0]}" for key in column.foreign_keys]
        marks += ["may be null"] if column.nullable else []
        yield f"| `{column.name}` | {kind} | {', '.join(marks)} | {column.comment} |"
    rules = sorted(_rules(table))
    if rules:
        yield from ("", *(f"- {rule}" for rule in rules))


def _rules(table: Table) -> Iterator[str]:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            yield f"check `{' '.join(str(constraint.sqltext).split())}`"
        elif isinstance(constraint, UniqueConstraint):
            yield f"unique `({', '.join(column.name for column in constraint.columns)})`"


def _picture() -> str:
    """The tables of news and how they refer to each other, as a Mermaid diagram."""
    metadata = MetaData()
    for table in Base.metadata.sorted_tables:
        if table.schema == NEWS:
            table.to_metadata(metadata)
    drawn = str(Mermaid(metadata, "preserve-order", omit_comments=True))
    for generic, own in _GENERIC.items():
        drawn = drawn.replace(f" {generic} ", f" {own} ")
    return re.sub(r' "[^"]*(?:nullable|indexed)[^"]*"', "", drawn).strip()


if __name__ == "__main__":
    TARGET.write_text(dictionary(), encoding="utf-8")
