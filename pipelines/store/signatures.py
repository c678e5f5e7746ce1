"""Signatures of articles and the table of their bands."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from models import LshBand, Signature
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from pipelines.news.minhash import NUM_PERM, band_keys
from pipelines.store import bulk
from pipelines.store.stories import forget_stories

_DTYPE = np.dtype("<u4")
_MAX_CHARS = 20_000_000


@dataclass(frozen=True, slots=True)
class UnsignedArticle:
    """An article without a signature of the current version."""

    article_id: UUID
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class SignedArticle:
    """An article's signature, uint32 of shape (128,), and how many distinct shingles it has."""

    article_id: UUID
    signature: NDArray[np.uint32]
    shingle_count: int


def articles_to_sign(connection: Connection, version: str, limit: int) -> list[UnsignedArticle]:
    """Up to `limit` articles, of a bounded length together, without a signature of this version.

    All of them are looked at, not those of some nights only: signatures of two versions cannot be
    compared, and computing them anew is quick.
    """
    rows = connection.execute(
        text("""
        select article_id, title, body
          from (select *, sum(char_length(body)) over (order by article_id) as chars
                  from (select article.article_id, article.title, article.body
                          from news.articles article
                          left join ops.signatures signature
                            on signature.article_id = article.article_id
                           and signature.signature_version = :version
                         where signature.article_id is null
                         order by article.article_id
                         limit :limit) unsigned) counted
         where chars - char_length(body) < :max_chars
         order by article_id
        """),
        {"version": version, "limit": limit, "max_chars": _MAX_CHARS},
    )
    return [UnsignedArticle(*row) for row in rows]


def count_to_sign(connection: Connection, version: str) -> int:
    """How many articles have no signature of this version."""
    return int(
        connection.scalar(
            text("""
            select (select count(*) from news.articles)
                 - (select count(*) from ops.signatures where signature_version = :version)
            """),
            {"version": version},
        )
        or 0
    )


def put_signatures(connection: Connection, articles: Sequence[SignedArticle], version: str) -> int:
    """Store signatures and their bands; what an earlier version made of these articles goes.

    The bands stay staged as `new_bands` for `candidates`. Articles without a shingle have none:
    nothing of theirs could be shared. Articles that are gone meanwhile are left out.
    """
    bulk.stage(
        connection, "signed", [("article_id", "uuid")], ((one.article_id,) for one in articles)
    )
    there = set(
        connection.scalars(
            text("select article_id from pg_temp.signed join news.articles using (article_id)")
        )
    )
    articles = [one for one in articles if one.article_id in there]
    written = delete_bands(connection, "signed")
    written += forget_stories(connection, "select article_id from pg_temp.signed")
    written += connection.execute(
        text("""
        delete from news.duplicate_pairs using pg_temp.signed
         where article_id in (article_a, article_b)
        """)
    ).rowcount
    written += bulk.upsert(
        connection,
        Signature,
        ("article_id", "signature", "shingle_count", "signature_version"),
        (
            (one.article_id, one.signature.astype(_DTYPE).tobytes(), one.shingle_count, version)
            for one in articles
        ),
    )
    filled = [one for one in articles if one.shingle_count]
    keys = band_keys(np.stack([one.signature for one in filled])) if filled else ()
    bulk.stage(
        connection,
        "new_bands",
        [("key", "bigint"), ("article_id", "uuid")],
        (
            (key, one.article_id)
            for one, own in zip(filled, keys, strict=True)
            for key in own.tolist()
        ),
    )
    return written + bulk.upsert_staged(connection, LshBand, ("key", "article_id"), "new_bands")


def candidates(connection: Connection) -> list[tuple[UUID, UUID]]:
    """Pairs of an article staged by `put_signatures` with any that shares a band, each once."""
    rows = connection.execute(
        text("""
        select distinct least(new.article_id, old.article_id) as article_a,
                        greatest(new.article_id, old.article_id) as article_b
          from pg_temp.new_bands new
          join ops.lsh_bands old on old.key = new.key and old.article_id <> new.article_id
          join ops.signatures signed on signed.article_id = old.article_id
        """)
    )
    return [(row.article_a, row.article_b) for row in rows]


def read_signatures(
    connection: Connection, articles: Sequence[UUID]
) -> dict[UUID, NDArray[np.uint32]]:
    """Stored signatures, each uint32 of shape (128,)."""
    rows = connection.execute(
        text("select article_id, signature from ops.signatures where article_id = any(:articles)"),
        {"articles": list(articles)},
    )
    return {
        row.article_id: np.frombuffer(row.signature, dtype=_DTYPE).astype(np.uint32) for row in rows
    }


def delete_bands(connection: Connection, staged: str) -> int:
    """Delete the bands of the articles in a staging table; their keys follow from the signatures."""
    rows = connection.execute(
        text(f"""
        select article_id, signature
          from ops.signatures join pg_temp.{staged} using (article_id)
        """)
    ).all()
    if not rows:
        return 0
    stored = np.frombuffer(b"".join(row.signature for row in rows), dtype=_DTYPE)
    keys = band_keys(stored.astype(np.uint32).reshape(-1, NUM_PERM))
    bulk.stage(
        connection,
        "gone_bands",
        [("key", "bigint"), ("article_id", "uuid")],
        (
            (key, row.article_id)
            for row, own in zip(rows, keys, strict=True)
            for key in own.tolist()
        ),
    )
    deleted = connection.execute(
        text("""
        delete from ops.lsh_bands band using pg_temp.gone_bands gone
         where band.key = gone.key and band.article_id = gone.article_id
        """)
    )
    return deleted.rowcount
