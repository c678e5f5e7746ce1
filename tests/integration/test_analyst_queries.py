"""The archive that analysts' questions are measured on is one that the pipeline could have loaded."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from sqlalchemy import Engine, text

from benchmarks import analyst_queries
from benchmarks.analysts.archive import entities_of, fresh_archive
from pipelines.news.stories import assign
from pipelines.settings import settings
from pipelines.store import analytics, checks
from pipelines.store.database import as_libpq_url

ARTICLES = 300


@pytest.fixture(scope="module")
def served(server_url: str) -> Iterator[str]:
    """The suite's server as the one that measurements are to use, with one process to load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_DATABASE_URL", server_url)
        patch.setenv("BROADSHEET_WORKERS", "1")
        settings.cache_clear()
        yield server_url
    settings.cache_clear()


@pytest.fixture(scope="module")
def archive(served: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with fresh_archive(served, tmp_path_factory.mktemp("archive"), ARTICLES, 1) as made:
        yield made.engine


def count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return checks.count(connection, query)


@pytest.mark.parametrize(
    "query",
    [
        checks.BROKEN_OFFSETS,
        checks.ARTICLES_NOWHERE,
        checks.ARTICLES_WITHOUT_STORY,
        checks.STORIES_WITHOUT_CANONICAL,
        checks.NAMES_MISCOUNTED,
        checks.NAMES_UNRESOLVED,
        checks.ENTITIES_UNNAMED,
        "select count(*) from pg_constraint where not convalidated",
        """
        select count(*) from news.quotations join news.articles using (article_id)
         where substr(body, start_char + 1, end_char - start_char) <> quotation
        """,
        """
        select count(*) from news.articles
         where first_landed_on <> (
               select min(landing_date)
                 from news.article_occurrences
                 join news.pages using (page_id)
                 join news.source_files using (file_id)
                where article_occurrences.article_id = articles.article_id)
        """,
    ],
    ids=lambda query: " ".join(query.split()[4:9]),
)
def test_nothing_breaks_a_rule(archive: Engine, query: str) -> None:
    assert count(archive, query) == 0


def test_there_is_as_much_as_was_asked_for(archive: Engine) -> None:
    assert count(archive, "select count(*) from news.articles") == ARTICLES
    assert count(archive, "select count(*) from news.entities") == entities_of(ARTICLES)
    assert 15 < count(archive, "select count(*) from news.mentions") / ARTICLES < 25
    for table in ("quotations", "captions", "duplicate_pairs", "syndication", "coverage"):
        assert count(archive, f"select count(*) from news.{table}"), table


def test_stories_are_what_their_pairs_connect(archive: Engine) -> None:
    with archive.connect() as connection:
        told = connection.execute(
            text("""
            select article_id, story_id
              from news.story_articles join news.articles using (article_id)
             order by first_landed_on, char_length(body) desc, article_id
            """)
        ).all()
        pairs = connection.execute(
            text("""
            select article_a, article_b, relation = 'near' as is_near, jaccard, containment
              from news.duplicate_pairs
            """)
        ).all()
    places = {article: place for place, (article, _) in enumerate(told)}
    ends = np.array([(places[pair.article_a], places[pair.article_b]) for pair in pairs])
    named = assign(len(told), ends).tolist()
    assert [places[story] for _, story in told] == named
    assert all((pair.jaccard >= 0.7) == pair.is_near for pair in pairs)
    assert all(pair.is_near or pair.containment >= 0.9 for pair in pairs)


def test_counts_are_what_a_refresh_counts(archive: Engine) -> None:
    def counted() -> dict[str, list[str]]:
        with archive.connect() as connection:
            return {
                table: sorted(connection.scalars(text(f"select t::text from {table} t")))
                for table in (*analytics.COUNTED, "ops.analytics_state")
            }

    made = counted()
    with archive.begin() as connection:
        connection.execute(text(f"truncate {', '.join(analytics.COUNTED)}"))
        connection.execute(
            text("insert into ops.stale_articles select article_id from news.articles")
        )
        connection.execute(
            text(
                "insert into ops.stale_nights select distinct landing_date from ops.ingested_files"
            )
        )
    analytics.refresh(archive)
    assert counted() == made and all(made.values())


def test_all_questions_are_asked_and_nothing_is_left(
    served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = databases(served)
    options = ["--articles", "200", "--small", "0", "--night", "40", "--times", "2"]
    assert analyst_queries.main([*options, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    written = json.loads((tmp_path / "analyst_queries.json").read_text(encoding="utf-8"))
    questions = written["raw"]["questions"]
    assert [one["number"] for one in questions] == list(range(1, 13))
    for one in questions:
        assert f"{one['number']}. {one['title'].split()[0]}" in printed
        assert len(one["seconds"]) == 2 and 0 < one["p50"] <= one["p95"] <= one["max"]
        plan = (tmp_path / "plans" / f"question_{one['number']:02d}.txt").read_text("utf-8")
        assert "plan:" in plan and "actual time" in plan
    assert written["raw"]["nights"]["200"]["articles"] == 40
    assert databases(served) == before


def databases(url: str) -> list[tuple[str]]:
    with psycopg.connect(as_libpq_url(url)) as connection:
        return connection.execute("select datname from pg_database order by 1").fetchall()


def test_too_small_a_disk_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BROADSHEET_DATABASE_URL", raising=False)
        settings.cache_clear()
        assert analyst_queries.main(["--articles", "1000000000000"]) == 1
    settings.cache_clear()
    assert "20000006 GB of disk are needed" in capsys.readouterr().err
