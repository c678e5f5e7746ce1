"""What a caption's ending says."""

import timeit
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.news.agencies import find_agencies
from pipelines.news.captions import parse_caption

CREDITED = [
    ("Fishermen mend their nets. (Reuters)", "Reuters", ["Reuters"]),
    ("Fishermen mend their nets (Reuters).", "Reuters", ["Reuters"]),
    ("Fishermen mend nets, in a picture from a video. via REUTERS", "REUTERS", ["Reuters"]),
    ("Fishermen mend their nets via REUTERS", "REUTERS", ["Reuters"]),
    ("Fishermen mend their nets [Jo Ray/Reuters]", "Jo Ray/Reuters", ["Reuters"]),
    ("Fishermen mend their nets - Agency/AFP", "Agency/AFP", ["AFP"]),
    ("Fishermen mend nets — Jane Doe/Getty Images", "Jane Doe/Getty Images", ["Getty Images"]),
    ("Fishermen mend their nets | AFP", "AFP", ["AFP"]),
    ("The premier opens a bridge (Prime Minister's Office)", "Prime Minister's Office", []),
    ("The premier opens a bridge (Prime Minister’s Office)", "Prime Minister’s Office", []),
    ("The harbour from above (Government media)", "Government media", []),
    ("The harbour from above. (Harbour Watch)", "Harbour Watch", []),
    ("Voters queue. (AP Photo/Jane Doe, File)", "AP Photo/Jane Doe, File", ["AP"]),
    (
        "Voters queue. (Photo by Jo Ray/Anadolu via Getty Images)",
        "Jo Ray/Anadolu via Getty Images",
        ["Anadolu", "Getty Images"],
    ),
    ("Voters queue. Photo: Jane Doe", "Jane Doe", []),
    ("Voters queue. (Photo: AFP)", "AFP", ["AFP"]),
    ("Voters queue. Courtesy of the Ministry of Health", "the Ministry of Health", []),
    ("Voters queue in the rain REUTERS/Jane Doe", "REUTERS/Jane Doe", ["Reuters"]),
    ("Voters queue in Cairo REUTERS/Jane Doe", "REUTERS/Jane Doe", ["Reuters"]),
    ("Voters queue. REUTERS/J. Doe/File Photo", "REUTERS/J. Doe/File Photo", ["Reuters"]),
    ("Voters queue. Handout via REUTERS", "Handout via REUTERS", ["Reuters"]),
    ("Voters queue. (File photo/AFP)", "File photo/AFP", ["AFP"]),
    ("Voters queue. Associated Press", "Associated Press", ["AP"]),
    ("Voters queue (Reuters) (file)", "Reuters", ["Reuters"]),
    ("A scene with Octavia Doe/AFP", "Octavia Doe/AFP", ["AFP"]),
    ("The dam. (State Agency (SANA) via AP)", "State Agency (SANA) via AP", ["SANA", "AP"]),
    ("Reuters", "Reuters", ["Reuters"]),
]
UNCREDITED = [
    "The minister meets the envoy (left)",
    "The minister meets the envoy (second from right)",
    "Senator Doe (R)",
    "Senator Doe (R-Ohio)",
    "The bridge (2019)",
    "The bridge (April 2024)",
    "The bridge (Nov. 20)",
    "The bridge (file)",
    "The bridge (File photo)",
    "The bridge (C)",
    "The bridge",
    "A goal by the captain (Rovers)",
    "Envoys of the Middle East (MENA region)",
    "Men of the Harbour Defence Corps (HDC)",
    "The head of the Palestinian Authority (PA)",
    "The spokesman told AFP",
    "The talks in Geneva – Switzerland",
    "Two men walk – one of them in red",
    "Image: a ship leaves the harbour",
]


@pytest.mark.parametrize(("text", "credit", "agencies"), CREDITED)
def test_a_credit_is_the_words_of_the_ending(text: str, credit: str, agencies: list[str]) -> None:
    caption = parse_caption(text)
    assert (caption.credit, list(caption.agencies)) == (credit, agencies)
    assert caption.text == text


@pytest.mark.parametrize("text", UNCREDITED)
def test_an_ending_that_names_no_source_is_no_credit(text: str) -> None:
    caption = parse_caption(text)
    assert (caption.credit, caption.agencies) == (None, ())


