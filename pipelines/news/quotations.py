"""Direct speech in an article: what is quoted, who said it, and by which verb.

Marks find the quotations, and the words beside them the speaker: "…," X said; X said: "…"; "…," he
said. Works' titles and words held at arm's length ("neutralized") are none. A pronoun or "the
minister" is resolved only when exactly one person can be meant; else the speaker is unknown.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.news.records import Mention, Section

QUOTATIONS_VERSION = "1"
"""Bump when the same article and mentions give other quotations."""

_MIN_PARTIAL_WORDS = 4
_FAR, _NEAR = 120, 30
"""Characters from a quotation to a verb, and from a verb to a pronoun, at most."""
_VERB = (
    r"said|says|say|saying|told|tells|added|adds|adding|asked|asks|asking|replied|replies|wrote|writes"
    r"|writing|posted|tweeted|announced|declared|insisted|insists|warned|warns|warning|explained|explains"
    r"|recalled|recalls|noted|notes|argued|argues|claimed|claims|admitted|stated|states|stressed"
    r"|continued|concluded|remarked|joked|jokes|shouted|whispered|muttered|mutters|laughed|read|reads"
    r"|called|calling|calls|described|describes|describing|denounced|condemned|criticized|dismissed"
    r"|hailed|praised|accused|quoted|testified|responded|responds|retorted|retorts|answered|answers|complained|conceded"
    r"|confirmed|countered|cautioned|urged|vowed|promised|pledged|acknowledged|observed|predicted"
    r"|suggested|maintained|reported|heard|repeated|repeats|pleaded|sighed|protested|ruled|mused"
    r"|thinks|put it|according to|speaks? of|spoke of|speaking of|referred to|denied|demanded|demanding"
)
_CUE = re.compile(rf"(?<![\w-])(?:{_VERB})(?![\w-])", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?<![\w-])(?:An?|One|Another|Some|a|an|one|another) (?:[\w-]+ ){0,2}?(?:resident|man|woman|driver|official"
    r"|witness|villager|trader|soldier|officer|farmer|fisherman|diplomat|worker|teacher|student|shopkeeper"
    r"|neighbor|neighbour|nurse|doctor|lawyer|source|adviser|aide|spokesman|spokeswoman|boy|girl|mother|father)\b"
)
_SOMEONE = re.compile(
    r"(?<![\w-])(?P<pronoun>[Hh]e|[Ss]he)(?![\w-])"
    r"|(?<![\w-])(?P<body>[Ii]t|(?:[Tt]he|[Hh]is|[Hh]er|[Ii]ts) (?:[\w-]+ )?(?:ministry|military|army|group|company|party|agency|council"
    r"|directorate|federation|union|commission|office|organization|movement|bank|court|police|embassy))(?![\w-])"
    r"|(?<![\w-])(?P<definite>(?:[Tt]he|[Hh]is|[Hh]er) (?:[\w-]+ )?(?:minister|president|mayor|governor"
    r"|judge|commander|general|colonel|captain|professor|director|spokesman|spokeswoman|spokesperson"
    r"|lawyer|prosecutor|coach|doctor|senator|lawmaker|engineer|farmer|teacher|chairman"
    r"|chairwoman|premier|king|queen|bishop|imam|author|singer|writer|envoy))(?![\w-])"
    r"|(?<![\w-])(?P<nobody>(?:[Aa]n?|[Oo]ne|[Aa]nother|[Ss]ome|[Mm]any|[Tt]wo|[Oo]thers) [\w-]+|[Tt]hey|[Ww]e|[Hh]is \w+|[Hh]er \w+)(?![\w-])"
)
_TITLE_BEFORE = re.compile(
    r"(?:film|movie|documentary|book|novel|song|album|series|play|poem|painting|exhibition|show|opera"
    r"|ship|vessel|ferry|magazine|newspaper|program|programme|project|operation|titled|entitled|named"
    r"|nicknamed|dubbed|headlined|codenamed|known as|so-called|alias|track|single|memoir|essay"
    r"|column|report|game|podcast|game called|tune|ballad|hymn|anthem|statue|sculpture)s?,? (?:is |was |as |by [\w ]+ )?\Z",
    re.IGNORECASE,
)
_OPENING = {"“": "”", '"': '"', "‘": "’", "„": "“", "«": "»"}
_SENTENCE_END = re.compile(r"[.!?…][”’\"')]*\s+(?=[\w“‘\"'(])")


class Quoted(NamedTuple):
    """A stretch between quotation marks: what is inside, without the marks."""

    start: int
    end: int
    goes_on: bool


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


class _Said(NamedTuple):
    """Who is said to have spoken, and by which verb; `speaker` None: it is not known."""

    speaker: Mention | None
    cue: str


class Passage(NamedTuple):
    """A title or a paragraph, and where it stands in its section."""

    section: Section
    section_no: int
    offset: int
    text: str


def find_quotations(passages: Sequence[Passage], mentions: Sequence[Mention]) -> list[Quotation]:
    """The quotations of an article's title and paragraphs, in order."""
    found: list[Quotation] = []
    before: list[Mention] = []  # people of the paragraph before
    carried: _Said | None = None  # speech that goes on in the next paragraph
    for passage in passages:
        own = [_shifted(one, passage) for one in mentions if _stands_in(one, passage)]
        quoted = _quoted(passage.text, opens_on=carried is not None)
        said = carried
        carried = None
        last_end = 0
        for number, span in enumerate(quoted):
            # "…," she said, "and …" goes on.
            resumes = last_end > 0 and passage.text[last_end : span.start - 1].endswith(", ")
            if not resumes and not _is_speech(passage.text, span):
                continue
            following = quoted[number + 1].start if number + 1 < len(quoted) else len(passage.text)
            told = _attribution(passage.text, span, last_end, following, _People(own, before))
            said = told or said
            last_end = span.end + 1
            found.append(_quotation(passage, span, said))
            if span.goes_on:
                carried = said or _Said(None, "")
        before = own or before
    return found


