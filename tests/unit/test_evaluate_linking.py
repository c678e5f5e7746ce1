"""What the scores of linking mean, and that every name of the test articles has an entity."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.clustering import Mistake, b_cubed, mean, mistakes, pair_precision
from training.evaluate_linking import link_given, read_articles, scores, worst
from training.evaluate_news import TEST

clusterings = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=15
).map(lambda pairs: ([one for one, _ in pairs], [other for _, other in pairs]))

# The key of Bagga and Baldwin (1998): chains of five, two and five mentions.
KEY = "aaaaabbccccc"


@pytest.mark.parametrize(
    ("found", "precision", "recall"),
    [
        (KEY, 1.0, 1.0),
        # Their first response joins the chain of two to one of five, their second the two of five.
        ("111112222222", 1 / 12 * (5 + 2 * 2 / 7 + 5 * 5 / 7), 1.0),
        ("111112211111", 1 / 12 * (5 * 5 / 10 + 2 + 5 * 5 / 10), 1.0),
        ("123456789xyz", 1.0, 3 / 12),
        ("111111111111", 1 / 12 * (25 + 4 + 25) / 12, 1.0),
        ("111223344444", 1 / 12 * (3 + 2 + 2 + 5), 1 / 12 * (9 / 5 + 4 / 5 + 2 + 5)),
    ],
)
def test_b_cubed_of_cases_computed_by_hand(found: str, precision: float, recall: float) -> None:
    score = mean(b_cubed(KEY, found))
    assert score.precision == pytest.approx(precision)
    assert score.recall == pytest.approx(recall)


def test_the_figures_of_bagga_and_baldwin() -> None:
    assert round(mean(b_cubed(KEY, "111112222222")).precision, 2) == 0.76
    assert round(mean(b_cubed(KEY, "111112211111")).precision, 2) == 0.58


@given(clusterings)
def test_equal_clusterings_agree_whatever_clusters_are_called(
    pair: tuple[list[int], list[int]],
) -> None:
    gold = pair[0]
    renamed = [f"cluster {one}" for one in gold]
    assert mean(b_cubed(gold, renamed)) == (1.0, 1.0)
    assert pair_precision(gold, renamed) == 1.0
    assert mistakes(gold, renamed) == []


@given(clusterings)
def test_mentions_left_alone_are_precise_and_mentions_all_joined_are_complete(
    pair: tuple[list[int], list[int]],
) -> None:
    gold = pair[0]
    assert mean(b_cubed(gold, range(len(gold)))).precision == 1.0
    assert pair_precision(gold, range(len(gold))) == 1.0
    assert mean(b_cubed(gold, [0] * len(gold))).recall == 1.0


@given(clusterings)
def test_precision_is_recall_with_the_roles_exchanged(pair: tuple[list[int], list[int]]) -> None:
    gold, found = pair
    there, back = mean(b_cubed(gold, found)), mean(b_cubed(found, gold))
    assert there == (back.recall, back.precision)
    assert there.f1 == back.f1


@given(clusterings)
def test_scores_are_perfect_only_without_mistakes(pair: tuple[list[int], list[int]]) -> None:
    gold, found = pair
    kinds = {one.kind for one in mistakes(gold, found)}
    score = mean(b_cubed(gold, found))
    assert ("joined" in kinds) == (score.precision < 1.0) == (pair_precision(gold, found) < 1.0)
    assert ("split" in kinds) == (score.recall < 1.0)


def test_pairs_count_once_each() -> None:
    # Of "aab" three pairs are joined and one is right; of "cc" one is both.
    assert pair_precision("aabcc", "11122") == 2 / 4


def test_a_mistake_names_the_lesser_part() -> None:
    assert mistakes("aabb", "1112") == [
        Mistake("joined", (2,), (0, 1)),
        Mistake("split", (3,), (2,)),
    ]


ARTICLES = """# straight news
{Rosa Lindqvist|PERSON|person:rosa lindqvist} Leaves {Turkey|GPE|place:türkiye}
{Lindqvist|PERSON|person:rosa lindqvist} left on {Monday|DATE}, the {Finance Ministry|ORG|org:a} said.

# straight news
The {Finance Ministry|ORG|org:b} praised {Türkiye|GPE|place:türkiye}.
"""


def test_ids_in_the_text_score_what_broadsheet_resolves(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(ARTICLES, "utf-8")
    linked = [one for article in read_articles(tmp_path) for one in link_given(article)]
    figures = scores(linked)
    assert figures["within"]["all"] == {"p": 100, "r": 100, "f": 100, "count": 6, "pairs": 100}
    assert figures["across"]["ORG"] == {"p": 50, "r": 100, "f": 66.7, "count": 2}
    assert figures["across"]["all"]["pairs"] == 66.7
    what = "joined: org:b = Finance Ministry (one/2) | org:a = Finance Ministry (one/1)"
    assert worst(linked) == [(what, 1)]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("", "not said what 'Ankara'"),
        ("one/1,GPE,Ankara,place:ankara\none/1,GPE,Izmir,place:izmir\n", "have not"),
        ("one/1,GPE,Ankara,place:ankara\none/1,GPE,Ankara,place:izmir\n", "two lines"),
    ],
)
def test_a_table_of_entities_fits_its_articles_exactly(
    tmp_path: Path, rows: str, complaint: str
) -> None:
    (tmp_path / "one.txt").write_text("{Ankara|GPE} was calm on {Monday|DATE}.\n", "utf-8")
    (tmp_path / "entities.csv").write_text(f"article,label,surface,entity\n{rows}", "utf-8")
    with pytest.raises(ValueError, match=complaint):
        read_articles(tmp_path)


def test_every_name_of_the_test_articles_has_an_entity() -> None:
    articles = read_articles(TEST)
    assert len(articles) == 64
    # None is left out of the scores either.
    assert all(len(link_given(article)) == len(article.names) > 5 for article in articles)
