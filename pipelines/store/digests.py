"""One hash a table, to tell whether two databases hold the same."""

from hashlib import sha256

from models import NEWS, Base
from sqlalchemy import Connection, text

# Follows from other columns, by a parser that may differ between servers.
_LEFT_OUT = {"search"}


def digests(connection: Connection, schema: str = NEWS) -> dict[str, tuple[int, str]]:
    """Row count and hash of each table of a schema, by name.

    Rows are hashed one by one and their hashes added up (two independent 64-bit ones), so that
    neither order nor size of a table matters.
    """
    # What a value looks like as text depends on these.
    for setting in (
        "DateStyle = ISO",
        "timezone = UTC",
        "bytea_output = hex",
        "extra_float_digits = 1",
    ):
        connection.execute(text(f"set local {setting}"))
    result = {}
    for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
        if table.schema == schema:
            columns = ", ".join(f't."{c.name}"' for c in table.columns if c.name not in _LEFT_OUT)
            count, one, other = connection.execute(
                text(f"""
                select count(*),
                       coalesce(sum(hashtextextended(row({columns})::text, 0)::numeric), 0),
                       coalesce(sum(hashtextextended(row({columns})::text, 1)::numeric), 0)
                  from {schema}.{table.name} t
                """)
            ).one()
            result[table.name] = (count, sha256(f"{count}/{one}/{other}".encode()).hexdigest()[:32])
    return result
