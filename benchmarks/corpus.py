"""Pages to measure with: made up, the same for the same seed, in the layout of real ones.

Belongs here: words, sentences, articles, pages and bad files. Does not belong here: anything that is
timed. People, places and organisations are put together from syllables and are nobody's.
"""

import calendar
import gzip
import random
import re
import tomllib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")

SEED = 20_260_105
_REPEATED = 0.05
_NEARLY_REPEATED = 0.05
_BAD = 0.02
_REMEMBERED = 500

_WORDS: dict[str, list[str]] = {
    kind: words.split()
    for kind, words in tomllib.loads(
        Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    ).items()
}
_ROLES = ("President", "Prime Minister", "Foreign Minister", "General", "Ambassador", "Judge")
_WIRES = ("Reuters", "AFP", "AP", "EPA")
_MONTHS = tuple(calendar.month_name)[1:]
_DAYS = tuple(calendar.day_name)
# {P}erson, {L} place, {O}rganisation, {R}ole, {D}ay, {Q}uantity, {n}oun, {v}erb, {a}djective.
_PATTERNS = (
    "{P} {v}ed the {a} {n} in {L} on {D}",
    "{R} {P} told reporters that the {n} would {v} {a} {n}s before {D}",
    "The {O} {v}ed its {n}, {v}ing {n}s and {a} {n}s across {L}",
    "“We {v} the {a} {n},” {P} of the {O} said in {L}",
    "{a} {n}s {v}ed near {L} while {O} {v}ed the {n}",
    "Since {D}, the {n} has {v}ed {Q} {n}s, {P} said",
    "Officials in {L} {v}ed {Q} {a} {n}s, but no {n} was {v}ed",
    "The {a} {n} and its {n}s {v} {a} {n}s",
    "It {v}ed whether {n}s {v} the {n}, {v}ing a {a} {n}",
    "{L} and {L} {v}ed {n}s with the {O} after {P} {v}ed the {n}",
    "{n}s of the {a} {n} {v}ed {n}s, {n}s and {n}s",
    "{P}, who {v}ed the {O} until {D}, {v}ed no {n}",
    "To {v} the {n} is to {v} its {a} {n}, one of the {a} {n}s said",
)
_SLOT = re.compile(r"\{(\w)\}(ed|ing)?")


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who and what an article is about."""

    people: Sequence[str]
    places: Sequence[str]
    organisations: Sequence[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was written: files, of which some are bad; articles, of which some repeat; words."""

    files: int
    bad_files: int
    articles: int
    repeated: int
    nearly_repeated: int
    words: int


@dataclass(frozen=True, slots=True)
class _Draft:
    """An article before it is laid out."""

    title: str
    caption: str
    paragraphs: tuple[str, ...]

    def laid_out(self) -> str:
        """Title, caption twice, TT, the mirror of these, paragraphs."""
        head = f"{self.title}\n\n{self.caption}\n{self.caption}\n"
        return f"{head}TT\n\n{head}\n" + "\n\n".join(self.paragraphs)

    def words(self) -> int:
        """Words of the paragraphs, as separated by white space."""
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


