"""Sentences put together from patterns, for what the corpora lack.

Belongs here: filling the slots of `patterns.txt` (headlines, captions and leads) and
`patterns_reference.txt` (an encyclopedia), sentences in our own words. The corpora hold few
facilities, events, clubs and companies, no picture captions and few names of our region.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from training import bodies, names
from training.gazetteer import NATIONS
from training.passage import Passage, Span


def _lines(name: str) -> tuple[str, ...]:
    return tuple(Path(__file__).with_name(name).read_text("utf-8").splitlines())


PATTERNS: Final = _lines("patterns.txt")
REFERENCE_PATTERNS: Final = _lines("patterns_reference.txt")
"""Sentences of an encyclopedia, with names of `bodies`."""
_DAYS: Final = tuple(calendar.day_name)
_MONTHS: Final = tuple(calendar.month_name)[1:]
NAMED_IN_FULL: Final = 0.8
"""Share of people who come with their given name."""
_SLOT: Final = re.compile(r"\{([A-Z]+)\}")


def synthesise(random: Random, each: int) -> Iterator[Passage]:
    """Yield `each` passages from every pattern, with names drawn by `random`."""
    for number, pattern in enumerate(PATTERNS):
        for _ in range(each):
            yield fill(pattern, random, f"pattern-{number}")


def synthesise_reference(random: Random, each: int) -> Iterator[Passage]:
    """Yield `each` passages from every pattern of an encyclopedia."""
    for number, pattern in enumerate(REFERENCE_PATTERNS):
        for _ in range(each):
            yield fill_reference(pattern, random, f"reference-{number}")


def fill_reference(pattern: str, random: Random, group: str) -> Passage:
    """Fill the slots of one pattern of an encyclopedia."""
    return _filled(pattern, group, lambda kind, _: _draw_reference(kind, random))


def _draw_reference(kind: str, random: Random) -> tuple[str, str | None]:
    if kind == "NORP":
        return random.choice(_NATIONS), "NORP"
    year = random.randint(1820, 2015)
    if kind == "YEAR":
        return str(year), "DATE"
    if kind == "MONTH":
        return f"{random.choice(_MONTHS)} {year}", "DATE"
    if kind == "DAY":
        day, month = random.randint(1, 28), random.choice(_MONTHS)
        return random.choice((f"{day} {month} {year}", f"{month} {day}, {year}")), "DATE"
    return bodies.draw(kind, random), bodies.LABELS[kind]


def fill(pattern: str, random: Random, group: str) -> Passage:
    """Fill the slots of one pattern."""

    def draw(label: str, before: str) -> tuple[str, str]:
        words = _draw(label, random)
        if label == "DATE" and before.endswith("on "):
            words = words if words[0].isupper() else random.choice(_DAYS)
        return words, label

    return _filled(pattern, group, draw)


def _filled(
    pattern: str, group: str, draw: Callable[[str, str], tuple[str, str | None]]
) -> Passage:
    """Fill each slot with the words that `draw` gives for its kind and the text before it."""
    text, at = "", 0
    spans: list[Span] = []
    for match in _SLOT.finditer(pattern):
        text += pattern[at : match.start()]
        words, label = draw(match[1], text)
        if label:
            spans.append(Span(len(text), len(text) + len(words), label))
        text += words
        at = match.end()
    return Passage(text + pattern[at:], tuple(spans), "pattern", group)


def _draw(label: str, random: Random) -> str:
    if label == "PERSON":
        full = names.person_name(random)
        return full if random.random() < NAMED_IN_FULL else full.split(maxsplit=1)[1]
    if label == "DATE":
        return _date(random)
    if label == "NORP":
        return random.choice(_PEOPLES)
    stock = {
        "GPE": names.PLACES, "ORG": names.ORGS, "LOC": names.LOCS, "FAC": names.FACS,
        "EVENT": names.EVENTS,
    }[label]  # fmt: skip
    return random.choice(stock)


_NEAR: Final = (
    "Turkish",
    "Kurdish",
    "Iraqi",
    "Syrian",
    "Iranian",
    "Israeli",
    "Palestinian",
    "Russian",
)
_NATIONS: Final = tuple(sorted(NATIONS))
_PEOPLES: Final = (*3 * _NEAR, *_NATIONS)


def _date(random: Random) -> str:
    day, month = random.randint(1, 28), random.choice(_MONTHS)
    year = random.randint(1985, 2027)
    return random.choice(
        (
            random.choice(_DAYS), random.choice(_DAYS), f"{month} {day}, {year}", f"{month} {day}",
            f"{day} {month} {year}", f"{month} {year}", f"{random.choice(_DAYS)}, {month} {day}",
        )
    )  # fmt: skip
