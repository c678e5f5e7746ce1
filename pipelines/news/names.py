"""Surfaces of mentions -> normalised names."""

import re
import unicodedata

NAMES_VERSION = f"3/unicode-{unicodedata.unidata_version}"
"""Bump when the same mentions of an article get other names."""

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
