"""The data dictionary, from the models: `python -m models.dictionary` writes docs/data-dictionary.md.

Comments, types and constraints are those that the database has.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

from sqlalchemy import CheckConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from models import NEWS, OPS, Base
from models.functions import FUNCTIONS, Function
from models.views import VIEWS

TARGET = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
_INTRODUCTION = """\
# Data dictionary

Generated from the models by `make dictionary`; a test fails when it is not current. The same comments stand in the database (`\\d+ news.articles` in psql).
Schema `news` is for analysts, `ops` is the pipeline's own and closed to them.

## News in one picture

A line is a foreign key; a dotted one joins what is counted, which has none (`models/analytics.py`). A line ends in a fork where there may be many rows, in a ring where there may be none.
"""
_TITLES = {NEWS: "Tables of `news`", OPS: "Tables of `ops`"}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_COUNTED = (
    ("articles", "article_entities", "article_id"),
    ("entities", "article_entities", "entity_id"),
    ("entities", "entity_days", "entity_id"),
    ("coverage", "entity_days", "night"),
    ("coverage", "source_files", "landing_date"),
    ("coverage", "syndication", "night"),
)
"""What the tables of counts are joined by: one row of the first, many of the second, and its column."""


def dictionary() -> str:
    """The whole document."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield from ("```mermaid", _picture(), "```", "")
    yield "## Views of `news`"
    for view in VIEWS:
        yield from ("", f"### news.{view.name}", "", view.comment, "")
        yield from _explained("column", view.columns)
    yield from ("", "## Functions of `news`")
    for function in FUNCTIONS:
        if function.name.startswith(f"{NEWS}."):
            yield from _function(function)
    for schema, title in _TITLES.items():
        yield from ("", f"## {title}")
        for table in _tables(schema):
            yield from _table(table)


def _function(function: Function) -> Iterator[str]:
    head, _, _ = function.definition.partition("language sql")
    signature = dedent(head).strip().removeprefix("create function ")
    yield from ("", f"### {function.name}", "", function.comment, "")
    yield from ("```sql", signature, "```", "")
    yield from _explained("argument", function.arguments)
    if function.columns:
        yield ""
        yield from _explained("column", function.columns)


def _explained(what: str, comments: Mapping[str, str]) -> Iterator[str]:
    yield from (f"| {what} | |", "|---|---|")
    yield from (f"| `{name}` | {comment} |" for name, comment in comments.items())


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
    """The tables of news and what they are joined by, as a Mermaid diagram."""
    lines = ["erDiagram", "direction LR"]
    for table in _tables(NEWS):
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            other = key.column.table
            if other.schema == NEWS:
                one = "|o" if key.parent.nullable else "||"
                many = "o|" if [*table.primary_key] == [key.parent] else "o{"
                lines.append(f"{other.name} {one}--{many} {table.name} : {key.parent.name}")
    lines += [f"{one} ||..o{{ {other} : {column}" for one, other, column in _COUNTED]
    return "\n  ".join(lines)


def _tables(schema: str) -> list[Table]:
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    return [table for table in tables if table.schema == schema]


if __name__ == "__main__":
    TARGET.write_text(dictionary(), encoding="utf-8")
