"""The sample nights turn into what sample_data/expected.json says."""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine, text

from pipelines.commands.trace import trace_article
from pipelines.landing_zone import LandingZone
from pipelines.report_file import write_report
from pipelines.reports.records import Landed
from pipelines.settings import ROOT
from tests.conftest import fresh_database
from tests.integration.loading import everything, load, rows_written

FOLDER = ROOT / "sample_data"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 4)


@pytest.fixture(scope="module")
def nights(instance: DagsterInstance, server_url: str, template: str) -> Iterator[Engine]:
    """A database that the sample nights were loaded into; tests leave it as it was."""
    with fresh_database(server_url, template) as engine:
        load(instance, LandingZone(FOLDER / "landing"), FIRST, LAST)
        yield engine


def rows(engine: Engine, query: str) -> Sequence[Mapping[Any, Any]]:
    with engine.connect() as connection:
        return connection.execute(text(query)).mappings().all()


def count(engine: Engine, what: str) -> int:
    return int(rows(engine, f"select count(*) as n from {what}")[0]["n"])


def articles_of_files(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Per file, in order, what the database holds of its articles, as expected.json puts it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(
        engine,
        """
        select file.landing_date || '/' || file.path as file, article.title, article.body,
               array(select caption from news.captions
                      where captions.article_id = article.article_id
                      order by caption_no) as captions
          from news.source_files file
          join news.pages page using (file_id)
          join news.article_occurrences occurrence using (page_id)
          join news.articles article using (article_id)
         order by file.landing_date, file.path collate "C", page.page_no, occurrence.ordinal
        """,
    ):
        words = row["body"].split()
        found.setdefault(row["file"], []).append(
            {
                "title": row["title"],
                "captions": list(row["captions"]),
                "paragraphs": len(row["body"].split("\n\n")) if words else 0,
                "first_words": " ".join(words[:5]),
                "last_words": " ".join(words[-5:]),
            }
        )
    return found


def test_every_good_file_turns_into_its_articles(nights: Engine) -> None:
    assert articles_of_files(nights) == EXPECTED["files"]


def test_every_bad_file_is_in_quarantine_with_its_reason(nights: Engine) -> None:
    refused = rows(nights, "select landing_date || '/' || path as file, * from ops.quarantine")
    assert {row["file"]: row["reason_code"] for row in refused} == EXPECTED["quarantine"]
    assert len(refused) == EXPECTED["totals"]["quarantined"]
    for row in refused:
        raw = (FOLDER / "landing" / row["file"]).read_bytes()
        assert row["detail"]
        if row["page_no"] is None and not row["file"].endswith(".gz"):
            assert row["head"] == raw[:1024]


def test_no_file_is_overlooked(nights: Engine) -> None:
    seen = {
        row["file"]
        for row in rows(
            nights, "select landing_date || '/' || path as file from ops.ingested_files"
        )
    }
    lie_there = {
        path.relative_to(FOLDER / "landing").as_posix()
        for path in (FOLDER / "landing").rglob("*")
        if path.is_file()
    }
    assert seen == lie_there
    assert len(seen) == EXPECTED["totals"]["source_files"]
    # A page without an article is a file that could be read, and in quarantine all the same.
    pages_refused = [p for p, reason in EXPECTED["quarantine"].items() if reason == "no_article"]
    read = rows(nights, "select landing_date || '/' || path as file from news.source_files")
    assert {row["file"] for row in read} == {*EXPECTED["files"], *pages_refused}


def test_the_totals_are_the_expected_ones(nights: Engine) -> None:
    assert {
        "source_files": count(nights, "ops.ingested_files"),
        "occurrences": count(nights, "news.article_occurrences"),
        "distinct_articles": count(nights, "news.articles"),
        "stories": count(nights, "news.stories"),
        "quarantined": count(nights, "ops.quarantine"),
    } == EXPECTED["totals"]


def test_views_agree_with_the_files(nights: Engine) -> None:
    per_night: dict[str, list[int]] = {}
    for path, articles in EXPECTED["files"].items():
        counts = per_night.setdefault(path[:10], [0, 0, 0])
        counts[0] += 1
        counts[1] += len(articles)
    for path in EXPECTED["quarantine"]:
        per_night[path[:10]][0] += 1
        per_night[path[:10]][2] += 1
    assert {
        str(row["landing_date"]): [row["files"], row["occurrences"], row["quarantined"]]
        for row in rows(nights, "select * from news.coverage")
    } == per_night
    assert (
        sum(row["occurrences"] for row in rows(nights, "select * from news.stories"))
        == (EXPECTED["totals"]["occurrences"])
    )
    mentions = count(
        nights, "news.mentions join news.names using (name_id) where entity_id is not null"
    )
    assert mentions > 0
    assert rows(nights, "select sum(mentions) as n from news.entity_days")[0]["n"] == mentions


def test_near_duplicates_are_the_four_that_the_readme_lists(nights: Engine) -> None:
    pairs = rows(nights, "select relation, jaccard, containment from news.duplicate_pairs")
    assert sorted(row["relation"] for row in pairs) == ["contained", "near", "near", "near"]
    for row in pairs:
        assert row["jaccard"] >= 0.7 or row["containment"] >= 0.9
    assert count(nights, "news.stories where articles = 2") == len(pairs)


def test_the_raw_text_of_every_article_holds_its_title(nights: Engine) -> None:
    for row in rows(nights, "select article_id, title from news.articles"):
        traced = trace_article(row["article_id"], None)
        assert traced
        for occurrence in traced:
            assert occurrence.raw is not None
            assert plain(row["title"]) in plain(occurrence.raw), occurrence


def test_a_rerun_writes_nothing(nights: Engine, instance: DagsterInstance) -> None:
    before = everything(nights)
    load(instance, LandingZone(FOLDER / "landing"), FIRST, LAST)
    assert rows_written(nights) == 0
    assert everything(nights) == before


def test_trace_says_when_the_file_is_gone(nights: Engine, tmp_path: Path) -> None:
    (row,) = rows(nights, "select article_id from news.articles limit 1")
    assert all(one.raw is None for one in trace_article(row["article_id"], tmp_path))


def plain(text: str) -> str:
    """The text but for what the same article may be typeset with: white space and Unicode form."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def test_the_report_of_a_night_tells_what_the_night_holds(nights: Engine) -> None:
    done = write_report(nights, LAST)
    # The run that loaded the night wrote the same page.
    assert not done.is_written
    page = done.path.read_text(encoding="utf-8")
    assert page.count("<svg") >= 3
    report = done.report
    assert report.landed == Landed(7, 5, 10, 10, 7, 2)
    assert {one.reason_code for one in report.refused} == {
        reason for file, reason in EXPECTED["quarantine"].items() if file.startswith(str(LAST))
    }
    assert len(report.before) == 2
    read = unescape(page)
    assert all(story.title in read for story in report.stories)
