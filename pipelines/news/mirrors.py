"""Find the heads of articles in the lines of a page by their mirrors.

A head is a block of lines, an optional marker, and the same lines again.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.news.lines import MARKER

MAX_HEAD_LINES = 32
_MIN_PARTIAL = 12


@dataclass(frozen=True, slots=True)
class Head:
    """A mirrored head, as line indices.

    `first:last` is its first copy (the title is line `first`), `body` the line after its second.
    """

    first: int
    last: int
    body: int


def find_heads(keys: list[str]) -> list[Head]:
    """Heads in the keys of a page's lines, in order, none overlapping another.

    Of the heads that could start at a line, one with a marker wins over one without, then the
    shortest. All are found by comparing lines inside the head alone, so a page cut at an article
    keeps that article's head.
    """
    marked = sorted(_marked(keys), key=lambda head: (head.first, head.body))
    unmarked = list(_unmarked(keys))
    candidates = sorted([*marked, *unmarked], key=lambda head: head.first)
    heads: list[Head] = []
    end = 0
    for head in candidates:
        if head.first >= end:
            heads.append(head)
            end = head.body
    return heads


def _after_marker(keys: list[str], marker: int) -> int:
    """The line after a marker and the counter of one to three digits that may follow it."""
    counter = keys[marker + 1] if marker + 1 < len(keys) else ""
    return marker + (2 if len(counter) <= 3 and counter.isascii() and counter.isdigit() else 1)


def _marked(keys: list[str]) -> Iterator[Head]:
    for marker, key in enumerate(keys):
        if key != MARKER:
            continue
        second = _after_marker(keys, marker)
        for length in _block_lengths(keys, marker):
            first = marker - length
            if keys[first:marker] == keys[second : second + length]:
                yield Head(first, marker, second + length)


def _block_lengths(keys: list[str], marker: int, start: int = 0) -> Iterator[int]:
    """Lengths a head's first copy above a marker can have: up to the next marker or `start`."""
    for length in range(1, min(MAX_HEAD_LINES, marker - start) + 1):
        if keys[marker - length] == MARKER:
            return
        yield length


def _unmarked(keys: list[str]) -> Iterator[Head]:
    """Without a marker: three lines or more, with a caption that stands twice in a row."""
    seen: dict[str, list[int]] = defaultdict(list)
    for second, key in enumerate(keys):
        for first in reversed(seen[key]):
            length = second - first
            if length > MAX_HEAD_LINES:
                break
            if length >= 3 and _is_unmarked(keys, first, second):
                yield Head(first, second, second + length)
        # A title differs from the caption below it, or any run of equal lines would be a head.
        if second + 1 < len(keys) and keys[second + 1] != key:
            seen[key].append(second)


def _is_unmarked(keys: list[str], first: int, second: int) -> bool:
    length = second - first
    block = keys[first:second]
    return (
        block == keys[second : second + length]
        and MARKER not in block
        and any(block[at] == block[at + 1] for at in range(1, length - 1))
    )


def find_markers(keys: list[str]) -> list[int]:
    """Where markers stand, in order."""
    return [at for at, key in enumerate(keys) if key == MARKER]


def find_cut_head(keys: list[str], markers: Sequence[int], start: int, stop: int) -> Head | None:
    """The head in `keys[start:stop]` whose second copy the text breaks off in, if there is one.

    All lines below the last marker then repeat the head's first ones; the very last line may be cut
    short itself. `markers` are those of all keys: the time taken does not grow with the range.
    """
    above = bisect_left(markers, stop)
    if above == 0 or markers[above - 1] < start:
        return None
    marker = markers[above - 1]
    second = min(_after_marker(keys, marker), stop)
    rest = keys[second : min(stop, second + MAX_HEAD_LINES + 1)]
    for length in reversed(list(_block_lengths(keys, marker, start))):
        if 1 <= len(rest) <= length and _is_cut(keys[marker - length : marker], rest):
            return Head(marker - length, marker, stop)
    return None


def _is_cut(block: list[str], rest: list[str]) -> bool:
    *whole, last = rest
    expected = block[len(whole)]
    is_enough = last == expected or len(rest) > 1 or len(last) >= _MIN_PARTIAL
    return whole == block[: len(whole)] and expected.startswith(last) and is_enough
