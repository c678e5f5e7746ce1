"""Articles by the million: made up by numpy, a block at a time, the same for the same seed.

Belongs here: what a history and a night are made of, and what is done to their copies. Does not
belong here: anything that is stored. Words follow Zipf's law; unrelated articles share no shingle
but by chance.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

_VOCABULARY = 30_000
_MEDIAN_WORDS, _SPREAD = 330, 0.45
_MIN_WORDS, _MAX_WORDS = 80, 900
_TITLE_WORDS = 8
_PARAGRAPH_WORDS = 60

EDITED = 0.07
CUT = 0.03
"""Of a block's articles: light edits and truncations of another article of the block."""

NIGHT_EDITED = 0.10
NIGHT_CUT = 0.05
NIGHT_CROWD = 0.01
"""Of a night's articles: light edits and truncations of the history's, and reports of its template."""

_CHANGED = (0.005, 0.02)
_KEPT = (0.4, 0.9)
_TEMPLATE_WORDS = 250
_SLOTS = (80, 105, 130, 155, 180)

# Frequent in any text, and left out of a search index: the shape of its cost depends on them.
_COMMON = """
the of to and a in that is for on with as was it by at said from he be has have his an had not but
are this they who been will which its were or their would one more about after we there out up
"""


@dataclass(frozen=True, slots=True)
class Text:
    """Title and body of an article."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some articles of a history: those of a number, or the crowd that is written to one template."""

    seed: int
    number: int
    articles: int
    is_crowd: bool = False

    def texts(self) -> list[Text]:
        """The articles: about a tenth nearly repeat another one, or all nearly repeat each other."""
        writer = Writer(self.seed, 1 + self.number)
        if self.is_crowd:
            return writer.crowd(self.articles)
        edited, cut = round(EDITED * self.articles), round(CUT * self.articles)
        originals = writer.articles(self.articles - edited - cut)
        return originals + writer.copies(originals[: edited + cut], edited)


class Writer:
    """Makes up articles; all chance comes from one generator, seeded by two numbers."""

    def __init__(self, seed: int, part: int) -> None:
        self._chance = np.random.default_rng([seed, part])
        self._seed = seed
        self._words = _vocabulary(seed)
        # Zipf's law with Mandelbrot's shift, summed up.
        weights = np.cumsum(1 / (np.arange(len(self._words)) + 2.7))
        self._weights = weights / weights[-1]

    def articles(self, count: int) -> list[Text]:
        """Articles of 80-900 words, half of them of more than 330."""
        drawn = self._chance.lognormal(np.log(_MEDIAN_WORDS), _SPREAD, count)
        sizes = np.clip(drawn, _MIN_WORDS, _MAX_WORDS).astype(np.int64)
        words = self.draw(int(sizes.sum()))
        ends = np.cumsum(sizes).tolist()
        return [_laid_out(words[end - size : end]) for size, end in zip(sizes, ends, strict=True)]

    def copies(self, originals: Sequence[Text], edited: int) -> list[Text]:
        """A copy of each: the first `edited` with a few words changed, the others cut short."""
        return [self._edited(one) for one in originals[:edited]] + [
            self._cut(one) for one in originals[edited:]
        ]

    def crowd(self, count: int) -> list[Text]:
        """Reports of the seed's one template: five figures in 250 words, any two nearly the same."""
        made = []
        for figures in self._chance.integers(10_000, 100_000, (count, len(_SLOTS))).tolist():
            words = list(_template(self._seed))
            for place, figure in zip(_SLOTS, figures, strict=True):
                words[place] = str(figure)
            made.append(_laid_out(words))
        return made

    def draw(self, count: int) -> list[str]:
        """Words as frequent as their rank says."""
        places = np.searchsorted(self._weights, self._chance.random(count))
        return [self._words[place] for place in places.tolist()]

    def _edited(self, text: Text) -> Text:
        words = text.body.split(" ")
        share = self._chance.uniform(*_CHANGED)
        places = self._chance.integers(0, len(words), max(round(share * len(words)), 1)).tolist()
        for place, word in zip(places, [*self.draw(len(places) - 1), self._figure()], strict=True):
            words[place] = word
        return Text(text.title, " ".join(words))

    def _cut(self, text: Text) -> Text:
        words = text.body.split(" ")
        kept = max(round(self._chance.uniform(*_KEPT) * len(words)), 1)
        return Text(text.title, " ".join([*words[:kept], self._figure()]))

    def _figure(self) -> str:
        """A word of its own, so that no two copies of an article are the same."""
        return str(self._chance.integers(10**9, 10**10))


def _laid_out(words: Sequence[str]) -> Text:
    title = " ".join(words[:_TITLE_WORDS]).title()
    paragraphs = [
        " ".join(words[start : start + _PARAGRAPH_WORDS]).capitalize() + "."
        for start in range(_TITLE_WORDS, len(words), _PARAGRAPH_WORDS)
    ]
    return Text(title, "\n\n".join(paragraphs))


@cache
def _template(seed: int) -> list[str]:
    return Writer(seed, 0).draw(_TEMPLATE_WORDS)


@cache
def _vocabulary(seed: int) -> list[str]:
    """Function words first, then those of words.toml, then made-up ones, each once."""
    content = Path(__file__).parents[1].joinpath("words.toml").read_text(encoding="utf-8")
    listed = {kind: words.split() for kind, words in tomllib.loads(content).items()}
    chance = np.random.default_rng(seed)
    known = [*listed["nouns"], *listed["verbs"], *listed["adjectives"]]
    words = dict.fromkeys([*_COMMON.split(), *(known[at] for at in chance.permutation(len(known)))])
    parts = [listed[kind] for kind in ("starts", "middles", "middles", "place_ends")]
    while len(words) < _VOCABULARY:
        drawn = [part[at] for part in parts for at in [chance.integers(len(part))]]
        words["".join(drawn).lower()] = None
    return list(words)
