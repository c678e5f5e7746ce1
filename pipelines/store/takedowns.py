"""Articles that must not be in the tables: deleting them, and keeping them out."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from pipelines.news.records import Leftover, SegmentedPage
from pipelines.store.landing import FileKey
from pipelines.store.settle import settle

REASON = "taken_down"
"""Reason of the leftover that stands where an article was taken down."""


@dataclass(frozen=True, slots=True)
class Takedown:
    """What is kept of an article that was taken down."""

    content_sha256: bytes
    article_id: UUID
    reason: str
    taken_down_at: datetime
    taken_down_by: str


@dataclass(frozen=True, slots=True)
class StandingArticle:
    """An article that is in the tables, with the files it stands in."""

    content_sha256: bytes
    article_id: UUID
    title: str
    files: tuple[FileKey, ...]


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Another article of the same story."""

    article_id: UUID
    title: str
    first_landed_on: date
    word_count: int


def find_article(connection: Connection, article_id: UUID) -> StandingArticle | None:
    """An article that is in the tables; None if it is not."""
    article = connection.execute(
        text("""
        select content_sha256, article_id, title from news.articles where article_id = :article
        """),
        {"article": article_id},
    ).one_or_none()
    if article is None:
        return None
    files = connection.execute(
        text("""
        select distinct file.landing_date, file.path
          from news.article_occurrences
          join news.pages using (page_id)
          join news.source_files file using (file_id)
         where article_id = :article
         order by 1, 2
        """),
        {"article": article_id},
    )
    places = tuple((row.landing_date, row.path) for row in files)
    return StandingArticle(article.content_sha256, article.article_id, article.title, places)


def near_copies(connection: Connection, article_id: UUID) -> list[NearCopy]:
    """The other articles of an article's story, in the order they landed."""
    rows = connection.execute(
        text("""
        select article_id, title, first_landed_on, word_count
          from news.story_articles join news.articles using (article_id)
         where article_id <> :article
           and story_id = (select story_id from news.story_articles where article_id = :article)
         order by first_landed_on, article_id
        """),
        {"article": article_id},
    )
    return [NearCopy(*row) for row in rows]


def takedowns(connection: Connection, article_id: UUID | None = None) -> list[Takedown]:
    """What was taken down, latest first; of one article if it is named."""
    rows = connection.execute(
        text("""
        select content_sha256, article_id, reason, taken_down_at, taken_down_by
          from ops.takedowns
         where cast(:article as uuid) is null or article_id = :article
         order by taken_down_at desc, article_id
        """),
        {"article": article_id},
    )
    return [Takedown(*row) for row in rows]


def take_down(connection: Connection, content_sha256: bytes, reason: str) -> int:
    """Delete an article with all that was derived from it, and keep it out; returns the rows written.

    Its ranges in pages become leftovers. An article that is not there is kept out all the same.
    """
    found = {"sha256": content_sha256, "reason": reason, "leftover": REASON}
    written = sum(
        connection.execute(text(statement), found).rowcount
        for statement in (
            """
            insert into ops.takedowns (content_sha256, reason) values (:sha256, :reason)
            on conflict (content_sha256) do nothing
            """,
            """
            insert into ops.page_leftovers (page_id, start_char, end_char, reason)
            select page_id, start_char, end_char, :leftover
              from news.articles join news.article_occurrences using (article_id)
             where content_sha256 = :sha256
            """,
            """
            insert into ops.touched_articles (article_id)
            select article_id from news.articles where content_sha256 = :sha256
            on conflict do nothing
            """,
            """
            delete from news.article_occurrences occurrence using news.articles article
             where article.article_id = occurrence.article_id and content_sha256 = :sha256
            """,
        )
    )
    return written + settle(connection)


def undo(connection: Connection, article_id: UUID) -> list[FileKey]:
    """Let an article be loaded again; returns the files that the next run will segment again.

    These are all files that something was taken down in: a leftover does not say what it was.
    """
    connection.execute(
        text("delete from ops.takedowns where article_id = :article"), {"article": article_id}
    )
    rows = connection.execute(
        text("""
        update ops.ingested_files ingested set segment_version = null
          from (select distinct landing_date, path
                  from ops.page_leftovers
                  join news.pages using (page_id)
                  join news.source_files using (file_id)
                 where reason = :leftover) held
         where ingested.landing_date = held.landing_date and ingested.path = held.path
        returning ingested.landing_date, ingested.path
        """),
        {"leftover": REASON},
    )
    return sorted((row.landing_date, row.path) for row in rows)


def taken_down_among(connection: Connection, content_sha256s: Collection[bytes]) -> set[UUID]:
    """Which of these articles, given by their hashes, must not be in the tables."""
    return set(
        connection.scalars(
            text("select article_id from ops.takedowns where content_sha256 = any(:hashes)"),
            {"hashes": list(content_sha256s)},
        )
    )


def leave_out(page: SegmentedPage, articles: set[UUID]) -> SegmentedPage:
    """A page as if what stands where these articles do were no article.

    The others keep their ordinals: what was the page's second article is not its lead.
    """
    left = tuple(one for one in page.occurrences if one.article.article_id not in articles)
    gone = tuple(
        Leftover(one.start_char, one.end_char, REASON)
        for one in page.occurrences
        if one.article.article_id in articles
    )
    return replace(page, occurrences=left, leftovers=page.leftovers + gone)
