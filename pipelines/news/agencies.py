"""The news and photo agencies that captions credit, under one name each.

Spellings are matched as they are written: acronyms in capitals, so that 'spa' or 'Mena' in a name
is none. A name counts only where a credit puts one: at an end, beside a slash, comma, bracket or
dash, before 'Photo' and the like, or next to 'via' and 'and'.
"""

import re
from typing import Final

#: Canonical name -> its other spellings. A spelling all in small letters is matched in any case.
_SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "AAP": ("australian associated press",),
    "Abaca": ("ABACAPRESS", "abaca press"),
    "Action Images": (),
    "AFP": ("agence france-presse", "agence france presse"),
    "Al Jazeera": ("al-jazeera",),
    "Alamy": ("alamy stock", "alamy live news"),
    "Anadolu": ("anadolu agency", "anadolu ajansi", "AA"),
    "ANI": ("asian news international",),
    "ANHA": ("hawar news agency",),
    "ANKA": (),
    "ANSA": (),
    "Antara": (),
    "AP": ("associated press", "the associated press", "APTN"),
    "APA": ("azerbaijan press agency", "austria press agency"),
    "Asharq Al-Awsat": ("asharq al awsat", "aawsat"),
    "BBC": ("BBC News",),
    "Belga": (),
    "Bernama": (),
    "Bloomberg": (),
    "BNA": ("bahrain news agency",),
    "Canadian Press": ("the canadian press",),
    "CNN": (),
    "CTK": ("ČTK",),
    "DHA": ("demirören news agency",),
    "dpa": ("DPA", "deutsche presse-agentur"),
    "EFE": ("agencia efe",),
    "EPA": ("EPA-EFE", "EPA/EFE", "european pressphoto agency"),
    "Fars": ("fars news agency", "fars news"),
    "Getty Images": ("getty", "gettyimages"),
    "Hans Lucas": (),
    "IHA": ("ihlas news agency",),
    "Imago": ("imago images",),
    "INA": ("iraqi news agency",),
    "Interfax": (),
    "IRNA": ("islamic republic news agency",),
    "ISNA": ("iranian students' news agency", "iranian students news agency"),
    "iStock": ("istockphoto",),
    "Jiji": ("jiji press",),
    "Keystone": (),
    "KUNA": ("kuwait news agency",),
    "Kurdistan24": ("kurdistan 24",),
    "Kyodo": ("kyodo news",),
    "LightRocket": (),
    "Lusa": (),
    "Magnum Photos": ("magnum",),
    "Mehr": ("mehr news agency", "mehr news"),
    "MENA": ("middle east news agency",),
    "Middle East Images": (),
    "MTI": (),
    "NNA": ("national news agency",),
    "NTB": ("ntb scanpix",),
    "NurPhoto": (),
    "ONA": ("oman news agency",),
    "PA": ("press association", "pa media", "PA Wire", "pa images"),
    "PAP": ("polish press agency",),
    "Petra": ("jordan news agency", "petra news agency"),
    "PTI": ("press trust of india",),
    "QNA": ("qatar news agency",),
    "Reuters": ("reuters connect",),
    "RIA Novosti": ("ria",),
    "Ritzau": ("ritzau scanpix",),
    "Rudaw": (),
    "SANA": ("syrian arab news agency",),
    "Shafaq": ("shafaq news",),
    "Shutterstock": (),
    "SIPA": ("sipa usa", "sipa press"),
    "SOPA Images": (),
    "SPA": ("saudi press agency",),
    "Sputnik": (),
    "Tasnim": ("tasnim news agency", "tasnim news"),
    "TASS": ("ITAR-TASS",),
    "Ukrinform": (),
    "UPI": ("united press international",),
    "VCG": ("visual china group",),
    "WAFA": ("wafa news agency", "palestine news agency", "palestinian news agency"),
    "WAM": ("emirates news agency",),
    "WANA": ("west asia news agency",),
    "Xinhua": ("xinhua news agency",),
    "Yonhap": ("yonhap news agency", "yonhap news"),
    "ZUMA Press": ("ZUMA", "zuma wire", "zuma press wire", "zuma"),
}


def _is_acronym(name: str) -> bool:
    return name.isupper()


def _pattern(spelling: str) -> str:
    pattern = re.escape(spelling).replace(r"\ ", r"\s+").replace("'", "['’]")
    return pattern if _is_acronym(spelling) or spelling == "dpa" else f"(?i:{pattern})"


_CANONICAL: Final = {
    spelling.casefold(): name for name, others in _SPELLINGS.items() for spelling in (name, *others)
}
_ALTERNATIVES = "|".join(
    _pattern(spelling)
    for spelling in sorted(
        {spelling for name, others in _SPELLINGS.items() for spelling in (name, *others)},
        key=lambda spelling: (-len(spelling), spelling),
    )
)
_BESIDE = (
    r"(?i:via|and|by|from|for|photos?|pictures?|images?|credits?|source|handout|pool|file"
    r"|courtesy|of)"
)
_FOUND_AT = re.compile(
    rf"(?:^|[/,;:|&+(\[©–—-]\s*|(?<!\w){_BESIDE}[\s:]+|(?<=\s)the\s+)"
    rf"(?P<agency>{_ALTERNATIVES})"
    rf"(?=\s*(?:$|[/,;:|&+)\].–—-]|\s(?i:photo\w*|pictures?|images?|news|agency|wire|video|tv|file|pool"
    rf"|handout|library|archives?|via|and|by|for|through|[0-9]{{4}})(?!\w)))"
)


def find_agencies(credit: str) -> tuple[str, ...]:
    """Name the agencies in a credit, in order of appearance, each once."""
    found = (
        _CANONICAL[" ".join(match["agency"].split()).replace("’", "'").casefold()]
        for match in _FOUND_AT.finditer(credit)
    )
    return tuple(dict.fromkeys(found))


def credits_agency(name: str) -> bool:
    """Whether a name as a whole is a spelling of an agency's."""
    return " ".join(name.split()).replace("’", "'").casefold() in _CANONICAL


def agency_spellings() -> list[str]:
    """All spellings of agencies' names, case folded."""
    return sorted(_CANONICAL)
