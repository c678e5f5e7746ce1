"""Full-text search, and entities by names that are misspelled."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from models.functions import FUNCTIONS, Function
from models.triggers import TRIGGER_FUNCTIONS
from tests.conftest import fresh_database
from tests.integration.writing import FIRST_NIGHT, Named, put_article

ERDOGAN = Named("PERSON", "Recep Tayyip Erdoğan")
SUDANI = Named("PERSON", "Mohammed Shia al-Sudani")
SUDAN = Named("GPE", "Sudan")
ANKARA = Named("GPE", "Ankara")
FILLER = " ".join(f"paragraph{at}" for at in range(1_000))


@pytest.fixture(scope="module")
def archive(server_url: str, template: str) -> Iterator[Engine]:
    """A few articles; tests leave them as they are."""
    with fresh_database(server_url, template) as engine:
        with engine.begin() as connection:
            put_article(
                connection,
                "Türkiye opens a ferry line",
                "President Erdoğan spoke in the harbour of Trabzon about the ferry and its 300 seats.",
                nights=[0, 3],
                names=[ERDOGAN, ERDOGAN, ANKARA],
            )
            put_article(
                connection,
                "Erdoğan visits Baghdad",
                f"He met the prime minister. {FILLER} The Tigris was calm.",
                nights=[1],
                names=[Named("PERSON", "Erdogan", entity=ERDOGAN.name), SUDANI],
            )
            put_article(
                connection,
                "Rains return",
                "Reservoirs are full, and the ferry of the river runs again. The tigris_report/a~b <said so.",
                nights=[2],
                names=[SUDAN],
            )
        yield engine


@pytest.fixture
def analyst(archive: Engine) -> Iterator[Connection]:
    """A transaction with an analyst's rights, and a search path that leads nowhere."""
    with archive.connect() as connection:
        connection.execute(text("set local role broadsheet_analyst"))
        connection.execute(text("set local search_path = ''"))
        yield connection


def search(connection: Connection, query: str | None, **filters: object) -> list[Any]:
    arguments = "".join(f", {name} => :{name}" for name in filters)
    return list(
        connection.execute(
            text(f"select * from news.search(:query{arguments})"), {"query": query} | filters
        )
    )


def titles(connection: Connection, query: str | None, **filters: object) -> list[str]:
    return [row.title for row in search(connection, query, **filters)]


def entities(connection: Connection, name: str | None, max_rows: int = 10) -> list[Any]:
    statement = text("select * from news.find_entity(:name, :max_rows)")
    return list(connection.execute(statement, {"name": name, "max_rows": max_rows}))


# --- news.search


@pytest.mark.parametrize(
    "query",
    ["turkiye erdogan", "Türkiye Erdoğan", "TÜRKİYE ERDOĞAN", "Tu\u0308rkiye Erdog\u0306an"],
    ids=["none", "composed", "capitals", "decomposed"],
)
def test_accents_do_not_matter(analyst: Connection, query: str) -> None:
    assert titles(analyst, query) == ["Türkiye opens a ferry line"]


def test_a_word_in_the_title_counts_more_than_one_in_the_body(analyst: Connection) -> None:
    for query, first, second in (
        ("erdogan", "Erdoğan visits Baghdad", "Türkiye opens a ferry line"),
        ("ferry", "Türkiye opens a ferry line", "Rains return"),
    ):
        found = search(analyst, query)
        assert [row.title for row in found] == [first, second]
        assert found[0].rank > found[1].rank


def test_a_row_says_where_it_belongs(analyst: Connection) -> None:
    (row,) = search(analyst, "trabzon")
    assert row.night == FIRST_NIGHT
    assert row.story_id == row.article_id
    assert "**Trabzon**" in row.snippet


def test_a_snippet_is_short_and_has_words_that_stand_late(analyst: Connection) -> None:
    (row,) = search(analyst, "tigris calm")
    assert "**Tigris**" in row.snippet and "**calm**" in row.snippet
    assert len(row.snippet) < 1_000


def test_search_understands_what_web_search_does(analyst: Connection) -> None:
    assert titles(analyst, '"ferry line"') == ["Türkiye opens a ferry line"]
    assert titles(analyst, "ferry -trabzon") == ["Rains return"]
    assert set(titles(analyst, "baghdad or reservoirs")) == {
        "Erdoğan visits Baghdad",
        "Rains return",
    }
    assert titles(analyst, "tigris_report/a") == ["Rains return"]


def test_search_filters_by_nights_entity_and_count(analyst: Connection) -> None:
    night = {number: FIRST_NIGHT.replace(day=1 + number) for number in range(4)}
    assert titles(analyst, "ferry", first_night=night[1]) == ["Rains return"]
    assert titles(analyst, "ferry", last_night=night[1]) == ["Türkiye opens a ferry line"]
    assert titles(analyst, "ferry", first_night=night[3]) == []
    assert titles(analyst, "ferry or met", entity=SUDANI.entity_id) == ["Erdoğan visits Baghdad"]
    assert titles(analyst, "ferry", max_rows=1) == ["Türkiye opens a ferry line"]
    for none in (0, -1, None):
        assert titles(analyst, "ferry", max_rows=none) == []


def test_a_misspelled_title_is_found_where_no_article_has_the_words(analyst: Connection) -> None:
    (row,) = search(analyst, "Erdogen visits Bagdad")
    assert (row.title, row.matched) == ("Erdoğan visits Baghdad", "similar title")
    assert [row.matched for row in search(analyst, "Erdogan visits Baghdad")] == ["words"]
    assert titles(analyst, "Erdogen visits Bagdad", entity=SUDAN.entity_id) == []
    assert titles(analyst, "ferry -ferry") == []