class _Writer:
    """Makes up articles; all chance comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        places = [self._name("place_ends") for _ in range(600)]
        homes = [*places[:400], *(self._name("person_ends") for _ in range(200))]
        self.all = _Cast(
            [f"{self._one(_WORDS['given'])} {self._name('person_ends')}" for _ in range(2_000)],
            places,
            [f"{home} {self._one(_WORDS['bodies'])}" for home in homes],
        )

    def article(self) -> _Draft:
        """An article of 200-600 words."""
        wanted = self.random.randint(200, 600)
        cast = _Cast(
            self.random.sample(self.all.people, 6),
            self.random.sample(self.all.places, 4),
            self.random.sample(self.all.organisations, 3),
        )
        paragraphs: list[str] = []
        words = 0
        while words < wanted:
            sentences = [self._sentence(cast) for _ in range(self.random.randint(1, 4))]
            paragraphs.append(" ".join(sentences))
            words += len(paragraphs[-1].split())
        agency = self._one(_WIRES)
        caption = f"{self._sentence(cast)[:-1]}, {self._day()}, 2025. ({agency})"
        return _Draft(self._title(cast), caption, tuple(paragraphs))

    def near_copy(self, draft: _Draft) -> _Draft:
        """The article with one word in a hundred changed and a sentence more."""
        paragraphs = []
        for paragraph in draft.paragraphs:
            words = paragraph.split(" ")
            for place, word in enumerate(words):
                if word.islower() and self.random.random() < 0.01:
                    words[place] = self._one(_WORDS["nouns"])
            paragraphs.append(" ".join(words))
        return _Draft(draft.title, draft.caption, (*paragraphs, "The report was updated later."))

    def bad_file(self) -> tuple[str, bytes]:
        """Ending and bytes of a file that cannot be loaded."""
        listing = "\n".join(self._title(self.all) for _ in range(12)).encode()
        return self._one(
            (
                (".txt", b""),
                (".txt", b"\x89PNG\r\n\x1a\n" + self.random.randbytes(3_000)),
                (".txt", listing),
                (".txt", b"A page\x00with NUL bytes.\n" * 20),
                (".txt.gz", gzip.compress(listing * 40, mtime=0)[:-40]),
                (".docx", self.random.randbytes(1_000)),
            )
        )

    def _sentence(self, cast: _Cast) -> str:
        text = _SLOT.sub(lambda slot: self._fill(slot, cast), self._one(_PATTERNS))
        first = next(place for place, char in enumerate(text) if char.isalpha())
        return f"{text[: first + 1].upper()}{text[first + 1 :]}."

    def _title(self, cast: _Cast) -> str:
        words = [word.strip(",“”.") for word in self._sentence(cast).split()[:10]]
        return " ".join(word[:1].upper() + word[1:] for word in words)

    def _fill(self, slot: re.Match[str], cast: _Cast) -> str:
        kind, ending = slot.groups("")
        match kind:
            case "P":
                person = self._one(cast.people)
                # Half of the time by the surname alone.
                text = person.split()[-1] if self.random.random() < 0.5 else person
            case "L":
                text = self._one(cast.places)
            case "O":
                text = self._one(cast.organisations)
            case "R":
                text = self._one(_ROLES)
            case "D":
                text = self._day()
            case "Q":
                text = str(self.random.randint(2, 900))
            case _:
                text = self._word(kind, ending)
        return text

    def _word(self, kind: str, ending: str) -> str:
        # A long tail of rare words, as in real text: a cache of words does not hold them all.
        if self.random.random() < 0.03:
            return self._name("place_ends").lower() + ending
        kinds = {"n": "nouns", "v": "verbs", "a": "adjectives"}
        word = self._one(_WORDS[kinds[kind]])
        return word.removesuffix("e") + ending if ending else word

    def _day(self) -> str:
        day = self._one(_DAYS)
        if self.random.random() < 0.7:
            return day
        return f"{day}, {self._one(_MONTHS)} {self.random.randint(1, 28)}"

    def _name(self, ends: str) -> str:
        return "".join(self._one(_WORDS[part]) for part in ("starts", "middles", ends))

    def _one(self, items: Sequence[_T]) -> _T:
        return self.random.choice(items)


def write_night(folder: Path, files: int, seed: int = SEED) -> Facts:
    """Write `files` files into a folder that does not exist yet; the same every time.

    A page has 1-3 articles. Of the articles 5 % stand in an earlier page already and 5 % nearly do;
    of the files 2 % are bad.
    """
    folder.mkdir(parents=True)
    writer = _Writer(seed)
    told = dict.fromkeys(Facts.__dataclass_fields__, 0)
    earlier: deque[_Draft] = deque(maxlen=_REMEMBERED)
    for number in range(files):
        told["files"] += 1
        if writer.random.random() < _BAD:
            ending, content = writer.bad_file()
            told["bad_files"] += 1
        else:
            drafts = [_next(writer, earlier, told) for _ in range(writer.random.randint(1, 3))]
            ending, content = ".txt", "\n\n\n\n".join(d.laid_out() for d in drafts).encode()
        (folder / f"{number:06d}{ending}").write_bytes(content)
    return Facts(**told)


def _next(writer: _Writer, earlier: deque[_Draft], told: dict[str, int]) -> _Draft:
    chance = writer.random.random()
    if earlier and chance < _REPEATED:
        draft = writer.random.choice(earlier)
        told["repeated"] += 1
    elif earlier and chance < _REPEATED + _NEARLY_REPEATED:
        draft = writer.near_copy(writer.random.choice(earlier))
        told["nearly_repeated"] += 1
    else:
        draft = writer.article()
    earlier.append(draft)
    told["articles"] += 1
    told["words"] += draft.words()
    return draft
