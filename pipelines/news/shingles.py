"""Texts -> word 5-grams, as 64-bit hashes, a whole batch at once.

No step loops over words: they are found by tables of characters, hashed eight bytes at a time, and
mixed into n-grams by adding shifted arrays.
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
SHINGLES_VERSION = f"3/unicode-{unicodedata.unidata_version}"
"""Bump when the same text gives other hashes."""

_CHUNK_CHARS = 800_000
_UNICODE = 0x110000
_SHIFT = np.uint64(32)
_FIRST, _LAST, _MIDDLE, _LENGTH, _MIX, _WORD, _PAIR = np.array(
    [0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xC2B2AE3D27D4EB4F, 0xFF51AFD7ED558CCD]
    + [0xD6E8FEB86659FD93, 0xC4CEB9FE1A85EC53, 0x9E3779B97F4A7C15],
    dtype=np.uint64,
)

# For each byte of UTF-8: zero if it is ASCII and no part of a word, else its lower case.
_LOWER_BYTES = bytes(
    ord(chr(code).lower()) if re.match(r"\w", chr(code)) else 0 for code in range(128)
) + bytes(range(128, 256))
# The bits of the first 0, 1, ... 8 of eight bytes.
_OWN_BITS = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
# What `_forms` has for characters that stay, and for odd ones, which only `str.lower` can treat.
_SAME, _ODD = 1, 2

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


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
        repeats = np.flatnonzero(~is_first)
        return Shingles(
            hashes[is_first[:-1]], self.offsets - np.searchsorted(repeats, self.offsets)
        )


def shingle(texts: Sequence[str]) -> Shingles:
    r"""Word 5-grams of each text, in order and with repeats.

    Words are the matches of `\w+` in the lower-cased text. A text of fewer than five words is one
    shingle of all of them; a text of none has none.
    """
    parts = [_shingle_chunk(chunk) for chunk in _chunks(texts)]
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    hashes = np.concatenate([np.empty(0, np.uint64), *(part.hashes for part in parts)])
    return Shingles(hashes, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def word_hashes(texts: Sequence[str]) -> tuple[Hashes, Places]:
    """Hashes of all words of a batch in order, uint64, and offsets of each text's, int64 (n + 1,).

    A word is hashed by its UTF-8 bytes, eight at a time: the first, the last and those between.
    """
    data, first_bytes = _word_bytes(texts)
    is_word = data != 0
    edges = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
    starts = edges[::2].copy()
    lengths = edges[1::2] - starts
    # Any eight bytes as one number: the view overlaps itself, a byte apart.
    eights: Hashes = np.ndarray((len(data) - 7,), dtype=np.uint64, buffer=data, strides=(1,))
    hashes: Hashes = eights[starts]
    hashes &= _OWN_BITS.take(lengths, mode="clip")
    hashes *= _FIRST
    long = np.flatnonzero(lengths > 8)
    hashes[long] ^= _rest_hashes(eights, starts[long], lengths[long])
    hashes ^= hashes >> _SHIFT
    hashes *= _MIX
    hashes ^= hashes >> _SHIFT
    return hashes, np.searchsorted(starts, first_bytes)


def _rest_hashes(eights: Hashes, starts: Places, lengths: Places) -> Hashes:
    """Hashes of what words of more than eight bytes have after their first eight."""
    hashes: Hashes = eights[starts + lengths - 8]
    hashes ^= hashes >> _SHIFT
    hashes *= _LAST
    hashes += lengths.astype(np.uint64) * _LENGTH
    longer = np.flatnonzero(lengths > 16)
    if len(longer):
        hashes[longer] ^= _middle_hashes(eights, starts[longer], lengths[longer])
    return hashes


def _middle_hashes(eights: Hashes, starts: Places, lengths: Places) -> Hashes:
    """Hashes of what words of more than 16 bytes have between their first and last eight."""
    counts = (lengths - 9) >> 3
    firsts = np.cumsum(counts) - counts
    numbers = np.arange(1, counts.sum() + 1) - np.repeat(firsts, counts)
    hashes = eights[np.repeat(starts, counts) + 8 * numbers]
    hashes ^= hashes >> _SHIFT
    hashes *= (numbers.astype(np.uint64) * _MIDDLE) | np.uint64(1)
    sums: Hashes = np.add.reduceat(hashes, firsts)
    return sums


def _word_bytes(texts: Sequence[str]) -> tuple[NDArray[np.uint8], Places]:
    """The lower-cased texts as UTF-8, with zeros for all that is no part of a word.

    Also where the first byte of each text is, and of one more. A zero stands before each text and
    eight after the last.
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
    first_bytes = np.cumsum(np.append(1, sizes + 1))
    joined = bytearray(b"\n").join([b"", *encoded, bytes(8)])
    data = np.frombuffer(joined.translate(_LOWER_BYTES), dtype=np.uint8)
    odd = _lower_others(data)
    if len(odd):
        lowered = list(texts)
        for index in np.unique(np.searchsorted(first_bytes, odd, side="right") - 1).tolist():
            lowered[index] = texts[index].lower()
        return _word_bytes(lowered)
    return data, first_bytes


