"""Article -> what its text says of itself: language, dateline, byline, agency, publication date.

A function of title and paragraphs alone. Captions are left out: whom they credit made the photo,
and when they say the photo was taken is no date of the article. Nothing is guessed: what the text
does not say is None.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import NamedTuple

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipelines.news.agencies import credits_agency, find_agencies
from pipelines.news.caption_dates import find_date, is_date
from pipelines.news.folding import fold
from pipelines.news.places import city_or_region, country, places_version
from pipelines.news.records import Article

FACTS_VERSION = f"2/py3langid-{version('py3langid')}/{places_version()}"
"""Bump when the same article has other facts."""

_MIN_LETTERS = 40
_MIN_CONFIDENCE = 0.5
_READ_FOR_LANGUAGE = 3_000
_FIRST, _LAST = 3, 3
"""How many paragraphs from either end may say who wrote the article, and when."""

_CAPITALS = r"[^\W\d_a-zß-öø-ÿ][^\W\d_a-zß-öø-ÿ'’.-]*"
_WORD = r"[^\W\d_][\w'’.-]*"
_PLACE = rf"(?:{_CAPITALS}(?: {_CAPITALS}){{0,3}}|{_WORD}(?: {_WORD}){{0,3}})"
_DATELINE = re.compile(
    rf"(?P<place>{_PLACE}(?:/{_PLACE}){{0,2}}?)"
    rf"(?P<region>, (?!{_WORD} \d){_WORD}(?: (?!\d){_WORD}){{0,2}})??"
    r"(?:, (?P<date>[^(),—–]{0,20}\d{1,2}(?:,? \d{4})?))?"
    r"(?:,? ?\((?P<agency>[^()]{2,40})\))?"
    r"(?P<mark>\.? ?[—–]+ ?|\.?-+ | --? |: )(?=\S)"
)
_NAME = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*(?: (?:al-|el-)?(?:[^\W\d_a-zß-öø-ÿ]|al-|el-|van|von|de|bin)[\w'’.-]*){1,3}"
_IN = rf"(?: in {_WORD}(?: {_WORD})?)?"
_NAMES = rf"{_NAME}{_IN}(?:(?:, | and |, and | & ){_NAME}{_IN}){{0,5}}"
_BYLINE = re.compile(
    rf"(?:(?:[\w ]{{0,20}})?\b[Bb]y:?|BY|[Mm]uhabir:|[Pp]ar|[Vv]on|[Pp]or) (?P<names>{_NAMES})"
    r"(?P<rest>(?:,| for | \||/| -| –| —).{0,60})?\Z"
)
_ALONE = re.compile(rf"(?P<names>{_NAME})\Z")
_NO_PERSON = re.compile(
    r"\b(?:news|east|west|middle|stor(?:y|ies)|more|galler(?:y|ies)|report|world|politics|business|sports?"
    r"|video|analysis|opinion|exclusive|live|updates?|watch|photos?|special|top|breaking|latest|forces|staff"
    r"|desk|editors?|correspondent)\b",
    re.IGNORECASE,
)
_REPORTING = re.compile(
    rf"(?:[Rr]eporting|[Ww]riting|[Rr]eported|[Mm]uhabir:?)(?: and writing)?(?: by| from [A-Z]\w+)? (?P<names>{_NAMES})"
)
_WRITERS = re.compile(
    rf"(?P<agency>[A-Z][\w ]{{1,30}}?) (?:journalists?|writers?|reporters?|correspondents?) {_NAMES}.{{0,60}} contributed"
)
_SIGN_OFF = re.compile(
    r"(?:\A|[.”\"’)] ?)(?:\((?P<bracket>[^()]{2,40})\)|[—–-]+ ?(?P<dash>[^.—–]{2,40})|©.{0,10}?(?P<copy>[A-Z][^.,]{1,30}))\.?\Z"
)
_CONTRIBUTED = re.compile(
    r"(?P<agency>[A-Z][\w -]{1,30}?) contributed to this (?:report|story|article)"
)
_PUBLISHED = re.compile(
    r"(?:first |last |originally )?(?:published|updated|posted|modified|publication date)\b(?P<when>.{6,60})\Z",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![^\W\d])(?:on|at|the|[ap]\.?m\.?|gmt|utc|local time|[cew]?e?s?t|[cempw][ds]?t|bst|ist)(?![^\W\d])\.?",
    re.IGNORECASE,
)
_DATE_ALONE = re.compile(
    r"(?:\w{3,9},? )?(?P<when>[\w.]{1,9}[ -][\w.]{1,9},?[ -]\d{4})(?:\W+[\d:.]+.{0,8})?\Z"
)
_MAX_LABEL_CHARS = 120
_MAX_SIGN_OFF_CHARS = 600


class Published(NamedTuple):
    """A publication date and where the text says it."""

    on: date
    source: str


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What an article's text says of itself.

    `language` is an ISO 639-1 code; `dateline` the place a report was filed from, as it is written;
    `byline` names joined by commas; `agency` the one its text is credited to, by its usual name;
    `published_on_source` is `dateline` or `label` ("Published: …").
    """

    language: str | None
    dateline: str | None
    byline: str | None
    agency: str | None
    published_on: date | None
    published_on_source: str | None