@pytest.mark.parametrize(
    ("credit", "agencies"),
    [
        ("REUTERS", ("Reuters",)),
        ("Agence France-Presse", ("AFP",)),
        ("Anadolu Agency", ("Anadolu",)),
        ("Jo Ray/AA", ("Anadolu",)),
        ("EPA-EFE", ("EPA",)),
        ("Saudi Press Agency", ("SPA",)),
        ("Sputnik via AP", ("Sputnik", "AP")),
        ("AP, AFP and Associated Press", ("AP", "AFP")),
        ("Asharq Al-Awsat", ("Asharq Al-Awsat",)),
        ("Jo Ray/NurPhoto via Getty Images", ("NurPhoto", "Getty Images")),
        ("EPA Administrator's Office", ()),
        ("Spa Hotel", ()),
        ("Panama", ()),
    ],
)
def test_agencies_go_by_one_name_each_in_order(credit: str, agencies: tuple[str, ...]) -> None:
    assert find_agencies(credit) == agencies


@pytest.mark.parametrize(
    ("text", "when", "precision"),
    [
        ("A crowd, Wednesday, April 23, 2025. (AP)", date(2025, 4, 23), "day"),
        ("A crowd on November 20, 2024, in the square", date(2024, 11, 20), "day"),
        ("A crowd on November\u00a020, 2024", date(2024, 11, 20), "day"),
        ("A crowd, 19 February, 2016", date(2016, 2, 19), "day"),
        ("A crowd, 19 Feb. 2016", date(2016, 2, 19), "day"),
        ("A crowd on the 3rd of May 2021", date(2021, 5, 3), "day"),
        ("A crowd, Sept. 5, 2024", date(2024, 9, 5), "day"),
        ("A crowd, 2024-11-20", date(2024, 11, 20), "day"),
        ("A crowd, 03/14/2025", date(2025, 3, 14), "day"),
        ("A crowd, 14/03/2025", date(2025, 3, 14), "day"),
        ("A crowd, 04/04/2025", date(2025, 4, 4), "day"),
        ("Built May 1, 2001, seen June 2, 2003, in May 2004", date(2003, 6, 2), "day"),
        ("A crowd in April 2024. (EPA)", date(2024, 4, 1), "month"),
        ("A crowd in 2016", date(2016, 1, 1), "year"),
        ("File photo 2016. (AFP)", date(2016, 1, 1), "year"),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(text: str, when: date, precision: str) -> None:
    caption = parse_caption(text)
    assert (caption.caption_date, caption.caption_date_precision) == (when, precision)


@pytest.mark.parametrize(
    "text",
    [
        "A crowd, 03/04/2025",
        "A crowd on 31 February 2024",
        "A crowd on February 29, 2023",
        "A crowd on May 5, 0000",
        "A crowd in May 3024",
        "A crowd of 2000 people",
        "A crowd on Nov. 20",
        "A crowd in room 20245",
        "It may 2024 times",
    ],
)
def test_what_is_no_certain_date_is_none(text: str) -> None:
    caption = parse_caption(text)
    assert (caption.caption_date, caption.caption_date_precision) == (None, None)


_PIECES = st.sampled_from(
    [
        "(",
        ")",
        "[",
        "]",
        "/",
        " - ",
        ". ",
        "via ",
        "AP",
        "Reuters",
        "Photo: ",
        "May ",
        "31 ",
        "2024",
    ]
)


@settings(deadline=None)  # dateparser loads its tables at the first date
@given(st.lists(_PIECES | st.text(max_size=8), min_size=1, max_size=12).map("".join))
def test_no_text_raises(text: str) -> None:
    caption = parse_caption(text)
    assert caption.text == text
    assert (caption.caption_date is None) == (caption.caption_date_precision is None)
    assert caption.credit is None or caption.credit.strip()
    assert not caption.agencies or caption.credit


def test_a_caption_without_a_date_costs_microseconds() -> None:
    text = "Fishermen mend their nets on the quay of the old harbour at dawn. (Jane Doe/Reuters)"
    seconds = min(timeit.repeat(lambda: parse_caption(text), number=200, repeat=5)) / 200
    # 10 to 30 µs as measured; dateparser alone would take 500.
    assert seconds < 200e-6


def test_a_page_long_caption_is_read_in_linear_time() -> None:
    for piece in ("( ", "Ray/", "via ", "in 2", ". ", "May 20, ", "'’", "A "):
        text = piece * 20_000
        assert timeit.timeit(lambda text=text: parse_caption(text), number=1) < 2  # type: ignore[misc]
