"""Two texts -> what was kept, deleted and added, word by word."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_CONTEXT = 6
_WORTH_SKIPPING = 4
"""Fewer words are no longer than saying that they were left out."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive words of one kind; `skipped` ones of a long run that both texts have are left out.

    They stand between `words` and `after`.
    """

    kind: Literal["kept", "deleted", "added"]
    words: str
    skipped: int = 0
    after: str = ""


def word_diff(old: str, new: str, context: int = _CONTEXT) -> Iterator[Run]:
    """How `new` differs from `old`, with so many words of context around each difference.

    Words are what white space separates. Compared by Python's difflib (after Ratcliff and
    Obershelp), whose time is quadratic for texts that have little in common.
    """
    before, after = old.split(), new.split()
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for number, (kind, start, end, new_start, new_end) in enumerate(blocks):
        if kind == "equal":
            lead = context if number else 0
            tail = context if number < len(blocks) - 1 else 0
            yield _shortened(before[start:end], lead, tail)
            continue
        if start < end:
            yield Run("deleted", " ".join(before[start:end]))
        if new_start < new_end:
            yield Run("added", " ".join(after[new_start:new_end]))


def _shortened(words: list[str], lead: int, tail: int) -> Run:
    skipped = len(words) - lead - tail
    if skipped < _WORTH_SKIPPING:
        return Run("kept", " ".join(words))
    return Run("kept", " ".join(words[:lead]), skipped, " ".join(words[len(words) - tail :]))
