"""Exports hold what the database holds, whatever reads them and however often they are interrupted."""

import csv
import fcntl
import json
import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.commands.export_manifest import MANIFEST
from pipelines.commands.user import Role, create_user
from pipelines.store import exports
from tests.conftest import connected
from tests.integration.conftest import COUNCIL, FERRY, FILES, NIGHTS, page
from tests.integration.loading import Landing
from tests.integration.test_cli import BROADSHEET
from tests.integration.test_roles import PASSWORD, as_user

TABLES = ("articles", "stories", "entities", "mentions", "quotations", "coverage")
BRIDGE = (
    "“The old bridge will stay closed until spring,” Hulusi Demir said in Ankara on Monday. “We know "
    "that this is hard,” Demir said. Traders on both banks have asked for a ferry since autumn, and the "
    "Black Sea Port Authority has promised them one. The banner at the gate reads: “Not without us.”"
)
MARKET = (
    "“The market opens again in May,” Grace Wanjiru told reporters in Nairobi on Wednesday, and added "
    "that the roof had been made anew. The stalls burnt down a year ago, and most of the traders have "
    "sold from carts along the Tana River since then, in the rain and without a licence."
)
FORMATS = ("parquet", "csv", "jsonl")
READERS = {"parquet": "read_parquet", "csv": "read_csv", "jsonl": "read_json"}


@pytest.fixture(scope="module")
def landing() -> Landing:
    """The three nights, with somebody quoted on the first and on the last."""
    said = {(NIGHTS[0], "said.txt"): page(BRIDGE), (NIGHTS[2], "said.txt"): page(MARKET)}
    return {**FILES, **said}


def export(out: Path, *words: object) -> Result:
    return CliRunner().invoke(app, ["export", str(out), *map(str, words)], catch_exceptions=False)


def exported(out: Path, *words: object) -> dict[str, Any]:
    """The manifest of an export that succeeds."""
    done = export(out, *words)
    assert done.exit_code == 0, done.output
    found = json.loads((out / MANIFEST).read_text())
    assert isinstance(found, dict)
    assert found["is_complete"]
    return found


def parts(manifest: dict[str, Any]) -> dict[str, str]:
    """The hash of each file, by its path."""
    return {
        part["path"]: part["sha256"]
        for table in manifest["tables"].values()
        for part in table["parts"]
    }


