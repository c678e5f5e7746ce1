"""Articles with their captions and what they say of themselves."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from uuid import UUID

from models import Article as ArticleRow
from models import Caption as CaptionRow
from sqlalchemy import Connection, text

from pipelines.news.article_facts import ArticleFacts
from pipelines.news.records import Article, Caption
from pipelines.store import bulk
from pipelines.store.signatures import queue_unsigned
from pipelines.store.stories import assign_stories, mark_stories

_ARTICLE_COLUMNS = (
    "article_id",
    "content_sha256",
    "title",
    "body",
    "word_count",
    "language",
    "dateline",
    "byline",
    "agency",
    "is_truncated",
    "first_landed_on",
    "published_on",
    "published_on_source",
)


def put_articles(
    connection: Connection,
    articles: Iterable[tuple[Article, date]],
    captions: Mapping[UUID, tuple[Caption, ...]],
    facts: Mapping[UUID, ArticleFacts],
) -> int:
    """Store articles, each with the first night it is on, and let stories follow; returns the rows written."""
    staged = bulk.stage_like(
        connection, ArticleRow, _ARTICLE_COLUMNS, _article_rows(articles, facts)
    )
    # A later night never moves an article's first one; an earlier one does, and that can change
    # which article its story is named after.
    connection.execute(
        text(f"""
        update pg_temp.{staged} staged set first_landed_on = known.first_landed_on
          from news.articles known
         where known.article_id = staged.article_id
           and known.first_landed_on < staged.first_landed_on
        """)
    )
    mark_stories(
        connection,
        f"""
        select article_id from pg_temp.{staged} staged join news.articles known using (article_id)
         where staged.first_landed_on < known.first_landed_on
        """,
    )
    written = bulk.upsert_staged(connection, ArticleRow, _ARTICLE_COLUMNS, staged)
    written += assign_stories(connection)
    written += queue_unsigned(connection, staged)
    return written + bulk.upsert(
        connection,
        CaptionRow,
        ("article_id", "caption_no", "caption", "credit", "agencies", "caption_date")
        + ("caption_date_precision",),
        _caption_rows(captions),
    )


def _article_rows(
    articles: Iterable[tuple[Article, date]], facts: Mapping[UUID, ArticleFacts]
) -> Iterator[bulk.Row]:
    for article, night in articles:
        body, said = article.body, facts[article.article_id]
        yield (
            article.article_id,
            article.content_sha256,
            article.title,
            body,
            len(body.split()),
            said.language,
            said.dateline,
            said.byline,
            said.agency,
            article.is_truncated,
            night,
            said.published_on,
            said.published_on_source,
        )


def _caption_rows(captions: Mapping[UUID, tuple[Caption, ...]]) -> Iterator[bulk.Row]:
    for article_id, own in captions.items():
        for number, caption in enumerate(own, start=1):
            yield (
                article_id,
                number,
                caption.text,
                caption.credit,
                list(caption.agencies),
                caption.caption_date,
                caption.caption_date_precision,
            )
