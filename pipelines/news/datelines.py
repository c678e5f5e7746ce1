"""Paragraph -> the dateline that opens it: place, date and agency, as they are written.

A place must be known, or the line must have the rest of a dateline's form: an agency in brackets
after a place in capitals, or a date. "GAZA. The word" and "Analysis: " are none.
"""

import re
from typing import Final, NamedTuple

from pipelines.news.credits import is_agency, named_agency
from pipelines.news.folding import fold
from pipelines.news.places import city_or_region, country

_CAPITALS = r"[^\W\d_a-zß-öø-ÿ][^\W\d_a-zß-öø-ÿ'’.-]*"
_WORD = r"[^\W\d_][\w'’.-]*"
_PLACE = rf"(?:{_CAPITALS}(?: {_CAPITALS}){{0,3}}|{_WORD}(?: {_WORD}){{0,3}})"
_MONTH = r"[^\W\d_]{3,10}\.?"
_DATE = (
    r"(?:[A-Z][a-z]{2,5}day,? )?"
    rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}}\.? (?:de )?{_MONTH}|\d{{4}}-\d\d-\d\d)(?:,? (?:de )?\d{{4}})?"
)
_OPENING: Final = re.compile(
    rf"(?P<place>{_PLACE}(?: ?/ ?{_PLACE}){{0,2}}?)"
    rf"(?P<region>, (?!{_WORD} \d){_WORD}(?: (?!\d){_WORD}){{0,2}})??"
    rf"(?:(?:, | ?[—–-] )(?P<date>{_DATE}))?"
    r"(?:,? ?\((?P<agency>[^()]{2,40})\)|\.? /(?P<slug>[^/ ]{2,20})/)?"
    # PTI and others set no dash after the bracket.
    r"(?:(?P<mark>(?<=/)\. |\.? ?[—–]+ ?|\.?-+ | --? |: )|(?<=\)) )(?:(?=\S)|\Z)"
)
#: Releases of the United Nations and others: "(Geneva, 4 March 2026) -".
_BRACKETED: Final = re.compile(
    rf"\((?P<place>{_WORD}(?: {_WORD}){{0,3}})(?:, (?P<date>{_DATE}))?\) ?[—–-]+ ?(?=\S)"
)
_TOPICS: Final = re.compile(
    r"(?:analysis|exclusive|opinion|update|factbox|explainer|feature|interview|correction|insight|focus"
    r"|timeline|wrapup|reporting|news|sports?|world|business)\Z",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,/|]\s*|\s+[–—-]\s+")
_SMALL = re.compile(r"(?!al-|el-)[a-zß-öø-ÿ]")
_MAX_ALONE_CHARS = 60


class Dateline(NamedTuple):
    """Where a report was filed from, with the agency and the date that stand beside it."""

    place: str
    agency: str | None
    date: str | None


def read_dateline(paragraph: str) -> Dateline | None:
    """The dateline that opens a paragraph, or that is all of it."""
    match = _OPENING.match(paragraph)
    if match is None or not _is_dateline(match):
        return _bracketed(paragraph) or _alone(paragraph)
    region, agency = match["region"] or "", match["agency"] or match["slug"]
    if is_agency(region[2:]):
        region, agency = "", region[2:]
    return Dateline(match["place"] + region, agency, match["date"])


def is_place(name: str) -> bool:
    """Whether a name as a whole is a city's, a region's or a country's."""
    folded = fold(name)
    return bool(country(folded) or city_or_region(folded))


def _is_dateline(match: re.Match[str]) -> bool:
    """Whether what opens a paragraph is a place, and not an acronym, a speaker or a topic."""
    place = match["place"]
    said = (place, (match["region"] or "")[2:], *re.split(r" ?/ ?", place))
    is_known = any(is_place(name) for name in said if name)
    if agency := match["agency"] or match["slug"]:
        # One word of any case, or words of a script without case, are no writer's name.
        is_bare = " " not in place or place.lower() == place.upper()
        has_form = place.isupper() or bool(match["date"]) or is_bare
        if named_agency(agency) is None:
            return False
        return is_known or (has_form and not _TOPICS.match(place))
    if _SMALL.match(match.string, match.end()):  # "Lagos — the old one — votes late"
        return False
    if match["mark"] == ": ":
        return is_known and place.isupper()
    # Reports are filed from towns: a country alone is what they are about ("Turkey - Five things").
    is_topic = not match["region"] and not match["date"] and not any(map(_is_town, said))
    return is_known and (place.isupper() or not is_topic)


def _bracketed(paragraph: str) -> Dateline | None:
    match = _BRACKETED.match(paragraph)
    return (
        Dateline(match["place"], None, match["date"])
        if match and _is_town(match["place"])
        else None
    )


def _is_town(name: str) -> bool:
    return bool(name and city_or_region(fold(name)))


def _alone(line: str) -> Dateline | None:
    """A line that holds nothing but a place in capitals, or a place and an agency."""
    if len(line) > _MAX_ALONE_CHARS:
        return None
    parts = _BETWEEN.split(line)
    agencies = [part for part in parts if is_agency(part)]
    places = [part for part in parts if not is_agency(part)]
    if not places or len(parts) > 3 or not all(map(is_place, places)):
        return None
    if agencies:
        return Dateline(", ".join(places), agencies[0], None)
    return Dateline(line, None, None) if places[0].isupper() and _is_town(places[0]) else None
