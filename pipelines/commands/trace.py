"""`broadsheet trace`: from an article back to the bytes."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from pipelines.landing_zone import LandingZone
from pipelines.news.pages import read_file
from pipelines.news.records import DecodedFile
from pipelines.settings import settings
from pipelines.store import database
from pipelines.store.loads import landing_zone_of


@dataclass(frozen=True, slots=True)
class TracedOccurrence:
    """Where an article stands; `raw` is None when the file is not there any more as it was."""

    night: date
    path: str
    page_no: int
    ordinal: int
    start_char: int
    end_char: int
    file: Path | None = None
    raw: str | None = None


def trace_article(article_id: UUID, landing: Path | None) -> list[TracedOccurrence]:
    """Every occurrence of an article with the raw text behind it, read from the landing zone.

    That is `landing`, or the one each night was last loaded from.
    """
    with database.current_engine().connect() as connection:
        rows = connection.execute(
            text("""
            select file.landing_date, file.path, page.page_no, occurrence.ordinal,
                   occurrence.start_char, occurrence.end_char, file.sha256
              from news.article_occurrences occurrence
              join news.pages page using (page_id)
              join news.source_files file using (file_id)
             where occurrence.article_id = :article
             order by file.landing_date, file.path, page.page_no, occurrence.ordinal
            """),
            {"article": article_id},
        ).all()
        zones = {row.landing_date: landing_zone_of(connection, row.landing_date) for row in rows}
    traced = []
    for *place, sha256 in rows:
        occurrence = TracedOccurrence(*place)
        root, flat = zones[occurrence.night] or (str(settings().landing), None)
        zone = LandingZone(landing or Path(root), date.fromisoformat(flat) if flat else None)
        traced.append(_with_raw_text(occurrence, sha256, zone))
    return traced


def _with_raw_text(
    occurrence: TracedOccurrence, sha256: bytes, zone: LandingZone
) -> TracedOccurrence:
    for landed in zone.files(occurrence.night):
        if landed.name == occurrence.path:
            limit = settings().max_page_bytes
            digest, outcome = read_file(landed.path, max_page_bytes=limit, within=landed.within)
            if digest.sha256 == sha256 and isinstance(outcome, DecodedFile):
                page = outcome.pages[occurrence.page_no - 1].text
                raw = page[occurrence.start_char : occurrence.end_char]
                return replace(occurrence, file=landed.path, raw=raw)
    return occurrence
