"""What the training recipe promises about its text, its labels and its variants."""

from __future__ import annotations

import re
from random import Random

import pytest
import spacy

from training import bodies
from training.augment import (
    credit,
    curl,
    dateline,
    disguise,
    drop_stop,
    rename,
    title_case,
    upper_case,
)
from training.dates import find_dates
from training.detokenize import align, detokenize
from training.gazetteer import is_country, is_norp, place_label
from training.mapping import map_label, map_passage, vote
from training.package import BEGIN, END, update_card
from training.passage import LABELS, UNKNOWN, Passage, Span, bucket, to_doc
from training.prepare import FAMILIAR, familiar
from training.sources import passage
from training.synthesis import (
    PATTERNS,
    REFERENCE_PATTERNS,
    fill,
    synthesise,
    synthesise_reference,
)


def seeded(seed: int) -> Random:
    """Return a generator that draws the same for the same seed."""
    return Random(seed)


Named = set[tuple[str, str]]


def named(item: Passage) -> Named:
    """Return the passage's entities as (words, label), unannotated stretches left out."""
    return {(item.words(span), span.label) for span in item.spans if span.label != UNKNOWN}


def mapped(tagged: str, source: str = "gmb") -> Named:
    """Map a sentence written as "word/TAG word ..."."""
    pairs = [word.rpartition("/") if "/" in word else (word, "", "O") for word in tagged.split()]
    return named(map_passage(passage([p[0] for p in pairs], [p[2] for p in pairs], source, "g")))


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("The mayor 's car , a Fiat , is n't here .", "The mayor's car, a Fiat, isn't here."),
        ('He said : " We wo n\'t go . "', 'He said: "We won\'t go."'),
        ("The ministers ' talks ( closed ) cost $ 5 .", "The ministers' talks (closed) cost $5."),
        ("-LRB- photo -RRB- 3 - 1", "(photo) 3-1"),
    ],
)
def test_tokens_become_text_as_print_has_it(tokens: str, text: str) -> None:
    assert detokenize(tokens.split())[0] == text


def test_offsets_of_tokens_point_at_the_tokens() -> None:
    tokens = ["A", '"', "quiet", '"', "day", ",", "it", "is", "n't", "."]
    text, offsets = detokenize(tokens)
    assert [text[start:end] for start, end in offsets] == tokens


def test_tokens_are_found_in_the_text_they_came_from_or_not_at_all() -> None:
    assert align(["Abu", "-", "Zeid"], "Abu-Zeid") == [(0, 3), (3, 4), (4, 8)]
    assert align(["two", "words"], "two other words") is None


def test_titles_and_nationalities_before_a_name_are_no_part_of_it() -> None:
    assert mapped("Prime/B-per Minister/I-per Ada/I-per Lund/I-per left ./O") == {
        ("Ada Lund", "PERSON")
    }
    assert mapped("Mr./B-per Lund/B-geo left .") == {("Lund", "PERSON")}
    assert mapped("The President/B-per left .") == set()


def test_a_country_is_gpe_whatever_the_silver_tag_and_its_people_are_norp() -> None:
    assert mapped("Norway/B-org and Norwegian/B-gpe ships met South/B-geo Korean/B-gpe ones .") == {
        ("Norway", "GPE"),
        ("Norwegian", "NORP"),
        ("South Korean", "NORP"),
    }


def test_a_country_and_its_ministry_in_one_span_are_two_entities() -> None:
    assert mapped("Peru/B-org 's/I-org Health/I-org Ministry/I-org agreed .") == {
        ("Peru", "GPE"),
        ("Health Ministry", "ORG"),
    }


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Black Sea", "LOC"), ("Europe", "LOC"), ("Mount Kenya", "LOC"), ("Lake Van", "LOC"),
        ("Adana Airport", "FAC"), ("Grand Mosque", "FAC"), ("Lyon", "GPE"), ("Kenya", "GPE"),
        ("South Africa", "GPE"), ("Gaza Strip", "GPE"),
    ],
)  # fmt: skip
def test_places_are_told_apart_by_their_head_word(name: str, label: str) -> None:
    assert place_label(name) == label


def test_tags_that_say_too_little_stay_unannotated() -> None:
    assert map_label("OTH", "Titanic") == UNKNOWN
    assert map_label("misc", "Danish") == "NORP"
    assert map_label("election", "2010 Sealand election") == "EVENT"
    assert map_label("politicalparty", "Sealand Party") == "ORG"


def test_a_date_is_a_date_in_every_corpus_and_a_clock_time_is_none() -> None:
    text = "On Friday, 3 May 2019, at 10 a.m., he recalled the 1980s and last week."
    words = {text[span.start : span.end] for span in find_dates(text)}
    assert {"3 May 2019", "the 1980s", "last week"} <= {
        word.removeprefix("Friday, ") for word in words
    }
    assert not any("10" in word for word in words)


def test_gazetteer_knows_plurals_and_compounds() -> None:
    assert is_norp("Kurds")
    assert is_norp("North Korean")
    assert is_norp("Sri Lankan")
    assert not is_norp("Korea")
    assert not is_norp("North")
    assert is_country("the Netherlands")
    assert not is_country("Lyon")


