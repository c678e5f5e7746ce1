"""Made-up names of our region, for `augment` and `synthesis`.

Belongs here: drawing from the lists of `names.toml`, which are written by hand: common given names,
surnames, places, bodies. Put together at random; no person is meant.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random
from typing import Any, Final

_DATA: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_STOCKS: Final[list[dict[str, Any]]] = list(_DATA["stocks"].values())
_WEIGHTS: Final[list[int]] = [stock["weight"] for stock in _STOCKS]
_NAMES: Final[dict[str, list[str]]] = _DATA["names"]
PLACES: Final = tuple(_NAMES["places"])
ORGS: Final = tuple(_NAMES["orgs"])
LOCS: Final = tuple(_NAMES["locs"])
FACS: Final = tuple(_NAMES["facs"])
EVENTS: Final = tuple(_NAMES["events"])
AGENCIES: Final = (*2 * _NAMES["agencies"][:1], *_NAMES["agencies"])
MIDDLE_NAMED: Final = 0.2
"""Share of full names with a second given name."""


def person_name(random: Random) -> str:
    """Return a full name, most often Turkish, Arabic or Kurdish, at times of three words."""
    stock = random.choices(_STOCKS, _WEIGHTS)[0]
    middle = f"{random.choice(stock['given'])} " if random.random() < MIDDLE_NAMED else ""
    return f"{random.choice(stock['given'])} {middle}{random.choice(stock['family'])}"


def surname(random: Random) -> str:
    """Return a surname alone, of one word or with its particle."""
    return str(random.choice(random.choices(_STOCKS, _WEIGHTS)[0]["family"]))
