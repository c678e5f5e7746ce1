"""Spellings of personal names that transliteration makes of one."""

import csv
import re
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

from pipelines.news.folding import fold

# "Abd al-Rahman", "Abdel Rahman", "Abdulrahman": the servant of …
_SERVANT = re.compile(
    r"\b(?:abd (?:al |el |ul )?|(?:abdel|abdul|abdal|abdoul)(?: |(?=\w{4})))(?=\w)"
)
# "Taha Al Hakimi" is Taha al-Hakimi; "Al Gore" is not Gore.
_ARTICLE = re.compile(r"(?<=\w )(?:al|el) (?=\w)")


def spellings_checksum() -> str:
    """What tells one state of the table from another."""
    return sha256(_table().encode()).hexdigest()[:8]


@lru_cache(maxsize=100_000)
def spell(name: str) -> str:
    """A person's name, folded, each part in the one spelling that stands for all of its spellings.

    "Fuad Hussain" and "Fouad Hussein" are spelled alike, "Abdel Fattah" and "Abdulfattah" too. A
    table decides (`data/spellings.csv`), never likeness: Zaid is another name than Said.
    """
    folded = _ARTICLE.sub("", _SERVANT.sub("abdul", fold(name)))
    return " ".join(_variants().get(part, part) for part in folded.split())


@cache
def _table() -> str:
    return files("pipelines.news").joinpath("data/spellings.csv").read_text(encoding="utf-8")


@cache
def _variants() -> dict[str, str]:
    return {
        fold(variant): row["spelling"]
        for row in csv.DictReader(_table().splitlines())
        for variant in row["variants"].split("|")
    }
