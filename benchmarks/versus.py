"""The pipeline against the bare thing, taking turns in the same process or on the same cores."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from dagster import AssetKey, DagsterInstance
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from pipelines.definitions import defs
from pipelines.news.records import Mention
from pipelines.settings import settings
from pipelines.store import bulk, database, loads, mentions

_STORED_TOGETHER = 512
_COLUMNS = "article_id, section, section_no, start_char, end_char, surface, name_id, label,\
 sentence_start, sentence_end"
_Article = tuple[UUID, list[Mention]]


def ner_rounds(rounds: int, night: date) -> dict[str, Any]:
    """Seconds of the mentions asset and of bare `nlp.pipe`, by turns, over the same paragraphs.

    Both start as many processes anew each time. `startup` is how long the bare ones took until they
    could read; what the asset's own workers need beyond that counts against the asset.
    """
    engine = database.engine()
    with engine.connect() as connection:
        texts = list(_texts(connection))
    asset, bare, startup = [], [], []
    with tempfile.TemporaryDirectory() as folder, DagsterInstance.get() as instance:
        texts_file = Path(folder) / "texts.json"
        texts_file.write_text(json.dumps(texts), encoding="utf-8")
        for _ in range(rounds):
            _forget_mentions(engine)
            asset.append(_asset_seconds(instance, night))
            seconds, ready = _bare_seconds(texts_file)
            bare.append(seconds)
            startup.append(ready)
    words = sum(len(one.split()) for one in texts)
    return {"words": words, "asset": asset, "bare": bare, "startup": startup}


def copy_rounds(rounds: int) -> dict[str, Any]:
    """Seconds of `put_mentions` and of a bare COPY, by turns, of the same rows in equal batches.

    The table that is copied into has the same columns, indexes, checks and foreign keys. The rows
    of the bare side are ready as tuples before its clock starts. Both commit after each batch.
    """
    engine = database.engine()
    with engine.connect() as connection:
        batches = list(_stored(connection))
        rows = list(_rows(connection, batches))
    put, bare = [], []
    for _ in range(rounds):
        _forget_mentions(engine)
        _make_equal_table(engine)
        began = _start_clock(engine)
        for batch in batches:
            with database.write_transaction(engine) as connection:
                mentions.put_mentions(connection, articles=batch, version="benchmark")
        put.append(time.perf_counter() - began)
        began = _start_clock(engine)
        for batch_rows in rows:
            with engine.begin() as connection:
                _bare_copy(connection, batch_rows)
        bare.append(time.perf_counter() - began)
    return {"rows": sum(map(len, rows)), "put_mentions": put, "bare": bare}


def _texts(connection: Connection) -> Iterator[str]:
    """What the asset reads one by one: titles, captions and paragraphs of all articles."""
    ids = list(connection.scalars(text("select article_id from news.articles order by 1")))
    for article in mentions.read_texts(connection, ids):
        yield from (piece for piece in (article.title, *article.captions) if piece)
        yield from (paragraph for paragraph in article.body.split("\n\n") if paragraph)


def _asset_seconds(instance: DagsterInstance, night: date) -> float:
    result = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            partition_key=night.isoformat(),
            asset_selection=[AssetKey("mentions")],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    )
    with database.engine().connect() as connection:
        (load,) = loads.loads_of_runs(connection, [result.run_id])
    return (load.finished_at - load.started_at).total_seconds()


def _bare_seconds(texts_file: Path) -> tuple[float, float]:
    """Seconds from starting the processes to the end of the last, and until they could read."""
    shares = settings().workers
    command = [sys.executable, "-m", "benchmarks.bare_ner", str(texts_file)]
    began = time.monotonic()
    processes = [
        subprocess.Popen(
            [*command, str(share), str(shares)],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
        )
        for share in range(shares)
    ]
    said = [json.loads(process.communicate()[0]) for process in processes]
    ready = sum(one["ready"] for one in said) / shares - began
    return max(one["done"] for one in said) - began, ready


def _forget_mentions(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "truncate news.mentions, ops.annotations, ops.resolutions, news.names,"
                " news.entities cascade"
            )
        )


def _stored(connection: Connection) -> Iterator[list[_Article]]:
    """The mentions of the database, in batches as the asset stores them."""
    found = connection.execute(
        text("""
        select article_id, section, section_no, start_char, end_char, surface, label,
               names.name, sentence_start, sentence_end
          from news.mentions join news.names using (name_id)
         order by article_id, section, section_no, start_char
        """)
    )
    articles = [
        (article_id, [Mention(*row[1:]) for row in group])
        for article_id, group in groupby(found, key=lambda row: row.article_id)
    ]
    for start in range(0, len(articles), _STORED_TOGETHER):
        yield articles[start : start + _STORED_TOGETHER]


def _rows(connection: Connection, batches: Sequence[list[_Article]]) -> Iterator[list[bulk.Row]]:
    """The same mentions as rows of the table."""
    statement = text(
        f"select {_COLUMNS} from news.mentions where article_id = any(:articles)"
        " order by article_id, section, section_no, start_char"
    )
    for batch in batches:
        found = connection.execute(statement, {"articles": [one for one, _ in batch]})
        yield [tuple(row) for row in found]


def _make_equal_table(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("drop table if exists public.bare_mentions"))
        connection.execute(
            text("create table public.bare_mentions (like news.mentions including all)")
        )
        keys = connection.scalars(
            text(
                "select pg_get_constraintdef(oid) from pg_constraint"
                " where conrelid = 'news.mentions'::regclass and contype = 'f'"
            )
        ).all()
        for key in keys:
            connection.execute(text(f"alter table public.bare_mentions add {key}"))


def _start_clock(engine: Engine) -> float:
    """The time, after a checkpoint where we may ask for one: neither side pays for the other."""
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("checkpoint"))
    except DBAPIError:
        pass
    return time.perf_counter()


def _bare_copy(connection: Connection, rows: Sequence[bulk.Row]) -> None:
    statement = f"copy public.bare_mentions ({_COLUMNS}) from stdin"
    with bulk.raw_cursor(connection) as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)
