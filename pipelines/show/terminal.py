"""Where the command line prints to, and what it may print there."""

import re
import sys
from collections.abc import Sequence
from datetime import date

from rich.console import Console

_WIDE = 10_000

# What a terminal may obey; what comes from files and the database may hold anything.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")

out = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
err = Console(stderr=True, highlight=False)


def visible(text: str) -> str:
    r"""Text whose control characters, all but tabs and line ends, are written as \x1b is."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def span(nights: Sequence[date]) -> str:
    """How many nights, and from which to which."""
    if not nights:
        return "no night"
    if len(nights) == 1:
        return f"the night {nights[0]}"
    return f"{len(nights)} nights, {nights[0]} to {nights[-1]}"
