"""Articles -> stories, mentions and entities: in batches, one transaction each."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import starmap
from uuid import UUID

import numpy as np
from sqlalchemy import Connection

from pipelines import progress
from pipelines.defs.runs import AssetRun
from pipelines.news import ner
from pipelines.news.minhash import SIGNATURE_VERSION, estimates, sign
from pipelines.news.names import RESOLVER_VERSION, resolve
from pipelines.news.records import ArticleText, Mention
from pipelines.news.shingles import shingle
from pipelines.news.stories import MIN_ESTIMATE, story_text, verify
from pipelines.pool import map_batches
from pipelines.store import mentions, names, stories
from pipelines.store import signatures as signature_store
from pipelines.store.signatures import SignedArticle, UnsignedArticle

_SIGNED_TOGETHER = 2_000
_READ_TOGETHER = 8
_STORED_TOGETHER = 256
_RESOLVED_TOGETHER = 20_000
_ALONE_BELOW = 128
"""Articles up to which starting worker processes takes longer than reading without them."""


def link_stories(run: AssetRun) -> None:
    """Sign articles that have no current signature, and assign stories."""
    with run.engine.connect() as connection:
        total = signature_store.count_to_sign(connection, SIGNATURE_VERSION)
    with progress.track("stories", total) as advance:
        while True:
            with run.engine.connect() as connection:
                batch = signature_store.articles_to_sign(
                    connection, SIGNATURE_VERSION, _SIGNED_TOGETHER
                )
            if not batch:
                break
            run.write(partial(_link_batch, batch=_signed(batch)))
            run.count(articles_signed=len(batch))
            advance(len(batch))
    run.write(stories.assign_stories)


def read_articles(run: AssetRun, pipeline: str | None, workers: int) -> None:
    """Read articles of these nights that the current version has not read."""
    first, last = run.nights
    version = ner.ner_version(pipeline)
    with run.engine.connect() as connection:
        pending = mentions.articles_to_read(connection, first, last, version)
    processes = workers if len(pending) > _ALONE_BELOW else 1
    read: list[tuple[UUID, list[Mention]]] = []
    with progress.track("articles", len(pending)) as advance:
        results = map_batches(
            partial(ner.read_batch, pipeline=pipeline), _texts(run, pending), processes
        )
        for words, found in results:
            read += found
            run.count(words=words, articles_read=len(found), mentions=sum(len(m) for _, m in found))
            advance(len(found))
            if len(read) >= _STORED_TOGETHER:
                run.write(partial(mentions.put_mentions, articles=read, version=version))
                read = []
    if read:
        run.write(partial(mentions.put_mentions, articles=read, version=version))


def resolve_names(run: AssetRun) -> None:
    """Join names that the current rules have not seen to their entities."""
    with run.engine.connect() as connection:
        total = names.count_to_resolve(connection, RESOLVER_VERSION)
    with progress.track("names", total) as advance:
        while True:
            with run.engine.connect() as connection:
                batch = names.names_to_resolve(connection, RESOLVER_VERSION, _RESOLVED_TOGETHER)
            if not batch:
                break
            resolved = [(one, resolve(one.name, one.entity_type)) for one in batch]
            run.write(partial(names.put_resolutions, resolved=resolved, version=RESOLVER_VERSION))
            run.count(names_resolved=len(batch))
            advance(len(batch))


def _signed(batch: Sequence[UnsignedArticle]) -> list[SignedArticle]:
    """Signatures and numbers of distinct shingles of a batch."""
    shingles = shingle([story_text(one.title, one.body) for one in batch])
    ids = [one.article_id for one in batch]
    return list(
        starmap(
            SignedArticle,
            zip(ids, sign(shingles), shingles.distinct().counts.tolist(), strict=True),
        )
    )


def _link_batch(connection: Connection, batch: Sequence[SignedArticle]) -> int:
    """Store a batch of signatures, verify its candidate pairs, and assign the stories that change."""
    written = signature_store.put_signatures(connection, batch, SIGNATURE_VERSION)
    pairs = _likely(connection, signature_store.candidates(connection))
    texts = stories.read_texts(connection, sorted({one for pair in pairs for one in pair}))
    shingles = shingle([story_text(*text) for text in texts.values()]).distinct()
    written += stories.put_pairs(connection, verify(pairs, list(texts), shingles))
    return written + stories.assign_stories(connection)


def _likely(
    connection: Connection, candidates: Sequence[tuple[UUID, UUID]]
) -> list[tuple[UUID, UUID]]:
    """The candidates whose estimated Jaccard makes verifying them worth while.

    A contained article has a low Jaccard, and is found here only if its estimate is not.
    """
    if not candidates:
        return []
    stored = signature_store.read_signatures(
        connection, sorted({one for pair in candidates for one in pair})
    )
    left = np.stack([stored[a] for a, _ in candidates])
    right = np.stack([stored[b] for _, b in candidates])
    keep = estimates(left, right) >= MIN_ESTIMATE
    return [pair for pair, is_likely in zip(candidates, keep, strict=True) if is_likely]


def _texts(run: AssetRun, pending: Sequence[UUID]) -> Iterator[list[ArticleText]]:
    """The articles to read, a few at a time, as they are needed."""
    for start in range(0, len(pending), _READ_TOGETHER):
        with run.engine.connect() as connection:
            yield mentions.read_texts(connection, pending[start : start + _READ_TOGETHER])
