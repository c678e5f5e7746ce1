"""Text -> word n-grams, as 64-bit hashes."""

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5
_WORD = re.compile(r"\w+")


def shingle_hashes(text: str) -> NDArray[np.uint64]:
    r"""Distinct word 5-grams of a text, as sorted uint64 hashes, shape (n,).

    Words are the matches of `\w+` in the lower-cased text. A text of fewer than five words is one
    shingle of all of them; a text of none has none.
    """
    words = _WORD.findall(text.lower())
    count = max(len(words) - SHINGLE_WORDS + 1, min(len(words), 1))
    grams = {" ".join(words[at : at + SHINGLE_WORDS]) for at in range(count)}
    hashes = [
        int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=8).digest(), "little")
        for gram in grams
    ]
    return np.unique(np.array(hashes, dtype=np.uint64))
