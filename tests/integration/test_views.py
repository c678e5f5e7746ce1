"""What the views say: on a few rows counted by hand, and as a function of the landing zone."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance
from sqlalchemy import Connection, Engine, text

from models.views import VIEWS
from pipelines.store import analytics
from tests.conftest import fresh_database
from tests.integration.conftest import FILES, NIGHTS, Loaded
from tests.integration.loading import lay_out, load
from tests.integration.writing import FIRST_NIGHT, Named, put_article

ANN, BOB, EVE = (Named("PERSON", name) for name in ("Ann", "Bob", "Eve"))
OSLO, PORT = Named("GPE", "Oslo"), Named("ORG", "Port")
LIST = [Named("ORG", f"Club {number}") for number in range(101)]


@pytest.fixture(scope="module")
def counted(server_url: str, template: str) -> Iterator[Engine]:
    """Seven articles, two of one story; tests leave them as they are."""
    with fresh_database(server_url, template) as engine:
        with engine.begin() as connection:
            put_articles(connection)
        analytics.refresh(engine)
        yield engine


def put_articles(connection: Connection) -> None:
    """Ann and Bob share a sentence of a story of two articles, and another article but no sentence."""
    both = [ANN, BOB, OSLO, PORT]
    put_article(connection, "Whole", "They met.", agency="AFP", nights=[0, 0, 2], names=both)
    put_article(
        connection, "Copy", "Met.", agency="AFP", nights=[2], copy_of="Whole", names=both[:2]
    )
    put_article(
        connection,
        "Apart",
        agency="AP",
        nights=[1],
        names=[ANN, Named("PERSON", "Bob", paragraph=2), ANN],
    )
    put_article(connection, "Alone", nights=[1], names=[Named("PERSON", "Anne", entity="Ann"), EVE])
    put_article(connection, "Nobody")
    put_article(connection, "A list", names=LIST)
    put_article(connection, "Another list", names=LIST)
    connection.execute(
        text("""
        insert into news.captions
        select article_id, number, 'View ' || number, null, '{}', null, null
          from news.articles, generate_series(2, 1, -1) number where title = 'Whole'
        """)
    )
    connection.execute(
        text("""
        insert into news.quotations
        select article_id, 'body', 1, 0, 9, 'They met.', name_id, 'said'
          from news.articles, news.names where title = 'Whole' and name = 'Bob'
         union all
        select article_id, 'title', 1, 0, 5, 'Whole', null, null
          from news.articles where title = 'Whole'
        """)
    )


def night(number: int) -> date:
    return FIRST_NIGHT + timedelta(days=number)


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


# --- counted by hand


def test_stories_say_how_far_they_spread(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select title, articles, occurrences, pages, sites, first_night, last_night
          from news.stories where title in ('Whole', 'Nobody') order by title
        """,
    )
    assert found == [
        ("Nobody", 1, 1, 1, 0, night(0), night(0)),
        ("Whole", 2, 4, 4, 0, night(0), night(2)),
    ]


def test_a_storys_timeline_tells_new_articles_from_repeats(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select night, timeline.articles, timeline.occurrences, new_articles
          from news.story_timeline timeline join news.stories using (story_id)
         where title = 'Whole' order by night
        """,
    )
    assert found == [(night(0), 1, 2, 1), (night(2), 2, 2, 1)]


def test_a_text_comes_with_all_that_is_known_of_it(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select title, body, captions, agency, first_night, last_night, occurrences, story_title,
               people, places, organisations
          from news.article_texts where title in ('Whole', 'Copy', 'Nobody') order by title
        """,
    )
    views = ["View 1", "View 2"]
    assert found == [
        ("Copy", "Met.", [], "AFP", night(2), night(2), 1, "Whole", ["Ann", "Bob"], [], []),
        ("Nobody", "", [], None, night(0), night(0), 1, "Nobody", [], [], []),
        ("Whole", "They met.", views, "AFP", night(0), night(2), 3, "Whole")
        + (["Ann", "Bob"], ["Oslo"], ["Port"]),
    ]
    assert rows(counted, "select count(*) from news.article_texts") == [(7,)]


def test_a_quotation_leads_to_its_speaker(counted: Engine) -> None:
    found = rows(
        counted,
        "select quotation, speaker, entity_id, title from news.quotation_texts order by section",
    )
    assert found == [
        ("They met.", "Bob", BOB.entity_id, "Whole"),
        ("Whole", None, None, "Whole"),
    ]


def test_copies_do_not_make_an_entity_important(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select night, mentions, articles, stories from news.entity_days
         where entity_id = (select entity_id from news.entities where display_name = 'Ann')
         order by night
        """,
    )
    assert found == [(night(0), 1, 1, 1), (night(1), 3, 2, 2), (night(2), 1, 1, 1)]
    found = rows(
        counted, "select articles, stories from news.entity_profile where display_name = 'Ann'"
    )
    assert found == [(4, 3)]


def test_a_pair_is_counted_over_articles_stories_and_sentences(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select least(name_a, name_b), greatest(name_a, name_b), articles, stories, sentences,
               sentence_stories, lift
          from news.entity_pairs
        """,
    )
    # Of 6 stories Ann is in 3, Bob in 2 and both in 2: chance would give 3 * 2 / 6.
    assert found == [("Ann", "Bob", 3, 2, 2, 1, pytest.approx(2 / (3 * 2 / 6)))]


