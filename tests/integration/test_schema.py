"""The schema: what it says about itself, how it comes and goes, and what it refuses."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import IntegrityError

from models import NEWS, OPS, Base
from models.triggers import TRIGGER_FUNCTIONS, TriggerFunction
from models.views import VIEWS
from pipelines.settings import ROOT
from pipelines.store.database import alembic_config
from tests.conftest import created, fresh_database

ALEMBIC = Path(sys.executable).with_name("alembic")


def alembic(url: str, *arguments: str) -> str:
    """What the `alembic` command prints when it is run from the root of the checkout."""
    done = subprocess.run(
        [ALEMBIC, *arguments],
        cwd=ROOT,
        env={**os.environ, "BROADSHEET_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def schema(server_url: str, template: str) -> Iterator[Engine]:
    """A database as the migrations built it; tests leave it as it was."""
    with fresh_database(server_url, template) as engine:
        yield engine


@pytest.fixture
def connection(schema: Engine) -> Iterator[Connection]:
    """A transaction that is rolled back."""
    with schema.connect() as opened:
        yield opened


# --- what it says about itself


def test_every_table_view_and_column_of_news_and_ops_has_a_comment(connection: Connection) -> None:
    silent = connection.scalars(
        text("""
        select relation.oid::regclass || coalesce('.' || attribute.attname, '')
          from pg_class relation
          left join lateral (
               select null::name as attname, 0 as attnum
               union all
               select attname, attnum from pg_attribute
                where attrelid = relation.oid and attnum > 0 and not attisdropped
                  and relation.relkind in ('r', 'v', 'm')
               ) attribute on true
         where relation.relnamespace in ('news'::regnamespace, 'ops'::regnamespace)
           and relation.relkind in ('r', 'v', 'm')
           and relation.relname <> 'alembic_version'
           and coalesce(col_description(relation.oid, nullif(attribute.attnum, 0)),
                        case attribute.attnum when 0 then obj_description(relation.oid) end,
                        '') = ''
        """)
    ).all()
    assert silent == []


def test_the_models_and_the_database_say_the_same(connection: Connection) -> None:
    said = {
        (row.table, row.column): row.comment
        for row in connection.execute(
            text("""
            select attrelid::regclass::text as table, attname as column,
                   col_description(attrelid, attnum) as comment
              from pg_attribute
             where attnum > 0 and not attisdropped
            """)
        )
    }
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert said[table.fullname, column.name] == column.comment, column


def test_public_stays_empty(connection: Connection) -> None:
    found = connection.scalars(
        text("""
        select relname from pg_class where relnamespace = 'public'::regnamespace
        union all
        select proname from pg_proc where pronamespace = 'public'::regnamespace
        union all
        select typname from pg_type where typnamespace = 'public'::regnamespace
        """)
    ).all()
    assert found == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_is_what_the_models_say(connection: Connection, view: object) -> None:
    (expected,) = (one for one in VIEWS if one is view)
    connection.execute(text(f"create temporary view expected as {expected.query}"))
    kind, comment, built, wanted = connection.execute(
        text("""
        select relkind::text, obj_description(oid), pg_get_viewdef(oid),
               pg_get_viewdef('pg_temp.expected'::regclass)
          from pg_class where oid = cast(:name as regclass)
        """),
        {"name": f"news.{expected.name}"},
    ).one()
    assert built == wanted
    assert kind == "v"
    assert comment == expected.comment
    columns = connection.execute(
        text("""
        select attname, col_description(attrelid, attnum)
          from pg_attribute where attrelid = cast(:name as regclass) and attnum > 0
         order by attnum
        """),
        {"name": f"news.{expected.name}"},
    ).all()
    assert [tuple(column) for column in columns] == list(expected.columns.items())


def test_there_is_no_view_that_the_models_do_not_know(connection: Connection) -> None:
    views = connection.scalars(
        text("""
        select relname from pg_class
         where relkind in ('v', 'm')
           and relnamespace in ('news'::regnamespace, 'ops'::regnamespace)
        """)
    )
    assert set(views) == {view.name for view in VIEWS}


@pytest.mark.parametrize("function", TRIGGER_FUNCTIONS, ids=lambda function: function.name)
def test_a_trigger_is_what_the_models_say(
    connection: Connection, function: TriggerFunction
) -> None:
    body, comment = connection.execute(
        text("""
        select prosrc, obj_description(oid, 'pg_proc')
          from pg_proc where oid = cast(:name as regproc)
        """),
        {"name": f"ops.{function.name}"},
    ).one()
    assert " ".join(body.split()) == f"begin {' '.join(function.body.split())} return null; end"
    assert comment == function.comment
    events = connection.scalars(
        text("""
        select event_object_schema || '.' || event_object_table || ' ' || lower(event_manipulation)
          from information_schema.triggers
         where action_statement = 'EXECUTE FUNCTION ops.' || :name || '()'
        """),
        {"name": function.name},
    )
    assert sorted(events) == sorted(
        f"{table} {event}" for table in function.tables for event in function.events
    )


def test_there_is_no_trigger_that_the_models_do_not_know(connection: Connection) -> None:
    found = connection.scalars(
        text("""
        select distinct proname from pg_trigger
          join pg_proc on pg_proc.oid = tgfoid where not tgisinternal
        """)
    )
    assert set(found) == {function.name for function in TRIGGER_FUNCTIONS}


# --- how it comes and goes


def test_alembic_has_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config("")).get_heads()) == 1


def test_the_alembic_command_takes_a_database_there_and_back(server_url: str) -> None:
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        alembic(url, "upgrade", "head")
        assert "No new upgrade operations detected" in alembic(url, "check")
        before = objects(url)
        assert {name for name, *_ in before} >= {"news.articles", "ops.signatures", "news.stories"}
        alembic(url, "downgrade", "base")
        assert [name for name, *_ in objects(url) if not name.startswith("ops.alembic_")] == []
        alembic(url, "upgrade", "head")
        assert objects(url) == before


def test_the_migrations_can_be_printed_as_sql(server_url: str) -> None:
    printed = alembic(server_url, "upgrade", "head", "--sql")
    assert "CREATE TABLE news.articles" in printed
    assert "operator(ops.<%)" in printed  # and not doubled


def objects(url: str) -> list[tuple[str, ...]]:
    """Relations, constraints and extensions of our own in a database, with their definitions."""
    bound = create_engine(make_url(url))
    try:
        with bound.connect() as opened:
            rows = opened.execute(
                text("""
                with ours as (
                     select oid from pg_namespace where nspname in ('news', 'ops', 'public'))
                select oid::regclass::text, relkind::text,
                       coalesce(pg_get_indexdef(case relkind when 'i' then oid end), '')
                  from pg_class where relnamespace in (select oid from ours)
                union all
                select conrelid::regclass::text || ' ' || conname, contype::text,
                       pg_get_constraintdef(oid)
                  from pg_constraint where connamespace in (select oid from ours) and conrelid <> 0
                union all
                select extname, 'extension', extnamespace::regnamespace::text
                  from pg_extension where extname <> 'plpgsql'
                order by 1, 2, 3
                """)
            )
            return [tuple(row) for row in rows]
    finally:
        bound.dispose()


# --- what it refuses

ONE, TWO = "a" * 64, "b" * 64
"""Content hashes of two articles, in hexadecimal; their ids are the first half."""
A, B = f"'{ONE[:32]}'::uuid", f"'{TWO[:32]}'::uuid"
KEY = "'00000000-0000-0000-0000-000000000001'::uuid"
OTHER = "'00000000-0000-0000-0000-000000000002'::uuid"

VALID = f"""
insert into ops.ingested_files values
       ('2026-01-05', 'a.txt', sha256('a'), 1, '1', null), ('2026-01-05', 'b.txt', null, null, '1', null);
