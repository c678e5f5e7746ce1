"""The one record that training passes around: a text with labelled character spans.

Belongs here: the record, its conversion to a spaCy `Doc`, and span arithmetic. Rules about labels
belong in `mapping`, `dates` and `gazetteer`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokens import Span as TokenSpan

LABELS: Final = ("PERSON", "NORP", "ORG", "GPE", "LOC", "FAC", "EVENT", "DATE")
UNKNOWN: Final = "?"
"""Label of a stretch that its corpus says nothing about: neither an entity nor its absence."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (exclusive) of a text carry `label`.

    `entity` is the id of what they name, where a text says so.
    """

    start: int
    end: int
    label: str
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence and its spans, sorted and disjoint; `group` names what must not be split."""

    text: str
    spans: tuple[Span, ...]
    source: str
    group: str

    def words(self, span: Span) -> str:
        """Return the text under `span`."""
        return self.text[span.start : span.end]

    def with_spans(self, spans: list[Span]) -> Passage:
        """Return a copy that carries `spans`, made disjoint."""
        return replace(self, spans=disjoint(spans))


def disjoint(spans: list[Span]) -> tuple[Span, ...]:
    """Sort `spans` and keep, of overlapping ones, the one that was given first."""
    kept: list[Span] = []
    for span in spans:
        if span.start < span.end and not any(overlaps(span, other) for other in kept):
            kept.append(span)
    return tuple(sorted(kept))


def overlaps(one: Span, other: Span) -> bool:
    """Return whether two spans share a character."""
    return one.start < other.end and other.start < one.end


def bucket(key: str, buckets: int = 100) -> int:
    """Return a number below `buckets` that depends on `key` alone, on any machine and run."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def to_doc(nlp: Language, passage: Passage) -> Doc:
    """Tokenise a passage; a span that cuts a token makes every token it touches unannotated."""
    doc = nlp.make_doc(passage.text)
    entities: list[TokenSpan] = []
    missing: list[TokenSpan] = []
    taken: set[int] = set()
    for span in passage.spans:
        exact = doc.char_span(span.start, span.end, label=span.label)
        loose = doc.char_span(span.start, span.end, alignment_mode="expand")
        if loose is None or not len(loose) or taken.intersection(range(loose.start, loose.end)):
            continue
        taken.update(range(loose.start, loose.end))
        if exact is None or span.label == UNKNOWN:
            missing.append(loose)
        else:
            entities.append(exact)
    doc.set_ents(entities, missing=missing, default="outside")
    return doc
