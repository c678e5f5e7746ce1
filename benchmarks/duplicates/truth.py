"""What any two articles share exactly, and how well a grouping agrees with another.

Belongs here: everything that is held against what a contender finds. It is worked out from the words
themselves and takes no hash of the pipeline's, only the numbers of its rule.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipelines.news.shingles import SHINGLE_WORDS
from pipelines.news.stories import (
    MIN_CONTAINED_RATIO,
    MIN_CONTAINED_SHINGLES,
    MIN_CONTAINMENT,
    MIN_JACCARD,
    MIN_SHORT_JACCARD,
)

_WORD = re.compile(r"\w+")
_TOGETHER = 512

Pairs = NDArray[np.int32]
Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Shared:
    """Pairs of articles that share shingles: `pairs` int32 (m, 2), left < right, sorted.

    `common` and `sizes` count distinct shingles: of the pair, int64 (m,), and of its articles,
    int64 (m, 2).
    """

    pairs: Pairs
    common: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """Shared shingles by all of both articles."""
        return np.asarray(self.common / (self.sizes.sum(axis=1) - self.common))

    @property
    def is_near(self) -> NDArray[np.bool_]:
        """Whether the Jaccard index suffices, which of short articles is a higher one."""
        union = self.sizes.sum(axis=1) - self.common
        is_short = self.sizes.min(axis=1) < MIN_CONTAINED_SHINGLES
        enough = _is_share(self.common, union, MIN_JACCARD)
        return np.asarray(enough & (~is_short | _is_share(self.common, union, MIN_SHORT_JACCARD)))

    @property
    def is_contained(self) -> NDArray[np.bool_]:
        """Whether the pair is not near, and the shorter article stands in the longer."""
        shorter, longer = self.sizes.min(axis=1), self.sizes.max(axis=1)
        return np.asarray(
            ~self.is_near
            & (shorter >= MIN_CONTAINED_SHINGLES)
            & _is_share(shorter, longer, MIN_CONTAINED_RATIO)
            & _is_share(self.common, shorter, MIN_CONTAINMENT)
        )

    def __getitem__(self, kept: NDArray[np.bool_]) -> "Shared":
        return Shared(self.pairs[kept], self.common[kept], self.sizes[kept])


def related_pairs(texts: Sequence[str]) -> Shared:
    """All pairs of texts that are near or contained, of all pairs that there are."""
    parts = [part[part.is_near | part.is_contained] for part in _shared(texts)]
    return _joined(parts)


def sharing_pairs(texts: Sequence[str]) -> Shared:
    """All pairs of texts that share a shingle."""
    return _joined(list(_shared(texts)))


def components(articles: int, pairs: Pairs) -> Labels:
    """A number for each article, the same for those that pairs join, int32 of shape (articles,)."""
    links = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((links, (pairs[:, 0], pairs[:, 1])), shape=(articles, articles))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


def adjusted_rand(left: Labels, right: Labels) -> float:
    """How far two groupings of the same things agree: 1 is fully, 0 as much as by chance.

    After Hubert and Arabie, Comparing Partitions, Journal of Classification 2 (1985).
    """
    packed = left.astype(np.int64) << 32 | right.astype(np.int64)
    both, ours, theirs = (_pairs_within(labels) for labels in (packed, left, right))
    every = len(left) * (len(left) - 1) / 2
    expected = ours * theirs / every if every else 0.0
    most = (ours + theirs) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def codes(pairs: Pairs) -> NDArray[np.int64]:
    """Each pair as one number, whichever of its articles stands first; sorted, without repeats."""
    ends = np.sort(pairs, axis=1).astype(np.int64)
    return np.unique(ends[:, 0] << 32 | ends[:, 1])


def _is_share(part: NDArray[np.int64], whole: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Whether `part` is at least this share of `whole`, in whole numbers: no float decides."""
    return np.asarray(100 * part >= round(100 * share) * whole)


def _pairs_within(labels: NDArray[np.integer]) -> float:
    sizes = np.unique(labels, return_counts=True)[1].astype(np.float64)
    return float((sizes * (sizes - 1) / 2).sum())


def _shared(texts: Sequence[str]) -> Iterator[Shared]:
    """Pairs that share a shingle, some hundred texts against all at a time."""
    incidence = _incidence(texts)
    sizes = np.diff(incidence.indptr).astype(np.int64)
    # A shingle that only one text has is in no pair.
    incidence = incidence[:, np.flatnonzero(np.bincount(incidence.indices) > 1)]
    for start in range(0, len(texts), _TOGETHER):
        later = incidence[start:]
        found = coo_array(incidence[start : start + _TOGETHER] @ later.T)
        left, right = found.row + start, found.col + start
        once = left < right
        pairs = np.stack([left[once], right[once]], axis=1).astype(np.int32)
        yield Shared(pairs, found.data[once].astype(np.int64), sizes[pairs])


def _joined(parts: list[Shared]) -> Shared:
    pairs = np.concatenate([part.pairs for part in parts])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    common = np.concatenate([part.common for part in parts])
    return Shared(pairs[order], common[order], np.concatenate([p.sizes for p in parts])[order])


def _incidence(texts: Sequence[str]) -> csr_array:
    """Which text has which shingle: ones of int32, texts by shingles.

    A text of fewer words than a shingle has is one shingle of all of them: it is filled up with a
    word that no text has.
    """
    numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
    words: list[int] = []
    grams: list[int] = []
    for text in texts:
        own = [numbers[word] for word in _WORD.findall(text.lower())]
        if own:
            own += [0] * (SHINGLE_WORDS - len(own))
        words += own
        grams.append(max(len(own) - SHINGLE_WORDS + 1, 0))
    counts = np.array(grams, dtype=np.int64)
    # Each text has four words more than shingles, but for those that have neither.
    before = (SHINGLE_WORDS - 1) * (np.cumsum(counts > 0) - 1)
    starts = np.arange(counts.sum()) + np.repeat(before, counts)
    shingles = _numbered(np.array(words, dtype=np.int64), starts)
    rows = np.repeat(np.arange(len(texts)), counts)
    shape = (len(texts), int(shingles.max(initial=-1)) + 1)
    incidence = csr_array((np.ones(len(rows), dtype=np.int32), (rows, shingles)), shape=shape)
    incidence.data[:] = 1  # where a text repeats a shingle, ones were summed
    return incidence


def _numbered(words: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each sequence of five words that starts there, by joining a word at a time."""
    found = words[starts]
    for place in range(1, SHINGLE_WORDS):
        joined = found << 32 | words[starts + place]
        found = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return found
