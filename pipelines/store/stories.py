"""Verified pairs and the stories they form."""

from collections.abc import Sequence
from uuid import UUID

from models import DuplicatePair, StoryArticle
from sqlalchemy import Connection, text

from pipelines.news.stories import Member, Pair, assign
from pipelines.store import bulk


def read_texts(connection: Connection, articles: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Title and body of articles."""
    rows = connection.execute(
        text("select article_id, title, body from news.articles where article_id = any(:articles)"),
        {"articles": list(articles)},
    )
    return {row.article_id: (row.title, row.body) for row in rows}


def put_pairs(connection: Connection, pairs: Sequence[Pair]) -> int:
    """Store the pairs of the articles staged as `signed`, and delete those they have no more.

    Returns the rows written.
    """
    written = bulk.upsert(
        connection,
        DuplicatePair,
        ("article_a", "article_b", "shingles_a", "shingles_b", "shingles_common", "relation"),
        (
            (
                pair.article_a,
                pair.article_b,
                pair.shingles_a,
                pair.shingles_b,
                pair.shingles_common,
                pair.relation,
            )
            for pair in pairs
        ),
    )
    # What is joined by a pair that goes is in one story now, what a new pair joins is one next.
    mark_stories(
        connection,
        """
        select article_id from pg_temp.signed
        union
        select article_a from pg_temp.staged_duplicate_pairs
        union
        select article_b from pg_temp.staged_duplicate_pairs
        """,
    )
    for end in ("article_a", "article_b"):
        written += connection.execute(
            text(f"""
            delete from news.duplicate_pairs pair using pg_temp.signed
             where pair.{end} = signed.article_id
               and not exists (select from pg_temp.staged_duplicate_pairs kept
                                where kept.article_a = pair.article_a
                                  and kept.article_b = pair.article_b)
            """)
        ).rowcount
    return written


def mark_stories(connection: Connection, article_ids: str) -> int:
    """Mark articles, and all that share a story with one, for `assign_stories`.

    `article_ids` is a query with one column `article_id`. To be called before articles are deleted:
    with a canonical article goes its story. Returns how many were marked.
    """
    _make_marked(connection)
    return connection.execute(
        text(f"""
        with given as ({article_ids})
        insert into pg_temp.marked_articles
        select article_id from given
        union
        select article_id from news.story_articles
         where story_id in (select story_id from news.story_articles
                             where article_id in (select article_id from given))
        on conflict do nothing
        """)
    ).rowcount


def assign_stories(connection: Connection) -> int:
    """Give the marked articles their stories, where these change; returns the rows written.

    Stories are marked whole whenever a pair, a member or a first night of theirs changes, so what is
    marked is a union of whole components. Articles without a signature have to wait for it.
    """
    _make_marked(connection)
    connection.execute(text("analyze pg_temp.marked_articles"))
    members = [
        Member(*row)
        for row in connection.execute(
            text("""
            select article_id, article.first_landed_on, char_length(article.body)
              from pg_temp.marked_articles
              join ops.signatures using (article_id)
              join news.articles article using (article_id)
            """)
        )
    ]
    pairs = [
        (row.article_a, row.article_b)
        for row in connection.execute(
            text("""
            select article_a, article_b
              from news.duplicate_pairs
              join pg_temp.marked_articles on article_a = article_id
            """)
        )
    ]
    connection.execute(text("truncate pg_temp.marked_articles"))
    stories = assign(members, pairs)
    return bulk.upsert(connection, StoryArticle, ("article_id", "story_id"), stories.items())


def _make_marked(connection: Connection) -> None:
    connection.execute(
        text("""
        create temp table if not exists marked_articles (article_id uuid primary key) on commit drop
        """)
    )
