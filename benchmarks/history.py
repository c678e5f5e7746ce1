"""What a night costs as the history grows: `python -m benchmarks.history --help`.

Belongs here: the order of measurements. Articles are made up in `texts`, histories loaded in
`load`, nights measured in `night`, statements looked at in `plans`, orders of
arrival compared in `orders`, figures printed in `report`.
"""

import argparse
import logging
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from benchmarks.histories import night as nights
from benchmarks.histories import plot, report
from benchmarks.histories.load import blocks_of, load_blocks
from benchmarks.histories.measured import Explained, History, Measured, Round
from benchmarks.histories.night import Clock
from benchmarks.histories.orders import arrival_orders
from benchmarks.histories.plans import Statement, WholeRead, explained, scans
from benchmarks.place import fresh_database, running_server, temporary_folder
from benchmarks.report import write_json
from pipelines.settings import settings
from pipelines.store import bulk
from pipelines.store.database import upgrade
from pipelines.store.server import ServerError

RESULTS = Path(__file__).parent / "results"
_BYTES_AN_ARTICLE = 12_000
_BYTES_BESIDES = 6_000_000_000
"""Disk: what an article takes with all its rows and indexes; the write-ahead log, and sorting."""


class _TooSmallError(RuntimeError):
    """The disk has no room for the histories; the message says how much they need."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A history that is loaded, the night that comes to it, and where the two are."""

    engine: Engine
    clock: Clock
    night: list[bulk.Row]
    history: History


class _Benchmark:
    """One run of all measurements."""

    def __init__(self, folder: Path, server_url: str, seed: int) -> None:
        self._folder = folder
        self._server_url = server_url
        self._seed = seed
        self._began = time.monotonic()

    def measure(self, night: int, histories: Sequence[int], rounds: int, orders: int) -> Measured:
        """Compare orders of arrival; load all histories; let the night come to them by turns."""
        measured = Measured(
            night, self._seed, f"{platform.python_version()}, {os.cpu_count()} cores"
        )
        if orders:
            self._say(f"loading in {orders} orders")
            measured.orders = arrival_orders(self._server_url, self._folder, orders, self._seed)
        with ExitStack() as stack:
            places = [self._load(stack, articles, night) for articles in histories]
            measured.histories = [place.history for place in places]
            for number in range(rounds):
                for place in places:
                    self._say(f"night {number + 1} against {place.history.articles:,} articles")
                    place.history.rounds.append(_one_night(place))
            for place in places:
                self._say(f"explaining a night against {place.history.articles:,} articles")
                place.history.explained = _explain(place)
        return measured

    def _load(self, stack: ExitStack, articles: int, night: int) -> _Place:
        self._say(f"loading {articles:,} articles")
        where = stack.enter_context(fresh_database(self._server_url, self._folder, str(articles)))
        upgrade(where.url)
        began = time.perf_counter()
        blocks = blocks_of(articles, self._seed)
        load_blocks(where.url, blocks, settings().workers)
        seconds = time.perf_counter() - began
        engine = create_engine(where.url, isolation_level="READ COMMITTED")
        clock = Clock(engine)
        stack.callback(engine.dispose)
        with explained(engine), engine.connect():
            pass  # where that is not allowed, it had better fail now
        nights.tidy(engine)
        with engine.connect() as connection:
            rows = nights.night_articles(connection, night, self._seed)
        history = History(
            articles=articles,
            night=len(rows),
            crowd=sum(block.articles for block in blocks if block.is_crowd),
            seconds_to_load=seconds,
            rows=nights.counted(engine),
            sizes=nights.sizes(engine),
            fresh_index=nights.fresh_key_index(engine),
        )
        return _Place(engine, clock, rows, history)

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.0f} s] {text} …", file=sys.stderr, flush=True)


def _one_night(place: _Place) -> Round:
    """Store, link, link again, delete; what the history holds afterwards is what it held before."""
    engine, clock, history = place.engine, place.clock, place.history
    began = clock()
    nights.store(engine, place.night)
    stored = clock() - began
    linked = nights.link(engine, clock)
    history.grown = history.grown or nights.sizes(engine)
    pairs = nights.counted(engine)["news.duplicate_pairs"]
    history.pairs_of_night = pairs - history.rows["news.duplicate_pairs"]
    again = nights.link(engine, clock)
    began = clock()
    nights.take_out(engine, place.night)
    taken_out = clock() - began
    if nights.counted(engine) != history.rows:
        raise RuntimeError("Deleting the night did not leave the history as it was.")
    nights.tidy(engine)
    return Round(stored, linked, again, taken_out)


