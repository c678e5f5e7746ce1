"""What was measured, what is to be reached, and whether it is."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.corpus import Facts

MAX_SHARE_BUT_NER = 0.15
MIN_NER_RATIO = 0.9
MIN_COPY_RATIO = 0.6
MAX_RERUN_RATIO = 0.1
MAX_MEMORY_RATIO = 1.1
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: what it is, its value in words and as a number, and what it should reach."""

    what: str
    said: str
    value: float
    reach: str | None = None
    met: bool | None = None


def first_load_lines(load: dict[str, Any], facts: Facts) -> Iterable[Line]:
    """Speed of a first load and where its time goes."""
    seconds, rows = load["seconds"], load["rows"]
    yield Line("first load", f"{seconds:.1f} s", seconds)
    for what, count in (
        ("files", facts.files),
        ("pages", rows["news.pages"]),
        ("articles", rows["news.articles"]),
    ):
        yield Line(f"{what} a second", f"{count / seconds:.1f}", count / seconds)
    for asset, spent in load["asset_seconds"].items():
        share = spent / seconds
        yield Line(f"  share of {asset}", f"{share:6.1%}  {spent:6.2f} s", share)
    rest = seconds - sum(load["asset_seconds"].values())
    yield Line(
        "  share of Dagster and checks", f"{rest / seconds:6.1%}  {rest:6.2f} s", rest / seconds
    )
    other = seconds - load["asset_seconds"]["mentions"]
    yield _at_most("everything but the mentions asset", other / seconds, MAX_SHARE_BUT_NER)
    storing = load["storing_mentions_seconds"]
    both = (other + storing) / seconds
    yield Line(
        "  and storing mentions (runs while workers read)",
        f"{both:.1%}",
        both,
    )


def ner_lines(ner: dict[str, Any]) -> Iterable[Line]:
    """The asset's reading against bare `nlp.pipe`."""
    words = ner["words"]
    startup = median(ner["startup"])
    asset = [words / (one - startup) for one in ner["asset"]]
    bare = [words / (one - startup) for one in ner["bare"]]
    yield Line("words a second, bare nlp.pipe", f"{median(bare):,.0f}", median(bare))
    yield Line("words a second, mentions asset", f"{median(asset):,.0f}", median(asset))
    yield Line("  start-up taken off both (a bare process's)", f"{startup:.2f} s", startup)
    ratio = median(a / b for a, b in zip(asset, bare, strict=True))
    yield _at_least("asset : bare nlp.pipe, without start-up", ratio, MIN_NER_RATIO)
    whole = median(b / a for a, b in zip(ner["asset"], ner["bare"], strict=True))
    yield Line("  the same with start-up on both sides", f"{whole:.2f}", whole)


def copy_lines(copy: dict[str, Any]) -> Iterable[Line]:
    """Storing mentions against a bare COPY."""
    rows = copy["rows"]
    for what, key in (("bare COPY", "bare"), ("put_mentions", "put_mentions")):
        speed = rows / median(copy[key])
        yield Line(f"rows a second, {what}", f"{speed:,.0f}", speed)
    ratio = median(b / p for b, p in zip(copy["bare"], copy["put_mentions"], strict=True))
    yield _at_least("put_mentions : bare COPY", ratio, MIN_COPY_RATIO)


def rerun_lines(reruns: list[dict[str, Any]], first: dict[str, Any]) -> Iterable[Line]:
    """What an unchanged night costs."""
    seconds = median(one["seconds"] for one in reruns)
    yield Line("rerun of the unchanged night", f"{seconds:.2f} s", seconds)
    yield _at_most("rerun : first load", seconds / first["seconds"], MAX_RERUN_RATIO)
    written = max(one["rows_written"] for one in reruns)
    yield Line("rows written by a rerun", str(written), written, "0", written == 0)


def memory_lines(
    small: dict[str, Any], large: dict[str, Any], counts: tuple[int, int]
) -> Iterable[Line]:
    """Peak memory of two loads of different sizes."""
    for load, pages in zip((small, large), counts, strict=True):
        peak = load["peak"]
        yield Line(
            f"peak memory of {pages} pages",
            f"{peak.total / _MB:.0f} MB in {peak.processes} processes,"
            f" {peak.parent / _MB:.0f} MB of it the parent's",
            peak.total,
        )
        largest = load["largest_process_bytes"]
        yield Line(
            "  largest ru_maxrss",
            f"parent {largest['parent'] / _MB:.0f} MB, child {largest['child'] / _MB:.0f} MB",
            max(largest.values()),
        )
    ratio = large["peak"].total / small["peak"].total
    times = f"{counts[1] / counts[0]:.1f}x the pages"
    yield Line(
        f"peak memory for {times}",
        f"{ratio:.2f}x",
        ratio,
        f"flat: ≤ {MAX_MEMORY_RATIO}x",
        ratio <= MAX_MEMORY_RATIO,
    )


def print_lines(title: str, lines: Iterable[Line]) -> list[Line]:
    """Print a section of the report; its lines are returned."""
    shown = list(lines)
    print(f"\n{title}")
    for line in shown:
        verdict = ""
        if line.reach is not None:
            verdict = f"   reach {line.reach}: {'met' if line.met else 'FALLS SHORT'}"
        print(f"  {line.what:<47} {line.said}{verdict}", flush=True)
    return shown


def write_json(path: Path, lines: list[Line], raw: dict[str, Any]) -> None:
    """Write the lines and what they were computed from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"lines": [asdict(line) for line in lines], "raw": raw}
    path.write_text(json.dumps(content, indent=2, default=asdict) + "\n", encoding="utf-8")


def _at_most(what: str, value: float, bound: float) -> Line:
    return Line(what, f"{value:.1%}", value, f"≤ {bound:.0%}", value <= bound)


def _at_least(what: str, value: float, bound: float) -> Line:
    return Line(what, f"{value:.2f}", value, f"≥ {bound}", value >= bound)
