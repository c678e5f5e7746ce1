"""Operators run nights in the Dagster UI, in a real browser, by what they read on the screen.

Pictures of what they see are in `var/tests/screenshots` afterwards. The test is skipped where no
chromium is on PATH, unless BROADSHEET_TEST_NEEDS_BROWSER is set.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from dagster import DagsterInstance
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, text

from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT
from pipelines.settings import settings as read_settings
from tests.conftest import fresh_database
from tests.e2e.dagster_ui import BROWSER, browsing, photograph, serving, shown
from tests.e2e.ports import LOOPBACK
from tests.integration.loading import everything, load

pytestmark = pytest.mark.skipif(
    BROWSER is None and "BROADSHEET_TEST_NEEDS_BROWSER" not in os.environ,
    reason="no chromium on PATH (Debian: apt-get install chromium)",
)

SAMPLES = ROOT / "sample_data" / "landing"
WRONG = "type,name,aliases\nORG,Reuters,Reuters News Agency\n"
RIGHT = WRONG.replace("type", "entity_type", 1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A BROADSHEET_HOME of its own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("BROADSHEET_HOME", str(folder))
    read_settings.cache_clear()
    yield folder
    read_settings.cache_clear()


@pytest.mark.timeout(600)
def test_an_operator_loads_a_night_and_resumes_one_that_failed(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    engine: Engine,
    home: Path,
    tmp_path: Path,
) -> None:
    zone = LandingZone(tmp_path / "landing")
    zone.root.mkdir()
    aliases = home / "aliases.csv"
    reports = home / "reports"
    with (
        files_served(reports) as served,
        serving(home, zone.root, tmp_path / "ui.log", BROADSHEET_REPORTS_URL=served) as url,
        browsing(url) as page,
    ):
        today = load_the_newest_night(page, zone)
        read_what_was_loaded(page, engine)
        find_the_report(page, reports / f"{today}.html")
        yesterday = today - timedelta(days=1)
        drop(zone, yesterday, "2026-03-03")
        aliases.write_text(WRONG, encoding="utf-8")
        fail(page, yesterday, f"{aliases}: An alias file has the columns entity_type, name")
        aliases.write_text(RIGHT, encoding="utf-8")
        resume(page)
        read_what_the_schedule_does(page)
    with fresh_database(server_url, template) as undisturbed:
        load(instance, zone, yesterday, today)
        expected = everything(undisturbed)
    assert everything(engine) == expected


@contextmanager
def files_served(folder: Path) -> Iterator[str]:
    """The URL of a folder, as an operator's web server has it."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def drop(zone: LandingZone, night: date, sample: str) -> None:
    """A night of the sample data, as if it had landed now."""
    shutil.copytree(SAMPLES / sample, zone.folder(night))


def asked_to_materialize(page: Page) -> tuple[Locator, Locator]:
    """The dialog that asks for nights to load with all seven assets, and its field for them."""
    page.goto("/jobs")
    page.get_by_text("nightly", exact=True).click()
    page.get_by_role("button", name="Materialize all…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Launch runs to materialize 7 assets")
    return dialog, dialog.get_by_role("textbox")


def load_the_newest_night(page: Page, zone: LandingZone) -> date:
    """Choose the newest night, let it land, load it, and see the run succeed."""
    dialog, field = asked_to_materialize(page)
    dialog.get_by_role("button", name="Latest").click()
    expect(field).to_have_value(re.compile(r"\d{4}-\d\d-\d\d"))
    night = date.fromisoformat(field.input_value())
    drop(zone, night, "2026-03-02")
    photograph(page, "1-materialize")
    launch(page, dialog, night)
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    photograph(page, "2-succeeded")
    return night


def launch(page: Page, dialog: Locator, night: date) -> None:
    """Launch the run, and open its page from the list of runs."""
    dialog.get_by_role("button", name="Launch 1 run").click()
    expect(dialog).to_be_hidden()
    page.goto("/runs")
    page.get_by_role("link", name="View", exact=True).first.click()
    expect(page.get_by_text(f"partition: {night}").first).to_be_visible()


def read_what_was_loaded(page: Page, engine: Engine) -> None:
    """The pages of the assets show what the run did and what the tables hold."""
    page.goto("/assets/source_files")
    expect(page.get_by_text("decoded, or put in quarantine with a reason")).to_be_visible()
    assert (shown(page, "files"), shown(page, "files_read")) == ("10", "10")
    assert shown(page, "quarantined") == "3"
    assert json.loads(shown(page, "quarantine_reasons")) == {"binary": 1, "blank": 1, "empty": 1}
    page.get_by_role("cell", name="quarantine_reasons").scroll_into_view_if_needed()
    photograph(page, "3-source_files")
    page.goto("/assets/articles")
    expect(page.get_by_text("Row count", exact=True).locator("..")).to_have_text("Row count11")
    assert (shown(page, "pages"), shown(page, "occurrences")) == ("7", "13")
    expect(page.get_by_role("row", name=re.compile("article_id .*uuid"))).to_be_visible()
    photograph(page, "4-articles")
    page.goto("/assets/analytics")
    assert int(shown(page, "nights_counted")) > 0
    photograph(page, "5-analytics")
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from news.articles")) == 11


def find_the_report(page: Page, path: Path) -> None:
    """The page of the asset says where the night's report is and what it tells, and links to it."""
    page.goto("/assets/report")
    assert str(path) in shown(page, "report")
    expect(page.get_by_text("10 files with 13 occurrences of 11 articles")).to_be_visible()
    photograph(page, "6-report")
    with page.expect_popup() as opened:
        page.get_by_role("link", name=path.name).click()
    expect(opened.value).to_have_title(f"Broadsheet, the night of {path.stem}")
    opened.value.close()


def fail(page: Page, night: date, sentence: str) -> None:
    """Load a night whose run fails, and read why."""
    dialog, field = asked_to_materialize(page)
    field.fill(night.isoformat())
    field.press("Enter")
    launch(page, dialog, night)
    expect(page.get_by_text("Failure", exact=True).first).to_be_visible()
    expect(page.get_by_text(sentence).first).to_be_visible()
    photograph(page, "7-failed")


def resume(page: Page) -> None:
    """Take the run up where it failed, and see what was left to do succeed."""
    failed = page.url
    # The arrow beside the button has no name.
    page.get_by_role("button", name="Re-execute all").locator(
        "xpath=following::button"
    ).first.click()
    page.get_by_role("menuitem", name="From failure").click()
    page.wait_for_url(lambda url: url != failed)
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    steps = "['entities', 'entities_no_orphan_entities', 'analytics', 'report']"
    expect(page.get_by_text(steps).first).to_be_visible()
    photograph(page, "8-resumed")


def read_what_the_schedule_does(page: Page) -> None:
    """The list of what runs by itself leads to a page with a description."""
    page.goto("/automation")
    schedule = page.get_by_role("link", name="nightly_schedule")
    expect(schedule).to_be_visible()
    photograph(page, "9-automation")
    schedule.click()
    expect(page.get_by_text("Loads the night before, at 02:00.")).to_be_visible()
    photograph(page, "10-schedule")
