"""What stands as the subject of a verb of speaking: a name, a pronoun, or somebody unnamed.

The words before the verb are read backwards, past adverbs, days, phrases with prepositions and what
stands between commas, until something can be who speaks; after the verb ("said X") forwards.
"""

import re
from typing import Literal, NamedTuple

from pipelines.news.cast import Cast
from pipelines.news.people import People
from pipelines.news.records import Mention
from pipelines.news.speech_words import PREPOSITIONS, TAIL, either

Kind = Literal["named", "pronoun", "it", "definite", "unnamed"]

_WINDOW, _NEAR, _TAIL_CHARS = 300, 60, 40
_STEPS = 12
_WORD = re.compile(r"[\w’'.-]+\Z")
_WORDS = re.compile(r"\S+")
_PHRASE = re.compile(
    rf".*(?:^|\s)(?P<phrase>(?:{either(PREPOSITIONS)})\s+"
    r"(?:[^\s,;:“”\"]+\s+){0,6}?[^\s,;:“”\"]+)\Z",
    re.DOTALL,
)
_WITH_DETERMINER = re.compile(
    r"(?P<determiner>the|an?|his|her|its|their|one|another|\S+[’']s?)\s+"
    r"(?P<words>(?:[\w’'-]+\s+){0,3}?[\w-]+)\Z",
    re.IGNORECASE,
)
_OF_OWNER = re.compile(
    rf"(?<![\w-])(?P<preposition>{either(PREPOSITIONS)})\s(?:the\s)?(?:(?!the\b|an?\b)[\w-]+\s){{1,4}}\Z",
    re.IGNORECASE,
)
"""What stands before "growers' union" in "Ali of the date growers' union"."""
_INDEFINITE = frozenset({"a", "an", "one", "another"})
_NOMINATIVE = {"he": "he", "his": "he", "she": "she", "her": "she"}
_PRONOUN = re.compile(r"(?<![\w-])(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er)(?![\w-])")
_NOBODY = ("they", "we", "i", "you", "one", "some", "many", "others", "everybody", "nobody")
_PRONOUNS: dict[str, Kind] = {
    "he": "pronoun",
    "she": "pronoun",
    "it": "it",
    **dict.fromkeys(_NOBODY, "unnamed"),
}
_RELATIVE = frozenset({"who", "which", "that"})
_JOINING = frozenset({"and", "but", "to", "or"})
_PARTICIPLE = re.compile(r"[a-z]\w+ing\Z")
_CLAUSE = re.compile(r"\b(?:who|whose|whom|which|that)\s")
_IN_CLAUSE = re.compile(r"\s*(?:who|whom|whose|which|where|when|after|as|speaking|and)\b")
_OF_NOUN = re.compile(rf"\s(?:{either(PREPOSITIONS)}|who|whose|that)\b")
_TITLES = re.compile(r"\s*(?:(?:[A-Z][\w’'-]*\.?|of|and|the|for)\s+){0,6}\Z")
_DOCUMENT = re.compile(
    r"\b(?:statement|communiqu[eé]|message|letter|note|report|post|notice|release|e-?mail)\b"
    r"[^,;:“”\"]*\b(?:by|from|of) (?:the )?\Z"
)
_STOP = re.compile(r"[,;:!?“”\"]|\.(?!\s*[A-Z])")
"""Where a phrase ends; the stop of a title or an initial stands before another capital."""


class Head(NamedTuple):
    """A subject: of what kind, where it stands, its noun or pronoun, and for a name its mention."""

    kind: Kind
    start: int
    noun: str = ""
    mention: Mention | None = None


