"""`broadsheet export`: tables of `news` as files that other programs read."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from pipelines import progress, show
from pipelines.commands.export_manifest import (
    MANIFEST,
    Digest,
    ExportedTable,
    Format,
    Manifest,
    Options,
    Part,
    Snapshot,
    read_manifest,
    replacing,
    write_manifest,
)
from pipelines.store import database, exports
from pipelines.store.digests import digests
from pipelines.store.exports import Plan
from pipelines.store.parquet import write_parquet


class ExportError(RuntimeError):
    """The export stopped; the message says why, and that it can go on."""


class RefusedError(ExportError):
    """The folder is not to be written to; the message says why."""


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
        write_manifest(out, manifest)
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
    found = read_manifest(out)
    if found is None:
        raise RefusedError(
            f"{out} is not empty and holds no {MANIFEST} of an export: choose another folder."
        )
    if found.options != options:
        raise RefusedError(
            f"{out} holds an export with other options ({found.options}): give the same, or choose"
            " another folder."
        )


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
    earlier = read_manifest(out)
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
    write_manifest(out, manifest)
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
                write_manifest(out, manifest)
            advance(there[path].rows)
    hashes = "".join(part.sha256 for part in table.parts)
    table.sha256 = hashlib.sha256(hashes.encode()).hexdigest()


def _write_part(out: Path, path: str, write: Callable[[BinaryIO], int]) -> Part:
    with replacing(out / path) as file:
        rows = write(file)
    with (out / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Part(path=path, rows=rows, bytes=file.tell(), sha256=digest)


_WRITERS = {"parquet": write_parquet, "csv": exports.write_csv, "jsonl": exports.write_jsonl}
