"""Mentions, and how often each name is mentioned."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Connection, text

from pipelines.news.keys import derive_key
from pipelines.news.records import ArticleText, Mention
from pipelines.store import bulk
from pipelines.store.landing import ARTICLES_OF_NIGHTS
from pipelines.store.names import drop_unused, refresh_display_names

MENTION_COLUMNS = (
    "article_id",
    "section",
    "section_no",
    "start_char",
    "end_char",
    "surface",
    "name_id",
    "label",
    "sentence_start",
    "sentence_end",
)
_STAGED = [
    ("article_id", "uuid"),
    ("section", "text"),
    ("section_no", "integer"),
    ("start_char", "integer"),
    ("end_char", "integer"),
    ("surface", "text"),
    ("name_id", "uuid"),
    ("label", "text"),
    ("sentence_start", "integer"),
    ("sentence_end", "integer"),
    ("name", "text"),
]


def articles_to_read(connection: Connection, first: date, last: date, version: str) -> list[UUID]:
    """Articles that occur in these nights and have no annotation of this version, by id."""
    return list(
        connection.scalars(
            text(f"""
            select article_id from ({ARTICLES_OF_NIGHTS}) held
             where not exists (select from ops.annotations annotation
                                where annotation.article_id = held.article_id
                                  and annotation.ner_version = :version)
             order by article_id
            """),
            {"first": first, "last": last, "version": version},
        )
    )


def forget_annotations(connection: Connection, first: date, last: date) -> int:
    """Let the articles of these nights count as not read; returns the rows written.

    Their mentions stay until they are replaced.
    """
    return connection.execute(
        text(f"delete from ops.annotations where article_id in ({ARTICLES_OF_NIGHTS})"),
        {"first": first, "last": last},
    ).rowcount


def read_texts(connection: Connection, articles: Sequence[UUID]) -> list[ArticleText]:
    """Texts of articles, in the order of their ids; those that are gone are left out."""
    rows = connection.execute(
        text("""
        select article.article_id, article.title, article.body,
               array(select caption from news.captions
                      where captions.article_id = article.article_id
                      order by caption_no) as captions
          from news.articles article
         where article.article_id = any(:articles)
         order by article.article_id
        """),
        {"articles": list(articles)},
    )
    return [ArticleText(row.article_id, row.title, tuple(row.captions), row.body) for row in rows]


def put_mentions(
    connection: Connection,
    articles: Sequence[tuple[UUID, Sequence[Mention]]],
    version: str,
) -> int:
    """Store the mentions of a batch of articles with their annotation; returns the rows written.

    What another version found in these articles is replaced. Articles that are gone meanwhile are
    left out.
    """
    bulk.stage(connection, "read_articles", [("article_id", "uuid")], ((a,) for a, _ in articles))
    connection.execute(
        text(
            "delete from pg_temp.read_articles staged where not exists"
            " (select from news.articles where article_id = staged.article_id)"
        )
    )
    bulk.stage(connection, "staged_mentions", _STAGED, _mention_rows(articles), is_joined=False)
    old = _take_mentions(connection, "read_articles")
    written = connection.execute(
        text("""
        insert into news.names as known (name_id, entity_type, name, mention_count)
        select name_id, label, name, count(*)
          from pg_temp.staged_mentions join pg_temp.read_articles using (article_id)
         group by name_id, label, name
            on conflict (name_id) do update
           set mention_count = known.mention_count + excluded.mention_count
        """)
    ).rowcount
    names = ", ".join(MENTION_COLUMNS)
    written += connection.execute(
        text(f"""
        insert into news.mentions ({names})
        select {names} from pg_temp.staged_mentions join pg_temp.read_articles using (article_id)
        """)
    ).rowcount
    written += _give_back(connection)
    written += refresh_display_names(
        connection,
        """
        select entity_id from news.names join pg_temp.staged_mentions using (name_id)
        union all
        select entity_id from pg_temp.taken
        """,
    )
    connection.execute(
        text("""
        insert into ops.annotations (article_id, ner_version)
        select article_id, :version from pg_temp.read_articles
            on conflict (article_id) do update set ner_version = excluded.ner_version
        """),
        {"version": version},
    )
    return written + old


def delete_mentions(connection: Connection, staged: str) -> int:
    """Delete the mentions of the articles in a staging table, and names that only they had."""
    written = _take_mentions(connection, staged)
    if not written:
        return 0
    written += _give_back(connection)
    return written + refresh_display_names(connection, "select entity_id from pg_temp.taken")


def _take_mentions(connection: Connection, staged: str) -> int:
    """Delete mentions and quotations, leaving in `taken` how many each name loses, and what it stands for.

    The entity is kept there because the name may be gone when its entity is looked at.
    """
    # They refer to names.
    connection.execute(
        text(f"""
        delete from news.quotations using pg_temp.{staged} staged
         where quotations.article_id = staged.article_id
        """)
    )
    columns = [("name_id", "uuid"), ("entity_id", "uuid"), ("mentions", "integer")]
    bulk.stage(connection, "taken", columns, ())
    connection.execute(
        text(f"""
        with gone as (
             delete from news.mentions using pg_temp.{staged} staged
              where mentions.article_id = staged.article_id
             returning mentions.name_id)
        insert into pg_temp.taken
        select name_id, entity_id, count(*) from gone join news.names using (name_id)
         group by name_id, entity_id
        """)
    )
    return int(connection.scalar(text("select coalesce(sum(mentions), 0) from pg_temp.taken")) or 0)


def _give_back(connection: Connection) -> int:
    """Count down the names in `taken`, and drop those that nothing mentions any more."""
    connection.execute(
        text("""
        create temp table if not exists unused (name_id uuid primary key) on commit drop
        """)
    )
    connection.execute(text("truncate pg_temp.unused"))
    connection.execute(
        text("""
        insert into pg_temp.unused
        select name_id from news.names known join pg_temp.taken using (name_id)
         where known.mention_count <= taken.mentions
        """)
    )
    counted = connection.execute(
        text("""
        update news.names known set mention_count = known.mention_count - taken.mentions
          from pg_temp.taken
         where known.name_id = taken.name_id and known.mention_count > taken.mentions
        """)
    )
    return counted.rowcount + drop_unused(connection, "unused")


def _mention_rows(articles: Iterable[tuple[UUID, Sequence[Mention]]]) -> Iterator[bulk.Row]:
    for article_id, mentions in articles:
        for one in mentions:
            yield (
                article_id,
                one.section,
                one.section_no,
                one.start_char,
                one.end_char,
                one.surface,
                name_key(one.label, one.name),
                one.label,
                one.sentence_start,
                one.sentence_end,
                one.name,
            )


@lru_cache(maxsize=100_000)
def name_key(entity_type: str, name: str) -> UUID:
    """Key of a name."""
    return derive_key("name", entity_type, name)
