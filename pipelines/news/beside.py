"""Mentions that stand side by side: a name with its acronym in brackets, a country with its body."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

_QUOTES = str.maketrans("’ʼ", "''")


class Placed(Protocol):
    """A span of one of an article's texts."""

    @property
    def piece(self) -> int:
        """Which text."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """Character after the last one."""


class Beside(NamedTuple):
    """Pairs of mentions, by their numbers: `explained` are "Long Name (LN)", `owned` "Iraq's Senate"."""

    explained: tuple[tuple[int, int], ...] = ()
    owned: tuple[tuple[int, int], ...] = ()


def beside(texts: Sequence[str], spans: Sequence[Placed]) -> Beside:
    """What stands side by side among the spans of an article's texts, sorted as they stand."""
    explained, owned = [], []
    for at in range(len(spans) - 1):
        one, other = spans[at], spans[at + 1]
        if one.piece != other.piece:
            continue
        text = texts[one.piece]
        between = text[one.end : other.start].translate(_QUOTES)
        if between in {" (", " (the "} and text[other.end : other.end + 1] == ")":
            explained.append((at, at + 1))
        is_owner = text[one.start : one.end].translate(_QUOTES).endswith("'s")
        if between in {"'s ", "' "} or (is_owner and between == " "):
            owned.append((at, at + 1))
    return Beside(tuple(explained), tuple(owned))