def article_facts(article: Article) -> ArticleFacts:
    """What an article's title and paragraphs say of it."""
    paragraphs = article.paragraphs
    opening = _opening(paragraphs)
    published = _published(paragraphs, opening)
    return ArticleFacts(
        language=_language(article),
        dateline=opening["place"] + (opening["region"] or "") if opening else None,
        byline=_byline(paragraphs),
        agency=_agency(paragraphs, opening),
        published_on=published.on if published else None,
        published_on_source=published.source if published else None,
    )


def _opening(paragraphs: Sequence[str]) -> re.Match[str] | None:
    """The dateline of the first paragraph that is no byline or other label."""
    for paragraph in paragraphs[:_FIRST]:
        match = _DATELINE.match(paragraph)
        if match and _is_dateline(match):
            return match
        if not _is_label(paragraph):
            return None
    return None


def _dated_label(paragraph: str) -> re.Match[str] | None:
    """A line that holds nothing but a date, perhaps after "Published" or the like."""
    if len(paragraph) >= _MAX_LABEL_CHARS:
        return None
    match = _PUBLISHED.match(paragraph)
    if match:
        return match if is_date(_CLOCK.sub("", match["when"])) else None
    return _DATE_ALONE.match(paragraph)


def _is_label(paragraph: str) -> bool:
    """Whether a paragraph at either end stands around the text: a byline, an agency, a date."""
    if len(paragraph) >= _MAX_LABEL_CHARS:
        return False
    if credits_agency(paragraph) or _dated_label(paragraph):
        return True
    return any(pattern.match(paragraph) for pattern in (_BYLINE, _ALONE))


def _is_dateline(match: re.Match[str]) -> bool:
    """Whether what opens a paragraph is a place, and not an acronym, a speaker or a topic."""
    place = match["place"]
    is_known = _is_place(place) or bool(match["region"] and _is_place(match["region"][2:]))
    is_known = is_known or any(map(_is_place, place.split("/")))
    if match["agency"]:
        return bool(find_agencies(match["agency"])) and (is_known or place.isupper())
    if match["mark"] == ": ":
        return is_known and place.isupper()
    return is_known


def _is_place(name: str) -> bool:
    folded = fold(name)
    return bool(country(folded) or city_or_region(folded))


def _byline(paragraphs: Sequence[str]) -> str | None:
    labels = [one for one in paragraphs[:_FIRST] if len(one) < _MAX_LABEL_CHARS]
    for paragraph in labels:
        if match := _BYLINE.match(paragraph):
            return _listed(match["names"])
    for paragraph in _closing(paragraphs):
        if match := _REPORTING.search(paragraph):
            return _listed(match["names"])
    # A name alone is one where a dateline or a date follows it; else it may be anything.
    match = _ALONE.match(labels[0]) if len(paragraphs) > 1 and labels else None
    if match is None or labels[0] != paragraphs[0] or _NO_PERSON.search(labels[0]):
        return None
    opening = _DATELINE.match(paragraphs[1])
    follows = (opening and _is_dateline(opening)) or _dated_label(paragraphs[1])
    is_other = credits_agency(labels[0]) or _is_place(labels[0])
    return _listed(match["names"]) if follows and not is_other else None


def _closing(paragraphs: Sequence[str]) -> list[str]:
    """What may sign a text off: the ends of its last paragraphs, the last one first."""
    return [paragraph[-_MAX_SIGN_OFF_CHARS:] for paragraph in reversed(paragraphs[-_LAST:])]


def _listed(names: str) -> str:
    parts = (part.split(" in ")[0] for part in re.split(r", and | and |, | & ", names))
    people = (part for part in parts if not credits_agency(part))
    return ", ".join(part.title() if part.isupper() else part for part in people)


def _agency(paragraphs: Sequence[str], opening: re.Match[str] | None) -> str | None:
    """The agency in the dateline, else in the lines around the text, else in what signs it off."""
    said = [opening["agency"]] if opening and opening["agency"] else []
    for paragraph in paragraphs[:_FIRST]:
        if credits_agency(paragraph):
            said.append(paragraph)
        elif len(paragraph) < _MAX_LABEL_CHARS and (match := _BYLINE.match(paragraph)):
            said += re.split(r", | for ", paragraph)[1:]
    for paragraph in _closing(paragraphs):
        for pattern in (_SIGN_OFF, _CONTRIBUTED, _WRITERS):
            if match := pattern.search(paragraph):
                named = next(filter(None, match.groups()), "")
                said.append(named.removeprefix("The ").removesuffix(" News"))
    return next((found[0] for one in said if (found := find_agencies(one))), None)


def _published(paragraphs: Sequence[str], opening: re.Match[str] | None) -> Published | None:
    """The date in a label of its own, else a full date in the dateline."""
    for paragraph in (*paragraphs[:_FIRST], *paragraphs[-_LAST:]):
        if match := _dated_label(paragraph):
            when, precision = find_date(match["when"])
            if when and precision == "day":
                return Published(when, "label")
    if opening and opening["date"]:
        when, precision = find_date(opening["date"])
        if when and precision == "day":
            return Published(when, "dateline")
    return None


def _language(article: Article) -> str | None:
    text = "\n".join((article.title, *article.paragraphs))[:_READ_FOR_LANGUAGE]
    if sum(char.isalpha() for char in text) < _MIN_LETTERS:
        return None
    code, confidence = _identifier().classify(text)
    return str(code) if len(code) == 2 and confidence >= _MIN_CONFIDENCE else None


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
