"""Articles are candidates for a pair when they share a band or a passage of their ends."""

from collections import defaultdict
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.candidates import (
    HUBS,
    KEYS,
    Postings,
    are_likely,
    candidate_pairs,
    link_keys,
    ranges,
)
from pipelines.news.minhash import BANDS, NUM_PERM, band_keys, sign
from pipelines.news.shingles import shingle

RANDOM = Random(3)
WORDS = ["".join(RANDOM.choices("abcdefghijklmnop", k=RANDOM.randint(2, 9))) for _ in range(4_000)]


def words(count: int) -> list[str]:
    return RANDOM.choices(WORDS, k=count)


def keys_of(*texts: list[str]) -> list[set[int]]:
    shingles = shingle([" ".join(text) for text in texts])
    return [set(row) for row in link_keys(shingles, sign(shingles)).tolist()]


def anchors_of(*texts: list[str]) -> list[set[int]]:
    shingles = shingle([" ".join(text) for text in texts])
    return [set(row) for row in link_keys(shingles, sign(shingles))[:, BANDS:].tolist()]


# --- keys


def test_every_text_has_a_key_a_band_and_more_for_its_ends() -> None:
    shingles = shingle([" ".join(words(200)), "two words", ""])
    signatures = sign(shingles)
    keys = link_keys(shingles, signatures)
    assert keys.shape == (3, KEYS)
    assert keys.dtype == np.int32
    assert len(set(keys[0].tolist())) == KEYS
    for row in keys[1:].tolist():
        assert len(set(row)) == BANDS


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=12), min_size=2, max_size=6))
def test_texts_share_a_band_key_when_their_signatures_agree_in_a_band(
    drawn: list[list[str]],
) -> None:
    shingles = shingle([" ".join(text) for text in drawn])
    signatures = sign(shingles)
    bands, keys = band_keys(signatures), link_keys(shingles, signatures)[:, :BANDS]
    for a, b in combinations(range(len(drawn)), 2):
        assert (keys[a] == keys[b]).tolist() == (bands[a] == bands[b]).tolist()


@pytest.mark.parametrize("kept", [0.1, 0.2, 0.3, 0.5, 0.9])
def test_a_copy_cut_short_shares_a_passage_of_the_beginning(kept: float) -> None:
    whole = words(900)
    one, other = anchors_of(whole, whole[: round(kept * len(whole))])
    assert one & other


def test_a_copy_extended_in_front_shares_a_passage_of_the_end() -> None:
    whole = words(150)
    one, other = anchors_of(whole, words(600) + whole)
    assert one & other


def test_texts_of_nothing_in_common_share_no_key() -> None:
    for one, other in combinations(keys_of(*(words(150) for _ in range(30))), 2):
        assert not one & other


def test_keys_do_not_depend_on_the_batch() -> None:
    texts = [words(count) for count in (3, 40, 33, 34, 35, 64, 65, 69, 70, 300)]
    assert keys_of(*texts) == [keys_of(text)[0] for text in texts]


# --- pairs


def by_definition(
    postings: set[tuple[int, int]], linked: set[int], hubs: int
) -> list[tuple[int, int]]:
    articles = defaultdict(list)
    for key, article in sorted(postings):
        articles[key].append(article)
    pairs = set()
    for own in articles.values():
        for a, b in combinations(own, 2):
            if {a, b} & linked and a in own[:hubs]:
                pairs.add((a, b))
    return sorted(pairs)


numbers = st.sampled_from([-(2**31), -5, -1, 0, 1, 2, 3, 4, 5, 6, 7, 2**31 - 1])


@given(
    st.sets(st.tuples(st.sampled_from([-9, 0, 1, 2**31 - 1]), numbers)),
    st.sets(numbers),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_pairs_are_those_in_which_one_is_a_hub_and_one_is_to_be_linked(
    postings: set[tuple[int, int]], linked: set[int], hubs: int, random: Random
) -> None:
    rows = np.array(random.sample(sorted(postings), len(postings)), dtype=np.int32).reshape(-1, 2)
    found = candidate_pairs(
        Postings(rows[:, 0], rows[:, 1]), np.array(sorted(linked), dtype=np.int32), hubs
    )
    assert [tuple(pair) for pair in found.tolist()] == by_definition(postings, linked, hubs)


def test_a_crowd_makes_pairs_in_proportion() -> None:
    count = 50 * HUBS
    crowd = np.arange(count, dtype=np.int32)
    pairs = candidate_pairs(Postings(np.zeros(count, dtype=np.int32), crowd), crowd)
    assert len(pairs) == HUBS * (count - HUBS) + HUBS * (HUBS - 1) // 2


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4))))
def test_ranges_are_what_python_says_they_are(drawn: list[tuple[int, int]]) -> None:
    starts, counts = np.array(drawn, dtype=np.int64).reshape(-1, 2).T
    expected = [number for start, count in drawn for number in range(start, start + count)]
    assert ranges(starts, counts).tolist() == expected


# --- the estimate


@pytest.mark.parametrize(
    ("equal", "left", "right", "expected"),
    [
        (128, 10, 10, True),
        (71, 10, 10, True),  # .555
        (70, 10, 10, False),  # .547
        (39, 100, 300, True),  # .305: a third of the other
        (19, 100, 300, True),  # .148: too few by chance
        (18, 100, 300, False),
        (20, 29, 90, False),  # too short to count as contained
        (26, 100, 401, False),  # not a quarter of the other
        (26, 100, 400, True),
        (0, 100, 300, False),
    ],
)
def test_a_pair_is_likely_when_an_estimate_is_not_far_below_what_counts(
    *, equal: int, left: int, right: int, expected: bool
) -> None:
    one = np.zeros((2, NUM_PERM), dtype=np.uint32)
    other = np.ones((2, NUM_PERM), dtype=np.uint32)
    other[:, :equal] = 0
    found = are_likely(one, other, np.array([left, right]), np.array([right, left]))
    assert found.tolist() == [expected, expected]