def test_those_named_with_an_entity_are_counted_within_nights(counted: Engine) -> None:
    def beside(first: str = "null", last: str = "null") -> list[tuple[Any, ...]]:
        return rows(
            counted,
            f"""
            select display_name, articles, stories, lift
              from news.named_with('{ANN.entity_id}', {first}, {last})
            """,
        )

    # Of 6 stories Bob is in 2, Oslo, Port and Eve in 1 each: these are in order of their names.
    assert [row[:3] for row in beside()] == [
        ("Bob", 3, 2),
        ("Eve", 1, 1),
        ("Oslo", 1, 1),
        ("Port", 1, 1),
    ]
    assert beside()[0][3] == pytest.approx(2 / 3 / (2 / 6))
    assert [row[:3] for row in beside(f"'{night(1)}'", f"'{night(1)}'")] == [
        ("Eve", 1, 1),
        ("Bob", 1, 1),
    ]
    assert beside(f"'{night(3)}'") == []


def test_a_profile_tells_who_an_entity_is(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select names, mentions, first_night, last_night, often_with, often_with_names
          from news.entity_profile where display_name in ('Ann', 'Eve') order by display_name
        """,
    )
    assert found == [
        (["Ann", "Anne"], 5, night(0), night(2), [BOB.entity_id], ["Bob"]),
        (["Eve"], 1, night(1), night(1), [], []),
    ]


def test_syndication_counts_what_is_reported_apart_from_copies(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select agency, site, night, occurrences, pages, articles, stories
          from news.syndication order by agency, night
        """,
    )
    assert found == [
        ("AFP", "", night(0), 2, 2, 1, 1),
        ("AFP", "", night(2), 2, 2, 2, 1),
        ("AP", "", night(1), 1, 1, 1, 1),
    ]


def test_the_archive_is_counted_in_one_row(counted: Engine) -> None:
    assert rows(counted, "select * from news.archive") == [(3, night(0), night(2), 9, 9, 9, 7, 6)]


def test_coverage_tells_new_articles_from_repeats(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select landing_date, files, pages, occurrences, articles, new_articles, quarantined
          from news.coverage order by landing_date
        """,
    )
    assert found == [
        (night(0), 5, 5, 5, 4, 4, 0),
        (night(1), 2, 2, 2, 2, 2, 0),
        (night(2), 2, 2, 2, 2, 1, 0),
    ]


# --- whatever is in them


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all views and tables of counts, in one order."""
    names = [f"news.{view.name}" for view in VIEWS] + list(analytics.COUNTED)
    return {name: sorted(rows(engine, f"select * from {name}"), key=repr) for name in names}


def test_views_are_the_same_in_whatever_order_nights_are_loaded(
    instance: DagsterInstance, server_url: str, template: str, loaded: Loaded, tmp_path: Path
) -> None:
    with fresh_database(server_url, loaded.database) as clean:
        expected = contents(clean)
    assert all(expected[name] for name in analytics.COUNTED if name != "news.syndication")
    zone = lay_out(tmp_path, FILES)
    with fresh_database(server_url, template) as engine:
        for one in reversed(NIGHTS):
            load(instance, zone, one)
        assert contents(engine) == expected


def test_a_run_says_what_it_counted_and_another_finds_nothing_to_count(copy: Engine) -> None:
    ((counts,),) = rows(copy, "select counts from ops.loads where asset = 'analytics'")
    assert counts["nights_counted"] == len(NIGHTS)
    assert counts["articles_counted"] == rows(copy, "select count(*) from news.articles")[0][0]
    assert counts["rows_written"] >= sum(
        rows(copy, f"select count(*) from {name}")[0][0] for name in analytics.COUNTED
    )
    assert analytics.refresh(copy) == analytics.Refreshed()


def test_each_has_a_comment(counted: Engine) -> None:
    found = rows(
        counted,
        """
        select relname, obj_description(pg_class.oid, 'pg_class') > ''
          from pg_class where relnamespace = 'news'::regnamespace and relkind in ('v', 'm')
        """,
    )
    assert set(found) == {(view.name, True) for view in VIEWS}


def test_an_analyst_reads_all_and_calls_the_functions(copy: Engine) -> None:
    with copy.connect() as connection:
        connection.execute(text("set local role broadsheet_analyst"))
        for view in VIEWS:
            connection.execute(text(f"select * from news.{view.name}"))
        entity = connection.scalar(text("select entity_a from news.entity_pairs"))
        calls = (
            "search('ferry line')",
            "find_entity('Hulusi Demyr')",
            f"named_with('{entity}')",
        )
        for call in calls:
            assert connection.execute(text(f"select * from news.{call}")).first(), call