def _explain(place: _Place) -> Explained:
    """The same once more, with the plans of all statements."""
    engine, clock = place.engine, place.clock
    rows = {table.split(".")[1]: count for table, count in place.history.rows.items()}
    steps: dict[str, Callable[[], object]] = {
        "storing": lambda: nights.store(engine, place.night),
        "linking": lambda: nights.link(engine, clock),
        "nothing new": lambda: nights.link(engine, clock),
        "deleting": lambda: nights.take_out(engine, place.night),
    }
    statements: dict[str, list[Statement]] = {}
    reads: dict[str, list[WholeRead]] = {}
    beyond: dict[str, dict[str, int]] = {}
    for when, step in steps.items():
        before = scans(engine)
        with explained(engine) as plans:
            step()
        statements[when] = plans.longest()
        reads[when] = plans.whole_reads(rows)
        beyond[when] = plans.beyond(before, scans(engine))
    nights.tidy(engine)
    return Explained(statements["linking"], reads, beyond)


def main() -> int:
    """Run everything: 0 done, whatever the figures; 1 something failed; 2 wrong use."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _log_progress()
    try:
        with temporary_folder() as folder:
            _check_disk(folder, options.histories, options.night)
            with running_server(folder) as server_url:
                measured = _Benchmark(folder, server_url, options.seed).measure(
                    options.night, options.histories, options.rounds, options.orders
                )
    except (ServerError, _TooSmallError, psycopg.Error, DBAPIError) as error:
        print(f"benchmarks.history: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks.history: interrupted; what was made is removed.", file=sys.stderr)
        return 1
    lines = list(report.reach_lines(measured))
    report.print_tables(measured)
    report.print_reach(lines)
    write_json(options.out / "history.json", lines, asdict(measured))
    print(
        f"Written to {os.path.relpath(options.out)}: history.json{_drawn(measured, options.out)}."
    )
    return 0


def _check_disk(folder: Path, histories: Sequence[int], night: int) -> None:
    """Say what is needed and what is there.

    Raises:
        _TooSmallError: it is not enough. A server elsewhere is not looked at.
    """
    if settings().database_url or not histories:
        return
    needed = sum(one + night for one in histories) * _BYTES_AN_ARTICLE + _BYTES_BESIDES
    free = shutil.disk_usage(folder).free
    said = f"{needed / 1e9:.0f} GB of disk are needed, {free / 1e9:.0f} GB are free in {folder}"
    if free < needed:
        raise _TooSmallError(f"{said}: set TMPDIR elsewhere, or choose smaller --histories.")
    print(f"{said}.", file=sys.stderr)


def _drawn(measured: Measured, folder: Path) -> str:
    if len(measured.histories) < 2:
        return ""
    try:
        plot.draw(measured, folder / "history.png")
    except ImportError:
        return "; no picture, as matplotlib is not installed"
    return " and history.png"


def _log_progress() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("          %(message)s"))
    logger = logging.getLogger("pipelines.progress")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.history",
        description=(
            "Link the same kind of night against histories of several sizes by turns, and see which"
            " of its costs grow with them; load a small corpus in random orders, and see whether"
            " they make a difference. Articles are made up. Uses the server of"
            " BROADSHEET_DATABASE_URL, where the user has to be a superuser, or an embedded one of"
            " its own; matplotlib, where it is installed, draws the picture. A history of a million"
            " takes a quarter of an hour and 12 GB of disk."
        ),
    )
    add = parser.add_argument
    add("--night", type=_number, default=10_000, help="articles of the night (%(default)s)")
    add(
        "--histories",
        type=_numbers,
        default=[10_000, 100_000, 1_000_000],
        metavar="N,N,...",
        help="articles of each history, separated by commas; 0 for none (10000,100000,1000000)",
    )
    add("--rounds", type=_number, default=3, help="nights to each history (%(default)s)")
    add(
        "--orders",
        type=_count,
        default=20,
        help="random orders of arrival; 0 for none (%(default)s)",
    )
    add("--seed", type=int, default=1, help="of all that is made up (%(default)s)")
    add("--out", type=Path, default=RESULTS, help="folder of the report (benchmarks/results)")
    return parser


def _numbers(text: str) -> list[int]:
    return [] if text.strip() in {"", "0"} else sorted({_number(one) for one in text.split(",")})


def _number(text: str) -> int:
    return _count(text, least=1)


def _count(text: str, least: int = 0) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} is too few: {least} at least")
    return number


if __name__ == "__main__":
    sys.exit(main())
