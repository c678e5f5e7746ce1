"""A history into a database, as if nights had brought it: millions of articles in minutes.

Belongs here: what the assets would have stored of generated articles, worked out by the same pure
functions, a block at a time in worker processes, and stored by COPY. That it is the same as what
they store, `orders` shows. Does not belong here: the night that is measured.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from benchmarks.histories.texts import Block, Text
from models import Article, DuplicatePair, LshBand, Signature, StoryArticle
from pipelines.news.candidates import LINK_VERSION, Postings, are_likely, candidate_pairs, link_keys
from pipelines.news.minhash import Signatures, sign
from pipelines.news.shingles import shingle
from pipelines.news.stories import Pair, assign, story_text, verify
from pipelines.pool import map_batches
from pipelines.progress import track
from pipelines.store import bands, bulk
from pipelines.store.signatures import DTYPE

BLOCK = 2_000
"""Articles of a block: as many as `link_stories` signs together, so as many keys in order."""

MAX_CROWD = 2_000
ARTICLE_COLUMNS = (
    "article_id",
    "content_sha256",
    "title",
    "body",
    "word_count",
    "is_truncated",
    "first_landed_on",
)
_FIRST_NIGHT = date(2020, 1, 1)
_LEFT_FOR_LATER = ("news.ix_articles_search",)


@dataclass(frozen=True, slots=True)
class Derived:
    """What is stored of a block's articles, all in the order of their ids."""

    articles: list[bulk.Row]
    signatures: Signatures
    shingle_counts: list[int]
    keys: list[list[int]]
    pairs: list[Pair]
    stories: dict[UUID, UUID]


def blocks_of(articles: int, seed: int) -> list[Block]:
    """The blocks of a history: a hundredth, 2,000 at most, are the crowd of one template."""
    crowd = min(articles // 100, MAX_CROWD)
    sizes = [BLOCK] * ((articles - crowd) // BLOCK)
    if rest := (articles - crowd) % BLOCK:
        sizes.append(rest)
    blocks = [Block(seed, number, size) for number, size in enumerate(sizes)]
    return [*blocks, Block(seed, len(blocks), crowd, is_crowd=True)] if crowd else blocks


def load_blocks(url: str, blocks: Sequence[Block], workers: int) -> None:
    """Load blocks of articles into a database that has the schema and nothing else."""
    engine = create_engine(url, poolclass=NullPool)
    with _built_later(engine), track("articles", sum(one.articles for one in blocks)) as advance:
        for count in map_batches(partial(_load, url=url), blocks, workers):
            advance(count)


def article_row(one: Text, night: date) -> bulk.Row:
    """What the asset `articles` stores of an article."""
    sha256 = hashlib.sha256(story_text(one.title, one.body).encode()).digest()
    words = len(one.body.split())
    return UUID(bytes=sha256[:16]), sha256, one.title, one.body, words, False, night


def derive(rows: Sequence[bulk.Row]) -> Derived:
    """What follows of articles that share a key with each other only."""
    rows = sorted(rows, key=lambda row: bands.prefix(row[0]))
    ids = [row[0] for row in rows]
    shingles = shingle([story_text(row[2], row[3]) for row in rows])
    signed = sign(shingles)
    distinct = shingles.distinct()
    keys = [np.unique(own) for own in link_keys(shingles, signed)]
    pairs = verify(_likely(keys, signed, distinct.counts), ids, distinct)
    return Derived(
        list(rows),
        signed,
        distinct.counts.tolist(),
        [own.tolist() for own in keys],
        pairs,
        _stories(rows, pairs),
    )


def _stories(rows: Sequence[bulk.Row], pairs: Sequence[Pair]) -> dict[UUID, UUID]:
    """The story of each article: named by the earliest, then the longest, then the smallest id."""
    ranked = sorted(rows, key=lambda row: (row[6], -len(row[3]), row[0]))
    places = {row[0]: place for place, row in enumerate(ranked)}
    ends = [(places[pair.article_a], places[pair.article_b]) for pair in pairs]
    named = assign(len(ranked), np.array(ends, dtype=np.int64).reshape(-1, 2)).tolist()
    return {row[0]: ranked[place][0] for row, place in zip(ranked, named, strict=True)}


def _likely(
    keys: Sequence[NDArray[np.int32]], signed: Signatures, counts: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Candidates by their numbers, which are in the order of the prefixes that hubs go by."""
    numbers = np.arange(len(keys), dtype=np.int32)
    sizes = [len(own) for own in keys]
    pairs = candidate_pairs(Postings(np.concatenate(keys), np.repeat(numbers, sizes)), numbers)
    left, right = pairs.T
    return pairs[are_likely(signed[left], signed[right], counts[left], counts[right])]


def _load(block: Block, url: str) -> int:
    """Generate, derive and store a block in one transaction; the number of its articles."""
    night = _FIRST_NIGHT + timedelta(block.number)
    derived = derive([article_row(one, night) for one in block.texts()])
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("set local synchronous_commit = off"))
        put_derived(connection, derived)
    return block.articles


def put_derived(connection: Connection, derived: Derived) -> None:
    """Store what was derived, by COPY, in a transaction of the caller's."""
    ids = [row[0] for row in derived.articles]
    bulk.insert(connection, Article, ARTICLE_COLUMNS, derived.articles)
    bulk.insert(
        connection,
        Signature,
        ("article_id", "signature", "shingle_count", "keys", "signature_version"),
        (
            (one, signature.astype(DTYPE).tobytes(), count, own, LINK_VERSION)
            for one, signature, count, own in zip(
                ids, derived.signatures, derived.shingle_counts, derived.keys, strict=True
            )
        ),
    )
    bulk.insert(
        connection,
        LshBand,
        ("key", "article_prefix"),
        sorted(
            (key, bands.prefix(one))
            for one, own in zip(ids, derived.keys, strict=True)
            for key in own
        ),
    )
    bulk.insert(
        connection,
        DuplicatePair,
        ("article_a", "article_b", "shingles_a", "shingles_b", "shingles_common", "relation"),
        (
            (p.article_a, p.article_b, p.shingles_a, p.shingles_b, p.shingles_common, p.relation)
            for p in derived.pairs
        ),
    )
    bulk.insert(connection, StoryArticle, ("article_id", "story_id"), derived.stories.items())


@contextmanager
def _built_later(engine: Engine) -> Iterator[None]:
    """Drop what is cheaper to build once than to keep, and build it again, exactly as it was."""
    with engine.begin() as connection:
        before = _indexes(connection)
        for name in _LEFT_FOR_LATER:
            connection.execute(text(f"drop index {name}"))
    yield
    with engine.begin() as connection:
        connection.execute(text("set local maintenance_work_mem = '1GB'"))
        for name in _LEFT_FOR_LATER:
            connection.execute(text(before[name]))
        if _indexes(connection) != before:
            raise RuntimeError("The indexes are not what the migrations made.")


def _indexes(connection: Connection) -> dict[str, str]:
    """Definition of each index by its name."""
    rows = connection.execute(
        text("""
        select schemaname || '.' || indexname, indexdef from pg_indexes
         where schemaname in ('news', 'ops')
        """)
    )
    return {row[0]: row[1] for row in rows}