def test_words_in_quotes_are_found_as_they_stand_or_not_at_all(analyst: Connection) -> None:
    assert titles(analyst, "line of ferries opens") == ["Türkiye opens a ferry line"]
    for quoted in ('"line ferry"', '"Erdogen" visits', 'Erdogen visits "'):
        assert titles(analyst, quoted) == []


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "",
        "   ",
        "the of and",
        '"',
        '"" - " or',
        "-",
        "- " * 5_000,
        '-"' * 5_000,
        '-"" ' * 2_500,
        "-the " * 2_500,
        "or -ferry " * 1_000,
        "or or or",
        "' \\ : & | ! ( ) <-> *",
        "<!--" * 2_500,
        "a_" * 5_000,
        "~/" * 5_000,
        "!" * 10_000,
        '"ferry" ' * 1_250,
        "x" * 10_000,
        "\U00020000" * 10_000,
        "wordy-" * 1_700,
    ],
    ids=lambda odd: str(odd)[:8],
)
def test_odd_queries_end_well(analyst: Connection, odd: str | None) -> None:
    assert len(search(analyst, odd)) <= 3
    assert len(entities(analyst, odd)) <= 4


# --- news.find_entity


def test_an_entity_is_found_by_a_misspelled_name(analyst: Connection) -> None:
    (first, *_) = entities(analyst, "Erdogen")
    assert (first.entity_id, first.display_name) == (ERDOGAN.entity_id, ERDOGAN.name)
    assert (first.entity_type, first.mentions) == ("PERSON", 3)
    assert 0.5 <= first.similarity < 1
    assert entities(analyst, "Sudany")[0].entity_id in {SUDANI.entity_id, SUDAN.entity_id}
    assert SUDANI.entity_id in [row.entity_id for row in entities(analyst, "Sudany")]


def test_an_exact_name_comes_before_one_that_holds_it(analyst: Connection) -> None:
    found = entities(analyst, "erdogan")
    assert [(row.matched_name, row.similarity, row.is_exact) for row in found] == [
        ("Erdogan", 1, True)
    ]
    assert [(row.similarity, row.is_exact) for row in entities(analyst, "tayyip")] == [(1, False)]
    assert entities(analyst, "SUDAN")[0].display_name == "Sudan"
    assert len(entities(analyst, "sudan", max_rows=1)) == 1


@pytest.mark.parametrize("name", ["erdogan", "Sudan", "sudani", "tayyip", "Erdogen", "Recep", "a"])
def test_fewer_rows_are_the_first_of_more(analyst: Connection, name: str) -> None:
    every = entities(analyst, name, max_rows=200)
    for few in range(len(every) + 1):
        assert entities(analyst, name, max_rows=few) == every[:few]


def test_an_entity_that_nobody_named_is_not_found(analyst: Connection) -> None:
    assert entities(analyst, "Reykjavik") == []


# --- news.folded


def test_a_part_of_a_name_or_title_is_found_by_an_index(analyst: Connection) -> None:
    found = text("select title from news.articles where news.folded(title) like '%turkiye op%'")
    assert analyst.scalars(found).all() == ["Türkiye opens a ferry line"]
    analyst.execute(text("set local enable_seqscan = off"))
    plan = "\n".join(analyst.scalars(text(f"explain {found}")))
    assert "ix_articles_folded_title" in plan


# --- how they are made


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_what_the_models_say(archive: Engine, function: Function) -> None:
    definition = text("""
        select pg_get_functiondef(oid), obj_description(oid, 'pg_proc'), prosecdef
          from pg_proc where oid = to_regproc(:name)
        """)
    with archive.connect() as connection:
        built = connection.execute(definition, {"name": function.name}).one()
        assert (built[1], built[2]) == (function.comment, False)
        named = text("select proargnames from pg_proc where oid = to_regproc(:name)")
        assert connection.scalar(named, {"name": function.name}) == [
            *function.arguments,
            *function.columns,
        ]
        replacing = function.definition.replace("create function", "create or replace function")
        connection.execute(text(replacing))
        assert connection.execute(definition, {"name": function.name}).one() == built


def test_every_function_of_ours_is_known_and_has_a_comment(archive: Engine) -> None:
    with archive.connect() as connection:
        found = connection.execute(
            text("""
            select pronamespace::regnamespace || '.' || proname, obj_description(oid, 'pg_proc')
              from pg_proc
             where pronamespace in ('news'::regnamespace, 'ops'::regnamespace)
               and not exists (select from pg_depend
                                where classid = 'pg_proc'::regclass and objid = pg_proc.oid
                                  and deptype = 'e')
            """)
        ).all()
    assert all(comment for _, comment in found)
    known = {function.name for function in FUNCTIONS}
    assert {name for name, _ in found} == known | {"news.read_as_analyst"} | {
        f"ops.{function.name}" for function in TRIGGER_FUNCTIONS
    }


@pytest.mark.parametrize(
    ("index", "query"),
    [
        ("ix_articles_search", "news.search('ferry')"),
        ("ix_articles_folded_title", "news.search('Erdogen visits')"),
        ("ix_names_folded_name", "news.find_entity('Erdogen')"),
    ],
)
def test_an_index_answers(archive: Engine, index: str, query: str) -> None:
    """Counted by the server; on three rows a plan without it would be cheaper."""
    with archive.connect() as connection:
        connection.execute(text("set local enable_seqscan = off"))
        used = text("select pg_stat_get_xact_numscans(to_regclass(:index))")
        before: int = connection.scalar(used, {"index": f"news.{index}"}) or 0
        connection.execute(text(f"select * from {query}"))
        after: int = connection.scalar(used, {"index": f"news.{index}"}) or 0
    assert after > before
