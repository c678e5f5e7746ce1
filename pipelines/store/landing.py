"""Raw files as the database knows them: what was seen, and what was loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from models import IngestedFile, SourceFile
from sqlalchemy import Connection, text

from pipelines.news.keys import derive_key
from pipelines.news.records import DecodedFile, Rejection
from pipelines.store import bulk
from pipelines.store.quarantine import put_rejections

FileKey = tuple[date, str]

ARTICLES_OF_NIGHTS = """
    select distinct occurrence.article_id
      from news.source_files file
      join news.pages using (file_id)
      join news.article_occurrences occurrence using (page_id)
     where cast(:first as date) is null or file.landing_date between :first and :last
"""
"""Query for the articles that occur in the nights `:first` to `:last`, or in any if they are null."""

_GONE_FILES = [("landing_date", "date"), ("path", "text")]
_TOUCH_ARTICLES = """
    insert into ops.touched_articles (article_id)
    select distinct occurrence.article_id
      from pg_temp.gone_files
      join news.source_files using (landing_date, path)
      join news.pages using (file_id)
      join news.article_occurrences occurrence using (page_id)
    on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What was last seen of a file; its rejection stands in for the digest where that is None."""

    sha256: bytes | None
    ingest_version: str
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is stored of a file that could be read; its text is read again to be segmented."""

    media_type: str
    compression: str | None
    encoding: str
    page_count: int

    @classmethod
    def of(cls, file: DecodedFile) -> Self:
        """The facts of a file, without its text."""
        return cls(file.media_type, file.compression, file.encoding, len(file.pages))


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was just read: loaded or refused."""

    night: date
    path: str
    sha256: bytes | None
    byte_size: int | None
    outcome: FileFacts | Rejection

    @property
    def key(self) -> FileKey:
        """Night and path."""
        return self.night, self.path

    @property
    def file_id(self) -> UUID:
        """Key of the file with these bytes."""
        return derive_key("file", self.night.isoformat(), self.path, self.sha256 or b"")

    def known(self, ingest_version: str) -> KnownFile:
        """What `known_files` will say of it."""
        rejection = self.outcome if isinstance(self.outcome, Rejection) else None
        return KnownFile(self.sha256, ingest_version, None if self.sha256 else rejection)


def known_files(connection: Connection, first: date, last: date) -> dict[FileKey, KnownFile]:
    """Files of the nights `first` to `last` as they were last seen."""
    rows = connection.execute(
        text("""
        select file.landing_date, file.path, file.sha256, file.ingest_version,
               refused.reason_code, refused.detail, refused.head
          from ops.ingested_files file
          left join ops.quarantine refused
               on file.sha256 is null and refused.landing_date = file.landing_date
              and refused.path = file.path and refused.page_no is null
         where file.landing_date between :first and :last
        """),
        {"first": first, "last": last},
    )
    return {
        (night, path): KnownFile(sha256, version, Rejection(*refusal) if refusal[0] else None)
        for night, path, sha256, version, *refusal in rows
    }


def known_sizes(
    connection: Connection, first: date, last: date
) -> dict[date, dict[str, int | None]]:
    """Sizes in bytes of the files of these nights as they were last seen, by night and path."""
    sizes: dict[date, dict[str, int | None]] = {}
    for night, path, size in connection.execute(
        text("""
        select landing_date, path, byte_size from ops.ingested_files
         where landing_date between :first and :last
        """),
        {"first": first, "last": last},
    ):
        sizes.setdefault(night, {})[path] = size
    return sizes


def known_nights(connection: Connection) -> list[date]:
    """Nights of which the database holds files."""
    return list(
        connection.scalars(
            text("select distinct landing_date from ops.ingested_files order by landing_date")
        )
    )


def remove_files(connection: Connection, keys: Sequence[FileKey]) -> int:
    """Delete files with their pages, occurrences and leftovers; returns the rows deleted.

    Their articles stay until `store.settle.settle` has seen whether they occur elsewhere.
    """
    if not keys:
        return 0
    bulk.stage(connection, "gone_files", _GONE_FILES, keys)
    touched = connection.execute(text(_TOUCH_ARTICLES))
    deleted = connection.execute(
        text(
            "delete from ops.ingested_files using pg_temp.gone_files gone"
            " where ingested_files.landing_date = gone.landing_date"
            " and ingested_files.path = gone.path"
        )
    )
    return deleted.rowcount + touched.rowcount


def put_files(connection: Connection, files: Sequence[SeenFile], ingest_version: str) -> int:
    """Store files as they were just read; returns the rows written.

    A changed file is replaced whole: its old pages go, and `articles` will segment the new ones. One
    that another version saw just so keeps its pages until `articles` has segmented it again, and one
    that is stored just so is left as it is.
    """
    stored = _stored_files(connection, [file.key for file in files])
    written = _renew_files(connection, [f for f in files if stored.get(f.key) == f], ingest_version)
    files = [file for file in files if stored.get(file.key) != file]
    written += remove_files(connection, [file.key for file in files])
    written += bulk.insert(
        connection,
        IngestedFile,
        ("landing_date", "path", "sha256", "byte_size", "ingest_version"),
        ((one.night, one.path, one.sha256, one.byte_size, ingest_version) for one in files),
    )
    written += bulk.insert(
        connection,
        SourceFile,
        ("file_id", "landing_date", "path", "sha256", "byte_size", "media_type", "compression")
        + ("encoding", "page_count"),
        (
            (
                file.file_id,
                file.night,
                file.path,
                file.sha256,
                file.byte_size,
                file.outcome.media_type,
                file.outcome.compression,
                file.outcome.encoding,
                file.outcome.page_count,
            )
            for file in files
            if isinstance(file.outcome, FileFacts)
        ),
    )
    refused = (
        (file.night, file.path, None, file.outcome)
        for file in files
        if isinstance(file.outcome, Rejection)
    )
    return written + put_rejections(connection, refused)


def _stored_files(connection: Connection, keys: Sequence[FileKey]) -> dict[FileKey, SeenFile]:
    """Those of some files that are stored, as they were when they were last read."""
    rows = connection.execute(
        text("""
        select ingested.landing_date, ingested.path, ingested.sha256, ingested.byte_size,
               file.media_type, file.compression, file.encoding, file.page_count,
               refused.reason_code, refused.detail, refused.head
          from unnest(cast(:nights as date[]), cast(:paths as text[])) wanted (landing_date, path)
          join ops.ingested_files ingested using (landing_date, path)
          left join news.source_files file using (landing_date, path)
          left join ops.quarantine refused
               on file.file_id is null and refused.landing_date = ingested.landing_date
              and refused.path = ingested.path and refused.page_no is null
         where file.file_id is not null or refused.quarantine_id is not null
        """),
        {"nights": [night for night, _ in keys], "paths": [path for _, path in keys]},
    )
    return {
        (night, path): SeenFile(
            night,
            path,
            sha256,
            byte_size,
            Rejection(*last[4:]) if last[0] is None else FileFacts(*last[:4]),
        )
        for night, path, sha256, byte_size, *last in rows
    }


def _renew_files(connection: Connection, files: Sequence[SeenFile], ingest_version: str) -> int:
    """Let files that are stored as they are count as read by this version; returns the rows written.

    What this version decodes of them may still be another text, so they have to be segmented again.
    """
    return connection.execute(
        text("""
        update ops.ingested_files ingested
           set ingest_version = :version, segment_version = null
          from unnest(cast(:nights as date[]), cast(:paths as text[])) wanted (landing_date, path)
         where ingested.landing_date = wanted.landing_date and ingested.path = wanted.path
           and ingested.ingest_version <> :version
        """),
        {
            "version": ingest_version,
            "nights": [file.night for file in files],
            "paths": [file.path for file in files],
        },
    ).rowcount


def put_failed_file(
    connection: Connection, file_id: UUID, rejection: Rejection, segment_version: str
) -> int:
    """Store that this version cannot segment a file; returns the rows written.

    What another version made of it goes. A file that meanwhile changed or vanished is left out.
    """
    key = connection.execute(
        text("""
        update ops.ingested_files ingested set segment_version = :version
          from news.source_files file
         where file.file_id = :file_id
           and ingested.landing_date = file.landing_date and ingested.path = file.path
        returning ingested.landing_date, ingested.path
        """),
        {"version": segment_version, "file_id": file_id},
    ).one_or_none()
    if key is None:
        return 0
    bulk.stage(connection, "gone_files", _GONE_FILES, [tuple(key)])
    written = connection.execute(text(_TOUCH_ARTICLES)).rowcount
    for statement in (
        "delete from news.pages where file_id = :file_id",
        """
        delete from ops.quarantine using pg_temp.gone_files gone
         where quarantine.landing_date = gone.landing_date and quarantine.path = gone.path
        """,
    ):
        written += connection.execute(text(statement), {"file_id": file_id}).rowcount
    return written + put_rejections(connection, [(*key, None, rejection)])
