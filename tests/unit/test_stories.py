"""Pairs count by what their texts share exactly, and stories are the components of pairs."""

from collections.abc import Iterable
from fractions import Fraction
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.shingles import Shingles
from pipelines.news.stories import Relation, assign, common_counts, story_text, verify


def article(number: int) -> UUID:
    return UUID(int=number)


def numbers(*texts: Iterable[int]) -> Shingles:
    """Shingles of texts, given as numbers; their lowest bit is not compared."""
    sets = [sorted(2 * value for value in text) for text in texts]
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    return Shingles(np.array([value for one in sets for value in one], dtype=np.uint64), offsets)


def relation(size_a: int, size_b: int, common: int) -> Relation | None:
    """How two articles of these numbers of shingles, with so many in common, are related."""
    shingles = numbers(range(size_a), range(size_a - common, size_a - common + size_b))
    pairs = verify(np.array([[0, 1]]), [article(1), article(2)], shingles)
    return pairs[0].relation if pairs else None


@pytest.mark.parametrize(
    ("size_a", "size_b", "common", "expected"),
    [
        (10, 9, 9, "near"),
        (10, 8, 8, None),
        (30, 29, 29, "near"),
        (29, 29, 27, None),
        (30, 30, 25, "near"),
        (42, 30, 30, "near"),
        (41, 29, 29, None),
        (85, 85, 70, "near"),
        (85, 85, 69, None),
        (1, 1, 1, "near"),
        (100, 30, 27, "contained"),
        (100, 30, 26, None),
        (30, 100, 27, "contained"),
        (100, 29, 29, None),
        (160, 40, 36, "contained"),
        (160, 40, 35, None),
        (161, 40, 40, None),
        (40, 40, 36, "near"),
        (40, 40, 0, None),
    ],
)
def test_a_pair_is_near_contained_or_neither_by_the_exact_thresholds(
    size_a: int, size_b: int, common: int, expected: Relation | None
) -> None:
    assert relation(size_a, size_b, common) == expected


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0, 1))
def test_thresholds_hold_as_exact_fractions(size_a: int, size_b: int, share: float) -> None:
    common = round(share * min(size_a, size_b))
    expected: Relation | None = None
    if common:
        shorter = min(size_a, size_b)
        long_enough = shorter >= 30 and 4 * shorter >= max(size_a, size_b)
        if long_enough and Fraction(common, shorter) >= Fraction(9, 10):
            expected = "contained"
        least = Fraction(7 if shorter >= 30 else 9, 10)
        if Fraction(common, size_a + size_b - common) >= least:
            expected = "near"
    assert relation(size_a, size_b, common) == expected


@given(st.integers(1, 200))
def test_a_pair_exactly_on_a_threshold_counts(tens: int) -> None:
    assert relation(10 * tens, 9 * tens, 9 * tens) == "near"
    if tens >= 5:
        assert relation(10 * tens, 7 * tens, 7 * tens) == "near"
    if tens >= 3:
        assert relation(40 * tens, 10 * tens, 9 * tens) == "contained"


def test_a_text_without_shingles_is_near_to_nothing() -> None:
    assert relation(0, 0, 0) is None
    assert relation(0, 50, 0) is None


def test_a_pair_names_the_smaller_id_first_with_its_own_count() -> None:
    shingles = numbers(range(40), range(36))
    for candidate in ([0, 1], [1, 0]):
        (pair,) = verify(np.array([candidate]), [article(7), article(3)], shingles)
        assert (pair.article_a, pair.article_b) == (article(3), article(7))
        assert (pair.shingles_a, pair.shingles_b, pair.shingles_common) == (36, 40, 36)


def test_captions_are_no_part_of_what_articles_are_compared_by() -> None:
    assert story_text("Quay talks", "The council met.") == "Quay talks\nThe council met."


def stories_of(members: int, *pairs: tuple[int, int]) -> list[int]:
    return list(map(int, assign(members, np.array(pairs, dtype=np.int64).reshape(-1, 2))))


def test_a_lone_article_is_a_story_of_one() -> None:
    assert stories_of(2) == [0, 1]


def test_no_articles_have_no_stories() -> None:
    assert stories_of(0) == []


def test_a_chain_of_pairs_is_one_story_named_by_its_first_member() -> None:
    assert stories_of(6, (1, 0), (4, 1), (2, 3)) == [0, 0, 2, 2, 0, 5]


numbers_of_pairs = st.integers(1, 12).flatmap(
    lambda members: st.tuples(
        st.just(members),
        st.lists(st.tuples(*[st.integers(0, members - 1)] * 2), max_size=12),
    )
)


@given(numbers_of_pairs, st.randoms(use_true_random=False))
def test_stories_do_not_depend_on_the_order_of_pairs(
    drawn: tuple[int, list[tuple[int, int]]], random: Random
) -> None:
    members, pairs = drawn
    stories = stories_of(members, *pairs)
    assert stories_of(members, *((b, a) for a, b in random.sample(pairs, len(pairs)))) == stories
    assert all(stories[a] == stories[b] for a, b in pairs)
    assert all(stories[story] == story <= member for member, story in enumerate(stories))


@given(numbers_of_pairs, numbers_of_pairs)
def test_stories_of_a_part_that_no_pair_leaves_are_those_of_the_whole(
    part: tuple[int, list[tuple[int, int]]], rest: tuple[int, list[tuple[int, int]]]
) -> None:
    members, pairs = part
    others = [(a + members, b + members) for a, b in rest[1]]
    whole = stories_of(members + rest[0], *pairs, *others)
    assert whole[:members] == stories_of(members, *pairs)


@given(st.lists(st.sets(st.integers(0, 30)), min_size=2, max_size=8))
def test_common_counts_are_those_of_the_sets(drawn: list[set[int]]) -> None:
    pairs = [(a, b) for a in range(len(drawn)) for b in range(len(drawn))]
    left, right = np.array(pairs).T
    counts = common_counts(numbers(*drawn), left, right)
    assert counts.tolist() == [len(drawn[a] & drawn[b]) for a, b in pairs]
