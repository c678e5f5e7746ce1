"""Write articles and what they name straight into the tables, where that says more than a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from pipelines.news.keys import derive_key

FIRST_NIGHT = date(2026, 3, 1)


@dataclass(frozen=True)
class Named:
    """A mention: of what type, by which name of which entity, and in which paragraph."""

    entity_type: str
    name: str
    paragraph: int = 1
    entity: str | None = None

    @property
    def entity_id(self) -> UUID:
        """Of the entity, which is called as it is named unless told otherwise."""
        return derive_key("entity", self.entity_type, self.entity or self.name)


def put_article(
    connection: Connection,
    title: str,
    body: str = "",
    *,
    nights: Sequence[int] = (0,),
    copy_of: str | None = None,
    agency: str | None = None,
    names: Sequence[Named] = (),
) -> UUID:
    """Store an article that stands in one page on each of these nights, counted from the first.

    A paragraph is taken for a sentence. `copy_of` is the title of the canonical article.
    """
    article_id: UUID = connection.execute(
        text("""
        insert into news.articles (article_id, content_sha256, title, body, word_count, is_truncated,
                                   first_landed_on, agency)
        values (encode(substring(sha256(convert_to(:title, 'UTF8')) from 1 for 16), 'hex')::uuid,
                sha256(convert_to(:title, 'UTF8')), :title, :body, 0, false, :night, :agency)
        returning article_id
        """),
        {"title": title, "body": body, "agency": agency, "night": _night(min(nights))},
    ).scalar_one()
    connection.execute(
        text("""
        insert into news.story_articles (article_id, story_id)
        select :article, article_id from news.articles where title = :canonical
        """),
        {"article": article_id, "canonical": copy_of or title},
    )
    for at, night in enumerate(nights):
        _put_page(connection, article_id, _night(night), f"{title} {at}.txt")
    for at, named in enumerate(names):
        _put_mention(connection, article_id, at, named)
    return article_id


def _night(number: int) -> date:
    return FIRST_NIGHT + timedelta(days=number)


def _put_page(connection: Connection, article_id: UUID, night: date, path: str) -> None:
    values = {"night": night, "path": path, "article": article_id}
    values["key"] = derive_key("file", str(night), path)
    for statement in (
        "insert into ops.ingested_files values (:night, :path, sha256('a'), 1, '1', '1')",
        """
        insert into news.source_files
        values (:key, :night, :path, sha256('a'), 1, 'text/plain', null, 'utf-8', 1)
        """,
        """
        insert into news.pages (page_id, file_id, page_no, byte_start, byte_end, char_count,
                                segment_method, is_repaired)
        values (:key, :key, 1, 0, 1, 1, 'mirror', false)
        """,
        "insert into news.article_occurrences values (:key, 1, :article, 0, 1)",
    ):
        connection.execute(text(statement), values)


def _put_mention(connection: Connection, article_id: UUID, at: int, named: Named) -> None:
    values = {
        "article": article_id,
        "entity": named.entity_id,
        "name_id": derive_key("name", named.entity_type, named.name),
        "type": named.entity_type,
        "key": named.entity or named.name,
        "name": named.name,
        "paragraph": named.paragraph,
        "start": 1_000 * at,
        "end": 1_000 * at + len(named.name),
        "sentence": 0,
        "sentence_end": 1_000_000,
    }
    for statement in (
        """
        insert into news.entities (entity_id, entity_type, entity_key, display_name)
        values (:entity, :type, :key, :key) on conflict do nothing
        """,
        """
        insert into news.names (name_id, entity_type, name, entity_id, rule, mention_count)
        values (:name_id, :type, :name, :entity, 'folded_name', 1)
            on conflict (name_id) do update set mention_count = names.mention_count + 1
        """,
        """
        insert into news.mentions
        values (:article, 'body', :paragraph, :start, :end, :name, :name_id, :type,
                :sentence, :sentence_end)
        """,
    ):
        connection.execute(text(statement), values)
