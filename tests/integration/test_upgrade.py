"""A database with rows in it, upgraded from an earlier revision.

It keeps them, and the next run over all nights makes of them what a clean load makes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from dagster import DagsterInstance
from psycopg import sql
from sqlalchemy import Engine, inspect, make_url, text

from models import NEWS, Base
from pipelines.store import database
from pipelines.store.database import alembic_config
from tests.conftest import created, fresh_database
from tests.integration.conftest import COUNCIL, FERRY, NIGHTS, Loaded
from tests.integration.loading import everything, load

HEAD, *OLDER = [
    script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()
]
"""The newest revision, and those before it, the latest first."""

COLUMNS = """
    select column_name from information_schema.columns
     where table_schema = %s and table_name = %s
       and is_generated = 'NEVER' and is_identity = 'NO'
"""
REQUIRED = f"{COLUMNS} and is_nullable = 'NO' and column_default is null"

MENU = "Top Stories"
MENU_ID = UUID(bytes=sha256(MENU.encode()).digest()[:16])
MISTAKES = f"""
-- The menu at the end of a page, taken for an article that names an organisation.
with menu as (delete from ops.page_leftovers where reason = 'navigation' returning *),
     misread as (
       insert into news.articles (article_id, content_sha256, title, body, word_count, is_truncated,
                                  first_landed_on)
       values ('{MENU_ID}', sha256('{MENU}'), '{MENU}', '', 2, true, '{NIGHTS[0]}') returning *)
insert into news.article_occurrences (page_id, ordinal, article_id, start_char, end_char)
select page_id, 9, article_id, start_char, end_char from menu, misread;
insert into news.entities (entity_id, entity_type, entity_key, display_name)
       values ('{MENU_ID}', 'ORG', 'top stories', '{MENU}');
insert into news.names (name_id, entity_type, name, entity_id, rule, mention_count)
       values ('{MENU_ID}', 'ORG', '{MENU}', '{MENU_ID}', 'folded_name', 1);
insert into news.mentions (article_id, section, section_no, start_char, end_char, surface, name_id,
                           label, sentence_start, sentence_end)
       values ('{MENU_ID}', 'title', 1, 0, {len(MENU)}, '{MENU}', '{MENU_ID}', 'ORG', 0, {len(MENU)});
-- Articles that have nothing in common, and the menu, taken for one story.
insert into news.story_articles (article_id, story_id) values ('{MENU_ID}', '{MENU_ID}');
insert into news.duplicate_pairs
       (article_a, article_b, shingles_a, shingles_b, shingles_common, relation)
select least(one.article_id, other.article_id), greatest(one.article_id, other.article_id),
       30, 30, 29, 'near'
  from news.articles one, news.articles other
 where one.body = '{FERRY}' and (other.body = '{COUNCIL}' or other.article_id = '{MENU_ID}');
update news.story_articles set story_id = (select article_id from news.articles where body = '{FERRY}')
 where article_id in (select article_id from news.articles
                       where body in ('{FERRY}', '{COUNCIL}') or article_id = '{MENU_ID}');
-- A name that stood for something else.
update news.names set entity_id = '{MENU_ID}' where name = 'Hulusi Demir';
-- All of it by versions that are no more.
update ops.ingested_files set ingest_version = 'old', segment_version = 'old';
update ops.signatures set signature_version = 'old';
update ops.annotations set ner_version = 'old';
update ops.resolutions set resolver_version = 'old'
"""


@contextmanager
def built_at(revision: str, server_url: str, rows_of: Loaded) -> Iterator[str]:
    """A database that an old version made and filled: its URL. Nothing newer has touched it."""
    name = f"test_{uuid4().hex[:12]}"
    with created(server_url, name) as url:
        command.upgrade(alembic_config(url), revision)
        source = make_url(url).set(database=rows_of.database)
        with connected(source.render_as_string(False)) as new, connected(url) as old, old:
            for table in Base.metadata.sorted_tables:
                copy_rows(new, old, table.schema or "", table.name)
        yield url


def connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""))


def copy_rows(
    new: psycopg.Connection[tuple[object, ...]],
    old: psycopg.Connection[tuple[object, ...]],
    schema: str,
    table: str,
) -> None:
    """Copy the columns that a table has in both; a table that needs others stays as it is."""

    def names(connection: psycopg.Connection[tuple[object, ...]], query: str) -> set[str]:
        return {str(row[0]) for row in connection.execute(query.encode(), (schema, table))}

    common = sorted(names(new, COLUMNS) & names(old, COLUMNS))
    if table == "analytics_state" or not common or names(old, REQUIRED) - set(common):
        return
    named = {
        "table": sql.Identifier(schema, table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, common)),
    }
    read = sql.SQL("copy (select {columns} from {table}) to stdout").format(**named)
    write = sql.SQL("copy {table} ({columns}) from stdin").format(**named)
    with new.cursor().copy(read) as rows, old.cursor().copy(write) as into:
        for data in rows:
            into.write(data)


def counts(engine: Engine) -> dict[str, int]:
    """Rows of each table of `news` that there is at the database's revision."""
    there = set(inspect(engine).get_table_names(schema=NEWS))
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(text(f"select count(*) from {table.fullname}")) or 0
            for table in Base.metadata.sorted_tables
            if table.schema == NEWS and table.name in there
        }


@pytest.mark.parametrize("revision", [OLDER[-1], OLDER[0]], ids=["the first", "the last but one"])
def test_an_old_database_keeps_its_rows_and_ends_as_a_clean_load(
    server_url: str, loaded: Loaded, instance: DagsterInstance, revision: str
) -> None:
    with fresh_database(server_url, loaded.database) as clean:
        expected, rows = everything(clean), counts(clean)
    with (
        built_at(revision, server_url, loaded) as url,
        fresh_database(server_url, str(make_url(url).database)) as engine,
    ):
        with engine.begin() as connection:
            connection.exec_driver_sql(MISTAKES)
        before = counts(engine)
        assert before["articles"] == rows["articles"] + 1
        assert before["duplicate_pairs"] == rows["duplicate_pairs"] + 2
        database.upgrade(engine.url.render_as_string(hide_password=False))
        assert database.revisions(engine) == (HEAD, HEAD)
        assert counts(engine).items() >= before.items()
        load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
        assert everything(engine) == expected
