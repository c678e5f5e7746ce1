"""How fast and how lean a night loads: `python -m benchmarks.nightly --help`.

Belongs here: the order of measurements. What is measured stands in `steps` and `versus`, where in
`place`, what should be reached in `report`.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import report
from benchmarks.corpus import Facts, write_night
from benchmarks.place import Database, fresh_database, running_server, temporary_folder
from benchmarks.report import Line
from benchmarks.watch import StepError, run_step
from pipelines.news.ner import PipelineError, load_pipeline, ner_version
from pipelines.settings import settings
from pipelines.store.server import ServerError

RESULTS = Path(__file__).parent / "results" / "nightly.json"
NIGHT = "2026-01-05"
_MIN_PAGES = 100
_RERUNS = 3
_NER_ROUNDS = 3
_COPY_ROUNDS = 5


class _Benchmark:
    """One run of all measurements: where it happens, and what was found so far."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self.folder = folder
        self.server_url = server_url
        self.lines: list[Line] = []
        self.raw: dict[str, Any] = {}
        self._began = time.monotonic()

    def measure(self, pages: int, small: int) -> None:
        """Load the small night and compare reading on it; load the large one and do the rest."""
        self._warm_up()
        small_load = self._small_night(small)
        facts = self._make_pages("large", pages)
        with fresh_database(self.server_url, self.folder, "large") as where:
            first = self._step(f"loading {pages} pages", "load", where, self._root("large"), NIGHT)
            self._section("First load", report.first_load_lines(first, facts))
            reruns = [
                self._step("loading them again", "load", where, self._root("large"), NIGHT)
                for _ in range(_RERUNS)
            ]
            self._section("Rerun", report.rerun_lines(reruns, first))
            copy = self._step("storing mentions by turns", "copy", where, str(_COPY_ROUNDS))
            self._section("Rows into news.mentions", report.copy_lines(copy))
        self._section("Memory", report.memory_lines(small_load, first, (small, pages)))
        self.raw |= {"small": small_load, "first": first, "reruns": reruns, "copy": copy}
        self.raw["corpus"] = facts

    def _warm_up(self) -> None:
        """Load a few pages first: what compiles modules and fills caches is not measured."""
        self._make_pages("warm", _MIN_PAGES)
        with fresh_database(self.server_url, self.folder, "warm") as where:
            self._step("warming up", "load", where, self._root("warm"), NIGHT)

    def _small_night(self, small: int) -> dict[str, Any]:
        self._make_pages("small", small)
        with fresh_database(self.server_url, self.folder, "small") as where:
            load = self._step(f"loading {small} pages", "load", where, self._root("small"), NIGHT)
            ner = self._step("reading by turns", "ner", where, str(_NER_ROUNDS), NIGHT)
        self._section("Reading for mentions", report.ner_lines(ner))
        self.raw["ner"] = ner
        return load

    def _make_pages(self, label: str, pages: int) -> Facts:
        self._say(f"writing {pages} pages")
        return write_night(Path(self._root(label)) / NIGHT, pages)

    def _root(self, label: str) -> str:
        return str(self.folder / f"landing_{label}")

    def _step(self, said: str, name: str, where: Database, *arguments: str) -> dict[str, Any]:
        self._say(said)
        # Compiled modules are cached, as on any machine that has loaded a night before.
        cached = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.folder / "pyc")}
        return run_step(name, list(arguments), where.environment() | cached)

    def _section(self, title: str, lines: Iterable[Line]) -> None:
        self.lines += report.print_lines(title, lines)

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.0f} s] {text} …", file=sys.stderr, flush=True)


def main() -> int:
    """Run everything: 0 done, whatever the figures; 1 something failed; 2 wrong use."""
    parser = _parser()
    options = parser.parse_args()
    if options.small >= options.pages:
        parser.error("--small must be less than --pages: memory is compared between the two.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        load_pipeline(settings().nlp)
        print(
            f"{options.pages} and {options.small} pages, {settings().workers} worker processes on"
            f" {os.cpu_count()} cores, {ner_version(settings().nlp)}"
        )
        with temporary_folder() as folder, running_server(folder) as server_url:
            benchmark = _Benchmark(folder, server_url)
            benchmark.measure(options.pages, options.small)
        report.write_json(RESULTS, benchmark.lines, benchmark.raw)
    except (PipelineError, ServerError, StepError, psycopg.Error) as error:
        print(f"benchmarks.nightly: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks.nightly: interrupted; what was made is removed.", file=sys.stderr)
        return 1
    short = [line.what.strip() for line in benchmark.lines if line.met is False]
    print(f"\nWritten to {os.path.relpath(RESULTS)}.")
    print(f"Falls short: {'; '.join(short)}." if short else "Everything is reached.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.nightly",
        description=(
            "Load made-up pages through the Dagster job into fresh databases, and hold speed and"
            " memory against what is to be reached. Takes some minutes; leaves nothing behind but"
            " the report. Uses the server of BROADSHEET_DATABASE_URL, or an embedded one of its"
            " own, and the spaCy pipeline of BROADSHEET_NLP."
        ),
    )
    parser.add_argument(
        "--pages", type=_pages, default=2_000, help="pages of the night (default: %(default)s)"
    )
    parser.add_argument(
        "--small",
        type=_pages,
        default=500,
        help="pages of the smaller night that memory is compared with (default: %(default)s)",
    )
    return parser


def _pages(text: str) -> int:
    try:
        pages = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if pages < _MIN_PAGES:
        raise argparse.ArgumentTypeError(
            f"{pages} is too few: below {_MIN_PAGES} pages no worker processes are started"
        )
    return pages


if __name__ == "__main__":
    sys.exit(main())
