"""From a corpus' tokens back to the text that a newspaper would print.

Belongs here: spacing and quotes. Offsets of every token come back too, so that labels can follow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_OPENING: Final = frozenset("([{$£€#") | {"``", "“", "\u2018"}
_CLOSING: Final = frozenset(".,;:!?%)]}…") | {"''", "”", "\u2019", "..."}
_QUOTES: Final = frozenset("\"'")
_CLITIC: Final = re.compile(r"^(?:['\u2019](?:s|re|ve|ll|d|m|S)|n['\u2019]t|N['\u2019]T)$")
_BRACKETS: Final = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"'}

Offsets = list[tuple[int, int]]


def detokenize(tokens: Sequence[str]) -> tuple[str, Offsets]:
    """Join tokens as print does and return the text and each token's start and end in it.

    A straight quote opens when none is open and closes otherwise; an apostrophe alone is a
    possessive after a word that ends in s, else a quote.
    """
    text = ""
    offsets: Offsets = []
    open_quotes: set[str] = set()
    glue = True
    for index, raw in enumerate(tokens):
        word = _BRACKETS.get(raw, raw)
        before, after = not glue, True
        if word in _QUOTES:
            if word == "'" and word not in open_quotes and text.endswith("s"):
                before = False
            elif word in open_quotes:
                open_quotes.discard(word)
                before = False
            else:
                open_quotes.add(word)
                after = False
        elif _CLITIC.match(word) or word in _CLOSING:
            before = False
        elif word in _OPENING:
            after = False
        elif word == "-" and _between_digits(tokens, index):
            before = after = False
        if before and text:
            text += " "
        offsets.append((len(text), len(text) + len(word)))
        text += word
        glue = not after
    return text, offsets


def _between_digits(tokens: Sequence[str], index: int) -> bool:
    neighbours = [*tokens[max(index - 1, 0) : index], *tokens[index + 1 : index + 2]]
    return 0 < index < len(tokens) - 1 and all(word.isdigit() for word in neighbours)


def align(tokens: Sequence[str], text: str) -> Offsets | None:
    """Find `tokens` in `text` in their order, or return None where one cannot be found."""
    offsets: Offsets = []
    at = 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            return None
        at = start + len(token)
        offsets.append((start, at))
    return offsets
