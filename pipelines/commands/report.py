"""`broadsheet report`: the page of a night, drawn anew."""

from datetime import date
from pathlib import Path

from pipelines.report_file import write_report
from pipelines.store import database
from pipelines.store.night_report import is_loaded, newest_night


class NoReportError(RuntimeError):
    """There is nothing to report; the message says why."""


def report(night: date | None) -> Path:
    """Write the page of a night, or of the newest one that has files; its path.

    Raises:
        NoReportError: the night has not been loaded.
    """
    engine = database.current_engine()
    with engine.connect() as connection:
        night = night or newest_night(connection)
        if night is None:
            message = (
                "No night has been loaded yet: `broadsheet run` loads those of a landing zone."
            )
            raise NoReportError(message)
        if not is_loaded(connection, night):
            message = (
                f"The night {night} has not been loaded: `broadsheet run --date {night}` loads it."
            )
            raise NoReportError(message)
    return write_report(engine, night, force=True).path
