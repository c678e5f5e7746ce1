"""Pairs of articles that share a key and may be near-duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from pipelines.news.candidates import are_likely, candidate_pairs, ranges
from pipelines.news.minhash import NUM_PERM
from pipelines.store import bands
from pipelines.store.signatures import DTYPE

_PAIRS_TOGETHER = 50_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs worth verifying: int64 of shape (m, 2), indices into `articles`."""

    articles: Sequence[UUID]
    pairs: NDArray[np.int64]


def find_candidates(connection: Connection) -> Candidates:
    """Pairs of an article that was signed in this transaction with any that shares a key.

    Those that cannot be near-duplicates by their signatures are left out.
    """
    linked = bands.linked(connection)
    pairs = candidate_pairs(bands.postings(connection), linked)
    # Articles whose ids begin alike are one to the table of keys, and candidates to each other.
    pairs = np.concatenate([pairs, np.stack([linked, linked], axis=1)])
    rows = connection.execute(
        text("""
        select article_id, article_prefix, signature, shingle_count
          from ops.signatures where article_prefix = any(:prefixes)
         order by article_prefix
        """),
        {"prefixes": np.unique(pairs).tolist()},
    ).all()
    prefixes = np.array([row.article_prefix for row in rows], dtype=np.int32)
    ends = _rows_of(pairs, prefixes)
    ends = _of_common_keys(connection, ends, prefixes, [row.article_id for row in rows])
    stored = np.frombuffer(b"".join(row.signature for row in rows), dtype=DTYPE)
    signatures = stored.astype(np.uint32, copy=False).reshape(-1, NUM_PERM)
    counts = np.array([row.shingle_count for row in rows], dtype=np.int64)
    likely = [
        part[are_likely(signatures[a], signatures[b], counts[a], counts[b])]
        for part in np.split(ends, range(_PAIRS_TOGETHER, len(ends), _PAIRS_TOGETHER))
        for a, b in [part.T]
    ]
    return Candidates([row.article_id for row in rows], np.concatenate(likely))


def _of_common_keys(
    connection: Connection,
    pairs: NDArray[np.int64],
    prefixes: NDArray[np.int32],
    articles: Sequence[UUID],
) -> NDArray[np.int64]:
    """The pairs of articles that share a key themselves, and not by another of the same prefix."""
    alike = np.zeros(len(prefixes) + 1, dtype=bool)
    alike[1:-1] = prefixes[1:] == prefixes[:-1]
    is_shared = alike[:-1] | alike[1:]
    doubtful = np.flatnonzero(is_shared[pairs].any(axis=1))
    if not len(doubtful):
        return pairs
    ids = [articles[at] for at in np.unique(pairs[doubtful])]
    rows = connection.execute(
        text("select article_id, keys from ops.signatures where article_id = any(:ids)"),
        {"ids": ids},
    )
    keys = {article_id: set(own) for article_id, own in rows}
    kept = np.ones(len(pairs), dtype=bool)
    for at in doubtful.tolist():
        one, other = (articles[end] for end in pairs[at])
        kept[at] = not keys[one].isdisjoint(keys[other])
    return pairs[kept]


def _rows_of(pairs: NDArray[np.int32], prefixes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pairs of rows for pairs of prefixes, int64 of shape (m, 2): most often one for one."""
    first = np.searchsorted(prefixes, pairs)
    counts = np.searchsorted(prefixes, pairs, side="right") - first
    pair = np.repeat(np.arange(len(pairs)), counts[:, 0])
    left = ranges(first[:, 0], counts[:, 0])
    right = ranges(first[pair, 1], counts[pair, 1])
    left = np.repeat(left, counts[pair, 1])
    return np.stack([left, right], axis=1)[left < right]
