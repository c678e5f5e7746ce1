"""A night's report: what is read of the tables, and when its page is written."""

import os
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster import AssetKey, DagsterInstance
from sqlalchemy import Connection, Engine, text
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.definitions import defs
from pipelines.defs.partitions import range_tags
from pipelines.report_file import write_report
from pipelines.reports.records import (
    Kind,
    Landed,
    Named,
    NightCount,
    Place,
    Refused,
    Rising,
)
from pipelines.settings import settings as read_settings
from pipelines.store import analytics
from pipelines.store.database import write_transaction
from pipelines.store.night_report import is_loaded, newest_night, read_night
from pipelines.store.takedowns import take_down
from tests.conftest import fresh_database
from tests.integration.conftest import NIGHTS, before_statement, no_room
from tests.integration.writing import FIRST_NIGHT, put_article
from tests.integration.writing import Named as Mention

ANN, BOB, EVE = (Mention("PERSON", name) for name in ("Ann", "Bob", "Eve"))
OSLO, PORT, FJORD = Mention("GPE", "Oslo"), Mention("ORG", "Port"), Mention("LOC", "Fjord")
REUTERS = Mention("ORG", "Reuters")


def night(number: int) -> date:
    return FIRST_NIGHT + timedelta(days=number)


@pytest.fixture(scope="module")
def archive(server_url: str, template: str) -> Iterator[Engine]:
    """Two quiet nights long ago and two before the night 3; tests leave them as they are."""
    with fresh_database(server_url, template) as engine:
        with engine.begin() as connection:
            put_articles(connection)
        analytics.refresh(engine)
        yield engine


def put_articles(connection: Connection) -> None:
    put_article(connection, "Long ago", nights=[-60], names=[ANN])
    put_article(connection, "Before the window", nights=[-26], names=[ANN])
    put_article(connection, "Quiet", nights=[0, 3], names=[ANN, OSLO])
    put_article(connection, "Quiet too", nights=[2], names=[OSLO])
    put_article(connection, "Big", nights=[3, 3], names=[ANN, BOB, OSLO, PORT, REUTERS])
    put_article(connection, "Big again", nights=[3, 4], copy_of="Big", names=[ANN, BOB, REUTERS])
    put_article(connection, "Small", nights=[3], names=[ANN, BOB, REUTERS, FJORD])
    put_article(connection, "Late copy", nights=[3], copy_of="Quiet", names=[ANN, EVE])
    put_article(connection, "Afterwards", nights=[4], names=[EVE, EVE])
    connection.execute(
        text(
            "update news.entities set country_code = 'NO', geoname_id = 3143244"
            " where display_name = 'Oslo'"
        )
    )
    for path, reason in (
        ("b", "blank"),
        ("d", "binary"),
        ("c", "blank"),
        ("a", "blank"),
        ("z", "blank"),
    ):
        connection.execute(
            text("insert into ops.ingested_files values (:night, :path, sha256('a'), 1, '1', '1')"),
            {"night": night(3), "path": path},
        )
        connection.execute(
            text("""
            insert into ops.quarantine
            values (gen_random_uuid(), :night, :path, null, :reason, 'It is.', '')
            """),
            {"night": night(3), "path": path, "reason": reason},
        )


# --- what is read


def test_a_night_is_read_with_what_was_usual_before(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(3))
    assert found.landed == Landed(11, 6, 6, 5, 4, 5)
    # Of the window of 28 nights only these two have files; the one at its edge is out.
    assert found.before == (Landed(1, 1, 1, 1, 1, 0), Landed(1, 1, 1, 1, 1, 0))
    assert found.refused == (Refused("blank", 4, ("a", "b", "c")), Refused("binary", 1, ("d",)))


def test_new_stories_are_as_far_as_they_had_spread_that_night(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(3)).stories
    counts = [(one.title, one.articles, one.occurrences, one.pages, one.sites) for one in found]
    assert counts == [("Big", 2, 3, 3, 0), ("Small", 1, 1, 1, 0)]


def test_what_rises_is_measured_in_stories_against_the_nights_before(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(3)).rising
    # Two new articles on the nights before and four tonight: twice as many are to be expected.
    assert found == (Rising(Kind.PEOPLE, "Bob", 2, 0.0, 2.0),)
    with archive.connect() as connection:
        connection.execute(
            text("delete from news.entity_days where night = :night"), {"night": night(0)}
        )
        found = read_night(connection, night(3)).rising
    assert found == (
        Rising(Kind.PEOPLE, "Ann", 3, 0.0, 3.0),
        Rising(Kind.PEOPLE, "Bob", 2, 0.0, 2.0),
    )


def test_a_first_night_has_nothing_that_rises(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(-60))
    assert (found.before, found.rising) == ((), ())
    assert found.landed
    assert [one.title for one in found.stories] == ["Long ago"]


