"""The database: whether it answers, its schema, and its roles."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from alembic.script import ScriptDirectory
from psycopg.rows import DictRow, dict_row

from pipelines.doctor import loaded
from pipelines.doctor.findings import Check, NotLookedAtError, Outcome, fail, ok, warn
from pipelines.settings import settings
from pipelines.store import server
from pipelines.store.binaries import OLDEST_MAJOR
from pipelines.store.database import alembic_config, as_libpq_url

ROLES = ("broadsheet_owner", "broadsheet_loader", "broadsheet_analyst", "broadsheet_sql")

_CONNECT_SECONDS = 3
_STATEMENT_SECONDS = 10
_MAX_CLOCK_SECONDS = 10
_MAX_CONNECTION_SHARE = 0.8

Connection = psycopg.Connection[DictRow]


class NotRunningError(RuntimeError):
    """The embedded server is not running; the message says why."""


def connect() -> Connection:
    """A read-only connection that gives up soon. The embedded server is not started for it.

    Raises:
        NotRunningError: the embedded server is not running.
        psycopg.Error: the server refuses, or does not answer.
    """
    url = settings().database_url
    if url is None:
        try:
            url, is_running = server.url(settings().home), server.is_running(settings().home)
        except server.ServerError as error:
            raise NotRunningError(str(error)) from error
        if not is_running:
            message = "The embedded server is not running."
            raise NotRunningError(message)
    connection = psycopg.connect(
        as_libpq_url(url),
        connect_timeout=_CONNECT_SECONDS,
        application_name="broadsheet doctor",
        autocommit=True,
        row_factory=dict_row,
    )
    try:
        for setting, value in (
            ("statement_timeout", f"{_STATEMENT_SECONDS}s"),
            ("lock_timeout", f"{_CONNECT_SECONDS}s"),
            ("default_transaction_read_only", "on"),
        ):
            connection.execute("select set_config(%s, %s, false)", (setting, value))
    except psycopg.Error:
        connection.close()
        raise
    return connection


class DatabaseChecks:
    """Checks that share a connection."""

    def __init__(self) -> None:
        self._opened: Connection | None = None

    def checks(self) -> dict[str, Check]:
        """The checks by name, in the order they are to be run in."""
        of_loads: dict[str, Callable[[Connection], Outcome]] = {
            "loads": loaded.loads,
            "last_night": loaded.last_night,
            "quarantine": loaded.quarantine,
            "counts": loaded.counts,
        }
        return {"database": self.answers, "schema": self.schema, "roles": self.roles} | {
            name: partial(self._look_at_loads, check) for name, check in of_loads.items()
        }

    def answers(self) -> Outcome:
        """The server answers, is new enough, reads UTF-8, and its clock is right."""
        try:
            self._opened = connect()
        except NotRunningError as error:
            return fail(str(error), "Start it: `broadsheet db start`.")
        except psycopg.Error as error:
            return fail(
                f"It cannot be connected to: {' '.join(str(error).split())}",
                "See whether the server runs, and whether BROADSHEET_DATABASE_URL is right.",
            )
        before = time.time()
        facts = self._row("""
            select current_setting('server_version') as version,
                   current_setting('server_version_num')::integer / 10000 as major,
                   pg_encoding_to_char(encoding) as encoding,
                   coalesce(said ->> 'datlocale', said ->> 'daticulocale', datcollate) as locale,
                   case datlocprovider when 'b' then 'built-in' when 'i' then 'ICU'
                                       else 'C library' end as provider,
                   current_user as connected_as, extract(epoch from clock_timestamp()) as clock,
                   (select sum(numbackends) from pg_stat_database) as connections,
                   current_setting('max_connections')::integer as most_connections
              from pg_database, to_jsonb(pg_database) as said -- the column has two names by version
             where datname = current_database()
            """)
        apart = max(0.0, before - float(facts["clock"]), float(facts["clock"]) - time.time())
        found = (
            "Postgres {version}, {encoding}, locale {locale} ({provider}), as {connected_as};"
            " {connections} of {most_connections} connections;".format(**facts)
            + f" clocks {apart:.0f} s apart."
        )
        if facts["major"] < OLDEST_MAJOR or facts["encoding"] != "UTF8":
            return fail(found, f"Use a database in UTF8 on Postgres {OLDEST_MAJOR} or newer.")
        if apart > _MAX_CLOCK_SECONDS:
            return warn(found, "Set the clocks of both machines by NTP: nights are told by them.")
        if facts["connections"] > _MAX_CONNECTION_SHARE * facts["most_connections"]:
            return warn(found, "End idle clients, or raise max_connections (docs/operate.md).")
        return ok(found)

    def schema(self) -> Outcome:
        """The schema is the one that this version works with."""
        scripts = ScriptDirectory.from_config(alembic_config(""))
        head = scripts.get_current_head()
        current = self._revision()
        if current is None:
            return warn("Nothing was loaded yet.", "Load something: `broadsheet run`.")
        if current == head:
            return ok(f"At revision {current}, the newest.")
        if current not in {script.revision for script in scripts.walk_revisions()}:
            return fail(
                f"At revision {current}, which this version does not know; its newest is {head}.",
                "Use the version of Broadsheet that upgraded it, or a newer one.",
            )
        found = f"At revision {current}; the newest is {head}."
        if settings().database_url is None:
            return warn(found, "The next `broadsheet run` upgrades it; back it up before.")
        return fail(found, "Back it up, then `broadsheet db upgrade` (docs/operate.md, Upgrade).")

    def roles(self) -> Outcome:
        """The group roles are there, analysts may read, and this user may load."""
        self._of_ours()
        held = {
            row["role"]: row["is_held"]
            for row in self._connection().execute(
                """
                select rolname::text as role, pg_has_role(rolname, 'usage') as is_held
                  from pg_roles where rolname = any(%s)
                """,
                (list(ROLES),),
            )
        }
        if missing := [role for role in ROLES if role not in held]:
            return warn(
                f"There is no role {', '.join(missing)}.",
                "`broadsheet db upgrade` makes them; after a restore, see docs/operate.md.",
            )
        unreadable = self._row("""
            select coalesce(array_agg(relname::text order by relname), '{}') as relations
              from pg_class
             where relnamespace = to_regnamespace('news') and relkind in ('r', 'v', 'm')
               and not (has_schema_privilege('broadsheet_analyst', relnamespace, 'usage')
                        and has_table_privilege('broadsheet_analyst', oid, 'select'))
            """)["relations"]
        if unreadable:
            more = f" and {len(unreadable) - 1} more" if unreadable[1:] else ""
            return warn(
                f"Analysts may not read news.{unreadable[0]}{more}.",
                "As the owner: `grant usage on schema news to broadsheet_analyst;"
                " grant select on all tables in schema news to broadsheet_analyst`.",
            )
        if not held["broadsheet_loader"]:
            return warn(
                "They are there; this user is not in broadsheet_loader, so it cannot load nights.",
                "For loading, connect as a user in that role (docs/security.md).",
            )
        return ok(f"All there; this user is in {', '.join(role for role in ROLES if held[role])}.")

    def connect_again(self) -> Connection:
        """A connection for other checks, where the first could be made.

        Raises:
            NotLookedAtError: it could not.
            psycopg.Error: the server refuses, or does not answer any more.
        """
        self._connection()
        return connect()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._opened:
            self._opened.close()

    def _look_at_loads(self, check: Callable[[Connection], Outcome]) -> Outcome:
        self._of_ours()
        return check(self._connection())

    def _connection(self) -> Connection:
        if self._opened is None:
            raise NotLookedAtError("the database cannot be connected to", "database")
        return self._opened

    def _row(self, query: str) -> dict[str, Any]:
        return self._connection().execute(query.encode()).fetchone() or {}

    def _revision(self) -> str | None:
        """The revision of the schema; None where there is no schema."""
        if not self._row("select to_regclass('ops.alembic_version') as found")["found"]:
            return None
        return self._row("select version_num from ops.alembic_version").get("version_num")

    def _of_ours(self) -> None:
        """Go on only where there are tables of ours."""
        if self._revision() is None:
            raise NotLookedAtError("nothing was loaded yet", "schema")