class Subjects:
    """The subjects of a passage."""

    def __init__(self, people: People, cast: Cast) -> None:
        self._text, self._people, self._cast = people.text, people, cast

    def before(self, start: int, at: int) -> Head | None:
        """Who stands before a verb at `at`, in a clause that begins at `start`."""
        text = self._text
        start = max(start, at - _WINDOW)
        for _ in range(_STEPS):
            at = self._without_tail(start, at)
            if at <= start:
                return None
            if text[at - 1] in ",—–":
                return self._beside_comma(start, at - 1)
            word = _WORD.search(text, start, at)
            if word and word[0].lower() in _RELATIVE:
                at = len(text[: word.start()].rstrip(" ,")) if word.start() > start else start
                continue
            if word and (word[0] in _JOINING or _PARTICIPLE.match(word[0])):
                return self.first(start, word.start())
            head = self._ending(start, at)
            if head is None:
                return None
            governed = self._people.governed(head.start)
            if governed is None or (head.mention and _DOCUMENT.search(text, start, head.start)):
                return head
            at = governed
        return None

    def _ending(self, start: int, at: int) -> Head | None:
        """The name, pronoun or noun that ends at a place; of a phrase with a preposition, its object."""
        mention = self._people.ending(at)
        if mention and self._people.is_actor(mention):
            return self._named(mention)
        word = _WORD.search(self._text, start, at)
        if word is None:
            return None
        if head := self._by_word(word) or self._noun(start, at):
            return head
        if phrase := _PHRASE.match(self._text, start, at):
            words = self._text[phrase.start("phrase") : at].split()
            return Head("unnamed", phrase.start("phrase") + len(words[0]) + 1)
        # "Mayor says".
        return Head(
            "definite" if word[0][0].isupper() else "unnamed", word.start(), word[0].lower()
        )

    def _beside_comma(self, start: int, end: int) -> Head | None:
        """Who stands before what is between commas ("X, who …, said") or between them ("its head, X, said")."""
        text = self._text
        while True:
            comma = max(text.rfind(mark, start, end) for mark in ",—–")
            begin = comma + 1 if comma >= 0 else start
            if comma < 0 or not _IN_CLAUSE.match(text, begin, end):
                at = self._without_tail(begin, end)
                mention, word = self._people.ending(at), _WORD.search(text, begin, at)
                head = None
                if mention and self._people.is_actor(mention) and mention.start_char >= begin:
                    head = self._named(mention)
                elif word:
                    head = self._by_word(word)
                if (
                    head
                    and head.kind in {"named", "pronoun"}
                    and self._people.governed(head.start) is None
                ):
                    return head
            if comma < 0:
                return self.before(start, end)
            end = comma

    def after(self, at: int, end: int) -> Head | None:
        """Who stands after a verb, as in "said X", in a clause that ends at `end`."""
        text, people = self._text, self._people
        end = min(end, at + _WINDOW)
        separator = _STOP.search(text, at, end)
        stop = separator.start() if separator else end
        for mention in people.between(at, stop):
            if _CLAUSE.search(text, at, mention.start_char):
                break
            if people.can_act(mention):
                return self._named(mention)
        if separator and separator[0] == ",":
            for mention in people.between(stop, min(end, stop + _NEAR))[:2]:
                is_beside = _TITLES.match(text[stop + 1 : mention.start_char])
                if is_beside and people.is_person(mention):
                    return self._named(mention)
        return self._leading(at, stop)

    def _leading(self, start: int, stop: int) -> Head | None:
        """The pronoun, surname or noun that a phrase begins with."""
        words = list(_WORDS.finditer(self._text, start, stop))
        for word in words[:4]:
            head = self._by_word(word)
            if head and (head.mention or word is words[0]):
                return head
        if not words:
            return None
        begin = words[0].start()
        of = _OF_NOUN.search(self._text, begin, stop)
        return self._noun(begin, of.start() if of else stop) or Head("unnamed", begin)

    def first(self, start: int, end: int) -> Head | None:
        """The first subject of a sentence: what no preposition governs and nobody owns."""
        start = max(start, end - _WINDOW)
        pronoun = _PRONOUN.search(self._text, start, end)
        for mention in self._people.between(start, pronoun.start() if pronoun else end):
            if self._people.can_act(mention):
                return self._named(mention)
        if pronoun is None:
            return None
        return Head("pronoun", pronoun.start(), _NOMINATIVE[pronoun[0].lower()])

    def _named(self, mention: Mention) -> Head:
        if self._people.is_actor(mention):
            return Head("named", mention.start_char, mention=mention)
        known = self._cast.by_surname(mention.surface)
        return Head("named" if known else "unnamed", mention.start_char, mention=known)

    def _by_word(self, word: re.Match[str]) -> Head | None:
        """What a word alone tells: a pronoun, or the surname of somebody the article names."""
        low = word[0].lower()
        if kind := _PRONOUNS.get(low):
            return Head(kind, word.start(), low)
        known = self._cast.by_surname(word[0]) if word[0][0].isupper() else None
        return Head("named", word.start(), mention=known) if known else None

    def _noun(self, start: int, at: int) -> Head | None:
        """The noun with an article or an owner that ends at a place."""
        text = self._text
        for word in reversed(list(_WORDS.finditer(text, max(start, at - _NEAR), at))):
            if found := _WITH_DETERMINER.match(text, word.start(), at):
                if owner := _OF_OWNER.search(text, start, word.start()):
                    return Head("unnamed", owner.end("preposition") + 1)
                is_any = found["determiner"].lower() in _INDEFINITE
                noun = " ".join(found["words"].split())
                return Head("unnamed" if is_any else "definite", found.start(), noun)
        return None

    def _without_tail(self, start: int, at: int) -> int:
        while match := TAIL.search(self._text, max(start, at - _TAIL_CHARS), at):
            at = match.start()
        return at
