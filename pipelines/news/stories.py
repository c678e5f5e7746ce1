"""Candidate pairs -> verified pairs -> stories.

A pair counts by what its texts share exactly, and a story is a connected component of pairs, so
that neither depends on what was loaded first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipelines.news.shingles import Shingles

MIN_JACCARD = 0.7
MIN_SHORT_JACCARD = 0.9
"""The least Jaccard index where an article has fewer than `MIN_CONTAINED_SHINGLES`.

So short, other reports of one template share as much as copies with a word changed.
"""
MIN_CONTAINMENT = 0.9
MIN_CONTAINED_SHINGLES = 30
MIN_CONTAINED_RATIO = 0.25
"""Shingles of a contained article by those of the other: less is a passage, not a shortened copy."""

_PAIRS_TOGETHER = 10_000

Relation = Literal["near", "contained"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A verified pair of near-duplicates, `article_a` < `article_b`, with the counts that prove it."""

    article_a: UUID
    article_b: UUID
    shingles_a: int
    shingles_b: int
    shingles_common: int
    relation: Relation


def story_text(title: str, body: str) -> str:
    """The text that articles are compared by: captions belong to photos, not to the report."""
    return f"{title}\n{body}"


def verify(
    pairs: NDArray[np.integer[Any]], articles: Sequence[UUID], shingles: Shingles
) -> list[Pair]:
    """The candidate pairs that are near-duplicates.

    A pair is `near` when the Jaccard index of its distinct shingles is at least 0.7, or 0.9 if the
    shorter article has fewer than 30. Else it is `contained` when the shorter has at least 30, at
    least a quarter as many as the longer, and 0.9 of them stand in the longer.

    Args:
        pairs: indices into `articles`, of shape (m, 2).
        articles: ids of the articles that `shingles` has, in its order.
        shingles: distinct shingles, as `Shingles.distinct` gives them.
    """
    sizes = shingles.counts[pairs]
    common = common_counts(shingles, pairs[:, 0], pairs[:, 1])
    shorter, longer = sizes.min(axis=1), sizes.max(axis=1)
    union, is_long = shorter + longer - common, shorter >= MIN_CONTAINED_SHINGLES
    is_near = _is_share(common, union, np.where(is_long, MIN_JACCARD, MIN_SHORT_JACCARD))
    is_contained = (
        is_long
        & _is_share(shorter, longer, MIN_CONTAINED_RATIO)
        & _is_share(common, shorter, MIN_CONTAINMENT)
    )
    kept = np.flatnonzero((common > 0) & (is_near | is_contained))
    return [
        _pair(articles[a], articles[b], size_a, size_b, shared, "near" if near else "contained")
        for (a, b), (size_a, size_b), shared, near in zip(
            pairs[kept].tolist(),
            sizes[kept].tolist(),
            common[kept].tolist(),
            is_near[kept].tolist(),
            strict=True,
        )
    ]


def _is_share(
    part: NDArray[np.int64], whole: NDArray[np.int64], share: float | NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether `part` is at least this share of `whole`, exactly; a share has two decimals."""
    hundredths = np.rint(100 * np.asarray(share)).astype(np.int64)
    return np.asarray(100 * part >= hundredths * whole)


def _pair(a: UUID, b: UUID, size_a: int, size_b: int, common: int, relation: Relation) -> Pair:
    if a < b:
        return Pair(a, b, size_a, size_b, common, relation)
    return Pair(b, a, size_b, size_a, common, relation)


def common_counts(
    shingles: Shingles, left: NDArray[np.integer[Any]], right: NDArray[np.integer[Any]]
) -> NDArray[np.int64]:
    """How many distinct shingles the texts `left[i]` and `right[i]` share, int64 of shape (n,).

    Texts are rows of a sparse matrix whose columns are hashes; scipy multiplies two rows by merging
    their sorted columns. A column takes 63 bits, so the lowest bit of a hash is not looked at.
    """
    columns = (shingles.hashes >> np.uint64(1)).astype(np.int64)
    rows = csr_array(
        (np.ones(len(columns), dtype=np.int32), columns, shingles.offsets),
        shape=(len(shingles), 2**63 - 1),
    )
    rows.has_sorted_indices = rows.has_canonical_format = True
    counts: list[NDArray[np.int64]] = [
        rows[left[start : start + _PAIRS_TOGETHER]]
        .multiply(rows[right[start : start + _PAIRS_TOGETHER]])
        .sum(axis=1)
        for start in range(0, len(left), _PAIRS_TOGETHER)
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *counts]).astype(np.int64)


def assign(members: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The story of each member, named by the story's canonical article, int64 of shape (members,).

    Members are numbered in the order in which they would name a story: the earliest, then the
    longest, then the one with the smallest id. Those that no pair joins are stories of one.

    Args:
        members: how many there are.
        pairs: numbers of members, of shape (m, 2).
    """
    graph = coo_array(
        (np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(members, members)
    )
    _, labels = connected_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)
    return np.asarray(first[labels], dtype=np.int64)
