"""How fast and how well near-duplicates are found: `python -m benchmarks.near_duplicates --help`.

Belongs here: the order of measurements. What is planted stands in `planted`, what is true of it in
`truth`, who is compared in `contenders`, what should be reached in `report`.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.duplicates import contest, plot, report
from benchmarks.duplicates.contenders import CONTENDERS, OURS, installed
from benchmarks.duplicates.contest import ContestError
from benchmarks.duplicates.planted import corpus
from benchmarks.duplicates.quality import Judge
from benchmarks.duplicates.report import Measured
from benchmarks.duplicates.rules import linking, merged_boilerplate, short_reports
from benchmarks.duplicates.truth import related_pairs
from benchmarks.report import write_json

RESULTS = Path(__file__).parent / "results"
_MIN_ARTICLES = 1_000


class _Benchmark:
    """One run of all measurements."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = time.monotonic()

    def measure(self, articles: int, seed: int, rounds: int) -> Measured:
        """Make the corpus, find out what is true, let all contenders run, judge what they found."""
        self._say(f"writing {articles:,} articles")
        planted = corpus(articles, seed)
        texts = [article.text for article in planted]
        contest.write_texts(self._folder, texts)
        self._say("counting what all pairs share")
        judge = Judge(planted, related_pairs(texts))
        versions = {name: installed(name) for name in CONTENDERS}
        names = [name for name, version in versions.items() if version is not None]
        self._say("finding near-duplicates by turns")
        others = [name for name in names if name != OURS]
        contested = contest.run(self._folder, "rounds", str(rounds), *others)
        memory = {name: self._memory(name) for name in names}
        self._say("judging what was found")
        return self._judged(texts, judge, seed, versions, contested, memory)

    def _memory(self, name: str) -> int:
        self._say(f"memory of {name}")
        return int(contest.run(self._folder, "alone", name))

    def _judged(
        self,
        texts: list[str],
        judge: Judge,
        seed: int,
        versions: dict[str, str | None],
        contested: dict[str, Any],
        memory: dict[str, int],
    ) -> Measured:
        found = {name: contest.read_found(self._folder, name) for name in memory}
        ours = found[OURS]
        stories = judge.stories(np.concatenate([ours.near, ours.contained]))
        return Measured(
            articles=len(texts),
            versions=versions,
            times={what: contested[what] for what in ("signatures", "stories")},
            stages=contested["stages"],
            memory=memory,
            scores={name: judge.scores(one) for name, one in found.items()},
            kinds=judge.by_kind(ours),
            truncations={name: judge.by_kept(one, "truncation") for name, one in found.items()},
            additions={name: judge.by_kept(one, "addition") for name, one in found.items()},
            linking=linking(texts, judge, stories),
            boilerplate_merged=judge.joined_within("boilerplate", stories),
            boilerplate=merged_boilerplate(seed),
            short=short_reports(seed),
        )

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.0f} s] {text} …", file=sys.stderr, flush=True)


def main() -> int:
    """Run everything: 0 done, whatever the figures; 1 something failed; 2 wrong use."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-duplicates-") as folder:
            benchmark = _Benchmark(Path(folder))
            measured = benchmark.measure(options.articles, options.seed, options.rounds)
    except ContestError as error:
        print(f"benchmarks.near_duplicates: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks.near_duplicates: interrupted", file=sys.stderr)
        return 1
    lines = list(report.reach_lines(measured))
    report.print_tables(measured)
    report.print_reach(lines)
    where = f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores"
    raw = {"seed": options.seed, "where": where} | asdict(measured)
    write_json(options.out / "near_duplicates.json", lines, raw)
    print(
        f"Written to {os.path.relpath(options.out)}: near_duplicates.json{_drawn(measured, options.out)}."
    )
    return 0


def _drawn(measured: Measured, folder: Path) -> str:
    try:
        plot.draw(measured, folder / "near_duplicates.png")
    except ImportError:
        return "; no picture, as matplotlib is not installed"
    return " and near_duplicates.png"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.near_duplicates",
        description=(
            "Plant near-duplicates in made-up articles, find them with the pipeline's functions and"
            " with other libraries by turns on one core, and hold all of it against exact counts of"
            " what every two articles share. Libraries that are not installed are left out: rensa,"
            " gaoya, datasketch with xxhash; matplotlib draws the picture. Takes some minutes."
        ),
    )
    parser.add_argument(
        "--articles", type=_articles, default=20_000, help="how many (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the corpus (default: %(default)s)")
    parser.add_argument(
        "--rounds",
        type=_rounds,
        default=5,
        help="how often each contender takes its turn (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=RESULTS,
        help="folder of the report (default: benchmarks/results)",
    )
    return parser


def _articles(text: str) -> int:
    return _number(text, _MIN_ARTICLES)


def _rounds(text: str) -> int:
    return _number(text, 1)


def _number(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} is too few: {least} at least")
    return number


if __name__ == "__main__":
    sys.exit(main())
