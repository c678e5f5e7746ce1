"""Made-up names as an encyclopedia has them: clubs, bands, companies, schools, towns, people.

Belongs here: drawing from the parts and shapes of `bodies.toml`. A shape is words, of which those
that name a kind of part are replaced by such a part.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from random import Random
from typing import Any, Final

_DATA: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_PARTS: Final[dict[str, list[str]]] = _DATA["parts"]
_SHAPES: Final[dict[str, list[str]]] = _DATA["shapes"]
_PART: Final = re.compile(rf"(?<![^\W_])(?:{'|'.join(_PARTS)})(?=[^a-z]|(?:ville|ton)\b|$)")
LABELS: Final = {
    **dict.fromkeys(
        (
            "CLUB", "NICKNAME", "BAND", "COMPANY", "LABEL", "MEDIA", "SCHOOL", "LEAGUE", "UNIT",
            "SOCIETY",
        ),
        "ORG",
    ),
    "GROUND": "FAC", "WATERS": "LOC", "TOURNAMENT": "EVENT", "TOWN": "GPE", "PERSON": "PERSON",
    "FULL": "PERSON", "SURNAME": "PERSON", "WORK": None,
}  # fmt: skip
"""The label of each kind of name; a work (album, film, book) is no name of ours."""


def draw(kind: str, random: Random) -> str:
    """Return a name of a kind of `LABELS`."""
    return _PART.sub(lambda match: random.choice(_PARTS[match[0]]), random.choice(_SHAPES[kind]))
