"""A page as lines: where they stand, what they say, and what they are compared by.

Belongs here: everything about one line. Does not: anything about how lines form articles.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

# Characters that print nothing and that `str.strip` keeps: a line of them is blank to a reader.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
MARKER = "TT"

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_EDGE = re.compile(rf"\A[\s{INVISIBLE}]+|[\s{INVISIBLE}]+\Z")
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
    and white space folded); `blanks_before` counts the blank lines above it.
    """

    start: int
    end: int
    text: str
    key: str
    blanks_before: int


def split_lines(page: str) -> list[Line]:
    """Non-blank lines of a page, in order. Lines end at LF, CRLF or CR only."""
    lines: list[Line] = []
    blanks = 0
    for match in _LINE.finditer(page):
        raw = match.group(1)
        lead = _EDGE.match(raw)
        offset = lead.end() if lead else 0
        core = _EDGE.sub("", raw)
        if core:
            start = match.start() + offset
            text = " ".join(unicodedata.normalize("NFC", core).split())
            lines.append(Line(start, start + len(core), text, comparison_key(text), blanks))
            blanks = 0
        else:
            blanks += 1
    return lines


def comparison_key(text: str) -> str:
    """What two copies of a line share: NFKC, straight quotes, single spaces."""
    if text.isascii():
        return text.replace("`", "'")
    # Quotes first: NFKC takes an acute accent apart into a space and a combining one.
    return " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).split())


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
        if _EDGE.sub("", page[position:start]):
            return False
        position = end
    return not _EDGE.sub("", page[position:])