insert into news.source_files values
       ({KEY}, '2026-01-05', 'a.txt', sha256('a'), 1, 'text/plain', null, 'utf-8', 1);
insert into ops.quarantine values ({KEY}, '2026-01-05', 'b.txt', null, 'blank', 'Nothing.', '');
insert into news.pages
       (page_id, file_id, page_no, byte_start, byte_end, char_count, segment_method, is_repaired)
       values ({KEY}, {KEY}, 1, 0, 300, 300, 'mirror', false);
insert into news.articles
       (article_id, content_sha256, title, body, word_count, is_truncated, first_landed_on)
       values ({A}, '\\x{ONE}', 'One', 'In Paris.', 2, false, '2026-01-05'),
              ({B}, '\\x{TWO}', 'Two', '', 0, true, '2026-01-05');
insert into news.article_occurrences values ({KEY}, 1, {A}, 0, 100), ({KEY}, 2, {B}, 100, 200);
insert into ops.page_leftovers values ({KEY}, 200, 300, 'navigation');
insert into news.captions values ({A}, 1, 'A view', null, '{{}}', null, null);
insert into news.duplicate_pairs (article_a, article_b, shingles_a, shingles_b, shingles_common, relation)
       values ({A}, {B}, 10, 10, 9, 'near');
insert into news.story_articles (article_id, story_id) values ({A}, {A}), ({B}, {A});
insert into news.entities values ({KEY}, 'GPE', 'paris', 'Paris', 'FR', null);
insert into news.names values ({KEY}, 'GPE', 'Paris', {KEY}, 'folded', 1),
                              ({OTHER}, 'DATE', 'Monday', null, null, 1);
