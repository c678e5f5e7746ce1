"""Caption -> the date it gives, and how precisely.

Patterns find a date and `dateparser` reads it, with every setting fixed that would let today's
date, time zone or locale in.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import dateparser

from pipelines.news.records import DatePrecision

_MONTH_NAMES = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
# Never in small letters, in which 'may' and 'march' are verbs.
_MONTH = rf"(?:{_MONTH_NAMES}|{_MONTH_NAMES.upper()})(?![A-Za-z])\.?"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_YEAR = r"[0-9]{4}(?![0-9])"
_FULL_DATE = re.compile(
    rf"\b{_MONTH}\s+{_DAY}\s*,?\s+(?P<mdy>{_YEAR})"
    rf"|(?<![0-9]){_DAY}(?:\s+of)?\s+{_MONTH},?\s+(?P<dmy>{_YEAR})"
    rf"|(?<![0-9])(?P<ymd>[0-9]{{4}})(?P<sep>[-/.])[0-9]{{1,2}}(?P=sep)[0-9]{{1,2}}(?![0-9])"
    rf"|(?<![0-9/.-])[0-9]{{1,2}}(?P<dot>[-/.])[0-9]{{1,2}}(?P=dot)(?P<numeric>{_YEAR})"
)
_MONTH_DATE = re.compile(rf"\b{_MONTH},?\s+(?P<year>{_YEAR})")
_YEAR_DATE = re.compile(
    rf"\b(?:(?:in|from|dated)|(?:file|archive)(?:\s+(?:photo|picture|image)(?:graph)?)?,?(?:\s+from)?)"
    rf"\s+(?:early\s+|late\s+|mid-)?\(?(?P<year>{_YEAR})(?![\w-]|[.,][0-9])",
    re.IGNORECASE,
)
_DATE_WORDS = re.compile(
    rf"\b(?:{_MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?<=[0-9])[a-z]+)"
)
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
# Before the first photograph nothing was photographed; the upper end must not move with today.
_YEARS = range(1826, 2100)
_SETTINGS: Final = {
    "PARSERS": ["absolute-time"],
    "RELATIVE_BASE": datetime(2000, 1, 1),  # noqa: DTZ001 - dateparser wants it naive
    "TIMEZONE": "UTC",
    "DATE_ORDER": "MDY",
    "PREFER_DAY_OF_MONTH": "first",
    "PREFER_MONTH_OF_YEAR": "first",
    "PREFER_LOCALE_DATE_ORDER": False,
}
_PARTS: Final[dict[DatePrecision, list[str]]] = {
    "day": ["day", "month", "year"],
    "month": ["month", "year"],
    "year": ["year"],
}


def find_date(text: str) -> tuple[date | None, DatePrecision | None]:
    """Find the last full date, else the last month, else the last year."""
    if not _FOUR_DIGITS.search(text):
        return None, None
    full = list(_FULL_DATE.finditer(text))
    for match in reversed(full):
        if (when := _parse_full(match)) is not None:
            return when, "day"
    # An impossible date must not come back as its month or year.
    rest = _FULL_DATE.sub(" # ", text)
    patterns: tuple[tuple[re.Pattern[str], DatePrecision], ...] = (
        (_MONTH_DATE, "month"),
        (_YEAR_DATE, "year"),
    )
    for pattern, precision in patterns:
        for match in reversed(list(pattern.finditer(rest))):
            said = match["year"] if precision == "year" else match[0]
            if (when := _parse(" ".join(said.split()), match["year"], precision)) is not None:
                return when, precision
    return None, None


def _parse_full(match: re.Match[str]) -> date | None:
    said = " ".join(match[0].split())
    if match["numeric"]:
        return _parse_numeric(said.replace(match["dot"], "/"), match["numeric"])
    if match["ymd"]:
        return _parse(said.replace(match["sep"], "-"), match["ymd"], "day")
    return _parse(said, match["mdy"] or match["dmy"], "day")


def _parse_numeric(said: str, year: str) -> date | None:
    """'03/14/2025' can be read in one way only; '03/04/2025' cannot."""
    readings = set(filter(None, _readings(said, year)))
    return readings.pop() if len(readings) == 1 else None


def _readings(said: str, year: str) -> Iterator[date | None]:
    first, second, _ = said.split("/")
    yield _parse(f"{year}-{first:0>2}-{second:0>2}", year, "day")
    yield _parse(f"{year}-{second:0>2}-{first:0>2}", year, "day")


@lru_cache(maxsize=4096)
def _parse(said: str, year: str, precision: DatePrecision) -> date | None:
    if int(year) not in _YEARS:
        return None
    settings = {**_SETTINGS, "REQUIRE_PARTS": _PARTS[precision]}
    found = dateparser.parse(said, languages=["en"], settings=settings)
    return found.date() if found is not None and found.year == int(year) else None


def is_date(text: str) -> bool:
    """Whether a bracket holds nothing but a date: '(April 2024)', '(Nov. 20)'."""
    return not re.search(r"[^\W\d]", _DATE_WORDS.sub("", text))
