"""What is counted row by row is what one query over everything counts, whatever has happened."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from sqlalchemy import Connection, Engine, text

from models import Base
from models.triggers import TRIGGER_FUNCTIONS
from pipelines.doctor.counted import wrong_counts
from pipelines.doctor.findings import Outcome, Verdict
from pipelines.store import analytics
from pipelines.store.database import as_libpq_url
from pipelines.store.entity_counts import LIST_LENGTH
from tests.conftest import fresh_database
from tests.integration.writing import FIRST_NIGHT, Named, put_article

TITLES = ("A", "B", "C", "D", "E")
NAMES = [Named("PERSON", name, paragraph) for name in "VWXYZ" for paragraph in (1, 2)]
LIST = [Named("ORG", f"Club {number}") for number in range(LIST_LENGTH - 1)]

WHOLE = {
    "news.article_entities": """
        select mention.article_id, name.entity_id, story.story_id, article.first_landed_on,
               count(*), null
          from news.mentions mention
          join news.names name using (name_id)
          join news.articles article using (article_id)
          join news.story_articles story using (article_id)
         where name.entity_id is not null
         group by 1, 2, 3, 4
    """,
    "news.entity_days": """
        select name.entity_id, article.first_landed_on, count(*),
               count(distinct article.article_id), count(distinct story.story_id)
          from news.mentions mention
          join news.names name using (name_id)
          join news.articles article using (article_id)
          join news.story_articles story using (article_id)
         where name.entity_id is not null
         group by name.entity_id, article.first_landed_on
    """,
    "ops.entity_totals": """
        select name.entity_id, count(*), count(distinct mention.article_id),
               count(distinct story.story_id)
          from news.mentions mention
          join news.names name using (name_id)
          join news.story_articles story using (article_id)
         where name.entity_id is not null
         group by name.entity_id
    """,
    "ops.entity_pair_counts": f"""
        with sentence as (
             select distinct name.entity_id, mention.article_id, mention.section,
                    mention.section_no, mention.sentence_start
               from news.mentions mention
               join news.names name using (name_id)
              where name.entity_id is not null
        ), named as (
             select distinct entity_id, article_id, story_id
               from sentence join news.story_articles using (article_id)
        ), pairable as (
             select * from named
              where (select count(*) from named other
                      where other.article_id = named.article_id) <= {LIST_LENGTH}
        )
        select one.entity_id, other.entity_id, count(*), count(distinct one.story_id),
               coalesce(sum(together.sentences), 0),
               count(distinct one.story_id) filter (where together.sentences > 0)
          from pairable one
          join pairable other on other.article_id = one.article_id
                             and other.entity_id > one.entity_id
         cross join lateral (
               select count(*) as sentences
                 from sentence a
                 join sentence b using (article_id, section, section_no, sentence_start)
                where a.entity_id = one.entity_id and b.entity_id = other.entity_id
                  and article_id = one.article_id) together
         group by one.entity_id, other.entity_id
    """,
    "news.coverage": """
        select night, (select count(*) from ops.ingested_files where landing_date = night),
               count(distinct page_id), count(article_id),
               (select count(*) from ops.quarantine where landing_date = night),
               count(distinct article_id),
               count(distinct article_id) filter (where first_landed_on = night)
          from (select distinct landing_date as night from ops.ingested_files) nights
          left join news.source_files on landing_date = night
          left join news.pages using (file_id)
          left join news.article_occurrences using (page_id)
          left join news.articles using (article_id)
         group by night
    """,
    "news.syndication": """
        select article.agency, '', file.landing_date, count(*),
               count(distinct occurrence.page_id), count(distinct article.article_id),
               count(distinct story.story_id)
          from news.articles article
          join news.article_occurrences occurrence using (article_id)
          join news.pages page using (page_id)
          join news.source_files file using (file_id)
          left join news.story_articles story using (article_id)
         where article.agency is not null
         group by article.agency, file.landing_date
    """,
}
"""Table -> all of it, counted at once."""

CHANGES = {
    "forget": """
        with gone as (
             delete from news.article_occurrences using news.articles
              where articles.article_id = article_occurrences.article_id and title = :one
        ), unsaid as (
             delete from news.mentions using news.articles
              where articles.article_id = mentions.article_id and title = :one)
        delete from news.articles where title = :one
    """,
    "land earlier": "update news.articles set first_landed_on = first_landed_on - 1 where title = :one",
    "other agency": "update news.articles set agency = 'AP' where title = :one",
    "no agency": "update news.articles set agency = null where title = :one",
    "join": """
        update news.story_articles set story_id = other.story_id
          from news.story_articles other
          join news.articles canonical on canonical.article_id = other.story_id
         where canonical.title = :other
           and story_articles.article_id = (select article_id from news.articles where title = :one)
    """,
    "unlink": """
        delete from news.story_articles using news.articles
         where articles.article_id = story_articles.article_id and title = :one
    """,
    "link": """
        insert into news.story_articles (article_id, story_id)
        select article_id, article_id from news.articles where title = :one on conflict do nothing
    """,
    "rename": """
        update news.names set rule = 'folded_name',
               entity_id = (select entity_id from news.entities where display_name = :other_name)
         where name = :name and exists (select from news.entities where display_name = :other_name)
    """,
    "stand for nothing": "update news.names set entity_id = null, rule = null where name = :name",
    "unsay": """
        delete from news.mentions using news.articles
         where articles.article_id = mentions.article_id and title = :one and surface = :name
    """,
    "lose a file": "delete from ops.ingested_files where path = :one || ' 0.txt'",
    "refuse a page": """
        insert into ops.quarantine
        select gen_random_uuid(), landing_date, path, null, 'blank', 'Nothing.', ''
          from ops.ingested_files where path = :one || ' 0.txt' on conflict do nothing
    """,
    "lose a page": """
        delete from news.pages using news.source_files file
         where file.file_id = pages.file_id and path = :one || ' 0.txt'
    """,
}

changes = st.tuples(
    st.sampled_from(sorted(CHANGES)),
    st.sampled_from(TITLES),
    st.sampled_from(TITLES),
    st.sampled_from("VWXYZ"),
    st.sampled_from("VWXYZ"),
)
articles = st.tuples(
    st.sampled_from(TITLES),
    st.lists(st.integers(0, 2), min_size=1, max_size=2),
    st.sampled_from([None, "AFP"]),
    st.lists(st.sampled_from(NAMES), max_size=4),
    st.integers(0, 9).map(lambda number: number == 9),
)
Step = int | tuple[Any, ...]
steps = st.lists(
    st.one_of(articles, changes, st.integers(1, 3)), min_size=8, max_size=25
)  # fmt: skip


@pytest.fixture(scope="module")
def bare(server_url: str, template: str) -> Iterator[Engine]:
    """A database that every example empties."""
    with fresh_database(server_url, template) as engine:
        yield engine


def take(engine: Engine, step: Step) -> None:
    """Put an article, change something, or count what changed in batches of so many."""
    if isinstance(step, int):
        analytics.refresh(engine, batches=(step, step))
        return
    with engine.begin() as connection:
        if step[0] in CHANGES:
            change, one, other, name, other_name = step
            values = {"one": one, "other": other, "name": name, "other_name": other_name}
            used = {key: value for key, value in values.items() if f":{key}" in CHANGES[change]}
            connection.execute(text(CHANGES[change]), used)
            return
        title, nights, agency, names, is_list = step
        known = text("select from news.articles where title = :title")
        if connection.execute(known, {"title": title}).rowcount:
            return
        connection.execute(
            text("delete from ops.ingested_files where path ^@ :path"), {"path": f"{title} "}
        )
        put_article(
            connection,
            title,
            nights=nights,
            agency=agency,
            names=names + (LIST if is_list else []),
        )


def empty(connection: Connection) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        if table.name != "analytics_state":
            connection.execute(table.delete())


def counted(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    columns = [
        "null" if column.name == "sentences" and table == "news.article_entities" else column.name
        for column in Base.metadata.tables[table].columns
    ]
    return rows(connection, f"select {', '.join(columns)} from {table}")


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in connection.execute(text(query))), key=repr)


@settings(max_examples=40)
@given(steps)
def test_it_is_what_one_query_over_everything_counts(bare: Engine, happened: list[Step]) -> None:
    with bare.begin() as connection:
        empty(connection)
    for step in happened:
        take(bare, step)
    analytics.refresh(bare, batches=(2, 2))
    with bare.connect() as connection:
        for table, query in WHOLE.items():
            assert counted(connection, table) == rows(connection, query), table
        assert connection.scalar(text("select stories from ops.analytics_state")) == (
            connection.scalar(text("select count(*) from news.story_articles where is_canonical"))
        )


def test_it_is_tried_on_every_table_there_is() -> None:
    assert set(WHOLE) == set(analytics.COUNTED)


def test_each_batch_is_counted_whole_and_a_crash_loses_no_more(bare: Engine) -> None:
    with bare.begin() as connection:
        empty(connection)
        for title in TITLES:
            put_article(connection, title, names=[NAMES[0]])
    seen: list[int] = []

    def die_after_two(done: analytics.Refreshed) -> None:
        seen.append(done.articles)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analytics.refresh(bare, die_after_two, batches=(2, 2))
    with bare.connect() as connection:
        assert analytics.is_behind(connection)
        days = text("select night, articles from news.entity_days")
        assert [tuple(row) for row in connection.execute(days)] == [(FIRST_NIGHT, 4)]
    assert analytics.refresh(bare).articles == 1


@pytest.mark.parametrize("new", ["C", "F", "G", "H"])
def test_stories_that_merge_across_batches_are_counted_once(bare: Engine, new: str) -> None:
    with bare.begin() as connection:
        empty(connection)
        for title in ("A", "B"):
            put_article(connection, title, names=[NAMES[0]])
    analytics.refresh(bare)
    with bare.begin() as connection:
        put_article(connection, new, names=[NAMES[0]], copy_of="A")
        connection.execute(text(CHANGES["join"]), {"one": "B", "other": "A"})
    analytics.refresh(bare, batches=(1, 1))
    with bare.connect() as connection:
        for table, query in WHOLE.items():
            assert counted(connection, table) == rows(connection, query), table


def is_right(engine: Engine) -> bool:
    with engine.connect() as connection:
        return all(
            counted(connection, table) == rows(connection, query) for table, query in WHOLE.items()
        ) and connection.scalar(text("select stories from ops.analytics_state")) == (
            connection.scalar(text("select count(*) from news.story_articles where is_canonical"))
        )


def said_by_doctor(engine: Engine) -> Outcome:
    url = as_libpq_url(engine.url)
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        return wrong_counts(connection)


@pytest.mark.parametrize(
    "spoil",
    [
        *(f"delete from {table}" for table in analytics.COUNTED),
        "update news.article_entities set mentions = mentions + 1",
        "update news.entity_days set mentions = mentions + 1",
        "update ops.entity_totals set mentions = mentions + 1",
        "update ops.entity_pair_counts set articles = articles + 1",
        "update news.coverage set occurrences = occurrences + 1",
        "update news.coverage set quarantined = quarantined + 1",
        "update news.syndication set occurrences = occurrences + 1",
        "update ops.analytics_state set stories = stories + 1",
    ],
)
def test_wrong_counts_are_told_and_counted_anew(bare: Engine, spoil: str) -> None:
    with bare.begin() as connection:
        empty(connection)
        for number, title in enumerate(TITLES):
            put_article(
                connection, title, agency="AFP", nights=[number % 3], names=NAMES[number:][:5]
            )
        put_article(connection, "List", names=[*LIST, *NAMES])
    analytics.refresh(bare)
    assert said_by_doctor(bare).verdict is Verdict.OK
    with bare.begin() as connection:
        connection.execute(text(spoil))
    told = said_by_doctor(bare)
    assert told.verdict is Verdict.WARN
    assert spoil.split()[2 if spoil.startswith("delete") else 1] in told.found
    analytics.refresh(bare)
    assert not is_right(bare)

    def die(_: analytics.Refreshed) -> None:
        raise KeyboardInterrupt

    with bare.begin() as connection:
        analytics.forget(connection)
    with pytest.raises(KeyboardInterrupt):
        analytics.refresh(bare, die, batches=(2, 2))
    analytics.refresh(bare)
    assert is_right(bare)
    assert said_by_doctor(bare).verdict is Verdict.OK


def test_doctor_draws_others_each_time(bare: Engine) -> None:
    """A fifth is drawn: that the last one never is in so many draws has a chance of 1 in 10 million."""
    clubs = [Named("ORG", f"Club {number}") for number in range(250)]
    with bare.begin() as connection:
        empty(connection)
        for number in range(0, 250, 5):
            put_article(connection, f"Title {number}", names=clubs[number : number + 5])
    analytics.refresh(bare)
    with bare.begin() as connection:
        connection.execute(text("analyze"))
        connection.execute(
            text("""
            update ops.entity_totals set mentions = mentions + 1
             where entity_id = (select entity_id from ops.entity_totals
                                 order by entity_id desc limit 1)
            """)
        )
    told = {said_by_doctor(bare).verdict for _ in range(72)}
    assert told == {Verdict.OK, Verdict.WARN}


def test_triggers_watch_what_is_counted() -> None:
    """A table that a count reads and no trigger watches would go stale unseen."""
    watched = {table for function in TRIGGER_FUNCTIONS for table in function.tables}
    read = {
        name
        for query in WHOLE.values()
        for name in Base.metadata.tables
        if name in query and name != "news.entities"
    }
    assert read - watched == set()
