"""Articles -> stories, mentions and entities: in batches, one transaction each."""

from collections.abc import Iterator, Sequence
from functools import partial
from uuid import UUID

import numpy as np
from sqlalchemy import Connection

from pipelines import progress
from pipelines.alias_file import own_resolver
from pipelines.defs.runs import AssetRun
from pipelines.news import ner
from pipelines.news.candidates import LINK_VERSION, link_keys
from pipelines.news.minhash import sign
from pipelines.news.ner import ReadArticle
from pipelines.news.records import ArticleText
from pipelines.news.resolver import by_tables
from pipelines.news.shingles import shingle
from pipelines.news.stories import Pair, story_text, verify
from pipelines.pool import map_batches
from pipelines.store import mentions, names, signatures, stories
from pipelines.store.candidates import find_candidates
from pipelines.store.quotations import put_quotations
from pipelines.store.signatures import SignedArticle, UnlinkedArticle

_LINKED_TOGETHER = 2_000
_VERIFIED_TOGETHER = 10_000
_READ_TOGETHER = 8
_STORED_TOGETHER = 256
_RESOLVED_TOGETHER = 20_000
_ALONE_BELOW = 128
"""Articles up to which starting worker processes takes longer than reading without them."""


def link_stories(run: AssetRun, *, force: bool = False) -> None:
    """Sign the articles on the list of those to link, find their pairs, and assign stories."""
    if force:
        first, last = run.nights
        run.write(partial(signatures.queue_nights, first=first, last=last))
    run.write(partial(signatures.queue_outdated, version=LINK_VERSION))
    with run.engine.connect() as connection:
        total = signatures.count_to_link(connection)
    with progress.track("stories", total) as advance:
        while True:
            with run.engine.connect() as connection:
                batch = signatures.articles_to_link(connection, _LINKED_TOGETHER)
            if not batch:
                break
            run.write(partial(_link_batch, batch=_signed(batch)))
            run.count(articles_linked=len(batch))
            advance(len(batch))


def read_articles(
    run: AssetRun, pipeline: str | None, workers: int, *, force: bool = False
) -> None:
    """Read articles of these nights that the current version has not read."""
    first, last = run.nights
    version = ner.ner_version(pipeline)
    if force:
        run.write(partial(mentions.forget_annotations, first=first, last=last))
    with run.engine.connect() as connection:
        pending = mentions.articles_to_read(connection, first, last, version)
    processes = workers if len(pending) > _ALONE_BELOW else 1
    read: list[ReadArticle] = []
    with progress.track("articles", len(pending)) as advance:
        results = map_batches(
            partial(ner.read_batch, pipeline=pipeline), _texts(run, pending), processes
        )
        for words, found in results:
            read += found
            run.count(
                words=words,
                articles_read=len(found),
                mentions=sum(len(one.mentions) for one in found),
                quotations=sum(len(one.quotations) for one in found),
            )
            advance(len(found))
            if len(read) >= _STORED_TOGETHER:
                run.write(partial(_put_read, read=read, version=version))
                read = []
    if read:
        run.write(partial(_put_read, read=read, version=version))


def _put_read(connection: Connection, read: Sequence[ReadArticle], version: str) -> int:
    """Store what was found in a batch of articles."""
    found = [(one.article_id, one.mentions) for one in read]
    written = mentions.put_mentions(connection, found, version)
    return written + put_quotations(connection, [(one.article_id, one.quotations) for one in read])


def resolve_names(run: AssetRun, *, force: bool = False) -> None:
    """Join names that the current rules have not seen to their entities."""
    rules = own_resolver()
    if force:
        first, last = run.nights
        run.write(partial(names.forget_resolutions, first=first, last=last))
    with run.engine.connect() as connection:
        total = names.count_to_resolve(connection, rules.version)
    with progress.track("names", total) as advance:
        while True:
            with run.engine.connect() as connection:
                batch = names.names_to_resolve(connection, rules.version, _RESOLVED_TOGETHER)
            if not batch:
                break
            resolved = [
                (one, entity, entity and by_tables(one.name, one.entity_type))
                for one in batch
                for entity in [rules.resolve(one.name, one.entity_type)]
            ]
            run.write(partial(names.put_resolutions, resolved=resolved, version=rules.version))
            run.count(names_resolved=len(batch))
            advance(len(batch))


def _signed(batch: Sequence[UnlinkedArticle]) -> list[SignedArticle]:
    """Signatures, numbers of distinct shingles and keys of a batch."""
    shingles = shingle([story_text(one.title, one.body) for one in batch])
    signed = sign(shingles)
    counts = shingles.distinct().counts.tolist()
    return [
        SignedArticle(one.article_id, signature, count, np.unique(keys).tolist() if count else [])
        for one, signature, count, keys in zip(
            batch, signed, counts, link_keys(shingles, signed), strict=True
        )
    ]


def _link_batch(connection: Connection, batch: Sequence[SignedArticle]) -> int:
    """Store a batch of signatures, verify its candidate pairs, and assign the stories that change."""
    written = signatures.put_signatures(connection, batch, LINK_VERSION)
    found = find_candidates(connection)
    pairs: list[Pair] = []
    for start in range(0, len(found.pairs), _VERIFIED_TOGETHER):
        ends, part = np.unique(found.pairs[start : start + _VERIFIED_TOGETHER], return_inverse=True)
        ids = [found.articles[end] for end in ends]
        texts = stories.read_texts(connection, ids)
        shingles = shingle([story_text(*texts[one]) for one in ids]).distinct()
        pairs += verify(part.reshape(-1, 2), ids, shingles)
    written += stories.put_pairs(connection, pairs)
    return written + stories.assign_stories(connection)


def _texts(run: AssetRun, pending: Sequence[UUID]) -> Iterator[list[ArticleText]]:
    """The articles to read, a few at a time, as they are needed."""
    for start in range(0, len(pending), _READ_TOGETHER):
        with run.engine.connect() as connection:
            yield mentions.read_texts(connection, pending[start : start + _READ_TOGETHER])
