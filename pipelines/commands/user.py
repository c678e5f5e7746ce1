"""`broadsheet db user`: a login of its own for each who uses the database."""

from enum import StrEnum

import psycopg
from psycopg import sql

from pipelines.store import database


class Role(StrEnum):
    """What a database user may do: own the schema, load nights, or read `news`."""

    OWNER = "owner"
    LOADER = "loader"
    ANALYST = "analyst"


# Settings are not inherited from a role, so each user needs them. The user may change all but the
# last, which bounds what sorts and joins that do not fit into memory write to disk.
_ANALYST_SETTINGS = {
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "5min",
    "default_transaction_read_only": "on",
}
_SUPERUSER_SETTINGS = {"temp_file_limit": "10GB"}


def user_exists(name: str) -> bool:
    """Whether the server has a database user of this name.

    Raises:
        psycopg.Error: the server refuses, or does not answer.
    """
    with psycopg.connect(database.libpq_url()) as connection:
        query = "select exists (select from pg_roles where rolname = %s)"
        return connection.execute(query, [name]).fetchone() == (True,)


def create_user(name: str, role: Role, password: str) -> None:
    """Create a database user with a role's rights, and for an analyst with limits.

    The server sees the hash of the password alone, so that no log can hold it.

    Raises:
        psycopg.Error: the user is there already, or the one who asks may not create any.
        SchemaError: the schema, and with it the roles, is not there yet.
    """
    database.current_engine()
    with psycopg.connect(database.libpq_url()) as connection:
        verifier = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        ).decode()
        user = sql.Identifier(name)
        connection.execute(
            sql.SQL("create role {} login password {} in role {}").format(
                user, sql.Literal(verifier), sql.Identifier(f"broadsheet_{role}")
            )
        )
        if role is not Role.ANALYST:
            return
        may_limit = connection.execute(
            "select has_parameter_privilege('temp_file_limit', 'set')"
        ).fetchone()
        limits = _SUPERUSER_SETTINGS if may_limit and may_limit[0] else {}
        for setting, value in (_ANALYST_SETTINGS | limits).items():
            connection.execute(
                sql.SQL("alter role {} set {} = {}").format(
                    user, sql.Identifier(setting), sql.Literal(value)
                )
            )
