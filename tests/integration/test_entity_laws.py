"""Names and entities follow from the articles and the configuration: not from what went before."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from models import Article as ArticleRow
from models import Base
from pipelines.defs.derive import resolve_names
from pipelines.defs.runs import AssetRun
from pipelines.news.chaining import name_mentions
from pipelines.news.keys import derive_key
from pipelines.news.records import Mention
from pipelines.settings import settings as read_settings
from pipelines.store import analytics, bulk
from pipelines.store.mentions import put_mentions
from pipelines.store.settle import settle
from tests.conftest import fresh_database
from tests.integration.loading import everything

NAMES = [
    *[("Türkiye", "GPE"), ("Turkey", "GPE"), ("Turkish", "NORP"), ("Republic of Türkiye", "GPE")],
    *[("Danish", "NORP"), ("Danes", "NORP"), ("Denmark", "LOC")],
    *[
        ("Hulusi Demir", "PERSON"),
        ("Demir", "PERSON"),
        ("Ayla Demir", "PERSON"),
        ("Ayla", "PERSON"),
    ],
    *[("Fuad Husain", "PERSON"), ("Fouad Hussein", "PERSON"), ("Hussein", "PERSON")],
    *[("Harbour Water Board", "ORG"), ("HWB", "ORG"), ("Water Board of the Harbour", "ORG")],
    *[("PKK", "ORG"), ("Kurdistan Workers’ Party", "ORG"), ("Hezbollah", "GPE"), ("Kurds", "NORP")],
    *[
        ("Idlib", "GPE"),
        ("Idlib province", "GPE"),
        ("Idlib Governorate", "LOC"),
        ("Monday", "DATE"),
    ],
    *[("President Erdoğan", "PERSON"), ("Recep Tayyip Erdogan", "PERSON"), ("the Nile", "LOC")],
]
ALIASES = [
    "",
    "ORG,Harbour Water Board,Water Board of the Harbour\n",
    "PERSON,Hulusi Demir,Ayla Demir\nGPE,Idlib,Kurds\n",
    "ORG,Harbour Water Board,PKK\nPERSON,Fuad Husain,Hulusi Demir\n",
]
"""What the operator's alias file may hold; the last goes against the shipped one."""

ARTICLES = range(10)
IDS = [derive_key("article", "entity", at) for at in ARTICLES]


def read(number: int, version: str) -> list[Mention]:
    """The mentions of an article, as some version of the recogniser finds them."""
    return mentions(Random(f"{number}/{version}").choices(NAMES, k=8))


def mentions(chosen: Sequence[tuple[str, str]]) -> list[Mention]:
    """A body that consists of these names."""
    found, start = [], 0
    for (surface, label), name in zip(chosen, name_mentions(chosen), strict=True):
        end = start + len(surface)
        found.append(Mention("body", 1, start, end, surface, label, name, start, end))
        start = end + 1
    return found


Step = tuple[str, frozenset[int], str]
some = st.frozensets(st.sampled_from(ARTICLES), min_size=1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("read"), some, st.sampled_from(["1", "2"])),
        st.tuples(st.just("delete"), some, st.just("")),
        st.tuples(st.just("resolve"), st.just(frozenset[int]()), st.sampled_from(ALIASES)),
    ),
    max_size=7,
)


@pytest.fixture(scope="module")
def bare(server_url: str, template: str) -> Iterator[Engine]:
    """A database that every example empties: to delete a few rows is much quicker than to create one."""
    with fresh_database(server_url, template) as engine:
        yield engine


@contextmanager
def emptied(engine: Engine) -> Iterator[None]:
    """Leave no row in the database, and give it an alias file of its own."""
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "analytics_state":
                connection.execute(table.delete())
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_ALIASES", str(Path(folder) / "aliases.csv"))
        read_settings.cache_clear()
        yield
    read_settings.cache_clear()


def take(engine: Engine, step: Step) -> None:
    """Do what a night does: read articles, lose some, or resolve the names there are."""
    what, articles, how = step
    if what == "resolve":
        read_settings().alias_file.write_text(f"entity_type,name,aliases\n{how}", encoding="utf-8")
        resolve_names(AssetRun(engine, None))
        return
    ids = [IDS[number] for number in sorted(articles)]
    with engine.begin() as connection:
        if what == "delete":
            lost = """
                insert into ops.touched_articles
                select article_id from news.articles where article_id = any(:gone)
            """
            connection.execute(text(lost), {"gone": ids})
            settle(connection)
            return
        put(connection, {number: read(number, how) for number in sorted(articles)}, how)


