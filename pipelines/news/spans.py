"""Mend the edges of what was recognised in an article: two names in one span, or half a name.

A recogniser that decides word by word at times runs on over an "and" or an office, or stops short
of a nationality. Each rule here corrects one such fault, where the text leaves no doubt.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipelines.news.agencies import find_agencies
from pipelines.news.consistency import Span
from pipelines.news.folding import fold
from pipelines.news.places import city, country, country_of_people

_AND = re.compile(r" (?:and|&) ")
_OFFICE = re.compile(
    r"\b(?:(?:Deputy |Assistant |Under-?)?Secretary[- ]General|Director[- ]General"
    r"|Special (?:Envoy|Representative|Coordinator|Rapporteur)|Spokes(?:man|woman|person))\b",
    re.IGNORECASE,
)
_OFFICE_OF = re.compile(r" (?:of|for) (?:the )?")
_BODY = re.compile(
    r"(?:[A-Z][\w'\u2019-]*,? (?:and |of |for |& )?)*"
    r"(?:Ministry|Parliament|Army|Navy|Air Force|Armed Forces|Embassy|Consulate|Central Bank|Police"
    r"|Gendarmerie|Coast Guard|National Guard|Red Crescent|Red Cross|Football Federation"
    r"|Constitutional Court|Supreme Court)\b"
)
_WORD_BEFORE = re.compile(r"(?<![\w\u2019'-])[A-Z]\w+(?= \Z)")
_PLACED = re.compile(r"\b(?:near|around|outside|(?:north|south|east|west) of) \Z")


def mend(texts: Sequence[str], spans: Sequence[Span]) -> list[Span]:
    """The spans of an article with their edges corrected.

    Args:
        texts: title, captions and paragraphs.
        spans: what was recognised in them, sorted and disjoint.
    """
    alone = _standing_alone(spans)
    parts = (part for span in spans for half in _split(span, alone) for part in _no_office(half))
    mended = [_relabelled(texts[part.piece], part) for part in parts]
    return list(_with_nationality(texts, mended))


def _part(span: Span, start: int, end: int, label: str) -> Span:
    """Characters `start` to `end` of a span, counted from its own start."""
    return Span(span.piece, span.start + start, span.start + end, span.surface[start:end], label)


def _standing_alone(spans: Iterable[Span]) -> dict[str, str]:
    """The label of each name that has a span of its own, and of the surname of each person."""
    labels: dict[str, str] = {}
    for span in spans:
        labels.setdefault(span.surface, span.label)
        if span.label == "PERSON" and not _AND.search(span.surface):
            labels.setdefault(span.surface.rpartition(" ")[2], "PERSON")
    return labels


def _split(span: Span, alone: dict[str, str]) -> list[Span]:
    """Two names around an "and": people always, others where each stands alone elsewhere."""
    match = _AND.search(span.surface)
    if match is None or span.label == "DATE" or country(fold(span.surface)):
        return [span]
    left, right = span.surface[: match.start()], span.surface[match.end() :]
    if left in alone and right in alone:
        labels = alone[left], alone[right]
    elif span.label == "PERSON" and right[0].isupper():
        labels = "PERSON", "PERSON"
    else:
        return [span]
    rest = _part(span, match.end(), len(span.surface), labels[1])
    return [_part(span, 0, match.start(), labels[0]), *_split(rest, alone)]


def _no_office(span: Span) -> Iterator[Span]:
    """An office is no name: the body before it is, or else the one that it is an office of."""
    office = _OFFICE.search(span.surface) if span.label in {"ORG", "PERSON"} else None
    if office is None or span.surface.startswith("Office"):
        yield span
    elif office.start():
        end = len(span.surface[: office.start()].rstrip())
        yield _part(span, 0, end, "ORG")
    elif of := _OFFICE_OF.match(span.surface, office.end()):
        yield _part(span, of.end(), len(span.surface), "ORG")
    elif office.end() < len(span.surface):
        yield _part(span, office.end() + 1, len(span.surface), "PERSON")


def _relabelled(text: str, span: Span) -> Span:
    """A news agency by its full name is no place; "near al-Hasakah" is no body."""
    name = span.surface
    if span.label != "ORG" and " " in name and find_agencies(name) and not _AND.search(name):
        return replace(span, label="ORG")
    if (
        span.label == "ORG"
        and name.lower().startswith("al-")
        and _PLACED.search(text[: span.start])
        and city(fold(name))
    ):
        return replace(span, label="GPE")
    return span


def _with_nationality(texts: Sequence[str], spans: Sequence[Span]) -> Iterator[Span]:
    """A nationality before a ministry, an army or their like belongs to its name."""
    starts: set[tuple[int, int]] = set()
    joined = []
    for span in spans:
        before = _WORD_BEFORE.search(texts[span.piece][: span.start])
        if (
            before
            and span.label == "ORG"
            and _BODY.match(span.surface)
            and country_of_people(fold(before[0]))
        ):
            starts.add((span.piece, before.start()))
            surface = texts[span.piece][before.start() : span.end]
            joined.append(replace(span, start=before.start(), surface=surface))
        else:
            joined.append(span)
    return (
        span for span in joined if span.label != "NORP" or (span.piece, span.start) not in starts
    )
