"""Texts -> word 5-grams, as 64-bit hashes, a whole batch at once.

No step loops over words: they are found by a table of word characters, hashed eight bytes at a time,
and mixed into n-grams by adding shifted arrays.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5
SHINGLES_VERSION = f"2/unicode-{unicodedata.unidata_version}"
"""Bump when the same text gives other hashes."""

_CHUNK_CHARS = 400_000
_UNICODE = 0x110000
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)
_PLACES = np.array(
    [0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xC2B2AE3D27D4EB4F, 0xFF51AFD7ED558CCD]
    + [0xC4CEB9FE1A85EC53],
    dtype=np.uint64,
)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Shingles:
    """The shingles of a batch of texts.

    `hashes` is uint64 of shape (total,); those of text i stand from `offsets[i]` to
    `offsets[i + 1]`, `offsets` being int64 of shape (n + 1,).
    """

    hashes: Hashes
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Hashes:
        return self.hashes[self.offsets[index] : self.offsets[index + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many shingles each text has, int64 of shape (n,)."""
        return np.diff(self.offsets)

    def distinct(self) -> "Shingles":
        """Each text's shingles sorted and without repeats."""
        hashes = self.hashes.copy()
        ends = self.offsets.tolist()
        for start, end in pairwise(ends):
            hashes[start:end].sort()
        is_first = np.ones(len(hashes) + 1, dtype=bool)
        np.not_equal(hashes[1:], hashes[:-1], out=is_first[1:-1])
        is_first[self.offsets] = True
        kept = np.concatenate([[0], np.cumsum(is_first[:-1])])
        return Shingles(hashes[is_first[:-1]], kept[self.offsets].astype(np.int64))


def shingle(texts: Sequence[str]) -> Shingles:
    r"""Word 5-grams of each text, in order and with repeats.

    Words are the matches of `\w+` in the lower-cased text. A text of fewer than five words is one
    shingle of all of them; a text of none has none.
    """
    parts = [_shingle_chunk(chunk) for chunk in _chunks(texts)]
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    hashes = np.concatenate([np.empty(0, np.uint64), *(part.hashes for part in parts)])
    return Shingles(hashes, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def word_hashes(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """Hashes of all words of a batch in order, uint64, and offsets of each text's, int64 (n + 1,).

    A word is hashed by its UTF-8 bytes: those of up to 16 bytes by their first and last eight,
    which are all of them; longer ones by a polynomial over every byte.
    """
    encoded = [text.lower().encode("utf-8", "surrogatepass") for text in texts]
    data = np.frombuffer(b"\n".join([*encoded, b"\0" * 8]), dtype=np.uint8)
    edges = np.flatnonzero(np.diff(_is_word(data), prepend=False))
    starts, ends = edges[::2], edges[1::2]
    lengths = ends - starts
    # Any eight bytes as one number: the view overlaps itself, a byte apart.
    eights = np.lib.stride_tricks.as_strided(
        data[:8].view(np.uint64), shape=(len(data) - 7,), strides=(1,), writeable=False
    )
    unused = np.maximum(8 - lengths, 0).astype(np.uint64) << np.uint64(3)
    first = eights[starts] << unused
    last = eights[np.maximum(ends - 8, starts)] << unused
    hashes = (first * _PLACES[0]) ^ ((last ^ (last >> _SHIFT)) * _PLACES[1])
    hashes += lengths.astype(np.uint64) * _PLACES[2]
    for word in np.flatnonzero(lengths > 16):
        hashes[word] ^= _long_word_hash(data[starts[word] : ends[word]])
    hashes ^= hashes >> _SHIFT
    sizes = np.fromiter((len(text) + 1 for text in encoded), np.int64, len(encoded))
    first_bytes = np.concatenate([[0], np.cumsum(sizes)])
    return hashes, np.searchsorted(starts, first_bytes).astype(np.int64)


def _is_word(data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    r"""Whether each byte of UTF-8 text is part of a character that matches `\w`."""
    table = _word_characters()
    ascii_table = table[:256].copy()
    ascii_table[128:] = False
    is_word = np.take(ascii_table, data)
    leads = np.flatnonzero(data >= 0xC0)
    if len(leads):
        # The few other characters are decoded; the bytes after a lead hold six bits each.
        lead = data[leads].astype(np.uint32)
        size = 2 + (lead >= 0xE0) + (lead >= 0xF0)
        code = lead & (0x7F >> size)
        for step in range(1, 4):
            more = size > step
            code[more] = (code[more] << 6) | (data[leads[more] + step] & 0x3F)
        leads, size = leads[table[code]], size[table[code]]
        for step in range(4):
            is_word[leads[size > step] + step] = True
    return is_word


def _long_word_hash(word: NDArray[np.uint8]) -> np.uint64:
    powers = np.cumprod(np.full(len(word), _PLACES[3], dtype=np.uint64))
    return np.uint64(((word.astype(np.uint64) + np.uint64(1)) * powers).sum())


def _shingle_chunk(texts: Sequence[str]) -> Shingles:
    words, offsets = word_hashes(texts)
    word_counts = np.diff(offsets)
    counts = np.maximum(word_counts - SHINGLE_WORDS + 1, np.minimum(word_counts, 1))
    total = max(len(words) - SHINGLE_WORDS + 1, 0)
    grams = np.zeros(len(words), dtype=np.uint64)
    for place, factor in enumerate(_PLACES):
        grams[:total] += words[place : place + total] * factor
    first_of_text = np.repeat(offsets[:-1], word_counts)
    left = np.repeat(offsets[1:], word_counts) - np.arange(len(words))
    short = np.flatnonzero((word_counts > 0) & (word_counts < SHINGLE_WORDS))
    for text in short:
        own = words[offsets[text] : offsets[text + 1]]
        grams[offsets[text]] = (own * _PLACES[: len(own)]).sum() ^ np.uint64(len(own))
    is_gram = (left >= SHINGLE_WORDS) | (
        (first_of_text == np.arange(len(words))) & (left < SHINGLE_WORDS)
    )
    return Shingles(_finish(grams[is_gram]), np.concatenate([[0], np.cumsum(counts)]))


def _finish(hashes: Hashes) -> Hashes:
    """Spread every bit over all others (after Murmur3 and Rust's rustc-hash mixers)."""
    hashes ^= hashes >> _SHIFT
    hashes *= _MIX
    hashes ^= hashes >> _SHIFT
    hashes *= _MIX
    hashes ^= hashes >> _SHIFT
    return hashes


def _chunks(texts: Sequence[str]) -> list[Sequence[str]]:
    """Consecutive texts of some hundred thousand characters, so that arrays stay in the cache."""
    chunks, start, chars = [], 0, 0
    for index, text in enumerate(texts):
        if chars and chars + len(text) > _CHUNK_CHARS:
            chunks.append(texts[start:index])
            start, chars = index, 0
        chars += len(text)
    return [*chunks, texts[start:]] if start < len(texts) else chunks


@cache
def _word_characters() -> NDArray[np.bool_]:
    r"""Whether each code point matches `\w`."""
    table = np.zeros(_UNICODE, dtype=bool)
    every = "".join(map(chr, range(_UNICODE)))
    for run in re.finditer(r"\w+", every):
        table[run.start() : run.end()] = True
    return table
