"""Predicates that decide between labels which the corpora do not tell apart.

Belongs here: questions to the word lists of `gazetteer.toml`, and patterns over capitalised words.
Country names come from pycountry (ISO 3166) besides.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import pycountry

_LISTS: Final[dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)
TITLES: Final = frozenset(_LISTS["titles"])
AMBIGUOUS_COUNTRIES: Final = frozenset(_LISTS["ambiguous_countries"])
NATIONS: Final = frozenset(_LISTS["nations"])
BELIEFS: Final = frozenset(_LISTS["beliefs"])
FAC_HEADS: Final = frozenset(_LISTS["fac_heads"])
ORG_HEADS: Final = frozenset(_LISTS["org_heads"])
EVENT_HEADS: Final = frozenset(_LISTS["event_heads"])
STORMS: Final = frozenset(_LISTS["storms"])
GPE_OVERRIDES: Final = frozenset(_LISTS["gpe_overrides"])
ORG_OVERRIDES: Final = frozenset(_LISTS["org_overrides"])
NOT_NAMES: Final = frozenset(_LISTS["not_names"])
_LOC_NAMES: Final = frozenset(_LISTS["loc_names"])
_LOC_HEADS: Final = frozenset(_LISTS["loc_heads"])
_LOC_STARTS: Final = frozenset(_LISTS["loc_starts"])


@cache
def country_names() -> frozenset[str]:
    """Return country names as news spells them: ISO 3166 short names and the aliases above."""
    names = set(_LISTS["country_aliases"])
    for country in pycountry.countries:
        for field in ("name", "common_name"):
            name = getattr(country, field, None)
            if name and "," not in name and "(" not in name:
                names.add(name)
    return frozenset(names)


def is_country(name: str) -> bool:
    """Return whether `name`, with or without "the", is a country or a territory of the news."""
    return re.sub(r"^[Tt]he ", "", name) in country_names()


def is_norp(name: str) -> bool:
    """Return whether every word of `name` is a nationality, a people, a religion or a side."""
    words = re.split(r"[ -]", name.replace("\u2019", "'"))
    return all(_is_norp_word(word) or word in {"North", "South", "Sri"} for word in words) and any(
        _is_norp_word(word) for word in words
    )


def _is_norp_word(word: str) -> bool:
    known = NATIONS | BELIEFS
    return word in known or (word.endswith("s") and word[:-1] in known) or word == "Lankan"


def place_label(name: str) -> str:
    """Return FAC, LOC or GPE for the name of a place, by its head word."""
    words = name.lower().split()
    if words and words[0] == "the":
        words = words[1:]
    if not words or is_country(name):
        return "GPE"
    if words[-1] in FAC_HEADS and len(words) > 1 and name.rsplit(maxsplit=1)[-1][0].isupper():
        return "FAC"
    if words[-1] in _LOC_NAMES or (words[-1] in _LOC_HEADS and len(words) > 1):
        return "GPE" if name in country_names() or name == "South Africa" else "LOC"
    if words[0] in _LOC_STARTS:
        return "LOC"
    return "GPE"


_CAPITALS: Final = r"(?:[A-Z][\w'\u2019.-]*[\w'\u2019-] (?:(?:of|al|de|and the|of the) )?){1,4}"
FACILITY: Final = re.compile(
    rf"\b{_CAPITALS}(?:Airport|Mosque|Stadium|Bridge|Prison|Palace|Square|Hospital|Air Base|Airbase|"
    r"Naval Base|Cathedral|Dam|Barracks|Museum|Hotel|Airfield|Power Plant|Highway|Synagogue|Shrine)\b"
)
"""A run of capitalised words that ends in a kind of building."""

HAPPENING: Final = re.compile(
    rf"\b(?:World War (?:II|I|Two|One)\b|(?:First|Second) World War\b|Cold War\b|"
    r"(?:(?:19|20)\d\d )?(?:Summer |Winter )?Olympic(?:s| Games)\b|(?:(?:19|20)\d\d )?World Cup\b|"
    rf"(?:Hurricane|Typhoon|Cyclone|Tropical Storm|Operation) [A-Z]\w+|"
    rf"{_CAPITALS}(?:War|Revolution|Uprising|Intifada|Olympics|Massacre|Genocide|Spring Festival|"
    r"Summit|Film Festival|Grand Prix|Championships?|Super Bowl)\b)"
)
"""A run of capitalised words that ends in a kind of event, or a storm or operation by name."""

_ARTICLES: Final = re.compile(
    r"^(?:(?:The|A|An|In|At|On|During|After|Before|When|But|And|Since|For|From|Near)\s+)+"
)


def find_compounds(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, label) of facilities and events that are plain from their head word."""
    found: list[tuple[int, int, str]] = []
    for pattern, label in ((FACILITY, "FAC"), (HAPPENING, "EVENT")):
        for match in pattern.finditer(text):
            lead = _ARTICLES.match(match[0])
            start = match.start() + (lead.end() if lead else 0)
            if " " in text[start : match.end()] and "'s " not in match[0]:
                found.append((start, match.end(), label))
    return found
