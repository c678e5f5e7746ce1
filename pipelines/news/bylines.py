"""Line -> the people who wrote the text that it stands around.

Staff without a name, photographers and editors are none. Precision first: of a line that can be
read in two ways nothing is taken.
"""

import re
from collections.abc import Sequence
from typing import Final

from pipelines.news.credits import is_agency, without_agency
from pipelines.news.datelines import is_place

_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*"
_PARTICLE = r"(?:van|von|der|den|de|del|della|di|da|dos|la|le|du|bin|ibn|bint|ter|ten) "
_NAME = rf"{_CAPITAL}(?: (?!AND )(?:{_PARTICLE}){{0,2}}(?:al-|el-)?{_CAPITAL}){{1,3}}"
_IN = rf"(?: (?:in|from) {_CAPITAL}(?: {_CAPITAL}){{0,2}}(?:, {_CAPITAL}(?=,| and\b))?)?"
_AND = r"(?:, (?:and )?| (?:and|AND|&|with|und|et|ve) )"
_NAMES = rf"{_NAME}{_IN}(?:{_AND}{_NAME}{_IN}){{0,5}}"
_TEXT = (
    r"(?:story|text|words|written|reporte?d?|analysis|exclusive|opinion|reviewe?d?|interview|essay"
    r"|column|comment(?:ary)?|compiled|article|feature|dispatch|letter|guest|post|special|news|an?)"
)
_IMAGES = r"(?:photo(?:s|graphs|graphy)?|pictures|images|video)"
_WORK = rf"(?:(?i:(?:{_IMAGES}(?:,| and| &) )?{_TEXT}(?: {_TEXT})*(?:(?:,| and| &) {_IMAGES})?) )?"
_DAY = r"(?:[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4})"
_REST = (
    r"(?P<rest>(?:,| for | with | avec | mit | \||/| -| –| —| ?\(| •| ·"
    rf"| (?i:published|updated|posted)\b| (?={_DAY})).{{0,60}})?"
)
_BYLINE: Final = re.compile(
    rf"[(*—–]?\s*(?:{_WORK}(?:[Bb]y|BY):?|[Pp]ar|[Vv]on|[Pp]or"
    rf"|(?i:author|writer|reporter|correspondent|muhabir|haber|auteur|autor|words|text)s?\s?:) (?P<names>{_NAMES}){_REST}\Z"
)
_ALONE: Final = re.compile(rf"(?P<names>{_NAME}(?:{_AND}{_NAME}){{0,3}}{_IN})\Z")
_BOTH_IN: Final = re.compile(
    rf"(?P<names>{_NAME} in (?P<first>{_CAPITAL}(?: {_CAPITAL})?){_AND}{_NAME} in (?P<second>{_CAPITAL}(?: {_CAPITAL})?))\Z"
)
_AND_AGENCY: Final = re.compile(
    rf"(?P<names>{_NAME})(?:,| \|| [—–-]) (?P<agency>[^,|—–]{{2,30}})\Z"
)
_START = r"(?:\A|[(\[*—–;.\"”]) ?"
#: Whoever reported comes before whoever put it into words.
_CLOSING: Final = (
    re.compile(rf"{_START}(?i:reporting(?: and writing)? by) (?P<names>{_NAMES})"),
    re.compile(rf"{_START}(?i:reporting(?: and writing)? from \w+ by) (?P<names>{_NAMES})"),
    re.compile(rf"(?i:{_START}(?:reported|muhabir):?(?: by)?) (?P<names>{_NAMES})"),
    re.compile(rf"{_START}(?i:writ(?:ing|ten) by) (?P<names>{_NAMES})"),
    re.compile(
        rf"\A(?i:(?:to )?contact(?: the (?:author|reporter|writer)s?(?: on this story)?)?:?) (?P<names>{_NAME}{_IN}) at \S+@"
    ),
)
_FROM = re.compile(rf"\A(?P<names>{_NAME}) reported from {_CAPITAL}(?: {_CAPITAL}){{0,2}}[.,]")
_TITLE = re.compile(r"\A(?:Dr|Prof|Mr|Mrs|Ms|Professor|DR|PROF)\b\.? ")
_WHERE = re.compile(r" (?:in|from) ")
_NO_PERSON: Final = re.compile(
    r"\b(?:news|east|west|middle|stor(?:y|ies)|more|galler(?:y|ies)|report(?:er)?|world|politics|political"
    r"|business|sports?|video|analysis|opinion|exclusive|live|updates?|watch|photos?|special|top|breaking"
    r"|latest|forces|staff|desk|editors?|editorial|board|team|correspondent|writer|producer|photographer"
    r"|bureau|newsroom|agenc(?:y|ies)|service|press|media|times|journal|tribune|herald|gazette|magazine"
    r"|daily|university|institute|council|cent(?:er|re)|foundation|fellow|director|professor|minister"
    r"|ministry|president|chief|the|international|group|limited|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_MAX_LINE_CHARS = 120
_MAX_SIGN_OFF_CHARS = 600


def read_byline(line: str) -> str | None:
    """The writers that a line names after "By" or a word of that kind, joined by commas."""
    match = byline(line)
    return _listed(match["names"]) if match else None


def byline(line: str) -> re.Match[str] | None:
    """The match of such a line; its `rest` is what follows the names."""
    return _BYLINE.match(line) if len(line) < _MAX_LINE_CHARS else None


def lone_names(line: str) -> str | None:
    """The names of a line that holds nothing else: they may be anything, a title too."""
    if len(line) >= _MAX_LINE_CHARS or _NO_PERSON.search(line) or is_agency(line):
        return None
    match = _ALONE.match(line)
    return _listed(match["names"]) if match and not is_place(line) else None


def names_with_places(line: str) -> str | None:
    """The names of a line "A B in Cairo and C D in Lisbon", whose form no title has."""
    match = _BOTH_IN.match(line) if len(line) < _MAX_LINE_CHARS else None
    if match is None or not (is_place(match["first"]) and is_place(match["second"])):
        return None
    return _listed(match["names"])


def names_with_agency(line: str) -> str | None:
    """The name of a line "A B, Reuters". With a slash it would credit a photo."""
    match = _AND_AGENCY.match(line)
    return _listed(match["names"]) if match and is_agency(match["agency"]) else None


def closing_byline(paragraphs: Sequence[str]) -> str | None:
    """The writers named by a text's last paragraphs, given last first."""
    ends = [one[-_MAX_SIGN_OFF_CHARS:] for one in paragraphs]
    for pattern in _CLOSING:
        for end in ends:
            if (match := pattern.search(end)) and (names := _listed(match["names"])):
                return names
    for line in paragraphs:
        if names := read_byline(line):
            return names
        if len(line) < _MAX_LINE_CHARS and (match := _FROM.match(line)):
            return _listed(match["names"])
    return None


def _listed(names: str) -> str | None:
    parts = (without_agency(_WHERE.split(part)[0]) for part in re.split(_AND, names))
    people = [_TITLE.sub("", part).strip() for part in parts]
    people = [one for one in people if " " in one and not _is_other(one)]
    return ", ".join(_usual_case(one) for one in people) or None


def _is_other(name: str) -> bool:
    return bool(_NO_PERSON.search(name)) or is_agency(name) or is_place(name)


def _usual_case(name: str) -> str:
    name = name if name.endswith(("Jr.", "Sr.")) else name.rstrip(".")
    return name.title() if name.isupper() else name
