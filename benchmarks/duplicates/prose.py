"""Made-up articles word by word: a Zipf vocabulary, recurring phrases and stock paragraphs.

Belongs here: words, sentences, paragraphs. Does not belong here: what is copied from what, see
`planted`.
"""

import random
import tomllib
from dataclasses import dataclass
from itertools import accumulate
from math import log
from pathlib import Path

Tokens = tuple[str, ...]
r"""Words in order, with what stands around them: each has exactly one match of `\w+`."""

MIN_WORDS, MEDIAN_WORDS, MAX_WORDS = 80, 350, 900
_SPREAD = 0.55
_VOCABULARY = 20_000
_PHRASES = 400
_PHRASE_SHARE = 0.2
_STOCK = 40
_STOCK_SHARE = 0.08

_LISTS: dict[str, list[str]] = {
    kind: words.split()
    for kind, words in tomllib.loads(
        Path(__file__).parents[1].joinpath("words.toml").read_text(encoding="utf-8")
    ).items()
}
_COMMON = """
the of to and a in that is for on with as was it by at said from he be has have his an had not but
are this they who been will which its were or their would one more about after we there out up when
than over two also could first new last other all no if i she her into some what can our them only
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as words: a title and paragraphs."""

    title: Tokens
    paragraphs: tuple[Tokens, ...]

    @property
    def words(self) -> int:
        """Words of title and paragraphs."""
        return len(self.title) + sum(map(len, self.paragraphs))

    @property
    def body(self) -> str:
        """Paragraphs joined by a blank line."""
        return "\n\n".join(map(" ".join, self.paragraphs))


class Prose:
    """Makes up text; all chance comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._vocabulary = self._words()
        # Zipf's law with Mandelbrot's shift: the most frequent word is about every fifteenth.
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(self._vocabulary))))
        self._phrase_weights = list(accumulate(1 / (rank + 20) for rank in range(_PHRASES)))
        self._phrases = [self.words(self.random.randint(6, 10)) for _ in range(_PHRASES)]
        self._stock = [self._paragraph(self.random.randint(30, 50)) for _ in range(_STOCK)]

    def words(self, count: int) -> list[str]:
        """Words as frequent as their rank says."""
        return self.random.choices(self._vocabulary, cum_weights=self._weights, k=count)

    def title(self) -> Tokens:
        """A headline of 6-11 words."""
        return tuple(word.capitalize() for word in self.words(self.random.randint(6, 11)))

    def paragraphs(self, count: int) -> list[Tokens]:
        """Paragraphs of so many words in all."""
        made = []
        while count:
            size = self.random.randint(30, 80)
            size = count if count - size < 15 else size
            made.append(self._paragraph(size))
            count -= size
        return made

    def draft(self, words: int | None = None) -> Draft:
        """An article of so many words, or of 80-900, half of them of more than 350.

        Some end with a stock paragraph, as reports end with what is known already.
        """
        drawn = round(self.random.lognormvariate(log(MEDIAN_WORDS), _SPREAD))
        words = words or min(max(drawn, MIN_WORDS), MAX_WORDS)
        title = self.title()[: max(words // 4, 2)]
        left = words - len(title)
        closing = self._closing() if left > MIN_WORDS else ()
        return Draft(title, (*self.paragraphs(left - sum(map(len, closing))), *closing))

    def _closing(self) -> tuple[Tokens, ...]:
        if self.random.random() < _STOCK_SHARE:
            return (self.random.choice(self._stock),)
        return ()

    def _paragraph(self, count: int) -> Tokens:
        tokens: list[str] = []
        while count:
            size = self.random.randint(8, 28)
            size = count if count - size < 5 else size
            tokens += self._sentence(size)
            count -= size
        return tuple(tokens)

    def _sentence(self, size: int) -> list[str]:
        chance = self.random.random
        tokens = self.words(size)
        if chance() < _PHRASE_SHARE:
            (phrase,) = self.random.choices(self._phrases, cum_weights=self._phrase_weights)
            start = int(chance() * max(size - len(phrase), 1))
            tokens[start : start + len(phrase)] = phrase[: size - start]
        if size > 10 and chance() < 0.6:
            pause = 3 + int(chance() * (size - 6))
            tokens[pause] += "," if chance() < 0.8 else " \N{EN DASH}"
        tokens[0] = tokens[0].capitalize()
        tokens[-1] += "."
        if chance() < 0.15:
            tokens[0] = "\N{LEFT DOUBLE QUOTATION MARK}" + tokens[0]
            tokens[-1] += "\N{RIGHT DOUBLE QUOTATION MARK}"
        return tokens

    def _words(self) -> list[str]:
        """Function words first, then those of words.toml, then made-up ones, each once."""
        listed = [*_LISTS["nouns"], *_LISTS["verbs"], *_LISTS["adjectives"]]
        self.random.shuffle(listed)
        words = dict.fromkeys([*_COMMON.split(), *listed])
        while len(words) < _VOCABULARY:
            parts = ("starts", "middles", "middles", "place_ends", "person_ends")
            kinds = self.random.sample(parts, self.random.randint(2, 3))
            words["".join(self.random.choice(_LISTS[kind]) for kind in kinds).lower()] = None
        return list(words)