def test_the_timeline_ends_with_the_night_and_begins_59_before(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(3)).timeline
    assert found == (
        NightCount(night(-26), 1, 1),
        NightCount(night(0), 1, 1),
        NightCount(night(2), 1, 1),
        NightCount(night(3), 4, 2),
    )


def test_who_is_named_with_whom_counts_stories_and_no_agency(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(3))
    assert found.named == (
        Named("Ann", "PERSON", 3),
        Named("Bob", "PERSON", 2),
        Named("Eve", "PERSON", 1),
        Named("Fjord", "LOC", 1),
        Named("Oslo", "GPE", 1),
        Named("Port", "ORG", 1),
    )
    pairs = {
        (found.named[p.one].display_name, found.named[p.other].display_name): p.stories
        for p in found.together
    }
    assert pairs == {
        ("Ann", "Bob"): 2,
        ("Ann", "Eve"): 1,
        ("Ann", "Fjord"): 1,
        ("Ann", "Oslo"): 1,
        ("Ann", "Port"): 1,
        ("Bob", "Fjord"): 1,
        ("Bob", "Oslo"): 1,
        ("Bob", "Port"): 1,
        ("Oslo", "Port"): 1,
    }


def test_places_are_those_that_lie_somewhere(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(3))
    assert found.places == (Place("Oslo", "NO", 3143244, 1),)
    assert found.places_in_all == 2


def test_a_night_without_files_is_read_as_empty(archive: Engine) -> None:
    with archive.connect() as connection:
        found = read_night(connection, night(5))
        assert (newest_night(connection), is_loaded(connection, night(5))) == (night(4), False)
        assert is_loaded(connection, night(4))
    assert found.landed is None
    assert len(found.before) == 4
    told = (found.stories, found.rising, found.named, found.together, found.places)
    assert not any(told)


# --- when it is written


def run_reports(
    instance: DagsterInstance, first: date, last: date, *, force: bool = False
) -> dict[str, dg.AssetMaterialization]:
    """Run the asset alone for a range of nights; what it said of each."""
    done = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            tags=range_tags(first, last),
            asset_selection=[AssetKey("report")],
            run_config={"ops": {"report": {"config": {"force": force}}}},
        )
    )
    assert done.success
    said = [
        one.step_materialization_data.materialization
        for one in done.get_asset_materialization_events()
    ]
    return {one.partition or "": one for one in said}


