"""What a change of the alias file costs: `python -m benchmarks.aliases --help`.

A database of a million mentions is made up and loaded by COPY; then the alias file changes, and the
names are resolved anew as the asset `entities` does it.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from sqlalchemy import Engine, text

from benchmarks.place import fresh_database, running_server, temporary_folder
from benchmarks.report import Line, print_lines, write_json
from models import Article, Mention, Name
from pipelines.defs.derive import resolve_names
from pipelines.defs.runs import AssetRun
from pipelines.news.keys import derive_key
from pipelines.settings import settings
from pipelines.store import bulk, database
from pipelines.store.digests import digests
from pipelines.store.mentions import MENTION_COLUMNS, name_key
from pipelines.store.server import ServerError

RESULTS = Path(__file__).parent / "results"
MAX_SECONDS = 120
_MENTIONS_AN_ARTICLE = 20
_SHARES = {"PERSON": 0.5, "ORG": 0.25, "GPE": 0.1, "LOC": 0.05, "FAC": 0.05, "EVENT": 0.05}
_SYLLABLES = [
    a + b for a in "bdfghjklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "im")
]
_NIGHT = date(2026, 1, 5)

_UNTOUCHED = """
    select count(*), max(xmin::text::bigint), bit_xor(hashtextextended(ctid::text, 0))
      from news.mentions
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--names", type=int, default=250_000)
    parser.add_argument(
        "--aliases", type=int, default=1_000, help="names that are joined to others"
    )
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    if not 2 * options.aliases <= options.names <= options.mentions:
        parser.error("Give at least as many mentions as names, and twice as many names as aliases.")
    try:
        with temporary_folder() as folder, running_server(folder) as server_url:
            _measure(options, folder, server_url)
    except (ServerError, psycopg.Error) as error:
        print(f"The database says: {error}", file=sys.stderr)
        return 1
    return 0


def _measure(options: argparse.Namespace, folder: Path, server_url: str) -> None:
    draw = Random(options.seed)
    with fresh_database(server_url, folder, "aliases") as place:
        os.environ |= place.environment()
        settings.cache_clear()
        database.upgrade(place.url)
        engine = database.engine()
        names = _names(draw, options.names)
        _load(engine, names, options.mentions, options.seed)
        seconds: dict[str, float] = {}
        counts: dict[str, dict[str, Any]] = {}
        before = _resolve("first", engine, seconds, counts)
        persons = [name for name, label in names if label == "PERSON"]
        chosen = draw.sample(persons, min(2 * options.aliases, len(persons)))
        pairs = list(zip(chosen[::2], chosen[1::2], strict=False))
        file = settings().alias_file
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"PERSON,{name},{alias}" for name, alias in pairs]
        file.write_text("\n".join(["entity_type,name,aliases", *lines, ""]), encoding="utf-8")
        changed = _resolve("change", engine, seconds, counts)
        file.unlink()
        after = _resolve("back", engine, seconds, counts)
        engine.dispose()
    if after != before:
        raise RuntimeError("The tables are not what they were before the alias file came and went.")
    untouched = changed["mentions"] == before["mentions"]
    lines_shown = [
        Line("mentions, names", f"{options.mentions:,}, {options.names:,}", options.mentions),
        Line("first resolution of all names", f"{seconds['first']:.1f} s", seconds["first"]),
        Line(
            f"resolved anew after {len(pairs):,} aliases",
            f"{seconds['change']:.1f} s",
            seconds["change"],
            f"< {MAX_SECONDS} s",
            seconds["change"] < MAX_SECONDS,
        ),
        Line(
            "  rows written",
            f"{counts['change']['rows_written']:,}",
            counts["change"]["rows_written"],
        ),
        Line("  news.mentions untouched", str(untouched), float(untouched), "True", untouched),
        Line("and back, to the same tables", f"{seconds['back']:.1f} s", seconds["back"]),
    ]
    shown = print_lines("A change of the alias file", lines_shown)
    write_json(RESULTS / "aliases.json", shown, {"seconds": seconds, "counts": counts})


def _resolve(
    what: str, engine: Engine, seconds: dict[str, float], counts: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Resolve all names; what the tables hold then, and which rows of the mentions there are."""
    run = AssetRun(engine, None)
    began = time.perf_counter()
    resolve_names(run)
    seconds[what], counts[what] = time.perf_counter() - began, run.counts
    with engine.connect() as connection:
        held: dict[str, Any] = dict(digests(connection))
        return held | {"mentions": tuple(connection.execute(text(_UNTOUCHED)).one())}


def _names(draw: Random, count: int) -> list[tuple[str, str]]:
    """Made-up names, all different, with their labels."""
    labels = draw.choices(list(_SHARES), list(_SHARES.values()), k=count)
    found: dict[tuple[str, str], None] = {}
    for label in labels:
        while (name := (_name(draw), label)) in found:
            pass
        found[name] = None
    return list(found)


def _name(draw: Random) -> str:
    words = (
        "".join(draw.choices(_SYLLABLES, k=draw.randint(2, 3))) for _ in range(draw.randint(2, 3))
    )
    return " ".join(word.capitalize() for word in words)


def _load(engine: Engine, names: list[tuple[str, str]], mentions: int, seed: int) -> None:
    """Articles, names and mentions; every name is mentioned, a few of them very often."""
    random = np.random.default_rng(seed)
    often = np.minimum(random.zipf(1.3, mentions - len(names)) - 1, len(names) - 1)
    mentioned = random.permutation(np.concatenate([np.arange(len(names)), often])).tolist()
    counts = np.bincount(mentioned, minlength=len(names)).tolist()
    keys = [name_key(label, name) for name, label in names]
    articles = [derive_key("article", at) for at in range(-(-mentions // _MENTIONS_AN_ARTICLE))]
    columns = (
        "article_id",
        "content_sha256",
        "title",
        "body",
        "word_count",
        "is_truncated",
        "first_landed_on",
    )
    with engine.begin() as connection:
        rows = ((one, one.bytes * 2, "Title", "Body", 1, False, _NIGHT) for one in articles)
        bulk.insert(connection, Article, columns, rows)
        bulk.insert(
            connection,
            Name,
            ("name_id", "entity_type", "name", "mention_count"),
            (
                (key, label, name, count)
                for key, (name, label), count in zip(keys, names, counts, strict=True)
            ),
        )
        bulk.insert(
            connection, Mention, MENTION_COLUMNS, _mentions(articles, names, keys, mentioned)
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _mentions(
    articles: list[UUID], names: list[tuple[str, str]], keys: list[UUID], mentioned: list[int]
) -> Iterator[bulk.Row]:
    for at, number in enumerate(mentioned):
        name, label = names[number]
        start = 100 * (at % _MENTIONS_AN_ARTICLE)
        end = start + len(name)
        article = articles[at // _MENTIONS_AN_ARTICLE]
        yield (article, "body", 1, start, end, name, keys[number], label, start, end)


if __name__ == "__main__":
    sys.exit(main())
