"""Names that stand for an organisation or a person by agreement, not by their letters."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from pipelines.news.folding import fold
from pipelines.news.spellings import spell


@dataclass(frozen=True, slots=True)
class Alias:
    """Who is meant, by type and the key that the full name has of itself."""

    entity_type: str
    entity_key: str


def alias(folded: str) -> Alias | None:
    """Who a folded name stands for by the alias file, if it is in it."""
    return _aliases().get(folded)


def own_key(name: str, entity_type: str) -> str:
    """The key of an entity that no table knows: its name folded, people's in one spelling."""
    return spell(name) if entity_type == "PERSON" else fold(name)


def aliases_checksum() -> str:
    """What tells one state of the alias file from another."""
    return sha256(_text().encode()).hexdigest()[:8]


def _text() -> str:
    return files("pipelines.news").joinpath("data/aliases.csv").read_text(encoding="utf-8")


@cache
def _aliases() -> dict[str, Alias]:
    return {
        folded: Alias(entity_type, own_key(name, entity_type))
        for entity_type, name, spelling in rows()
        for folded in [fold(spelling)]
    }


def rows() -> Iterator[tuple[str, str, str]]:
    """Type, full name and alias, for each alias and for the full name itself."""
    for row in csv.DictReader(_text().splitlines()):
        for spelling in (row["name"], *filter(None, row["aliases"].split("|"))):
            yield row["entity_type"], row["name"], spelling
