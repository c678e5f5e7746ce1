"""What analysts wait for, as tables, and what is to be reached."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.analysts.asked import Answered
from benchmarks.analysts.inside import Index, Table
from benchmarks.analysts.upkeep import Night
from benchmarks.report import Line

MAX_SECONDS = 0.1
MAX_SECONDS_OF = {5: 2.0, 8: 2.0, 9: 2.0, 12: 2.0}
"""Questions that count over all the news of some nights, or over a year of an entity's."""

MAX_NIGHT_RATIO = 2.0
_MB = 1_000_000
_WIDE = 160
_SHOWN = 40

out = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


@dataclass(slots=True)
class Measured:
    """All that a run has measured. `used` are indexes by what used them, `nights` by the archive's size."""

    articles: int
    seed: int
    seconds_to_load: float | None
    answered: list[Answered]
    tables: list[Table]
    indexes: Mapping[str, Index]
    used: dict[str, set[str]] = field(default_factory=dict)
    nights: dict[int, Night] = field(default_factory=dict)


def print_tables(measured: Measured) -> None:
    """The questions, the tables, and the indexes that none of them used."""
    out.print(_questions(measured))
    out.print(_tables(measured.tables))
    out.print(_unused(measured))


def reach_lines(measured: Measured) -> Iterator[Line]:
    """What is to be reached, and whether it is."""
    for one in measured.answered:
        bound = MAX_SECONDS_OF.get(one.question.number, MAX_SECONDS)
        yield Line(
            f"p95 of question {one.question.number}",
            _said(one.p95),
            one.p95,
            f"≤ {_said(bound)}",
            one.p95 <= bound,
        )
    for articles, night in measured.nights.items():
        yield Line(
            f"analytics after a night, of {articles:,}",
            f"{night.refreshing:.1f} s",
            night.refreshing,
        )
    if len(measured.nights) > 1:
        small, large = (
            measured.nights[size] for size in sorted(measured.nights)[:: len(measured.nights) - 1]
        )
        ratio = large.refreshing / small.refreshing
        yield Line(
            "  the larger archive : the smaller one",
            f"{ratio:.2f}",
            ratio,
            f"≤ {MAX_NIGHT_RATIO}",
            ratio <= MAX_NIGHT_RATIO,
        )


def raw(measured: Measured) -> dict[str, Any]:
    """Everything as JSON takes it."""
    return {
        "articles": measured.articles,
        "seed": measured.seed,
        "seconds_to_load": measured.seconds_to_load,
        "questions": [
            {
                "number": one.question.number,
                "title": one.question.title,
                "p50": one.p50,
                "p95": one.p95,
                "max": one.slowest.seconds,
                "slowest": one.slowest.values,
                "empty": one.empty,
                "seconds": [answer.seconds for answer in one.answers],
            }
            for one in measured.answered
        ],
        "tables": measured.tables,
        "indexes": list(measured.indexes.values()),
        "used": {what: sorted(names) for what, names in measured.used.items()},
        "nights": {str(articles): night for articles, night in measured.nights.items()},
    }


def _questions(measured: Measured) -> Grid:
    grid = _grid(
        f"Questions to {measured.articles:,} articles",
        ("question", "times", "p50", "p95", "max", "no row", "slowest about"),
    )
    for one in measured.answered:
        about = ", ".join(one.slowest.values.values())
        grid.add_row(
            f"{one.question.number}. {one.question.title}",
            str(len(one.answers)),
            *map(_said, (one.p50, one.p95, one.slowest.seconds)),
            str(one.empty),
            about if len(about) <= _SHOWN else f"{about[:_SHOWN]}…",
        )
    return grid


def _tables(tables: Sequence[Table]) -> Grid:
    grid = _grid("Tables", ("table", "rows", "MB", "MB of indexes"))
    for one in tables:
        if one.rows > 0:
            sizes = (f"{size / _MB:,.0f}" for size in (one.bytes, one.index_bytes))
            grid.add_row(one.name, f"{one.rows:,}", *sizes)
    total = (sum(one.bytes for one in tables), sum(one.index_bytes for one in tables))
    grid.add_row("all", "", *(f"{size / _MB:,.0f}" for size in total))
    return grid


def _unused(measured: Measured) -> Grid:
    """Indexes without a question; what else has used them, and whether they hold a key."""
    grid = _grid("Indexes that no question used", ("index", "MB", "holds a key", "used by"))
    questions = measured.used["questions"]
    for name, one in measured.indexes.items():
        if name not in questions:
            others = [what for what, names in measured.used.items() if name in names]
            key = "yes" if one.is_key else ""
            grid.add_row(name, f"{one.bytes / _MB:,.1f}", key, ", ".join(others))
    return grid


def _grid(title: str, columns: Sequence[str]) -> Grid:
    grid = Grid(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for at, column in enumerate(columns):
        words = at == 0 or column in {"slowest about", "used by"}
        grid.add_column(column, justify="left" if words else "right")
    return grid


def _said(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"
