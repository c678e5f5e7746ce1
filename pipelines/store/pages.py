"""Pages of files as they are segmented, and what stands in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from models import ArticleOccurrence, PageLeftover
from models import Page as PageRow
from sqlalchemy import Connection, text

from pipelines.news.article_facts import ArticleFacts
from pipelines.news.keys import derive_key
from pipelines.news.pages import REASONS
from pipelines.news.records import Article, Caption, Page, Rejection, SegmentedPage
from pipelines.store import bulk, takedowns
from pipelines.store.articles import put_articles
from pipelines.store.quarantine import put_rejections

_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file whose pages are not segmented by the current version."""

    file_id: UUID
    night: date
    path: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class SegmentedFile:
    """A file with its pages as they were segmented, and what the articles in them say of themselves."""

    file: PendingFile
    pages: tuple[tuple[Page, SegmentedPage], ...]
    captions: Mapping[UUID, tuple[Caption, ...]]
    facts: Mapping[UUID, ArticleFacts]


def files_to_segment(
    connection: Connection, first: date, last: date, segment_version: str
) -> list[PendingFile]:
    """Files of these nights that were never segmented, or by another version."""
    rows = connection.execute(
        text("""
        select file.file_id, file.landing_date, file.path, file.sha256
          from news.source_files file
          join ops.ingested_files ingested using (landing_date, path)
         where landing_date between :first and :last
           and ingested.segment_version is distinct from :version
         order by landing_date, path
        """),
        {"first": first, "last": last, "version": segment_version},
    )
    return [PendingFile(*row) for row in rows]


def forget_segments(connection: Connection, first: date, last: date) -> int:
    """Let the files of these nights count as not segmented; returns the rows written.

    What was made of them stays until it is replaced.
    """
    return connection.execute(
        text("""
        update ops.ingested_files set segment_version = null
         where landing_date between :first and :last and segment_version is not null
        """),
        {"first": first, "last": last},
    ).rowcount


def put_pages(connection: Connection, files: Sequence[SegmentedFile], segment_version: str) -> int:
    """Store the pages of a batch of files with all that stands in them; returns the rows written.

    Files that meanwhile changed or vanished are left out, and so are articles that were taken down.
    """
    files = _without_taken_down(connection, _still_there(connection, files))
    written = _remove_pages(connection)
    written += put_articles(
        connection,
        _first_nights(files),
        {key: own for one in files for key, own in one.captions.items()},
        {key: own for one in files for key, own in one.facts.items()},
    )
    written += bulk.insert(
        connection,
        PageRow,
        ("page_id", "file_id", "page_no", "byte_start", "byte_end", "char_count")
        + ("segment_method", "is_repaired"),
        _page_rows(files),
    )
    written += bulk.insert(
        connection,
        ArticleOccurrence,
        ("page_id", "ordinal", "article_id", "start_char", "end_char"),
        (
            (page_id, one.ordinal, one.article.article_id, one.start_char, one.end_char)
            for page_id, _, segmented in _pages(files)
            for one in segmented.occurrences
        ),
    )
    written += bulk.insert(
        connection,
        PageLeftover,
        ("page_id", "start_char", "end_char", "reason"),
        (
            (page_id, one.start_char, one.end_char, one.reason)
            for page_id, _, segmented in _pages(files)
            for one in segmented.leftovers
        ),
    )
    written += put_rejections(
        connection,
        (
            (one.file.night, one.file.path, page.page_no, _rejection(page, segmented))
            for one in files
            for page, segmented in one.pages
            if segmented.method == "none"
        ),
    )
    connection.execute(
        text("""
        update ops.ingested_files ingested set segment_version = :version
          from pg_temp.segmented_files
          join news.source_files file using (file_id)
         where ingested.landing_date = file.landing_date and ingested.path = file.path
        """),
        {"version": segment_version},
    )
    return written


def _still_there(connection: Connection, files: Sequence[SegmentedFile]) -> list[SegmentedFile]:
    bulk.stage(
        connection, "segmented_files", [("file_id", "uuid")], ((one.file.file_id,) for one in files)
    )
    there = set(
        connection.scalars(
            text(
                "select file_id from pg_temp.segmented_files join news.source_files using (file_id)"
            )
        )
    )
    return [one for one in files if one.file.file_id in there]


def _without_taken_down(
    connection: Connection, files: Sequence[SegmentedFile]
) -> Sequence[SegmentedFile]:
    hashes = {
        found.article.content_sha256
        for _, _, segmented in _pages(files)
        for found in segmented.occurrences
    }
    taken = takedowns.taken_down_among(connection, hashes)
    if not taken:
        return files
    return [
        replace(
            one,
            pages=tuple((page, takedowns.leave_out(cut, taken)) for page, cut in one.pages),
            captions={key: own for key, own in one.captions.items() if key not in taken},
        )
        for one in files
    ]


def _remove_pages(connection: Connection) -> int:
    """Delete what another version made of the files staged as `segmented_files`."""
    return sum(
        connection.execute(text(statement)).rowcount
        for statement in (
            """
            insert into ops.touched_articles (article_id)
            select distinct occurrence.article_id
              from pg_temp.segmented_files
              join news.pages using (file_id)
              join news.article_occurrences occurrence using (page_id)
            on conflict do nothing
            """,
            """
            delete from ops.quarantine using pg_temp.segmented_files gone
              join news.source_files file using (file_id)
             where quarantine.landing_date = file.landing_date
               and quarantine.path = file.path and quarantine.page_no is not null
            """,
            """
            delete from news.pages using pg_temp.segmented_files gone
             where pages.file_id = gone.file_id
            """,
        )
    )


def _first_nights(files: Sequence[SegmentedFile]) -> Iterable[tuple[Article, date]]:
    """The articles in files, each with the first of their nights."""
    articles: dict[UUID, tuple[Article, date]] = {}
    for one in files:
        for _, segmented in one.pages:
            for found in segmented.occurrences:
                article = found.article
                known = articles.get(article.article_id)
                if known is None or one.file.night < known[1]:
                    articles[article.article_id] = (article, one.file.night)
    return articles.values()


def _pages(files: Sequence[SegmentedFile]) -> Iterator[tuple[UUID, Page, SegmentedPage]]:
    for one in files:
        for page, segmented in one.pages:
            yield derive_key("page", one.file.file_id.bytes, page.page_no), page, segmented


def _page_rows(files: Sequence[SegmentedFile]) -> Iterator[bulk.Row]:
    for one in files:
        for page_id, page, segmented in _pages([one]):
            yield (
                page_id,
                one.file.file_id,
                page.page_no,
                page.byte_start,
                page.byte_end,
                len(page.text),
                segmented.method,
                page.is_repaired,
            )


def _rejection(page: Page, segmented: SegmentedPage) -> Rejection:
    """Why a page has no article, as its only leftover says."""
    reason = segmented.leftovers[0].reason if segmented.leftovers else "no_article"
    return Rejection(reason, REASONS[reason], page.text[:_HEAD_BYTES].encode()[:_HEAD_BYTES])
