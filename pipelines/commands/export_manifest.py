"""The manifest of an export: what was asked for, and what is there, with a hash of each file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ValidationError

MANIFEST = "manifest.json"
Format = Literal["parquet", "csv", "jsonl"]


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


def read_manifest(out: Path) -> Manifest | None:
    """The manifest in a folder; None if there is none of an export."""
    try:
        return Manifest.model_validate_json((out / MANIFEST).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_manifest(out: Path, manifest: Manifest) -> None:
    """Write a manifest into a folder, in place of one that is there."""
    with replacing(out / MANIFEST) as file:
        file.write(manifest.model_dump_json(indent=1).encode() + b"\n")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
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
