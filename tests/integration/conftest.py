"""A database that three nights were loaded into once a module, and fresh copies of it."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine, event

from pipelines.landing_zone import LandingZone
from pipelines.settings import settings as read_settings
from tests.conftest import fresh_database
from tests.integration.loading import Landing, lay_out, load

FERRY = (
    "Hulusi Demir told reporters in Ankara on Monday that the ferry line to Trabzon would open in "
    "spring, after two years of repairs to the eastern pier. Demir said the Black Sea Port Authority "
    "had paid for most of the work, and that the first ship would sail in April with 300 passengers."
)
WATER = (
    "The Nairobi Water Board said on Friday that three of its reservoirs were full again. Engineer "
    "Grace Wanjiru said the rains had come late, and that the board would end rationing in the city "
    "within a week unless the Tana River rose further and carried silt into the main intake."
)
COUNCIL = (
    "Voters in Reykjavik chose a new council on Saturday. The Harbour Party won nine of the seats, "
    "its leader Jonas Einarsson said, and would talk to the Greens about a coalition on Tuesday. "
    "Turnout was the highest since 1998, according to the Icelandic Electoral Commission."
)
NIGHTS = [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)]


def article(body: str) -> str:
    """An article in the usual layout; its title and caption follow from the body."""
    title = f"Report: {' '.join(body.split()[:4])}"
    caption = f"A view of {body.split(maxsplit=1)[0]}, January 3, 2025. (Reuters)"
    head = f"{title}\n\n{caption}\n{caption}\n"
    return f"{head}TT\n\n{head}\n{body}"


def page(*bodies: str, after: str = "") -> bytes:
    """A page of articles, and what stands after them."""
    return ("\n\n\n\n".join(map(article, bodies)) + after).encode()


FILES: Landing = {
    (NIGHTS[0], "a.txt"): page(FERRY, WATER, after="\n\nRead more\nTop stories\nWeather"),
    (NIGHTS[0], "bad.txt"): b"\x89PNG\r\n\x1a\n\0\0",
    (NIGHTS[1], "b.txt"): page(FERRY.replace("told reporters", "said"), WATER),
    (NIGHTS[2], "c.txt"): page(COUNCIL, FERRY, " ".join(COUNCIL.split()[:40])),
}
"""Repeats, a light edit, a cut copy, a leftover, and a file that cannot be read."""


@dataclass(frozen=True)
class Loaded:
    """A database that holds all nights of a landing zone."""

    database: str
    zone: LandingZone


@pytest.fixture(scope="module")
def landing() -> Landing:
    """What lands on the three nights; a module may have more."""
    return FILES


@pytest.fixture(scope="module")
def loaded(
    instance: DagsterInstance,
    server_url: str,
    template: str,
    landing: Landing,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loaded]:
    """Three nights, loaded in one run; a test that writes takes a copy."""
    zone = lay_out(tmp_path_factory.mktemp("loaded"), landing)
    with fresh_database(server_url, template) as engine:
        load(instance, zone, NIGHTS[0], NIGHTS[-1])
        engine.dispose()  # a database that is in use cannot be copied
        yield Loaded(str(engine.url.database), zone)


@pytest.fixture
def copy(server_url: str, loaded: Loaded) -> Iterator[Engine]:
    """A copy of the loaded database for a test of its own."""
    with fresh_database(server_url, loaded.database) as engine:
        yield engine


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of reports in a BROADSHEET_HOME of its own."""
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    read_settings.cache_clear()
    yield tmp_path / "home" / "reports"
    read_settings.cache_clear()


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file of this process grow, as on a full disk; the server is another process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def before_statement(bound: Engine, words: str, change: Callable[[], None]) -> Iterator[None]:
    """Let something happen before the first statement with these words is sent, on other connections."""
    is_done = False

    def look(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal is_done
        if not is_done and words in statement:
            is_done = True
            change()

    event.listen(bound, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(bound, "before_cursor_execute", look)
    assert is_done, f"no statement had {words!r}"
