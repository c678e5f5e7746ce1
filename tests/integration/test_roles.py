"""Owner, loader, analyst: what each may do, and what none of them may."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from psycopg import errors, sql
from psycopg.rows import class_row
from sqlalchemy import Engine, make_url, text
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands.query import read_rows
from pipelines.commands.user import Role, create_user
from pipelines.store import database, server
from pipelines.store.analytics import Refreshed, is_behind, refresh
from tests.conftest import connected, created
from tests.integration.conftest import FERRY, NIGHTS, Loaded
from tests.integration.loading import everything
from tests.integration.test_cli import broadsheet
from tests.integration.test_schema import alembic

PASSWORD = "Tigris and Trabzon"  # noqa: S105 - of users that live as long as these tests


@dataclass(frozen=True)
class Staff:
    """A database that an owner migrated, and the URLs of its users."""

    superuser: str
    owner: str
    loader: str
    analyst: str

    def open(self, who: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as one of them."""
        return psycopg.connect(plain(getattr(self, who)), autocommit=True)


def plain(url: str) -> str:
    return url.replace("+psycopg", "").replace(" ", "%20")


def as_user(url: str, name: str) -> str:
    return make_url(url).set(username=name, password=PASSWORD).render_as_string(hide_password=False)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def staff(server_url: str, template: str) -> Iterator[Staff]:
    """A database of its own; the roles are there, for the template was migrated."""
    assert template
    suffix = uuid4().hex[:8]
    owner, loader, analyst = (f"{role}_{suffix}" for role in Role)
    with created(server_url, f"test_{suffix}") as url:
        execute(
            url,
            f"create role {owner} login password '{PASSWORD}' in role broadsheet_owner",
            f"alter database test_{suffix} owner to {owner}",
        )
        database.upgrade(as_user(url, owner))
        with connected(url):
            create_user(loader, Role.LOADER, PASSWORD)
            create_user(analyst, Role.ANALYST, PASSWORD)
        yield Staff(url, *(as_user(url, name) for name in (owner, loader, analyst)))
    execute(server_url, *(f"drop role {name}" for name in (loader, analyst, owner)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BROADSHEET_HOME for the loader."""
    return tmp_path_factory.mktemp("home")


# --- what each may do


def test_a_loader_loads_what_an_owner_migrated(staff: Staff, loaded: Loaded, home: Path) -> None:
    done = broadsheet(
        home, "run", "--landing", loaded.zone.root, BROADSHEET_DATABASE_URL=staff.loader
    )
    assert done.returncode == 0, done.stderr
    wanted = everything(database.engine())
    with connected(staff.loader) as engine:
        assert everything(engine) == wanted
        article_id = article_of(engine)
        for words in ("digest", "status", "quarantine", "alias suggest", f"trace {article_id}"):
            result = CliRunner().invoke(app, words.split(), catch_exceptions=False)
            assert result.exit_code == 0, result.output
    with connected(staff.superuser) as engine, engine.connect() as connection:
        assert not is_behind(connection)
        nights = text("select landing_date from news.coverage order by 1")
        assert connection.scalars(nights).all() == NIGHTS


def article_of(engine: Engine) -> object:
    with engine.connect() as connection:
        query = text("select article_id from news.articles where body = :body")
        return connection.scalar(query, {"body": FERRY})


RELATIONS = """
    select relation.oid::regclass::text as name, relnamespace::regnamespace::text as schema,
           relkind::text as kind, relowner::regrole::text as owner,
           array(select privilege from unnest(array[
                 'select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])
                 as privilege
                  where has_table_privilege(%(role)s, relation.oid, privilege)) as privileges
      from pg_class relation
     where relnamespace in ('news'::regnamespace, 'ops'::regnamespace)
       and relkind in ('r', 'p', 'v', 'm')
"""
SEQUENCES = """
    select seqrelid::regclass::text from pg_sequence
     where has_sequence_privilege(%(role)s, seqrelid, 'usage, select, update')
"""


@dataclass(frozen=True)
class Relation:
    """A table or view, and what a role may do with it."""

    name: str
    schema: str
    kind: str
    owner: str
    privileges: list[str]


def relations(staff: Staff, role: Role) -> list[Relation]:
    with (
        psycopg.connect(plain(staff.superuser)) as connection,
        connection.cursor(row_factory=class_row(Relation)) as cursor,
    ):
        return cursor.execute(RELATIONS, {"role": f"broadsheet_{role}"}).fetchall()


def test_everything_belongs_to_the_owner(staff: Staff) -> None:
    found = relations(staff, Role.OWNER)
    assert {one.name for one in found} >= {"news.articles", "news.coverage", "ops.loads"}
    assert {one.owner for one in found} == {"broadsheet_owner"}


def test_an_analyst_may_select_from_all_of_news_and_nothing_else(staff: Staff) -> None:
    for one in relations(staff, Role.ANALYST):
        assert one.privileges == (["select"] if one.schema == "news" else []), one.name
    with staff.open("superuser") as connection:
        assert connection.execute(SEQUENCES, {"role": "broadsheet_analyst"}).fetchall() == []


def test_a_loader_may_change_rows_and_nothing_else(staff: Staff) -> None:
    for one in relations(staff, Role.LOADER):
        is_revision = one.name == "ops.alembic_version"
        wanted = ["select"] if is_revision else ["select", "insert", "update", "delete"]
        assert one.privileges == wanted, one.name
    with staff.open("superuser") as connection:
        assert connection.execute(SEQUENCES, {"role": "broadsheet_loader"}).fetchall() == []


def test_tables_of_later_migrations_are_covered(staff: Staff) -> None:
    with psycopg.connect(plain(staff.owner)) as connection:
        connection.execute("set role broadsheet_owner")
        connection.execute("create table news.later (n integer)")
        connection.execute("create table ops.later (n integer)")
        for table, role, privileges, may in (
            ("news", "analyst", "select", True),
            ("news", "analyst", "insert, update, delete", False),
            ("news", "loader", "insert", True),
            ("ops", "analyst", "select, insert, update, delete", False),
            ("ops", "loader", "delete", True),
        ):
            found = connection.execute(
                "select has_table_privilege(%s, %s, %s)",
                [f"broadsheet_{role}", f"{table}.later", privileges],
            ).fetchone()
            assert found == (may,), (table, role, privileges)
        connection.rollback()


def test_an_analyst_can_read_every_table_and_view_of_news(staff: Staff) -> None:
    names = [one.name for one in relations(staff, Role.ANALYST) if one.schema == "news"]
    assert "news.name_suggestions" in names
    with staff.open("analyst") as connection:
        for name in names:
            connection.execute(sql.SQL("select * from {} limit 1").format(identifier(name)))


def identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


# --- what they may not

NOT_FOR_LOADERS = (
    "create table news.mine (n integer)",
    "create table ops.mine (n integer)",
    "create table public.mine (n integer)",
    "create schema mine",
    "drop table news.mentions",
    "drop schema news cascade",
    "truncate news.mentions",
    "alter table news.mentions disable trigger all",
    "create index on news.mentions (surface)",
    "create or replace view news.stories as select 1",
    "update ops.alembic_version set version_num = '0001'",
    "set role broadsheet_owner",
    "set role broadsheet_sql",
    "set session_replication_role = replica",
    "copy (select 1) to program 'true'",
)
NOT_FOR_ANALYSTS = (
    *NOT_FOR_LOADERS,
    "select * from ops.quarantine",
    "select ops.similarity('a', 'b')",
    "insert into news.names (name) values ('x')",
    "update news.articles set title = ''",
    "delete from news.mentions",
    "select * from news.articles for update",
    "create temporary table mine (n integer)",
    "set role broadsheet_loader",
    "set temp_file_limit = -1",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select query_to_xml('select * from ops.loads', true, true, '')",
    "select * from news.read_as_analyst('select run_id from ops.loads') as t(r text)",
    "alter function news.read_as_analyst security invoker",
    "drop function news.read_as_analyst",
)


@pytest.mark.parametrize(
    ("who", "statement"),
    [("loader", statement) for statement in NOT_FOR_LOADERS]
    + [("analyst", statement) for statement in NOT_FOR_ANALYSTS],
)
def test_the_database_refuses(staff: Staff, who: str, statement: str) -> None:
    with staff.open(who) as connection:
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_an_analyst_cannot_take_rights_from_others(staff: Staff) -> None:
    with staff.open("analyst") as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("drop owned by broadsheet_analyst")
        connection.execute("revoke select on all tables in schema news from broadsheet_analyst")
    test_an_analyst_may_select_from_all_of_news_and_nothing_else(staff)
    test_an_analyst_can_read_every_table_and_view_of_news(staff)


def test_an_analysts_login_has_limits_and_a_loaders_has_none(staff: Staff) -> None:
    settings = {
        "statement_timeout": ("5min", "0"),
        "idle_in_transaction_session_timeout": ("5min", "0"),
        "default_transaction_read_only": ("on", "off"),
        "temp_file_limit": ("10GB", "-1"),
    }
    with staff.open("analyst") as analyst, staff.open("loader") as loader:
        for name, wanted in settings.items():
            shown = [
                opened.execute(f"show {name}".encode()).fetchone() for opened in (analyst, loader)
            ]
            assert shown == [(value,) for value in wanted], name


def test_a_user_is_created_from_the_command_line(staff: Staff, server_url: str, home: Path) -> None:
    name = f'An "analyst" {uuid4().hex[:8]}'
    with connected(staff.superuser):
        words = ["db", "user", name, "--role", "analyst"]
        result = CliRunner().invoke(app, words, input=f"{PASSWORD}\n", catch_exceptions=False)
    try:
        assert (result.exit_code, result.output) == (
            0,
            f"Created {name}, in role broadsheet_analyst.\n",
        )
        with staff.open("superuser") as connection:
            stored = "select rolpassword from pg_authid where rolname = %s"
            (password,) = connection.execute(stored, [name]).fetchone() or ("",)
        assert str(password).startswith("SCRAM-SHA-256$")
        url = as_user(staff.superuser, name)
        done = broadsheet(
            home, "sql", "select 'it reads'", BROADSHEET_DATABASE_URL=url, BROADSHEET_HOME=str(home)
        )
        assert (done.returncode, "it reads" in done.stdout) == (0, True)
    finally:
        with psycopg.connect(plain(server_url), autocommit=True) as connection:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


# --- an outdated schema, and a user who may not migrate


def test_a_loader_is_told_who_brings_the_schema_up_to_date(staff: Staff) -> None:
    with psycopg.connect(plain(staff.superuser), autocommit=True) as connection:
        (head,) = connection.execute("select version_num from ops.alembic_version").fetchone() or ()
        connection.execute("update ops.alembic_version set version_num = '0003'")
        try:
            with connected(staff.loader), pytest.raises(database.SchemaError) as told:
                database.ensure_schema()
            with pytest.raises(database.SchemaError) as refused:
                database.upgrade(staff.loader)
        finally:
            connection.execute("update ops.alembic_version set version_num = %s", [head])
    assert "run `broadsheet db upgrade` as a user in role broadsheet_owner" in str(told.value)
    assert "Let a user in role broadsheet_owner run `broadsheet db upgrade`" in str(refused.value)


def test_a_loader_cannot_make_the_schema(staff: Staff, server_url: str) -> None:
    with created(server_url, f"test_{uuid4().hex[:12]}") as url:
        loader = as_user(url, str(make_url(staff.loader).username))
        with connected(loader), pytest.raises(database.SchemaError, match="cannot be migrated"):
            database.ensure_schema()


# --- a server that no database was migrated on


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A server of its own: roles are a server's, not a database's."""
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-test-"))
    folder.chmod(0o755)  # pytest's own are 0700, and root's server runs as another user
    yield server.start(folder / "home")
    server.remove(folder / "home")
    shutil.rmtree(folder)


@pytest.fixture
def make_database(cluster: str) -> Iterator[Callable[[str], str]]:
    """Make databases that belong to users with these options; their URLs. No role is left behind."""
    users: list[str] = []
    with ExitStack() as stack:

        def make(options: str) -> str:
            name = f"user_{uuid4().hex[:8]}"
            users.append(name)
            execute(cluster, f"create role {name} login {options}")
            url = stack.enter_context(created(cluster, name))
            execute(url, f"alter database {name} owner to {name}")
            return as_user(url, name)

        yield make
    with psycopg.connect(plain(cluster), autocommit=True) as connection:
        ours = "select rolname from pg_roles where rolname like 'broadsheet\\_%'"
        for (role,) in connection.execute(ours).fetchall():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(str(role))))
    execute(cluster, *(f"drop role {name}" for name in users))


def test_a_user_who_may_make_no_roles_is_told_what_an_administrator_runs(
    cluster: str, make_database: Callable[[str], str]
) -> None:
    url = make_database("")
    with pytest.raises(database.SchemaError, match="may not make the roles it needs") as told:
        database.upgrade(url)
    execute(cluster, *filter(None, str(told.value).partition("again: ")[2].split(";")))
    database.upgrade(url)
    assert at_head(url)


def test_a_user_who_may_make_roles_makes_users_too(
    cluster: str, make_database: Callable[[str], str]
) -> None:
    url = make_database("createrole")
    database.upgrade(url)
    with connected(url):
        create_user("ana", Role.ANALYST, PASSWORD)
        create_user("night", Role.LOADER, PASSWORD)
        words = ["db", "user", "night", "--role", "loader", "--if-missing"]
        result = CliRunner().invoke(app, words, input="another\n", catch_exceptions=False)
        assert (result.exit_code, result.output) == (0, "night is there already.\n")
    try:
        with connected(as_user(url, "ana")):
            assert read_rows("show default_transaction_read_only")[1] == [("on",)]
        with connected(as_user(url, "night")) as engine:
            assert refresh(engine) == Refreshed()
    finally:
        execute(cluster, "drop role ana, night")


def test_databases_of_one_server_can_be_migrated_at_once(
    make_database: Callable[[str], str],
) -> None:
    urls = [make_database("superuser") for _ in range(3)]
    # Of users who may make roles, the first has them, and can lend them to himself alone.
    urls.append(make_database("createrole"))
    with ThreadPoolExecutor(3) as pool:  # each is a process: Alembic is not made for threads
        list(pool.map(lambda url: alembic(url, "upgrade", "head"), urls[:3]))
    assert all(map(at_head, urls[:3]))
    with pytest.raises(database.SchemaError, match="grant broadsheet_owner to"):
        database.upgrade(urls[3])


def test_a_database_can_be_downgraded_while_another_uses_the_roles(
    make_database: Callable[[str], str],
) -> None:
    one, other = (make_database("superuser" if at else "createrole") for at in range(2))
    for url in (one, other):
        database.upgrade(url)
    command.downgrade(database.alembic_config(one), "base")
    assert at_head(other)
    with psycopg.connect(plain(one)) as connection:
        left = "select from pg_namespace where nspname = 'news'"
        assert connection.execute(left).fetchone() is None
    database.upgrade(one)
    assert at_head(one)


def at_head(url: str) -> bool:
    with connected(url) as engine:
        current, head = database.revisions(engine)
    return current == head
