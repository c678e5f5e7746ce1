"""The mentions of an article -> names: which short form stands for which full one.

A function of the article alone. A short form gets a full name only when exactly one fits.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from pipelines.news.folding import fold
from pipelines.news.names import normalise
from pipelines.news.spellings import spell

_MIN_ACRONYM, _MAX_ACRONYM = 2, 8
_MIN_FIRST_NAME = 4
_JOINED = re.compile(r"(\w+)-(?=\w)")
_ARTICLES = frozenset(["al", "el", "ash", "as", "ad", "an", "ar", "at", "az"])
_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "de",
        "del",
        "des",
        "du",
        "for",
        "from",
        "in",
        "la",
        "le",
        "of",
        "on",
        "the",
        "to",
        "with",
    ]
)

Names = Counter[str]


def name_mentions(mentions: Sequence[tuple[str, str]]) -> list[str]:
    """Names of an article's mentions, given as (surface, label), in the same order.

    A person named by a surname, or by a first name, or by first and last of three, gets the full name
    when the article holds exactly one that fits; an organisation named by its initials likewise.
    """
    names = [normalise(surface, label) for surface, label in mentions]
    counts: dict[str, Names] = defaultdict(Counter)
    for name, (_, label) in zip(names, mentions, strict=True):
        counts[label][name] += 1
    full = {
        "PERSON": _full_names(counts["PERSON"], _spelled, _person_fits),
        "ORG": _full_names(counts["ORG"], str, _initials_fit),
    }
    return [
        full.get(label, {}).get(name, name)
        for name, (_, label) in zip(names, mentions, strict=True)
    ]


def _full_names(
    names: Names, spelled: Callable[[str], str], fits: Callable[[str, str], bool]
) -> dict[str, str]:
    """Short name -> the full name it stands for; names of one spelling stand for the same."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in names:
        spellings[spelled(name)].append(name)
    fitting = {
        short: [full for full in spellings if full != short and fits(short, full)]
        for short in spellings
    }
    found: dict[str, str] = {}
    for short, full in fitting.items():
        # The longest stands for itself; of a chain of ever longer forms the last is meant.
        ends = [one for one in full if not any(other in full for other in fitting[one])]
        if len(ends) == 1 and all(ends[0] == one or ends[0] in fitting[one] for one in full):
            found |= dict.fromkeys(spellings[short], _shown(spellings[ends[0]], names))
    return found


def _shown(spellings: Iterable[str], names: Names) -> str:
    """The most frequent, then longest, then first of the spellings of a full name."""
    return min(spellings, key=lambda name: (-names[name], -len(name), name))


def _spelled(name: str) -> str:
    """A name in the spelling that stands for all of its own; a hyphen does not take it apart."""
    return spell(
        _JOINED.sub(lambda part: part[0] if part[1].lower() in _ARTICLES else part[1], name)
    )


def _person_fits(short: str, full: str) -> bool:
    """Whether a spelled name is a shorter form of another."""
    one, other = short.split(), full.split()
    if not one or len(one) >= len(other):
        return False
    if one == other[-len(one) :]:
        return True
    if len(one) == 1:
        return one[0] == other[0] and len(one[0]) >= _MIN_FIRST_NAME
    return one[0] == other[0] and one[-1] == other[-1]


def _initials_fit(short: str, full: str) -> bool:
    """Whether an acronym is made of the initials of a name of several words."""
    letters = short.replace(".", "")
    words = fold(full).split()
    if not (_MIN_ACRONYM <= len(letters) <= _MAX_ACRONYM and letters.isalpha() and len(words) > 1):
        return False
    # In capitals but for a small word or a plural: "PoW", "MEPs".
    if sum(letter.isupper() for letter in letters) < max(2, len(letters) - 1):
        return False
    telling = [word for word in words if word not in _SMALL]
    wanted = fold(letters)
    return wanted in {"".join(word[0] for word in some) for some in (words, telling)}
