"""Line -> the agency that it credits a text to.

Belongs here: lines around a text. Photo credits are read by `captions.py`.
"""

import re
from collections.abc import Sequence
from typing import Final

from pipelines.news.agencies import credits_agency, find_agencies

#: Names that credit no photo: services that pass on what companies announce, and agencies in other
#: scripts.
_FURTHER: Final = {
    "prnewswire": "PR Newswire",
    "pr newswire": "PR Newswire",
    "business wire": "Business Wire",
    "globe newswire": "GlobeNewswire",
    "globenewswire": "GlobeNewswire",
    "ein presswire": "EIN Presswire",
    "رويترز": "Reuters",
    "أ ف ب": "AFP",
    "ا ف ب": "AFP",
    "أ.ف.ب": "AFP",
    "فرانس برس": "AFP",
    "أ ب": "AP",
    "د ب أ": "dpa",
    "شينخوا": "Xinhua",
    "الأناضول": "Anadolu",
    "سانا": "SANA",
    "واس": "SPA",
    "وام": "WAM",
    "قنا": "QNA",
    "كونا": "KUNA",
    "بترا": "Petra",
    "واع": "INA",
    "وفا": "WAFA",
    "тасс": "TASS",
    "риа новости": "RIA Novosti",
    "интерфакс": "Interfax",
    "рейтер": "Reuters",
}
#: What may stand in a line of credits beside the agencies' names.
_CREDIT_WORDS: Final = re.compile(
    r"\b(?:sources?|with|via|by|from|story|text|inputs?|files|additional|reporting|copyright"
    r"|all rights reserved|avec|mit|con|kaynak|quelle|fuente|المصدر|\d{4})\b:?|\(c\)|©",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:[,/|&]|\band\b)\s*")
_SIGN_OFF = re.compile(
    r"(?:\A|[.”\"’)] ?)(?:\((?P<bracket>[^()]{2,40})\)|[—–-]+ ?(?P<dash>[^.—–]{2,40})"
    r"|©.{0,10}?(?P<copy>[A-Z][^.,]{1,30}))\.?\Z"
)
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|\b[Cc]opyright)\W{0,3}(?:\d{4}\W+)?(?P<agency>[A-Z][^.,©]{1,30}?)(?=[.,]|\Z)"
)
_LAST_WORD = re.compile(r"[.!?”\"’)] (?P<agency>[A-Z]\w{1,11})\Z")
_STAFF = r"(?:journalists?|writers?|reporters?|correspondents?)"
_WRITERS = re.compile(rf"(?P<agency>[A-Z][\w ]{{1,30}}?) {_STAFF} [A-Z].{{0,200}}? contributed")
_CONTRIBUTED = re.compile(
    r"(?P<agency>[A-Z][\w -]{1,30}?) contributed to this (?:report|story|article)"
)
_TOPIC = re.compile(r"[\w ]{2,30} \((?P<agency>[^()]{2,40})\) ?(?:[—–]|--? )")
_OPENING = re.compile(r"\(?(?P<agency>[^()—–/|]{2,30}?)(?:\) ?[—–-]*| ?[—–]|/ | --?) ?(?=\S)")
_MAX_CREDIT_CHARS = 120
_MAX_SIGN_OFF_CHARS = 600


def named_agency(name: str) -> str | None:
    """The usual name of the first agency in a dateline's bracket or a credit."""
    further = _FURTHER.get(name.strip("/ ").casefold())
    return further or next(iter(find_agencies(name)), None)


def is_agency(name: str) -> bool:
    """Whether a name as a whole is an agency's."""
    return credits_agency(name) or name.strip("/ ").casefold() in _FURTHER


def without_agency(name: str) -> str:
    """A name without the agency that follows it unmarked: "Ayla Demir Associated Press"."""
    words = name.split(" ")
    tails = (" ".join(words[at:]) for at in range(2, len(words)))
    tail = next(filter(is_agency, tails), "")
    return name.removesuffix(tail).rstrip()


def credited(line: str) -> str | None:
    """The first agency of a line that holds nothing but agencies' names and words of credit."""
    if len(line) >= _MAX_CREDIT_CHARS:
        return None
    names = _BETWEEN.split(line)
    if not is_agency(line):
        names = _BETWEEN.split(_CREDIT_WORDS.sub(" ", line).strip(" ()[]*—–-_.:"))
    names = [name for name in (one.strip() for one in names) if name]
    if not names or not all(map(is_agency, names)):
        return None
    return named_agency(names[0])


def opening_credit(paragraph: str) -> str | None:
    """The agency that a paragraph opens with where no place does: "(Bloomberg) -- ", "CNN — "."""
    for pattern in (_OPENING, _TOPIC):
        if (match := pattern.match(paragraph)) and is_agency(match["agency"]):
            return named_agency(match["agency"])
    return None


def closing_credits(paragraph: str) -> Sequence[str]:
    """The agencies that sign a text off in one of its last paragraphs."""
    if name := credited(paragraph):
        return [name]
    end = paragraph[-_MAX_SIGN_OFF_CHARS:]
    said = []
    # What names a photographer too ("Omar Haj/AFP") ends a caption, not the text.
    if (match := _SIGN_OFF.search(end)) and (name := credited(match[match.lastgroup or 0])):
        said.append(name)
    matches = [one.search(end) for one in (_LAST_WORD, _COPYRIGHT, _CONTRIBUTED, _WRITERS)]
    said += [one["agency"].removeprefix("The ").removesuffix(" News") for one in matches if one]
    return [name for name in map(named_agency, said) if name]
