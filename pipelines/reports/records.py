"""What a night's report tells."""

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from uuid import UUID

NIGHTS_BEFORE = 28
"""Nights before the night, by the calendar, that say what is usual."""

NIGHTS_SHOWN = 60
"""Nights of the timeline, the night itself among them."""

MIN_RISING_STORIES = 2
MIN_RISING_SCORE = 1.0
"""Below it an entity is within what chance does every night."""


class Kind(StrEnum):
    """What the report compares with its usual level."""

    PEOPLE = "people"
    PLACES = "places"
    ORGANISATIONS = "organisations"


@dataclass(frozen=True, slots=True)
class Landed:
    """What landed on a night: files, what they held, and how many were refused."""

    files: int
    pages: int
    occurrences: int
    articles: int
    new_articles: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Refused:
    """What was put in quarantine for one reason, with a few of the paths."""

    reason_code: str
    entries: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewStory:
    """A story that stood in no earlier night, as far as it had spread that night."""

    story_id: UUID
    title: str
    articles: int
    occurrences: int
    pages: int
    sites: int


@dataclass(frozen=True, slots=True)
class Rising:
    """An entity named in more stories than is usual, and how far above that it is."""

    kind: Kind
    display_name: str
    stories: int
    usual: float
    score: float


@dataclass(frozen=True, slots=True)
class NightCount:
    """New articles and new stories of a night."""

    night: date
    articles: int
    stories: int


@dataclass(frozen=True, slots=True)
class Named:
    """An entity with the stories of the night that name it."""

    display_name: str
    entity_type: str
    stories: int


@dataclass(frozen=True, slots=True)
class Together:
    """Two of the most named entities, by their places in that list, and the stories naming both."""

    one: int
    other: int
    stories: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place named that night that lies somewhere. Without a GeoNames id it is the country."""

    display_name: str
    country_code: str
    geoname_id: int | None
    stories: int


@dataclass(frozen=True, slots=True)
class NightReport:
    """All that the report of a night tells; equal tables give equal records."""

    night: date
    landed: Landed | None
    before: tuple[Landed, ...]
    refused: tuple[Refused, ...]
    stories: tuple[NewStory, ...]
    rising: tuple[Rising, ...]
    timeline: tuple[NightCount, ...]
    named: tuple[Named, ...]
    together: tuple[Together, ...]
    places: tuple[Place, ...]
    places_in_all: int

    def usual(self) -> dict[str, float]:
        """The mean of each number of `Landed` over the nights before; empty if there are none."""
        return {
            field.name: sum(getattr(one, field.name) for one in self.before) / len(self.before)
            for field in fields(Landed)
            if self.before
        }