def _stands_in(mention: Mention, passage: Passage) -> bool:
    start = mention.start_char - passage.offset
    return mention.section == passage.section and 0 <= start < len(passage.text)


def _shifted(mention: Mention, passage: Passage) -> Mention:
    """A mention with offsets in its passage."""
    return mention._replace(
        start_char=mention.start_char - passage.offset, end_char=mention.end_char - passage.offset
    )


def _quotation(passage: Passage, span: Quoted, said: _Said | None) -> Quotation:
    return Quotation(
        passage.section,
        passage.section_no,
        passage.offset + span.start,
        passage.offset + span.end,
        passage.text[span.start : span.end],
        said.speaker if said else None,
        (said.cue or None) if said else None,
    )


def _quoted(text: str, *, opens_on: bool) -> list[Quoted]:
    """Stretches between marks, of the kind that the passage uses for speech."""
    for opening in ("“", '"', "«", "„"):
        if opening in text:
            return list(_between(text, opening, _OPENING[opening]))
    if "‘" in text:
        return list(_between(text, "‘", "’"))
    return [Quoted(0, len(text), goes_on=False)] if opens_on and text.endswith(("”", '"')) else []


def _between(text: str, opening: str, closing: str) -> Iterator[Quoted]:
    at = 0
    while (start := _find_opening(text, opening, at)) >= 0:
        end = _find_closing(text, closing, start + 1)
        if end < 0:
            # Speech that goes on in the next paragraph has no closing mark; a lone mark is none.
            if len(text[start + 1 :].split()) >= _MIN_PARTIAL_WORDS and text[-1] in ".!?…":
                yield Quoted(start + 1, len(text), goes_on=True)
            return
        yield Quoted(start + 1, end, goes_on=False)
        at = end + 1


def _find_opening(text: str, opening: str, at: int) -> int:
    while (at := text.find(opening, at)) >= 0:
        before = text[at - 1] if at else " "
        after = text[at + 1 : at + 2]
        if not before.isalnum() and after and not after.isspace():
            return at
        at += 1
    return -1


def _find_closing(text: str, closing: str, at: int) -> int:
    while (at := text.find(closing, at)) >= 0:
        after = text[at + 1 : at + 2]
        is_apostrophe = closing == "’" and (after.isalnum() or _is_elided(text, at))
        if (
            not after.isalnum()
            and not is_apostrophe
            and (closing != '"' or not text[at - 1].isspace())
        ):
            return at
        at += 1
    return -1


def _is_elided(text: str, at: int) -> bool:
    """Whether a closing single mark is the apostrophe of a plural's possessive, as in: the officers' mess."""
    return (
        text[at - 1] == "s"
        and re.match(r"’ [a-z]", text[at : at + 3]) is not None
        and "’" in text[at + 1 :]
    )


