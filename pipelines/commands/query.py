"""`broadsheet sql`: one statement that can do no more than an analyst, whoever asks."""

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
_OPS_IS_REFUSED = (
    "The database says: permission denied for schema ops. Analysts read schema news alone;"
    " `broadsheet quarantine` and `broadsheet status` show what ops holds for operators."
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class QueryError(RuntimeError):
    """A statement that is not run; the message says why."""


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
        QueryError: the statement gives no rows, or is not for analysts.
        psycopg.Error: the database refused it.
    """
    with suppress(ProgrammingError):  # an analyst may not see the revision
        database.current_engine()
    with psycopg.connect(database.libpq_url()) as connection:
        connection.read_only = True
        _set_up(connection, round(timeout_s * 1000))
        try:
            return _rows(connection, query)
        except errors.InsufficientPrivilege as error:
            if error.diag.message_primary == "permission denied for schema ops":
                raise QueryError(_OPS_IS_REFUSED) from error
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
