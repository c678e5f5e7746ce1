"""`broadsheet sql`: one statement that cannot change anything."""

from typing import Any

import psycopg
from psycopg import sql

from pipelines.store import database

_TIMEOUT_SECONDS = 300
_SET_OPTION_SINCE = 16_00_00


def read_rows(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one statement.

    The transaction is read-only, the statement is prepared, so that it is one, and where the role
    may, it runs with nothing but the right to read.

    Raises:
        psycopg.Error: the database refused it.
    """
    with psycopg.connect(database.libpq_url()) as connection, connection.cursor() as cursor:
        connection.read_only = True
        cursor.execute(
            sql.SQL("set statement_timeout = {}").format(sql.Literal(_TIMEOUT_SECONDS * 1000))
        )
        # Before Postgres 16 every member of a role may take it on.
        may = "set" if connection.info.server_version >= _SET_OPTION_SINCE else "member"
        cursor.execute("select pg_has_role(current_user, 'pg_read_all_data', %s)", [may])
        if (cursor.fetchone() or (False,))[0]:
            cursor.execute("set role pg_read_all_data")
        cursor.execute(query.encode(), prepare=True)
        if cursor.description is None:
            return [], []
        return [column.name for column in cursor.description], cursor.fetchall()
