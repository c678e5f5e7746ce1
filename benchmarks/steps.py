"""The steps that are measured; `watch.run_step` runs each in a process of its own.

The process finds its database in BROADSHEET_DATABASE_URL and writes what it measured to a JSON file.
Nothing here decides whether a figure is good.
"""

import json
import logging
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from dagster import DagsterInstance
from sqlalchemy import Connection, text

from benchmarks.versus import copy_rounds, ner_rounds
from pipelines.instance import prepare_home, run_nights
from pipelines.landing_zone import LandingZone
from pipelines.news.records import Mention
from pipelines.store import database, loads, mentions

_TABLES = (
    "news.source_files",
    "news.pages",
    "news.article_occurrences",
    "news.articles",
    "news.mentions",
    "news.entities",
    "ops.quarantine",
)


def load(root: str, night: str) -> dict[str, Any]:
    """Load a night through the job; the clock runs while the job does, not while it is set up."""
    database.ensure_schema()
    prepare_home()
    the_night = date.fromisoformat(night)
    with DagsterInstance.get() as instance, _timed_storing() as storing:
        began = time.perf_counter()
        run = run_nights(instance, the_night, the_night, LandingZone(Path(root)), prune=False)
        seconds = time.perf_counter() - began
    if not run.success:
        raise SystemExit("The load failed: " + "; ".join(run.failures))
    with database.engine().connect() as connection:
        done = loads.loads_of_runs(connection, [run.run_id])
        rows = {t: connection.scalar(text(f"select count(*) from {t}")) for t in _TABLES}
    return {
        "seconds": seconds,
        "asset_seconds": {o.asset: (o.finished_at - o.started_at).total_seconds() for o in done},
        "rows_written": sum(one.counts["rows_written"] for one in done),
        "words": sum(one.counts.get("words", 0) for one in done),
        "storing_mentions_seconds": sum(storing),
        "rows": rows,
        "largest_process_bytes": _largest_process(),
    }


def ner(rounds: str, night: str) -> dict[str, Any]:
    """The mentions asset against bare `nlp.pipe`, on the articles of a loaded night."""
    prepare_home()
    return ner_rounds(int(rounds), date.fromisoformat(night))


def copy(rounds: str) -> dict[str, Any]:
    """`put_mentions` against a bare COPY, with the mentions of a loaded database."""
    return copy_rounds(int(rounds))


@contextmanager
def _timed_storing() -> Iterator[list[float]]:
    """Seconds of each call of `put_mentions`, which the mentions asset makes between readings."""
    seconds: list[float] = []
    original = mentions.put_mentions

    def timed(
        connection: Connection, articles: Sequence[tuple[UUID, Sequence[Mention]]], version: str
    ) -> int:
        began = time.perf_counter()
        try:
            return original(connection, articles, version)
        finally:
            seconds.append(time.perf_counter() - began)

    mentions.put_mentions = timed
    try:
        yield seconds
    finally:
        mentions.put_mentions = original


def _largest_process() -> dict[str, int]:
    """`ru_maxrss` of this process and of its largest child, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "parent": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit,
    }


STEPS: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "ner": ner, "copy": copy}


def main(step: str, answer: str, *arguments: str) -> None:
    """Run a step; long work says how far it is on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("      %(message)s"))
    logger = logging.getLogger("pipelines")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    Path(answer).write_text(json.dumps(STEPS[step](*arguments)), encoding="utf-8")
