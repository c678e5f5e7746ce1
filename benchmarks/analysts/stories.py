"""Stories as they are told: a first text, and copies of it, with what each of them names.

Belongs here: texts, captions, mentions and quotations, whose places are true of the text. Does not
belong here: when and where they stand (`blocks.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from benchmarks.analysts.world import PARTNERS, World
from benchmarks.histories.texts import Writer

AGENCIES = ("Reuters", "AFP", "AP", "dpa", "EFE", "ANSA", "Xinhua", "TASS")
CUES = ("said", "told", "added", "warned", "announced")

_MEDIAN_SENTENCES, _SPREAD = 6.35, 0.35
_MAX_SENTENCES = 14
_PARAGRAPH = 2
_CAST = (8, 16)
_PATTERNS = 256
_DATED = 0.08
_SURNAME = 0.5
_QUOTED = 0.12
_CAPTIONS = (0.45, 0.4, 0.15)
_PART = 10_000_000
"""Added to a block's number: histories draw words for theirs (`benchmarks.histories`)."""


@dataclass(slots=True)
class Paragraph:
    """A paragraph, the rows of its mentions and quotations without the article's id, its words."""

    text: str
    words: int
    mentions: list[str] = field(default_factory=list)
    quotations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """The first text of a story; `beside` are the mentions in its title and its captions."""

    title: str
    title_words: int
    captions: list[str]
    beside: list[str]
    paragraphs: list[Paragraph]


@dataclass(frozen=True, slots=True)
class _Named:
    surface: str
    row: str
    """Columns of a mention from `surface` to `label`."""

    name_id: str


