"""The `broadsheet` command as a process of its own: what it prints, and how it ends."""

import csv
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import typer
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url, text
from typer.core import TyperCommand, TyperGroup

from pipelines.cli import app
from pipelines.commands.query import cancelled_by_signals
from pipelines.store import database
from pipelines.store.digests import digests
from tests.conftest import created
from tests.integration.conftest import FERRY, FILES, NIGHTS, Loaded, article, page
from tests.integration.loading import everything, lay_out
from tests.polling import eventually

BROADSHEET = Path(sys.executable).with_name("broadsheet")
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BROADSHEET_HOME; the database is the one that the environment names."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def bare(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database without the schema."""
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        monkeypatch.setenv("BROADSHEET_DATABASE_URL", url)
        yield url


def broadsheet(
    home: Path, *arguments: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command; whatever it is asked, it answers in words and without escape codes."""
    done = subprocess.run(
        [BROADSHEET, *map(str, arguments)],
        cwd=home,
        env={**os.environ, "BROADSHEET_HOME": str(home), "NO_COLOR": "", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    assert ESCAPE not in done.stdout + done.stderr
    return done


def answer(home: Path, *arguments: object, **environment: str) -> str:
    """What a command prints that succeeds and has nothing to complain about."""
    done = broadsheet(home, *arguments, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# --- help


def commands() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Every command and group, with the words that call it."""

    def below(prefix: str, group: TyperGroup) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
        for name, command in group.commands.items():
            assert isinstance(command, TyperCommand | TyperGroup)
            yield f"{prefix}{name}", command
            if isinstance(command, TyperGroup):
                yield from below(f"{prefix}{name} ", command)

    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    yield from below("", root)


COMMANDS = dict(commands())


def test_help_lists_every_command_of_the_design(home: Path) -> None:
    names = set(COMMANDS)
    assert names == {
        "run",
        "sql",
        "digest",
        "trace",
        "status",
        "quarantine",
        "export",
        "takedown",
        "report",
        "doctor",
        "ui",
        "db",
        "db start",
        "db stop",
        "db url",
        "db upgrade",
        "db remove",
        "db user",
        "alias",
        "alias suggest",
        "alias accept",
        "alerts",
        "alerts test",
    }
    shown = answer(home, "--help")
    assert all(f" {name} " in shown for name in names if " " not in name)
    for group in ("db", "alias", "alerts"):
        shown = answer(home, group, "--help")
        own = {name.removeprefix(f"{group} ") for name in names if name.startswith(f"{group} ")}
        assert own and all(f" {name} " in shown for name in own)


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=COMMANDS)
def test_every_command_and_option_has_a_help_text(
    name: str, command: TyperCommand | TyperGroup
) -> None:
    assert command.help, name
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_without_a_command_it_shows_its_help(home: Path) -> None:
    done = broadsheet(home)
    assert done.returncode == 2
    assert "Usage" in done.stdout + done.stderr


# --- wrong use, and what fails


