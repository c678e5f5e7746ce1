"""Make what was recognised in an article agree with itself.

A recogniser reads each paragraph alone: it knows "Hulusi Akar" and takes "Akar", two paragraphs
further on, for a place. A newspaper names people in full once and by surname from then on, so an
article says itself what its names are. Three rules, each looking at one article only.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.news.folding import fold
from pipelines.news.names import normalise
from pipelines.news.places import city, country, country_of_people

_PARTICLES = frozenset(
    [
        "abdel",
        "abdul",
        "abu",
        "al",
        "bin",
        "ben",
        "bint",
        "da",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "ibn",
        "la",
        "le",
        "san",
        "ter",
        "van",
        "von",
    ]
)
_ARTICLE = re.compile(r"\A(?:[Aa]l|[Ee]l|[Aa]s|[Aa]sh|[Aa]d|[Aa]n|[Aa]r|[Aa]z)-(?=\w)")
_NAME_FOLLOWS = re.compile(r" [A-Z]")
_MIN_REPEATED = 4
"""Shorter words, unless they are acronyms, are too likely something else elsewhere."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of an article's text number `piece`."""

    piece: int
    start: int
    end: int
    surface: str
    label: str


def make_consistent(texts: Sequence[str], spans: Sequence[Span], headlines: int = 1) -> list[Span]:
    """The spans of an article, sorted, with labels that agree and with repeats that were missed.

    Args:
        texts: title, captions and paragraphs.
        spans: what was recognised in them, disjoint.
        headlines: how many of the texts, from the first, are headlines.
    """
    surnames = _surnames(spans)
    agreed = [_as_surname(span, surnames) for span in spans]
    labels = _majorities(agreed)
    agreed = [
        replace(span, label=labels.get(span.surface, span.label)) if span.label != "DATE" else span
        for span in agreed
    ]
    return sorted(
        [*agreed, *_missed(texts, agreed, surnames, headlines)],
        key=lambda span: (span.piece, span.start),
    )


def _surnames(spans: Sequence[Span]) -> set[str]:
    """Ways in which an article can name the people it names in full by their surname alone."""
    found = set()
    for span in spans:
        words = normalise(span.surface, "PERSON").split() if span.label == "PERSON" else []
        if len(words) < 2:
            continue
        at = len(words) - 1
        while at > 1 and words[at - 1].lower() in _PARTICLES:
            at -= 1
        surname = " ".join(words[at:])
        last = words[-1]
        found |= {surname, last, last[:1].upper() + last[1:], _ARTICLE.sub("", last)}
    return {name for name in found if not _is_place(name) and not name.islower()}


def _is_place(name: str) -> bool:
    folded = fold(name)
    return bool(country(folded) or country_of_people(folded) or city(folded))


def _as_surname(span: Span, surnames: set[str]) -> Span:
    if span.label not in {"PERSON", "DATE", "EVENT"} and span.surface in surnames:
        return replace(span, label="PERSON")
    return span


def _majorities(spans: Sequence[Span]) -> dict[str, str]:
    """The label of each surface that more than half of its spans have."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for span in spans:
        if span.label != "DATE":
            counts[span.surface][span.label] += 1
    return {
        surface: label
        for surface, own in counts.items()
        for label, count in own.most_common(1)
        if 2 * count > own.total()
    }


def _missed(
    texts: Sequence[str], spans: Sequence[Span], surnames: set[str], headlines: int
) -> Iterator[Span]:
    """Further occurrences of surnames, and of names that stand elsewhere in the article."""
    known = {name: "PERSON" for name in surnames if len(name) >= _MIN_REPEATED}
    known |= {
        span.surface: span.label
        for span in spans
        if span.label not in {"DATE", "NORP"} and _is_telling(span.surface, span.label)
    }
    if not known:
        return
    names = sorted(known, key=lambda name: (-len(name), name))
    anywhere = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for span in spans:
        taken[span.piece].append((span.start, span.end))
    for piece, text in enumerate(texts):
        for match in anywhere.finditer(text):
            start, end = match.span()
            if any(
                start < other_end and other_start < end for other_start, other_end in taken[piece]
            ):
                continue
            # Before another capitalised word it is a part of some other name, but in a headline.
            if piece < headlines or not _NAME_FOLLOWS.match(text, end):
                yield Span(piece, start, end, match[0], known[match[0]])


def _is_telling(name: str, label: str) -> bool:
    """Whether a name is unlikely to mean anything else where it stands again."""
    if " " in name or "-" in name or (label == "GPE" and country(fold(name))):
        return True
    return len(name) > 2 and name.isupper()