class Teller:
    """Makes up the stories of a block; all chance comes from the seed and the block's number."""

    def __init__(self, world: World, seed: int, block: int) -> None:
        self._world = world
        self._chance = np.random.default_rng([seed, _PART + block])
        self._writer = Writer(seed, _PART + block)
        self._words = self._endless_words()
        self._floats = self._endless_floats()
        self._patterns = [self._pattern() for _ in range(_PATTERNS)]

    def tell(self, count: int, guests: NDArray[np.int64]) -> Iterator[Story]:
        """So many stories; the guests, entities that must be in some story, are spread over them."""
        casts = self._casts(count)
        invited = np.array_split(guests, count)
        drawn = self._chance.lognormal(np.log(_MEDIAN_SENTENCES), _SPREAD, count)
        sentences = np.clip(np.rint(drawn), 2, _MAX_SENTENCES).astype(int).tolist()
        for cast, more, length in zip(casts, invited, sentences, strict=True):
            yield self._story([*dict.fromkeys([*cast, *more.tolist()])], more.tolist(), length)

    def _casts(self, count: int) -> list[list[int]]:
        """Who is in each story: one by popularity, half of the rest partners of theirs."""
        sizes = self._chance.integers(*_CAST, count, endpoint=True)
        lead = np.repeat(self._world.popular(self._chance.random(count)), sizes)
        places = np.minimum(self._chance.zipf(1.5, len(lead)) - 1, PARTNERS - 1)
        partners = self._world.partners(lead, places)
        others = self._world.popular(self._chance.random(len(lead)))
        cast = np.where(self._chance.random(len(lead)) < 0.5, partners, others)
        starts = np.cumsum(sizes) - sizes
        cast[starts] = lead[starts]
        flat, ends = cast.tolist(), np.cumsum(sizes).tolist()
        return [flat[end - size : end] for end, size in zip(ends, sizes.tolist(), strict=True)]

    def _story(self, cast: list[int], guests: list[int], length: int) -> Story:
        named = [self._called(one) for one in cast]
        picked = self._picked(named, guests, cast)
        title, beside, title_words = self._title(named[0][0])
        captions = [
            self._caption(number, next(picked), beside)
            for number in range(1, 1 + self._caption_count())
        ]
        paragraphs: list[Paragraph] = []
        at = 0
        for first in range(0, length, _PARAGRAPH):
            number = len(paragraphs) + 1
            one = self._paragraph(number, at, min(_PARAGRAPH, length - first), picked, named[0][0])
            paragraphs.append(one)
            at += len(one.text) + 2
        return Story(title, title_words, captions, beside, paragraphs)

    def _called(self, entity: int) -> tuple[_Named, _Named]:
        """How a story calls an entity, in full and for short; it keeps to one spelling."""
        spellings = self._world.entities[entity].names
        at = min(int(-np.log2(1 - next(self._floats))), len(spellings) - 1)
        name = self._world.names[spellings[at]]
        full = _named(name.name, name.name_id, name.label)
        if name.label != "PERSON":
            return full, full
        return full, _named(name.name.rpartition(" ")[2], name.name_id, name.label)

    def _picked(
        self, named: Sequence[tuple[_Named, _Named]], guests: list[int], cast: list[int]
    ) -> Iterator[_Named]:
        """Names in the order in which they come: guests early, the first of the cast most often."""
        places = {entity: at for at, entity in enumerate(cast)}
        yield from (named[places[guest]][0] for guest in guests)
        yield from (full for full, _ in named[1:4])
        dates, names = self._world.dates, self._world.names
        for chance in self._floats:
            if chance < _DATED:
                date = names[dates[int(chance / _DATED * len(dates))]]
                yield _named(date.name, date.name_id, date.label)
                continue
            at = int(len(named) * ((chance - _DATED) / (1 - _DATED)) ** 1.6)
            yield named[at][next(self._floats) < _SURNAME]

    def _title(self, lead: _Named) -> tuple[str, list[str], int]:
        words = " ".join(next(self._words) for _ in range(6)).title()
        title = f"{lead.surface} {words}"
        row = _row("title", 1, 0, lead, 0, len(title))
        return title, [row], len(title.split())

    def _caption_count(self) -> int:
        chance = next(self._floats)
        return 0 if chance < _CAPTIONS[0] else 1 if chance < _CAPTIONS[0] + _CAPTIONS[1] else 2

    def _caption(self, number: int, shown: _Named, beside: list[str]) -> str:
        words = " ".join(next(self._words) for _ in range(7))
        caption = f"{shown.surface} {words}."
        beside.append(_row("caption", number, 0, shown, 0, len(caption)))
        return caption

    def _paragraph(
        self, number: int, start: int, sentences: int, picked: Iterator[_Named], lead: _Named
    ) -> Paragraph:
        made = Paragraph("", 0)
        texts: list[str] = []
        at = start
        for _ in range(sentences):
            if texts and next(self._floats) < _QUOTED:
                sentence = self._quoted(number, at, lead, made)
            else:
                sentence = self._sentence(number, at, picked, made)
            texts.append(sentence)
            at += len(sentence) + 1
        made.text = " ".join(texts)
        made.words = len(made.text.split())
        return made

    def _sentence(self, number: int, start: int, picked: Iterator[_Named], to: Paragraph) -> str:
        parts: list[str] = []
        found: list[tuple[int, _Named]] = []
        at = start
        for is_name in self._patterns[int(next(self._floats) * _PATTERNS)]:
            if is_name:
                one = next(picked)
                found.append((at, one))
                part = one.surface
            else:
                part = next(self._words)
                if not parts:
                    part = part.capitalize()
            parts.append(part)
            at += len(part) + 1
        to.mentions += [_row("body", number, where, one, start, at) for where, one in found]
        return " ".join(parts) + "."

    def _quoted(self, number: int, start: int, speaker: _Named, to: Paragraph) -> str:
        words = ",".join([" ".join(next(self._words) for _ in range(12)).capitalize(), ""])
        cue = CUES[int(next(self._floats) * len(CUES))]
        before = f'"{words}" {cue} '
        sentence = f"{before}{speaker.surface}."
        end = start + 1 + len(words)
        to.quotations.append(
            f"body\t{number}\t{start + 1}\t{end}\t{words}\t{speaker.name_id}\t{cue}\n"
        )
        to.mentions.append(
            _row("body", number, start + len(before), speaker, start, start + len(sentence))
        )
        return sentence

    def _pattern(self) -> list[bool]:
        """Which parts of a sentence are names: two to four among ten to seventeen words."""
        names, words = self._chance.integers((2, 10), (4, 17), endpoint=True).tolist()
        pattern = [True] * names + [False] * words
        return [pattern[at] for at in self._chance.permutation(len(pattern))]

    def _endless_words(self) -> Iterator[str]:
        return chain.from_iterable(self._writer.draw(20_000) for _ in repeat(None))

    def _endless_floats(self) -> Iterator[float]:
        return chain.from_iterable(self._chance.random(20_000).tolist() for _ in repeat(None))


def _named(surface: str, name_id: str, label: str) -> _Named:
    return _Named(surface, f"{surface}\t{name_id}\t{label}", name_id)


def _row(
    section: str, number: int, start: int, one: _Named, sentence_start: int, sentence_end: int
) -> str:
    """A row of `news.mentions` for COPY, but for the article's id."""
    end = start + len(one.surface)
    return f"{section}\t{number}\t{start}\t{end}\t{one.row}\t{sentence_start}\t{sentence_end}\n"
