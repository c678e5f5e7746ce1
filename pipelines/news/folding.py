"""What spellings of one name share."""

import re
import unicodedata

from anyascii import anyascii

_ARTICLE = re.compile(r"\b(?:al|el|ash|as|ad|an|ar|at|az)-(?=\w)")
_PLUS = re.compile(r"(?<=\w)\+")
_WORDS = re.compile(r"[^\W_]+")


def fold(name: str) -> str:
    """What spellings of one name share: ASCII, lower case, no Al-/El-, no punctuation but "+"."""
    text = anyascii(unicodedata.normalize("NFKC", name)).casefold()
    text = _PLUS.sub(" plus", text)
    return " ".join(_WORDS.findall(_ARTICLE.sub("", text).replace("'", "").replace(".", "")))
