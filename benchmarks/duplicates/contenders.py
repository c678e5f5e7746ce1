"""Ways to find near-duplicates that are compared: ours, and those of other libraries.

Each turns texts into signatures, and texts into pairs. Others get what their documentation asks for:
lower-cased word 5-grams as strings, 128 permutations, their own index and their own estimate of at
least 0.7. They are optional; one that is not installed raises ImportError.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from time import process_time
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from pipelines.news import candidates
from pipelines.news.candidates import Postings, are_likely, candidate_pairs, link_keys
from pipelines.news.minhash import NUM_PERM, Signatures, sign, signatures
from pipelines.news.shingles import SHINGLE_WORDS, Shingles, shingle
from pipelines.news.stories import MIN_JACCARD, verify

Pairs = NDArray[np.int32]
_WORD = re.compile(r"\w+")
_RENSA_BANDS = 32


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of positions of texts, int32 of shape (m, 2), of two kinds; only ours has the second.

    `seconds` says how long each stage took, where a contender has stages.
    """

    near: Pairs
    contained: Pairs = field(default_factory=lambda: as_pairs([]))
    seconds: dict[str, float] = field(default_factory=dict)


class Contender(Protocol):
    """What is measured."""

    def sign(self, texts: Sequence[str]) -> object:
        """A signature for each text."""

    def find(self, texts: Sequence[str]) -> Found:
        """The near-duplicates among the texts."""


class Ours:
    """The pipeline's own functions, in memory, as the assets call them with tables in between."""

    library = "numpy"

    def sign(self, texts: Sequence[str]) -> object:
        """A signature for each text."""
        return signatures(texts)

    def find(self, texts: Sequence[str]) -> Found:
        """Pairs by keys, estimates and exact counts."""
        clock = Clock()
        shingles = shingle(texts)
        clock.lap("shingle")
        signed = sign(shingles)
        clock.lap("sign")
        keys = link_keys(shingles, signed)
        clock.lap("link keys")
        postings = posted(keys)
        clock.lap("postings")
        pairs = candidate_pairs(postings, np.arange(len(texts), dtype=np.int32))
        clock.lap("candidates")
        distinct = shingles.distinct()
        clock.lap("distinct")
        pairs = likely(pairs, signed, distinct)
        clock.lap("estimates")
        ids = [UUID(int=number) for number in range(len(texts))]
        verified = verify(pairs, ids, distinct)
        clock.lap("verify")
        near, contained = (
            as_pairs([(p.article_a.int, p.article_b.int) for p in verified if p.relation == kind])
            for kind in ("near", "contained")
        )
        return Found(near, contained, clock.seconds)


class Rensa:
    """`RMinHash`: digests in bulk, and `RMinHashLSH` in 32 bands, as its README has it for 0.7."""

    library = "rensa"

    def __init__(self) -> None:
        self._rensa: Any = import_module("rensa")

    def sign(self, texts: Sequence[str]) -> object:
        """A compact matrix of digests, which is the fastest way there is."""
        make = self._rensa.RMinHash.digest_matrix_from_token_sets
        return make(map(word_grams, texts), NUM_PERM, seed=1)

    def find(self, texts: Sequence[str]) -> Found:
        """Candidates that share a band, of an estimate of at least 0.7."""
        made = self._rensa.RMinHash.from_token_sets(map(word_grams, texts), NUM_PERM, seed=1)
        index = self._rensa.RMinHashLSH(MIN_JACCARD, NUM_PERM, _RENSA_BANDS)
        index.insert_many(made)
        return Found(
            as_pairs(
                [
                    (left, right)
                    for left, others in enumerate(index.query_all(made))
                    for right in others
                    if left < right and made[left].jaccard(made[right]) >= MIN_JACCARD
                ]
            )
        )