def test_a_string_takes_the_label_that_most_of_its_uses_have() -> None:
    uses = [Passage("Orvo won", (Span(0, 4, "PERSON"),), "gmb", "g")] * 5
    odd = Passage("Orvo won", (Span(0, 4, "GPE"),), "gmb", "g")
    assert named(vote([*uses, odd])[-1]) == {("Orvo", "PERSON")}


BASE = Passage(
    'Ada Lund\'s aide said "no" to Oslo on Monday.',
    (Span(0, 8, "PERSON"), Span(29, 33, "GPE"), Span(37, 43, "DATE")),
    "gmb",
    "g",
)


def test_variants_of_form_keep_every_label_on_its_words() -> None:
    assert curl(BASE).text == "Ada Lund’s aide said “no” to Oslo on Monday."
    assert title_case(BASE).text == 'Ada Lund\'s Aide Said "No" to Oslo on Monday'
    for variant in (curl(BASE), title_case(BASE), drop_stop(BASE)):
        assert named(variant) == named(BASE)
    assert named(upper_case(BASE)) == {(words.upper(), label) for words, label in named(BASE)}


def test_credits_and_datelines_add_an_agency_and_a_place() -> None:
    for seed in range(20):
        assert len(named(credit(BASE, seeded(seed))) - named(BASE)) == 1
        front = dateline(BASE, seeded(seed))
        assert front.spans[0].label == "GPE"
        assert named(BASE) <= named(front)


def test_renaming_is_consistent_and_repeatable() -> None:
    twice = Passage("Ada Lund, Ada Lund", (Span(0, 8, "PERSON"), Span(10, 18, "PERSON")), "g", "g")
    one, other = (rename(twice, seeded(4)) for _ in range(2))
    assert one == other
    assert len(named(one)) == 1


def test_a_disguise_keeps_first_letter_ending_and_shape_and_is_the_same_for_the_same() -> None:
    text = "Lindqvist of Bank NTVX on Friday; Lindqvist, Lindqvist"
    spans = (
        Span(0, 9, "PERSON"),
        Span(13, 22, "ORG"),
        Span(26, 32, "DATE"),
        Span(34, 43, "PERSON"),
    )
    hidden = disguise(Passage(text, spans, "g", "g"), {"Bank"}, seeded(2))
    first, second = hidden.text[:9], hidden.text[13:22]
    assert (first[0], first[-3:], len(hidden.text)) == ("L", "ist", len(text))
    assert first != "Lindqvist"
    assert hidden.text[34:43] == first
    assert hidden.text[45:] == "Lindqvist"
    assert second.startswith("Bank N")
    assert second.isalpha() is False
    assert second[5:].isupper()
    assert "Friday" in hidden.text
    assert hidden.spans == spans


def test_frequent_words_and_common_nouns_are_familiar() -> None:
    often = [Passage("Oslo", (), "g", "g")] * FAMILIAR
    known = familiar([*often, Passage("Bergen has a harbor", (), "g", "g")])
    assert {"Oslo", "Harbor"} <= known
    assert "Bergen" not in known


def test_patterns_of_an_encyclopedia_name_everything_but_works() -> None:
    for item in synthesise_reference(seeded(1), 3):
        assert "{" not in item.text
        assert item.spans
        assert {span.label for span in item.spans} <= set(LABELS)
    assert len(set(REFERENCE_PATTERNS)) == len(REFERENCE_PATTERNS)


@pytest.mark.parametrize("kind", bodies.LABELS)
def test_every_part_of_a_shape_is_replaced(kind: str) -> None:
    parts = {"town", "region", "surname", "given", "nickname", "adjective", "noun", "brand"}
    for seed in range(200):
        name = bodies.draw(kind, seeded(seed))
        assert name.strip() == name != ""
        assert not parts.intersection(re.findall(r"[a-z]+", name))


def test_patterns_use_only_our_labels_and_fill_every_slot() -> None:
    for item in synthesise(seeded(1), 2):
        assert "{" not in item.text
        assert item.spans
        assert {span.label for span in item.spans} <= set(LABELS)
    assert len(set(PATTERNS)) == len(PATTERNS)
    assert fill("{PERSON} left {GPE}", seeded(3), "g") == fill(
        "{PERSON} left {GPE}", seeded(3), "g"
    )


def test_a_span_that_cuts_a_token_teaches_nothing_about_it() -> None:
    doc = to_doc(spacy.blank("en"), Passage("Oslobound Ada", (Span(0, 4, "GPE"),), "g", "g"))
    assert not doc.ents
    assert [token.ent_iob for token in doc] == [0, 2]


def test_the_split_depends_on_the_group_alone() -> None:
    assert [bucket("gmb-1"), bucket("gmb-2")] == [bucket("gmb-1"), bucket("gmb-2")]
    assert {bucket(f"gmb-{number}") for number in range(2000)} == set(range(100))


def test_the_card_keeps_its_words_and_changes_its_figures() -> None:
    card = f"Before\n{BEGIN}\nold\n{END}\nAfter\n"
    assert update_card(card, "new") == f"Before\n{BEGIN}\n\nnew\n\n{END}\nAfter\n"
    with pytest.raises(ValueError, match="marks"):
        update_card("no marks", "new")
