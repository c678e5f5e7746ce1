"""Pairs count by what their texts share exactly, and stories are the components of pairs."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.shingles import Shingles
from pipelines.news.stories import Member, Relation, assign, common_counts, story_text, verify

NIGHT = date(2026, 1, 5)


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


def member(number: int, *, night: int = 0, chars: int = 100) -> Member:
    return Member(article(number), NIGHT + timedelta(days=night), chars)


def test_a_lone_article_is_a_story_of_one() -> None:
    assert assign([member(1), member(2)], []) == {article(n): article(n) for n in (1, 2)}


def test_no_articles_have_no_stories() -> None:
    assert assign([], []) == {}


def test_a_chain_of_pairs_is_one_story() -> None:
    members = [member(number) for number in range(1, 7)]
    pairs = [(article(1), article(2)), (article(2), article(5)), (article(3), article(4))]
    stories = assign(members, pairs)
    assert {number: stories[article(number)].int for number in range(1, 7)} == {
        1: 1,
        2: 1,
        3: 3,
        4: 3,
        5: 1,
        6: 6,
    }


@pytest.mark.parametrize(
    ("members", "canonical"),
    [
        ([member(1, night=1, chars=900), member(2, night=0, chars=10)], 2),
        ([member(1, chars=10), member(2, chars=900)], 2),
        ([member(2), member(1)], 1),
        ([member(1, night=2), member(3, chars=80), member(2, chars=80), member(4, chars=9)], 2),
    ],
)
def test_the_canonical_article_is_the_earliest_then_longest_then_of_the_smallest_id(
    members: list[Member], canonical: int
) -> None:
    first = members[0].article_id
    stories = assign(members, [(first, other.article_id) for other in members[1:]])
    assert set(stories.values()) == {article(canonical)}


drawn_members = st.lists(
    st.builds(
        member, st.integers(1, 50), night=st.integers(0, 2), chars=st.sampled_from([10, 20, 30])
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one.article_id,
)


@given(drawn_members, st.data(), st.randoms(use_true_random=False))
def test_stories_depend_neither_on_the_order_of_members_nor_of_pairs(
    members: list[Member], data: st.DataObject, random: Random
) -> None:
    ids = st.sampled_from([one.article_id for one in members])
    pairs = data.draw(st.lists(st.tuples(ids, ids), max_size=12))
    stories = assign(members, pairs)
    shuffled = random.sample(members, len(members))
    turned = [(b, a) for a, b in random.sample(pairs, len(pairs))]
    assert assign(shuffled, turned) == stories
    assert all(stories[a] == stories[b] for a, b in pairs)
    assert all(stories[story] == story for story in stories.values())


@given(drawn_members, st.data())
def test_stories_of_a_part_that_no_pair_leaves_are_those_of_the_whole(
    members: list[Member], data: st.DataObject
) -> None:
    part = data.draw(st.sets(st.sampled_from([one.article_id for one in members])))
    both = [sorted(part), sorted({one.article_id for one in members} - part)]
    pairs = [
        pair
        for side in both
        if side
        for pair in data.draw(st.lists(st.tuples(*[st.sampled_from(side)] * 2), max_size=6))
    ]
    inside = [one for one in members if one.article_id in part]
    stories = assign(inside, [(a, b) for a, b in pairs if a in part])
    whole = assign(members, pairs)
    assert stories == {one: whole[one] for one in part}


@given(st.lists(st.sets(st.integers(0, 30)), min_size=2, max_size=8))
def test_common_counts_are_those_of_the_sets(drawn: list[set[int]]) -> None:
    pairs = [(a, b) for a in range(len(drawn)) for b in range(len(drawn))]
    left, right = np.array(pairs).T
    counts = common_counts(numbers(*drawn), left, right)
    assert counts.tolist() == [len(drawn[a] & drawn[b]) for a, b in pairs]
