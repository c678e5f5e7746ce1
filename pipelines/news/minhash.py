"""Shingles -> MinHash signatures -> band keys.

After Broder (1997), and Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from pipelines.news.shingles import SHINGLES_VERSION, Shingles, shingle

NUM_PERM = 128
BANDS = 25
ROWS = 5
SIGNATURE_VERSION = f"2.{SHINGLES_VERSION}"
"""Bump when the same text gives another signature or other band keys."""

# Shingles permuted at a time: with the 128 results of each they stay in a core's cache.
_BLOCK = 6_000

Signatures = NDArray[np.uint32]


def signatures(texts: Sequence[str]) -> Signatures:
    """MinHash signatures of texts, uint32 of shape (n, 128)."""
    return sign(shingle(texts))


def sign(shingles: Shingles) -> Signatures:
    """MinHash signatures of texts by their shingles, uint32 of shape (n, 128).

    Equal bit for bit to `datasketch.MinHash(num_perm=128, seed=1, scheme="affine32")` of the lower
    halves of the hashes. Repeated shingles change nothing; a text without shingles has the largest
    value throughout.
    """
    multipliers, increments = _permutations()
    values = _mix(shingles.hashes.astype(np.uint32))
    minima = np.full((NUM_PERM, len(shingles)), 0xFFFFFFFF, dtype=np.uint32)
    filled = np.flatnonzero(shingles.counts)
    starts = shingles.offsets[filled]
    buffer = np.empty(NUM_PERM * _BLOCK, dtype=np.uint32)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        first = np.searchsorted(starts, start, side="right") - 1
        last = np.searchsorted(starts, start + len(block), side="left")
        permuted = buffer[: NUM_PERM * len(block)].reshape(NUM_PERM, -1)
        np.multiply(multipliers, block, out=permuted)
        permuted += increments
        found = np.minimum.reduceat(permuted, np.maximum(starts[first:last] - start, 0), axis=1)
        texts = filled[first:last]
        minima[:, texts] = np.minimum(minima[:, texts], found)
    return np.ascontiguousarray(minima.T)


@cache
def _permutations() -> tuple[Signatures, Signatures]:
    """Multiplier and increment of each permutation, both of shape (128, 1)."""
    multipliers, increments = MinHash(num_perm=NUM_PERM, seed=1, scheme="affine32").permutations
    return multipliers.astype(np.uint32)[:, None], increments.astype(np.uint32)[:, None]


def _mix(values: Signatures) -> Signatures:
    """Murmur3's 32-bit finaliser, which datasketch applies before it permutes."""
    values ^= values >> np.uint32(16)
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def band_keys(signatures: Signatures) -> NDArray[np.int64]:
    """Keys of the 25 bands of 5 values, int64 of shape (n, 25); the band number is mixed in.

    Two signatures share the key of a band when they agree in all its values, and otherwise only by
    a 64-bit hash collision (FNV-1a over 32-bit words).
    """
    values = signatures[:, : BANDS * ROWS].reshape(-1, BANDS, ROWS).astype(np.uint64)
    prime = np.uint64(0x100000001B3)
    keys = np.broadcast_to(
        np.uint64(0xCBF29CE484222325) ^ np.arange(BANDS, dtype=np.uint64), values.shape[:2]
    ).copy()
    keys *= prime
    for row in range(ROWS):
        keys ^= values[:, :, row]
        keys *= prime
        keys ^= keys >> np.uint64(32)
    return keys.view(np.int64)


def estimates(left: Signatures, right: Signatures) -> NDArray[np.float64]:
    """Estimated Jaccard of signatures row by row, float64 of shape (n,)."""
    return np.asarray((left == right).mean(axis=1), dtype=np.float64)
