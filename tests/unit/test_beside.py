"""Mentions that stand side by side explain or own each other."""

import re

import pytest

from pipelines.news.beside import Beside, beside
from pipelines.news.chaining import name_mentions
from pipelines.news.consistency import Span


def marked(*texts: str) -> tuple[list[str], list[Span]]:
    """Texts in which names stand as {surface|LABEL}, without the marks, and their spans."""
    plain, spans = [], []
    for piece, text in enumerate(texts):
        shown = ""
        for part in re.split(r"(\{[^}]*\})", text):
            if part.startswith("{"):
                surface, label = part[1:-1].split("|")
                spans.append(Span(piece, len(shown), len(shown) + len(surface), surface, label))
                part = surface  # noqa: PLW2901 - the mark is taken off
            shown += part
        plain.append(shown)
    return plain, spans


def names(*texts: str) -> list[str]:
    plain, spans = marked(*texts)
    labelled = [(span.surface, span.label) for span in spans]
    return name_mentions(labelled, beside(plain, spans))


def test_brackets_explain_and_possessives_own() -> None:
    plain, spans = marked("{Iraq|GPE}’s {Senate|ORG} and the {Blue Host|ORG} ({ZH|ORG}) met.")
    assert beside(plain, spans) == Beside(explained=((2, 3),), owned=((0, 1),))


def test_spans_of_two_texts_are_not_beside_each_other() -> None:
    plain, spans = marked("The {Blue Host|ORG} (", "{ZH|ORG})")
    assert beside(plain, spans) == Beside()


def test_an_acronym_in_brackets_stands_for_the_name_before_it_whatever_its_letters() -> None:
    found = names("The {Blue Host|ORG} ({ZKH|ORG}) met.", "The {ZKH|ORG} left.")
    assert found == ["Blue Host"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "The {Blue Host|ORG} ({Reuters|ORG}).",  # who took the photo
        "{Ida Moe|PERSON} ({ZKH|ORG})",  # of another kind
        "The {Blue Host|ORG} and {ZKH|ORG} met.",
    ],
)
def test_what_is_no_explanation_joins_nothing(text: str) -> None:
    assert len(set(names(text))) == 2


def test_an_acronym_that_is_explained_in_two_ways_stays_as_it_is() -> None:
    found = names("{Blue Host|ORG} ({ZKH|ORG}), {Red Host|ORG} ({ZKH|ORG}), {ZKH|ORG}")
    assert found[-1] == "ZKH"


def test_a_body_is_of_the_country_that_owns_it() -> None:
    found = names(
        "{Iraq|GPE}'s {Foreign Ministry|ORG} called.", "The {Foreign Ministry|ORG} waits."
    )
    assert found == ["Iraq", "Iraq's Foreign Ministry", "Iraq's Foreign Ministry"]


def test_a_body_of_two_countries_stays_without_either() -> None:
    found = names(
        "{Iraq|GPE}'s {Foreign Ministry|ORG}, the {Iranian Foreign Ministry|ORG}.",
        "The {Foreign Ministry|ORG} waits.",
    )
    assert found[-1] == "Foreign Ministry"


def test_a_thing_named_without_its_kind_is_the_one_with_it() -> None:
    assert names("{Zaatari refugee camp|FAC}; {Zaatari|FAC}")[1] == "Zaatari refugee camp"
    assert names("{Labour Party|ORG}; {Labour|ORG}")[1] == "Labour Party"
    assert names("{Kata'ib Hezbollah|ORG}; {Hezbollah|ORG}")[1] == "Hezbollah"