def pages(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("copy")
def test_a_run_writes_a_page_a_night_and_says_where(
    instance: DagsterInstance, reports: Path
) -> None:
    said = run_reports(instance, NIGHTS[0], NIGHTS[-1])
    assert sorted(said) == [str(one) for one in NIGHTS]
    assert sorted(pages(reports)) == [f"{one}.html" for one in NIGHTS]
    for key, one in said.items():
        assert one.metadata["report"] == dg.MetadataValue.path(reports / f"{key}.html")
        assert one.metadata["reports_written"].value == 1
        assert "report_url" not in one.metadata
    first = said[str(NIGHTS[0])].metadata
    assert first["summary"] == dg.MetadataValue.md(
        "**2026-01-05**: 2 files with 2 occurrences of 2 articles, 2 of them new; 1 in quarantine."
        " There is nothing to compare with yet."
    )
    stories = first["biggest_new_stories"]
    assert isinstance(stories, dg.TableMetadataValue)
    assert stories.records[0].data["title"] == "Report: Hulusi Demir told reporters"


@pytest.mark.usefixtures("copy")
def test_the_page_is_linked_where_it_is_served(
    instance: DagsterInstance, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_REPORTS_URL", "https://news.example/reports/")
    read_settings.cache_clear()
    (said,) = run_reports(instance, NIGHTS[0], NIGHTS[0]).values()
    served = "https://news.example/reports/2026-01-05.html"
    assert said.metadata["report_url"] == dg.MetadataValue.url(served)
    assert said.metadata["report"] == dg.MetadataValue.path(reports / "2026-01-05.html")


@pytest.mark.usefixtures("copy")
def test_a_night_without_files_has_a_page_only_if_it_was_asked_for(
    instance: DagsterInstance, reports: Path
) -> None:
    last, empty = NIGHTS[-1], NIGHTS[-1] + timedelta(days=1)
    said = run_reports(instance, last, empty)
    assert list(pages(reports)) == [f"{last}.html"]
    assert said[str(empty)].metadata == {
        "reports_written": dg.MetadataValue.int(0),
        "summary": dg.MetadataValue.md("No file landed, and so there is no page."),
    }
    (alone,) = run_reports(instance, empty, empty).values()
    assert alone.metadata["summary"] == dg.MetadataValue.md("**2026-01-08**: no file landed.")
    page = pages(reports)[f"{empty}.html"]
    assert b"No file landed on this night." in page
    # Now that it is there, it is brought up to date with those around it.
    (reports / f"{empty}.html").write_text("<p>of another version", encoding="utf-8")
    again = run_reports(instance, last, empty)
    written = {key: one.metadata["reports_written"].value for key, one in again.items()}
    assert written == {str(last): 0, str(empty): 1}
    assert pages(reports)[f"{empty}.html"] == page


def test_a_night_of_which_no_file_could_be_read_has_a_page(
    instance: DagsterInstance, copy: Engine, reports: Path
) -> None:
    bad = NIGHTS[-1] + timedelta(days=1)
    with copy.begin() as connection:
        for statement in (
            "insert into ops.ingested_files values (:night, 'a', sha256('a'), 1, '1', '1')",
            """
            insert into ops.quarantine
            values (gen_random_uuid(), :night, 'a', null, 'blank', 'It is.', '')
            """,
        ):
            connection.execute(text(statement), {"night": bad})
    analytics.refresh(copy)
    run_reports(instance, bad, bad + timedelta(days=1))
    assert list(pages(reports)) == [f"{bad}.html"]


def test_a_page_is_written_again_only_where_it_would_change(
    instance: DagsterInstance, copy: Engine, reports: Path
) -> None:
    first, second, third = NIGHTS

    def rerun() -> dict[date, object]:
        said = run_reports(instance, first, third)
        return {night: said[str(night)].metadata["reports_written"].value for night in NIGHTS}

    assert rerun() == {first: 1, second: 1, third: 1}
    written = pages(reports)
    times = {path: path.stat().st_mtime_ns for path in reports.iterdir()}
    assert rerun() == {first: 0, second: 0, third: 0}
    assert {path: path.stat().st_mtime_ns for path in reports.iterdir()} == times
    (reports / f"{second}.html").write_text("<p>cut off", encoding="utf-8")
    with copy.begin() as connection:
        connection.execute(
            text("update news.articles set title = '<b>New</b>' where first_landed_on = :night"),
            {"night": third},
        )
    assert rerun() == {first: 0, second: 1, third: 1}
    renamed = f"{third}.html"
    assert b"&lt;b&gt;New&lt;/b&gt;" in pages(reports)[renamed]
    assert {**pages(reports), renamed: b""} == {**written, renamed: b""}
    (forced,) = run_reports(instance, first, first, force=True).values()
    assert forced.metadata["reports_written"].value == 1
    assert pages(reports)[f"{first}.html"] == written[f"{first}.html"]


@pytest.mark.usefixtures("reports")
def test_a_page_is_of_one_state_of_the_tables(copy: Engine) -> None:
    before = write_report(copy, NIGHTS[0]).report

    def take_down_all() -> None:
        with write_transaction(copy) as connection:
            for sha256 in connection.scalars(text("select content_sha256 from news.articles")):
                take_down(connection, sha256, "a court order")
        analytics.refresh(copy)

    # What landed is read by then, and the stories are not.
    with before_statement(copy, "from ops.quarantine", take_down_all):
        meanwhile = write_report(copy, NIGHTS[0]).report
    assert meanwhile == before
    assert len(before.stories) == 2
    assert write_report(copy, NIGHTS[0]).report.stories == ()


def test_a_page_can_be_read_by_whoever_may_read_the_folder(copy: Engine, reports: Path) -> None:
    mask = os.umask(0o027)
    try:
        path = write_report(copy, NIGHTS[0]).path
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(reports.iterdir()) == [path]


def test_a_page_that_cannot_be_written_leaves_the_one_before(copy: Engine, reports: Path) -> None:
    path = write_report(copy, NIGHTS[0]).path
    before = path.read_bytes()
    with no_room(), pytest.raises(OSError, match="File too large"):
        write_report(copy, NIGHTS[0], force=True)
    assert pages(reports) == {path.name: before}


# --- the command


@pytest.mark.usefixtures("copy")
def test_the_command_prints_where_the_page_is(reports: Path) -> None:
    runner = CliRunner()
    newest = runner.invoke(app, ["report"])
    assert (newest.exit_code, newest.stdout) == (0, f"{reports / f'{NIGHTS[-1]}.html'}\n")
    named = runner.invoke(app, ["report", "--date", str(NIGHTS[0])])
    assert (named.exit_code, named.stdout) == (0, f"{reports / f'{NIGHTS[0]}.html'}\n")
    assert set(pages(reports)) == {f"{NIGHTS[0]}.html", f"{NIGHTS[-1]}.html"}
    missing = runner.invoke(app, ["report", "--date", "2026-01-09"])
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert (
        "The night 2026-01-09 has not been loaded: `broadsheet run --date 2026-01-09`"
        in missing.stderr
    )
    assert set(pages(reports)) == {f"{NIGHTS[0]}.html", f"{NIGHTS[-1]}.html"}


@pytest.mark.usefixtures("engine")
def test_the_command_says_that_nothing_was_loaded_yet(reports: Path) -> None:
    done = CliRunner().invoke(app, ["report"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "No night has been loaded yet" in done.stderr
    assert not reports.exists()
