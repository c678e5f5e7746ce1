"""Which names are written on the map: as many as do not stand in each other's way."""

from collections.abc import Sequence
from dataclasses import dataclass

_LABELS = 18
_LETTER = 5.2
_LINE = 11.0
OFFSET = 6.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map: where it lies, in degrees, and how many stories name it."""

    name: str
    longitude: float
    latitude: float
    stories: int


def spread(spots: Sequence[Spot], width: float) -> dict[int, str]:
    """Which places have their names written, by their position, and on which side: right or left.

    The most important come first. `width` is that of the whole world; a name that would run into one
    before it, or over the edge, is left out.
    """
    scale = width / 360
    written: list[tuple[float, float, float]] = []
    sides: dict[int, str] = {}
    for at, spot in enumerate(spots):
        x, top = (spot.longitude + 180) * scale, -spot.latitude * scale
        room = _LETTER * len(spot.name)
        for side, start in (("right", x + OFFSET), ("left", x - OFFSET - room)):
            box = (start, start + room, top)
            if start >= 0 and start + room <= width and not any(_touch(box, o) for o in written):
                written.append(box)
                sides[at] = side
                break
        if len(sides) == _LABELS:
            break
    return sides


def _touch(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and abs(one[2] - other[2]) < _LINE