insert into news.mentions values ({A}, 'body', 1, 3, 8, 'Paris', {KEY}, 'GPE', 0, 9);
insert into news.quotations values ({A}, 'body', 1, 3, 8, 'Paris', {KEY}, 'said');
insert into ops.unlinked_articles values ({A});
insert into ops.signatures (article_id, signature, shingle_count, keys, signature_version)
       values ({A}, decode(repeat('00', 512), 'hex'), 3, '{{7}}', '1');
insert into ops.touched_articles values ({A});
insert into ops.annotations values ({A}, '1');
insert into ops.resolutions values ({KEY}, '1');
insert into news.article_entities values ({A}, {KEY}, {A}, '2026-01-05', 2, '{{{{1}}}}');
insert into news.entity_days values ({KEY}, '2026-01-05', 2, 1, 1);
insert into ops.entity_totals values ({KEY}, 2, 1, 1);
insert into ops.entity_pair_counts values ({KEY}, {OTHER}, 2, 2, 1, 1);
insert into news.syndication values ('AFP', '', '2026-01-05', 2, 2, 1, 1)
"""

CHECKED = {
    "ck_ingested_files_sha256_length": "update ops.ingested_files set sha256 = 'short'",
    "ck_source_files_sha256_length": "update news.source_files set sha256 = 'short'",
    "ck_source_files_page_count": "update news.source_files set page_count = 0",
    "ck_quarantine_head_length": "update ops.quarantine set head = decode(repeat('00', 1025), 'hex')",
    "ck_pages_page_no": "update news.pages set page_no = 0",
    "ck_pages_byte_range": "update news.pages set byte_start = 301",
    "ck_pages_segment_method": "update news.pages set segment_method = 'guess'",
    "ck_articles_id_from_content": f"update news.articles set content_sha256 = '\\x{'c' * 64}'",
    "ck_articles_sha256_length": (
        "update news.articles set content_sha256 = substring(content_sha256 from 1 for 16)"
    ),
    "ck_articles_word_count": "update news.articles set word_count = -1",
    "ck_articles_published_on_source": "update news.articles set published_on = '2026-01-05'",
    "ck_article_occurrences_ordinal": "update news.article_occurrences set ordinal = ordinal - 1",
    "ck_article_occurrences_char_range": (
        f"update news.article_occurrences set end_char = start_char where article_id = {A}"
    ),
    "ex_article_occurrences_range": (
        f"insert into news.article_occurrences values ({KEY}, 3, {A}, 199, 201)"
    ),
    "ck_page_leftovers_char_range": "update ops.page_leftovers set end_char = start_char",
    "ck_captions_caption_no": "update news.captions set caption_no = 0",
    "ck_captions_date_precision": "update news.captions set caption_date = '2026-01-05'",
    "ck_duplicate_pairs_order": (
        "update news.duplicate_pairs set article_a = article_b, article_b = article_a"
    ),
    "ck_duplicate_pairs_counts": "update news.duplicate_pairs set shingles_common = 11",
    "ck_duplicate_pairs_relation": "update news.duplicate_pairs set relation = 'similar'",
    "ck_entities_entity_type": "update news.entities set entity_type = 'THING'",
    "ck_names_entity_type": "update news.names set entity_type = 'THING'",
    "ck_names_mention_count": "update news.names set mention_count = 0",
    "ck_names_rule": "update news.names set rule = null where entity_id is not null",
    "ck_mentions_section": "update news.mentions set section = 'footnote'",
    "ck_mentions_section_no": "update news.mentions set section_no = 0",
    "ck_mentions_char_range": (
        "update news.mentions set start_char = -1, end_char = 4, sentence_start = -1"
    ),
    "ck_mentions_surface_length": "update news.mentions set surface = 'Pari'",
    "ck_mentions_in_sentence": "update news.mentions set sentence_end = 7",
    "ck_mentions_label": "update news.mentions set label = 'THING'",
    "ck_quotations_section": "update news.quotations set section = 'caption'",
    "ck_quotations_char_range": "update news.quotations set start_char = 9",
    "ck_quotations_quotation_length": "update news.quotations set quotation = 'Pari'",
    "ck_takedowns_sha256_length": (
        "insert into ops.takedowns (content_sha256, reason)"
        " values (decode(repeat('00', 20), 'hex'), 'x')"
    ),
    "ck_takedowns_reason": (
        "insert into ops.takedowns (content_sha256, reason)"
        " values (decode(repeat('00', 32), 'hex'), '')"
    ),
    "ck_signatures_signature_length": "update ops.signatures set signature = 'short'",
    "ck_signatures_shingle_count": "update ops.signatures set shingle_count = -1",
    "ck_article_entities_mentions": "update news.article_entities set mentions = 0, sentences = '{}'",
    "ck_article_entities_sentences": "update news.article_entities set sentences = '{1,2,3}'",
    "ck_entity_days_counts": "update news.entity_days set stories = 2",
    "ck_entity_totals_counts": "update ops.entity_totals set mentions = 0",
    "ck_entity_pair_counts_order": (
        "update ops.entity_pair_counts set entity_a = entity_b, entity_b = entity_a"
    ),
    "ck_entity_pair_counts_counts": "update ops.entity_pair_counts set sentence_stories = 3",
    "ck_syndication_counts": "update news.syndication set stories = 2",
    "ck_analytics_state_one_row": "insert into ops.analytics_state values (false, 0)",
}
"""Constraint -> a change that only it stands against."""

KEYED = {
    "pk_analytics_state": "insert into ops.analytics_state values (true, 0)",
    "pk_article_occurrences": (
        f"insert into news.article_occurrences values ({KEY}, 2, {A}, 200, 201)"
    ),
    "uq_source_files_landing_date_path": (
        f"insert into news.source_files select {OTHER}, landing_date, path, sha256, byte_size,"
        " media_type, compression, encoding, page_count from news.source_files"
    ),
    "uq_pages_file_id_page_no": (
        "insert into news.pages (page_id, file_id, page_no, byte_start, byte_end, char_count,"
        f" segment_method, is_repaired) values ({OTHER}, {KEY}, 1, 0, 1, 1, 'none', false)"
    ),
    "uq_quarantine_landing_date_path_page_no": (
        f"insert into ops.quarantine values ({OTHER}, '2026-01-05', 'b.txt', null, 'x', 'y', '')"
    ),
    "uq_entities_entity_type_entity_key": (
        f"insert into news.entities values ({OTHER}, 'GPE', 'paris', 'Paris, Texas', 'US', null)"
    ),
    "uq_names_entity_type_name": (
        f"insert into news.names values ({A}, 'GPE', 'Paris', {KEY}, 'folded', 1)"
    ),
    "fk_source_files_landing_date_path_ingested_files": (
        f"insert into news.source_files values ({OTHER}, '2026-01-05', 'unseen.txt', sha256('a'),"
        " 1, 'text/plain', null, 'utf-8', 1)"
    ),
    "fk_article_occurrences_article_id_articles": f"delete from news.articles where article_id = {B}",
    "fk_names_entity_id_entities": "delete from news.entities",
    "fk_mentions_name_id_names": f"delete from news.names where name_id = {KEY}",
    "fk_story_articles_story_id_articles": f"update news.story_articles set story_id = {OTHER}",
}
"""Keys that matter most -> a change that only they stand against."""


@pytest.mark.parametrize(("constraint", "change"), (CHECKED | KEYED).items(), ids=CHECKED | KEYED)
def test_the_database_refuses_what_breaks(
    connection: Connection, constraint: str, change: str
) -> None:
    connection.exec_driver_sql(VALID)
    with pytest.raises(IntegrityError) as refused:
        connection.exec_driver_sql(change)
    assert isinstance(refused.value.orig, psycopg.Error)
    assert refused.value.orig.diag.constraint_name == constraint


def test_every_check_there_is_has_been_tried(connection: Connection) -> None:
    there = connection.scalars(
        text("""
        select conname from pg_constraint
         where contype in ('c', 'x')
           and connamespace in ('news'::regnamespace, 'ops'::regnamespace)
        """)
    )
    assert set(there) == set(CHECKED)


def test_what_hangs_on_a_file_goes_with_it(connection: Connection) -> None:
    connection.exec_driver_sql(VALID)
    connection.execute(text("delete from ops.ingested_files"))
    for table in ("news.source_files", "news.pages", "news.article_occurrences"):
        assert connection.scalar(text(f"select count(*) from {table}")) == 0
    for table in ("ops.page_leftovers", "ops.quarantine"):
        assert connection.scalar(text(f"select count(*) from {table}")) == 0


def test_schemas_are_news_and_ops_and_no_others() -> None:
    assert {table.schema for table in Base.metadata.tables.values()} == {NEWS, OPS}
