"""`broadsheet sql`: one statement that can do no more than an analyst, whoever asks."""

import re
import signal
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
_HINTS: tuple[tuple[type[psycopg.Error], str, str], ...] = (
    (
        errors.InsufficientPrivilege,
        "permission denied for schema ops",
        (
            "Analysts read schema news alone; `broadsheet quarantine` and `broadsheet status` show what"
            " ops holds for operators."
        ),
    ),
    (errors.ReadOnlySqlTransaction, "", "`broadsheet sql` only reads."),
    (errors.SyntaxError, "multiple commands", "One statement at a time."),
    (
        errors.UndefinedTable,
        r'relation "([^".]+)"',
        "Tables are in schema news: news.{0}; docs/data-dictionary.md lists them.",
    ),
    (
        errors.UndefinedColumn,
        r"\b(night|first_night|last_night|landing_date|first_landed_on)\b",
        (
            "Nights are called landing_date (source_files, coverage), first_landed_on (articles),"
            " first_night (stories, article_texts, entity_profile, quotation_texts) and"
            " night (story_timeline, entity_days, article_entities, syndication)."
        ),
    ),
    (
        errors.QueryCanceled,
        "statement timeout",
        (
            "Its limit is {timeout:g} s. Ask for fewer nights, set a longer --timeout, or take an"
            " export: `broadsheet export`."
        ),
    ),
)
"""An error, a pattern that its message has, and what to do about it; {0} is the pattern's group."""

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
        try:
            return _rows(connection, query)
        except psycopg.Error as error:
            if hint := _hint(error, timeout_s):
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


def _hint(error: psycopg.Error, timeout_s: float) -> str | None:
    """What to do about an error, if it is one that is known."""
    said = error.diag.message_primary or ""
    for kind, pattern, hint in _HINTS:
        if isinstance(error, kind) and (found := re.search(pattern, said)):
            return hint.format(*found.groups(), timeout=timeout_s)
    return None


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
