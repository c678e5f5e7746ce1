"""A corpus that near-duplicates are planted in: made up, the same for the same seed.

Belongs here: which copies there are and what was done to each. What any two articles share exactly,
planted or not, `truth` finds out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.duplicates import edits
from benchmarks.duplicates.edits import Place
from benchmarks.duplicates.prose import Draft, Prose
from pipelines.news.stories import story_text

Kind = Literal[
    "unrelated",
    "original",
    "light",
    "medium",
    "heavy",
    "truncation",
    "addition",
    "retypeset",
    "mixed",
    "template",
    "boilerplate",
    "short original",
    "short changed",
    "short retypeset",
    "short template",
]

BOILERPLATE_WORDS = 80
SHORT_WORDS = (9, 33)
"""Of these lengths an article has 5-29 shingles."""

_SHARES = {"families": 0.375, "template": 0.03, "boilerplate": 0.015, "short": 0.03}
_COPIES: dict[Kind, int] = {
    "light": 2,
    "medium": 2,
    "heavy": 1,
    "truncation": 3,
    "addition": 3,
    "retypeset": 1,
    "mixed": 2,
}
_CHANGED: dict[Kind, tuple[float, float]] = {
    "light": (0.01, 0.03),
    "medium": (0.05, 0.08),
    "heavy": (0.12, 0.20),
}
_KEPT = (0.3, 0.9)
_TEMPLATE_WORDS = 250
_TEMPLATE_SLOTS = 9
_SHORT_REPORTS = 20


@dataclass(frozen=True, slots=True)
class Planted:
    """An article, which family of copies it belongs to, and what was done to it.

    `kept` is how many words a cut or extended copy and its original share, by those of the longer.
    """

    title: str
    body: str
    kind: Kind
    kept: float = 1.0
    place: Place | None = None
    family: int = 0

    @property
    def text(self) -> str:
        """What the article is compared by."""
        return story_text(self.title, self.body)


Family = list[Planted]


def corpus(articles: int, seed: int) -> list[Planted]:
    """So many articles in random order; more than half are related to no other."""
    prose = Prose(seed)
    counts = {group: round(share * articles) for group, share in _SHARES.items()}
    families = [
        *_families(counts["families"], lambda: _copies(prose)),
        _template(prose, counts["template"], _TEMPLATE_WORDS, _TEMPLATE_SLOTS, "template"),
        boilerplate(prose, counts["boilerplate"], words=30),
        *_short_families(prose, counts["short"]),
    ]
    unrelated = articles - sum(map(len, families))
    families += [[_planted(prose.draft(), "unrelated")] for _ in range(unrelated)]
    made = _numbered(families)
    prose.random.shuffle(made)
    return made


def short_corpus(articles: int, seed: int) -> list[Planted]:
    """So many short articles: pairs with one word changed or typeset anew, reports of templates."""
    return _numbered(_short_families(Prose(seed), articles))


def boilerplate(prose: Prose, count: int, words: int, *, around: bool = True) -> Family:
    """Bodies of so many words, each of its own, in 80 words that are the same.

    These stand around the body in equal parts, the title among them, or else all before it.
    """
    title = prose.title()
    same = prose.words(BOILERPLATE_WORDS - len(title))
    before = same[: BOILERPLATE_WORDS // 2 - len(title)] if around else same
    after = same[len(before) :]
    return [
        _planted(Draft(title, (tuple(before + prose.words(words) + after),)), "boilerplate")
        for _ in range(count)
    ]


def _numbered(families: Sequence[Family]) -> list[Planted]:
    return [
        replace(article, family=number)
        for number, family in enumerate(families)
        for article in family
    ]


def _families(count: int, make: Callable[[], Family]) -> Iterator[Family]:
    """Families of so many articles in all; the last one may be cut."""
    while count > 0:
        family = make()[:count]
        yield family
        count -= len(family)


def _copies(prose: Prose) -> Family:
    """An article and one to four copies of it, each edited in its own way."""
    original = prose.draft()
    kinds = prose.random.choices([*_COPIES], weights=[*_COPIES.values()], k=4)
    copies = [_copy(prose, original, kind) for kind in kinds[: prose.random.randint(1, 4)]]
    return [_planted(original, "original"), *copies]


def _copy(prose: Prose, original: Draft, kind: Kind) -> Planted:
    match kind:
        case "truncation":
            words = int(prose.random.uniform(*_KEPT) * original.words)
            kept = words / original.words
            return replace(_planted(edits.cut(original, words), kind), kept=kept)
        case "addition":
            words = prose.random.randint(original.words // 20, original.words)
            places: tuple[Place, ...] = ("front", "middle", "end")
            place = prose.random.choice(places)
            kept = original.words / (original.words + words)
            longer = edits.extended(prose, original, words, place)
            return replace(_planted(longer, kind), kept=kept, place=place)
        case "retypeset":
            title, body = edits.retypeset(prose, original)
            return Planted(title, body, kind)
        case "mixed":
            return _planted(_mixed(prose, original), kind)
        case _:
            share = prose.random.uniform(*_CHANGED[kind])
            count = max(round(share * original.words), 1)
            return _planted(edits.changed(prose, original, count), kind)


def _mixed(prose: Prose, original: Draft) -> Draft:
    """Cut, under another headline, a word in a hundred changed, and often a new paragraph."""
    copy = edits.cut(original, round(prose.random.uniform(0.4, 0.9) * original.words))
    copy = edits.changed(prose, copy, max(copy.words // 100, 1))
    if prose.random.random() < 0.5:
        places: tuple[Place, ...] = ("front", "end")
        copy = edits.extended(prose, copy, copy.words // 15, prose.random.choice(places))
    return Draft(prose.title(), copy.paragraphs)


def _template(prose: Prose, count: int, words: int, slots: int, kind: Kind) -> Family:
    """Reports of one template: half of the slots hold a figure, half one of five names."""
    form = prose.draft(words)
    places = sorted(prose.random.sample(range(form.words), slots))
    names = [[word.capitalize() for word in prose.words(5)] for _ in places]
    return [
        _planted(
            edits.with_words(
                form,
                {
                    place: prose.random.choice(names[slot])
                    if slot % 2
                    else str(prose.random.randint(1, 9_999))
                    for slot, place in enumerate(places)
                },
            ),
            kind,
        )
        for _ in range(count)
    ]


def _short_families(prose: Prose, count: int) -> list[Family]:
    return [
        *_families(count // 2, lambda: _short_pair(prose)),
        *_families(count // 2, lambda: _short_template(prose)),
    ]


def _short_pair(prose: Prose) -> Family:
    """A short article, and once more with one word changed or typeset anew."""
    original = prose.draft(prose.random.randint(*SHORT_WORDS))
    if prose.random.random() < 1 / 3:
        copy = Planted(*edits.retypeset(prose, original), "short retypeset")
    else:
        copy = _planted(edits.changed(prose, original, 1), "short changed")
    return [_planted(original, "short original"), copy]


def _short_template(prose: Prose) -> Family:
    """Different short reports of one template, such as closing prices."""
    words, slots = prose.random.randint(*SHORT_WORDS), prose.random.randint(1, 3)
    return _template(prose, _SHORT_REPORTS, words, slots, "short template")


def _planted(draft: Draft, kind: Kind) -> Planted:
    return Planted(" ".join(draft.title), draft.body, kind)