def refused(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    """It ended with this code, said this on stderr in one go, and nothing on stdout."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    for words in said:
        assert words in " ".join(done.stderr.replace("│", " ").split())


FAR = "2100-01-01"
UNKNOWN = "0a4e6d1c-6f0e-4b1e-9d55-000000000000"
WITNESS = Path("/tmp/broadsheet_was_here")  # noqa: S108 - a server may write there
DIED = "The database says:"
ONLY = "`broadsheet sql` only reads."
READS = "The statement gives no rows: `broadsheet sql` only reads."

REFUSED: dict[str, tuple[int, str]] = {
    "run --date 2026-13-01": (2, "'2026-13-01' is no night: give it as YYYY-MM-DD"),
    "run --from yesterday": (2, "'yesterday' is no night"),
    "run --date 2026-01-05 --from 2026-01-05": (2, "either --date, or --from and --to"),
    "run --landing nowhere": (2, "nowhere does not exist or is no folder"),
    "run --landing [/b]": (2, "[/b] does not exist"),
    "run --landing stray": (2, "beside its night folders, such as 'a.txt'"),
    "run --landing no-nights": (2, "has no night: no sub-folder is named YYYY-MM-DD"),
    "run --landing nights --date 2026-01-09": (2, "it has 3 nights from 2026-01-05"),
    "run --landing nights --from 2026-01-07 --to 2026-01-05": (2, "is after"),
    "run --landing stray --date 1901-01-01": (2, "nights run from"),
    f"run --landing stray --date {FAR}": (2, f"The night {FAR} cannot be loaded"),
    "trace not-an-id": (2, "valid UUID"),
    f"trace {UNKNOWN}": (1, f"There is no article {UNKNOWN}."),
    f"trace --story {UNKNOWN}": (1, f"There is no article {UNKNOWN} with a story."),
    "sql": (2, "Missing argument"),
    "sql 'select 1' --format xml": (2, "'xml' is not one of"),
    "sql --timeout 0 'select 1'": (2, "Invalid value for '--timeout'"),
    "sql --timeout 1 'select pg_sleep(200) is null'": (1, "Its limit is 1 s. Ask for fewer nights"),
    "reload": (2, "No such command 'reload'"),
    "db start": (2, "BROADSHEET_DATABASE_URL is set"),
    "db stop": (2, "BROADSHEET_DATABASE_URL is set"),
    "db user ana": (2, "Missing option '--role'"),
    "db user ana --role reader": (2, "'reader' is not one of"),
    "db user ana --role analyst": (2, "Give a password on standard input."),
    "BROADSHEET_DATABASE_URL= db user ana --role analyst": (2, "users are for a server of yours"),
    "BROADSHEET_WORKERS=none status": (2, "BROADSHEET_WORKERS"),
    "BROADSHEET_TIMEZONE=Mars/Olympus status": (2, "BROADSHEET_TIMEZONE"),
    "BROADSHEET_FIRST_NIGHT=once status": (2, "BROADSHEET_FIRST_NIGHT"),
    "BROADSHEET_DATABASE_URL=mysql://news status": (2, "BROADSHEET_DATABASE_URL"),
    "BROADSHEET_DATABASE_URL=postgresql://no@127.0.0.1:1/news status": (1, DIED),
    "sql 'delete from news.mentions'": (1, READS),
    "sql 'with gone as (delete from news.mentions returning 1) select * from gone'": (1, ONLY),
    "sql 'select 1; select 2'": (1, "One statement at a time."),
    "sql 'commit; delete from news.mentions'": (1, DIED),
    "sql 'create table news.mine (n integer)'": (1, READS),
    "sql 'select * into news.mine from news.articles'": (1, READS),
    "sql 'drop schema news cascade'": (1, READS),
    "sql 'do $$ begin delete from news.mentions; end $$'": (1, READS),
    f"sql \"copy (select 1) to program 'touch {WITNESS}'\"": (1, READS),
    f"sql \"copy (select 1) to '{WITNESS}'\"": (1, READS),
    "sql 'copy news.mentions from stdin'": (1, READS),
    "sql \"select pg_read_file('/etc/passwd')\"": (1, DIED),
    "sql 'select * from ops.quarantine'": (1, "Analysts read schema news alone"),
    "sql 'select * from news.no_such_table'": (1, 'relation "news.no_such_table" does not exist'),
    "sql \"select '[/b]'::integer\"": (1, '"[/b]"'),
}
"""What is typed, how it ends, and what is said."""


@pytest.fixture(scope="module")
def refusals(
    loaded: Loaded, home: Path
) -> Iterator[dict[str, Future[subprocess.CompletedProcess[str]]]]:
    """How each of them ended; a few at a time, for each is a process that imports much."""
    (home / "stray").mkdir()
    (home / "stray" / "a.txt").write_bytes(page(FERRY))
    (home / "no-nights" / "inbox").mkdir(parents=True)
    shutil.copytree(loaded.zone.root, home / "nights")
    before = everything(database.engine())
    database.engine().dispose()
    with ThreadPoolExecutor(4) as pool:
        yield {typed: pool.submit(type_in, home, typed) for typed in REFUSED}
    assert everything(database.engine()) == before
    database.engine().dispose()
    assert not WITNESS.exists()


def type_in(home: Path, typed: str) -> subprocess.CompletedProcess[str]:
    """Run the command as it would be typed into a shell, with settings before it."""
    words = shlex.split(typed)
    is_setting = [word.startswith("BROADSHEET_") for word in words]
    environment = dict(word.split("=", 1) for word in words if word.startswith("BROADSHEET_"))
    return broadsheet(home, *words[sum(is_setting) :], **environment)


@pytest.mark.parametrize("typed", REFUSED)
def test_wrong_use_ends_with_2_and_failure_with_1_and_a_sentence(
    refusals: dict[str, Future[subprocess.CompletedProcess[str]]], typed: str
) -> None:
    refused(refusals[typed].result(), *REFUSED[typed])


@pytest.mark.usefixtures("bare")
def test_before_the_first_load_it_says_what_to_do(home: Path) -> None:
    for command in ("status", "digest"):
        said = "Nothing was loaded yet: run `broadsheet run` first."
        refused(broadsheet(home, command), 1, said)


@pytest.mark.usefixtures("engine")
def test_a_run_that_fails_ends_with_1_and_says_why(loaded: Loaded, home: Path) -> None:
    done = broadsheet(
        home, "run", "-q", "--landing", loaded.zone.root, BROADSHEET_NLP="no_such_pipeline"
    )
    refused(done, 1, "Failed: ", "no_such_pipeline")


# --- sql


@pytest.mark.usefixtures("loaded")
def test_rows_come_as_a_table(home: Path) -> None:
    query = "select 1 as one, 'two [b]words[/b]' as two, null as three, repeat('x', 81) as four"
    shown = answer(home, "sql", query)
    assert "one" in shown and "two [b]words[/b]" in shown
    assert f" {79 * 'x'}… " in shown
    assert shown.endswith("(1 row; cells are cut at 80 characters, --format csv has all)\n")


@pytest.mark.usefixtures("loaded")
def test_rows_come_as_csv(home: Path) -> None:
    query = "select title, body, null as nothing from news.articles order by title limit 3"
    found = list(csv.reader(io.StringIO(answer(home, "sql", query, "--format", "csv"), newline="")))
    assert found[0] == ["title", "body", "nothing"]
    assert len(found) == 4
    assert all(row[2] == "" for row in found[1:])


@pytest.mark.usefixtures("loaded")
def test_rows_come_as_json(home: Path) -> None:
    query = (
        "select landing_date, path, byte_size, sha256, compression from news.source_files"
        " order by landing_date, path"
    )
    found = json.loads(answer(home, "sql", query, "--format", "json"))
    assert [row["path"] for row in found] == ["a.txt", "b.txt", "c.txt"]
    assert found[0]["landing_date"] == "2026-01-05"
    assert found[0]["byte_size"] == len(FILES[NIGHTS[0], "a.txt"])
    assert len(found[0]["sha256"]) == 64
    assert found[0]["compression"] is None


@pytest.mark.usefixtures("loaded")
def test_sql_reads_columns_of_domains(home: Path) -> None:
    query = "select table_name from information_schema.tables where table_name = 'articles';"
    assert "articles" in answer(home, "sql", query, "--format", "csv")


@pytest.mark.usefixtures("loaded")
def test_sql_takes_what_reads_with_comments_and_percent_signs(home: Path) -> None:
    query = "-- how it is done\nexplain select * from news.articles where title like 'Report%'"
    shown = answer(home, "sql", query)
    assert "Filter: (title ~~ 'Report%'::text)" in shown
    assert shown.endswith(" rows)\n")


@pytest.mark.parametrize(
    ("number", "query", "waits_for"),
    [
        (signal.SIGINT, "select pg_sleep(200) is null", "PgSleep"),
        (signal.SIGTERM, "select * from news.captions", "relation"),  # is prepared when unlocked
    ],
)
def test_a_signal_cancels_the_statement_in_the_database_too(
    engine: Engine, home: Path, number: signal.Signals, query: str, waits_for: str
) -> None:
    waiting = """
        select query from pg_stat_activity
         where datname = current_database() and state = 'active' and wait_event = %s
    """
    with (
        engine.connect() as holder,
        psycopg.connect(database.libpq_url(), autocommit=True) as watcher,
        subprocess.Popen(
            [BROADSHEET, "sql", query],
            cwd=home,
            env={**os.environ, "BROADSHEET_HOME": str(home), "NO_COLOR": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as command,
    ):
        holder.execute(text("lock table news.captions"))
        try:
            eventually(lambda: watcher.execute(waiting, [waits_for]).fetchone())
            command.send_signal(number)
            said = command.communicate(timeout=60)
        finally:
            command.kill()
        assert (command.returncode, *said) == (128 + number, "", "Cancelled.\n")
        assert watcher.execute(waiting, [waits_for]).fetchall() == []


def test_a_background_job_goes_on_ignoring_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with cancelled_by_signals():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


# --- what is there


@pytest.mark.usefixtures("loaded")
def test_digest_prints_a_line_a_table(home: Path) -> None:
    with database.engine().connect() as connection:
        wanted = {f"news.{name}": held for name, held in digests(connection).items()}
    database.engine().dispose()
    lines = [line.split() for line in answer(home, "digest").splitlines()]
    assert {name: (int(count), value) for value, count, name in lines} == wanted


@pytest.mark.usefixtures("loaded")
def test_status_shows_nights_loads_quarantine_and_versions(home: Path) -> None:
    shown = answer(home, "status")
    assert all(str(night) in shown for night in NIGHTS)
    for words in (
        "source_files",
        "analytics",
        "Quarantine: 1 binary",
        "signature version",
        "revision",
    ):
        assert words in shown


@pytest.mark.usefixtures("loaded")
def test_quarantine_shows_what_was_refused_and_why(home: Path) -> None:
    (refused_file,) = json.loads(answer(home, "quarantine", "--format", "json"))
    assert refused_file["landing_date"] == "2026-01-05"
    assert (refused_file["path"], refused_file["reason_code"]) == ("bad.txt", "binary")


@pytest.mark.usefixtures("loaded")
def test_trace_shows_the_raw_text_of_every_occurrence(home: Path) -> None:
    with database.engine().connect() as connection:
        article_id = connection.scalar(
            text("select article_id from news.articles where body = :body"), {"body": FERRY}
        )
    database.engine().dispose()
    shown = answer(home, "trace", article_id)
    assert shown.count(article(FERRY)) == 2
    assert "2026-01-05 a.txt page 1 article 1 characters 0-" in shown
    assert "2026-01-07 c.txt page 1 article 2 characters " in shown
    gone = answer(home, "trace", article_id, "--landing", home)
    assert gone.count("The file is not there any more as it was loaded.") == 2


@pytest.mark.usefixtures("loaded")
def test_trace_of_a_story_shows_members_shares_and_differences(home: Path) -> None:
    with database.engine().connect() as connection:
        rows = connection.execute(
            text("""
            select body, article_id from news.articles join news.story_articles using (article_id)
             where story_id = (select story_id from news.story_articles join news.articles
                                using (article_id) where body = :body)
            """),
            {"body": FERRY},
        )
        story = {row.body: row.article_id for row in rows}
    database.engine().dispose()
    edited = FERRY.replace("told reporters", "said")
    assert story.keys() == {FERRY, edited}
    shown = answer(home, "trace", story[edited], "--story")
    assert all(str(article_id) in shown for article_id in story.values())
    assert "near to 1" in shown
    assert "Demir [-told reporters-] {+said+} in Ankara" in shown
    assert "more without" not in shown
    bare = answer(home, "trace", story[edited], "--story", "--diffs", "0")
    assert "[-told reporters-]" not in bare
    assert "1 more without their differences" in bare


def test_the_url_is_one_that_psql_takes(loaded: Loaded, home: Path) -> None:
    for password in ("one", "two words", "a+b c%20d?@/:"):
        url = make_url(os.environ["BROADSHEET_DATABASE_URL"]).set(password=password)
        url = url.update_query_dict({"application_name": "ours + theirs"})
        shown = answer(home, "db", "url", BROADSHEET_DATABASE_URL=url.render_as_string(False))
        with psycopg.connect(shown.strip()) as connection:
            said = connection.info.get_parameters() | {"password": connection.info.password}
        assert said["dbname"] == loaded.database
        assert (said["password"], said["application_name"]) == (password, "ours + theirs")


@pytest.mark.usefixtures("bare")
def test_upgrade_makes_the_schema(home: Path) -> None:
    shown = answer(home, "db", "upgrade")
    head = ScriptDirectory.from_config(database.alembic_config("")).get_current_head()
    assert shown == f"The schema is at revision {head}; the newest is {head}.\n"
    assert "0 source files" in answer(home, "status")


# --- running


def test_run_loads_all_nights_and_sums_up(engine: Engine, loaded: Loaded, home: Path) -> None:
    shown = answer(home, "run", "--landing", loaded.zone.root)
    assert "Loaded 3 nights, 2026-01-05 to 2026-01-07" in shown
    for asset in (
        "source_files",
        "articles",
        "stories",
        "mentions",
        "entities",
        "analytics",
        "report",
    ):
        assert f" {asset} " in shown
    assert "In quarantine: 1 (1 binary); see `broadsheet quarantine`." in shown
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from news.source_files")) == 3


def test_run_loads_the_nights_that_are_named(engine: Engine, loaded: Loaded, home: Path) -> None:
    shown = answer(home, "run", "--date", NIGHTS[2], BROADSHEET_LANDING=str(loaded.zone.root))
    assert "Loaded the night 2026-01-07" in shown
    assert loaded_nights(engine) == [NIGHTS[2]]


def loaded_nights(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        query = "select distinct landing_date from ops.ingested_files order by 1"
        return list(connection.scalars(text(query)))


@pytest.mark.usefixtures("loaded")
def test_nights_without_a_folder_go_only_with_prune(
    copy: Engine, home: Path, tmp_path: Path
) -> None:
    kept = {key: data for key, data in FILES.items() if key[0] != NIGHTS[1]}
    zone = lay_out(tmp_path / "landing", kept)
    shown = answer(home, "run", "--landing", zone.root)
    assert "still in the database: the night 2026-01-06" in shown
    assert "--prune removes such nights" in shown
    assert loaded_nights(copy) == NIGHTS
    pruned = answer(home, "run", "--prune", "--landing", zone.root)
    assert f"Loaded 2 nights, {NIGHTS[0]} to {NIGHTS[2]}; removed the night {NIGHTS[1]}" in pruned
    assert pruned.count("source_files") == 1
    assert loaded_nights(copy) == [NIGHTS[0], NIGHTS[2]]
    with copy.connect() as connection:
        orphans = "select count(*) from news.articles where first_landed_on = :night"
        assert connection.scalar(text(orphans), {"night": NIGHTS[1]}) == 0
