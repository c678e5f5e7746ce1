"""Shingles are the distinct word 5-grams of a text."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.shingles import shingle_hashes

words = st.sampled_from(
    ["harbour", "council", "the", "of", "Łódź", "İzmir", "2026", "don't", "a_b"]
)
separators = st.sampled_from([" ", "\n", "\n\n", ", ", "—", "\u00a0", ". "])
prose = st.lists(st.tuples(words, separators).map("".join), max_size=40).map("".join)
texts = st.one_of(st.text(max_size=60), prose)


def grams(text: str) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[at : at + 5]) for at in range(max(len(found) - 4, min(len(found), 1)))}


def common(one: str, other: str) -> int:
    return len(np.intersect1d(shingle_hashes(one), shingle_hashes(other)))


@given(texts)
def test_a_text_has_one_hash_for_each_distinct_5_gram_of_its_words(text: str) -> None:
    hashes = shingle_hashes(text)
    assert hashes.dtype == np.uint64
    assert hashes.shape == (len(grams(text)),)
    assert (np.diff(hashes.astype(object)) > 0).all()


@given(texts, texts)
def test_two_texts_share_as_many_hashes_as_5_grams(one: str, other: str) -> None:
    assert common(one, other) == len(grams(one) & grams(other))


@given(prose, prose, prose)
def test_a_passage_shared_by_two_texts_is_found_in_both(one: str, other: str, shared: str) -> None:
    left, right = f"{one} {shared}", f"{shared} {other}"
    assert common(left, right) == len(grams(left) & grams(right))


def test_fewer_than_five_words_are_one_shingle() -> None:
    for text in ("Quay", "Quay talks", "Quay talks resume", "Quay talks resume today"):
        assert len(shingle_hashes(text)) == 1
    assert common("Quay talks", "Quay talks resume") == 0


def test_a_text_without_words_has_no_shingle() -> None:
    for text in ("", " \n\n ", "— … !?"):
        assert shingle_hashes(text).shape == (0,)


def test_case_punctuation_and_line_breaks_do_not_matter() -> None:
    one = "The harbour council met on Tuesday, to settle the dispute."
    other = "the HARBOUR council\n\nmet (on Tuesday) to settle “the dispute”"
    assert np.array_equal(shingle_hashes(one), shingle_hashes(other))


def test_an_underscore_belongs_to_its_word() -> None:
    assert common("a_b c d e f", "a b c d e f") == 0


def test_a_repeated_passage_counts_once() -> None:
    passage = "one two three four five "
    assert len(shingle_hashes(passage * 2)) == len(shingle_hashes(passage * 9)) == 5
