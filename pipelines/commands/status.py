"""`broadsheet status`: nights, last loads, quarantine, versions."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from pipelines.alias_file import own_resolver
from pipelines.news.candidates import LINK_VERSION
from pipelines.store import database
from pipelines.store.analytics import is_behind
from pipelines.store.loads import Load, last_loads

_LOADS = 12


@dataclass(frozen=True, slots=True)
class Night:
    """What a night holds."""

    night: date
    files: int
    occurrences: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Status:
    """What `broadsheet status` shows."""

    database: str
    revision: str | None
    rows: dict[str, int]
    nights: list[Night]
    is_behind: bool
    loads: list[Load]
    quarantine: dict[str, int]
    versions: dict[str, dict[str, int]]
    current: dict[str, str]


def read_status() -> Status:
    """The state of the database."""
    engine = database.current_engine()
    with engine.connect() as connection:
        behind = is_behind(connection)
        nights = [
            Night(*row)
            for row in connection.execute(
                text("""
                    select landing_date, files, occurrences, quarantined
                      from news.coverage order by landing_date
                    """)
            )
        ]
        rows = {
            table: int(connection.scalar(text(f"select count(*) from news.{table}")) or 0)
            for table in ("source_files", "articles", "stories", "mentions", "entities")
        }
        quarantine: dict[str, int] = {
            row.reason_code: row.entries
            for row in connection.execute(
                text(
                    "select reason_code, count(*) as entries from ops.quarantine"
                    " group by 1 order by 2 desc, 1"
                )
            )
        }
        versions = {
            column: {
                row.version: row.entries
                for row in connection.execute(
                    text(
                        f"select {column} as version, count(*) as entries from ops.{table}"
                        f" where {column} is not null group by 1 order by 1"
                    )
                )
            }
            for table, column in (
                ("ingested_files", "ingest_version"),
                ("ingested_files", "segment_version"),
                ("signatures", "signature_version"),
                ("annotations", "ner_version"),
                ("resolutions", "resolver_version"),
            )
        }
        loads = last_loads(connection, _LOADS)
    shown = engine.url.render_as_string(hide_password=True).replace("+psycopg", "")
    current = {
        "signature_version": LINK_VERSION,
        "resolver_version": own_resolver().version,
    }
    revision, _ = database.revisions(engine)
    return Status(shown, revision, rows, nights, behind, loads, quarantine, versions, current)
