"""Headlines, captions and leads put together from patterns, for what the corpora lack.

Belongs here: filling the slots of `patterns.txt`, sentences in our own words. The corpora hold few
facilities and events, no picture captions and few names of our region.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from training import names
from training.gazetteer import NATIONS
from training.passage import Passage, Span

PATTERNS: Final = tuple(Path(__file__).with_name("patterns.txt").read_text("utf-8").splitlines())
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


def fill(pattern: str, random: Random, group: str) -> Passage:
    """Fill the slots of one pattern."""
    text, at = "", 0
    spans: list[Span] = []
    for match in _SLOT.finditer(pattern):
        text += pattern[at : match.start()]
        words = _draw(match[1], random)
        if match[1] == "DATE" and text.endswith("on "):
            words = words if words[0].isupper() else random.choice(_DAYS)
        spans.append(Span(len(text), len(text) + len(words), match[1]))
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
_PEOPLES: Final = (*3 * _NEAR, *sorted(NATIONS))


def _date(random: Random) -> str:
    day, month = random.randint(1, 28), random.choice(_MONTHS)
    year = random.randint(1985, 2027)
    return random.choice(
        (
            random.choice(_DAYS), random.choice(_DAYS), f"{month} {day}, {year}", f"{month} {day}",
            f"{day} {month} {year}", f"{month} {year}", f"{random.choice(_DAYS)}, {month} {day}",
        )
    )  # fmt: skip
