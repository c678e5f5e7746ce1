"""`broadsheet export`: tables of `news` as files that other programs read."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from pipelines import progress, show
from pipelines.store import database, exports
from pipelines.store.digests import digests
from pipelines.store.exports import PartQuery, Plan

MANIFEST = "manifest.json"
Format = Literal["parquet", "csv", "jsonl"]
_BATCH_ROWS = 25_000
_BATCH_CHARS = 16_000_000
_ARROW = {
    "bool": pa.bool_(),
    "date": pa.date32(),
    "float8": pa.float64(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "text": pa.string(),
    "text[]": pa.list_(pa.string()),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


class ExportError(RuntimeError):
    """The export stopped; the message says why, and that it can go on."""


class RefusedError(ExportError):
    """The folder is not to be written to; the message says why."""


class Options(BaseModel, frozen=True):
    """What was asked for."""

    format: Format
    since: date | None
    part_rows: int

    def __str__(self) -> str:
        since = f" --since {self.since}" if self.since else ""
        return f"--format {self.format}{since} --part-rows {self.part_rows}"


class Snapshot(BaseModel, frozen=True):
    """A state of the database that parts were read from."""

    id: str
    taken_at: datetime


class Digest(BaseModel, frozen=True):
    """What `broadsheet digest` says of a table."""

    rows: int
    digest: str


class Part(BaseModel, frozen=True):
    """A file, its path below the export's folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


class ExportedTable(BaseModel):
    """A table: its rows, its columns with their Postgres types, and its files."""

    rows: int
    columns: dict[str, str]
    sha256: str | None = None
    """Of the hashes of all parts, in their order; None until all are there."""
    parts: list[Part] = []


class Manifest(BaseModel):
    """What an export holds. Several snapshots, all with these digests, if it was interrupted."""

    kind: Literal["broadsheet export"] = "broadsheet export"
    is_complete: bool = False
    options: Options
    schema_revision: str | None
    snapshots: list[Snapshot]
    digests: dict[str, Digest]
    tables: dict[str, ExportedTable]

    def is_of(self, other: "Manifest") -> bool:
        """Whether both were made from the same content."""
        return self.digests == other.digests and {
            name: table.columns for name, table in self.tables.items()
        } == {name: table.columns for name, table in other.tables.items()}


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did; `note` says what became of one that was there before."""

    manifest: Manifest
    parts_kept: int
    note: str | None


def export(
    out: Path, output: Format, since: date | None, *, part_rows: int, quiet: bool
) -> Exported:
    """Write the tables into a folder, or what is missing of them.

    Raises:
        RefusedError: the folder holds something else.
        ExportError: it cannot be written to, or another export writes to it.
    """
    options = Options(format=output, since=since, part_rows=part_rows)
    if out.exists() and not out.is_dir():
        raise RefusedError(f"{out} is no folder.")
    bound, revision = _engine()
    with show.Bars(quiet=quiet) as bars, _locked(out), exports.snapshot(bound) as connection:
        progress.show_with(bars)
        _refuse_other(out, options)
        plans = [exports.plan(connection, one, since, part_rows) for one in exports.SOURCES]
        manifest = _new_manifest(connection, options, revision, plans)
        note = _take_over(out, manifest)
        kept = sum(len(table.parts) for table in manifest.tables.values())
        for one in plans:
            _write_table(out, connection, one, manifest)
        manifest.is_complete = True
        _put_manifest(out, manifest)
    return Exported(manifest, kept, note)


def _engine() -> tuple[Engine, str | None]:
    """The database, and the revision of its schema; None for analysts, who may not see it."""
    try:
        bound = database.current_engine()
        return bound, database.revisions(bound)[0]
    except ProgrammingError:
        return database.engine(), None


def _new_manifest(
    connection: Connection, options: Options, revision: str | None, plans: Sequence[Plan]
) -> Manifest:
    taken = connection.execute(text("select pg_current_snapshot()::text as id, now() as at")).one()
    return Manifest(
        options=options,
        schema_revision=revision,
        snapshots=[Snapshot(id=taken.id, taken_at=taken.at)],
        digests={
            name: Digest(rows=rows, digest=digest)
            for name, (rows, digest) in digests(connection).items()
        },
        tables={
            one.name: ExportedTable(
                rows=one.rows, columns={column.name: column.kind for column in one.columns}
            )
            for one in plans
        },
    )


def _refuse_other(out: Path, options: Options) -> None:
    # A file that was not written whole is hidden, and so is what file managers leave everywhere.
    if all(path.name.startswith(".") for path in out.iterdir()):
        return
    found = _manifest_of(out)
    if found is None:
        raise RefusedError(
            f"{out} is not empty and holds no {MANIFEST} of an export: choose another folder."
        )
    if found.options != options:
        raise RefusedError(
            f"{out} holds an export with other options ({found.options}): give the same, or choose"
            " another folder."
        )


def _manifest_of(out: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((out / MANIFEST).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """The folder, made if it is not there, for this export alone; says what an OSError means."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(folder)
    except BlockingIOError as error:
        raise ExportError(f"Another export is writing to {out}.") from error
    except OSError as error:
        raise ExportError(
            f"Writing to {out} failed: {error.strerror or error}. The parts that are there stay; mend"
            " it, and the same command goes on."
        ) from error


