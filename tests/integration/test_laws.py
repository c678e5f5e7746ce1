"""The tables are a function of the landing zone, and of nothing else."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from dagster import DagsterInstance
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from pipelines.instance import run_nights
from pipelines.landing_zone import LandingZone
from tests.conftest import fresh_database
from tests.integration.loading import Landing, everything, lay_out, load, rows_written

FIRST = date(2026, 1, 5)
NIGHTS = [FIRST + timedelta(days=at) for at in range(3)]

BODIES = [
    (
        "Hulusi Demir told reporters in Ankara on Monday that the ferry line to Trabzon would open in "
        "spring, after two years of repairs to the eastern pier. Demir said the Black Sea Port Authority "
        "had paid for most of the work, and that the first ship would sail in April with 300 passengers."
    ),
    (
        "The Nairobi Water Board said on Friday that three of its reservoirs were full again. Engineer "
        "Grace Wanjiru said the rains had come late, and that the board would end rationing in the city "
        "within a week unless the Tana River rose further and carried silt into the main intake."
    ),
    (
        "Voters in Reykjavik chose a new council on Saturday. The Harbour Party won nine of the seats, "
        "its leader Jonas Einarsson said, and would talk to the Greens about a coalition on Tuesday. "
        "Turnout was the highest since 1998, according to the Icelandic Electoral Commission."
    ),
]


def article(number: int, *, edit: int = 0, cut: bool = False) -> str:
    """A page's article: one of a few bodies, perhaps edited lightly, perhaps cut short."""
    body = BODIES[number]
    if edit:
        body = body.replace("said", "told us", edit)
    if cut:
        body = " ".join(body.split()[:38])
    title = f"Report number {number} from the wire"
    caption = f"A view of place {number}, January {number + 2}, 2025. (Reuters)"
    head = f"{title}\n\n{caption}\n{caption}\n"
    return f"{head}TT\n\n{head}\n{body}"


articles = st.builds(
    article, st.sampled_from(range(len(BODIES))), edit=st.integers(0, 1), cut=st.booleans()
)
good_files = st.lists(articles, min_size=1, max_size=3).map(
    lambda drawn: "\n\n\n\n".join(drawn).encode()
)
bad_files = st.sampled_from(
    [b"", b" \n ", b"a\0b", b"\x89PNG\r\n\x1a\n\0\0", b"Title\nOther title"]
)
landings = st.dictionaries(
    st.tuples(st.sampled_from(NIGHTS), st.sampled_from(["a.txt", "b.txt", "sub/c.txt"])),
    st.one_of(good_files, good_files, bad_files),
    min_size=1,
    max_size=5,
)


def clean_load(
    instance: DagsterInstance, server_url: str, template: str, files: Landing
) -> dict[str, tuple[int, str]]:
    """What one run over all nights makes of the files in an empty database."""
    with TemporaryDirectory() as folder, fresh_database(server_url, template) as engine:
        load(instance, lay_out(Path(folder), files), NIGHTS[0], NIGHTS[-1])
        return everything(engine)


@settings(max_examples=8)
@given(files=landings, order=st.permutations(NIGHTS), reruns=st.lists(st.sampled_from(NIGHTS)))
def test_neither_order_nor_split_nor_reruns_matter(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    files: Landing,
    order: list[date],
    reruns: list[date],
) -> None:
    expected = clean_load(instance, server_url, template, files)
    with TemporaryDirectory() as folder, fresh_database(server_url, template) as engine:
        zone = lay_out(Path(folder), files)
        for night in [*order, *reruns[:2]]:
            load(instance, zone, night)
        assert everything(engine) == expected


@settings(max_examples=8)
@given(before=landings, after=landings, order=st.permutations(NIGHTS))
def test_what_was_there_before_does_not_matter(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    before: Landing,
    after: Landing,
    order: list[date],
) -> None:
    expected = clean_load(instance, server_url, template, after)
    with TemporaryDirectory() as folder, fresh_database(server_url, template) as engine:
        load(instance, lay_out(Path(folder), before), NIGHTS[0], NIGHTS[-1])
        zone = lay_out(Path(folder), after)
        for night in order:
            load(instance, zone, night)
        assert everything(engine) == expected
        load(instance, zone, NIGHTS[0], NIGHTS[-1])
        assert rows_written(engine) == 0


