"""What an article says of itself, and what it does not say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.article_facts import ArticleFacts, article_facts
from pipelines.news.segment import make_article

BODY = "The ferry line to Trabzon will open in spring, the port authority said on Monday."


def facts(*paragraphs: str, captions: tuple[str, ...] = ()) -> ArticleFacts:
    return article_facts(make_article("Ferry Line to Open", captions, paragraphs))


@pytest.mark.parametrize(
    ("opening", "dateline", "agency"),
    [
        ("ANKARA (Reuters) - ", "ANKARA", "Reuters"),
        ("BEIRUT, Feb. 27 (Xinhua) -- ", "BEIRUT", "Xinhua"),
        ("Damascus (AFP) – ", "Damascus", "AFP"),
        ("Erbil, Kurdistan Region — ", "Erbil, Kurdistan Region", None),
        ("BAGHDAD — ", "BAGHDAD", None),
        ("ANKARA/BAGHDAD (Reuters) - ", "ANKARA/BAGHDAD", "Reuters"),
        ("AMMAN: ", "AMMAN", None),
        ("NATO — ", None, None),
        ("Analysis: ", None, None),
        ("", None, None),
    ],
)
def test_a_first_line_says_where_from_and_by_whom(
    opening: str, dateline: str | None, agency: str | None
) -> None:
    found = facts(opening + BODY, "A second paragraph ends it.")
    assert (found.dateline, found.agency) == (dateline, agency)


@pytest.mark.parametrize(
    ("paragraphs", "byline"),
    [
        (("By Ayla Demir and Jonas Lind", BODY), "Ayla Demir, Jonas Lind"),
        (("By AYLA DEMIR, Associated Press", BODY), "Ayla Demir"),
        ((BODY, "(Reporting by Ayla Demir in Ankara; Editing by Ida Moe)"), "Ayla Demir"),
        ((BODY, "By the end of May there will be trains."), None),
        ((BODY,), None),
    ],
)
def test_a_line_around_the_text_says_who_wrote_it(
    paragraphs: tuple[str, ...], byline: str | None
) -> None:
    assert facts(*paragraphs).byline == byline


@pytest.mark.parametrize(
    ("paragraphs", "published_on", "source"),
    [
        ((f"BAGHDAD, March 3, 2026 (Reuters) - {BODY}",), date(2026, 3, 3), "dateline"),
        (("Published: 4 March 2026", BODY), date(2026, 3, 4), "label"),
        ((BODY, "Last updated on March 5, 2026 at 9:12 a.m."), date(2026, 3, 5), "label"),
        ((f"BEIRUT, Feb. 27 (Xinhua) -- {BODY}",), None, None),  # of which year?
        ((f"The line was promised on March 3, 2016. {BODY}",), None, None),  # of an event
    ],
)
def test_a_publication_date_needs_evidence(
    paragraphs: tuple[str, ...], published_on: date | None, source: str | None
) -> None:
    found = facts(*paragraphs)
    assert (found.published_on, found.published_on_source) == (published_on, source)


def test_a_caption_credits_the_photo_and_not_the_text() -> None:
    found = facts(BODY, captions=("A ferry, March 3, 2016. (AFP)",))
    assert (found.agency, found.published_on) == (None, None)


@pytest.mark.parametrize(
    ("body", "language"),
    [
        (BODY, "en"),
        ("Der Minister sagte am Montag, dass die Brücke im Frühjahr geöffnet wird.", "de"),
        ("Bakan pazartesi günü köprünün ilkbaharda açılacağını söyledi.", "tr"),
        ("123 456", None),
    ],
)
def test_the_language_is_that_of_the_text(body: str, language: str | None) -> None:
    article = make_article("", (), (body,))
    assert article_facts(article).language == language


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_text_has_facts_and_always_the_same(paragraphs: list[str]) -> None:
    found = facts(*paragraphs)
    assert facts(*paragraphs) == found
    assert (found.published_on is None) == (found.published_on_source is None)