def put(connection: Connection, found: Mapping[int, list[Mention]], version: str) -> None:
    """Store articles and what was read in them."""
    columns = ("article_id", "content_sha256", "title", "body", "word_count", "is_truncated")
    rows = (
        (IDS[number], IDS[number].bytes * 2, "Title", "Body", 1, False, date(2026, 1, 5))
        for number in found
    )
    bulk.upsert(connection, ArticleRow, (*columns, "first_landed_on"), rows)
    put_mentions(connection, [(IDS[number], own) for number, own in found.items()], version)


def outcome(
    engine: Engine, taken: Sequence[Step], left: frozenset[int], aliases: str
) -> dict[str, tuple[int, str]]:
    """The tables after some steps and those that lead to `left`, read by version 1."""
    end: list[Step] = [("delete", frozenset(ARTICLES) - left, "")]
    end += [("read", left, "1"), ("resolve", frozenset(), aliases)]
    with emptied(engine):
        for step in [*taken, *end]:
            take(engine, step)
        run = AssetRun(engine, None)
        resolve_names(run)
        assert run.counts["rows_written"] == 0
        analytics.refresh(engine)
        return everything(engine)


@cache
def at_once(engine: Engine, left: frozenset[int], aliases: str) -> dict[str, tuple[int, str]]:
    return outcome(engine, [], left, aliases)


@settings(max_examples=30)
@given(taken=steps, left=some, aliases=st.sampled_from(ALIASES))
def test_entities_do_not_depend_on_what_was_read_joined_or_lost_before(
    bare: Engine, taken: list[Step], left: frozenset[int], aliases: str
) -> None:
    expected = at_once(bare, left, aliases)
    assert outcome(bare, taken, left, aliases) == expected


@settings(max_examples=15)
@given(order=st.permutations(ARTICLES), cuts=st.sets(st.integers(1, 9), max_size=4))
def test_entities_do_not_depend_on_order_or_batches(
    bare: Engine, order: list[int], cuts: set[int]
) -> None:
    edges = [0, *sorted(cuts), len(order)]
    batches = [frozenset(order[start:end]) for start, end in pairwise(edges)]
    taken: list[Step] = []
    for batch in batches:
        taken += [("read", batch, "1"), ("resolve", frozenset(), ALIASES[1])]
    everyone = frozenset(ARTICLES)
    expected = at_once(bare, everyone, ALIASES[1])
    assert outcome(bare, taken, everyone, ALIASES[1]) == expected


PEOPLE, PLACE = ("Danes", "NORP"), ("Kingdom of Denmark", "GPE")


@pytest.mark.parametrize(
    ("named", "aliases", "shown"),
    [
        ([PEOPLE], "", "Denmark"),
        ([PEOPLE, PEOPLE, PLACE], "", "Kingdom of Denmark"),
        ([PEOPLE, PEOPLE, ("Denmark", "LOC")], "", "Denmark"),
        ([("Turks", "NORP")], "", "Turkey"),
        ([("Dutch", "NORP")], "", "Netherlands"),
        ([("Kurds", "NORP")], "", "Kurds"),
        ([("Nordics", "NORP")], "NORP,Danish,Nordics\n", "Denmark"),
        ([PEOPLE, ("Danevang", "GPE")], "GPE,Denmark,Danevang\n", "Danevang"),
        ([PEOPLE], "ORG,Danish Society,Danes\n", "Danes"),
    ],
)
def test_a_country_is_displayed_by_a_name_of_the_place(
    bare: Engine, named: list[tuple[str, str]], aliases: str, shown: str
) -> None:
    with emptied(bare):
        with bare.begin() as connection:
            put(connection, {0: mentions(named)}, "1")
        take(bare, ("resolve", frozenset(), aliases))
        with bare.connect() as connection:
            display_name = "select display_name from news.entities"
            assert list(connection.scalars(text(display_name))) == [shown]
            found = text("select display_name, is_exact from news.find_entity(:name)")
            assert connection.execute(found, {"name": named[0][0]}).first() == (shown, True)


def test_a_country_whose_people_alone_are_left_is_displayed_by_the_place(bare: Engine) -> None:
    with emptied(bare):
        with bare.begin() as connection:
            put(connection, {0: mentions([PLACE]), 1: mentions([PEOPLE])}, "1")
        take(bare, ("resolve", frozenset(), ""))
        take(bare, ("delete", frozenset({0}), ""))
        with bare.connect() as connection:
            left = "select display_name from news.entities"
            assert list(connection.scalars(text(left))) == ["Denmark"]
