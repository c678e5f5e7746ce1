"""Who is named in a passage, and where somebody stands in it who is not.

Names inside quotation marks are left out: a speaker seldom speaks of himself by name.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence

from pipelines.news.records import Mention
from pipelines.news.speech_words import (
    BODIES,
    DETERMINERS,
    OFFICES,
    PREPOSITIONS,
    SHORT_OFFICES,
    TITLES,
    either,
)

Range = tuple[int, int]

_MOST = 30
"""Mentions above a place that are looked at: of more, one that fits alone could not be told."""
_REACH, _MOST_TITLES = 80, 8
_NOBODY_CHARS = 300
_DATELINE = re.compile(r"[A-Z][A-Z’'-]+[A-Z][^—–\n]{0,60}? (?:—|–|-{1,2}) ")
_AGED = re.compile(r", \d\d,")
_PLACES = frozenset({"GPE", "LOC", "FAC"})
_RANKS = frozenset(SHORT_OFFICES) | {"brig"}
_WORD = re.compile(r"\S+")
_OWNER = re.compile(r"[’']s?(?!\w)")
_MODIFIER = re.compile(rf"\s(?:[a-z-]+\s)?(?:{either(OFFICES)})\b")
_CLAUSE = r"(?:^|(?<=[.!?…,;:—–”\"’)]\s)|(?<=\s(?:that|when)\s)|(?<=\swhile\s))"
_UNNAMED = re.compile(
    rf"{_CLAUSE}(?:(?P<several>The two|The three|Both|Two|Three|Four|Five)\b"
    r"|(?:[Aa]n?|[Oo]ne|[Aa]nother|[Tt]he|[Hh]is|[Hh]er|[Tt]heir|[Ii]ts|\w+[’']s) (?:[\w-]+ ){0,2}?"
    rf"(?P<noun>{either(OFFICES)})\b)"
)
_UNNAMED_BODY = re.compile(
    rf"{_CLAUSE}(?:[Tt]he|[Aa]n?|[Ii]ts|[Tt]heir|\w+[’']s) (?:[\w-]+ ){{0,2}}?(?:{either(BODIES)})\b"
)
_IN_SENTENCE = re.compile(r"(?<=[a-z,] )[A-Z][a-z][\w’'-]*[a-z](?![\w’'-])")
_FIRST_WORD = re.compile(r"(?:^|(?<=[.!?] )|(?<=[.!?][”’\"'] ))[A-Z][a-z][\w’-]*[a-z](?= )")
_MANY = re.compile(r" (?:were|are|have)\b")
_IN_APPOSITION = re.compile(r",(?: \d+,)? \Z")
_TITLES = r"(?:[A-Z][\w’'-]*\.? ){0,3}\Z"
_NAME_BESIDE = re.compile(rf"(?: |[^,.;:!?“”\"]{{0,60}}, ){_TITLES}")
_IN_FRONT = re.compile(
    rf"{_CLAUSE}(?:[Tt]he|[Aa]n?|[Oo]ne|[Hh]is|[Hh]er|[Tt]heir|[Ii]ts|\w+[’']s) (?:[\w-]+ ){{0,2}}?"
    rf"(?P<office>{either(OFFICES)})\b[^,.;:!?“”\"]{{0,60}}, {_TITLES}"
)


class People:
    """The mentions of a passage outside its quotation marks, with offsets in it."""

    def __init__(
        self,
        text: str,
        mentions: Iterable[Mention],
        quoted: Sequence[Range],
        known: Container[int] = frozenset(),
    ) -> None:
        """Sort the mentions.

        Args:
            text: the passage.
            mentions: in order.
            quoted: its quotations, in order.
            known: where mentions start that are known to be persons.
        """
        self.text, self._quoted = text, quoted
        dateline = _DATELINE.match(text)
        begin = dateline.end() if dateline else 0
        self.all: list[Mention] = []
        self.in_quotations: list[Mention] = []
        for one in mentions:
            if self.is_quoted(one.start_char):
                self.in_quotations.append(one)
            elif one.start_char >= begin and one.surface.lower() not in _RANKS:
                self.all.append(one)
        self._starts = [one.start_char for one in self.all]
        self._by_end = {one.end_char: one for one in self.all}
        self._person_starts = {
            one.start_char for one in self.all if one.start_char in known or _is_person(text, one)
        }
        self.persons = [one for one in self.all if self.is_person(one)]
        self.bodies = [
            one for one in self.all if one.label in {"ORG", "PERSON"} and not self.is_person(one)
        ]

    def with_more(self, mentions: Iterable[Mention]) -> "People":
        """The same with further persons, each instead of what stood at its place."""
        more = {one.start_char: one for one in mentions}
        if not more:
            return self
        kept = [one for one in self.all if one.start_char not in more]
        both = sorted([*kept, *self.in_quotations, *more.values()], key=lambda one: one.start_char)
        return People(self.text, both, self._quoted, more)

    def is_person(self, mention: Mention) -> bool:
        """Whether a mention of the passage names a person."""
        return mention.start_char in self._person_starts

    def is_actor(self, mention: Mention) -> bool:
        """Whether a mention of the passage names somebody who can speak."""
        return mention.label in {"PERSON", "ORG"} or self.is_person(mention)

    def is_quoted(self, at: int) -> bool:
        """Whether a place is inside quotation marks."""
        number = bisect_right(self._quoted, at, key=lambda span: span[0])
        return number > 0 and at < self._quoted[number - 1][1]

    def quoted_names(self, start: int, end: int) -> set[str]:
        """Names inside a quotation."""
        inside = self.in_quotations
        at = bisect_left(inside, start, key=lambda one: one.start_char)
        last = bisect_left(inside, end, key=lambda one: one.start_char)
        return {one.name for one in inside[at:last]}

    def between(self, start: int, end: int) -> list[Mention]:
        """The mentions from `start` to `end`."""
        found = self.all[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return [one for one in found if one.end_char <= end]

    def ending(self, at: int) -> Mention | None:
        """The mention that ends at a place."""
        return self._by_end.get(at)

    def covering(self, at: int) -> Mention | None:
        """The mention that a place is in."""
        number = bisect_right(self._starts, at)
        own = self.all[number - 1] if number else None
        return own if own and at < own.end_char else None

    def persons_above(self, at: int | None = None) -> list[Mention]:
        """The last persons named above a place, or at all."""
        return _above(self.persons, at)

    def bodies_above(self, at: int | None = None) -> list[Mention]:
        """The last organisations named above a place, or at all."""
        return _above(self.bodies, at)

    def unnamed(self, start: int, end: int | None = None) -> Iterator[str]:
        """What persons without a name are called who act between two places, near the second."""
        end = len(self.text) if end is None else end
        for match in _UNNAMED.finditer(self.text, max(start, end - _NOBODY_CHARS), end):
            if self.is_quoted(match.start()):
                continue
            if not self._is_beside_name(match):
                yield match["noun"] or match["several"]

    def _is_beside_name(self, match: re.Match[str]) -> bool:
        """Whether a noun says who somebody named is: "Ali, 44, a baker", "the baker, Ali"."""
        after = bisect_left(self._starts, match.end())
        if after < len(self.all) and _NAME_BESIDE.match(
            self.text, match.end(), self._starts[after]
        ):
            return True
        end = self.all[after - 1].end_char if after else 0
        return after > 0 and bool(_IN_APPOSITION.match(self.text, end, match.start()))

    def unseen_names(self) -> Iterator[str]:
        """Capitalised words within sentences that are no mentions, and last words of those that are no persons."""
        for match in _IN_SENTENCE.finditer(self.text):
            if self.covering(match.start()) is None:
                yield match[0]
        for one in self.bodies:
            yield one.surface.rpartition(" ")[2]

    def first_words(self, start: int, end: int | None = None) -> Iterator[str]:
        """Words between two places that begin a sentence and are no mentions."""
        end = len(self.text) if end is None else end
        for match in _FIRST_WORD.finditer(self.text, max(start, end - _NOBODY_CHARS), end):
            own = self.covering(match.start())
            if not self.is_quoted(match.start()) and (own is None or own.label in _PLACES):
                yield match[0]

    def has_unnamed_body(self, start: int, end: int) -> bool:
        """Whether a body without a name of its own acts between two places."""
        found = _UNNAMED_BODY.finditer(self.text, max(start, end - _NOBODY_CHARS), end)
        return any(not self.is_quoted(match.start()) for match in found)

    def governed(self, at: int) -> int | None:
        """Where the preposition stands, if any, that governs what begins at a place."""
        modifiers = 0
        words = _WORD.finditer(self.text, max(at - _REACH, 0), at)
        for word in reversed(list(words)[-_MOST_TITLES:]):
            low = word[0].lower()
            if low in PREPOSITIONS:
                return word.start()
            if low in OFFICES or low in BODIES:
                modifiers = 2
            elif low not in DETERMINERS and low not in TITLES:
                modifiers -= 1
                if modifiers < 0 or not low.replace("-", "").isalnum():
                    return None
        return None

    def can_act(self, mention: Mention) -> bool:
        """Whether a mention can be a subject: it owns nothing, and no preposition governs it."""
        return self.is_actor(mention) and not (
            self.modifies(mention) or self.governed(mention.start_char) is not None
        )

    def modifies(self, mention: Mention) -> bool:
        """Whether a mention only tells whose or what: "Nygaard's", "Pentagon spokesman"."""
        end = mention.end_char
        return bool(
            _OWNER.match(self.text, end)
            or mention.surface.endswith(("’s", "'s"))
            or _MODIFIER.match(self.text, end)
        )


def _above(mentions: list[Mention], at: int | None) -> list[Mention]:
    count = len(mentions)
    if at is not None:
        count = bisect_right(mentions, at, key=lambda one: one.end_char)
    return mentions[max(count - _MOST, 0) : count]


def _is_person(text: str, mention: Mention) -> bool:
    """Whether a mention names a person: by its label, unless the word before tells otherwise."""
    start = mention.start_char
    word = text[max(start - _REACH, 0) : start].rstrip().rpartition(" ")[2].lower()
    if mention.label == "PERSON":
        is_one = " " in mention.surface or not _MANY.match(text, mention.end_char)
        return is_one and word not in BODIES
    first, _, rest = mention.surface.partition(" ")
    if mention.label in {"DATE", "NORP"} or not first[:1].isupper():
        return False
    if rest and (first.lower() in OFFICES or _AGED.match(text, mention.end_char)):
        return True
    # "The minister Rezan Ali", "his wife, Rezan": a single word only behind a comma.
    if word.rstrip(",") in OFFICES:
        return bool(rest) or word.endswith(",")
    return bool(rest) and word.endswith(",") and office_before(text, start) is not None


def office_before(text: str, start: int) -> str | None:
    """What somebody is called before a comma and the name: "The head of the union, Ali Demir"."""
    match = _IN_FRONT.search(text, max(start - _REACH, 0), start)
    return match["office"] if match else None


def only(mentions: Iterable[Mention]) -> Mention | None:
    """The last of mentions that all have one name, or the last word of it."""
    found = list(mentions)
    full = max((one.name for one in found), key=len, default="")
    if not all(one.name == full or full.endswith(f" {one.name}") for one in found):
        return None
    return next((one for one in reversed(found) if one.name == full), None)
