"""Parts of an export as Parquet files."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from pipelines.store.exports import PartQuery, binary_rows

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


def write_parquet(connection: Connection, part: PartQuery, file: BinaryIO) -> int:
    """Write the rows of a part, some thousand at a time, and return how many they are."""
    schema = pa.schema([(one.name, _ARROW[one.kind]) for one in part.columns])
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(binary_rows(connection, part)):
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
