"""What the stores promise: writes of what differs, digests, counts of what is broken, versions."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

import psycopg
import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine, create_engine, text

from models import Caption, IngestedFile, LshBand
from pipelines.alias_file import own_resolver
from pipelines.definitions import defs
from pipelines.defs import derive, ingest
from pipelines.defs.partitions import range_tags
from pipelines.news.ner import SHIPPED
from pipelines.settings import ROOT
from pipelines.store import bulk, checks, database, samples
from pipelines.store.digests import digests
from tests.conftest import fresh_database
from tests.integration.conftest import FILES, NIGHTS, Loaded
from tests.integration.loading import everything, lay_out, load, rows_written
from tests.polling import eventually

BROADSHEET = Path(sys.executable).with_name("broadsheet")

# --- writing


COLUMNS = ("landing_date", "path", "sha256", "byte_size", "ingest_version")
SEEN: list[list[Any]] = [
    [NIGHTS[0], "a.txt", b"a" * 32, 1, "1"],
    [NIGHTS[0], "b.txt", None, None, "1"],
    [NIGHTS[1], "tab\t, line\n, \\. and “é” 𝄞.txt", b"\0\\x\n" * 8, 3_000_000_000, "1"],
]


def put(engine: Engine, rows: list[list[Any]]) -> int:
    with engine.begin() as connection:
        return bulk.upsert(connection, IngestedFile, COLUMNS, rows)


def versions_of_rows(engine: Engine) -> dict[str, str]:
    """The transaction that wrote each row last."""
    with engine.connect() as connection:
        rows = connection.execute(text("select path, xmin::text as xid from ops.ingested_files"))
        return {row.path: row.xid for row in rows}


def test_upsert_writes_only_what_differs(engine: Engine) -> None:
    assert put(engine, SEEN) == 3
    first = versions_of_rows(engine)
    assert put(engine, SEEN) == 0
    assert versions_of_rows(engine) == first
    changed = [SEEN[0], [*SEEN[1][:3], 7, "1"], [*SEEN[2][:2], None, *SEEN[2][3:]]]
    assert put(engine, changed) == 2  # from null to a value, and back
    now = versions_of_rows(engine)
    assert now["a.txt"] == first["a.txt"]
    with engine.connect() as connection:
        stored = connection.execute(
            text(f"select {', '.join(COLUMNS)} from ops.ingested_files order by landing_date, path")
        )
        assert [list(row) for row in stored] == changed


def test_upsert_of_nothing_writes_nothing(engine: Engine) -> None:
    assert put(engine, []) == 0


def test_upsert_of_a_table_that_is_all_key_adds_what_is_missing(copy: Engine) -> None:
    with copy.begin() as connection:
        there = connection.execute(text("select key, article_prefix from ops.lsh_bands limit 2"))
        rows = [*map(tuple, there), (1, 1)]
        assert bulk.upsert(connection, LshBand, ("key", "article_prefix"), rows) == 1


def test_a_staging_table_lives_as_long_as_its_transaction(engine: Engine) -> None:
    with engine.begin() as connection:
        assert bulk.stage(connection, "staged", [("n", "integer")], [(1,), (2,)]) == 2
        assert bulk.stage(connection, "staged", [("n", "integer")], [(3,)]) == 1
        assert connection.scalars(text("select n from pg_temp.staged")).all() == [3]
    with engine.begin() as connection:
        assert connection.scalar(text("select to_regclass('pg_temp.staged')")) is None


def test_arrays_and_odd_characters_survive_a_copy(copy: Engine) -> None:
    with copy.begin() as connection:
        (article,) = connection.execute(
            text("select article_id from news.captions order by 1 limit 1")
        ).one()
        said = "tab\t, line\n, \\N, \\. and “é” 𝄞"
        row = (article, 9, said, None, ["a,b", '"c"', "{}", ""])
        columns = ("article_id", "caption_no", "caption", "credit", "agencies")
        assert bulk.insert(connection, Caption, columns, [row]) == 1
        stored = connection.execute(
            text("select caption, credit, agencies from news.captions where caption_no = 9")
        ).one()
        assert tuple(stored) == row[2:]


# --- many writers


def test_nights_loaded_at_once_give_what_one_after_the_other_gives(
    loaded: Loaded, engine: Engine, tmp_path: Path
) -> None:
    """Two processes, each with a Dagster home of its own, so that no pool keeps them apart."""
    spans = [["--to", str(NIGHTS[0])], ["--from", str(NIGHTS[1])]]
    with psycopg.connect(database.libpq_url(), autocommit=True) as holder:
        key = database._WRITE_LOCK  # noqa: SLF001 - they all have to pass here
        holder.execute("select pg_advisory_lock(%s)", [key])
        runs = [
            subprocess.Popen(
                [BROADSHEET, "run", "-q", "--landing", loaded.zone.root, *span],
                cwd=ROOT,
                env={**os.environ, "BROADSHEET_HOME": str(tmp_path / span[0])},
                stderr=subprocess.PIPE,
                text=True,
            )
            for span in spans
        ]
        waiting = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
        eventually(
            lambda: (
                holder.execute(waiting, [holder.info.backend_pid]).fetchone() == (len(runs),)
                or any(run.poll() is not None for run in runs)
            )
        )
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    assert everything(engine) == expected(loaded)


def expected(loaded: Loaded) -> dict[str, tuple[int, str]]:
    """Digests of the database that was loaded in one run."""
    undisturbed = create_engine(database.engine().url.set(database=loaded.database))
    try:
        return everything(undisturbed)
    finally:
        undisturbed.dispose()


# --- digests


def digests_of(engine: Engine) -> dict[str, tuple[int, str]]:
    with engine.connect() as connection:
        return digests(connection) | digests(connection, "ops")


NOTED = {"stale_articles", "stale_nights"}
"""Where triggers note what changed."""

CHANGES = {
    "news.articles": "update news.articles set title = title || '.' where title = (select min(title) from news.articles)",
    "news.captions": "update news.captions set credit = null where credit is not null",
    "news.duplicate_pairs": "update news.duplicate_pairs set shingles_common = shingles_common - 1",
    "news.mentions": "update news.mentions set sentence_end = sentence_end + 1",
    "news.entities": "update news.entities set country_code = 'XX' where country_code is null",
    "news.names": "update news.names set mention_count = mention_count + 1",
    "ops.signatures": "update ops.signatures set signature = set_byte(signature, 511, 1 # get_byte(signature, 511))",
    "ops.page_leftovers": "delete from ops.page_leftovers",
}


@pytest.mark.parametrize(("table", "change"), CHANGES.items(), ids=CHANGES)
def test_a_digest_tells_a_changed_table_and_no_other(copy: Engine, table: str, change: str) -> None:
    before = digests_of(copy)
    with copy.begin() as connection:
        assert connection.execute(text(change)).rowcount > 0
    after = digests_of(copy)
    assert {name for name in before if before[name] != after[name]} - NOTED == {table.split(".")[1]}


def test_a_digest_tells_values_that_changed_places(copy: Engine) -> None:
    before = digests_of(copy)
    with copy.begin() as connection:
        swapped = connection.execute(
            text("""
            with ends as (select min(title) as low, max(title) as high from news.articles)
            update news.articles one set title = other.title
              from ends, news.articles other
             where one.title in (low, high) and other.title in (low, high)
               and one.title <> other.title
            """)
        )
        assert swapped.rowcount >= 2
    after = digests_of(copy)
    assert {name for name in before if before[name] != after[name]} == {"articles"}


def test_a_digest_does_not_see_the_order_of_rows_or_how_the_session_shows_them(
    copy: Engine,
) -> None:
    before = digests_of(copy)
    with copy.begin() as connection:
        for statement in (
            "create temp table kept on commit drop as select * from ops.lsh_bands",
            "delete from ops.lsh_bands",
            "insert into ops.lsh_bands select * from pg_temp.kept order by key desc, article_prefix",
            "update news.pages set page_no = page_no",
            "set datestyle = 'German'",
            "set timezone = 'Asia/Kathmandu'",
            "set bytea_output = 'escape'",
            "set extra_float_digits = -5",
        ):
            connection.execute(text(statement))
        after = digests(connection) | digests(connection, "ops")
        assert {name for name in before if before[name] != after[name]} <= NOTED


def test_an_empty_database_has_a_digest_for_every_table(engine: Engine) -> None:
    found = digests_of(engine)
    assert {table for table, (count, _) in found.items() if count} == {"analytics_state"}
    assert len(found["articles"][1]) == 32


# --- counts of what is broken

BROKEN = {
    "BROKEN_OFFSETS": "update news.mentions set surface = overlay(surface placing '#' from 1)",
    "ARTICLES_NOWHERE": "delete from news.article_occurrences",
    "ARTICLES_WITHOUT_STORY": "delete from news.story_articles",
    "STORIES_WITHOUT_CANONICAL": "delete from news.story_articles where is_canonical and story_id in"
    " (select story_id from news.story_articles where not is_canonical)",
    "NAMES_MISCOUNTED": "update news.names set mention_count = mention_count + 1",
    "NAMES_UNRESOLVED": "update news.names set entity_id = null where entity_id is not null",
    "ENTITIES_UNNAMED": "update news.names set entity_id = null where entity_id is not null",
    "BANDS_WITHOUT_SIGNATURE": "delete from ops.signatures",
    "SIGNATURES_WITHOUT_BAND": "delete from ops.lsh_bands",
}


@pytest.mark.parametrize(("query", "change"), BROKEN.items(), ids=BROKEN)
def test_a_check_counts_what_is_broken(copy: Engine, query: str, change: str) -> None:
    counts: str = getattr(checks, query)
    with copy.begin() as connection:
        assert checks.count(connection, counts) == 0
        connection.execute(text(change))
        assert checks.count(connection, counts) > 0


@pytest.mark.parametrize(
    ("query", "change"),
    [(q, BROKEN[q]) for q in ("BROKEN_OFFSETS", "ARTICLES_WITHOUT_STORY", "NAMES_UNRESOLVED")],
)
def test_a_check_of_one_night_leaves_the_others_alone(
    copy: Engine, query: str, change: str
) -> None:
    counts: str = getattr(checks, query)
    elsewhere = (date(2030, 1, 1), date(2030, 1, 1))
    with copy.begin() as connection:
        connection.execute(text(change))
        assert checks.count(connection, counts, (NIGHTS[0], NIGHTS[0])) > 0
        assert checks.count(connection, counts, elsewhere) == 0


def test_rows_of_a_large_table_are_estimated(copy: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with copy.begin() as connection:
        counted = samples.row_count(connection, "news.mentions")
        assert counted == connection.scalar(text("select count(*) from news.mentions")) > 10
        connection.execute(text("analyze news.mentions"))
        monkeypatch.setattr(samples, "_COUNTED_UP_TO", 10)
        connection.execute(text("delete from news.mentions where section = 'body'"))
        assert samples.row_count(connection, "news.mentions") == counted


# --- versions

Change = Callable[[pytest.MonkeyPatch], None]

VERSIONS: dict[str, tuple[Change, str, str]] = {
    "signatures": (
        lambda patch: patch.setattr(derive, "LINK_VERSION", "another"),
        "signature_version",
        "ops.signatures",
    ),
    "resolutions": (
        lambda patch: patch.setattr(
            derive, "own_resolver", lambda: replace(own_resolver(), version="another")
        ),
        "resolver_version",
        "ops.resolutions",
    ),
    "pages": (
        lambda patch: patch.setattr(ingest, "SEGMENT_VERSION", "another"),
        "segment_version",
        "ops.ingested_files where path <> 'bad.txt'",
    ),
    "files": (
        lambda patch: patch.setattr(ingest, "PAGES_VERSION", "another"),
        "ingest_version",
        "ops.ingested_files",
    ),
}


@pytest.mark.parametrize(("change", "column", "table"), VERSIONS.values(), ids=VERSIONS)
def test_what_another_version_made_is_made_anew(
    instance: DagsterInstance,
    loaded: Loaded,
    copy: Engine,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    column: str,
    table: str,
) -> None:
    before = everything(copy)
    change(monkeypatch)
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    with copy.connect() as connection:
        versions = connection.scalars(text(f"select distinct {column} from {table}")).all()
    assert len(versions) == 1
    assert versions[0].startswith("another")
    holding_versions = {"signatures", "ingested_files", "resolutions"}
    after = everything(copy)
    assert {name for name in before if before[name] != after[name]} <= holding_versions
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert rows_written(copy) == 0
    monkeypatch.undo()
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert everything(copy) == before


def test_another_spacy_pipeline_reads_every_article_again(
    instance: DagsterInstance,
    loaded: Loaded,
    copy: Engine,
    tmp_path: Path,
) -> None:
    other = tmp_path / "pipeline"
    copytree(SHIPPED, other)
    meta = other / "meta.json"
    meta.write_text(
        meta.read_text(encoding="utf-8").replace('"version"', '"version" ', 1), encoding="utf-8"
    )
    before = everything(copy)
    before.pop("annotations")  # they hold the version
    versions = "select distinct ner_version from ops.annotations"
    with copy.connect() as connection:
        (old,) = connection.scalars(text(versions)).all()
    result = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            tags=range_tags(NIGHTS[0], NIGHTS[-1]),
            run_config={
                "resources": {
                    "landing_zone": {"config": {"root": str(loaded.zone.root)}},
                    "recogniser": {"config": {"pipeline": str(other)}},
                }
            },
        )
    )
    assert result.success
    with copy.connect() as connection:
        (new,) = connection.scalars(text(versions)).all()
    assert new != old
    # It is the same pipeline by another name.
    assert {name: value for name, value in everything(copy).items() if name in before} == before


def test_names_that_were_not_resolved_are(
    instance: DagsterInstance, loaded: Loaded, copy: Engine
) -> None:
    before = everything(copy)
    with copy.begin() as connection:
        connection.execute(text("update news.names set entity_id = null, rule = null"))
        connection.execute(text("delete from news.entities"))
        connection.execute(text("delete from ops.resolutions"))
    load(instance, loaded.zone, NIGHTS[0])
    assert everything(copy) == before


def test_a_changed_file_replaces_all_it_held(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    copy: Engine,
    tmp_path: Path,
) -> None:
    changed = {**FILES, (NIGHTS[0], "a.txt"): FILES[NIGHTS[2], "c.txt"]}
    zone = lay_out(tmp_path, changed)
    load(instance, zone, NIGHTS[0])
    with fresh_database(server_url, template) as anew:
        load(instance, zone, NIGHTS[0], NIGHTS[-1])
        assert everything(anew) == everything(copy)
