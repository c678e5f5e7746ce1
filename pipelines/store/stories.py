"""Verified pairs and the stories they form."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from models import DuplicatePair, StoryArticle
from sqlalchemy import Connection, text

from pipelines.news.stories import Pair, assign
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
    given = connection.execute(
        text(f"""
        insert into pg_temp.marked_articles select article_id from ({article_ids}) given
        on conflict do nothing
        """)
    )
    connection.execute(text("analyze pg_temp.marked_articles"))
    others = connection.execute(
        text("""
        insert into pg_temp.marked_articles
        select article_id from news.story_articles
          join (select distinct story_id
                  from pg_temp.marked_articles join news.story_articles using (article_id)
               ) marked using (story_id)
        on conflict do nothing
        """)
    )
    return given.rowcount + others.rowcount


def assign_stories(connection: Connection) -> int:
    """Give the marked articles their stories, where these change; returns the rows written.

    Stories are marked whole whenever a pair, a member or a first night of theirs changes, so what is
    marked is a union of whole components. Articles without a signature have to wait for it.
    """
    _make_marked(connection)
    connection.execute(text("drop table if exists pg_temp.members"))
    connection.execute(text("analyze pg_temp.marked_articles"))
    connection.execute(
        text("""
        create temp table members on commit drop as
        select article_id,
               row_number() over (order by article.first_landed_on,
                                           char_length(article.body) desc, article_id) - 1 as place
          from pg_temp.marked_articles
          join ops.signatures using (article_id)
          join news.articles article using (article_id)
        """)
    )
    connection.execute(text("analyze pg_temp.members"))
    connection.execute(text("truncate pg_temp.marked_articles"))
    count = connection.scalar(text("select count(*) from pg_temp.members")) or 0
    a, b = connection.execute(
        text("""
        select coalesce(array_agg(a.place), '{}'), coalesce(array_agg(b.place), '{}')
          from news.duplicate_pairs
          join pg_temp.members a on a.article_id = article_a
          join pg_temp.members b on b.article_id = article_b
        """)
    ).one()
    stories = assign(count, np.stack([np.array(a, np.int64), np.array(b, np.int64)], axis=1))
    bulk.stage(
        connection,
        "assigned",
        [("place", "bigint"), ("story_place", "bigint")],
        enumerate(stories.tolist()),
    )
    connection.execute(
        text("""
        create temp table staged_stories on commit drop as
        select member.article_id, canonical.article_id as story_id
          from pg_temp.assigned
          join pg_temp.members member using (place)
          join pg_temp.members canonical on canonical.place = story_place
        """)
    )
    columns = ("article_id", "story_id")
    written = bulk.upsert_staged(connection, StoryArticle, columns, "staged_stories")
    connection.execute(text("drop table pg_temp.staged_stories"))
    return written


def _make_marked(connection: Connection) -> None:
    connection.execute(
        text("""
        create temp table if not exists marked_articles (article_id uuid primary key) on commit drop
        """)
    )
