"""An article that was taken down is nowhere, and stays away whatever is loaded."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from dagster import DagsterInstance
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.instance import run_nights
from pipelines.report_file import Redrawn, redraw_without, write_report
from pipelines.store import analytics
from pipelines.store import checks as store_checks
from pipelines.store.database import write_transaction
from pipelines.store.takedowns import take_down
from tests.conftest import fresh_database
from tests.integration.conftest import (
    COUNCIL,
    FERRY,
    FILES,
    NIGHTS,
    WATER,
    Loaded,
    before_statement,
    no_room,
    page,
)
from tests.integration.loading import everything, lay_out, load, rows_written
from tests.polling import eventually

CUT = " ".join(COUNCIL.split()[:40])
EDITED = FERRY.replace("told reporters", "said")
TAKEDOWN = "takedown"
UNBROKEN = (
    store_checks.NAMES_MISCOUNTED,
    store_checks.ENTITIES_UNNAMED,
    store_checks.BANDS_WITHOUT_SIGNATURE,
    store_checks.SIGNATURES_WITHOUT_BAND,
)


def invoke(*words: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=answer)


def hash_of(engine: Engine, body: str) -> bytes:
    with engine.connect() as connection:
        query = text("select content_sha256 from news.articles where body = :body")
        found = connection.scalar(query, {"body": body})
        assert isinstance(found, bytes)
        return found


def id_of(engine: Engine, body: str) -> UUID:
    return UUID(bytes=hash_of(engine, body)[:16])


def take(engine: Engine, sha256: bytes) -> None:
    with write_transaction(engine) as connection:
        take_down(connection, sha256, "a court order")
    analytics.refresh(engine)


def count(engine: Engine, query: str, **values: object) -> object:
    with engine.connect() as connection:
        return connection.scalar(text(query), values)


@pytest.fixture(scope="module")
def hashes(loaded: Loaded, server_url: str) -> dict[str, bytes]:
    """Content hashes of all articles, by their bodies."""
    with fresh_database(server_url, loaded.database) as engine:
        return {body: hash_of(engine, body) for body in (FERRY, WATER, COUNCIL, CUT, EDITED)}


# --- what the tables are is a function of landing zone, configuration and takedowns


@settings(max_examples=3)
@given(
    body=st.sampled_from([FERRY, WATER, COUNCIL, EDITED]),
    order=st.permutations([NIGHTS[:2], NIGHTS[2:], TAKEDOWN]),
)
def test_it_does_not_matter_when_an_article_is_taken_down(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    loaded: Loaded,
    hashes: dict[str, bytes],
    body: str,
    order: Sequence[list[date] | str],
) -> None:
    with fresh_database(server_url, loaded.database) as engine:
        take(engine, hashes[body])
        expected = everything(engine)
    with fresh_database(server_url, template) as engine:
        for step in order:
            if isinstance(step, list):
                load(instance, loaded.zone, step[0], step[-1])
            else:
                take(engine, hashes[body])
        assert everything(engine) == expected


def test_doing_it_all_again_brings_nothing_back(
    instance: DagsterInstance, copy: Engine, loaded: Loaded, hashes: dict[str, bytes]
) -> None:
    take(copy, hashes[FERRY])
    expected = everything(copy)
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert (rows_written(copy), everything(copy)) == (0, expected)
    forced = run_nights(instance, NIGHTS[0], NIGHTS[-1], loaded.zone, prune=False, force=True)
    assert forced.success, forced.failures  # the checks of all laws were among its steps
    assert everything(copy) == expected


def test_a_copy_of_the_file_brings_nothing_back(
    instance: DagsterInstance, copy: Engine, hashes: dict[str, bytes], tmp_path: Path
) -> None:
    take(copy, hashes[WATER])
    files = {
        **FILES,
        (NIGHTS[2], "copy.txt"): FILES[NIGHTS[0], "a.txt"],
        (NIGHTS[2], "d.txt"): page(WATER),
    }
    load(instance, lay_out(tmp_path, files), NIGHTS[2])
    assert count(copy, "select count(*) from news.articles where body = :body", body=WATER) == 0
    # The page that holds nothing else is there, and says why; it is not in quarantine.
    left = """
        select array_agg(reason)
          from news.source_files
          join news.pages using (file_id)
          join ops.page_leftovers using (page_id)
         where path = 'd.txt' and segment_method = 'mirror'
    """
    assert count(copy, left) == ["taken_down"]
    assert count(copy, "select count(*) from ops.quarantine where path = 'd.txt'") == 0


def test_nothing_of_it_is_left(copy: Engine, hashes: dict[str, bytes]) -> None:
    # The first names its story, the second alone has its names.
    articles = [id_of(copy, FERRY), id_of(copy, WATER)]
    with copy.connect() as connection:
        named = "select distinct name_id from news.mentions where article_id = any(:articles)"
        own = connection.scalars(text(named), {"articles": articles}).all()
    take(copy, hashes[FERRY])
    take(copy, hashes[WATER])
    with copy.connect() as connection:
        columns = connection.execute(
            text("""
            select table_schema || '.' || table_name as relation, column_name
              from information_schema.columns
             where table_schema in ('news', 'ops') and data_type = 'uuid'
               and table_name <> 'takedowns'
            """)
        ).all()
        assert ("news.mentions", "article_id") in [tuple(column) for column in columns]
        for relation, column in columns:
            left = f"select count(*) from {relation} where {column} = any(:articles)"
            assert connection.scalar(text(left), {"articles": articles}) == 0, relation
        for query in UNBROKEN:
            assert store_checks.count(connection, query) == 0
        kept, mentioned = (
            connection.scalars(
                text(f"select distinct name_id from {table} where name_id = any(:own)"),
                {"own": own},
            ).all()
            for table in ("news.names", "news.mentions")
        )
        assert len(own) > len(kept) > 0
        assert set(kept) == set(mentioned)


# --- the command


def test_the_command_takes_down_lists_and_undoes(
    instance: DagsterInstance, copy: Engine, loaded: Loaded
) -> None:
    before, article, edited = everything(copy), id_of(copy, FERRY), id_of(copy, EDITED)
    done = invoke("takedown", article, "--reason", "a court order", "--yes")
    assert done.exit_code == 0, done.output
    assert f"Article {article} is taken down" in done.output
    assert f"{NIGHTS[0]}/a.txt" in done.output and f"{NIGHTS[2]}/c.txt" in done.output
    assert str(edited) in done.output  # its near-copy stays, under its own name
    assert (
        count(copy, "select story_id from news.story_articles where article_id = :a", a=edited)
        == edited
    )
    assert count(copy, "select count(*) from ops.stale_articles") == 0
    counted = "select count(*) from news.article_entities where article_id = :a"
    assert count(copy, counted, a=article) == 0

    traced = invoke("trace", article)
    assert traced.exit_code == 1
    assert f"Article {article} was taken down on" in traced.output
    assert "a court order" in traced.output
    assert "was taken down on" in invoke("trace", article, "--story").output
    again = invoke("takedown", article, "--reason", "another", "--yes")
    assert (again.exit_code, "a court order" in again.output) == (0, True)
    assert str(article) in invoke("takedown", "--list", "--format", "csv").output

    undone = invoke("takedown", "--undo", article)
    assert undone.exit_code == 0, undone.output
    assert f"{NIGHTS[0]} to {NIGHTS[2]} segments 2 files again" in undone.output
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert everything(copy) == before


# --- the reports


def drawn(engine: Engine) -> dict[str, str]:
    """The pages of all nights as they are drawn now, by their names."""
    paths = [write_report(engine, night, force=True).path for night in NIGHTS]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_reports_that_show_it_are_drawn_anew(copy: Engine, reports: Path) -> None:
    article = id_of(copy, WATER)
    before = drawn(copy)
    first, second, third = before
    shown = ("Report: The Nairobi Water Board", "Grace Wanjiru", str(article))
    assert all(words in before[first] for words in shown)
    (reports / second).unlink()  # to be drawn by whoever loads that night
    (reports / "notes.html").write_text(f"{article} was mailed about", encoding="utf-8")
    done = invoke("takedown", article, "--reason", "a court order", "--yes")
    assert done.exit_code == 0, done.output
    assert "Reports drawn anew: 1, removed: 0." in done.output
    after = read(reports)
    assert set(after) == {first, third, "notes.html"}
    assert not [words for words in shown if words in after[first]]
    assert after[third] == before[third]
    assert after[first] == drawn(copy)[first]


def test_reports_that_show_it_of_other_states_are_found_too(copy: Engine, reports: Path) -> None:
    article = id_of(copy, WATER)
    before = drawn(copy)
    first, _, third = before
    # As if it had landed on the third night, and on one that this database knows nothing of.
    for name in (third, "2025-01-01.html"):
        (reports / name).write_text(before[first], encoding="utf-8")
    done = invoke("takedown", article, "--reason", "a court order", "--yes")
    assert done.exit_code == 0, done.output
    assert "Reports drawn anew: 3, removed: 1." in done.output
    assert read(reports) == drawn(copy)


def test_a_story_that_begins_on_a_later_night_now_is_in_the_report_of_that_night(
    copy: Engine, reports: Path
) -> None:
    with copy.connect() as connection:
        first, later, night = connection.execute(
            text("""
            select story_id, copy.article_id, copy.first_landed_on
              from news.story_articles
              join news.articles copy using (article_id)
              join news.articles canonical on canonical.article_id = story_id
             where copy.first_landed_on > canonical.first_landed_on
             order by copy.first_landed_on desc limit 1
            """)
        ).one()
    page = f"{night}.html"
    assert str(later) not in drawn(copy)[page]
    done = invoke("takedown", first, "--reason", "a court order", "--yes")
    assert done.exit_code == 0, done.output
    assert str(later) in read(reports)[page]
    assert read(reports)[page] == drawn(copy)[page]


def test_a_report_that_cannot_be_drawn_anew_is_named(copy: Engine, reports: Path) -> None:
    article = id_of(copy, WATER)
    before = drawn(copy)
    with no_room():
        done = invoke("takedown", article, "--reason", "a court order", "--yes")
    assert done.exit_code == 1
    assert f"Article {article} is taken down" in done.output
    assert "Reports drawn anew: 0, removed: 0." in done.output
    for night in NIGHTS[:2]:
        said = f"{reports / str(night)}.html: File too large: `broadsheet report --date {night}`"
        assert said in done.output
    assert str(NIGHTS[2]) not in done.stderr
    assert read(reports) == before
    assert count(copy, "select count(*) from news.articles where article_id = :a", a=article) == 0
    again = invoke("takedown", article, "--reason", "a court order", "--yes")
    assert (again.exit_code, "Reports drawn anew: 1, removed: 0." in again.output) == (0, True)
    assert str(article) not in "".join(read(reports).values())


def test_a_report_that_is_being_drawn_meanwhile_is_drawn_anew(
    copy: Engine, reports: Path, hashes: dict[str, bytes]
) -> None:
    article = id_of(copy, WATER)
    redrawn: list[Redrawn] = []
    other = Thread(target=lambda: redrawn.append(redraw_without(copy, article, {NIGHTS[0]})))
    waiting = """
        select count(*) from pg_locks join pg_database on oid = database
         where datname = current_database() and locktype = 'advisory' and not granted
    """

    def take_down_and_redraw() -> None:
        take(copy, hashes[WATER])
        other.start()
        eventually(lambda: not other.is_alive() or count(copy, waiting))

    # The article was read by then: the page is written with it, for the first time.
    with before_statement(copy, "from ops.quarantine", take_down_and_redraw):
        assert article in [one.story_id for one in write_report(copy, NIGHTS[0]).report.stories]
    other.join()
    assert [one.drawn for one in redrawn] == [[NIGHTS[0]]]
    assert str(article) not in "".join(read(reports).values())


# --- asking


def test_it_asks_before_it_deletes(copy: Engine) -> None:
    before = everything(copy)
    refused = invoke("takedown", id_of(copy, FERRY), "--reason", "x", answer="n\n")
    assert (refused.exit_code, "Take it down?" in refused.output) == (1, True)
    assert everything(copy) == before
    assert count(copy, "select count(*) from ops.takedowns") == 0


@pytest.mark.usefixtures("engine")
def test_an_article_that_was_never_loaded_is_kept_out_by_its_hash(
    hashes: dict[str, bytes],
) -> None:
    unknown = invoke("takedown", UUID(bytes=hashes[WATER][:16]), "--reason", "x", "--yes")
    assert (unknown.exit_code, "give its content_sha256" in unknown.output) == (1, True)
    done = invoke("takedown", hashes[WATER].hex(), "--reason", "x", "--yes")
    assert (done.exit_code, "is not loaded; it will be kept out" in done.output) == (0, True)
    assert "No loaded file holds" in invoke("takedown", "--undo", hashes[WATER].hex()).output
    assert invoke("takedown", "--undo", hashes[WATER].hex()).exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ["takedown"],
        ["takedown", "no-id", "--reason", "x"],
        ["takedown", "00000000-0000-0000-0000-000000000000"],
        ["takedown", "00000000-0000-0000-0000-000000000000", "--reason", " "],
        ["takedown", "--list", "--undo", "00000000-0000-0000-0000-000000000000"],
    ],
)
def test_wrong_use_ends_with_2(words: list[str]) -> None:
    assert invoke(*words).exit_code == 2
