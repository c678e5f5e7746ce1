"""The people of an article: by which surnames and offices it names them, and whether as he or she.

What an article says of its people elsewhere tells whom "the minister" or "she" means in a paragraph.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipelines.news.people import People, office_before, only
from pipelines.news.records import Mention
from pipelines.news.speech_words import FEMALE, MALE, OFFICES, PREPOSITIONS, SHORT_OFFICES, either

_REACH, _NEAR = 80, 10
_MOST_OFFICES, _MOST_NAMES = 4, 5
_CAPITALISED = re.compile(r"(?<![\w’'-])[^\W\d_a-z][\w-]+(?! [A-Z])(?![\w])")
_AFTER = re.compile(
    r",(?: \d+,)? (?!wh)(?P<determiner>an?|the|its|his|her|their|[\w’'.-]+[’']s)? ?"
    r"(?P<words>(?:[\w’'-]+ ){0,4}?[\w’'-]+)(?=[,.;]| (?:of|for|in|at|who|from|on|with|and)\b)"
)
_PRONOUN = re.compile(
    r"(?<![\w-])(?:(?P<he>[Hh]e)|(?P<she>[Ss]he)|(?P<his>[Hh]is)"
    rf"|(?P<her>[Hh]er)(?= \w)(?! (?:{either(PREPOSITIONS)}|and)\b))(?![\w-])"
)
_IN = re.compile(r"\b(?:in|at|near|from|of|to|outside|around) \Z")
_HE, _SHE = "he", "she"


class Cast:
    """The people of an article, looked up by surname, by office and by pronoun."""

    def __init__(self, passages: Sequence[People]) -> None:
        """Learn from all passages of an article."""
        self._by_surname: dict[str, dict[str, Mention]] = defaultdict(dict)
        self._by_word: dict[str, dict[str, Mention]] = defaultdict(dict)
        self._pronouns: dict[str, set[str]] = defaultdict(set)
        self._titles: dict[str, set[str]] = defaultdict(set)
        for people in passages:
            for one in people.persons:
                self._learn(people.text, one)
            self._learn_pronouns(people)
        self._strangers = {word for people in passages for word in people.unseen_names()}

    def _learn(self, text: str, one: Mention) -> None:
        words = one.name.split()
        if len(words) > 1:
            _keep(self._by_surname[words[-1]], one)
        for word in (*_words_before(text, one), *_words_after(text, one)):
            _keep(self._by_word[word.lower()], one)
            if MALE.match(word):
                self._titles[one.name].add(_HE)
            elif FEMALE.match(word):
                self._titles[one.name].add(_SHE)

    def _learn_pronouns(self, people: People) -> None:
        """Where one person alone is named in a passage, "he" or else "his" mean that person."""
        person = only(people.persons)
        if person is None:
            return
        start = people.persons[0].end_char
        found = [
            match
            for match in _PRONOUN.finditer(people.text, start)
            if not people.is_quoted(match.start())
        ]
        subjects = [match for match in found if match["he"] or match["she"]]
        for match in subjects or found[:1]:
            self._pronouns[person.name].add(_HE if match["he"] or match["his"] else _SHE)

    def can_be(self, name: str, pronoun: str) -> bool:
        """Whether "he" or "she" may mean a person; not, if the article tells otherwise."""
        if pronoun not in {_HE, _SHE}:
            return True
        told = self._titles.get(name) or self._pronouns.get(name) or set()
        return len(told) != 1 or pronoun in told

    def by_surname(self, word: str) -> Mention | None:
        """The only person of a surname."""
        return only(self._by_surname.get(word, {}).values())

    def by_word(self, word: str) -> list[Mention]:
        """The persons of an office, or whatever else stands beside their names."""
        return list(self._by_word.get(word.lower(), {}).values())

    def has_stranger(self, people: People, start: int, end: int | None) -> bool:
        """Whether somebody acts between two places who is not named, or whose name was not seen to be one."""
        return any(
            not self._by_word.get(word.lower()) for word in people.unnamed(start, end)
        ) or any(word in self._strangers for word in people.first_words(start, end))

    def unseen(self, people: People) -> Iterator[Mention]:
        """Surnames of a passage that were not seen to be persons: "Tavares" is a town, too."""
        text = people.text
        for match in _CAPITALISED.finditer(text):
            at = match.start()
            known = self.by_surname(match[0]) if match[0] in self._by_surname else None
            if known is None or _IN.search(text, max(at - _NEAR, 0), at):
                continue
            own = people.covering(at)
            if own is None or not (people.is_person(own) or own.surface != match[0]):
                yield known._replace(start_char=at, end_char=match.end())


def _keep(found: dict[str, Mention], one: Mention) -> None:
    """Keep a mention of each name; of more than a few none could be the only one."""
    if len(found) < _MOST_NAMES:
        found.setdefault(one.name, one)


def _words_before(text: str, mention: Mention) -> list[str]:
    """Offices that stand right before a name, and those that are taken for a part of it."""
    start = mention.start_char
    found = [word for word in mention.surface.split()[:-1] if word.lower() in OFFICES]
    before = text[max(start - _REACH, 0) : start].split()[::-1][:_MOST_OFFICES]
    for number, word in enumerate(before):
        bare = word.rstrip(".,")
        long = SHORT_OFFICES.get(bare.lower(), bare)
        is_office = long.lower() in OFFICES or MALE.match(bare) or FEMALE.match(bare)
        if not is_office or (number and word.endswith(",")):
            break
        found += [long, bare]
    if not found and (office := office_before(text, start)):
        found.append(office)
    return found


def _words_after(text: str, mention: Mention) -> list[str]:
    """The last word of what stands beside a name: "Yonan Gorgis, the monastery's librarian"."""
    end = mention.end_char
    after = _AFTER.match(text, end, end + _REACH)
    if after is None:
        return []
    word = after["words"].split()[-1]
    return [word] if after["determiner"] or word in OFFICES else []