def _is_speech(text: str, span: Quoted) -> bool:
    """Whether what is quoted is somebody's words, not a title nor a word held at arm's length."""
    inside = text[span.start : span.end]
    words = inside.split()
    before = text[: span.start - 1]
    if not words or _TITLE_BEFORE.search(before):
        return False
    after = text[span.end + 1 : span.end + 2]
    is_sentence = inside[-1] in ".!?…—–-" or (
        inside[-1] == "," and _CUE.search(text[span.end : span.end + 80])
    )
    if is_sentence and (
        inside[0].isupper() or inside[-1] in ",—–-" or len(words) >= _MIN_PARTIAL_WORDS
    ):
        is_title = inside[-1] in ",." and len(words) > 1 and _is_title_case(words)
        return not is_title or bool(_CUE.search(text[span.end : span.end + 40]))
    if after == "," and inside[0].isupper() and _CUE.search(text[span.end : span.end + 60]):
        return True
    return len(words) >= _MIN_PARTIAL_WORDS and not _is_title_case(words)


def _is_title_case(words: Sequence[str]) -> bool:
    long_words = [word for word in words if len(word.strip(".,!?’'")) > 3]
    return bool(long_words) and all(
        word[0].isupper() or not word[0].isalpha() for word in long_words
    )


def _attribution(
    text: str, span: Quoted, since: int, until: int, people: "_People"
) -> _Said | None:
    """What the words of its sentence before a quotation, and those after it, say of its speaker."""
    start = max([since, *(end.end() for end in _SENTENCE_END.finditer(text, 0, span.start))])
    ahead = (start, span.start - 1)
    behind = (min(span.end + 1, len(text)), _sentence_end(text, span.end, until))
    ends = text[span.end - 1 : span.end] in {".", "…"} and text[span.end + 1 : span.end + 2] != ","
    # A quotation in the middle of a sentence belongs to the words before it.
    is_inside = bool(text[slice(*ahead)].strip()) and _CUE.search(text, *ahead)
    order = [(ahead, False)] if ends else [(behind, True), (ahead, False)]
    for place, is_after in order[::-1] if is_inside else order:
        if said := _said(text, place, people, is_after=is_after):
            return said
    return None


def _sentence_end(text: str, end: int, until: int) -> int:
    """Where the sentence of a quotation that ends at `end` ends; "…!" he cried" goes on behind it."""
    at = end + 1 if text[end - 1 : end] in {"!", "?"} else max(end - 1, 0)
    found = _SENTENCE_END.search(text, at)
    return min(until, found.start() + 1 if found else len(text))


class _People(NamedTuple):
    """Who is named in a passage, with offsets in it, and which people in the one before."""

    here: Sequence[Mention]
    before: Sequence[Mention]

    def meant(self, at: int, label: str = "PERSON") -> Mention | None:
        """Who a pronoun at a place means: the only one named above it here, else in the one before."""
        above = [one for one in self.here if one.label == label and one.end_char <= at]
        among = above or [one for one in self.before if one.label == label]
        return among[-1] if len({one.name for one in among}) == 1 else None


def _said(text: str, place: tuple[int, int], people: _People, *, is_after: bool) -> _Said | None:
    start, end = place
    cues = list(_CUE.finditer(text, start, max(end, start)))
    if not cues:
        return None
    cue = cues[0] if is_after else cues[-1]
    if is_after and cue.start() - start > _FAR:
        return None
    return _Said(_speaker(text, cue, place, people), cue[0])


def _speaker(
    text: str, cue: re.Match[str], place: tuple[int, int], people: _People
) -> Mention | None:
    """The person or body beside the verb; what a pronoun means, if only one can be meant."""
    start, end = place

    def gap(from_char: int, to_char: int) -> int:
        return min(abs(from_char - cue.end()), abs(cue.start() - to_char))

    named = [one for one in people.here if start <= one.start_char and one.end_char <= end]
    named = [one for one in named if one.label == "PERSON"] or [
        one for one in named if one.label == "ORG"
    ]
    nearest = min(named, key=lambda one: gap(one.start_char, one.end_char), default=None)
    others = _SOMEONE.finditer(text, start, end)
    other = min(others, key=lambda one: gap(one.start(), one.end()), default=None)
    if nearest and (
        other is None
        or gap(nearest.start_char, nearest.end_char) <= gap(other.start(), other.end())
    ):
        return nearest
    if other is None or other["nobody"] or gap(other.start(), other.end()) > _NEAR:
        return nearest
    if other["definite"] and nearest:
        return nearest
    if other["body"]:
        return people.meant(other.start(), "ORG")
    # "A driver said the car still burned. “…,” he said": someone without a name.
    named_until = max(
        (one.end_char for one in people.here if one.end_char <= other.start()), default=0
    )
    if _NOBODY.search(text, named_until, other.start()):
        return None
    return people.meant(other.start())
