"""The files of the nights' reports: made of the tables, and written only where they would change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine

from pipelines.landing_zone import parse_night
from pipelines.reports.page import is_page_of, render
from pipelines.reports.records import NightReport
from pipelines.settings import settings
from pipelines.store.database import only_one, snapshot
from pipelines.store.night_report import is_loaded, nights_with_files, read_night


@dataclass(frozen=True, slots=True)
class ReportFile:
    """The report of a night, where its page is, and whether it was written now."""

    report: NightReport
    path: Path
    is_written: bool


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Nights whose pages were drawn anew, or removed, and those of which neither could be, with why."""

    drawn: Sequence[date]
    removed: Sequence[date]
    failed: Mapping[date, str]


def page_path(night: date) -> Path:
    """Where the page of a night is, if there is one."""
    return settings().reports / f"{night}.html"


def nights_to_report(engine: Engine, nights: Sequence[date]) -> set[date]:
    """Which nights of a run get a page, and not only those around them.

    One that was asked for alone does. Of a range do those that have files, and those that have a page,
    which is to be brought up to date: a range is of calendar days, and says nothing of each.
    """
    if len(nights) == 1:
        return set(nights)
    with engine.connect() as connection:
        landed = nights_with_files(connection, nights[0], nights[-1])
    return {night for night in nights if night in landed or page_path(night).is_file()}


def write_report(engine: Engine, night: date, *, force: bool = False) -> ReportFile:
    """Bring the page of a night up to date; with `force` it is drawn again whatever is there."""
    with only_one(_name(night)):
        return _write(engine, night, force=force)


def redraw_without(engine: Engine, article_id: UUID, nights: Collection[date]) -> Redrawn:
    """Bring pages up to date that may show an article which is in the tables no more.

    These are the pages of the nights it stood in, which hold its names, and whichever has its id: a
    page has it beside the title of the story that it began. A page of a night that was never loaded
    into this database cannot be drawn, and is removed.
    """
    drawn: list[date] = []
    removed: list[date] = []
    failed: dict[date, str] = {}
    for night in sorted({*nights, *_nights_naming(article_id)}):
        path = page_path(night)
        try:
            # Whoever draws it now may have read the tables before the article was deleted.
            with only_one(_name(night)):
                if not path.is_file():
                    continue
                with engine.connect() as connection:
                    is_known = is_loaded(connection, night)
                if not is_known:
                    path.unlink()
                    removed.append(night)
                elif _write(engine, night).is_written:
                    drawn.append(night)
        except OSError as error:
            failed[night] = f"{path}: {error.strerror or error}"
    return Redrawn(drawn, removed, failed)


def _name(night: date) -> str:
    return f"report {night}"


def _write(engine: Engine, night: date, *, force: bool = False) -> ReportFile:
    path = page_path(night)
    with snapshot(engine) as connection:
        report = read_night(connection, night)
    if (
        not force
        and path.is_file()
        and is_page_of(path.read_text(encoding="utf-8", errors="replace"), report)
    ):
        return ReportFile(report, path, is_written=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A reader sees the old page or the new one, and none that a crash cut short. The name is nobody
    # else's, and the file is opened as any other, so that whoever may read the folder may read it.
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with unfinished.open("x", encoding="utf-8") as file:
            file.write(render(report))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return ReportFile(report, path, is_written=True)


def _nights_naming(article_id: UUID) -> Iterator[date]:
    """Nights whose pages have the id of an article, or cannot be read."""
    wanted = str(article_id).encode()
    for path in settings().reports.glob("*.html"):
        if night := parse_night(path.stem):
            try:
                is_there = wanted in path.read_bytes()
            except OSError:
                is_there = True  # who is to draw it anew finds out why
            if is_there:
                yield night
