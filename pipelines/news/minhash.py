"""Shingles -> MinHash signatures -> band keys.

After Broder (1997), and Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3.
"""

from collections.abc import Sequence

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

NUM_PERM = 128
BANDS = 25
ROWS = 5
SIGNATURE_VERSION = "1"
"""Bump when the same text gives another signature or other band keys."""


def signatures(shingles: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    """MinHash signatures, uint32 of shape (n, 128), equal to datasketch's own.

    Each shingle hash is taken modulo 2**32, as datasketch's `affine32` scheme takes 32-bit hashes.
    """
    result = np.empty((len(shingles), NUM_PERM), dtype=np.uint32)
    for row, hashes in enumerate(shingles):
        minhash = MinHash(num_perm=NUM_PERM, seed=1, scheme="affine32", hashfunc=int)
        minhash.update_batch([int(value) & 0xFFFFFFFF for value in hashes])
        result[row] = minhash.hashvalues
    return result


def band_keys(signatures: NDArray[np.uint32]) -> NDArray[np.int64]:
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


def estimates(left: NDArray[np.uint32], right: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Estimated Jaccard of signatures row by row, float64 of shape (n,)."""
    return np.asarray((left == right).mean(axis=1), dtype=np.float64)
