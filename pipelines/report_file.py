"""The file of a night's report: made of the tables, and written only where it would change."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from pipelines.reports.page import is_page_of, render
from pipelines.reports.records import NightReport
from pipelines.settings import settings
from pipelines.store.night_report import read_night


@dataclass(frozen=True, slots=True)
class ReportFile:
    """The report of a night, where its page is, and whether it was written now."""

    report: NightReport
    path: Path
    is_written: bool


def write_report(engine: Engine, night: date, *, force: bool = False) -> ReportFile:
    """Bring the page of a night up to date; with `force` it is drawn again whatever is there."""
    path = settings().reports / f"{night}.html"
    with engine.connect() as connection:
        report = read_night(connection, night)
    if (
        not force
        and path.is_file()
        and is_page_of(path.read_text(encoding="utf-8", errors="replace"), report)
    ):
        return ReportFile(report, path, is_written=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A reader sees the old page or the new one, and none that a crash cut short.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(render(report), encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return ReportFile(report, path, is_written=True)
