"""Signatures of articles, and the table of the keys they are found by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from models import Signature
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from pipelines.store import bands, bulk
from pipelines.store.landing import ARTICLES_OF_NIGHTS

DTYPE = np.dtype("<u4")
_MAX_CHARS = 20_000_000


@dataclass(frozen=True, slots=True)
class UnlinkedArticle:
    """An article whose near-duplicates have to be looked for."""

    article_id: UUID
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class SignedArticle:
    """An article's signature, uint32 of shape (128,), its distinct shingles and its keys."""

    article_id: UUID
    signature: NDArray[np.uint32]
    shingle_count: int
    keys: list[int]


def queue_outdated(connection: Connection, version: str) -> int:
    """Put all articles that another version signed on the list of those to link.

    All of them, not those of some nights only: signatures of two versions cannot be compared, and
    computing them anew is quick. Returns the rows written.
    """
    return connection.execute(
        text("""
        insert into ops.unlinked_articles
        select article_id from ops.signatures where signature_version < :version
        union all
        select article_id from ops.signatures where signature_version > :version
        on conflict do nothing
        """),
        {"version": version},
    ).rowcount


def queue_unsigned(connection: Connection, staged: str) -> int:
    """Put those articles of a staging table that have no signature on the list of those to link."""
    return connection.execute(
        text(f"""
        insert into ops.unlinked_articles
        select article_id from pg_temp.{staged} staged
         where not exists (select from ops.signatures signature
                            where signature.article_id = staged.article_id)
        on conflict do nothing
        """)
    ).rowcount


def queue_nights(connection: Connection, first: date, last: date) -> int:
    """Put the articles of these nights on the list of those to link; returns the rows written."""
    return connection.execute(
        text(f"""
        insert into ops.unlinked_articles {ARTICLES_OF_NIGHTS} on conflict do nothing
        """),
        {"first": first, "last": last},
    ).rowcount


def articles_to_link(connection: Connection, limit: int) -> list[UnlinkedArticle]:
    """Up to `limit` articles of the list, of a bounded length together."""
    rows = connection.execute(
        text("""
        select article_id, title, body
          from (select *, sum(char_length(body)) over (order by article_id) as chars
                  from (select article_id, article.title, article.body
                          from ops.unlinked_articles join news.articles article using (article_id)
                         order by article_id
                         limit :limit) unlinked) counted
         where chars - char_length(body) < :max_chars
         order by article_id
        """),
        {"limit": limit, "max_chars": _MAX_CHARS},
    )
    return [UnlinkedArticle(*row) for row in rows]


def count_to_link(connection: Connection) -> int:
    """How many articles are on the list."""
    return int(connection.scalar(text("select count(*) from ops.unlinked_articles")) or 0)


def read_signatures(
    connection: Connection, articles: Sequence[UUID]
) -> dict[UUID, tuple[NDArray[np.uint32], int]]:
    """Stored signatures, each uint32 of shape (128,), with the numbers of distinct shingles."""
    rows = connection.execute(
        text("""
        select article_id, signature, shingle_count
          from ops.signatures where article_id = any(:articles)
        """),
        {"articles": list(articles)},
    )
    return {
        row.article_id: (
            np.frombuffer(row.signature, dtype=DTYPE).astype(np.uint32),
            row.shingle_count,
        )
        for row in rows
    }


def put_signatures(connection: Connection, articles: Sequence[SignedArticle], version: str) -> int:
    """Store signatures and keys, and strike the articles off the list; returns the rows written.

    Articles that are gone meanwhile are left out; the others stay staged as `signed`.
    """
    bulk.stage(
        connection, "signed", [("article_id", "uuid")], ((one.article_id,) for one in articles)
    )
    connection.execute(
        text("""
        delete from pg_temp.signed where not exists (
               select from news.articles where articles.article_id = signed.article_id)
        """)
    )
    there = set(connection.scalars(text("select article_id from pg_temp.signed")))
    articles = [one for one in articles if one.article_id in there]
    bands.stage_keys(
        connection,
        ((key, bands.prefix(one.article_id)) for one in articles for key in one.keys),
        instead_of="signed",
    )
    written = bulk.upsert(
        connection,
        Signature,
        ("article_id", "signature", "shingle_count", "keys", "signature_version"),
        (
            (
                one.article_id,
                one.signature.astype(DTYPE).tobytes(),
                one.shingle_count,
                one.keys,
                version,
            )
            for one in articles
        ),
    )
    written += bands.put_bands(connection)
    struck = connection.execute(
        text("""
        delete from ops.unlinked_articles unlinked using pg_temp.signed
         where unlinked.article_id = signed.article_id
        """)
    )
    return written + struck.rowcount


def delete_signatures(connection: Connection, staged: str) -> int:
    """Delete signatures and keys of the articles in a staging table; returns the rows written."""
    bands.stage_keys(connection, (), instead_of=staged)
    deleted = connection.execute(
        text(f"""
        delete from ops.signatures using pg_temp.{staged} gone
         where signatures.article_id = gone.article_id
        """)
    )
    return deleted.rowcount + bands.put_bands(connection)
