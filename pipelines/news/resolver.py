"""Names -> entity keys.

A function of the name, its label and the tables alone: nothing is merged by a score or by what else
was loaded.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

from pipelines.news.bodies import body
from pipelines.news.folding import fold
from pipelines.news.places import (
    City,
    city_or_region,
    country,
    country_of_people,
    place_in,
    places_version,
    wide_place,
)
from pipelines.news.spellings import spell, spellings_checksum

ALIAS_COLUMNS = ("entity_type", "name", "aliases")
_RULES_VERSION = "4"
_PLACES = frozenset({"GPE", "LOC"})
_NO_PERSONS = frozenset({"NORP", "ORG", "GPE", "LOC", "FAC", "EVENT"})
_TYPES = _NO_PERSONS | {"PERSON"}
_MAX_KEY = 500
_PLURAL = re.compile(r"\w{3}[^s\W]s\Z")
_RIVER = re.compile(r"\A(?:the )?river | river\Z")


class AliasError(ValueError):
    """An alias file that cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name stands for, and the rule that says so."""

    entity_type: str
    entity_key: str
    country_code: str | None
    geoname_id: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class AliasRow:
    """A line of an alias file: who is meant, and one of the names that mean them."""

    entity_type: str
    name: str
    alias: str


@dataclass(frozen=True)
class Resolver:
    """Resolves names by the tables that are shipped and an alias file of the operator's.

    `version` is what the key of a name depends on besides the name.
    """

    own: Mapping[str, Resolved]
    shipped: Mapping[str, Resolved]
    version: str

    def resolve(self, name: str, entity_type: str) -> Resolved | None:
        """The entity that a name stands for; None for a date, which names none."""
        if entity_type == "DATE":
            return None
        for key in _keys(name, entity_type):
            if found := self.own.get(key):
                return found
            # Many a news agency has the name of a woman.
            if (found := self.shipped.get(key)) and entity_type in {
                found.entity_type,
                *_NO_PERSONS,
            }:
                return found
        return by_tables(name, entity_type)


@cache
def resolver(own_aliases: str = "") -> Resolver:
    """The resolver with the operator's alias file, given as its text; it goes before the shipped one.

    Raises:
        AliasError: the text is no alias file, or says two things of one name.
    """
    shipped = files("pipelines.news").joinpath("data/aliases.csv").read_text(encoding="utf-8")
    known = _targets(shipped, {})
    checksum = sha256(f"{shipped}\0{own_aliases}".encode()).hexdigest()[:8]
    unicode = f"unicode-{unicodedata.unidata_version}"
    parts = (_RULES_VERSION, places_version(), spellings_checksum(), checksum, unicode)
    return Resolver(_targets(own_aliases, known), known, "/".join(parts))


@lru_cache(maxsize=100_000)
def by_tables(name: str, entity_type: str) -> Resolved:
    """What a name stands for by places, peoples, bodies and spellings, whatever aliases say."""
    folded = _folded(name)
    if entity_type in _PLACES and (found := _place(name, folded, entity_type)):
        return found
    if entity_type == "NORP" and (code := country_of_people(folded)):
        return Resolved("GPE", f"country:{code}", code, None, "demonym")
    if entity_type == "ORG" and (of := body(name)):
        return Resolved("ORG", f"body:{of.country_code}:{of.what}", of.country_code, None, "body")
    key = _spelled(name, folded, entity_type)
    rule = "folded_name" if key == folded else "spelling"
    if len(key) > _MAX_KEY:
        key = key[:_MAX_KEY] + sha256(key.encode()).hexdigest()
    return Resolved(entity_type, key, None, None, rule)


def _place(name: str, folded: str, entity_type: str) -> Resolved | None:
    """The country, city or region that a name stands for; "Tripoli, Lebanon" says which of several."""
    if code := country(folded):
        return Resolved("GPE", f"country:{code}", code, None, "country")
    before, _, after = name.rpartition(", ")
    if before and (code := country(_folded(after))):
        place = place_in(_folded(before), code)
    else:
        place = city_or_region(folded) if entity_type == "GPE" else wide_place(folded)
    if place is None:
        return None
    kind = "city" if isinstance(place, City) else "region"
    key = f"{kind}:{place.geoname_id}"
    return Resolved("GPE", key, place.country_code, place.geoname_id, kind)


def _spelled(name: str, folded: str, entity_type: str) -> str:
    """The one form of a folded name that all of its spellings are given."""
    if entity_type == "PERSON":
        return spell(name) or folded
    if entity_type == "NORP":  # "Yazidis", "Yazidi"
        return folded.removesuffix("s") if _PLURAL.search(folded) else folded
    if entity_type == "LOC":  # "Euphrates River", "River Thames"
        return _RIVER.sub("", folded) or folded
    return folded


def alias_rows(text: str) -> Iterator[AliasRow]:
    """The lines of an alias file: a CSV of entity_type, name, and aliases divided by "|".

    Raises:
        AliasError: it has other columns, a type that is none, or a line without a name.
    """
    reader = csv.DictReader(text.splitlines())
    if text.strip() and tuple(reader.fieldnames or ()) != ALIAS_COLUMNS:
        raise AliasError(f"An alias file has the columns {', '.join(ALIAS_COLUMNS)}.")
    for line, row in enumerate(reader, start=2):
        if row["entity_type"] not in _TYPES or not fold(row["name"] or "") or None in row:
            raise AliasError(
                f"Line {line} of the alias file says no type and name that can be used."
            )
        if row["aliases"] is None:
            raise AliasError(f"Line {line} of the alias file has no third column, the aliases.")
        for alias in (row["name"], *filter(None, (row["aliases"] or "").split("|"))):
            yield AliasRow(row["entity_type"], row["name"], alias)


def _targets(text: str, known: Mapping[str, Resolved]) -> dict[str, Resolved]:
    """What each alias stands for, by its folded form."""
    targets: dict[str, Resolved] = {}
    for row in alias_rows(text):
        target = known.get(_folded(row.name)) or by_tables(row.name, row.entity_type)
        target = replace(target, rule="alias")
        for key in _keys(row.alias, row.entity_type):
            if targets.setdefault(key, target) != target:
                raise AliasError(f"The alias file has two entities for {row.alias!r}.")
    return targets


def _keys(name: str, entity_type: str) -> tuple[str, ...]:
    """What a name is looked up by: as it is, and in the one form for all of its spellings."""
    folded = _folded(name)
    return (folded, _spelled(name, folded, entity_type))


def _folded(name: str) -> str:
    return fold(name) or name.casefold()
