"""The page of a night's report says what the report holds, and nothing of it can do harm."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from pipelines.news import regions
from pipelines.reports import charts
from pipelines.reports.labels import Spot, spread
from pipelines.reports.page import fingerprint, is_page_of, render
from pipelines.reports.records import Landed, NightCount, NightReport
from tests.reporting import FULL, HOSTILE, LONG, NIGHT, SHORT

LIMA = Spot("Lima", -77.0, -12.0, 7)


class Reader(HTMLParser):
    """What a browser makes of a page: its elements, its words, and its addresses."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.labels: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href", "xlink:href", "srcset", "action", "data"}:
                self.addresses.append(value or "")
            if name == "aria-label" and ("role", "img") in attrs:
                self.labels.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return render(FULL)


def shown(report: NightReport) -> str:
    """The words of the report's page, apart from its charts' numbers."""
    return " ".join(" ".join(Reader(render(report)).words).split())


def test_hostile_titles_are_words_and_nothing_else(page: str) -> None:
    read = Reader(page)
    assert set(read.tags) & {"script", "img", "iframe", "object", "link", "image", "use"} == set()
    assert read.tags.count("title") == 1
    assert read.addresses == []
    # As the title of a story, a path, and in tables of names; labels of charts are cut.
    assert sum(HOSTILE in words for words in read.words) >= 4
    assert any(LONG in words for words in read.words)
    assert "default-src 'none'" in page
    # Nobody's terminal obeys it, and no chart shows what stood in place of a name.
    assert "\N{REPLACEMENT CHARACTER}]0;taken\N{REPLACEMENT CHARACTER}" in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f]|@\d+@", page)


def test_every_chart_is_told_in_words_and_as_a_table(page: str) -> None:
    read = Reader(page)
    figures = read.tags.count("figure")
    assert figures == 6
    assert read.tags.count("svg") == read.tags.count("details") == len(read.labels) == figures
    assert read.labels[0].startswith("Bar chart of the new articles of 60 nights up to 2026-03-05")
    assert f"{HOSTILE} 9, usually 1.5; {SHORT} 4, usually 0.0" in read.labels[1]
    assert "Lima with Lima (2) 1" in read.labels[4]
    assert "Map of the world with 3 places" in read.labels[5]
    assert len(read.ids) == len(set(read.ids))


def test_the_same_report_gives_the_same_bytes(page: str) -> None:
    assert render(FULL) == page
    assert is_page_of(page, FULL)
    assert not is_page_of(page, replace(FULL, places_in_all=6))
    assert not is_page_of("", FULL)
    assert fingerprint(FULL) != fingerprint(replace(FULL, night=NIGHT + timedelta(days=1)))


def test_a_place_that_lies_elsewhere_now_changes_the_page(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = regions._table()  # noqa: SLF001 - as if data/regions.csv were another
    monkeypatch.setattr(regions, "_table", lambda: table.replace(",PE,", ",TR,"))
    assert not is_page_of(page, FULL)


def test_what_landed_stands_beside_what_is_usual(page: str) -> None:
    assert FULL.usual()["new_articles"] == 35.0
    words = shown(FULL)
    assert "new articles 80 usually 35.0" in words
    assert "the mean of the 2 nights with files among the 28 before" in words
    assert "no_article 2 " in words
    assert "6 articles, 7 occurrences, 5 pages" in words
    assert "1 article, 1 occurrence, 1 page, 3 sites" in words
    assert "3 of 5 places of the night are on the map" in words
    assert "People stories usual score" in words and f"{SHORT} 4 0.0 4.0" in words
    assert str(FULL.stories[0].story_id) in page


def test_a_first_night_has_nothing_to_compare_with() -> None:
    first = replace(FULL, before=(), rising=(), timeline=(NightCount(NIGHT, 80, 70),))
    words = shown(first)
    assert words.count("There is nothing to compare with yet") == 2
    assert "usually" not in words
    assert "The biggest new stories" in words


def test_a_night_on_which_nothing_landed_says_so() -> None:
    empty = NightReport(NIGHT, None, (), (), (), (), (), (), (), (), 0)
    read = Reader(render(empty))
    assert "No file landed on this night." in read.words
    assert "svg" not in read.tags
    later = replace(empty, before=FULL.before, timeline=FULL.timeline[:-1])
    assert Reader(render(later)).tags.count("svg") == 1


def test_a_night_of_which_all_is_known_already_says_so() -> None:
    repeat = NightReport(
        NIGHT, Landed(2, 2, 3, 3, 0, 0), FULL.before, (), (), (), (), (), (), (), 0
    )
    words = shown(repeat)
    assert "Nothing: every file and page could be read." in words
    assert "every article that landed belongs to a story of an earlier night" in words
    assert "Nobody and nothing is named in clearly more stories than usual." in words
    assert "There are no two names to show." in words
    assert "No place is named whose position is known." in words


def test_charts_draw_every_row() -> None:
    drawn = charts.rising(FULL.rising[0].kind, FULL.rising[:2])
    assert drawn.svg.count("<circle") + drawn.svg.count("<path") >= 4
    assert ">&lt;img src=//z&gt;</text>" in drawn.svg
    matrix = charts.together(FULL.named, FULL.together).svg
    assert (matrix.count(">5</text>"), matrix.count(">1</text>")) == (2, 6)
    assert matrix.count(">&lt;img src=//z&gt;</text>") == 2


def test_names_on_the_map_keep_clear_of_each_other_and_of_the_edge() -> None:
    near = Spot("Callao", -77.0, -12.1, 3)
    third = Spot("Miraflores", -77.0, -12.2, 2)
    east = Spot("Suva", 178.4, -18.1, 1)
    assert spread([LIMA, near, third, east], 360) == {0: "right", 1: "left", 3: "left"}
