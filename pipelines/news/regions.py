"""First-level regions of countries, by folded name: provinces, governorates, federal states.

From `data/regions.csv`, which `training/regions.py` makes of GeoNames and ISO 3166-2.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from pipelines.news.folding import fold

_KINDS = (
    "province|governorate|region|oblast|krai|republic|state|canton|prefecture|department|emirate"
    "|county|territory|voivodeship|municipality|autonomous region|autonomous republic"
    "|autonomous oblast"
)
_TYPED = re.compile(rf"(?:the )?(?:(?:{_KINDS}) of (?P<after>.+)|(?P<before>.+?) (?:{_KINDS}))\Z")
_MIN_RATIO = 5


@dataclass(frozen=True, slots=True)
class Region:
    """A first-level region with its GeoNames id, and how many people its cities have."""

    geoname_id: int
    country_code: str
    admin1_code: str
    population: int


def without_kind(folded: str) -> str | None:
    """The name proper of what a folded name calls a region ("idlib province"), else None."""
    match = _TYPED.match(folded)
    return match and (match["after"] or match["before"])


def region(folded: str) -> Region | None:
    """The region of this folded name, with or without what kind of region it is.

    Of several of one name the one that has five times the people of the next is meant, else none.
    """
    bare = without_kind(folded)
    return _regions().get(folded) or (
        _regions().get(f"{bare} *") or _regions().get(bare) if bare else None
    )


def region_in(folded: str, country_code: str) -> Region | None:
    """The region of this folded name in a country, the largest of several."""
    among = [one for one in _claims().get(folded, ()) if one.country_code == country_code]
    return max(among, key=lambda one: (one.population, -one.geoname_id), default=None)


@cache
def regions_by_id() -> dict[int, Region]:
    """All regions by their GeoNames id."""
    return {one.geoname_id: one for among in _claims().values() for one in among}


def regions_checksum() -> str:
    """What tells one state of the table from another."""
    return sha256(_table().encode()).hexdigest()[:8]


@cache
def _table() -> str:
    return files("pipelines.news").joinpath("data/regions.csv").read_text(encoding="utf-8")


@cache
def _regions() -> dict[str, Region]:
    return {name: own for name, among in _claims().items() if (own := _largest(among))}


@cache
def _claims() -> dict[str, set[Region]]:
    """All regions by folded name; "moscow *" is what some name calls the region of Moscow."""
    claims: dict[str, set[Region]] = defaultdict(set)
    for row in csv.DictReader(_table().splitlines()):
        found = Region(
            int(row["geoname_id"]), row["country_code"], row["admin1_code"], int(row["population"])
        )
        for name in filter(None, (row["name"], *row["aliases"].split("|"))):
            folded = fold(name)
            claims[folded].add(found)
            if bare := without_kind(folded):
                claims[f"{bare} *"].add(found)
    # A name without its kind stands for the region only where no other is called so outright.
    for name in [name for name in claims if name.endswith(" *")]:
        claims.setdefault(name.removesuffix(" *"), claims[name])
    return dict(claims)


def _largest(among: Iterable[Region]) -> Region | None:
    first, *others = sorted(among, key=lambda one: (-one.population, one.geoname_id))
    is_largest = not others or first.population >= max(1, _MIN_RATIO * others[0].population)
    return first if is_largest else None
