"""Cut a page into its articles.

The signal is the mirror: the head of an article (a title and its captions) stands twice, with or
without a marker line between the copies. Every line of a page ends up in exactly one occurrence or
one leftover, and a page cut at an occurrence's range gives the same article again: whatever decides
about a line looks only at lines of the same article.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from pipelines.news.lines import (
    BLANKS,
    Line,
    has_more_lines,
    is_cue,
    is_menu_entry,
    is_prose,
    split_lines,
)
from pipelines.news.mirrors import Head, find_cut_head, find_heads, find_markers
from pipelines.news.records import Article, Leftover, Occurrence, SegmentedPage

SEGMENT_VERSION = f"3/unicode-{unicodedata.unidata_version}"
"""Bump when the same page text gives other articles, ranges or leftovers."""

GAP = 3
MAX_LINES = 200_000
_TERMINAL = tuple(".!?؟。\"'”’»)]")
_ELLIPSIS = re.compile(
    r"(?:…|\.\.\.|\[\+?\d+ chars\]) ?[\])]?\Z|(?i:(?:read|continue) (?:more|reading)\W*\Z)"
    r"|(?:\A|[.!?”\"] )(?:Continue reading|Read more|Read the (?:full|whole|rest))\b(?!:).{0,60}\Z"
)
_END_MARK = re.compile(r"(?<=[.!?؟。”\"’)]) ?(?:[A-Z]{2,10}|Enditem|[■#]+)\Z")
_SIGN_OFF = re.compile(
    r"\W*(?:(?i:(?:additional |with )?(?:reporting|writing|editing|edited|written|compiled)(?: and \w+)?"
    r" (?:by|from)\b|with (?:assistance|inputs?|files) from\b)|By [A-Z]\S+ [A-Z]|Contact [A-Z]|©|Copyright\b"
    r"|(?i:(?:first |last )?(?:published|updated|posted|modified)\b[^.]{0,20}\d)"
    r"|(?i:muhabir|sources?|related(?: \w+)?|read (?:more|also|next)|also read|see also|more (?:on|from)[^.]{0,30}"
    r"|tags?|topics?|e-?mail|follow us|to contact [^.]{0,40}) ?:|[^.]{0,60}@\S+\Z)"
)


def segment(page: str) -> SegmentedPage:
    """Articles and leftovers of a decoded page.

    Ranges are code points of `page`, end exclusive, and never overlap; together they cover every
    non-blank character. A page without a mirror is one article, unless nothing in it reads as a
    paragraph: then it has none, and is one leftover. So is a page of more than `MAX_LINES` non-blank
    lines, which is no news and would take gigabytes to look at; its reason is "too_many_lines".
    """
    if has_more_lines(page, MAX_LINES):
        start = len(page) - len(page.lstrip(BLANKS))
        whole = Leftover(start, len(page.rstrip(BLANKS)), "too_many_lines")
        return SegmentedPage("none", (), (whole,))
    lines = split_lines(page)
    keys = [line.key for line in lines]
    markers = find_markers(keys)
    heads = find_heads(keys)
    if not heads:
        first = _without_leading_menus(lines)
        stop = _without_navigation(lines, first, len(lines))
        cut = find_cut_head(keys, markers, 0, len(lines))
        cut = cut or find_cut_head(keys, markers, first, stop)
        if cut is None:
            return _whole_page(lines, first)
        heads = [cut]
    occurrences: list[Occurrence] = []
    leftovers = _leftover(lines[: heads[0].first], "before_first_article")
    ends = [head.first for head in heads[1:]] + [len(lines)]
    spans = [
        span
        for head, end in zip(heads, ends, strict=True)
        for span in _spans(lines, keys, markers, head, end)
    ]
    for head, stop, end in spans:
        article = make_article(
            lines[head.first].text,
            _unique_texts(lines[head.first + 1 : head.last]),
            [line.text for line in lines[head.body : stop]],
        )
        ordinal = len(occurrences) + 1
        occurrences.append(
            Occurrence(ordinal, lines[head.first].start, lines[stop - 1].end, article)
        )
        leftovers += _leftover(lines[stop:end], "navigation")
    return SegmentedPage("mirror", tuple(occurrences), tuple(leftovers))


def _spans(
    lines: list[Line], keys: list[str], markers: list[int], head: Head, end: int
) -> list[tuple[Head, int, int]]:
    """The heads from a head to `end`, with where their articles stop and their leftovers end.

    A head that breaks off at the end of another article's text is an article of its own: cut at its
    range that text would show it, so it has to be found in the page too. The text above that
    head may break off in one again.
    """
    spans: list[tuple[Head, int, int]] = []
    while True:
        stop = end
        cut = find_cut_head(keys, markers, head.body, end)
        if cut is None:
            stop = _without_navigation(lines, head.body, end)
            cut = find_cut_head(keys, markers, head.body, stop)
        if cut is None:
            return [(head, stop, end), *reversed(spans)]
        spans.append((cut, cut.body, end))
        end = cut.first


def make_article(title: str, captions: Sequence[str], paragraphs: Sequence[str]) -> Article:
    """An article with its identity.

    The content hash is the SHA-256 of the length-prefixed UTF-8 parts, so that no two different
    divisions into title, captions and paragraphs share one; the id is its first 16 bytes.
    """
    digest = hashlib.sha256()
    for kind, parts in (("t", [title]), ("c", captions), ("p", paragraphs)):
        for part in parts:
            data = part.encode()
            digest.update(f"{kind}{len(data)}:".encode() + data)
    sha256 = digest.digest()
    return Article(
        article_id=UUID(bytes=sha256[:16]),
        content_sha256=sha256,
        title=title,
        captions=tuple(captions),
        paragraphs=tuple(paragraphs),
        is_truncated=_breaks_off(paragraphs),
    )


def _breaks_off(paragraphs: Sequence[str]) -> bool:
    """Whether the text ends in the middle of a sentence, or says that more follows.

    A last line of a few words may be who wrote it ("nk/hcm"), and so is one that says who reported or
    edited: then the one before it counts. Agencies mark the end ("he said. Enditem").
    """
    if not paragraphs or _ELLIPSIS.search(paragraphs[-1]):
        return True
    told = [_END_MARK.sub("", one) for one in paragraphs if not _SIGN_OFF.match(one)]
    if not told:
        return not paragraphs[-1].endswith(_TERMINAL)
    telling = [one for one in told if len(one.split()) >= 5] or told
    return not (told[-1].endswith(_TERMINAL) or telling[-1].endswith(_TERMINAL))


def _whole_page(lines: list[Line], first: int) -> SegmentedPage:
    title_is_prose = first < len(lines) and is_prose(lines[first])
    caption = first if title_is_prose else first + 1
    body = caption
    # A caption is known by standing twice; without a mirror nothing else tells it from a paragraph.
    while not title_is_prose and body + 1 < len(lines) and lines[body].key == lines[body + 1].key:
        body += 2
    stop = _without_navigation(lines, body, len(lines))
    if not any(is_prose(line) for line in lines[body:stop]):
        return SegmentedPage("none", (), tuple(_leftover(lines, "no_article")))
    article = make_article(
        "" if title_is_prose else lines[first].text,
        _unique_texts(lines[caption:body]),
        [line.text for line in lines[body:stop]],
    )
    occurrence = Occurrence(1, lines[first].start, lines[stop - 1].end, article)
    leftovers = _leftover(lines[:first], "before_first_article")
    leftovers += _leftover(lines[stop:], "navigation")
    return SegmentedPage("whole_page", (occurrence,), tuple(leftovers))


def _without_navigation(lines: list[Line], body: int, end: int) -> int:
    """Where the article ends: before the longest run of menu entries that closes `lines[body:end]`.

    The run begins at a cue or below a gap. Taking the longest leaves nothing to take a second time.
    """
    stop = end
    for index in range(end - 1, body - 1, -1):
        if not is_menu_entry(lines[index]):
            break
        if is_cue(lines[index]) or lines[index].blanks_before >= GAP:
            stop = index
    return stop


def _without_leading_menus(lines: list[Line]) -> int:
    """Index of the first line that is not in a block of three or more menu entries above a gap."""
    first = 0
    for index, line in enumerate(lines):
        if index > first and line.blanks_before >= GAP:
            if index - first < 3:
                break
            first = index
        if not is_menu_entry(line):
            break
    return first


def _unique_texts(lines: Sequence[Line]) -> list[str]:
    return list({line.key: line.text for line in reversed(lines)}.values())[::-1]


def _leftover(lines: Sequence[Line], reason: str) -> list[Leftover]:
    return [Leftover(lines[0].start, lines[-1].end, reason)] if lines else []
