"""A small grammar of dates, which gives every corpus the same notion of DATE.

The corpora disagree (one labels "two" and "later", others nothing), so DATE is labelled by rule:
`find_dates` returns what is surely a date, `find_maybe_dates` what had better stay unannotated.
"""

from __future__ import annotations

import re
from typing import Final

from training.passage import UNKNOWN, Span

_MONTH: Final = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan\.|Feb\.|Aug\.|Sept?\.|Oct\.|Nov\.|Dec\.)"
)
_DAY: Final = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_PART: Final = r"(?: (?:morning|afternoon|evening|night))?"
_YEAR: Final = r"(?:1[5-9]\d\d|20\d\d)"
_ORD: Final = r"(?:[12]?\d|3[01])(?:st|nd|rd|th)?"
_COUNT: Final = (
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|a few|few|a|an|one)"
)
_UNIT: Final = r"(?:day|week|month|year|decade|weekend)"

_SURE: Final = re.compile(
    rf"""\b(?:
      (?:{_DAY},?\ )?{_MONTH}\ {_ORD}(?:\ ?,\ {_YEAR}|\ {_YEAR})?
    | (?:{_DAY},?\ )?{_ORD}\ (?:of\ )?{_MONTH}(?:\ {_YEAR})?
    | (?:(?:early|late|mid)[ -])?{_MONTH},?\ {_YEAR}
    | (?:last\ |next\ |this\ )?{_DAY}{_PART}
    | (?:(?:the\ )?(?:early|late|mid)[ -])?(?:the\ )?(?:1[5-9]\d0|20\d0)s
    | (?:last|next|this|past)\ (?:{_UNIT}|summer|winter|spring|autumn|fall|century|{_MONTH})
    | (?:the\ )?(?:last|past|next|previous)\ {_COUNT}\ {_UNIT}s
    | {_COUNT}\ {_UNIT}s?\ (?:ago|earlier|later)
    | today|yesterday|tomorrow|Today|Yesterday
    | (?:the\ )?(?:1[0-9]|20|21)(?:th|st)\ century
    | 20\d\d-\d\d-\d\d
    )(?!\w)""",
    re.VERBOSE,
)
_SURE_MONTH: Final = re.compile(
    r"\b(?:in|since|until|by|from|of|for|early|late|mid|during|last|next|this|through|to|on) "
    rf"({_MONTH})(?!\w)"
)
_SURE_YEAR: Final = re.compile(
    rf"(?:\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|of|for|early|late|mid|[Dd]uring|before|after|the|"
    rf"between|and|through|to) |\()({_YEAR})(?![\w%]|[,.]\d|-\w)"
)
_MAYBE: Final = re.compile(
    rf"""\b(?:{_MONTH}(?:\ \d+)?|{_YEAR}|(?:{_COUNT}|the|recent|each|every|first|second|same|that)
    [ -]{_UNIT}s?|{_UNIT}s?|(?:Christmas|Easter|Ramadan|New\ Year)(?:\ (?:Day|Eve))?
    |morning|evening|night|summer|winter|spring|autumn|decades|century)(?!\w)""",
    re.VERBOSE,
)


def find_dates(text: str) -> list[Span]:
    """Return the spans of `text` that are dates in any context, longest first at each place."""
    found = [Span(match.start(), match.end(), "DATE") for match in _SURE.finditer(text)]
    for pattern in (_SURE_MONTH, _SURE_YEAR):
        found += [Span(*match.span(1), "DATE") for match in pattern.finditer(text)]
    return found


def find_maybe_dates(text: str) -> list[Span]:
    """Return spans that may belong to a date and are best left unannotated."""
    return [Span(match.start(), match.end(), UNKNOWN) for match in _MAYBE.finditer(text)]


def is_date_like(text: str) -> bool:
    """Return whether `text` holds a weekday, a month or a year, so that a date label is credible."""
    return re.search(rf"\b(?:{_DAY}|{_MONTH}|{_YEAR}s?)\b", text) is not None
