"""Tables without indexes, keys and foreign keys while they are filled, and with all of them after.

Belongs here: dropping and restoring exactly what the migrations made. The server checks all rows
when it restores a key or a foreign key.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

# A key that a view or a function counts on (`group by` the key alone) cannot be dropped.
_CONSTRAINTS = """
    select conrelid::regclass::text as relation, quote_ident(conname) as name,
           contype = 'f' as is_foreign, pg_get_constraintdef(oid) as definition
      from pg_constraint
     where connamespace in ('news'::regnamespace, 'ops'::regnamespace)
       and contype in ('p', 'u', 'x', 'f')
       and not exists (select from pg_depend
                        where refclassid = 'pg_constraint'::regclass
                          and refobjid = pg_constraint.oid
                          and classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass))
     order by is_foreign, relation, name
"""
_INDEXES = """
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
      from pg_index join pg_class on pg_class.oid = indrelid
     where relnamespace in ('news'::regnamespace, 'ops'::regnamespace) and relkind = 'r'
       and not exists (select from pg_constraint where conindid = indexrelid)
     order by name
"""

Step = Callable[[str, Callable[[Connection], int]], None]
"""Does something in a transaction that returns a number of rows, and says how long it took."""


@contextmanager
def bare(engine: Engine, step: Step) -> Iterator[None]:
    """Drop what is cheaper to build once than to keep, and build it again, exactly as it was."""
    with engine.begin() as connection:
        before = _found(connection, _CONSTRAINTS), _found(connection, _INDEXES)
        constraints, indexes = before
        for relation, name, *_ in reversed(constraints):
            connection.execute(text(f"alter table {relation} drop constraint {name}"))
        for name, _ in indexes:
            connection.execute(text(f"drop index {name}"))
    yield
    build = [
        (f"{relation}: {name}", f"alter table {relation} add constraint {name} {definition}")
        for relation, name, _, definition in constraints
    ]
    keys = sum(not is_foreign for _, _, is_foreign, _ in constraints)
    build[keys:keys] = [(f"index {name}", definition) for name, definition in indexes]
    for what, statement in build:
        step(what, _executed(statement))
    with engine.connect() as connection:
        if (_found(connection, _CONSTRAINTS), _found(connection, _INDEXES)) != before:
            raise RuntimeError("Keys and indexes are not what the migrations made.")


def _executed(statement: str) -> Callable[[Connection], int]:
    def execute(connection: Connection) -> int:
        connection.execute(text("set local maintenance_work_mem = '1GB'"))
        # Colons of casts are no parameters.
        connection.exec_driver_sql(statement)
        return 0

    return execute


def _found(connection: Connection, query: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in connection.execute(text(query))]
