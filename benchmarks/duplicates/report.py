"""What was measured of near-duplicates, as tables, and what is to be reached."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.duplicates.contenders import OURS
from benchmarks.duplicates.quality import Band, Scores, Tally
from benchmarks.duplicates.rules import REASONS, THRESHOLDS, Linking, Merged, Missed, Short
from benchmarks.report import Line

MIN_SIGNATURES_RATIO = 8.0
MIN_STORIES_RATIO = 2.5
MIN_RECALL = 0.999
MIN_ARI = 0.999
MIN_TRUNCATION_RECALL = 0.95
MIN_CONTAINED_PRECISION = 0.99
YARDSTICK = "rensa"

_MB = 1_000_000
_WIDE = 130

out = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run measured; dictionaries by contender, ours among them.

    `times` has, for signatures and stories, the turns of ours and each other in seconds.
    """

    articles: int
    versions: dict[str, str | None]
    times: dict[str, dict[str, list[list[float]]]]
    stages: dict[str, list[float]]
    memory: dict[str, int]
    scores: dict[str, Scores]
    kinds: dict[str, tuple[Tally, Tally]]
    truncations: dict[str, list[Band]]
    additions: dict[str, list[Band]]
    linking: Linking
    boilerplate_merged: int
    boilerplate: list[Merged]
    short: list[Short]

    def seconds(self, what: str, name: str) -> float:
        """The median of what a contender took."""
        turns = self.times[what]
        if name == OURS:
            return median(ours for pairs in turns.values() for ours, _ in pairs)
        return median(theirs for _, theirs in turns[name])

    def ratio(self, what: str, name: str) -> float | None:
        """How many times faster ours is, the median of the turns; None where not measured."""
        turns = self.times[what].get(name)
        return median(theirs / ours for ours, theirs in turns) if turns else None


def print_tables(measured: Measured) -> None:
    """Everything, the speed first."""
    for table in (
        _speed(measured),
        _stages(measured),
        _quality(measured.scores),
        _kinds(measured.kinds),
        _kept(measured.truncations[OURS], measured.additions[OURS]),
        _missed(measured.linking),
        _boilerplate(measured.boilerplate),
        _short(measured.short),
    ):
        out.print(table)


def reach_lines(measured: Measured) -> Iterator[Line]:
    """What is to be reached, and whether it is."""
    scores = measured.scores[OURS]
    yield _ratio_line("text to signatures", measured, "signatures", MIN_SIGNATURES_RATIO)
    yield _ratio_line("text to verified stories", measured, "stories", MIN_STORIES_RATIO)
    yield _at_least("near pairs in the same story", scores.near.joined_recall, MIN_RECALL)
    yield _at_least("near pairs linked, template aside", scores.near_aside.recall, MIN_RECALL)
    yield _at_least("precision of near pairs", scores.near.precision, 1.0)
    yield _at_least("adjusted Rand index of stories", scores.ari_stories, MIN_ARI)
    found = [(band.found, band.planted) for band in measured.truncations[OURS]]
    recall = sum(one for one, _ in found) / max(sum(all_ for _, all_ in found), 1)
    yield _at_least("planted truncations linked", recall, MIN_TRUNCATION_RECALL)
    yield _at_least(
        "precision of contained pairs", scores.contained.precision, MIN_CONTAINED_PRECISION
    )
    merged = measured.boilerplate_merged
    yield Line("pairs merged for their boilerplate", str(merged), merged, "0", merged == 0)


def print_reach(lines: Iterable[Line]) -> None:
    """The last table: figures to be reached."""
    rows = []
    for line in lines:
        verdict = {True: "yes", False: "[bold red]NO[/]", None: "not measured"}[line.met]
        rows.append((line.what, line.said, line.reach or "", verdict))
    out.print(_table("What is to be reached", ("", "measured", "reach", "reached"), rows))


def _speed(measured: Measured) -> Table:
    rows = []
    for name, version in measured.versions.items():
        if version is None:
            rows.append((name, "not installed", *[""] * 5))
            continue
        cells = []
        for what in ("signatures", "stories"):
            ratio = 1.0 if name == OURS else measured.ratio(what, name)
            cells += [
                f"{measured.articles / measured.seconds(what, name):,.0f}",
                "" if ratio is None or name == OURS else f"{ratio:.2f}x",
            ]
        rows.append((name, version, *cells, f"{measured.memory[name] / _MB:,.0f}"))
    heads = ("", "library", "signatures/s", "ours", "stories/s", "ours", "memory, MB")
    return _table(
        "Articles a second of processor time, on one core; ours is so many times faster",
        heads,
        rows,
    )