@settings(max_examples=15)
@given(
    data=st.lists(
        st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)), max_size=6
    )
)
def test_no_bytes_stop_a_night_or_are_lost(
    instance: DagsterInstance, server_url: str, template: str, data: list[bytes]
) -> None:
    files = {(FIRST, f"{at}.txt"): one for at, one in enumerate(data)}
    with TemporaryDirectory() as folder, fresh_database(server_url, template) as engine:
        zone = lay_out(Path(folder), files | {(FIRST, "good.txt"): article(0).encode()})
        # The blocking check `every_character_is_accounted_for` reads every page again.
        load(instance, zone, FIRST)
        with engine.connect() as connection:
            unaccounted = connection.scalars(
                text("""
                select path from ops.ingested_files
                 where not exists (select from ops.quarantine
                                    where quarantine.path = ingested_files.path)
                   and not exists (select from news.article_occurrences
                                     join news.pages using (page_id)
                                     join news.source_files using (file_id)
                                    where source_files.path = ingested_files.path)
                """)
            ).all()
            assert unaccounted == []
            assert connection.scalar(text("select count(*) from ops.ingested_files")) == (
                len(data) + 1
            )


def test_the_same_article_on_many_nights_is_one_row_and_read_once(
    instance: DagsterInstance, engine: Engine, tmp_path: Path
) -> None:
    files = {(night, "a.txt"): article(0).encode() for night in NIGHTS}
    load(instance, lay_out(tmp_path, files), NIGHTS[0], NIGHTS[-1])
    with engine.connect() as connection:
        counts = connection.execute(
            text("""
            select (select count(*) from news.articles), (select count(*) from ops.annotations),
                   (select count(*) from news.article_occurrences)
            """)
        ).one()
    assert tuple(counts) == (1, 1, 3)


def test_a_body_of_the_costliest_words_can_be_searched(
    instance: DagsterInstance, engine: Engine, tmp_path: Path
) -> None:
    rare = [chr(0x20000 + at) for at in range(60_000)]
    words = ("".join(rare[at : at + 8]) + "-" + "".join(rare[-at - 8 :][:8]) for at in range(7_100))
    page = f"Title\nTT\nTitle\n\n{' '.join(words)}."
    load(instance, lay_out(tmp_path, {(FIRST, "a.txt"): page.encode()}), FIRST)
    with engine.connect() as connection:
        assert connection.scalar(
            text("select count(*) from news.articles where length(search) > 1")
        )


def test_a_spelling_that_is_gone_no_longer_names_its_entity(
    instance: DagsterInstance, server_url: str, template: str
) -> None:
    def page(country: str) -> bytes:
        body = f"Ministers from {country} met officials in Ankara on Monday, and {country} agreed."
        return f"{country} talks\nTT\n{country} talks\n\n{body}".encode()

    often, once = page("Republic of Türkiye"), page("Turkey")
    before = {(NIGHTS[0], "a.txt"): often, (NIGHTS[1], "b.txt"): once}
    after = {(NIGHTS[0], "c.txt"): b"", (NIGHTS[1], "b.txt"): once}
    expected = clean_load(instance, server_url, template, after)
    with TemporaryDirectory() as folder, fresh_database(server_url, template) as engine:
        load(instance, lay_out(Path(folder), before), NIGHTS[0], NIGHTS[-1])
        shown = "select display_name from news.entities where entity_key = 'country:TR'"
        with engine.connect() as connection:
            assert connection.scalar(text(shown)) != "Turkey"
        load(instance, lay_out(Path(folder), after), NIGHTS[0], NIGHTS[-1])
        with engine.connect() as connection:
            assert connection.scalar(text(shown)) == "Turkey"
        assert everything(engine) == expected


def test_a_new_signature_version_leaves_nothing_of_the_old_one(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {
        (NIGHTS[0], "a.txt"): article(0).encode(),
        (NIGHTS[1], "b.txt"): article(0, edit=1).encode(),
    }
    with TemporaryDirectory() as folder, fresh_database(server_url, template) as engine:
        zone = lay_out(Path(folder), files)
        load(instance, zone, NIGHTS[0], NIGHTS[-1])
        # Another version that finds no pair: its stories are those of a clean load by it.
        monkeypatch.setattr("pipelines.defs.derive.LINK_VERSION", "other")
        monkeypatch.setattr("pipelines.news.candidates.MIN_ESTIMATE", 1.1)
        monkeypatch.setattr("pipelines.news.candidates.MIN_CONTAINMENT_ESTIMATE", 1.1)
        load(instance, zone, NIGHTS[0], NIGHTS[-1])
        found = everything(engine)
    assert found == clean_load(instance, server_url, template, files)
    assert found["duplicate_pairs"][0] == 0


def test_an_empty_flat_folder_takes_no_loaded_night_away(
    instance: DagsterInstance, engine: Engine, tmp_path: Path
) -> None:
    load(instance, lay_out(tmp_path / "landing", {(FIRST, "a.txt"): article(0).encode()}), FIRST)
    before = everything(engine)
    (tmp_path / "unmounted").mkdir()
    zone = LandingZone(tmp_path / "unmounted", FIRST)
    finished = run_nights(instance, FIRST, FIRST, zone, prune=False)
    assert not finished.success
    assert "--prune" in finished.failures[0]
    assert everything(engine) == before
