"""Pages turn into exactly the articles that stand in them, and nothing of a page is lost."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.lines import INVISIBLE
from pipelines.news.records import Leftover, Occurrence, SegmentedPage
from pipelines.news.segment import MAX_LINES, make_article, segment
from tests.unit.page_grammar import DrawnArticle, pages

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"

PARAGRAPH = "The harbour council met on Tuesday to settle the dispute over the northern quay."
OTHER = "Dockers said that they would return to work once the agreement had been signed."


def contents(page: SegmentedPage) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (found.article.title, found.article.captions, found.article.paragraphs)
        for found in page.occurrences
    ]


def assert_nothing_lost(text: str, page: SegmentedPage) -> None:
    covered = bytearray(len(text))
    parts: list[Occurrence | Leftover] = [*page.occurrences, *page.leftovers]
    for part in parts:
        assert 0 <= part.start_char < part.end_char <= len(text)
        assert not any(covered[part.start_char : part.end_char])
        covered[part.start_char : part.end_char] = b"\1" * (part.end_char - part.start_char)
    lost = [at for at, char in enumerate(text) if not (covered[at] or is_blank(char))]
    assert not lost


def is_blank(char: str) -> bool:
    return char.isspace() or char in INVISIBLE


def assert_ranges_hold(text: str, page: SegmentedPage) -> None:
    for found in page.occurrences:
        again = segment(text[found.start_char : found.end_char])
        assert [other.article for other in again.occurrences] == [found.article]
        assert not again.leftovers


# Lines that collide with each other and with everything the grammar gives a meaning to.
confusing_lines = st.sampled_from(
    ["TT", "20", "", "", "", " ", "A title", "A title ", "Other title", "A caption (AP)"]
    + ["Read more", "Home", "World", PARAGRAPH, OTHER, "Q: Why?", "A ti", "\u200b", "TT TT"]
)
confusing_pages = st.lists(confusing_lines, max_size=40).map("\n".join)


@given(pages())
def test_a_page_of_the_grammar_gives_every_title_caption_and_paragraph_back(
    drawn: tuple[str, list[DrawnArticle]],
) -> None:
    text, articles = drawn
    page = segment(text)
    assert page.method == "mirror"
    assert contents(page) == [(one.title, one.captions, one.paragraphs) for one in articles]
    assert [found.ordinal for found in page.occurrences] == list(range(1, len(articles) + 1))
    assert_nothing_lost(text, page)
    assert_ranges_hold(text, page)


@given(st.one_of(st.text(), confusing_pages))
def test_every_character_of_any_text_is_in_an_article_or_a_leftover(text: str) -> None:
    page = segment(text)
    assert_nothing_lost(text, page)
    assert (page.method == "none") == (not page.occurrences)


@given(st.one_of(st.text(), confusing_pages))
def test_a_page_cut_at_an_occurrence_gives_the_same_article(text: str) -> None:
    assert_ranges_hold(text, segment(text))


@pytest.mark.skipif(not SEEDS.exists(), reason="the seed files are not beside this checkout")
def test_the_seed_pages_give_exactly_what_they_must() -> None:
    expected = json.loads((SEEDS / "expected.json").read_text())
    distinct: set[UUID] = set()
    for name, articles in expected["files"].items():
        page = segment((SEEDS / name).read_text())
        assert not page.leftovers
        assert [
            {
                "ordinal": found.ordinal,
                "title": found.article.title,
                "captions": list(found.article.captions),
                "paragraphs": len(found.article.paragraphs),
                "start_char": found.start_char,
                "end_char": found.end_char,
                "first_words": found.article.body[: len(want["first_words"])],
                "last_words": found.article.body[-len(want["last_words"]) :],
                "body_chars": len(found.article.body),
            }
            for found, want in zip(page.occurrences, articles, strict=True)
        ] == articles
        distinct.update(found.article.article_id for found in page.occurrences)
    assert len(distinct) == expected["distinct_articles"]


def test_a_marker_without_a_mirror_is_body_text() -> None:
    page = segment(f"Quay talks\nTT\nQuay talks\n{PARAGRAPH}\nTT\n{OTHER}")
    assert contents(page) == [("Quay talks", (), (PARAGRAPH, "TT", OTHER))]


def test_without_a_marker_a_mirror_needs_a_doubled_caption() -> None:
    doubled = "Quay talks\n\nA crane.\nA crane.\n"
    assert contents(segment(f"{doubled}\n{doubled}\n{PARAGRAPH}")) == [
        ("Quay talks", ("A crane.",), (PARAGRAPH,))
    ]
    single = "Quay talks\n\nA crane.\n"
    page = segment(f"{single}\n{single}\n{PARAGRAPH}")
    assert page.method == "whole_page"


def test_two_different_captions_are_kept_in_order() -> None:
    head = "Quay talks\n\nA crane. (AP)\nThe pier. (AP)\n"
    page = segment(f"{head}TT\n\n{head}\n{PARAGRAPH}")
    assert contents(page) == [("Quay talks", ("A crane. (AP)", "The pier. (AP)"), (PARAGRAPH,))]


def test_three_blank_lines_inside_a_body_do_not_end_it() -> None:
    page = segment(f"Quay talks\nTT\nQuay talks\n\n{PARAGRAPH}\n\n\n\n{OTHER}")
    assert contents(page) == [("Quay talks", (), (PARAGRAPH, OTHER))]


def test_menus_before_and_after_are_leftovers_with_a_reason() -> None:
    text = f"Home\nWorld\n\nQuay talks\nTT\nQuay talks\n\n{PARAGRAPH}\n\nRead more\nRiver levels"
    page = segment(text)
    assert contents(page) == [("Quay talks", (), (PARAGRAPH,))]
    assert [(text[one.start_char : one.end_char], one.reason) for one in page.leftovers] == [
        ("Home\nWorld", "before_first_article"),
        ("Read more\nRiver levels", "navigation"),
    ]


def test_a_link_to_another_article_ends_a_body() -> None:
    text = f"Quay talks\nTT\nQuay talks\n\n{PARAGRAPH}\n\nRead more: The pier in five maps"
    page = segment(text)
    assert contents(page) == [("Quay talks", (), (PARAGRAPH,))]
    assert [one.reason for one in page.leftovers] == ["navigation"]


def test_questions_and_answers_stay_in_the_body() -> None:
    lines = ("Q: Why now?", "A: Because the ice is gone.", "Q: And then?", "A: We sail.")
    page = segment("Quay talks\nTT\nQuay talks\n\n" + "\n\n".join(lines))
    assert contents(page) == [("Quay talks", (), lines)]


def test_a_page_that_ends_inside_the_second_head_gives_a_truncated_article() -> None:
    head = "Quay talks resume\n\nA crane over the pier. (AP)\n"
    for end in (len(head) - 5, 12, 17):
        page = segment(f"{head}TT\n\n{head[:end]}")
        assert contents(page) == [("Quay talks resume", ("A crane over the pier. (AP)",), ())]
        assert page.occurrences[0].article.is_truncated


@pytest.mark.timeout(20)
def test_a_page_of_many_heads_that_break_off_gives_an_article_each() -> None:
    names = [f"Headline {number}" for number in range(5000)]
    heads = "\n".join(f"{name}\nSub {name}\nTT\n{name}" for name in names)
    text = f"Quay talks\nTT\nQuay talks\n{PARAGRAPH}\n{heads}"
    page = segment(text)
    assert contents(page) == [
        ("Quay talks", (), (PARAGRAPH,)),
        *((name, (f"Sub {name}",), ()) for name in names),
    ]
    assert_nothing_lost(text, page)
    assert not page.leftovers


@pytest.mark.timeout(20)
def test_a_page_of_too_many_lines_is_one_leftover() -> None:
    text = "\u200b\n " + "a\n" * 10_000_000
    page = segment(text)
    assert page == SegmentedPage("none", (), (Leftover(3, len(text) - 1, "too_many_lines"),))


def test_blank_lines_are_not_too_many_lines() -> None:
    page = segment("Quay talks" + "\n" * MAX_LINES + f"\n{PARAGRAPH}\r\n{OTHER}")
    assert contents(page) == [("Quay talks", (), (PARAGRAPH, OTHER))]


def test_a_page_without_a_mirror_is_one_article() -> None:
    page = segment(f"Quay talks\n\n{PARAGRAPH}\n{OTHER}")
    assert page.method == "whole_page"
    assert contents(page) == [("Quay talks", (), (PARAGRAPH, OTHER))]


def test_a_listing_of_titles_has_no_article() -> None:
    page = segment("Quay talks resume\nRiver levels fall\nWho owns the north pier?\nCranes return")
    assert page.method == "none"
    assert [one.reason for one in page.leftovers] == ["no_article"]


def test_an_article_is_its_title_captions_and_paragraphs_and_nothing_else() -> None:
    one = make_article("ab", ["c"], ["d"])
    assert one.article_id == make_article("ab", ["c"], ["d"]).article_id
    others = [("a", ["bc"], ["d"]), ("ab", [], ["c", "d"]), ("ab", ["c", "d"], []), ("ab", [], [])]
    ids = {make_article(*parts).article_id for parts in others}
    assert len(ids) == len(others)
    assert one.article_id not in ids
