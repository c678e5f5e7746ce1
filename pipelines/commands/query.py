"""`broadsheet sql`: one statement that can do no more than an analyst, whoever asks."""

import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import psycopg
from psycopg import errors, generators, pq, sql
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipelines.store import database

TIMEOUT_S = 300
_ROLE = sql.Identifier("broadsheet_analyst")
# What is between double quotes, or letters, digits, _ and $; neither is part of a longer name.
_NAME = re.compile(r'(?:"(?P<quoted>[^".]+)"|(?P<plain>[^\W\d][\w$]*+))(?!\s*\.)')
# Names of the database stand in its messages as they are, whatever language it speaks. Some languages
# put no space around them, but all of these have other letters.
_OPS = re.compile(r"\bops\b", re.ASCII)
_NIGHT = re.compile(r"\b(?:night|first_night|last_night|landing_date|first_landed_on)\b", re.ASCII)

# Possessive, for it never has to try the same comment in another way.
_NOTHING = re.compile(r"(?:\s|;|--[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class QueryError(RuntimeError):
    """A statement that is not run, or not to its end; the message says why."""


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise SystemExit, on which psycopg cancels the statement it waits for.

    A second one ends the process at once; the server then notices that nobody waits any more.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # a script's background job is to ignore Ctrl-C
            signal.signal(number, _exit)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(number: int, _: FrameType | None) -> NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise SystemExit(128 + number)


def read_rows(
    query: str, *, timeout_s: float = TIMEOUT_S
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one statement.

    It runs in a read-only transaction with a timeout, and with an analyst's rights. To change the
    role is not enough for that: the statement could change it back. So it is prepared, which takes
    one statement only and says its columns, and then run within a function of an owner without
    rights, where Postgres refuses to change the role.

    Raises:
        QueryError: the statement gives no rows, is not for analysts, or went wrong in a way that
            there is a hint about; its cause is then what the database raised.
        psycopg.Error: the database refused it.
    """
    with suppress(ProgrammingError):  # an analyst may not see the revision
        database.current_engine()
    with psycopg.connect(database.libpq_url()) as connection:
        connection.read_only = True
        _set_up(connection, round(timeout_s * 1000))
        started = time.monotonic()
        try:
            return _rows(connection, query)
        except psycopg.Error as error:
            is_late = time.monotonic() - started >= timeout_s
            if hint := _hint(error, query, f"{timeout_s:g}" if is_late else None):
                message = f"The database says: {error.diag.message_primary}. {hint}"
                raise QueryError(message) from error
            raise


def _set_up(connection: psycopg.Connection[Any], timeout_ms: int) -> None:
    """Give the transaction its limits and its role."""
    connection.execute(sql.SQL("set local statement_timeout = {}").format(sql.Literal(timeout_ms)))
    # Servers before 14 do not know it, and on some systems none can do it.
    unsupported = (errors.UndefinedObject, errors.InvalidParameterValue)
    with suppress(*unsupported), connection.transaction():
        connection.execute("set local client_connection_check_interval = '5s'")
    try:
        connection.execute(sql.SQL("set local role {}").format(_ROLE))
    except (errors.InsufficientPrivilege, errors.InvalidParameterValue) as error:
        message = (
            f"The database user {connection.info.user} is not in role broadsheet_analyst:"
            " an administrator grants it, or makes a user with `broadsheet db user`."
        )
        raise QueryError(message) from error


def _hint(error: psycopg.Error, query: str, limit_s: str | None) -> str | None:
    """What to do about an error, if it is one that is known; `limit_s` is the timeout if it is over.

    The database's messages may be in any language, so it is told by all else that it says.
    """
    said, at = error.diag.message_primary or "", error.diag.statement_position
    hint = None
    match error:
        case errors.InsufficientPrivilege() if _OPS.search(said):
            hint = (
                "Analysts read schema news alone; `broadsheet quarantine` and `broadsheet status` show"
                " what ops holds for operators."
            )
        case errors.ReadOnlySqlTransaction():
            hint = "`broadsheet sql` only reads."
        # Of two statements it says no place, and what refused them is what prepares one.
        case errors.SyntaxError() if error.diag.source_function == "exec_parse_message":
            hint = "One statement at a time."
        case errors.UndefinedTable() if at and (name := _NAME.match(query, int(at) - 1)):
            table = name["quoted"] or name["plain"].lower()
            hint = f"Tables are in schema news: news.{table}; docs/data-dictionary.md lists them."
        case errors.UndefinedColumn() if _NIGHT.search(said):
            hint = (
                "Nights are called landing_date (source_files, coverage), first_landed_on (articles),"
                " first_night (stories, article_texts, entity_profile, quotation_texts) and"
                " night (story_timeline, entity_days, article_entities, syndication)."
            )
        # Somebody else may have cancelled it.
        case errors.QueryCanceled() if limit_s:
            hint = (
                f"Its limit is {limit_s} s. Ask for fewer nights, set a longer --timeout, or take an"
                " export: `broadsheet export`."
            )
    return hint


def quarantine() -> tuple[list[str], Sequence[Sequence[Any]]]:
    """Columns and rows of what was refused, and why."""
    with database.current_engine().connect() as connection:
        found = connection.execute(
            text("""
            select landing_date, path, page_no, reason_code, detail
              from ops.quarantine order by landing_date, path, page_no
            """)
        )
        return list(found.keys()), [tuple(row) for row in found]


def _rows(
    connection: psycopg.Connection[Any], query: str
) -> tuple[list[str], list[tuple[Any, ...]]]:
    if _NOTHING.fullmatch(query):
        message = "There is no statement: give one, such as `select * from news.coverage`."
        raise QueryError(message)
    columns = _columns(connection, query)
    if not columns:
        message = "The statement gives no rows: `broadsheet sql` only reads."
        raise QueryError(message)
    names, types = zip(*columns, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "select format_type(type, -1) from unnest(%s::oid[]) with ordinality as t(type, at)"
            " order by at",
            [list(types)],
        )
        kinds = [kind for (kind,) in cursor]
        # Two columns may have one name, which two of a list of definitions may not.
        definitions = sql.SQL(", ").join(
            sql.SQL("{} {}").format(_escaped(f"{at} {name}"), sql.SQL(kind))
            for at, (name, kind) in enumerate(zip(names, kinds, strict=True), start=1)
        )
        answer = sql.SQL("select * from news.read_as_analyst(%s) as answer ({})").format(
            definitions
        )
        try:
            with connection.transaction():
                cursor.execute(answer, [query])
        except errors.DatatypeMismatch:
            # A domain is described by its base type, and then is another.
            cursor.execute(answer, [_cast(query, kinds)])
        return list(names), cursor.fetchall()


def _cast(query: str, kinds: Sequence[str]) -> str:
    """A query whose columns are given these types."""
    columns = [f"c{at}" for at in range(len(kinds))]
    casts = ", ".join(f"q.{name}::{kind}" for name, kind in zip(columns, kinds, strict=True))
    return f"select {casts} from ({query.rstrip().rstrip(';')}\n) as q({', '.join(columns)})"


def _escaped(name: str) -> sql.Identifier:
    """An identifier in a statement that takes parameters, which begin with %."""
    return sql.Identifier(name.replace("%", "%%"))


def _columns(connection: psycopg.Connection[Any], query: str) -> list[tuple[str, int]]:
    """Name and type of each column that a statement gives; it is not run."""
    server, encoding = connection.pgconn, connection.info.encoding
    # To prepare may wait for a lock. What waits in libpq's own calls hears of no signal.
    server.send_prepare(b"", query.encode(encoding))
    _answer(connection)
    server.send_describe_prepared(b"")
    described = _answer(connection)
    return [
        ((described.fname(at) or b"").decode(encoding), described.ftype(at))
        for at in range(described.nfields)
    ]


def _answer(connection: psycopg.Connection[Any]) -> pq.abc.PGresult:
    results: list[pq.abc.PGresult] = connection.wait(generators.execute(connection.pgconn))
    result = results[0]
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise errors.error_from_result(result, connection.info.encoding)
    return result
