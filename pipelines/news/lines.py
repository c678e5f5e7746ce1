"""A page as lines: where they stand, what they say, and what they are compared by.

Belongs here: everything about one line. Does not: anything about how lines form articles.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

# Characters that print nothing and that `str.strip` keeps: a line of them is blank to a reader.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
# What surrounds a line without being part of it; all white space lies in the first plane.
BLANKS = "".join(filter(str.isspace, map(chr, range(0x10000)))) + INVISIBLE
MARKER = "TT"

# A non-blank line from its first character that is no blank.
_WRITTEN = re.compile(rf"[^{BLANKS}][^\r\n]*")
# More marks in a row than UAX #15 lets a text have: putting n of them in order takes n² steps.
_MARKS = "".join(
    char
    for char in map(chr, range(0x300, 0x20000))
    if unicodedata.combining(unicodedata.normalize("NFKD", char)[0])
)
_TOO_MANY_MARKS = re.compile(f"[{_MARKS}]{{31}}")
_QUOTES = str.maketrans(
    dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys(INVISIBLE, "")
)
_SENTENCE_END = re.compile(r"[.!?…؟。:;,][\"'”’»)\]]*\Z")
_PERIOD = re.compile(r"[.…؟。][\"'”’»)\]]*\Z")
_CUE = re.compile(
    r"(?:read (?:more|also|next|on)|also read|see also|related(?: \w+)?|more (?:from|on|news)\b.*"
    r"|(?:most|editors?'?s?'?) (?:read|viewed|popular|picks?)|recommended(?: for you)?|trending"
    r"|share(?: this.*)?|follow us.*|subscribe.*|sign up.*|newsletters?|advertisement|sponsored"
    r"|comments?|print|e-?mail|copy link|back to top|load more|all rights reserved.*|©.*|tags?"
    r"|topics?|keywords?)\s*[:.…»>→]*"
    r"|(?:read (?:more|also|next)|also read|see also|related)\s*[:»>|–—-].*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One non-blank line of a page.

    `start` and `end` delimit it in the page without surrounding blanks; `text` is what is stored
    (NFC, white space collapsed); `key` is what copies are compared by (Unicode form, quote glyphs
    and white space folded); `blanks_before` counts the blank lines above it. A line with more than
    30 combining marks in a row keeps its Unicode form in both.
    """

    start: int
    end: int
    text: str
    key: str
    blanks_before: int


def split_lines(page: str) -> list[Line]:
    """Non-blank lines of a page, in order. Lines end at LF, CRLF or CR only."""
    lines: list[Line] = []
    end = 0
    for match in _WRITTEN.finditer(page):
        core = match.group().rstrip(BLANKS)
        above = page[end : match.start()]
        breaks = above.count("\n") + above.count("\r") - above.count("\r\n")
        text = " ".join(_normalised("NFC", core).split())
        start, end = match.span()
        lines.append(
            Line(
                start=start,
                end=start + len(core),
                text=text,
                key=comparison_key(text),
                blanks_before=breaks - 1 if lines else breaks,
            )
        )
    return lines


def has_more_lines(page: str, limit: int) -> bool:
    """Whether a page has more non-blank lines than a limit; costs next to nothing if not."""
    if page.count("\n") + page.count("\r") < limit:
        return False
    return next(islice(_WRITTEN.finditer(page), limit, None), None) is not None


def comparison_key(text: str) -> str:
    """What two copies of a line share: NFKC, straight quotes, single spaces."""
    if text.isascii():
        return text.replace("`", "'")
    # Quotes first: NFKC takes an acute accent apart into a space and a combining one.
    return " ".join(_normalised("NFKC", text.translate(_QUOTES)).split())


def _normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    if text.isascii() or _TOO_MANY_MARKS.search(text):
        return text
    return unicodedata.normalize(form, text)


def is_prose(line: Line) -> bool:
    """Whether a line reads as a paragraph and not as a headline or a menu entry."""
    words = len(line.text.split())
    if words >= 25 or len(line.text) >= 250:
        return True
    if words >= 8 and _PERIOD.search(line.text):
        return True
    return words >= 16 and bool(_SENTENCE_END.search(line.text))


def is_menu_entry(line: Line) -> bool:
    """Whether a line could be an entry of a site menu: short, and no sentence."""
    if is_cue(line):
        return True
    return (
        len(line.text) <= 120
        and len(line.text.split()) <= 14
        and not _SENTENCE_END.search(line.text)
    )


def is_cue(line: Line) -> bool:
    """Whether a line announces what follows an article: "Read more", "Related", "Share" ..."""
    return len(line.text) <= 120 and _CUE.fullmatch(line.text) is not None


def is_covered(page: str, ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether ranges (start, end), in order, leave only blanks of a page."""
    position = 0
    for start, end in ranges:
        if page[position:start].strip(BLANKS):
            return False
        position = end
    return not page[position:].strip(BLANKS)
