"""The page of a night's report in a real browser, from its file: on a phone, on a desk, on paper.

The test is skipped where no chromium is on PATH, unless BROADSHEET_TEST_NEEDS_BROWSER is set.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from pipelines.reports.page import render
from tests.e2e.dagster_ui import BROWSER, browsing, photograph
from tests.reporting import FULL

pytestmark = pytest.mark.skipif(
    BROWSER is None and "BROADSHEET_TEST_NEEDS_BROWSER" not in os.environ,
    reason="no chromium on PATH (Debian: apt-get install chromium)",
)

CHARTS = 6
TALLEST = 900  # pixels of a sheet of paper that a chart may take


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """All that the browser asked for, and all that it complained of."""
    return []


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, asked: list[str]) -> Iterator[Page]:
    """The page of a night with titles that mean harm, opened from its file."""
    path = tmp_path_factory.mktemp("reports") / f"{FULL.night}.html"
    path.write_text(render(FULL), encoding="utf-8")

    def complain(message: ConsoleMessage) -> None:
        asked.append(message.text)

    with browsing("file://") as opened:
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("console", complain)
        opened.goto(path.as_uri())
        assert asked.pop(0) == path.as_uri()
        yield opened


def widths(page: Page) -> tuple[int, int]:
    """How wide the page is, and how wide the window."""
    found: list[int] = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return found[0], found[1]


@pytest.mark.parametrize("width", [380, 1200])
def test_all_is_seen_without_scrolling_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    charts = page.get_by_role("img")
    expect(charts).to_have_count(CHARTS)
    for chart in charts.all():
        expect(chart).to_be_visible()
        box = chart.locator("svg").bounding_box()
        assert box and box["width"] >= 300 and box["height"] >= 30
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert widths(page) == (width, width)
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.get_by_role("table")).to_have_count(CHARTS + 1)
    assert widths(page) == (width, width)
    photograph(page, f"report-{width}")
    for summary in page.locator("summary").all():
        summary.click()


def test_letters_of_charts_can_be_read_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 380, "height": 800})
    heights: list[float] = page.evaluate(
        "[...document.querySelectorAll('svg text')].filter(one => one.textContent)"
        ".map(one => parseFloat(getComputedStyle(one).fontSize)"
        " * one.getScreenCTM().a)"
    )
    turned = [height for height in heights if abs(height) < 1e-6]  # labels that stand upright
    assert heights and len(turned) < len(heights) / 2
    assert min(height for height in heights if height not in turned) >= 7


def test_on_paper_no_chart_is_cut(page: Page) -> None:
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print")
    figures = page.locator("figure")
    for figure in figures.all():
        assert figure.evaluate("one => getComputedStyle(one).breakInside") == "avoid"
        box = figure.bounding_box()
        assert box and box["height"] < TALLEST
    expect(page.locator("details").first).to_be_hidden()
    page.emulate_media(media="screen")


def test_titles_that_mean_harm_are_only_read(page: Page, asked: list[str]) -> None:
    expect(page).to_have_title("Broadsheet, the night of 2026-03-05")
    expect(page.get_by_role("listitem").first).to_contain_text(FULL.stories[0].title)
    assert page.locator("script, img, iframe, link").count() == 0
    assert asked == []