def _lower_others(data: NDArray[np.uint8]) -> Places:
    """Lower-case the characters that are not ASCII; zeros for those that are not part of a word.

    Returns where the odd ones stand: those are left.
    """
    places: Places = np.flatnonzero(data >= 0xC0)
    lead = data[places].astype(np.uint32)
    sizes = 2 + (lead >= 0xE0) + (lead >= 0xF0)
    codes = (lead & (0x7F >> sizes)) << 6 | (data[places + 1] & 0x3F)
    for step in (2, 3):
        more = np.flatnonzero(sizes > step)
        codes[more] = codes[more] << 6 | (data[places[more] + step] & 0x3F)
    forms = _forms()[codes]
    changed = np.flatnonzero((forms != _SAME) & (forms != _ODD))
    for step in range(4):
        own = changed[sizes[changed] > step]
        data[places[own] + step] = forms[own] >> 8 * step & 0xFF
    return places[np.flatnonzero(forms == _ODD)]


def _shingle_chunk(texts: Sequence[str]) -> Shingles:
    words, offsets = word_hashes(texts)
    word_counts = np.diff(offsets)
    counts = np.maximum(word_counts - SHINGLE_WORDS + 1, np.minimum(word_counts, 1))
    grams = _gram_hashes(words)
    is_gram = np.ones(len(words) + SHINGLE_WORDS, dtype=bool)
    for step in range(1, SHINGLE_WORDS):
        # Before the first word this is beyond the last one.
        is_gram[offsets[1:] - step] = False
    short = (word_counts > 0) & (word_counts < SHINGLE_WORDS)
    starts = offsets[:-1][short]
    grams[starts] = _short_hashes(words, starts, word_counts[short])
    is_gram[starts] = True
    return Shingles(grams[is_gram[: len(words)]], np.cumsum(np.append(0, counts)))


def _gram_hashes(words: Hashes) -> Hashes:
    """Hashes of each word and the four after it, which are none after the last word."""
    words = np.append(words, np.zeros(SHINGLE_WORDS - 1, dtype=np.uint64))
    pairs = words[:-1] * _WORD
    pairs += words[1:]
    fours = pairs[:-2] * _PAIR
    fours += pairs[2:]
    fives: Hashes = fours[:-1] * _WORD
    fives += words[4:]
    return fives


def _short_hashes(words: Hashes, starts: Places, counts: Places) -> Hashes:
    """Hashes of all words of texts that have fewer than five."""
    hashes = np.zeros(len(starts), dtype=np.uint64)
    for step in range(SHINGLE_WORDS - 1):
        has = counts > step
        hashes[has] = hashes[has] * _WORD + words[starts[has] + step]
    return hashes


def _chunks(texts: Sequence[str]) -> list[Sequence[str]]:
    """Consecutive texts of so many characters that arrays stay in the cache."""
    chunks, start, chars = [], 0, 0
    for index, text in enumerate(texts):
        if chars and chars + len(text) > _CHUNK_CHARS:
            chunks.append(texts[start:index])
            start, chars = index, 0
        chars += len(text)
    return [*chunks, texts[start:]] if start < len(texts) else chunks


@cache
def _forms() -> NDArray[np.uint32]:
    r"""What each code point's UTF-8 turns into, its first byte lowest.

    Zero for what does not match `\w`, else the lower case if that has as many bytes.
    """
    every = "".join(map(chr, range(_UNICODE)))
    forms = np.zeros(_UNICODE, dtype=np.uint32)
    for run in re.finditer(r"\w+", every):
        forms[run.start() : run.end()] = _SAME
    for code, one in enumerate(every):
        lower = one.lower()
        if lower != one and forms[code]:
            before, after = one.encode(), lower.encode()
            # A capital sigma at the end of a word has a lower case of its own.
            is_odd = len(before) != len(after) or one == "Σ"
            forms[code] = _ODD if is_odd else int.from_bytes(after, "little")
    return forms
