"""Direct speech in an article: what is quoted, who said it, and by which verb."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.news.cast import Cast
from pipelines.news.people import People
from pipelines.news.quotation_marks import Quoted, is_speech, quoted_spans
from pipelines.news.records import Mention, Section
from pipelines.news.speakers import Said, Spoken

QUOTATIONS_VERSION = "3"
"""Bump when the same article and mentions give other quotations."""
_PASSAGES_BACK = 2
"""How far up somebody is looked for whom a pronoun means."""


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
    spoken = [_spans(passage) for passage in passages]
    found: list[Quotation] = []
    if not any(spoken):
        return found
    by_section: dict[tuple[Section, int], list[Mention]] = defaultdict(list)
    for one in mentions:
        by_section[one.section, one.section_no].append(one)
    everybody = [
        People(
            passage.text,
            [_shifted(one, passage) for one in by_section[passage.section, passage.section_no]],
            [(span.start, span.end) for span, is_said in spans if is_said],
        )
        for passage, spans in zip(passages, spoken, strict=True)
    ]
    cast = Cast(everybody)
    everybody = [people.with_more(cast.unseen(people)) for people in everybody]
    carried: Said | None = None  # speech that goes on in the next paragraph
    for number, (passage, spans) in enumerate(zip(passages, spoken, strict=True)):
        if not spans and carried is None:
            continue
        before = everybody[max(number - _PASSAGES_BACK, 0) : number][::-1]
        beside = Spoken(everybody[number], before, cast)
        marked = spans or _spans(passage, goes_on=True)
        attributed = list(_attributed(marked, beside, carried))
        carried = None
        for span, said in attributed:
            found.append(_quotation(passage, span, said))
            if span.goes_on:
                carried = said or Said(None, "")
    return found


def _spans(passage: Passage, *, goes_on: bool = False) -> list[tuple[Quoted, bool]]:
    """What stands between a passage's marks, and whether it is speech."""
    spans = quoted_spans(passage.text, goes_on=goes_on)
    return [(span, is_speech(passage.text, span)) for span in spans]


def _attributed(
    spans: Sequence[tuple[Quoted, bool]], beside: Spoken, said: Said | None
) -> Iterator[tuple[Quoted, Said | None]]:
    """The quotations of a passage, and who said each; `said`: who speaks on from the one before."""
    text = beside.text
    last_end = 0
    for number, (span, is_said) in enumerate(spans):
        # "…," she said, "and …" goes on.
        resumes = last_end > 0 and text[last_end : span.start - 1].endswith(", ")
        if not resumes and not is_said:
            continue
        following = spans[number + 1][0].start if number + 1 < len(spans) else len(text)
        own = beside.attribution(span.start, span.end, last_end, following)
        said = own or beside.without_cue((span.start, span.end), last_end, said)
        last_end = span.end + 1
        yield span, said


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
