"""Places of one name: which of them an article means.

A table names them (`data/namesakes.csv`), the one that is meant as a rule first. Where an article
speaks of one of the other countries and not of that one, it means the place there.
"""

import csv
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files

import pycountry

from pipelines.news.folding import fold
from pipelines.news.places import city_or_region, country, country_of_people

_PLACES = frozenset({"GPE", "LOC"})


def tell_apart(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What to call places of an article: "Tripoli" -> "Tripoli, Lebanon".

    Args:
        names: the article's names with their labels.
    """
    listed = set(names)
    shared = {
        name: countries
        for name, label in listed
        if label in _PLACES and (countries := _namesakes().get(fold(name)))
    }
    if not shared:
        return {}
    spoken_of = {
        code for name, label in listed if name not in shared and (code := _country(name, label))
    }
    told = {}
    for name, (usual, *others) in shared.items():
        meant = [code for code in others if code in spoken_of]
        code = meant[0] if usual not in spoken_of and len(meant) == 1 else usual
        if _country(name, "GPE") != code:
            told[name] = f"{name}, {_called(code)}"
    return told


def is_shared(folded: str) -> bool:
    """Whether several places that the news speaks of have this name."""
    return folded in _namesakes()


def namesakes_checksum() -> str:
    """What tells one state of the table from another."""
    return sha256(_table().encode()).hexdigest()[:8]


def _country(name: str, label: str) -> str | None:
    """The country that a name of an article speaks of."""
    folded = fold(name)
    if label == "NORP":
        return country_of_people(folded)
    if label not in _PLACES:
        return None
    place = city_or_region(folded)
    return country(folded) or (place.country_code if place else None)


def _called(code: str) -> str:
    (entry,) = (one for one in pycountry.countries if one.alpha_2 == code)
    return str(getattr(entry, "common_name", entry.name))


@cache
def _table() -> str:
    return files("pipelines.news").joinpath("data/namesakes.csv").read_text(encoding="utf-8")


@cache
def _namesakes() -> dict[str, list[str]]:
    rows = csv.DictReader(_table().splitlines())
    return {fold(row["name"]): row["countries"].split("|") for row in rows}
