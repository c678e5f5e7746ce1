"""How good what a contender found is, held against what texts share exactly.

A pair counts as found when it is reported, and as joined when its articles end in the same story: a
way that links a crowd of like articles to a few of them reports not all pairs and joins them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.duplicates.contenders import Found
from benchmarks.duplicates.planted import Kind, Planted
from benchmarks.duplicates.truth import Labels, Pairs, Shared, adjusted_rand, codes, components

BY_CHANCE = "by chance"
TWO_COPIES = "two copies"
_OWN_GROUP: tuple[Kind, ...] = ("template", "boilerplate", "short template")
_ORIGINALS: tuple[Kind, ...] = ("original", "short original")
_BANDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tally:
    """Pairs of one kind and relation: those there are, those reported, and how they meet."""

    true: int
    found: int
    joined: int
    reported: int

    @property
    def recall(self) -> float:
        """Of the true pairs, the share that is reported."""
        return self.found / self.true if self.true else 1.0

    @property
    def joined_recall(self) -> float:
        """Of the true pairs, the share that ends in the same story."""
        return self.joined / self.true if self.true else 1.0

    @property
    def precision(self) -> float:
        """Of the reported pairs, the share that is true."""
        return self.found / self.reported if self.reported else 1.0


@dataclass(frozen=True, slots=True)
class Scores:
    """What one contender reached; `aside` leaves out the reports of one template.

    `ari_near` compares components of near pairs, `ari_stories` of all that it found with those of
    near and contained pairs.
    """

    near: Tally
    near_aside: Tally
    contained: Tally
    ari_near: float
    ari_stories: float


@dataclass(frozen=True, slots=True)
class Band:
    """Planted copies that kept more than `low` and at most `high`."""

    low: float
    high: float
    planted: int
    true: int
    found: int
    joined: int


class Judge:
    """Knows what is true of a corpus."""

    def __init__(self, corpus: Sequence[Planted], exact: Shared) -> None:
        self.kinds = np.array([article.kind for article in corpus])
        self.families = np.array([article.family for article in corpus])
        self.kept = np.array([article.kept for article in corpus])
        self.exact = exact
        self.near: Pairs = exact.pairs[exact.is_near]
        self.contained: Pairs = exact.pairs[exact.is_contained]
        self._ari_near = components(len(corpus), self.near)
        self._ari_stories = components(len(corpus), exact.pairs)

    def stories(self, pairs: Pairs) -> Labels:
        """The story of each article by such pairs."""
        return components(len(self.kinds), pairs)

    def scores(self, found: Found) -> Scores:
        """Everything at a glance."""
        stories = self.stories(np.concatenate([found.near, found.contained]))
        crowd = self.pair_kinds(self.near) == "template"
        reported_crowd = self.pair_kinds(found.near) == "template"
        return Scores(
            near=_tally(self.near, found.near, stories),
            near_aside=_tally(self.near[~crowd], found.near[~reported_crowd], stories),
            contained=_tally(self.contained, found.contained, stories),
            ari_near=adjusted_rand(self._ari_near, self.stories(found.near)),
            ari_stories=adjusted_rand(self._ari_stories, stories),
        )

    def by_kind(self, found: Found) -> dict[str, tuple[Tally, Tally]]:
        """Near and contained pairs of each kind that there are or were reported."""
        stories = self.stories(np.concatenate([found.near, found.contained]))
        near, contained = (
            self._tallies(true, reported, stories)
            for true, reported in ((self.near, found.near), (self.contained, found.contained))
        )
        none = Tally(0, 0, 0, 0)
        return {
            kind: (near.get(kind, none), contained.get(kind, none))
            for kind in sorted({*near, *contained})
        }

    def by_kept(self, found: Found, kind: Kind) -> list[Band]:
        """Copies of a kind with their originals, by how much both share of the longer."""
        pairs, copies = self.copies(kind)
        every = np.concatenate([found.near, found.contained])
        stories = self.stories(every)
        true, reported = is_in(pairs, self.exact.pairs), is_in(pairs, every)
        joined = are_joined(pairs, stories)
        band_of = np.maximum(np.searchsorted(_BANDS, self.kept[copies], side="left") - 1, 0)
        bands = []
        for band, (low, high) in enumerate(pairwise(_BANDS)):
            inside = band_of == band
            counts = (int((inside & mask).sum()) for mask in (inside, true, reported, joined))
            bands.append(Band(low, high, *counts))
        return [band for band in bands if band.planted]

    def copies(self, kind: Kind) -> tuple[Pairs, NDArray[np.int64]]:
        """Pairs of a copy of this kind with its original, and the copies."""
        copies = np.flatnonzero(self.kinds == kind)
        is_original = np.isin(self.kinds, _ORIGINALS)
        originals = dict(
            zip(self.families[is_original].tolist(), np.flatnonzero(is_original), strict=True)
        )
        ends = [
            (originals[family], copy)
            for family, copy in zip(self.families[copies], copies, strict=True)
        ]
        return np.array(ends, dtype=np.int32).reshape(-1, 2), copies

    def joined_within(self, kind: Kind, stories: Labels) -> int:
        """Pairs of articles of this kind that are in the same story."""
        sizes = np.bincount(stories[self.kinds == kind])
        return int((sizes * (sizes - 1) // 2).sum())

    def pair_kinds(self, pairs: Pairs) -> NDArray[np.str_]:
        """What was done to the copy of each pair, or what else the pair is."""
        left, right = self.kinds[pairs[:, 0]], self.kinds[pairs[:, 1]]
        kinds = np.full(len(pairs), TWO_COPIES, dtype=self.kinds.dtype)
        kinds = np.where(np.isin(right, _ORIGINALS), left, kinds)
        kinds = np.where(np.isin(left, _ORIGINALS), right, kinds)
        kinds = np.where((left == right) & np.isin(left, _OWN_GROUP), left, kinds)
        apart = self.families[pairs[:, 0]] != self.families[pairs[:, 1]]
        return np.where(apart, BY_CHANCE, kinds)

    def _tallies(self, true: Pairs, reported: Pairs, stories: Labels) -> dict[str, Tally]:
        true_kinds, reported_kinds = self.pair_kinds(true), self.pair_kinds(reported)
        return {
            kind: _tally(true[true_kinds == kind], reported[reported_kinds == kind], stories)
            for kind in {*true_kinds.tolist(), *reported_kinds.tolist()}
        }


def is_in(pairs: Pairs, others: Pairs) -> Mask:
    """Whether each pair, smaller number first or not, is among the others."""
    ends = np.sort(pairs, axis=1).astype(np.int64)
    return np.isin(ends[:, 0] << 32 | ends[:, 1], codes(others))


def are_joined(pairs: Pairs, stories: Labels) -> Mask:
    """Whether both articles of each pair are in the same story."""
    return np.asarray(stories[pairs[:, 0]] == stories[pairs[:, 1]])


def _tally(true: Pairs, reported: Pairs, stories: Labels) -> Tally:
    return Tally(
        true=len(true),
        found=int(is_in(true, reported).sum()),
        joined=int(are_joined(true, stories).sum()),
        reported=len(codes(reported)),
    )
