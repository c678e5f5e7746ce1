"""What hostile SQL and hostile files try through the command line, and how it ends."""

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from dagster import DagsterInstance
from psycopg import errors
from sqlalchemy import text
from typer.testing import CliRunner

from pipelines import show
from pipelines.cli import app
from pipelines.commands.query import QueryError, quarantine, read_rows
from tests.conftest import connected, fresh_database
from tests.integration.conftest import FERRY, page
from tests.integration.loading import everything, lay_out, load
from tests.integration.test_cli import BROADSHEET, WITNESS
from tests.integration.test_roles import PASSWORD, as_user, execute

NIGHT = date(2026, 1, 5)
OWNED = "\x1b]0;owned\x07"
"""Sets the title of a terminal that obeys it."""


@pytest.fixture(scope="module")
def urls(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """A loaded night as a superuser, a loader and an analyst connect to it."""
    files = {(NIGHT, "good.txt"): page(FERRY, after=f"\n\n{OWNED}"), (NIGHT, f"{OWNED}.png"): b"\0"}
    zone = lay_out(tmp_path_factory.mktemp("landing"), files)
    suffix = uuid4().hex[:8]
    roles = {role: f"{role}_{suffix}" for role in ("loader", "analyst")}
    with fresh_database(server_url, template) as engine:
        load(instance, zone, NIGHT)
        url = engine.url.render_as_string(hide_password=False)
        for role, name in roles.items():
            made = f"create role {name} login password '{PASSWORD}' in role broadsheet_{role}"
            execute(url, made)
        yield {"superuser": url} | {role: as_user(url, name) for role, name in roles.items()}
    execute(server_url, *(f"drop role {name}" for name in roles.values()))


@pytest.fixture(params=["superuser", "loader", "analyst"])
def asked(urls: dict[str, str], request: pytest.FixtureRequest) -> Iterator[None]:
    """Whoever asks, the answer is the same."""
    with connected(urls[request.param]):
        yield


# --- broadsheet sql

NOT_RUN = (
    "set role broadsheet_owner",
    "reset role",
    "reset session authorization",
    "set statement_timeout = 0",
    f"copy (select 1) to program 'touch {WITNESS}'",
    f"copy (select 1) to '{WITNESS}'",
    "select * into news.mine from news.articles",
    "create table news.mine as select 1",
    "create temporary table mine (n integer)",
    "lock table news.articles",
    "begin read write",
    "commit",
    f"do $$ begin reset role; copy (select 1) to program 'touch {WITNESS}'; end $$",
    "delete from news.mentions",
)
REFUSED: dict[str, type[Exception]] = {
    "select 1; select 2": errors.SyntaxError,
    "select 1); delete from news.mentions; select (1": errors.SyntaxError,
    "commit; delete from news.mentions": errors.SyntaxError,
    "select * from ops.quarantine": errors.InsufficientPrivilege,
    "table ops.loads": errors.InsufficientPrivilege,
    "select ops.similarity('a', 'b')": errors.InsufficientPrivilege,
    "select query_to_xml('select * from ops.loads', true, true, '')": errors.InsufficientPrivilege,
    "select set_config('role', 'none', true)": errors.InsufficientPrivilege,
    "select set_config('role', 'broadsheet_owner', true)": errors.InsufficientPrivilege,
    "select set_config('session_authorization', 'default', true)": errors.InsufficientPrivilege,
    "select query_to_xml('reset role', true, true, '')": errors.FeatureNotSupported,
    "select set_config('transaction_read_only', 'off', true)": errors.ActiveSqlTransaction,
    "select pg_read_file('/etc/passwd')": errors.InsufficientPrivilege,
    "select pg_ls_dir('/')": errors.InsufficientPrivilege,
    "select pg_reload_conf()": errors.InsufficientPrivilege,
    "select rolpassword from pg_authid": errors.InsufficientPrivilege,
    "select lo_import('/etc/passwd')": errors.InsufficientPrivilege,
    f"select lo_export(1, '{WITNESS}')": errors.InsufficientPrivilege,
    "select lo_create(7)": errors.Error,  # before Postgres 16 a large object is no write
    "select dblink('', 'select 1')": errors.UndefinedFunction,
    "with gone as (delete from news.mentions returning 1) select * from gone": errors.ReadOnlySqlTransaction,
    "update news.articles set title = '' returning 1": errors.ReadOnlySqlTransaction,
    "insert into news.names (name) values ('x') returning 1": errors.ReadOnlySqlTransaction,
    "explain analyze delete from news.mentions": errors.ReadOnlySqlTransaction,
    "select * from news.articles for update": errors.Error,
    "select nextval('ops.loads_load_id_seq')": errors.InsufficientPrivilege,
    "select $1": errors.UndefinedParameter,
}
"""What is asked, and what the database raises."""


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("query", NOT_RUN)
def test_what_gives_no_rows_is_not_run(query: str) -> None:
    with pytest.raises(QueryError, match="only reads"):
        read_rows(query)
    assert not WITNESS.exists()


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("query", REFUSED)
def test_what_an_analyst_may_not_do_is_refused(query: str) -> None:
    with pytest.raises((QueryError, psycopg.Error)) as raised:
        read_rows(query)
    assert isinstance(raised.value.__cause__ or raised.value, REFUSED[query])
    assert not WITNESS.exists()


@pytest.mark.usefixtures("asked")
def test_a_statement_cannot_outlive_the_timeout() -> None:
    query = "select set_config('statement_timeout', '0', true), pg_sleep(60) is null"
    with pytest.raises(QueryError, match=r"Its limit is 0\.1 s\.") as raised:
        read_rows(query, timeout_s=0.1)
    assert isinstance(raised.value.__cause__, errors.QueryCanceled)


HINTS = {
    "": "There is no statement",
    " ;\n-- a comment\n/* and\nanother */": "There is no statement",
    "select 1; select 2": "One statement at a time.",
    "with gone as (delete from news.names returning 1) table gone": "`broadsheet sql` only reads.",
    "select * from stories": "Tables are in schema news: news.stories;",
    'select \'ä\', "Stories".* from "Stories"': "Tables are in schema news: news.Stories;",
    "explain\ntable STORIES": "Tables are in schema news: news.stories;",
    "select night from news.articles": "first_landed_on (articles)",
    "select a.first_night from news.entity_days a": "night (story_timeline, entity_days",
    "select * from ops.quarantine": "Analysts read schema news alone; `broadsheet quarantine`",
}
"""What is asked, and what the answer says to do."""


@pytest.mark.parametrize("query", HINTS)
def test_common_mistakes_are_answered_with_what_to_do(urls: dict[str, str], query: str) -> None:
    with connected(urls["analyst"]), pytest.raises(QueryError, match=re.escape(HINTS[query])):
        read_rows(query)


NO_HINTS = (
    "select a.title from news.articles",
    "select * from news.storiez",
    "select * from News . storiez",
    "select nights from news.articles",
    "selekt 1",
    "select pg_ls_dir('/')",
)
"""Mistakes that are like those with a hint, and are others."""


@pytest.mark.parametrize("query", NO_HINTS)
def test_other_mistakes_are_left_to_the_database(urls: dict[str, str], query: str) -> None:
    with connected(urls["analyst"]), pytest.raises(psycopg.Error):
        read_rows(query)


IN_ANOTHER_LANGUAGE = {
    ("42501", "スキーマopsへのアクセスが拒否されました"): "Analysts read schema news alone",
    ("25006", "DELETE kann nicht in einer Read-Only-Transaktion ausgeführt werden"): "only reads",
    ("42703", "Spalte »night« existiert nicht"): "Nights are called landing_date",
}
"""Code and message of an error of a server that speaks another language, and the hint."""


@pytest.fixture(scope="module")
def failing(urls: dict[str, str]) -> dict[str, str]:
    """The same with a function that raises any error.

    The embedded server has no translations, but to a client this is an error like any other.
    """
    execute(
        urls["superuser"],
        """
        create function news.fail(code text, said text) returns integer language plpgsql as
        $$ begin raise exception using errcode = code, message = said; end $$
        """,
    )
    return urls


@pytest.mark.parametrize(("code", "said"), IN_ANOTHER_LANGUAGE)
def test_hints_do_not_depend_on_the_language_of_the_server(
    failing: dict[str, str], code: str, said: str
) -> None:
    hint = IN_ANOTHER_LANGUAGE[code, said]
    with connected(failing["analyst"]), pytest.raises(QueryError, match=hint) as raised:
        read_rows(f"select news.fail('{code}', '{said}')")
    assert said in str(raised.value)


def test_a_statement_that_somebody_cancels_gets_no_hint_about_its_limit(
    failing: dict[str, str],
) -> None:
    with connected(failing["analyst"]), pytest.raises(errors.QueryCanceled):
        read_rows("select news.fail('57014', 'due to statement timeout')")


def test_the_columns_that_hold_nights_are_where_the_hint_says(urls: dict[str, str]) -> None:
    with connected(urls["analyst"]):
        with pytest.raises(QueryError) as raised:
            read_rows("select night from news.articles")
        named = re.findall(r"(\w+) \(([\w, ]+)\)", str(raised.value))
        assert len(named) == 4
        for column, tables in named:
            for table in tables.split(", "):
                assert read_rows(f"select {column} from news.{table} limit 0") == ([column], [])


@pytest.mark.usefixtures("asked")
def test_the_server_looks_whether_the_client_is_still_there() -> None:
    assert read_rows("show client_connection_check_interval")[1] == [("5s",)]


@pytest.mark.usefixtures("asked")
def test_values_keep_their_types_and_columns_their_names() -> None:
    query = """
        select 1 as n, 2 as n, 3 as "100% ""{}"" x", 1.50::numeric(9, 2), null, true, '{a,b}'::text[], 'x '::char(2),
               b'101'::bit(3), '\\x00ff'::bytea, date '2026-01-05', timestamptz '2026-01-05 00:00Z',
               title like '100%%' from news.articles
    """
    columns, rows = read_rows(query)
    assert columns[:5] == ["n", "n", '100% "{}" x', "numeric", "?column?"]
    when = datetime(2026, 1, 5, tzinfo=UTC)
    wanted = (
        1,
        2,
        3,
        Decimal("1.50"),
        None,
        True,
        ["a", "b"],
        "x ",
        "101",
        b"\0\xff",
        NIGHT,
        when,
        False,
    )
    assert rows == [wanted]
    assert read_rows("show transaction_read_only") == (["transaction_read_only"], [("on",)])
    assert "Seq Scan" in str(read_rows("explain select * from news.articles where title ~ 'x'"))


def test_nothing_that_was_tried_left_a_trace(urls: dict[str, str]) -> None:
    with connected(urls["superuser"]) as engine:
        before = everything(engine)
        for query in (*NOT_RUN, *REFUSED):
            with pytest.raises((QueryError, psycopg.Error)):
                read_rows(query)
        assert everything(engine) == before
        with engine.connect() as connection:
            objects = text("select count(*) from pg_largeobject_metadata")
            assert connection.scalar(objects) == 0


def test_who_is_no_analyst_is_told_so(urls: dict[str, str], server_url: str) -> None:
    name = f"nobody_{uuid4().hex[:8]}"
    execute(server_url, f"create role {name} login password '{PASSWORD}'")
    try:
        with (
            connected(as_user(urls["superuser"], name)),
            pytest.raises(QueryError, match=f"{name} is not in role broadsheet_analyst"),
        ):
            read_rows("select 1")
    finally:
        execute(server_url, f"drop role {name}")


# --- what files are called, and what stands in them


def test_a_terminal_is_shown_control_characters_and_sent_none() -> None:
    assert (
        show.visible(f"a{OWNED}b\tc\r\nd\re\x9b1m") == "a\\x1b]0;owned\\x07b\tc\r\nd\\x0de\\x9b1m"
    )
    assert show.visible("Süleyman — “Çanakkale” 東京 🚢") == "Süleyman — “Çanakkale” 東京 🚢"


def test_a_file_name_cannot_speak_to_the_terminal(urls: dict[str, str]) -> None:
    with connected(urls["superuser"]):
        (refused,) = quarantine()[1]
    assert refused[1] == r"\u001b]0;owned\u0007.png"


@pytest.mark.parametrize("output", ["table", "csv"])
def test_a_terminal_gets_no_commands_from_the_database(
    urls: dict[str, str], tmp_path: Path, output: str
) -> None:
    query = r"select E'\u001b]0;owned\u0007' as e, E'\u009b2J' as f"
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [BROADSHEET, "sql", query, "--format", output],
            cwd=tmp_path,
            env={
                **os.environ,
                "BROADSHEET_HOME": str(tmp_path),
                "BROADSHEET_DATABASE_URL": urls["superuser"],
                "TERM": "xterm",
            },
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            check=True,
            timeout=120,
        )
        printed = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "owned" in printed
    assert OWNED not in printed and "\x07" not in printed and "\x9b" not in printed


@pytest.mark.parametrize("output", ["csv", "json"])
def test_what_is_exported_is_exact(urls: dict[str, str], output: str) -> None:
    words = ["sql", r"select E'\u001b\u009b' as e", "--format", output]
    with connected(urls["superuser"]):
        result = CliRunner().invoke(app, words, catch_exceptions=False)
    printed = {"csv": "e\n\x1b\x9b\n", "json": '[\n {\n  "e": "\\u001b\x9b"\n }\n]\n'}
    assert (result.exit_code, result.output) == (0, printed[output])


@pytest.mark.parametrize("night", ["../2026-01-05", "2026-01-05/..", "..", "2026-01-05\n"])
def test_a_night_cannot_be_a_path(tmp_path: Path, night: str) -> None:
    result = CliRunner().invoke(app, ["run", "--landing", str(tmp_path), "--date", night])
    assert (result.exit_code, "is no night" in result.output) == (2, True)
