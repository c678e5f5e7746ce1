"""The five seed files, dropped as they arrive, through the command and the embedded server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipelines.settings import ROOT
from pipelines.store import server
from pipelines.store.cluster import locate

SEEDS = ROOT.parent / "shared" / "seeds"
BROADSHEET = Path(sys.executable).with_name("broadsheet")

pytestmark = pytest.mark.skipif(
    not (SEEDS / "expected.json").is_file(), reason=f"the seed files are not in {SEEDS}"
)

Command = Callable[..., str]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own are 0700, which matters to root."""
    made = Path(tempfile.mkdtemp(prefix="broadsheet-seeds-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def broadsheet(folder: Path) -> Iterator[Command]:
    """The command with a fresh BROADSHEET_HOME of its own, hence the embedded server."""
    home = folder / "home"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [BROADSHEET, *arguments],
            cwd=folder,
            env={**ours, "BROADSHEET_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    cluster = locate(home)
    server.stop(home)
    assert not server.is_running(home)
    shutil.rmtree(cluster.outside, ignore_errors=True)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SEEDS / "expected.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def loaded(folder: Path, broadsheet: Command, expected: dict[str, Any]) -> Command:
    """The seeds as a flat folder, loaded as one night; the command to ask about it."""
    landing = folder / "landing"
    landing.mkdir()
    for name in expected["files"]:
        shutil.copyfile(SEEDS / name, landing / name)
    broadsheet("run", "--landing", str(landing), "--date", "2026-01-05")
    return broadsheet


def rows(loaded: Command, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(loaded("sql", query, "--format", "json"))
    return found


def test_counts_are_the_expected_ones(loaded: Command, expected: dict[str, Any]) -> None:
    (counts,) = rows(
        loaded,
        """
        select (select count(*) from news.source_files) as files,
               (select sum(quarantined)::integer from news.coverage) as quarantined,
               (select count(*) from news.article_occurrences) as occurrences,
               (select count(*) from news.articles) as distinct_articles,
               (select count(*) from news.stories) as stories,
               (select count(*) from news.mentions) > 0 as has_mentions
        """,
    )
    assert counts == {
        "files": len(expected["files"]),
        "quarantined": 0,
        "occurrences": expected["occurrences"],
        "distinct_articles": expected["distinct_articles"],
        "stories": expected["stories"],
        "has_mentions": True,
    }
    assert (counts["files"], counts["occurrences"]) == (5, 10)
    assert (counts["distinct_articles"], counts["stories"]) == (7, 7)


def test_every_article_stands_where_it_should(loaded: Command, expected: dict[str, Any]) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(
        loaded,
        """
        select file.path, occurrence.ordinal, article.title, article.body,
               occurrence.start_char, occurrence.end_char,
               (select json_agg(caption order by caption_no) from news.captions
                 where captions.article_id = article.article_id) as captions
          from news.source_files file
          join news.pages using (file_id)
          join news.article_occurrences occurrence using (page_id)
          join news.articles article using (article_id)
         order by file.path, occurrence.ordinal
        """,
    ):
        body = row.pop("body")
        row["paragraphs"] = len(body.split("\n\n"))
        row["first_words"] = " ".join(body.split()[:5])
        row["last_words"] = " ".join(body.split()[-5:])
        row["body_chars"] = len(body)
        found.setdefault(row.pop("path"), []).append(row)
    assert found == expected["files"]


def test_a_rerun_writes_nothing(loaded: Command, folder: Path) -> None:
    loaded("run", "--landing", str(folder / "landing"), "--date", "2026-01-05", "--quiet")
    with psycopg.connect(loaded("db", "url").strip()) as connection:
        written = connection.execute("""
            select (counts ->> 'rows_written')::integer from ops.loads
             where run_id = (select run_id from ops.loads order by load_id desc limit 1)
        """).fetchall()
    assert written == [(0,)] * 7


def test_an_article_leads_back_to_the_raw_text(loaded: Command, expected: dict[str, Any]) -> None:
    lead = next(iter(expected["files"].values()))[0]
    (row,) = rows(loaded, "select story_id from news.stories where occurrences = 4")
    shown = loaded("trace", row["story_id"])
    assert shown.count("# 2026-01-05 ") == 4
    # Twice in each file: the title stands before and after the marker.
    assert shown.count(lead["title"]) == 8
