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
    """Store verified pairs and take apart the stories they join; returns the rows written."""
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
    return written + forget_stories(
        connection,
        """
        select article_a as article_id from pg_temp.staged_duplicate_pairs
        union all
        select article_b from pg_temp.staged_duplicate_pairs
        """,
    )


def forget_stories(connection: Connection, article_ids: str) -> int:
    """Take apart the stories that hold any of these articles, for `assign_stories` to assign anew.

    `article_ids` is a query with one column `article_id`.
    """
    return connection.execute(
        text(f"""
        delete from news.story_articles
         where story_id in (
               select story_id from news.story_articles
                where article_id in ({article_ids}))
        """)
    ).rowcount


def assign_stories(connection: Connection) -> int:
    """Give every signed article without a story its story; returns the rows written.

    Stories are taken apart whole whenever a pair, a member or a first night of theirs changes, so
    what is unassigned is a union of whole components.
    """
    connection.execute(text("drop table if exists pg_temp.unassigned"))
    connection.execute(
        text("""
        create temp table unassigned on commit drop as
        select article.article_id, article.first_landed_on, char_length(article.body) as body_chars
          from ops.signatures
          join news.articles article using (article_id)
          left join news.story_articles story using (article_id)
         where story.article_id is null
        """)
    )
    connection.execute(text("analyze pg_temp.unassigned"))
    members = [
        Member(*row)
        for row in connection.execute(
            text("select article_id, first_landed_on, body_chars from pg_temp.unassigned")
        )
    ]
    pairs = [
        (row.article_a, row.article_b)
        for row in connection.execute(
            text("""
            select article_a, article_b
              from news.duplicate_pairs
              join pg_temp.unassigned on article_a = article_id
            """)
        )
    ]
    stories = assign(members, pairs)
    return bulk.insert(connection, StoryArticle, ("article_id", "story_id"), stories.items())
