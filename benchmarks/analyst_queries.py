"""How long analysts wait for answers from a million articles: `python -m benchmarks.analyst_queries --help`.

Belongs here: the order of measurements. The archive is made up in `analysts`, the questions are
those of docs/questions.md.
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.exc import DBAPIError

from benchmarks.analysts import inside, report
from benchmarks.analysts.archive import (
    Archive,
    fresh_archive,
    kept_archive,
    kept_server,
    log_progress,
    say,
)
from benchmarks.analysts.asked import Answered, ask, plan
from benchmarks.analysts.report import Measured
from benchmarks.analysts.upkeep import Night, add_night
from benchmarks.analysts.values import Values
from benchmarks.place import running_server, temporary_folder
from benchmarks.questions import Question, read
from benchmarks.report import print_lines, write_json
from pipelines.settings import ROOT, settings
from pipelines.store.server import ServerError

QUESTIONS = ROOT / "docs" / "questions.md"
RESULTS = Path(__file__).parent / "results"
_BYTES_AN_ARTICLE = 20_000
_BYTES_BESIDES = 6_000_000_000
"""Disk: what an article takes with all its rows and indexes; the write-ahead log, and sorting."""

_NIGHTS = 3

_Open = Callable[[int], AbstractContextManager[Archive]]


class _TooSmallError(RuntimeError):
    """The disk has no room for the archives; the message says how much they need."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything: 0 done, whatever the figures; 1 something failed; 2 wrong use."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.keep and settings().database_url:
        parser.error("--keep is for an embedded server: unset BROADSHEET_DATABASE_URL.")
    try:
        questions = read(QUESTIONS.read_text(encoding="utf-8"))
        with _archives(options) as opened:
            measured = _measure(options, questions, opened)
    except (ServerError, _TooSmallError, psycopg.Error, DBAPIError) as error:
        print(f"benchmarks.analyst_queries: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks.analyst_queries: interrupted.", file=sys.stderr)
        return 1
    report.print_tables(measured)
    lines = print_lines("What is to be reached", report.reach_lines(measured))
    write_json(options.out / "analyst_queries.json", lines, report.raw(measured))
    print(f"Written to {os.path.relpath(options.out)}: analyst_queries.json and plans/.")
    return 0


def _measure(options: argparse.Namespace, questions: Sequence[Question], opened: _Open) -> Measured:
    """Add a night to the smaller archive; ask the larger one, and add a night to it."""
    nights = {}
    if options.night and options.small:
        with opened(options.small) as archive:
            nights[options.small] = _night(archive, options)
    with opened(options.articles) as archive:
        say(f"asking {len(questions)} questions {options.times} times …")
        with archive.engine.connect() as connection:
            values = Values(connection, options.seed)
        before = inside.indexes(archive.engine)
        answered = ask(archive.url, questions, values, options.times)
        asked = inside.indexes(archive.engine)
        used = {"questions": inside.used(before, asked)}
        tables = inside.tables(archive.engine)
        _write_plans(archive.url, answered, options.out / "plans")
        if options.night:
            asked = inside.indexes(archive.engine)
            nights[options.articles] = _night(archive, options)
            used["the night"] = inside.used(asked, inside.indexes(archive.engine))
        return Measured(
            options.articles, options.seed, archive.seconds, answered, tables, asked, used, nights
        )


def _night(archive: Archive, options: argparse.Namespace) -> Night:
    """Of some nights the one whose refresh takes neither longest nor shortest: the cache is cold or warm."""
    nights = []
    for number in range(1, _NIGHTS + 1):
        say(f"night {number} of {options.night:,} articles to {archive.articles:,} …")
        nights.append(add_night(archive.engine, options.night, archive.entities, options.seed))
    return sorted(nights, key=lambda night: night.refreshing)[_NIGHTS // 2]


def _write_plans(url: str, answered: Sequence[Answered], folder: Path) -> None:
    """The plan of the slowest execution of each question."""
    say("explaining the slowest of each …")
    folder.mkdir(parents=True, exist_ok=True)
    for one in answered:
        path = folder / f"question_{one.question.number:02d}.txt"
        path.write_text(plan(url, one.question, one.slowest.values), encoding="utf-8")


@contextmanager
def _archives(options: argparse.Namespace) -> Iterator[_Open]:
    """What opens an archive of a size: one that is made and dropped, or one that is kept."""
    if options.keep:
        _check_disk(options.keep, options)
        with kept_server(options.keep) as url:
            yield lambda articles: kept_archive(url, articles, options.seed)
        return
    with temporary_folder() as folder:
        _check_disk(folder, options)
        with running_server(folder) as url:
            yield lambda articles: fresh_archive(url, folder, articles, options.seed)


def _check_disk(folder: Path, options: argparse.Namespace) -> None:
    """Say what is needed and what is there.

    Raises:
        _TooSmallError: it is not enough. A server elsewhere is not looked at, nor a folder that may hold
            an archive already.
    """
    if settings().database_url or (folder / "postgres").exists():
        return
    articles = max(options.articles, options.small)
    needed = articles * _BYTES_AN_ARTICLE + _BYTES_BESIDES
    folder = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    said = f"{needed / 1e9:.0f} GB of disk are needed, {free / 1e9:.0f} GB are free in {folder}"
    if free < needed:
        raise _TooSmallError(f"{said}: set TMPDIR elsewhere, or choose fewer --articles.")
    say(f"{said}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.analyst_queries",
        description=(
            "Ask the twelve questions of docs/questions.md of an archive of made-up news, as an"
            " analyst, about many things: what is in the news most, and what is rare. Then let three"
            " nights come to it, and see what keeping analytics up to date costs, there and in a"
            " smaller archive. Uses the server of BROADSHEET_DATABASE_URL, where the user has to be"
            " a superuser, or an embedded one of its own. A million articles take half an hour and"
            " 20 GB of disk."
        ),
    )
    add = parser.add_argument
    add("--articles", type=_number, default=1_000_000, help="of the archive (%(default)s)")
    add(
        "--small",
        type=_count,
        default=100_000,
        help="articles of the archive that the night is compared with; 0 for none (%(default)s)",
    )
    add(
        "--night",
        type=_count,
        default=10_000,
        help="articles of the night that comes; 0 for none (%(default)s)",
    )
    add("--times", type=_number, default=100, help="executions of each question (%(default)s)")
    add("--seed", type=int, default=1, help="of all that is made up (%(default)s)")
    add("--out", type=Path, default=RESULTS, help="folder of the report (benchmarks/results)")
    add(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="leave the archives in this folder, and use those that are there",
    )
    return parser


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
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log_progress()
    sys.exit(main())
