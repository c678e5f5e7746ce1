"""Whom a subject means: "he", "she", "it", "the minister", "the group".

Resolved only when exactly one person or body can be meant; a guess is worse than nothing.
"""

import re
from collections.abc import Sequence

from pipelines.news.cast import Cast
from pipelines.news.people import People, only
from pipelines.news.records import Mention
from pipelines.news.speech_words import BODIES, GENERAL_BODIES
from pipelines.news.subjects import Head

_ASKED = re.compile(r"\b[Aa]sked (?:whether|if|about|by|how|why|what|who)\b[^.!?]*\Z")


class Referents:
    """Who can be meant in a passage: those named in it, or else in the ones before."""

    def __init__(self, here: People, before: Sequence[People], cast: Cast) -> None:
        self._here, self._before, self._cast = here, before, cast

    def meant(self, head: Head, quotation: tuple[int, int]) -> Mention | None:
        """Whom the subject of a quotation means."""
        if head.kind == "pronoun":
            return self._person(head, quotation)
        if head.kind == "it":
            return self._it(head.start)
        if head.kind == "definite":
            return self._definite(head, quotation)
        return head.mention

    def has_unnamed(self, people: People, persons: Sequence[Mention], end: int | None) -> bool:
        """Whether somebody acts below the last person named whom the article does not name."""
        return self._cast.has_stranger(people, persons[-1].end_char if persons else 0, end)

    def _person(self, head: Head, quotation: tuple[int, int]) -> Mention | None:
        """Whom "he" or "she" means: the only one named above it here, else in the passages before."""
        here = self._here.persons_above(head.start)
        # "A driver said the car still burned. “…,” he said": someone without a name.
        if self.has_unnamed(self._here, here, head.start):
            return None
        if here:
            return self._fitting(self._here, here, head, quotation)
        for people in self._before:
            persons = people.persons_above()
            if self.has_unnamed(people, persons, None):
                return None
            if persons:
                return self._fitting(people, persons, head, quotation)
        return None

    def _fitting(
        self, people: People, persons: Sequence[Mention], head: Head, quotation: tuple[int, int]
    ) -> Mention | None:
        """The only one of some persons who can be meant."""
        fitting = [one for one in persons if self._cast.can_be(one.name, head.noun)]
        # Who speaks seldom names himself.
        inside = self._here.quoted_names(*quotation)
        fitting = [one for one in fitting if one.name not in inside] or fitting
        if people is self._here:
            fitting = [one for one in fitting if not self._is_topic(one, head)]
        return only(fitting) or only(one for one in fitting if people.can_act(one))

    def _is_topic(self, person: Mention, head: Head) -> bool:
        """Whether a person is spoken of: "Ali, he said, …", "Asked whether Ali would go, she said"."""
        text, end = self._here.text, head.start
        if text[person.end_char : end] == ", ":
            return True
        return bool(
            _ASKED.search(text, max(person.start_char - 80, 0), person.start_char)
        ) and not (re.search(r"[.!?]", text[person.end_char : end]))

    def _it(self, at: int) -> Mention | None:
        """Which organisation "it" means."""
        here = self._here.bodies_above(at)
        if self._here.has_unnamed_body(here[-1].end_char if here else 0, at):
            return None
        return only(self._bodies(at))

    def _bodies(self, at: int) -> Sequence[Mention]:
        return self._here.bodies_above(at) or (
            self._before[0].bodies_above() if self._before else []
        )

    def _definite(self, head: Head, quotation: tuple[int, int]) -> Mention | None:
        """Whom "the minister" or "the group" means."""
        shown = head.noun.split()[-1]
        noun = shown.lower()
        # "The 35-year-old", "the Spaniard".
        if noun.endswith("year-old") or shown[0].isupper():
            here = self._here.persons_above(head.start)
            return self._fitting(self._here, here, head, quotation)
        if noun in GENERAL_BODIES and " " not in head.noun:
            return only(self._bodies(head.start))
        if noun in BODIES:
            words = set(head.noun.lower().split())
            bodies = self._bodies(head.start)
            return only(one for one in bodies if words <= set(one.name.lower().split()))
        return only(self._cast.by_word(noun))
