"""Candidate pairs -> verified pairs -> stories.

A pair counts by what its texts share exactly, and a story is a connected component of pairs, so
that neither depends on what was loaded first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

MIN_JACCARD = 0.7
MIN_CONTAINMENT = 0.9
MIN_CONTAINED_SHINGLES = 30
MIN_ESTIMATE = 0.55
"""Below this estimated Jaccard a candidate pair is not verified."""

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


@dataclass(frozen=True, slots=True)
class Member:
    """What decides which article names its story."""

    article_id: UUID
    first_landed_on: date
    body_chars: int


def story_text(title: str, body: str) -> str:
    """The text that articles are compared by: captions belong to photos, not to the report."""
    return f"{title}\n{body}"


def verify(
    candidates: Sequence[tuple[UUID, UUID]], shingles: Mapping[UUID, NDArray[np.uint64]]
) -> list[Pair]:
    """The candidate pairs that are near-duplicates.

    A pair is `near` when the Jaccard index of its distinct shingles is at least 0.7, else
    `contained` when the shorter article has at least 30 and 0.9 of them stand in the longer.
    """
    pairs = []
    for one, other in candidates:
        first, second = min(one, other), max(one, other)
        a, b = shingles[first], shingles[second]
        common = len(np.intersect1d(a, b, assume_unique=True))
        relation = _relation(len(a), len(b), common)
        if relation:
            pairs.append(Pair(first, second, len(a), len(b), common, relation))
    return pairs


def _relation(a: int, b: int, common: int) -> Relation | None:
    if not common:
        return None
    if common >= MIN_JACCARD * (a + b - common):
        return "near"
    shorter = min(a, b)
    if shorter >= MIN_CONTAINED_SHINGLES and common >= MIN_CONTAINMENT * shorter:
        return "contained"
    return None


def assign(members: Sequence[Member], pairs: Sequence[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The story of each member, named by the story's canonical article.

    That is its earliest, then its longest, then the one with the smallest id. Members that no pair
    joins are stories of one.
    """
    index = {member.article_id: at for at, member in enumerate(members)}
    ends = np.array([(index[a], index[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    graph = coo_array(
        (np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])),
        shape=(len(members), len(members)),
    )
    _, labels = connected_components(graph, directed=False)
    ranked = sorted(
        zip(members, labels.tolist(), strict=True),
        key=lambda item: (item[0].first_landed_on, -item[0].body_chars, item[0].article_id),
    )
    canonical: dict[int, UUID] = {}
    for member, label in ranked:
        canonical.setdefault(label, member.article_id)
    return {member.article_id: canonical[label] for member, label in ranked}
