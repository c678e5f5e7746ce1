"""COPY into a staging table, then one set-based statement: the only place that opens a COPY into a table."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, text
from sqlalchemy.orm import DeclarativeBase

Row = Sequence[Any]


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table of a model."""
    return cast("Table", model.__table__)


def raw_cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """A psycopg cursor in the transaction of a SQLAlchemy connection."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection).cursor()


def stage(
    connection: Connection,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Row],
    *,
    is_joined: bool = True,
) -> int:
    """COPY rows into a temporary table `name` that lives until the transaction ends.

    Args:
        connection: an open transaction.
        name: of the temporary table; an earlier one of this name is replaced.
        columns: name and SQL type of each.
        rows: one value a column; streamed, never held.
        is_joined: whether the planner should know what is in it.

    Returns:
        The number of rows.
    """
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(cast("Any", kind)))
        for column, kind in columns
    )
    table = sql.Identifier("pg_temp", name)
    names = sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns)
    count = 0
    with raw_cursor(connection) as cursor:
        cursor.execute(sql.SQL("drop table if exists {}").format(table))
        cursor.execute(
            sql.SQL("create temp table {} ({}) on commit drop").format(
                sql.Identifier(name), definition
            )
        )
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(table, names)
        with cursor.copy(statement) as copy:
            copy.set_types([kind for _, kind in columns])
            for row in rows:
                copy.write_row(row)
                count += 1
        if is_joined:
            cursor.execute(sql.SQL("analyze {}").format(table))
    return count


def stage_query(connection: Connection, name: str, query: str) -> int:
    """Keep what a query finds in a temporary table until the transaction ends; returns its rows."""
    made = connection.execute(text(f"create temp table {name} on commit drop as {query}"))
    connection.execute(text(f"analyze pg_temp.{name}"))
    return made.rowcount


def look_up_by_index(connection: Connection) -> None:
    """Let joins of this transaction look rows up one by one, whatever the planner thinks.

    For a small staging table beside large tables: it would rather read a whole archive, and where
    statistics are missing, after a first load or a crash, it may well choose what takes minutes.
    """
    connection.execute(text("set local enable_hashjoin = off"))
    connection.execute(text("set local enable_mergejoin = off"))


def join_freely(connection: Connection) -> None:
    """Take `look_up_by_index` back."""
    connection.execute(text("set local enable_hashjoin = on"))
    connection.execute(text("set local enable_mergejoin = on"))


def stage_like(
    connection: Connection,
    model: type[DeclarativeBase],
    columns: Sequence[str],
    rows: Iterable[Row],
) -> str:
    """Stage rows for a table's columns; the name of the staging table is returned."""
    table = table_of(model)
    name = f"staged_{table.name}"
    kinds = [
        (column, table.c[column].type.compile(connection.dialect).lower()) for column in columns
    ]
    stage(connection, name, kinds, rows)
    return name


def upsert(
    connection: Connection,
    model: type[DeclarativeBase],
    columns: Sequence[str],
    rows: Iterable[Row],
) -> int:
    """Insert rows, or update those whose key exists and whose values differ.

    Rows that are there as they should be are not written. Returns how many were.
    """
    name = stage_like(connection, model, columns, rows)
    return upsert_staged(connection, model, columns, name)


def upsert_staged(
    connection: Connection, model: type[DeclarativeBase], columns: Sequence[str], name: str
) -> int:
    """The second half of `upsert`, from a staging table that holds at least these columns."""
    table = table_of(model)
    keys = [column.name for column in table.primary_key]
    others = [column for column in columns if column not in keys]
    target = sql.Identifier(str(table.schema), table.name)
    action: sql.Composable = sql.SQL("do nothing")
    if others:
        action = sql.SQL("do update set {sets} where ({old}) is distinct from ({new})").format(
            sets=_joined("{0} = excluded.{0}", others),
            old=sql.SQL(", ").join(sql.Identifier("target", column) for column in others),
            new=_joined("excluded.{0}", others),
        )
    statement = sql.SQL(
        "insert into {target} as target ({columns}) select {columns} from {staged}"
        " on conflict ({keys}) {action}"
    ).format(
        target=target,
        columns=_joined("{0}", columns),
        staged=sql.Identifier("pg_temp", name),
        keys=_joined("{0}", keys),
        action=action,
    )
    with raw_cursor(connection) as cursor:
        cursor.execute(statement)
        return cursor.rowcount


def insert(
    connection: Connection,
    model: type[DeclarativeBase],
    columns: Sequence[str],
    rows: Iterable[Row],
) -> int:
    """COPY rows straight into a table that holds none of them yet."""
    table = table_of(model)
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(str(table.schema), table.name), _joined("{0}", columns)
    )
    count = 0
    with raw_cursor(connection) as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _joined(template: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL(cast("Any", template)).format(sql.Identifier(column)) for column in columns
    )