def _take_over(out: Path, manifest: Manifest) -> str | None:
    """Keep the parts of an earlier export, if the database has not changed; else delete them.

    Returns what was done, in a sentence.
    """
    earlier = _manifest_of(out)
    note = None
    if earlier and manifest.is_of(earlier):
        for name, table in manifest.tables.items():
            table.parts = [part for part in earlier.tables[name].parts if _is_intact(out, part)]
        note = f"The export in {out} goes on where it was interrupted."
        if earlier.is_complete:
            note = f"{out} holds an export of the same database: only missing files are written."
        manifest.snapshots = earlier.snapshots + manifest.snapshots
    elif earlier:
        note = f"The database changed since {out} was written: the export starts anew."
    kept = {part.path for table in manifest.tables.values() for part in table.parts}
    for name in manifest.tables:
        for path in (out / name).glob("*part-*"):
            if path.relative_to(out).as_posix() not in kept:
                path.unlink()
    _put_manifest(out, manifest)
    return note


def _is_intact(out: Path, part: Part) -> bool:
    with suppress(FileNotFoundError), (out / part.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
    return False


def _write_table(out: Path, connection: Connection, planned: Plan, manifest: Manifest) -> None:
    """Write the parts of a table that are not there, and its hash."""
    table, output = manifest.tables[planned.name], manifest.options.format
    there = {part.path: part for part in table.parts}
    (out / planned.name).mkdir(exist_ok=True)
    with progress.track(planned.name, planned.rows) as advance:
        for number, query in enumerate(planned.parts):
            path = f"{planned.name}/part-{number:05}.{output}"
            if path not in there:
                write = partial(_WRITERS[output], connection, query)
                there[path] = _write_part(out, path, write)
                table.parts = sorted(there.values(), key=lambda part: part.path)
                _put_manifest(out, manifest)
            advance(there[path].rows)
    hashes = "".join(part.sha256 for part in table.parts)
    table.sha256 = hashlib.sha256(hashes.encode()).hexdigest()


def _write_part(out: Path, path: str, write: Callable[[BinaryIO], int]) -> Part:
    with _replacing(out / path) as file:
        rows = write(file)
    with (out / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Part(path=path, rows=rows, bytes=file.tell(), sha256=digest)


def _put_manifest(out: Path, manifest: Manifest) -> None:
    with _replacing(out / MANIFEST) as file:
        file.write(manifest.model_dump_json(indent=1).encode() + b"\n")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name once it is written whole."""
    unfinished = path.with_name(f".{path.name}.partial")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_parquet(connection: Connection, part: PartQuery, file: BinaryIO) -> int:
    schema = pa.schema([(one.name, _ARROW[one.kind]) for one in part.columns])
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(exports.binary_rows(connection, part)):
            values = [
                pa.array(column, field.type)
                for column, field in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(values, schema=schema))
            rows += len(batch)
    return rows


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Lists of rows that end at a number of rows, or soon after a number of characters."""
    batch: list[tuple[Any, ...]] = []
    chars = 0
    for row in rows:
        batch.append(row)
        chars += sum(len(value) for value in row if isinstance(value, str))
        if len(batch) >= _BATCH_ROWS or chars >= _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


_WRITERS = {"parquet": _write_parquet, "csv": exports.write_csv, "jsonl": exports.write_jsonl}