def _stages(measured: Measured) -> Table:
    spent = {stage: median(seconds) for stage, seconds in measured.stages.items()}
    rows = [
        (stage, f"{1e6 * seconds / measured.articles:.1f}", f"{seconds / sum(spent.values()):.1%}")
        for stage, seconds in spent.items()
    ]
    return _table("Where our time goes", ("stage", "µs an article", "share"), rows)


def _quality(scores: dict[str, Scores]) -> Table:
    heads = (
        *("", "near\nlinked", "in one\nstory", "near\nprecision", "linked, no\ntemplate"),
        *("precision,\nno template", "contained\nlinked", "in one\nstory"),
        *("ARI, near\nonly", "ARI of\nstories"),
    )
    rows = [(name, *map(_share, _quality_shares(one))) for name, one in scores.items()]
    return _table("Quality, against exact counts of all pairs", heads, rows)


def _quality_shares(scores: Scores) -> Iterator[float]:
    yield from (scores.near.recall, scores.near.joined_recall, scores.near.precision)
    yield from (scores.near_aside.recall, scores.near_aside.precision)
    yield from (scores.contained.recall, scores.contained.joined_recall)
    yield from (scores.ari_near, scores.ari_stories)


def _kinds(kinds: dict[str, tuple[Tally, Tally]]) -> Table:
    rows = [
        (kind, *(cell for tally in tallies for cell in _tally_cells(tally)))
        for kind, tallies in kinds.items()
    ]
    columns = ("linked", "in a story", "precision")
    heads = ("edit", "near", *columns, "contained", *columns)
    return _table("Pairs by what was done to the copy", heads, rows)


def _tally_cells(tally: Tally) -> tuple[str, ...]:
    if not (tally.true or tally.reported):
        return ("", "", "", "")
    shares = (tally.recall, tally.joined_recall, tally.precision)
    return (f"{tally.true:,}", *map(_share, shares))


def _kept(truncations: Sequence[Band], additions: Sequence[Band]) -> Table:
    rows = [
        (
            kind,
            f"{band.low:.0%} to {band.high:.0%}",
            str(band.planted),
            *(_share(n / band.planted) for n in (band.true, band.found, band.joined)),
        )
        for kind, bands in (("truncation", truncations), ("addition", additions))
        for band in bands
    ]
    heads = ("edit", "words kept", "planted", "by the rule", "linked", "in a story")
    return _table("Cut and extended copies, with their originals", heads, rows)


def _missed(linking: Linking) -> Table:
    rows = [
        (
            reason,
            *(cell for missed in linking.missed.values() for cell in _missed_cells(missed[at])),
        )
        for at, reason in enumerate(REASONS)
    ]
    rows.append(
        ("candidates / verified", f"{linking.candidates:,}", f"{linking.verified:,}", "", "")
    )
    rows.append(
        ("template: verified / of all", f"{linking.compared:,}", f"{linking.crowd:,}", "", "")
    )
    heads = ("", "near", "in a story", "contained", "in a story")
    return _table("True pairs that are not linked, and why", heads, rows)


def _missed_cells(missed: Missed) -> tuple[str, str]:
    return f"{missed.pairs:,}", f"{missed.joined:,}"


def _boilerplate(merged: Sequence[Merged]) -> Table:
    rows = [(str(one.body_words), _share(one.around), _share(one.before)) for one in merged]
    heads = ("words of the body", "merged, half before and half after", "merged, all before")
    return _table("Different bodies in 80 words of boilerplate: pairs by the rule", heads, rows)


def _short(short: Sequence[Short]) -> Table:
    rows = [
        (one.kind, f"{one.pairs:,}", *(_share(one.shares[least]) for least in THRESHOLDS))
        for one in short
    ]
    heads = ("", "pairs", *(f"at {least}" for least in THRESHOLDS))
    return _table("Under 30 shingles: pairs of at least this Jaccard", heads, rows)


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, box=box.SIMPLE, title_justify="left", title_style="bold")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _share(value: float) -> str:
    """A share with four decimals, rounded down: 1.0000 is all of it."""
    return f"{int(value * 10_000) / 10_000:.4f}"


def _at_least(what: str, value: float, bound: float) -> Line:
    return Line(what, _share(value), value, f"≥ {bound:g}", value >= bound)


def _ratio_line(said: str, measured: Measured, what: str, bound: float) -> Line:
    ratio = measured.ratio(what, YARDSTICK)
    said, reach = f"{said}, ours : {YARDSTICK}", f"≥ {bound:g}x"
    if ratio is None:
        return Line(said, f"{YARDSTICK} is not installed", 0.0, reach)
    return Line(said, f"{ratio:.2f}x", ratio, reach, ratio >= bound)
