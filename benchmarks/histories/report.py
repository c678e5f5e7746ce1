"""What a night costs by the size of the history, as tables, and what is to be reached."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.histories.measured import CANDIDATES, KEYS, REST, History, Measured, Round
from benchmarks.histories.night import PHASES, SIZED
from benchmarks.histories.orders import Orders
from benchmarks.histories.plans import KEY_STATEMENTS, Statement, WholeRead
from benchmarks.report import Line

MAX_CANDIDATES_RATIO = 2.0
MAX_NIGHT_RATIO = 2.0
MAX_KEY_GB = 1.9
"""Of ops.lsh_bands and its primary key, a million articles."""

_GB = 1_000_000_000
_MB = 1_000_000
_MILLION = 1_000_000
_STATEMENTS = 14
_MANY_NIGHTS = 5
_INSTANT = 1e-6
_WIDE = 160

out = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def print_tables(measured: Measured) -> None:
    """Everything, what a night costs first."""
    if measured.histories:
        out.print(_costs(measured))
        out.print(_counts(measured))
        out.print(_sizes(measured))
        if all(one.explained for one in measured.histories):
            out.print(_statements(measured))
            _print_plans(measured.histories[-1])
            out.print(_scans(measured))
    if measured.orders:
        out.print(_orders(measured.orders))


def reach_lines(measured: Measured) -> Iterator[Line]:
    """What is to be reached, and whether it is."""
    histories = measured.histories
    if len(histories) > 1:
        last, before, first = histories[-1], histories[-2], histories[0]
        yield _ratio(
            f"candidates of the night against {last.articles:,} : {before.articles:,}",
            _by_turns(last, before, _phase(CANDIDATES)),
            MAX_CANDIDATES_RATIO,
        )
        yield _ratio(
            f"linking the night against {last.articles:,} : {first.articles:,}",
            _by_turns(last, first, _linking),
            MAX_NIGHT_RATIO,
        )
    for one in histories[-1:]:
        for when, gigabytes in _key_sizes(one):
            yield Line(
                f"keys of {one.articles:,} articles, {when}",
                f"{gigabytes:.3f} GB a million",
                gigabytes,
                f"≤ {MAX_KEY_GB} GB",
                gigabytes <= MAX_KEY_GB,
            )
    if histories:
        rows = max(each.again.counts["rows_written"] for one in histories for each in one.rounds)
        yield Line("rows written with nothing new", str(rows), rows, "0", rows == 0)
    if measured.orders:
        differing = max(measured.orders.differing.values())
        yield Line("orders of arrival that differ", str(differing), differing, "0", differing == 0)
        in_bulk = len(measured.orders.differing_in_bulk)
        yield Line(
            "tables that differ when loaded in bulk", str(in_bulk), in_bulk, "0", not in_bulk
        )


def print_reach(lines: Iterable[Line]) -> None:
    """The last table: figures to be reached."""
    verdicts = {True: "yes", False: "[bold red]NO[/]", None: ""}
    rows = [(line.what, line.said, line.reach or "", verdicts[line.met]) for line in lines]
    out.print(_table("What is to be reached", ("", "measured", "reach", "reached"), rows))


def _ratio(what: str, value: float, bound: float) -> Line:
    return Line(what, f"{value:.2f}x", value, f"≤ {bound:g}x", value <= bound)


def _key_sizes(one: History) -> Iterator[tuple[str, float]]:
    grown = one.articles + one.night
    yield "index built anew", one.fresh_keys * _MILLION / one.articles / _GB
    yield "as nights made them", sum(one.sizes[KEYS].values()) * _MILLION / one.articles / _GB
    yield "and after one more", sum(one.grown[KEYS].values()) * _MILLION / grown / _GB


def _costs(measured: Measured) -> Table:
    """Seconds by phase, a history a column."""
    histories = measured.histories
    rows = [
        ("storing the articles", *_row(histories, lambda each: each.stored.seconds)),
        *((f"  {phase}", *_row(histories, _phase(phase))) for phase in (*PHASES, REST)),
        ("link_stories", *_row(histories, _linking)),
        ("  looking keys up, find_candidates", *_row(histories, _phase(CANDIDATES))),
        ("  processor time of it", *_row(histories, lambda each: each.linked.total.cpu)),
        ("link_stories, nothing new", *_row(histories, lambda each: each.again.total.seconds)),
        ("deleting the night, linking hubs", *_row(histories, lambda each: each.taken_out.seconds)),
    ]
    rounds = len(histories[0].rounds)
    title = f"Seconds of a night of {measured.night:,} articles: median of {rounds} (least-most)"
    return _table(title, ("", *_heads(measured), "last : first"), rows)


def _linking(each: Round) -> float:
    return each.linked.total.seconds


def _phase(name: str) -> Callable[[Round], float]:
    return lambda each: each.spent(name).seconds


def _row(histories: Sequence[History], value: Callable[[Round], float]) -> Iterator[str]:
    for one in histories:
        values = [value(each) for each in one.rounds]
        yield f"{median(values):.3f} ({min(values):.3f}-{max(values):.3f})"
    yield f"{_by_turns(histories[-1], histories[0], value):.2f}x"


def _by_turns(one: History, other: History, value: Callable[[Round], float]) -> float:
    """How many times as much one takes as the other, the median of the turns."""
    turns = zip(one.rounds, other.rounds, strict=True)
    return median(value(ours) / max(value(theirs), _INSTANT) for ours, theirs in turns)


def _counts(measured: Measured) -> Table:
    """What the night is and does, a history a column."""

    def row(what: str, value: Callable[[History], float], form: str = ",.0f") -> tuple[str, ...]:
        return (what, *(format(value(one), form) for one in measured.histories))

    rows = [
        row("the history's largest story: a template", lambda one: one.crowd),
        row("articles of the night", lambda one: one.night),
        row(
            "articles linked, displaced hubs too", lambda one: one.linked.counts["articles_linked"]
        ),
        row(
            "articles linked a second",
            lambda one: one.linked.counts["articles_linked"] / one.spent(),
        ),
        row("likely candidates, verified", lambda one: one.linked.candidates),
        row("pairs that came", lambda one: one.pairs_of_night),
        row("rows written", lambda one: one.linked.counts["rows_written"]),
        row("WAL of linking, MB", lambda one: median(_wal(one)) / _MB),
        row("rows written, nothing new", lambda one: one.rounds[0].again.counts["rows_written"]),
        row("WAL of it, bytes", lambda one: one.rounds[0].again.wal_bytes),
        row("seconds to load the history", lambda one: one.seconds_to_load),
    ]
    return _table("What the night does", ("", *_heads(measured)), rows)


def _wal(one: History) -> list[int]:
    return [each.linked.wal_bytes for each in one.rounds]


def _sizes(measured: Measured) -> Table:
    """Gigabytes a million articles, a history a column."""
    histories = measured.histories

    def row(what: str, value: Callable[[History], float]) -> tuple[str, ...]:
        return (what, *(f"{value(o) * _MILLION / o.articles / _GB:.3f}" for o in histories))

    rows = [
        row(f"{table}, {part}", _size(table, part))
        for table in SIZED
        for part in ("table", "indexes")
    ]
    for when in ("index built anew", "as nights made them", "and after one more"):
        found = (dict(_key_sizes(one))[when] for one in histories)
        rows.append((f"{KEYS} in all, {when}", *(f"{gigabytes:.3f}" for gigabytes in found)))
    return _table("Sizes: GB a million articles", ("", *_heads(measured)), rows)


def _size(table: str, part: str) -> Callable[[History], float]:
    return lambda one: one.sizes[table][part]


def _statements(measured: Measured) -> Table:
    """Milliseconds and blocks of the statements that take longest, a history a column each."""
    tables = [_by_name(one) for one in measured.histories]
    longest = sorted(tables[-1], key=lambda name: -sum(s.milliseconds for s in tables[-1][name]))
    rows = []
    for name in longest[:_STATEMENTS]:
        found = [table.get(name, []) for table in tables]
        blocks = [sum(one.blocks for one in statements) for statements in found]
        rows.append(
            (
                escape(name),
                *(f"{sum(one.milliseconds for one in each):,.0f}" for each in found),
                *(f"{count:,}" for count in blocks),
                f"{blocks[-1] / blocks[0]:.1f}x" if blocks[0] else "",
            )
        )
    heads = (
        *("statement",),
        *(f"ms, {head}" for head in _heads(measured)),
        *(f"blocks, {head}" for head in _heads(measured)),
        "last : first",
    )
    return _table("Statements of link_stories, explained (slower than above)", heads, rows)


def _by_name(one: History) -> dict[str, list[Statement]]:
    named: dict[str, list[Statement]] = {}
    for statement in one.explained.statements if one.explained else ():
        named.setdefault(statement.name, []).append(statement)
    return named


def _print_plans(one: History) -> None:
    """How the planner looks keys up in the largest history."""
    out.print(f"[bold]Plans of the table of keys, {one.articles:,} articles[/]")
    named = _by_name(one)
    for name in KEY_STATEMENTS:
        for statement in named.get(name, ()):
            plan = statement.shapes[-1]
            is_only = "Index Only Scan(pk_lsh_bands)" in plan
            out.print(
                f"  [bold]{name}[/]: {'' if is_only else 'no '}index-only scan of pk_lsh_bands,"
                f" {statement.heap_fetches:,} heap fetches, {statement.calls} calls,"
                f" {len(statement.shapes)} plan(s); {escape(plan)}"
            )
    out.print()


def _scans(measured: Measured) -> Table:
    """Tables of a history that are read whole, by which statement."""
    rows: list[Sequence[str]] = []
    for one in measured.histories:
        # A history hardly larger than the night is best read whole.
        if one.explained is None or one.articles < _MANY_NIGHTS * one.night:
            continue
        for when, reads in one.explained.whole_reads.items():
            start = (f"{one.articles:,}", when)
            rows += [(*start, *_cells(read)) for read in reads]
            rows += [
                (*start, "in no plan: a trigger", "Seq Scan", table, "", f"{count:,}", "")
                for table, count in one.explained.beyond_plans[when].items()
            ]
    heads = ("history", "when", "statement", "how", "table", "calls", "rows read", "ms in all")
    title = f"Tables read whole, of histories of {_MANY_NIGHTS} nights or more"
    return _table(title, heads, rows, texts=5)


def _cells(read: WholeRead) -> tuple[str, ...]:
    return (
        escape(read.statement),
        read.how,
        read.table,
        str(read.calls),
        f"{read.rows:,}",
        f"{read.milliseconds:,.0f}",
    )


def _orders(orders: Orders) -> Table:
    rows = [
        (
            table,
            f"{orders.rows[table]:,}",
            str(differing),
            "yes" if table in orders.differing_in_bulk else "no",
        )
        for table, differing in orders.differing.items()
    ]
    low, high = orders.batches
    title = (
        f"{orders.articles} articles in {orders.orders} random orders, {low}-{high} batches each"
    )
    return _table(title, ("table", "rows", "orders that differ", "differs in bulk"), rows)


def _heads(measured: Measured) -> list[str]:
    return [f"{one.articles:,}" for one in measured.histories]


def _table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1
) -> Table:
    """A table whose first columns are texts, and its others numbers."""
    table = Table(title=title, box=box.SIMPLE, title_justify="left", title_style="bold")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < texts else "right")
    for row in rows:
        table.add_row(*row)
    return table
