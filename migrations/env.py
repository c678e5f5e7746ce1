"""Run the migrations: one transaction each, and none that waits for a lock behind a long query."""

from alembic import context
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.schema import CreateSchema

from models import NEWS, OPS, Base
from pipelines.store.database import database_url

OWNER = "broadsheet_owner"
MIGRATION_LOCK = 0x42_52_4F_41_44_53_4D_47


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Compare our two schemas only; views are no tables."""
    return kind != "schema" or name in (NEWS, OPS)


def set_timeouts(connection: DBAPIConnection, _record: object) -> None:
    """Fail rather than queue every reader behind a migration that waits for its lock."""
    cursor = connection.cursor()
    cursor.execute("set lock_timeout = '10s'")
    cursor.execute("set idle_in_transaction_session_timeout = '5min'")
    cursor.close()
    connection.commit()


def act_as_owner(connection: Connection) -> None:
    """Make what is made from now on the owner's, once a migration has given the schemas to it."""
    query = "select nspowner::regrole::text from pg_namespace where nspname = :news"
    if connection.scalar(text(query), {"news": NEWS}) == OWNER:
        connection.execute(text(f"set role {OWNER}"))


def migrate(connection: Connection) -> None:
    """Run what was asked for on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=is_ours,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        version_table_schema=OPS,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # others double each %
        target_metadata=Base.metadata,
        literal_binds=True,
        version_table_schema=OPS,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    url = context.config.attributes.get("url") or database_url()
    engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", set_timeouts)
    with engine.connect() as opened:
        # Of two first runs one waits for the other, and then finds nothing to do.
        opened.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        # Alembic's own table lives in it, so it has to be there before the first revision.
        if not opened.scalar(text("select to_regnamespace(:ops)"), {"ops": OPS}):
            opened.execute(CreateSchema(OPS))
        act_as_owner(opened)
        opened.commit()
        migrate(opened)