class Gaoya:
    """`MinHashStringIndex` with its own choice of bands, its own word n-grams and bulk calls."""

    library = "gaoya"

    def __init__(self) -> None:
        self._gaoya: Any = import_module("gaoya")

    def sign(self, texts: Sequence[str]) -> object:
        """A list of numbers for each text."""
        return self._index().minhash_index.bulk_hash_docs(list(map(plain_words, texts)))

    def find(self, texts: Sequence[str]) -> Found:
        """What a query for each text returns, once all are inserted."""
        plain = list(map(plain_words, texts))
        index = self._index()
        index.par_bulk_insert_docs(list(range(len(texts))), plain)
        found = index.par_bulk_query(plain, return_similarity=True)
        return Found(
            as_pairs(
                [
                    (left, right)
                    for left, others in enumerate(found)
                    for right, similarity in others
                    if left < right and similarity >= MIN_JACCARD
                ]
            )
        )

    def _index(self) -> Any:  # noqa: ANN401 - of a module without types
        return self._gaoya.minhash.MinHashStringIndex(
            hash_size=32,
            jaccard_threshold=MIN_JACCARD,
            num_bands=None,
            band_size=None,
            num_hashes=NUM_PERM,
            analyzer="word",
            ngram_range=(SHINGLE_WORDS, SHINGLE_WORDS),
            id_container="smallvec",
        )


class Datasketch:
    """`MinHash.bulk` with xxhash, and `MinHashLSH` with our bands: its own choice finds less."""

    library = "datasketch"

    def __init__(self) -> None:
        self._datasketch: Any = import_module("datasketch")
        self._hash: Any = import_module("xxhash").xxh32_intdigest

    def sign(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - of a module without types
        """A `MinHash` for each text."""
        grams = ([gram.encode() for gram in word_grams(text)] for text in texts)
        return self._datasketch.MinHash.bulk(grams, num_perm=NUM_PERM, hashfunc=self._hash)

    def find(self, texts: Sequence[str]) -> Found:
        """Candidates that share a band, of an estimate of at least 0.7."""
        made = self.sign(texts)
        index = self._datasketch.MinHashLSH(num_perm=NUM_PERM, params=(25, 5))
        for number, one in enumerate(made):
            index.insert(number, one, check_duplication=False)
        return Found(
            as_pairs(
                [
                    (left, right)
                    for left, one in enumerate(made)
                    for right in index.query(one)
                    if left < right and one.jaccard(made[right]) >= MIN_JACCARD
                ]
            )
        )


OURS = "broadsheet"
CONTENDERS: dict[str, Callable[[], Contender]] = {
    OURS: Ours,
    "rensa": Rensa,
    "gaoya": Gaoya,
    "datasketch": Datasketch,
}


class Clock:
    """Seconds of processor time from one lap to the next: neighbours on the machine count less."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = process_time()

    def lap(self, stage: str) -> None:
        """The stage ends here."""
        now = process_time()
        self.seconds[stage] = now - self._began
        self._began = now


def installed(name: str) -> str | None:
    """The version of a contender's library, or None where it cannot be imported."""
    try:
        made: Any = CONTENDERS[name]()
    except ImportError:
        return None
    return f"{made.library} {version(made.library)}"


def word_grams(text: str) -> list[str]:
    """Lower-cased word 5-grams as strings; of a shorter text all its words."""
    words = _WORD.findall(text.lower())
    shifted = (words[place:] for place in range(SHINGLE_WORDS))
    return list(map(" ".join, zip(*shifted, strict=False))) or [" ".join(words)]


def plain_words(text: str) -> str:
    """The same words, with a space between, for a library that splits them itself."""
    return " ".join(_WORD.findall(text.lower()))


def posted(keys: candidates.Keys) -> Postings:
    """All keys of the articles 0 to n - 1, each once an article."""
    articles = np.repeat(np.arange(len(keys), dtype=np.int64), keys.shape[1])
    packed = np.sort(keys.ravel().astype(np.int64) << 32 | articles)
    packed = packed[np.append(True, packed[1:] != packed[:-1])[: len(packed)]]
    return Postings((packed >> 32).astype(np.int32), (packed & 0xFFFFFFFF).astype(np.int32))


def likely(pairs: Pairs, signed: Signatures, distinct: Shingles) -> Pairs:
    """The candidates that are worth an exact count."""
    left, right = pairs.T
    counts = distinct.counts
    return pairs[are_likely(signed[left], signed[right], counts[left], counts[right])]


def as_pairs(pairs: Sequence[tuple[int, int]]) -> Pairs:
    """Pairs as an array."""
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)
