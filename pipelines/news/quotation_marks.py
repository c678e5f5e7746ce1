"""Quotation marks: what stands between them, and whether that is somebody's words.

Works' titles and words held at arm's length ("neutralized") are no speech.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.news.speech_words import CUE

_MIN_PARTIAL_WORDS = 4
_TITLE_HINT_CHARS = 100
_TITLE_BEFORE = re.compile(
    r"(?:film|movie|documentary|book|novel|song|album|series|play|poem|painting|exhibition|show|opera"
    r"|ship|vessel|ferry|magazine|newspaper|program|programme|project|operation|titled|entitled|named"
    r"|nicknamed|dubbed|headlined|codenamed|known as|so-called|alias|track|single|memoir|essay"
    r"|column|report|game|podcast|game called|tune|ballad|hymn|anthem|statue|sculpture)s?,? (?:is |was |as |by [\w ]{1,60} )?\Z",
    re.IGNORECASE,
)
_OPENING = {"“": "”", '"': '"', "‘": "’", "„": "“", "«": "»"}


class Quoted(NamedTuple):
    """A stretch between quotation marks: what is inside, without the marks."""

    start: int
    end: int
    goes_on: bool


def quoted_spans(text: str, *, goes_on: bool) -> list[Quoted]:
    """Stretches between marks, of the kind that a passage uses for speech.

    Args:
        text: the passage.
        goes_on: whether speech of the passage before goes on in it.
    """
    for opening in ("“", '"', "«", "„"):
        if opening in text:
            return list(_between(text, opening, _OPENING[opening]))
    if "‘" in text:
        return list(_between(text, "‘", "’"))
    if goes_on and text.endswith(("”", '"')) and len(text) > 1:
        return [Quoted(0, len(text) - 1, goes_on=False)]
    return []


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
        and text.find("’", at + 1) >= 0
    )


def is_speech(text: str, span: Quoted) -> bool:
    """Whether what is quoted is somebody's words, not a title nor a word held at arm's length."""
    inside = text[span.start : span.end]
    words = inside.split()
    mark = max(span.start - 1, 0)
    if not words or _TITLE_BEFORE.search(text, max(mark - _TITLE_HINT_CHARS, 0), mark):
        return False
    after = text[span.end + 1 : span.end + 2]
    is_sentence = inside[-1] in ".!?…—–-" or (
        inside[-1] == "," and CUE.search(text, span.end, span.end + 80)
    )
    if is_sentence and (
        inside[0].isupper() or inside[-1] in ",—–-" or len(words) >= _MIN_PARTIAL_WORDS
    ):
        is_title = inside[-1] in ",." and len(words) > 1 and _is_title_case(words)
        return not is_title or bool(CUE.search(text, span.end, span.end + 40))
    if after == "," and inside[0].isupper() and CUE.search(text, span.end, span.end + 60):
        return True
    return len(words) >= _MIN_PARTIAL_WORDS and not _is_title_case(words)


def _is_title_case(words: Sequence[str]) -> bool:
    long_words = [word for word in words if len(word.strip(".,!?’'")) > 3]
    return bool(long_words) and all(
        word[0].isupper() or not word[0].isalpha() for word in long_words
    )
