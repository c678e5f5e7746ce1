"""Shingles and signatures -> keys; keys -> the pairs of articles worth comparing.

Two articles are candidates when they share a key, of which there are two kinds. *Bands* of the
signature find articles that share most of their shingles (Leskovec, Rajaraman and Ullman, Mining of
Massive Datasets, chapter 3). *Anchors* find an article that is cut short or extended: passages of
ten words taken from its beginning and its end, those of the smallest hashes, so that both copies
choose the same (after winnowing: Schleimer, Wilkerson and Aiken 2003).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.news.minhash import BANDS, SIGNATURE_VERSION, Signatures, band_keys, estimates
from pipelines.news.shingles import SHINGLE_WORDS, Shingles
from pipelines.news.stories import MIN_CONTAINED_RATIO, MIN_CONTAINED_SHINGLES

HUBS = 16
"""A key that more articles share links each of them to this many only: those of the smallest ids.

So n articles of one template make n * 16 candidates and not n * n / 2, and which ones depends on
the articles that are there, not on which came first.
"""

ANCHORS = 3
KEYS = BANDS + 2 * ANCHORS
LINK_VERSION = f"1.{SIGNATURE_VERSION}"
"""Bump when the same texts give other keys, other candidates or other verified pairs."""

MIN_ESTIMATE = 0.55
MIN_CONTAINMENT_ESTIMATE = 0.5
"""Candidates below both estimates are not verified: three standard deviations or more below what
counts."""

_WINDOW = 64
_MIX = np.uint64(0x9FB21C651E98DF25)
_HALF = np.uint64(32)
_MIDDLE = 2**31

Keys = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Postings:
    """Which articles have which keys: two int32 arrays of one length, each (key, article) once."""

    keys: NDArray[np.int32]
    articles: NDArray[np.int32]


def link_keys(shingles: Shingles, signatures: Signatures) -> Keys:
    """Keys of texts by their shingles, in order and with repeats, and their signatures.

    Returns:
        int32 of shape (n, KEYS), with repeats in rows of short texts. Keys are 64-bit hashes folded
        to 32 bits: two texts share one by chance once in some four million comparisons, which costs
        an estimate.
    """
    bands = band_keys(signatures).view(np.uint64)
    keys = np.empty((len(shingles), KEYS), dtype=np.int32)
    keys[:, :BANDS] = (bands ^ (bands >> _HALF)).astype(np.uint32).view(np.int32)
    keys[:, BANDS:] = keys[:, :1]
    long = np.flatnonzero(shingles.counts >= MIN_CONTAINED_SHINGLES)
    keys[long, BANDS : BANDS + ANCHORS] = _anchors(shingles, long, shingles.offsets[long])
    tails = np.maximum(shingles.offsets[long], shingles.offsets[long + 1] - _WINDOW)
    keys[long, BANDS + ANCHORS :] = _anchors(shingles, long, tails)
    return keys


def _anchors(shingles: Shingles, texts: NDArray[np.int64], starts: NDArray[np.int64]) -> Keys:
    """Passages of ten words of the smallest hashes within a window, int32 of shape (n, 3)."""
    if not len(texts):
        return np.empty((0, ANCHORS), dtype=np.int32)
    places = starts[:, None] + np.arange(_WINDOW - SHINGLE_WORDS)
    ends = shingles.offsets[texts + 1, None] - SHINGLE_WORDS
    inside = np.minimum(places, ends - 1)
    passages = (shingles.hashes[inside] + _MIX) * _MIX ^ shingles.hashes[inside + SHINGLE_WORDS]
    passages *= _MIX
    passages[places >= ends] = np.iinfo(np.uint64).max
    smallest = np.partition(passages, ANCHORS - 1, axis=1)[:, :ANCHORS] * _MIX
    return (smallest >> _HALF).astype(np.uint32).view(np.int32)


def candidate_pairs(
    postings: Postings, linked: NDArray[np.int32], hubs: int = HUBS
) -> NDArray[np.int32]:
    """Pairs of an article in `linked` with any other that shares a key, each once.

    Of the articles that share a key, those of the `hubs` smallest numbers are its hubs; of a pair
    one must be a hub. Up to `hubs` articles that is every pair.

    Args:
        postings: all articles of a key; of one that has no hub in `linked`, its hubs and those of
            `linked` will do.
        linked: articles, sorted.
        hubs: how many hubs a key has.

    Returns:
        int32 of shape (m, 2), the smaller number first, sorted.
    """
    keys, articles = _unpack(np.sort(_pack(postings.keys, postings.articles)))
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    sizes = np.diff(np.append(starts, len(keys)))
    # Most keys have one article and are done with here.
    rows = np.flatnonzero(np.repeat(sizes > 1, sizes) & np.isin(articles, linked))
    group = np.searchsorted(starts, rows, side="right") - 1
    is_hub = rows - starts[group] < hubs
    counts = np.where(is_hub, sizes[group], np.minimum(sizes[group], hubs))
    left = np.repeat(articles[rows], counts)
    right = articles[ranges(starts[group], counts)]
    apart = left != right
    left, right = left[apart], right[apart]
    # Sorted by hand: np.unique takes several times as long.
    packed = np.sort(_pack(np.minimum(left, right), np.maximum(left, right)))
    is_first = np.ones(len(packed), dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=is_first[1:])
    return np.stack(_unpack(packed[is_first]), axis=1)


def _pack(high: NDArray[np.int32], low: NDArray[np.int32]) -> NDArray[np.int64]:
    """Two 32-bit numbers as one of 64 that sorts like the pair."""
    # The lower half counts from the smallest number, or negative ones would sort last.
    return (high.astype(np.int64) << 32) | (low.astype(np.int64) + _MIDDLE)


def _unpack(packed: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return (packed >> 32).astype(np.int32), ((packed & 0xFFFFFFFF) - _MIDDLE).astype(np.int32)


def ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers `starts[i]` to `starts[i] + counts[i] - 1` of every i, one after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def are_likely(
    left: Signatures,
    right: Signatures,
    left_counts: NDArray[np.int64],
    right_counts: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether pairs of signatures, row by row, may be near-duplicates, bool of shape (n,).

    `left_counts` and `right_counts` are the numbers of distinct shingles; with them an estimated
    Jaccard index is an estimated containment.
    """
    jaccard = estimates(left, right)
    shorter, longer = np.minimum(left_counts, right_counts), np.maximum(left_counts, right_counts)
    containment = estimated_containments(jaccard, left_counts, right_counts)
    may_be_contained = (
        (shorter >= MIN_CONTAINED_SHINGLES)
        & (shorter >= MIN_CONTAINED_RATIO * longer)
        & (containment >= MIN_CONTAINMENT_ESTIMATE)
    )
    return np.asarray((jaccard >= MIN_ESTIMATE) | may_be_contained)


def estimated_containments(
    jaccard: NDArray[np.float64], left_counts: NDArray[np.int64], right_counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Shares of the shorter text's shingles that the longer has, by an (estimated) Jaccard index."""
    common = jaccard / (1 + jaccard) * (left_counts + right_counts)
    return np.asarray(common / np.maximum(np.minimum(left_counts, right_counts), 1))
