"""What is done to a copy of an article: words changed, cut, extended, typeset anew.

Belongs here: one function an edit, from a draft to a draft or to title and body. All chance comes
from the generator of `prose`.
"""

import re
import textwrap
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Literal

from benchmarks.duplicates.prose import Draft, Prose, Tokens

Place = Literal["front", "middle", "end"]

_WORD = re.compile(r"\w+")
_RUN = 1.5
_PLAIN = {
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{EN DASH}": "-",
    ",": " ,",
}
_FANCY = {
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}",
    "\N{EN DASH}": "\N{EM DASH}",
    ".": "\N{HORIZONTAL ELLIPSIS}",
    " ": "\N{NO-BREAK SPACE}",
}


def changed(prose: Prose, draft: Draft, count: int) -> Draft:
    """The draft with so many words changed, in runs of one to some words as an editor does it."""
    chance = prose.random
    places: set[int] = set()
    while len(places) < count:
        start = chance.randrange(draft.words)
        run = min(1 + int(chance.expovariate(1 / _RUN)), count - len(places))
        places |= set(range(start, min(start + run, draft.words)))
    tokens = _flat(draft)
    new = {place: _other_word(prose, tokens[place]) for place in sorted(places)}
    return with_words(draft, new)


def with_words(draft: Draft, new: Mapping[int, str]) -> Draft:
    """The draft with other words at these places; what stands around a word stays."""
    tokens = _flat(draft)
    for place, word in new.items():
        tokens[place] = _WORD.sub(word, tokens[place])
    sizes = [len(draft.title), *map(len, draft.paragraphs)]
    title, *paragraphs = (
        tuple(tokens[start:end]) for start, end in pairwise(accumulate(sizes, initial=0))
    )
    return Draft(title, tuple(paragraphs))


def cut(draft: Draft, words: int) -> Draft:
    """The first so many words, as a page that ends early has them."""
    left = words - len(draft.title)
    paragraphs: list[Tokens] = []
    for paragraph in draft.paragraphs:
        if left > 0:
            paragraphs.append(paragraph[:left])
            left -= len(paragraph)
    return Draft(draft.title, tuple(paragraphs))


def extended(prose: Prose, draft: Draft, words: int, place: Place) -> Draft:
    """The draft with new paragraphs of so many words in all."""
    at = {"front": 0, "middle": len(draft.paragraphs) // 2, "end": len(draft.paragraphs)}[place]
    before, after = draft.paragraphs[:at], draft.paragraphs[at:]
    return Draft(draft.title, (*before, *prose.paragraphs(words), *after))


def retypeset(prose: Prose, draft: Draft) -> tuple[str, str]:
    r"""Title and body with the same `\w+` words, but for their case, and nothing else the same."""
    glyphs = str.maketrans(prose.random.choice((_PLAIN, _FANCY)))
    title = " ".join(draft.title)
    title = prose.random.choice((title.upper(), title.lower(), title.swapcase()))
    width = prose.random.randint(50, 80)
    lines = ["\n".join(textwrap.wrap(" ".join(words), width)) for words in draft.paragraphs]
    return title.translate(glyphs), "\n\n".join(lines).translate(glyphs)


def _flat(draft: Draft) -> list[str]:
    return [*draft.title, *(token for paragraph in draft.paragraphs for token in paragraph)]


def _other_word(prose: Prose, token: str) -> str:
    old = _WORD.findall(token)[0].lower()
    return next(word for word in iter(lambda: prose.words(1)[0], None) if word != old)
