"""Who is in the news: made-up people, places and organisations, and how they are spelt.

Belongs here: entities by popularity, their spellings and whom they are named with. Does not belong
here: texts (`stories.py`). The same for the same seed, so that each process makes its own.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from pipelines.news.keys import derive_key
from pipelines.store.mentions import name_key

SHARES = {"PERSON": 0.48, "ORG": 0.25, "GPE": 0.13, "LOC": 0.05, "FAC": 0.05, "EVENT": 0.04}
COUNTRIES = 190
"""The most popular places: these have a code, and a people."""

PARTNERS = 40
"""Entities that one entity is often named with."""

_FAMOUS = 1_000
_SHIFT = 2.7
_DATES = 2_000
_ENDS = {"ORG": 120, "LOC": 20, "FAC": 40, "EVENT": 30}
"""Nouns that names of a type end in, a few of them often: as `University` or `River` do."""

_SYLLABLES = [
    a + b for a in "bdfghjklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "im")
]
_ACCENTS = str.maketrans("aeiou", "áéíóú")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August")


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as it is stored; `names` are the numbers of its spellings."""

    entity_id: str
    entity_type: str
    key: str
    country_code: str | None
    names: range


@dataclass(frozen=True, slots=True)
class Name:
    """A spelling as it is stored; `entity` is the entity's number, None for a date."""

    name_id: str
    label: str
    name: str
    entity: int | None


@dataclass(frozen=True)
class World:
    """All entities, the most popular first, with all their spellings; and dates."""

    entities: list[Entity]
    names: list[Name]
    dates: range
    shares: NDArray[np.float64]

    def popular(self, chance: NDArray[np.float64]) -> NDArray[np.int64]:
        """Entities by popularity (Zipf's law, shifted), one for each number in [0, 1)."""
        return np.searchsorted(self.shares, chance)

    def partners(self, entities: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The partner of each entity at each of its places: always the same, often a popular one."""
        mixed = (entities.astype(np.uint64) * np.uint64(PARTNERS) + places.astype(np.uint64)) + 1
        # The finalizer of splitmix64: as good as drawn.
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return self.popular((mixed ^ (mixed >> np.uint64(31))) / 2.0**64)


@cache
def world_of(entities: int, seed: int) -> World:
    """The world of so many entities."""
    draw = Random(seed)
    taken: set[tuple[str, str]] = set()
    names: list[Name] = []
    made: list[Entity] = []
    types = draw.choices(list(SHARES), list(SHARES.values()), k=entities)
    codes = iter(_codes())
    for number, entity_type in enumerate(types):
        name = _new_name(draw, entity_type, taken)
        code = next(codes, None) if entity_type == "GPE" else None
        spellings = [(entity_type, name), *_others(draw, number, entity_type, name, code, taken)]
        key = f"country:{code}" if code else name.lower()
        first = len(names)
        names += [Name(name_key(label, one).hex, label, one, number) for label, one in spellings]
        identity = derive_key("entity", entity_type, key).hex
        made.append(Entity(identity, entity_type, key, code, range(first, len(names))))
    first = len(names)
    names += [Name(name_key("DATE", one).hex, "DATE", one, None) for one in _dates()]
    weights = np.cumsum(1 / (np.arange(entities) + _SHIFT))
    return World(made, names, range(first, len(names)), weights / weights[-1])


def _new_name(draw: Random, entity_type: str, taken: set[tuple[str, str]]) -> str:
    while (name := (entity_type, _name(draw, entity_type))) in taken:
        pass
    taken.add(name)
    return name[1]


def _name(draw: Random, entity_type: str) -> str:
    if entity_type == "PERSON":
        return f"{_word(draw)} {_word(draw)}"
    if ends := _ENDS.get(entity_type):
        end = _nouns()[int(ends ** draw.random()) - 1]
        return f"{_word(draw)} {end.capitalize()}"
    return _word(draw)


@cache
def _nouns() -> list[str]:
    content = Path(__file__).parents[1].joinpath("words.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(content)["nouns"]).split()


def _word(draw: Random) -> str:
    return "".join(draw.choices(_SYLLABLES, k=draw.choice((2, 3, 3, 4)))).capitalize()


def _others(
    draw: Random,
    number: int,
    entity_type: str,
    name: str,
    code: str | None,
    taken: set[tuple[str, str]],
) -> list[tuple[str, str]]:
    """Other spellings: several of the famous, none of most."""
    wanted = draw.choice((2, 3, 4)) if number < _FAMOUS else draw.choice((0, 0, 0, 1, 1, 2))
    first, _, rest = name.partition(" ")
    forms = [f"{first.translate(_ACCENTS)} {rest}", f"{first[:-1]}{first[-1] * 2} {rest}"]
    if entity_type == "PERSON":
        forms += [f"{first} {draw.choice(_SYLLABLES).capitalize()} {rest}", f"{first} al-{rest}"]
    elif rest:
        forms += [f"{first}-{rest}", f"New {name}"]
    spellings = [(entity_type, form.strip()) for form in forms]
    draw.shuffle(spellings)
    if code:
        spellings = [("NORP", f"{name}i"), ("GPE", f"Republic of {name}"), *spellings]
    free = [one for one in spellings if one not in taken][:wanted]
    taken.update(free)
    return free


def _codes() -> list[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [a + b for a in letters for b in letters][:COUNTRIES]


def _dates() -> list[str]:
    days = [
        f"{month} {day}, {year}"
        for year in range(2019, 2027)
        for month in _MONTHS
        for day in range(1, 29)
    ]
    decades = [f"the {a}s and the {b}s" for a, b in pairwise(range(1900, 2020, 10))]
    return [*_WEEKDAYS, *_MONTHS, *decades, *days][:_DATES]
