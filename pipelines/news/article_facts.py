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

from pipelines.news.bylines import (
    byline,
    closing_byline,
    lone_names,
    names_with_agency,
    names_with_places,
    read_byline,
)
from pipelines.news.credits import (
    closing_credits,
    credited,
    named_agency,
    opening_credit,
    without_agency,
)
from pipelines.news.datelines import Dateline, read_dateline
from pipelines.news.places import places_version
from pipelines.news.published import full_date, label_date, note_date
from pipelines.news.records import Article

FACTS_VERSION = f"3/py3langid-{version('py3langid')}/{places_version()}"
"""Bump when the same article has other facts."""

_MIN_LETTERS = 40
_MIN_CONFIDENCE = 0.5
_READ_FOR_LANGUAGE = 3_000
_FIRST, _LAST = 6, 3
"""How many paragraphs from either end may say who wrote the article, and when."""

_MAX_LABEL_CHARS = 120
_SENTENCE_ENDS = (".", "!", "?", ".”", '."', "?”", "!”", "؟", "。")
_KICKERS = frozenset({"opinion", "analysis", "exclusive", "feature", "interview", "news", "world"})
_BETWEEN_LABELS = re.compile(r"\s*[|•·]\s*")
_BYLINE_REST = re.compile(r",\s*|\s*[|/(•·]\s*|\s+[–—-]\s+|\b(?:for|with|avec|mit)\s+")


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
    head, closing = _head(paragraphs), paragraphs[-_LAST:][::-1]
    lead = next((one for one in paragraphs[:_FIRST] if not _is_label(one)), "")
    dateline = _dateline(paragraphs)
    published = _published(head, paragraphs, dateline)
    return ArticleFacts(
        language=_language(article),
        dateline=dateline.place if dateline else None,
        byline=_opening_byline(head) or closing_byline(closing) or _lone_byline(paragraphs),
        agency=_agency(head, lead, closing, dateline),
        published_on=published.on if published else None,
        published_on_source=published.source if published else None,
    )


def _head(paragraphs: Sequence[str]) -> list[str]:
    """The short lines above the text, and below a caption that stands above it.

    Two paragraphs of text end it, so that what signs a short text off is not read as its head.
    """
    head: list[str] = []
    texts = 0
    for paragraph in paragraphs[:_FIRST]:
        if len(paragraph) < _MAX_LABEL_CHARS:
            head.append(paragraph)
        texts += _is_text(paragraph)
        if texts == 2:
            break
    return head


def _is_text(paragraph: str) -> bool:
    if len(paragraph) >= _MAX_LABEL_CHARS:
        return True
    return paragraph.endswith(_SENTENCE_ENDS) and not _is_label(paragraph)


def _dateline(paragraphs: Sequence[str]) -> Dateline | None:
    """The dateline above or at the beginning of the first sentence."""
    for paragraph in paragraphs[:_FIRST]:
        if found := read_dateline(paragraph):
            return found
        if _is_text(paragraph):
            return None
    return None


def _is_label(line: str) -> bool:
    return bool(credited(line) or label_date([line]) or byline(line))


def _opening_byline(head: Sequence[str]) -> str | None:
    for line in head:
        for part in (line, *_BETWEEN_LABELS.split(line)):
            if names := read_byline(part):
                return names
    return names_with_places(head[0]) or names_with_agency(head[0]) if head else None


def _lone_byline(paragraphs: Sequence[str]) -> str | None:
    """A name alone above the text, where what follows or what ends the text shows that it is one.

    A dateline, a date or an agency follows it, or the last paragraph says who that is.
    """
    lines = [one for one in paragraphs[:_FIRST] if one.casefold() not in _KICKERS]
    names = lone_names(lines[0]) if len(lines) > 1 else None
    if names is None:
        return None
    follows = read_dateline(lines[1]) or label_date([lines[1]]) or credited(lines[1])
    is_told = any(one.startswith(f"{names} is ") for one in paragraphs[-_LAST:])
    return names if follows or is_told else None


def _agency(
    head: Sequence[str], lead: str, closing: Sequence[str], dateline: Dateline | None
) -> str | None:
    """The agency in the dateline, else in the lines around the text, else in what signs it off."""
    said = [named_agency(dateline.agency)] if dateline and dateline.agency else []
    for line in head:
        said += [credited(part) for part in _BETWEEN_LABELS.split(line)]
        if (match := byline(line)) or names_with_agency(line):
            said += [named_agency(part) for part in _BYLINE_REST.split(line)[1:]]
        if match and (names := match["names"]) != (name := without_agency(names)):
            said.append(named_agency(names.removeprefix(name).strip()))
    said.append(opening_credit(lead))
    for paragraph in closing:
        said += closing_credits(paragraph)
    return next(filter(None, said), None)


def _published(
    head: Sequence[str], paragraphs: Sequence[str], dateline: Dateline | None
) -> Published | None:
    """The date in a label of its own, else a full date in the dateline, else in an editor's note."""
    below = (
        match["rest"].strip(" ,|•·/—–-") for match in map(byline, head) if match and match["rest"]
    )
    if when := label_date((*head, *below, *paragraphs[-_LAST:])):
        return Published(when, "label")
    if dateline and dateline.date and (when := full_date(dateline.date)):
        return Published(when, "dateline")
    notes = (note_date(one) for one in (*paragraphs[:_FIRST], *paragraphs[-_LAST:]))
    return next((Published(when, "label") for when in notes if when), None)


def _language(article: Article) -> str | None:
    text = "\n".join((article.title, *article.paragraphs))[:_READ_FOR_LANGUAGE]
    if sum(char.isalpha() for char in text) < _MIN_LETTERS:
        return None
    code, confidence = _identifier().classify(text)
    return str(code) if len(code) == 2 and confidence >= _MIN_CONFIDENCE else None


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
