"""Shingles are the distinct word 5-grams of a text."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.news.shingles import Shingles, shingle, word_hashes

words = st.sampled_from(
    ["harbour", "council", "the", "of", "Łódź", "İzmir", "2026", "don't", "a_b"]
)
separators = st.sampled_from([" ", "\n", "\n\n", ", ", "—", "\u00a0", ". "])
prose = st.lists(st.tuples(words, separators).map("".join), max_size=40).map("".join)
texts = st.one_of(st.text(max_size=60), prose)


def shingle_hashes(text: str) -> NDArray[np.uint64]:
    return shingle([text]).distinct()[0]


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


odd_characters = st.text(
    alphabet="aZ éÄŁЖ’ΣσςİI\u0307ßẞȺ\u2126\u212a\u212bﬁ_1²ⅷⒶꭰ𝒳𐐀\U0001f600\ud800\udfff"
    "ـعربي.中文 \u200d\0",
    max_size=60,
)


@given(st.lists(st.one_of(st.text(), odd_characters, prose), max_size=6))
def test_words_are_those_of_the_regular_expression(drawn: list[str]) -> None:
    hashes, offsets = word_hashes(drawn)
    seen: dict[str, int] = {}
    for at, text in enumerate(drawn):
        found = re.findall(r"\w+", text.lower())
        own = hashes[offsets[at] : offsets[at + 1]].tolist()
        assert len(own) == len(found)
        for word, value in zip(found, own, strict=True):
            assert seen.setdefault(word, value) == value
    assert len(set(seen.values())) == len(seen)


def test_every_character_is_lower_cased_and_parts_words_as_in_python() -> None:
    every = [f"a{chr(code)}b{chr(code)} " for code in range(0x110000)]
    # Few to a text: one that only Python can lower-case makes Python do it for the whole text.
    drawn = ["".join(every[start : start + 16]) for start in range(0, len(every), 16)]
    found, offsets = word_hashes(drawn)
    words = [re.findall(r"\w+", text.lower()) for text in drawn]
    expected, expected_offsets = word_hashes([" ".join(own) for own in words])
    assert np.array_equal(found, expected)
    assert np.array_equal(offsets, expected_offsets)
    assert np.array_equal(np.diff(offsets), list(map(len, words)))


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=40), max_size=30, unique=True))
def test_words_that_are_alike_have_different_hashes(drawn: list[str]) -> None:
    hashes, _ = word_hashes([" ".join(drawn)])
    assert len(set(hashes.tolist())) == len(drawn)


def test_long_words_differ_by_any_byte_and_by_the_order_of_their_parts() -> None:
    word = "abcdefgh" * 5 + "xyz"
    others = [f"{word[:at]}é{word[at + 1 :]}" for at in range(len(word))]
    swapped = [
        "1234567890123456aaaaaaaabbbbbbbb12345678",
        "1234567890123456bbbbbbbbaaaaaaaa12345678",
    ]
    drawn = [word, *others, *(word[:size] for size in range(1, len(word))), *swapped]
    hashes, _ = word_hashes([" ".join(drawn)])
    assert len(set(hashes.tolist())) == len(drawn)


def test_every_bit_of_a_hash_is_as_often_set_as_not() -> None:
    hashes = shingle([" ".join(map(str, range(40_000)))]).hashes
    assert len(np.unique(hashes.astype(np.uint32))) > 39_980
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1)
    assert abs(bits.mean(axis=0) - 0.5).max() < 0.015


@given(st.lists(texts, max_size=8))
def test_a_text_has_the_same_shingles_alone_and_in_a_batch(drawn: list[str]) -> None:
    together = shingle(drawn)
    assert len(together) == len(drawn)
    for at, text in enumerate(drawn):
        assert np.array_equal(together[at], shingle([text])[0])
        assert np.array_equal(together.distinct()[at], np.unique(together[at]))
    assert together.counts.sum() == len(together.hashes)


def test_a_batch_larger_than_a_chunk_is_the_same_as_its_texts() -> None:
    drawn = [f"{at} " * 40_000 + "the end of it" for at in range(12)] + ["", "short"]
    together = shingle(drawn)
    for at, text in enumerate(drawn):
        assert np.array_equal(together[at], shingle([text])[0])


def test_no_texts_have_no_shingles() -> None:
    assert len(shingle([])) == 0
    assert isinstance(shingle([]).distinct(), Shingles)
