"""Direct speech in an article: what is quoted, who said it, and by which verb."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.news.quotation_marks import Quoted, is_speech, quoted_spans
from pipelines.news.records import Mention, Section
from pipelines.news.speakers import People, Said, Spoken

QUOTATIONS_VERSION = "2"
"""Bump when the same article and mentions give other quotations."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Direct speech. Offsets are those of mentions, the marks left out; `speaker` is a name of the article."""

    section: Section
    section_no: int
    start_char: int
    end_char: int
    text: str
    speaker: Mention | None
    cue: str | None


class Passage(NamedTuple):
    """A title or a paragraph, and where it stands in its section."""

    section: Section
    section_no: int
    offset: int
    text: str


def find_quotations(passages: Sequence[Passage], mentions: Sequence[Mention]) -> list[Quotation]:
    """The quotations of an article's title and paragraphs, in order.

    Args:
        passages: title and paragraphs, in order.
        mentions: the article's, in order.
    """
    found: list[Quotation] = []
    by_section: dict[tuple[Section, int], list[Mention]] = defaultdict(list)
    for one in mentions:
        by_section[one.section, one.section_no].append(one)
    before = People([])
    carried: Said | None = None  # speech that goes on in the next paragraph
    for passage in passages:
        own = by_section[passage.section, passage.section_no]
        people = People([_shifted(one, passage) for one in own])
        spoken = Spoken(passage.text, people, before)
        said, carried = carried, None
        last_end = 0
        quoted = quoted_spans(passage.text, goes_on=said is not None)
        for number, span in enumerate(quoted):
            # "…," she said, "and …" goes on.
            resumes = last_end > 0 and passage.text[last_end : span.start - 1].endswith(", ")
            if not resumes and not is_speech(passage.text, span):
                continue
            following = quoted[number + 1].start if number + 1 < len(quoted) else len(passage.text)
            said = spoken.attribution(span.start, span.end, last_end, following) or said
            last_end = span.end + 1
            found.append(_quotation(passage, span, said))
            if span.goes_on:
                carried = said or Said(None, "")
        before = people if own else before
    return found


def _shifted(mention: Mention, passage: Passage) -> Mention:
    """A mention with offsets in its passage."""
    return mention._replace(
        start_char=mention.start_char - passage.offset, end_char=mention.end_char - passage.offset
    )


def _quotation(passage: Passage, span: Quoted, said: Said | None) -> Quotation:
    return Quotation(
        passage.section,
        passage.section_no,
        passage.offset + span.start,
        passage.offset + span.end,
        passage.text[span.start : span.end],
        said.speaker if said else None,
        (said.cue or None) if said else None,
    )
