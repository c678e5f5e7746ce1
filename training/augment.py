"""Deterministic variants of training passages: quotes, headlines, captions, datelines, names.

Belongs here: changes of form that keep the labels true. Each function returns a new passage, or
the same one where it does not apply. All chance comes from the `Random` that is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace
from random import Random
from typing import Final

from training.bodies import draw
from training.names import AGENCIES, PLACES, person_name, surname
from training.passage import Passage, Span

# Shares of passages that are reworked (RENAMED, DISGUISED, UNSTOPPED, CURLED) or get a further variant.
RENAMED: Final = 0.25
DISGUISED: Final = 0.4
TITLED: Final = 0.30
CAPITALS: Final = 0.04
RENAMED_TOO: Final = 0.20
CREDITED: Final = 0.06
DATELINED: Final = 0.04
UNSTOPPED: Final = 0.08
CURLED: Final = 0.5
# Characters beyond which no headline goes.
HEADLINE_LENGTH: Final = 140
CAPITALS_LENGTH: Final = 110
# Within a variant: datelines in capitals, datelines with an agency, places that are renamed,
# people whose new names are not of our region.
PLACE_IN_CAPITALS: Final = 0.7
AGENCY_NAMED: Final = 0.6
PLACE_RENAMED: Final = 0.4
FROM_ABROAD: Final = 0.35
# Letters at the end of a word that no disguise changes; the recogniser's suffix has three.
KEPT_ENDING: Final = 3

_SMALL: Final = re.compile(
    r"(?:an?|and|as|at|but|by|for|from|in|into|of|on|or|over|per|the|to|up|via|with|vs|nor)$"
)

_NAME_WORD: Final = re.compile(r"(?<![^\W\d_])[A-Z][A-Za-z]{3,}(?![^\W\d_])|\b[A-Z]{3}\b")
_VOWELS: Final = "aeiou"
_CONSONANTS: Final = "bcdfghjklmnprstvwyz"


def curl(passage: Passage) -> Passage:
    """Replace straight quotes and apostrophes by the typographic ones, one for one."""
    text = re.sub(r'(^|[\s(\[])"', r"\1“", passage.text).replace('"', "”")
    text = re.sub(r"(^|[\s(\[“])'(?=\w)", "\\1\u2018", text).replace("'", "\u2019")
    return replace(passage, text=text)


def title_case(passage: Passage) -> Passage:
    """Write as a headline: every word capitalised but the small ones; the full stop dropped."""

    def capital(match: re.Match[str]) -> str:
        word = match[0]
        if match.start() and _SMALL.match(word):
            return word
        return word[0].upper() + word[1:]

    text = re.sub(r"(?<![\w'\u2019.])[a-z][\w'\u2019]*", capital, passage.text)
    return drop_stop(replace(passage, text=text))


def upper_case(passage: Passage) -> Passage:
    """Write in capitals, where that changes no length."""
    text = passage.text.upper()
    return replace(passage, text=text) if len(text) == len(passage.text) else passage


def drop_stop(passage: Passage) -> Passage:
    """Drop a final full stop that is no part of a name."""
    text = passage.text
    if not text.endswith(".") or any(span.end == len(text) for span in passage.spans):
        return passage
    return replace(passage, text=text[:-1])


def credit(passage: Passage, random: Random) -> Passage:
    """Append a picture credit such as "(Reuters)" or "(AFP Photo)"."""
    agency = random.choice(AGENCIES)
    before = random.choice((" (", " (", " (", " (Photo by ", " (File Photo: ", " [", " \u2013 "))
    after = {"[": "]", "\u2013": ""}.get(
        before.strip(), random.choice((")", ")", " Photo)", " photo)"))
    )
    start = len(passage.text) + len(before)
    span = Span(start, start + len(agency), "ORG")
    text = f"{passage.text}{before}{agency}{after}"
    return replace(passage, text=text, spans=(*passage.spans, span))


def dateline(passage: Passage, random: Random) -> Passage:
    """Put a dateline such as "ANKARA (Reuters) - " in front."""
    place, agency = random.choice(PLACES), random.choice(AGENCIES)
    place = place.upper() if random.random() < PLACE_IN_CAPITALS else place
    dash = random.choice((" - ", " \u2013 ", " — "))
    head, spans = place, [Span(0, len(place), "GPE")]
    if random.random() < AGENCY_NAMED:
        head += f" ({agency})"
        spans.append(Span(len(place) + 2, len(place) + 2 + len(agency), "ORG"))
    return shifted(passage, head + dash, spans)


def shifted(passage: Passage, head: str, spans: list[Span]) -> Passage:
    """Put `head`, which carries `spans`, before the passage."""
    size = len(head)
    moved = (Span(span.start + size, span.end + size, span.label) for span in passage.spans)
    return replace(passage, text=head + passage.text, spans=(*spans, *moved))


def rename(passage: Passage, random: Random) -> Passage:
    """Replace people and some places, most often by names of our region, the same for the same."""
    people = [span for span in passage.spans if span.label == "PERSON"]
    swaps: dict[str, str] = {}
    for span in people:
        words = passage.words(span)
        if words not in swaps:
            swaps[words] = _fresh_name(random, full=" " in words)
    for span in passage.spans:
        placed = re.search(r"\b(?:in|to|from|near|at) $", passage.text[: span.start])
        if span.label == "GPE" and placed and random.random() < PLACE_RENAMED:
            swaps.setdefault(passage.words(span), random.choice(PLACES))
    text, at = "", 0
    spans: list[Span] = []
    for span in passage.spans:
        words = passage.words(span)
        fresh = swaps.get(words, words) if span.label in {"PERSON", "GPE"} else words
        text += passage.text[at : span.start]
        spans.append(Span(len(text), len(text) + len(fresh), span.label))
        text += fresh
        at = span.end
    return replace(passage, text=text + passage.text[at:], spans=tuple(spans))


def disguise(passage: Passage, familiar: Container[str], random: Random) -> Passage:
    """Change inner letters of the words of names that are not `familiar`, the same for the same.

    What is left of such a word is its first letter, its ending and its shape. A recogniser then
    has to tell a name that it has never seen by those and by what stands around it.
    """
    text = passage.text
    swaps: dict[str, str] = {}
    for span in passage.spans:
        if span.label in {"DATE", "NORP"}:
            continue
        for match in _NAME_WORD.finditer(text, span.start, span.end):
            word = match[0]
            if word not in familiar:
                fresh = swaps.setdefault(word, _respell(word, random))
                text = text[: match.start()] + fresh + text[match.end() :]
    return replace(passage, text=text)


def _respell(word: str, random: Random) -> str:
    kept = 1 if word.isupper() else min(KEPT_ENDING, len(word) - 2)
    inner = (_like(letter, random) for letter in word[1 : len(word) - kept])
    return word[0] + "".join(inner) + word[len(word) - kept :]


def _like(letter: str, random: Random) -> str:
    """Return a vowel for a vowel, a consonant for a consonant, in the same case."""
    letters = _VOWELS if letter.lower() in _VOWELS else _CONSONANTS
    fresh = random.choice(letters)
    return fresh.upper() if letter.isupper() else fresh


def _fresh_name(random: Random, *, full: bool) -> str:
    if random.random() < FROM_ABROAD:
        return draw("FULL" if full else "SURNAME", random)
    return person_name(random) if full else surname(random)


def variants(
    passage: Passage, random: Random, familiar: Container[str] | None = None
) -> list[Passage]:
    """Return the passage as training sees it: itself, reworked in places, and a few variants.

    Names are disguised where `familiar` says which of their words are to stay as they are.
    """
    chance = random.random
    base = rename(passage, random) if chance() < RENAMED else passage
    found = [base]
    if chance() < TITLED and len(passage.text) < HEADLINE_LENGTH:
        found.append(title_case(rename(passage, random)))
    if chance() < CAPITALS and len(passage.text) < CAPITALS_LENGTH:
        found.append(upper_case(drop_stop(passage)))
    if chance() < RENAMED_TOO and any(span.label == "PERSON" for span in passage.spans):
        found.append(rename(passage, random))
    if chance() < CREDITED:
        found.append(credit(rename(passage, random), random))
    if chance() < DATELINED:
        found.append(dateline(passage, random))
    if familiar is not None:
        found = [
            disguise(item, familiar, random) if chance() < DISGUISED else item for item in found
        ]
    found = [drop_stop(item) if chance() < UNSTOPPED else item for item in found]
    return [curl(item) if chance() < CURLED else item for item in found]
