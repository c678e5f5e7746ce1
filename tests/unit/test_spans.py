"""Spans that hold two names, an office or half a name are mended; others stay as they are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.consistency import Span
from pipelines.news.spans import mend


def mended(text: str, *named: tuple[str, str]) -> list[tuple[str, str]]:
    """What becomes of names recognised in a text, each at its first occurrence."""
    spans = [Span(0, text.index(name), text.index(name) + len(name), name, label)
             for name, label in named]  # fmt: skip
    found = mend([text], spans)
    assert all(text[one.start : one.end] == one.surface for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    return [(one.surface, one.label) for one in found]


@pytest.mark.parametrize("label", ["PERSON", "ORG", "GPE"])
def test_two_surnames_around_an_and_are_two_people(label: str) -> None:
    text = "Rosa Lindqvist met Ivan Petrov. Lindqvist and Petrov left."
    full = ("Rosa Lindqvist", "PERSON"), ("Ivan Petrov", "PERSON")
    assert mended(text, *full, ("Lindqvist and Petrov", label)) == [
        *full,
        ("Lindqvist", "PERSON"),
        ("Petrov", "PERSON"),
    ]


def test_a_person_is_never_two() -> None:
    assert mended("Ada Lund and Bo Ek and Ivan Petrov left", ("Ada Lund and Bo Ek and Ivan Petrov", "PERSON")) == [
        ("Ada Lund", "PERSON"),
        ("Bo Ek", "PERSON"),
        ("Ivan Petrov", "PERSON"),
    ]  # fmt: skip


def test_names_that_stand_alone_elsewhere_are_parted_and_keep_their_labels() -> None:
    text = "NATO and Oslo agreed. NATO spoke in Oslo."
    later = "Later NATO and Oslo agreed."
    spans = [
        Span(0, 22, 26, "NATO", "ORG"),
        Span(0, 36, 40, "Oslo", "GPE"),
        Span(1, 6, 19, "NATO and Oslo", "ORG"),
    ]
    assert [(one.surface, one.label) for one in mend([text, later], spans)][2:] == [
        ("NATO", "ORG"),
        ("Oslo", "GPE"),
    ]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Ministry of Food and Agriculture", "ORG"),
        ("Bosnia and Herzegovina", "GPE"),
        ("May 3 and May 4", "DATE"),
        ("Harding & Sons", "ORG"),
    ],
)
def test_one_name_with_an_and_stays_whole(name: str, label: str) -> None:
    assert mended(f"This is {name}.", (name, label)) == [(name, label)]


def test_a_country_with_an_and_stays_whole_though_its_halves_stand_alone() -> None:
    text = "Trinidad and Tobago is larger than Tobago; it has Port of Spain, on Trinidad."
    spans = [
        Span(0, 0, 19, "Trinidad and Tobago", "GPE"),
        Span(0, 35, 41, "Tobago", "GPE"),
        Span(0, 68, 76, "Trinidad", "LOC"),
    ]
    assert mend([text], spans) == spans


@pytest.mark.parametrize("label", ["ORG", "PERSON"])
@pytest.mark.parametrize(
    ("found", "name", "kept"),
    [
        ("Secretary-General of Kata'ib Noor", "Kata'ib Noor", "ORG"),
        ("Director-General of the Harbor Board", "Harbor Board", "ORG"),
        ("United Nations Under-Secretary-General for Peace", "United Nations", "ORG"),
        ("United Nations Under-Secretary General for Peace", "United Nations", "ORG"),
        ("UN Special Envoy", "UN", "ORG"),
        ("Secretary-General Ida Moe", "Ida Moe", "PERSON"),
    ],
)
def test_an_office_is_no_name(found: str, name: str, kept: str, label: str) -> None:
    assert mended(f"It was the {found}, they said.", (found, label)) == [(name, kept)]


def test_an_office_alone_is_dropped_but_the_office_of_an_envoy_is_a_body() -> None:
    assert mended("The Secretary-General left.", ("Secretary-General", "PERSON")) == []
    body = ("Office of the Special Envoy for Syria", "ORG")
    assert mended(f"The {body[0]} closed.", body) == [body]


@pytest.mark.parametrize(
    "body", ["Defense Ministry", "Ministry of Food and Water", "Army", "Central Bank"]
)
def test_a_nationality_belongs_to_the_body_after_it(body: str) -> None:
    text = f"The Turkish {body} said no."
    whole = [(f"Turkish {body}", "ORG")]
    assert mended(text, (body, "ORG")) == whole
    assert mended(text, ("Turkish", "NORP"), (body, "ORG")) == whole


@pytest.mark.parametrize(
    ("text", "nation", "body"),
    [
        ("Turkish Boeing crews", "Turkish", "Boeing"),
        ("Turkish and Army men", "Turkish", "Army"),
        ("non-Turkish Army men", "Turkish", "Army"),
        ("Former Army men who are Turkish", "Turkish", "Army"),
    ],
)
def test_other_nationalities_are_names_of_their_own(text: str, nation: str, body: str) -> None:
    names = sorted([(nation, "NORP"), (body, "ORG")], key=lambda one: text.index(one[0]))
    assert mended(text, *names) == names


def test_a_town_with_an_article_is_a_place_where_the_text_says_so() -> None:
    assert mended("Shells fell near al-Hasakah.", ("al-Hasakah", "ORG")) == [("al-Hasakah", "GPE")]
    assert mended("The team of al-Hasakah won.", ("al-Hasakah", "ORG")) == [("al-Hasakah", "ORG")]
    assert mended("He wrote in al-Ahram.", ("al-Ahram", "ORG")) == [("al-Ahram", "ORG")]


def test_a_news_agency_is_no_place() -> None:
    agency = "Agence France-Presse"
    assert mended(f"He told {agency} so.", (agency, "GPE")) == [(agency, "ORG")]


WORDS = st.sampled_from(
    ["Akar", "and", "&", "of", "the", "Turkish", "Ministry", "Secretary-General", "for", "al-Bab",
     "in", "Office", "Reuters", "Norway", "Spokesman"]
)  # fmt: skip


@given(
    st.lists(WORDS, min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), max_size=5),
    st.lists(st.sampled_from(["PERSON", "ORG", "GPE", "NORP", "DATE"]), min_size=5, max_size=5),
)
def test_spans_stay_sorted_disjoint_and_true_to_the_text(
    words: list[str], places: list[tuple[int, int]], labels: list[str]
) -> None:
    text, spans, at = " ".join(words), [], 0
    offsets = [len(" ".join(words[:number])) + bool(number) for number in range(len(words))]
    for (length, gap), label in zip(places, labels, strict=False):
        first, last = at + gap, at + gap + length
        if last > len(words):
            break
        start, end = offsets[first], offsets[last - 1] + len(words[last - 1])
        spans.append(Span(0, start, end, text[start:end], label))
        at = last
    found = mend([text], spans)
    assert all(text[one.start : one.end] == one.surface != "" for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