def stored(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


# --- what is in the files


@pytest.mark.parametrize("output", FORMATS)
def test_duckdb_reads_what_the_database_holds(copy: Engine, tmp_path: Path, output: str) -> None:
    exported(tmp_path, "--format", output, "--part-rows", 3)
    with duckdb.connect() as reader:
        for table in TABLES:
            files = f"{READERS[output]}('{tmp_path}/{table}/*.{output}')"
            (count,) = reader.execute(f"select count(*) from {files}").fetchone() or ()
            assert [(count,)] == stored(copy, f"select count(*) from news.{table}"), table
            assert count >= 3
        read = reader.execute(f"""
            select article_id::varchar, title, body, word_count, first_landed_on, published_on,
                   is_truncated, story_id::varchar, content_sha256
              from {READERS[output]}('{tmp_path}/articles/*.{output}')
        """).fetchall()
        named = reader.execute(f"""
            select entity.display_name, count(*)
              from {READERS[output]}('{tmp_path}/mentions/*.{output}') mention
              join {READERS[output]}('{tmp_path}/entities/*.{output}') entity using (entity_id)
             group by 1 order by 1
        """).fetchall()
        quoted = reader.execute(f"""
            select article_id::varchar, section, section_no, start_char, end_char, quotation, cue,
                   speaker_name, entity_id::varchar
              from {READERS[output]}('{tmp_path}/quotations/*.{output}')
        """).fetchall()
        nights = reader.execute(
            f"from {READERS[output]}('{tmp_path}/coverage/*.{output}')"
        ).fetchall()
    assert read == stored(
        copy,
        """
        select article_id::text, title, body, word_count, first_landed_on, published_on,
               is_truncated, story_id::text, encode(content_sha256, 'hex')
          from news.articles join news.story_articles using (article_id) order by article_id
        """,
    )
    assert named == stored(
        copy,
        """
        select display_name, count(*)
          from news.mentions join news.names using (name_id) join news.entities using (entity_id)
         group by 1 order by display_name collate "C"
        """,
    )
    assert quoted == stored(
        copy,
        """
        select article_id::text, section, section_no, start_char, end_char, quotation, cue,
               speaker_name, entity_id::text
          from news.quotations
          join news.quotation_texts using (article_id, section, section_no, start_char, quotation, cue)
         order by article_id, start_char
        """,
    )
    assert nights == stored(copy, "select * from news.coverage order by landing_date")


def test_parquet_has_plain_types(
    copy: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a later schema may bring is written too; today's tables have no column with a time.
    instant = exports.Source(
        "instants",
        """
        select n, timestamptz '2026-01-05 12:00:00.123456+02' + n * interval '1 day' as at,
               array['a', 'é'] as words, null::float8 as share, n::int8 as many, '\\xff00'::bytea as raw
          from generate_series(1, 3) n
        """,
        "",
        ("n",),
    )
    monkeypatch.setattr(exports, "SOURCES", (*exports.SOURCES, instant))
    exported(tmp_path)
    articles = pq.read_table(tmp_path / "articles")
    strings = ("article_id", "content_sha256", "title", "body", "story_id")
    assert {articles.schema.field(name).type for name in strings} == {pa.string()}
    assert articles.schema.field("first_landed_on").type == pa.date32()
    assert articles.schema.field("captions").type == pa.list_(pa.string())
    assert articles.schema.field("is_truncated").type == pa.bool_()
    assert articles.schema.field("word_count").type == pa.int32()
    captions = "array(select caption from news.captions c where c.article_id = a.article_id)"
    assert articles.column("captions").to_pylist() == [
        row[0]
        for row in stored(copy, f"select {captions} from news.articles a order by article_id")
    ]
    read = pq.read_table(tmp_path / "instants")
    assert read.schema.types == [
        pa.int32(),
        pa.timestamp("us", tz="UTC"),
        pa.list_(pa.string()),
        pa.float64(),
        pa.int64(),
        pa.string(),
    ]
    first = datetime(2026, 1, 6, 10, 0, 0, 123456, tzinfo=UTC)
    row = {"n": 1, "at": first, "words": ["a", "é"], "share": None, "many": 1, "raw": "ff00"}
    assert read.to_pylist()[0] == row
    for field in (*articles.schema, *read.schema):
        assert not isinstance(field.type, pa.ExtensionType)
    assert (
        pq.ParquetFile(tmp_path / "articles" / "part-00000.parquet")
        .metadata.row_group(0)
        .column(0)
        .compression
        == "ZSTD"
    )


def test_a_quotation_has_its_article_offsets_and_speaker(copy: Engine, tmp_path: Path) -> None:
    assert stored(copy, "select count(*) from news.quotations") == [(4,)]
    exported(tmp_path)
    bodies = {
        row["article_id"]: row["body"] for row in pq.read_table(tmp_path / "articles").to_pylist()
    }
    quotations = pq.read_table(tmp_path / "quotations").to_pylist()
    for row in quotations:
        body = bodies[row["article_id"]]
        assert body[row["start_char"] : row["end_char"]] == row["quotation"]
    spoken = [(row["speaker_name"], row["cue"]) for row in quotations]
    assert sorted(spoken, key=str) == [
        ("Grace Wanjiru", "told"),
        ("Hulusi Demir", "said"),
        ("Hulusi Demir", "said"),
        (None, "reads"),
    ]
    assert [row["entity_id"] is None for row in quotations] == [
        row["speaker_name"] is None for row in quotations
    ]


def test_text_survives_csv_and_jsonl_as_it_is(copy: Engine, tmp_path: Path) -> None:
    title = 'He said "no", then 🎈;\n\n\\. =1+1 \t\x7f '
    with copy.begin() as connection:
        changed = "update news.articles set title = :title, byline = '' where body = :body"
        connection.execute(text(changed), {"title": title, "body": FERRY})
    exported(tmp_path / "csv", "--format", "csv")
    exported(tmp_path / "jsonl", "--format", "jsonl")
    raw = (tmp_path / "csv" / "articles" / "part-00000.csv").read_bytes()
    assert b"\r" not in raw
    assert raw.decode().endswith("\n")
    with (tmp_path / "csv" / "articles" / "part-00000.csv").open(newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["body"] == FERRY)
    lines = (tmp_path / "jsonl" / "articles" / "part-00000.jsonl").read_text().split("\n")
    assert lines.pop() == ""
    (record,) = (one for one in map(json.loads, lines) if one["body"] == FERRY)
    assert row["title"] == record["title"] == title
    assert row["first_landed_on"] == record["first_landed_on"] == "2026-01-05"
    assert (record["byline"], record["published_on"], record["is_truncated"]) == ("", None, False)
    assert (row["published_on"], row["is_truncated"]) == ("", "false")
    assert json.loads(row["captions"]) == record["captions"]
    assert (
        list(row)
        == list(record)
        == list(exported(tmp_path / "csv", "--format", "csv")["tables"]["articles"]["columns"])
    )


def test_only_what_is_new_and_what_it_touches(copy: Engine, tmp_path: Path) -> None:
    exported(tmp_path, "--since", NIGHTS[2])
    read = {table: pq.read_table(tmp_path / table).to_pylist() for table in TABLES}
    new = {row["article_id"] for row in read["articles"]}
    cut = " ".join(COUNCIL.split()[:40])
    assert {row["body"] for row in read["articles"]} == {COUNCIL, cut, MARKET}
    assert {row["story_id"] for row in read["stories"]} == {
        row["story_id"] for row in read["articles"]
    }
    assert {row["article_id"] for row in read["mentions"]} == new
    assert [row["speaker_name"] for row in read["quotations"]] == ["Grace Wanjiru"]
    assert [row["landing_date"] for row in read["coverage"]] == [NIGHTS[2]]
    touched = {row["entity_id"] for row in read["mentions"]} - {None}
    assert {row["entity_id"] for row in read["quotations"]} <= touched
    assert {row["entity_id"] for row in read["entities"]} == touched
    (everything,) = stored(copy, "select count(*) from news.entities")
    assert 0 < len(touched) < everything[0]


@pytest.mark.usefixtures("engine")
def test_an_empty_table_has_a_file_with_its_columns(tmp_path: Path) -> None:
    manifest = exported(tmp_path)
    assert len(parts(manifest)) == len(TABLES)
    assert pq.read_table(tmp_path / "mentions").num_rows == 0
    assert "surface" in pq.read_table(tmp_path / "mentions").column_names


# --- equal databases give equal files


@pytest.mark.parametrize("output", FORMATS)
def test_equal_databases_give_equal_files(copy: Engine, tmp_path: Path, output: str) -> None:
    options = ("--format", output, "--part-rows", 7)
    first = exported(tmp_path / "first", *options)
    with copy.begin() as connection:  # the same rows, in another order on disk
        for table, column in (("articles", "body"), ("mentions", "surface"), ("names", "name")):
            connection.execute(text(f"update news.{table} set {column} = {column}"))
    second = exported(tmp_path / "second", *options)
    assert parts(first) == parts(second)
    assert first["tables"] == second["tables"]
    assert first["digests"] == second["digests"]
    sizes = [part["rows"] for part in first["tables"]["mentions"]["parts"]]
    assert set(sizes[:-1]) == {7}
    assert 1 <= sizes[-1] <= 7
    assert sum(sizes) == first["tables"]["mentions"]["rows"]


def test_all_parts_are_of_one_state_of_the_database(copy: Engine) -> None:
    with exports.snapshot(copy) as connection:
        plans = [exports.plan(connection, one, None, 5) for one in exports.SOURCES]
        with copy.begin() as other:
            other.execute(text("delete from news.quotations"))
            other.execute(text("delete from news.mentions"))
            other.execute(text("update news.articles set title = 'other'"))
        for plan in plans:
            rows = [row for part in plan.parts for row in exports.binary_rows(connection, part)]
            assert len(rows) == plan.rows > 0
            assert all("other" not in row for row in rows)


# --- interrupted, and started again


@pytest.mark.usefixtures("copy")
def test_an_export_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    options = ("--format", "csv", "--part-rows", 2)
    whole = exported(tmp_path, *options)
    gone, damaged = "mentions/part-00003.csv", "articles/part-00001.csv"
    before = {path: (tmp_path / path).stat().st_ino for path in parts(whole)}
    (tmp_path / gone).unlink()
    (tmp_path / damaged).write_bytes(b"article_id\n")
    (tmp_path / "mentions" / ".part-00003.csv.partial").write_bytes(b"half a line")
    (tmp_path / MANIFEST).write_text(json.dumps(whole | {"is_complete": False}))
    done = export(tmp_path, *options)
    assert "goes on where it was interrupted" in done.output
    assert f"{len(before) - 2} of the files were there" in done.output
    again = exported(tmp_path, *options)
    assert parts(again) == parts(whole)
    kept = {path for path in before if (tmp_path / path).stat().st_ino == before[path]}
    assert kept >= set(before) - {gone, damaged}
    assert [path.name for path in (tmp_path / "mentions").glob(".*")] == []
    assert len(again["snapshots"]) > len(whole["snapshots"])


def test_an_export_of_a_changed_database_starts_anew(copy: Engine, tmp_path: Path) -> None:
    exported(tmp_path / "out", "--part-rows", 5)
    with copy.begin() as connection:
        connection.execute(text("delete from news.mentions where section <> 'body'"))
        connection.execute(text("delete from news.quotations"))
    done = export(tmp_path / "out", "--part-rows", 5)
    assert "The database changed since" in done.output
    assert "starts anew" in done.output
    fresh = exported(tmp_path / "fresh", "--part-rows", 5)
    assert parts(json.loads((tmp_path / "out" / MANIFEST).read_text())) == parts(fresh)
    files = {str(one.relative_to(tmp_path / "out")) for one in (tmp_path / "out").glob("*/*")}
    assert files == set(parts(fresh))


def test_a_full_disk_is_said_and_the_export_goes_on(copy: Engine, tmp_path: Path) -> None:
    url = copy.url.render_as_string(hide_password=False)
    command = f"ulimit -f 16; exec {BROADSHEET} export {tmp_path / 'out'} --format jsonl"
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "BROADSHEET_HOME": str(tmp_path), "BROADSHEET_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"Writing to {tmp_path / 'out'} failed: File too large." in done.stderr
    assert "Traceback" not in done.stderr
    started = json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert not started["is_complete"]
    written = export(tmp_path / "out", "--format", "jsonl").output
    assert f"{len(parts(started))} of the files were there" in written
    assert parts(started).keys() < parts(exported(tmp_path / "out", "--format", "jsonl")).keys()


# --- who may, and where to


def test_an_analyst_may_export(copy: Engine, tmp_path: Path) -> None:
    url = copy.url.render_as_string(hide_password=False)
    name = f"analyst_{uuid4().hex[:8]}"
    create_user(name, Role.ANALYST, PASSWORD)
    whole = exported(tmp_path / "whole")
    try:
        with connected(as_user(url, name)):
            found = exported(tmp_path / "out")
            refused = CliRunner().invoke(app, ["takedown", "--list"])
            assert "permission denied for schema ops" in str(refused.exception)
    finally:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"drop role {name}".encode())
    assert parts(found) == parts(whole)
    assert (found["schema_revision"], whole["schema_revision"] is None) == (None, False)


@pytest.mark.usefixtures("copy")
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = export(tmp_path)
    assert (done.exit_code, "is not empty and holds no manifest.json" in done.output) == (2, True)
    assert export(tmp_path / "notes.txt").exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.usefixtures("copy")
def test_other_options_are_refused(tmp_path: Path) -> None:
    before = exported(tmp_path)
    done = export(tmp_path, "--format", "csv")
    assert (done.exit_code, "--format parquet --part-rows 100000" in done.output) == (2, True)
    assert export(tmp_path, "--since", date(2026, 1, 6)).exit_code == 2
    assert export(tmp_path, "--format", "xml").exit_code == 2
    assert json.loads((tmp_path / MANIFEST).read_text()) == before


@pytest.mark.usefixtures("copy")
def test_two_exports_do_not_write_to_one_folder(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        done = export(tmp_path)
    finally:
        os.close(folder)
    assert (done.exit_code, "Another export is writing to" in done.output) == (1, True)
