"""Stories follow from the articles alone: not from their order, their batches or what went before."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import combinations, pairwise
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from models import Article as ArticleRow
from pipelines.defs.derive import link_stories
from pipelines.defs.runs import AssetRun
from pipelines.news.candidates import HUBS, Postings, are_likely, candidate_pairs, link_keys
from pipelines.news.keys import derive_key
from pipelines.news.minhash import sign
from pipelines.news.shingles import shingle
from pipelines.news.stories import story_text, verify
from pipelines.store import analytics, bands, bulk
from pipelines.store.settle import settle
from pipelines.store.signatures import queue_unsigned
from tests.conftest import fresh_database
from tests.integration.loading import everything

NIGHT = date(2026, 1, 5)
_RANDOM = Random(7)
_WORDS = [
    "".join(_RANDOM.choices("abdeghiklmnoprstuvw", k=_RANDOM.randint(2, 9))) for _ in range(900)
]


def words(count: int) -> list[str]:
    return _RANDOM.choices(_WORDS, k=count)


CROWD = HUBS + 20
"""Articles of one template, more than a key has hubs; most differ in their captions alone."""


def corpus() -> list[tuple[str, str]]:
    """Titles and bodies: a crowd, and copies of a few texts."""
    made = []
    report = words(90)
    for number in range(CROWD):
        level = words(1) if number >= CROWD - 10 else ["high"]
        made.append(("Water level", " ".join([*report[:60], *level, *report[60:]])))
    for _ in range(4):
        whole = words(120)
        edited = [word if at % 40 else "changed" for at, word in enumerate(whole)]
        made += [
            (title, " ".join(body))
            for title, body in (
                ("Whole", whole),
                ("Edited", edited),
                ("Cut", whole[:45]),
                ("Extended in front", words(110) + whole),
                ("Extended at the end", whole + words(100)),
                ("Another", words(80)),
            )
        ]
    return made


CORPUS = corpus()
IDS = [derive_key("article", at) for at in range(len(CORPUS))]
# Some begin like another's, and are one to the table of keys.
for _at in range(1, len(IDS), 5):
    IDS[_at] = UUID(bytes=IDS[_at - 1].bytes[:4] + IDS[_at].bytes[4:])


def insert(connection: Connection, chosen: Iterable[int]) -> int:
    """Store articles of the corpus as the asset `articles` does."""
    columns = ("article_id", "content_sha256", "title", "body", "word_count", "is_truncated")
    staged = bulk.stage_like(
        connection,
        ArticleRow,
        (*columns, "first_landed_on"),
        ((IDS[at], IDS[at].bytes * 2, *CORPUS[at], 1, False, NIGHT) for at in chosen),
    )
    bulk.upsert_staged(connection, ArticleRow, (*columns, "first_landed_on"), staged)
    return queue_unsigned(connection, staged)


def delete(connection: Connection, chosen: Sequence[int]) -> int:
    """Delete articles as a night whose files are gone does."""
    connection.execute(
        text("insert into ops.touched_articles select unnest(cast(:gone as uuid[]))"),
        {"gone": [IDS[at] for at in chosen]},
    )
    return settle(connection)


def link(engine: Engine) -> AssetRun:
    run = AssetRun(engine, None)
    link_stories(run)
    return run


def linked(
    server_url: str, template: str, batches: Sequence[Sequence[int]], gone: Sequence[int] = ()
) -> dict[str, tuple[int, str]]:
    """What a database holds after batches came and some of them went."""
    with fresh_database(server_url, template) as engine:
        for batch in batches:
            with engine.begin() as connection:
                insert(connection, batch)
            link(engine)
        with engine.begin() as connection:
            delete(connection, gone)
        link(engine)
        assert link(engine).counts["rows_written"] == 0
        analytics.refresh(engine)
        return everything(engine)


def in_batches(order: Sequence[int], cuts: Iterable[int]) -> list[Sequence[int]]:
    edges = [0, *sorted(cuts), len(order)]
    return [order[start:end] for start, end in pairwise(edges)]


orders = st.permutations(range(len(CORPUS)))
places = st.sets(st.integers(1, len(CORPUS) - 1), max_size=4)


@cache
def at_once(server_url: str, template: str, chosen: tuple[int, ...]) -> dict[str, tuple[int, str]]:
    return linked(server_url, template, [chosen])


@settings(max_examples=20)
@given(order=orders, cuts=places)
def test_no_label_depends_on_the_order_of_arrival(
    server_url: str, template: str, order: list[int], cuts: set[int]
) -> None:
    expected = at_once(server_url, template, tuple(range(len(CORPUS))))
    assert linked(server_url, template, in_batches(order, cuts)) == expected


@settings(max_examples=15)
@given(order=orders, cuts=places, gone=st.sets(st.sampled_from(range(len(CORPUS))), max_size=40))
def test_a_story_splits_as_if_what_vanished_had_never_been(
    server_url: str, template: str, order: list[int], cuts: set[int], gone: set[int]
) -> None:
    left = tuple(sorted(set(range(len(CORPUS))) - gone))
    found = linked(server_url, template, in_batches(order, cuts), sorted(gone))
    assert found == at_once(server_url, template, left)


def test_the_pairs_are_those_of_the_rule_for_all_articles_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        insert(connection, range(len(CORPUS)))
    link(engine)
    shingles = shingle([story_text(*one) for one in CORPUS])
    signatures, distinct = sign(shingles), shingles.distinct()
    prefixes = np.array([bands.prefix(one) for one in IDS], dtype=np.int32)
    keys = [set(own) for own in link_keys(shingles, signatures).tolist()]
    postings = {(key, own) for one, own in zip(keys, prefixes.tolist(), strict=True) for key in one}
    rows = np.array(sorted(postings), dtype=np.int32).T
    found = candidate_pairs(Postings(rows[0], rows[1]), np.unique(prefixes))
    linked = {tuple(pair) for pair in found.tolist()} | {(own, own) for own in prefixes.tolist()}
    left, right = np.array(
        [
            (a, b)
            for a, b in combinations(range(len(IDS)), 2)
            if tuple(sorted((prefixes[a], prefixes[b]))) in linked and keys[a] & keys[b]
        ]
    ).T
    counts = distinct.counts
    likely = are_likely(signatures[left], signatures[right], counts[left], counts[right])
    expected = {
        (pair.article_a, pair.article_b, pair.shingles_common, pair.relation)
        for pair in verify(np.stack([left, right], axis=1)[likely], IDS, distinct)
    }
    with engine.connect() as connection:
        stored = connection.execute(
            text("select article_a, article_b, shingles_common, relation from news.duplicate_pairs")
        )
        assert {tuple(row) for row in stored} == expected
    crowd = sum({a, b} <= set(IDS[:CROWD]) for a, b, *_ in expected)
    assert HUBS * (CROWD - HUBS) <= crowd < CROWD * (CROWD - 1) / 2


def stories_of(engine: Engine) -> dict[UUID, UUID]:
    with engine.connect() as connection:
        return {
            row.article_id: row.story_id
            for row in connection.execute(
                text("select article_id, story_id from news.story_articles")
            )
        }


def test_copies_are_one_story_and_so_is_a_crowd(engine: Engine) -> None:
    with engine.begin() as connection:
        insert(connection, range(len(CORPUS)))
    link(engine)
    stories = stories_of(engine)
    together = [IDS[:CROWD]]
    for start in range(CROWD, len(CORPUS), 6):
        together += [IDS[start : start + 5], IDS[start + 5 : start + 6]]
    assert sorted(map(sorted, together)) == sorted(
        sorted(one for one in stories if stories[one] == story) for story in set(stories.values())
    )


@pytest.mark.parametrize(
    ("dates_and_bodies", "canonical"),
    [
        ([(1, "short"), (0, "tiny")], 1),
        ([(0, "tiny"), (0, "short")], 1),
        ([(0, "short"), (0, "short")], 0),
        ([(2, "longest"), (0, "short"), (1, "short")], 1),
    ],
)
def test_the_canonical_article_is_the_earliest_then_longest_then_of_the_smallest_id(
    engine: Engine, dates_and_bodies: list[tuple[int, str]], canonical: int
) -> None:
    report = " ".join(words(60))
    ids = sorted(derive_key("article", "canonical", at) for at in range(len(dates_and_bodies)))
    with engine.begin() as connection:
        columns = ("article_id", "content_sha256", "title", "body", "word_count", "is_truncated")
        staged = bulk.stage_like(
            connection,
            ArticleRow,
            (*columns, "first_landed_on"),
            (
                (one, one.bytes * 2, "Title", f"{report} {end}", 1, False, NIGHT + timedelta(day))
                for one, (day, end) in zip(ids, dates_and_bodies, strict=True)
            ),
        )
        bulk.upsert_staged(connection, ArticleRow, (*columns, "first_landed_on"), staged)
        queue_unsigned(connection, staged)
    link(engine)
    assert set(stories_of(engine).values()) == {ids[canonical]}
