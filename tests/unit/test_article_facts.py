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
        ("Madrid, 3 mar (EFE).- ", "Madrid", "EFE"),
        ("Dubai, UAE, 3 May 2026 (WAM) -- ", "Dubai, UAE", "WAM"),
        ("NEW DELHI, Sept 12 (PTI) ", "NEW DELHI", "PTI"),
        ("OSLO, March 12, 2026 /PRNewswire/ -- ", "OSLO", "PR Newswire"),
        ("Tehran, IRNA – ", "Tehran", "IRNA"),
        ("(Beirut, March 4, 2026) – ", "Beirut", None),
        ("بغداد (رويترز) - ", "بغداد", "Reuters"),
        ("МОСКВА, 4 марта. /ТАСС/. ", "МОСКВА", "TASS"),
        ("(Bloomberg) -- ", None, "Bloomberg"),
        ("Analysis (Reuters) - ", None, "Reuters"),
        ("Georgia - a film, not the country - and ", None, None),
        ("Turkey - ", None, None),
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
    ("line", "dateline", "agency"),
    [
        ("ISTANBUL", "ISTANBUL", None),
        ("Baghdad / INA", "Baghdad", "INA"),
        ("AFP, Amman", "Amman", "AFP"),
        ("Istanbul", None, None),
        ("REUTERS/Ayla Demir", None, None),
    ],
)
def test_a_place_may_stand_on_a_line_above_the_text(
    line: str, dateline: str | None, agency: str | None
) -> None:
    found = facts(line, BODY)
    assert (found.dateline, found.agency) == (dateline, agency)


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("Source: Reuters", "Reuters"),
        ("— With reporting by AFP and Reuters", "AFP"),
        ("© 2026 AFP", "AFP"),
        ("(avec AFP)", "AFP"),
        ("The line will be free of charge. PTI", "PTI"),
        ("“It will not be late,” a clerk told AFP.", None),
        ("A ferry leaves the port of Trabzon. (Ayla Demir/AFP)", None),  # of the photo
    ],
)
def test_a_last_line_credits_an_agency(line: str, agency: str | None) -> None:
    assert facts(BODY, line).agency == agency


@pytest.mark.parametrize(
    ("paragraphs", "byline"),
    [
        (("By Ayla Demir | Reuters", BODY), "Ayla Demir"),
        (("By AYLA DEMIR AND JONAS LIND Associated Press", BODY), "Ayla Demir, Jonas Lind"),
        (("By Ayla Demir, Staff Writer", BODY), "Ayla Demir"),
        (("By Dr. Ayla Demir", BODY), "Ayla Demir"),
        (("Photographs and Text by Ayla Demir", BODY), "Ayla Demir"),
        (("Photographs by Ayla Demir", BODY), None),
        (("Ayla Demir in Cairo and Jonas Lind in Lisbon", BODY), "Ayla Demir, Jonas Lind"),
        (("Ayla Demir, Reuters", BODY), "Ayla Demir"),
        (("Ayla Demir / Reuters", BODY), None),  # of a photo
        (("Ayla Demir", BODY, "Ayla Demir is a writer in Fez."), "Ayla Demir"),
        (("Silent Harvest", BODY), None),
        (("Heavy Snow in Erbil", BODY), None),
        (
            (BODY, "Reporting by Ayla Demir", "Writing by Jonas Lind", "Editing by Ida Moe"),
            "Ayla Demir",
        ),
        ((BODY, "Additional reporting by Jonas Lind; editing by Ida Moe"), None),
        ((BODY, BODY, "By Ayla Demir in Valencia"), "Ayla Demir"),
        ((BODY, "Published by Harrow Lane Press, the book has sold out."), None),
        (("By the Editorial Staff", BODY), None),
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
        (("By Ayla Demir March 4, 2026", BODY), date(2026, 3, 4), "label"),
        (("Updated March 5, 2026 | Published March 4, 2026", BODY), date(2026, 3, 4), "label"),
        (("2026-02-17T09:40:00+03:00", BODY), date(2026, 2, 17), "label"),
        (("Updated 10:15 AM EST, Wed March 4, 2026", BODY), date(2026, 3, 4), "label"),
        (("Veröffentlicht am 4. Mai 2026", BODY), date(2026, 5, 4), "label"),
        (("نشر في ٤ مارس ٢٠٢٦", BODY), date(2026, 3, 4), "label"),
        (("This story was first published on January 12, 2026.", BODY), date(2026, 1, 12), "label"),
        (("Date: 03/04/2026", BODY), None, None),  # of March or of April?
        ((BODY, "Updated rules come into force on 1 July 2026."), None, None),
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


_PIECES = st.sampled_from(
    [
        "ANKARA",
        "Beirut",
        "Iraq",
        "By",
        "Ayla Demir",
        "AND",
        " and ",
        "(",
        ")",
        "/",
        "Reuters",
        "AFP",
        ", ",
    ]
    + [
        " — ",
        " - ",
        ": ",
        "March 4",
        "2026",
        "Published",
        "Reporting by ",
        "in",
        "|",
        "©",
        ".",
        " ",
    ]
)


@given(st.lists(st.lists(_PIECES, max_size=12).map("".join), max_size=5))
def test_what_is_found_stands_in_the_text(paragraphs: list[str]) -> None:
    found = facts(*paragraphs)
    text = "\n".join(paragraphs)
    assert found.dateline is None or all(part in text for part in found.dateline.split(", "))
    names = found.byline.split(", ") if found.byline else []
    assert all(name.casefold() in text.casefold() for name in names)
    assert found.published_on is None or "2026" in text


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_text_has_facts_and_always_the_same(paragraphs: list[str]) -> None:
    found = facts(*paragraphs)
    assert facts(*paragraphs) == found
    assert (found.published_on is None) == (found.published_on_source is None)
