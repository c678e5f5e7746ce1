"""What is recognised in an article agrees with itself."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.consistency import Span, make_consistent


def spans_of(texts: list[str], *named: tuple[int, str, str]) -> list[Span]:
    """Spans of the first occurrence of each name in a text."""
    return [
        Span(piece, texts[piece].index(name), texts[piece].index(name) + len(name), name, label)
        for piece, name, label in named
    ]


def consistent(texts: list[str], *named: tuple[int, str, str]) -> list[tuple[int, str, str]]:
    found = make_consistent(texts, spans_of(texts, *named))
    assert all(texts[one.piece][one.start : one.end] == one.surface for one in found)
    return [(one.piece, one.surface, one.label) for one in found]


TEXTS = [
    "Lindqvist Visits Harbor",
    "Rosa Lindqvist met reporters in Oslo. Then Lindqvist left.",
    "A boat waited for Lindqvist at Lindqvist Street, named after another.",
]


def test_a_surname_is_found_wherever_the_full_name_stands_in_the_article() -> None:
    assert consistent(TEXTS, (1, "Rosa Lindqvist", "PERSON")) == [
        (0, "Lindqvist", "PERSON"),
        (1, "Rosa Lindqvist", "PERSON"),
        (1, "Lindqvist", "PERSON"),
        (2, "Lindqvist", "PERSON"),
    ]


@pytest.mark.parametrize("label", ["GPE", "LOC", "ORG", "FAC", "NORP"])
def test_a_surname_taken_for_something_else_is_the_person(label: str) -> None:
    found = consistent(TEXTS, (1, "Rosa Lindqvist", "PERSON"), (2, "Lindqvist", label))
    assert (2, "Lindqvist", "PERSON") in found
    assert len(found) == 4


@pytest.mark.parametrize(
    ("full", "surname"),
    [
        ("Adel al-Harbi", "al-Harbi"),
        ("Adel al-Harbi", "Harbi"),
        ("Prince Faisal bin Nasser", "bin Nasser"),
        ("Ursula von der Heyden", "von der Heyden"),
    ],
)
def test_a_surname_may_have_a_particle_or_lose_it(full: str, surname: str) -> None:
    texts = ["", f"It was {full}, they said.", f"Later {surname} spoke."]
    assert (2, surname, "PERSON") in consistent(texts, (1, full, "PERSON"))


@pytest.mark.parametrize("surname", ["Jordan", "Paris", "Turk"])
def test_a_surname_that_is_a_country_a_city_or_a_people_stays_what_it_was(surname: str) -> None:
    texts = ["", f"Nadia {surname} arrived.", f"They talked about {surname} later."]
    found = consistent(texts, (1, f"Nadia {surname}", "PERSON"), (2, surname, "GPE"))
    assert (2, surname, "GPE") in found


def test_most_decide_what_a_name_is() -> None:
    texts = ["Hira wins", "Hira said so.", "Hira said more.", "Hira ended."]
    named = [(piece, "Hira", "ORG") for piece in range(3)]
    assert {label for *_, label in consistent(texts, *named, (3, "Hira", "GPE"))} == {"ORG"}
    two = consistent(texts, (0, "Hira", "ORG"), (1, "Hira", "GPE"))
    assert two == [(0, "Hira", "ORG"), (1, "Hira", "GPE")]


def test_names_of_several_words_and_acronyms_are_found_again() -> None:
    texts = ["", "The Quay Watch (QWA) and Hira met.", "The Quay Watch, QWA and Hira left."]
    assert consistent(
        texts, (1, "Quay Watch", "ORG"), (1, "QWA", "ORG"), (1, "Hira", "PERSON")
    ) == [
        (1, "Quay Watch", "ORG"),
        (1, "QWA", "ORG"),
        (1, "Hira", "PERSON"),
        (2, "Quay Watch", "ORG"),
        (2, "QWA", "ORG"),
    ]


def test_part_of_a_longer_word_or_of_another_span_is_no_repeat() -> None:
    texts = [
        "",
        "Rosa Berg came.",
        "Bergen, Berg-Haus and the Berg Society of Oslo met; Bergs too.",
    ]
    named = [(1, "Rosa Berg", "PERSON"), (2, "Berg Society of Oslo", "ORG")]
    assert consistent(texts, *named) == named


words = st.sampled_from(["Rosa", "Berg", "al-Harbi", "UN", "of", "met", "Hira", "Oslo", "Street."])
pieces = st.lists(st.lists(words, min_size=1, max_size=8), min_size=1, max_size=5)
labels = st.sampled_from(["PERSON", "ORG", "GPE", "DATE", "NORP"])


@given(pieces, st.data())
def test_spans_stay_disjoint_and_none_is_lost(drawn: list[list[str]], data: st.DataObject) -> None:
    texts, spans = [" ".join(piece) for piece in drawn], []
    for number, piece in enumerate(drawn):
        at = data.draw(st.integers(0, len(piece) - 1))
        count = data.draw(st.integers(1, min(2, len(piece) - at)))
        start = len(" ".join([*piece[:at], ""]))
        surface = " ".join(piece[at : at + count])
        spans.append(Span(number, start, start + len(surface), surface, data.draw(labels)))
    found = make_consistent(texts, spans)
    assert all(
        (one.piece, one.end) <= (other.piece, other.start) or one.piece < other.piece
        for one, other in pairwise(found)
    )
    kept = {(one.piece, one.start, one.end) for one in spans}
    assert kept <= {(one.piece, one.start, one.end) for one in found}


def test_a_country_is_found_wherever_it_stands_and_a_town_of_one_word_is_not() -> None:
    texts = ["", "They flew to Türkiye from Bingo.", "In Türkiye they played Bingo."]
    found = consistent(texts, (1, "Türkiye", "GPE"), (1, "Bingo", "GPE"))
    assert (2, "Türkiye", "GPE") in found
    assert (2, "Bingo", "GPE") not in found
