"""The mentions of an article -> names: which short form stands for which full one.

A function of the article alone. A short form gets a full name only when exactly one fits.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from pipelines.news.agencies import credits_agency
from pipelines.news.beside import Beside
from pipelines.news.bodies import body, common_body
from pipelines.news.folding import fold
from pipelines.news.names import normalise
from pipelines.news.namesakes import tell_apart
from pipelines.news.places import country
from pipelines.news.spellings import spell

_MIN_ACRONYM, _MAX_ACRONYM = 2, 8
_MIN_FIRST_NAME, _MIN_INNER_NAME = 3, 4
_JOINED = re.compile(r"(\w+)-(?=\w)")
_ARTICLES = frozenset(["al", "el", "ash", "as", "ad", "an", "ar", "at", "az"])
_NO_NAMES = re.compile(r"(?:abd|abdul|abu|bin|ben|ibn|bint|dos|del|van|von|der|den|and)\Z")
_HEAD = re.compile(
    r"(?: (?:international|refugee|border|detention|air|naval|central))?"
    r" (?:camp|dam|port|airport|bridge|prison|stadium|square|crossing|hospital|university|park|hall"
    r"|mosque|church|cathedral|palace|museum|base|station|tunnel|canal|pipeline|refinery|plant"
    r"|party|movement|group|agency|company|corporation|brigades?|club|fair|festival)\Z"
)
_PLACES = frozenset({"GPE", "LOC"})
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
_NOTHING = Beside()


def name_mentions(mentions: Sequence[tuple[str, str]], beside: Beside = _NOTHING) -> list[str]:
    """Names of an article's mentions, given as (surface, label), in the same order.

    A person named by a surname or by another part gets the full name when the article holds exactly
    one that fits; an organisation, facility or event named by its initials, without its head word or
    without its country likewise. A place of a name that several have is told apart by its country.

    Args:
        mentions: all of an article's.
        beside: which of them explain or own each other.
    """
    labels = [label for _, label in mentions]
    names = [normalise(surface, label) for surface, label in mentions]
    for owner, its in beside.owned:
        if labels[its] == "ORG" and common_body(names[its]) and country(fold(names[owner])):
            names[its] = f"{names[owner]}'s {names[its]}"
    counts: dict[str, Names] = defaultdict(Counter)
    for name, label in zip(names, labels, strict=True):
        counts[label][name] += 1
    full = {
        label: _full_names(counts[label], spelled, fits)
        for label, spelled, fits in (
            ("PERSON", _spelled, _person_fits),
            ("ORG", str, _organisation_fits),
            ("FAC", str, _is_without_head),
            ("EVENT", str, _thing_fits),
        )
    }
    for label, acronyms in _explained(names, labels, beside).items():
        full[label] = {**full.get(label, {}), **acronyms}
    places = tell_apart(zip(names, labels, strict=True))
    return [
        full.get(label, {}).get(name) or (places.get(name, name) if label in _PLACES else name)
        for name, label in zip(names, labels, strict=True)
    ]


def _explained(
    names: Sequence[str], labels: Sequence[str], beside: Beside
) -> dict[str, dict[str, str]]:
    """Acronyms that stand in brackets after a long name, whatever their letters; by label."""
    explanations: dict[tuple[str, str], set[str]] = defaultdict(set)
    for full, short in beside.explained:
        is_same_kind = labels[full] == labels[short] not in {"PERSON", "DATE", "NORP"}
        # An agency in brackets is who took the photo.
        if is_same_kind and _is_acronym(names[short]) and not credits_agency(names[short]):
            explanations[labels[short], names[short]].add(names[full])
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for (label, acronym), full_names in explanations.items():
        if len(full_names) == 1:
            found[label][acronym] = min(full_names)
    return found


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
        least = _MIN_INNER_NAME if one[0] in other[1:] else _MIN_FIRST_NAME
        return one[0] in other and len(one[0]) >= least and not _NO_NAMES.match(one[0])
    return one[0] == other[0] and one[-1] == other[-1]


def _organisation_fits(short: str, full: str) -> bool:
    """Whether a name is a shorter form of an organisation's."""
    of = body(full)
    return (of is not None and of.what == common_body(short)) or _thing_fits(short, full)


def _thing_fits(short: str, full: str) -> bool:
    return _initials_fit(short, full) or _is_without_head(short, full)


def _is_without_head(short: str, full: str) -> bool:
    """Whether a name lacks what kind of thing it names: "Zaatari" of "Zaatari camp"."""
    folded = fold(full)
    return fold(short) == _HEAD.sub("", folded) != folded


def _initials_fit(short: str, full: str) -> bool:
    """Whether an acronym is made of the initials of a name of several words."""
    letters = short.replace(".", "")
    words = fold(full).split()
    if not _is_acronym(short) or len(words) < 2:
        return False
    telling = [word for word in words if word not in _SMALL]
    wanted = fold(letters)
    return wanted in {"".join(word[0] for word in some) for some in (words, telling)}


def _is_acronym(name: str) -> bool:
    """Whether a name is in capitals but for a small word or a plural: "PoW", "MEPs"."""
    letters = name.replace(".", "")
    if not (_MIN_ACRONYM <= len(letters) <= _MAX_ACRONYM and letters.isalpha()):
        return False
    return sum(letter.isupper() for letter in letters) >= max(2, len(letters) - 1)
