"""The corpus of the benchmark is what it says, and what is held to be true of it is exact."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from uuid import UUID

import numpy as np
import pytest

from benchmarks.duplicates.contenders import Found, word_grams
from benchmarks.duplicates.planted import BOILERPLATE_WORDS, Kind, Planted, boilerplate, corpus
from benchmarks.duplicates.prose import MAX_WORDS, MIN_WORDS, Prose
from benchmarks.duplicates.quality import Judge
from benchmarks.duplicates.truth import (
    Pairs,
    Shared,
    adjusted_rand,
    components,
    related_pairs,
    sharing_pairs,
)
from pipelines.news.shingles import shingle
from pipelines.news.stories import MIN_CONTAINED_SHINGLES, verify

PLANTED = corpus(1_000, seed=7)


def words(article: Planted) -> list[str]:
    return re.findall(r"\w+", article.text.lower())


def grams(text: str) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[at : at + 5]) for at in range(max(len(found) - 4, min(len(found), 1)))}


def copies(kind: Kind) -> Iterator[tuple[Planted, Planted]]:
    """Originals with their copies of a kind."""
    originals = {one.family: one for one in PLANTED if one.kind in {"original", "short original"}}
    found = [(originals[one.family], one) for one in PLANTED if one.kind == kind]
    assert found
    return iter(found)


def of_kind(kind: Kind) -> list[Planted]:
    return [one for one in PLANTED if one.kind == kind]


def pairs(*ends: tuple[int, int]) -> Pairs:
    return np.array(ends, dtype=np.int32).reshape(-1, 2)


def test_the_same_seed_plants_the_same() -> None:
    assert corpus(1_000, seed=7) == PLANTED
    assert corpus(1_000, seed=8) != PLANTED


def test_more_than_half_are_unrelated_and_of_the_length_of_news() -> None:
    unrelated = of_kind("unrelated")
    lengths = sorted(len(words(one)) for one in unrelated)
    assert len(PLANTED) == 1_000
    assert len(unrelated) > 500
    assert lengths[0] >= MIN_WORDS
    assert lengths[-1] <= MAX_WORDS
    assert 300 < lengths[len(lengths) // 2] < 400
    assert len({one.family for one in unrelated}) == len(unrelated)


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("light", 0.01, 0.03), ("medium", 0.05, 0.08), ("heavy", 0.12, 0.20)],
)
def test_an_edited_copy_has_so_many_words_changed(kind: Kind, least: float, most: float) -> None:
    for original, copy in copies(kind):
        before, after = words(original), words(copy)
        assert len(before) == len(after)
        changed = sum(one != other for one, other in zip(before, after, strict=True))
        slack = 0.5 / len(before)
        assert least - slack <= changed / len(before) <= most + slack


def test_a_truncation_is_the_beginning_of_its_original() -> None:
    for original, copy in copies("truncation"):
        before, after = words(original), words(copy)
        assert before[: len(after)] == after
        assert copy.kept == len(after) / len(before)
        assert 0.29 < copy.kept <= 0.9


def test_an_addition_is_its_original_with_paragraphs_more() -> None:
    for original, copy in copies("addition"):
        before, after = words(original), words(copy)
        added = len(after) - len(before)
        title = len(original.title.split())
        assert 0 < added <= len(before)
        assert copy.kept == len(before) / len(after)
        if copy.place == "front":
            assert after[:title] + after[title + added :] == before
        elif copy.place == "end":
            assert after[: len(before)] == before
        else:
            assert any(after[:at] + after[at + added :] == before for at in range(len(before)))


def test_a_copy_that_is_typeset_anew_has_the_same_words() -> None:
    for original, copy in (*copies("retypeset"), *copies("short retypeset")):
        assert words(original) == words(copy)
        assert original.title != copy.title
        assert original.text != copy.text


def test_boilerplate_is_the_same_around_bodies_that_differ() -> None:
    group = boilerplate(Prose(seed=1), 20, words=30)
    texts = [words(one) for one in group]
    half = BOILERPLATE_WORDS // 2
    assert {len(text) for text in texts} == {BOILERPLATE_WORDS + 30}
    assert len({tuple(text[:half] + text[-half:]) for text in texts}) == 1
    assert len({tuple(text[half:-half]) for text in texts}) == 20


def test_reports_of_a_template_differ_in_some_words() -> None:
    texts = [words(one) for one in of_kind("template")]
    assert len(texts) == 30
    differing = [len(set(column)) > 1 for column in zip(*texts, strict=True)]
    assert 5 <= sum(differing) <= 9


def test_short_articles_have_fewer_than_30_shingles() -> None:
    short = [one for one in PLANTED if one.kind.startswith("short")]
    assert all(0 < len(grams(one.text)) < MIN_CONTAINED_SHINGLES for one in short)
    for original, copy in copies("short changed"):
        assert sum(a != b for a, b in zip(words(original), words(copy), strict=True)) == 1


def by_hand(texts: list[str]) -> dict[tuple[int, int], int]:
    """Shingles that texts share, pair by pair."""
    sets = list(map(grams, texts))
    found = {(a, b): len(sets[a] & sets[b]) for a, b in combinations(range(len(texts)), 2)}
    return {ends: common for ends, common in found.items() if common}


def as_counts(shared: Shared) -> dict[tuple[int, int], int]:
    return {
        (a, b): common
        for (a, b), common in zip(shared.pairs.tolist(), shared.common.tolist(), strict=True)
    }


FEW = ["", "One two", "one TWO", "one two three", "…", "a b c d e", "a b c d e f a b c d e"]
SOME = [*FEW, *(one.text for one in PLANTED if one.kind != "unrelated")][:150]


def test_what_pairs_share_is_what_sets_share() -> None:
    assert as_counts(sharing_pairs(SOME)) == by_hand(SOME)


def test_related_pairs_are_those_of_the_rule() -> None:
    sets = list(map(grams, SOME))
    near, contained = set(), set()
    for (a, b), common in by_hand(SOME).items():
        shorter, longer = sorted((len(sets[a]), len(sets[b])))
        if Fraction(common, shorter + longer - common) >= Fraction(7, 10):
            near.add((a, b))
        elif shorter >= 30 and 4 * shorter >= longer and 10 * common >= 9 * shorter:
            contained.add((a, b))
    exact = related_pairs(SOME)
    assert near and contained
    assert set(map(tuple, exact.pairs[exact.is_near].tolist())) == near
    assert set(map(tuple, exact.pairs[exact.is_contained].tolist())) == contained


def test_related_pairs_are_those_that_the_pipeline_verifies() -> None:
    every = pairs(*combinations(range(len(SOME)), 2))
    ids = [UUID(int=number) for number in range(len(SOME))]
    verified = verify(every, ids, shingle(SOME).distinct())
    exact = related_pairs(SOME)
    relations = np.where(exact.is_near, "near", "contained").tolist()
    assert sorted((p.article_a.int, p.article_b.int, p.relation) for p in verified) == [
        (a, b, relation) for (a, b), relation in zip(exact.pairs.tolist(), relations, strict=True)
    ]


def test_other_libraries_get_the_same_shingles() -> None:
    texts = [text for text in SOME if grams(text)]
    counts = shingle(texts).distinct().counts.tolist()
    assert [len(set(word_grams(text))) for text in texts] == counts


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 1),
        ([0, 0, 1, 1], [0, 0, 1, 2], 4 / 7),
        ([0, 0, 1, 1], [0, 1, 0, 1], -1 / 2),
        ([0, 0, 0, 0], [0, 1, 2, 3], 0),
        ([0, 0, 1, 2], [0, 0, 1, 1], 4 / 7),
        ([0, 1, 2], [2, 0, 1], 1),
        # By hand: of 28 pairs 7 and 4 are within a group, 4 within both; by chance 7 * 4 / 28.
        ([0, 0, 0, 1, 1, 1, 2, 2], [0, 0, 0, 1, 1, 2, 3, 4], (4 - 1) / (5.5 - 1)),
    ],
)
def test_the_adjusted_rand_index_has_its_known_values(
    left: list[int], right: list[int], index: float
) -> None:
    labels = (np.array(one, dtype=np.int32) for one in (left, right))
    assert adjusted_rand(*labels) == pytest.approx(index)


def test_a_pair_that_is_not_linked_may_still_be_joined() -> None:
    text = "one two three four five six seven"
    crowd = [Planted("", text, "template") for _ in range(4)]
    judge = Judge(crowd, related_pairs([one.text for one in crowd]))
    star = Found(pairs((0, 1), (2, 0), (3, 0)))
    near = judge.scores(star).near
    assert (near.true, near.found, near.joined, near.reported) == (6, 3, 6, 3)
    assert judge.scores(star).ari_stories == 1
    assert judge.scores(Found(pairs())).near.joined == 0


def test_components_are_numbered_by_their_pairs() -> None:
    labels = components(5, pairs((0, 3), (3, 4)))
    assert labels[0] == labels[3] == labels[4]
    assert len({labels[0], labels[1], labels[2]}) == 3
