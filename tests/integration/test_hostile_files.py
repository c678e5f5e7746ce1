"""Whatever lies in a night's folder, its good files are loaded, and nothing is lost silently."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from subprocess import run
from tempfile import mkdtemp

import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine, text

from pipelines.defs import ingest
from pipelines.landing_zone import LandingZone
from pipelines.news.pages import read_file
from pipelines.news.records import SegmentedPage
from pipelines.news.segment import segment
from tests.integration.conftest import FERRY, WATER, page
from tests.integration.loading import everything, lay_out, load, rows_written

NIGHT = date(2026, 1, 5)

TEXTS = {
    "endless line": "abcdefghij" * 30_000,
    "wide gap": "a" + " " * 100_000 + "b",
    "cut heads": "\n".join(f"Headline {at}\nSub {at}\nTT\nHeadline {at}" for at in range(1_200)),
    "apostrophes": "'s" * 20_000,
    "combining marks": "a" + "\u0301" * 30_000 + "\u0323" * 30_000,
    "short lines": "a\n" * 100_000,
    "underscores": "a_" * 60_000,
    "comments": "<!--" * 30_000,
}


def nested(night: Path) -> None:
    """1,500 folders in one another, and a file in the last."""
    _descend(night, "d", 1_500)


def long_path(night: Path) -> None:
    """A file whose path is longer than the system takes."""
    _descend(night, "d" * 250, 20)


def _descend(night: Path, name: str, depth: int) -> None:
    opened = [os.open(night, os.O_RDONLY)]
    for _ in range(depth):
        os.mkdir(name, dir_fd=opened[-1])
        opened.append(os.open(name, os.O_RDONLY, dir_fd=opened[-1]))
        os.close(opened.pop(0))
    os.close(os.open("hostile.txt", os.O_CREAT | os.O_WRONLY, dir_fd=opened[-1]))
    os.close(opened[-1])


def long_name(night: Path) -> None:
    """A name of 255 bytes that are no UTF-8."""
    (night / os.fsdecode(b"\xff" * 251 + b".txt")).write_bytes(page(WATER))


def loop(night: Path) -> None:
    """Two links to one another."""
    (night / "hostile.txt").symlink_to("other.txt")
    (night / "other.txt").symlink_to("hostile.txt")


def chain(night: Path) -> None:
    """More links in a row than can be followed."""
    for at in range(1_200):
        (night / f"link{at}.txt").symlink_to(f"link{at + 1}.txt")
    for at in range(1_200):
        (night / f".{at}").symlink_to(f"missing/../.{at + 1}")
    (night / "hostile.txt").symlink_to(".0")


def fifo(night: Path) -> None:
    """A pipe that nobody writes to."""
    os.mkfifo(night / "hostile.txt")


def put_text(name: str) -> Callable[[Path], None]:
    """Put a text that is hard on one step or another."""

    def put(night: Path) -> None:
        (night / "hostile.txt").write_text(TEXTS[name])

    return put


@pytest.fixture
def root() -> Iterator[Path]:
    """A landing zone that neither `shutil.rmtree` nor pytest has to remove: they would recurse."""
    folder = Path(mkdtemp())
    yield folder
    run([shutil.which("rm") or "rm", "-rf", folder], check=True)


def test_a_good_file_is_loaded_beside_any_other(
    instance: DagsterInstance, engine: Engine, root: Path, hostile: Callable[[Path], None]
) -> None:
    zone = lay_out(root, {(NIGHT, "good.txt"): page(FERRY)})
    hostile(zone.folder(NIGHT))
    landed = {file.name for file in zone.files(NIGHT)}
    assert len(landed) > 1
    # The blocking check `every_character_is_accounted_for` reads every page again.
    load(instance, zone, NIGHT)
    with engine.connect() as connection:
        paths = connection.scalars(text("select path from news.source_files")).all()
        refused = connection.scalars(text("select path from ops.quarantine")).all()
        good = connection.scalar(
            text("select count(*) from news.articles where body = :body"), {"body": FERRY}
        )
    assert good == 1
    assert {*paths, *refused} == landed
    load(instance, zone, NIGHT)
    assert rows_written(engine) == 0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each hostile thing."""
    if "hostile" in metafunc.fixturenames:
        found = {name: put_text(name) for name in TEXTS}
        found |= {put.__name__: put for put in (nested, long_path, long_name, loop, chain, fifo)}
        metafunc.parametrize("hostile", found.values(), ids=found)


def refusals(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("select path, reason_code from ops.quarantine order by 1"))
        return [(path, reason) for path, reason in rows]


def fail_on(word: str) -> Callable[[str], SegmentedPage]:
    """`segment` with a bug that shows in pages that hold a word."""

    def failing(page_text: str) -> SegmentedPage:
        if word in page_text:
            raise ZeroDivisionError
        return segment(page_text)

    return failing


def test_a_page_that_a_bug_stops_on_is_put_in_quarantine_and_tried_by_the_next_version(
    instance: DagsterInstance,
    engine: Engine,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    zone = lay_out(root, {(NIGHT, "a.txt"): page(FERRY), (NIGHT, "b.txt"): page(WATER)})
    load(instance, zone, NIGHT)
    healthy = everything(engine)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(ingest, "segment", fail_on("Nairobi"))
        patch.setattr(ingest, "SEGMENT_VERSION", "broken")
        load(instance, zone, NIGHT)
        assert "ZeroDivisionError" in caplog.text
        assert refusals(engine) == [("b.txt", "failed")]
        with engine.connect() as connection:
            assert connection.scalars(text("select body from news.articles")).all() == [FERRY]
        load(instance, zone, NIGHT)
        assert rows_written(engine) == 0
    load(instance, zone, NIGHT)
    assert everything(engine) == healthy


def test_memory_that_runs_out_is_not_the_fault_of_a_file(
    instance: DagsterInstance, engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(page_text: str) -> SegmentedPage:
        raise MemoryError(page_text[:5])

    zone = lay_out(root, {(NIGHT, "a.txt"): page(FERRY)})
    monkeypatch.setattr(ingest, "segment", exhausted)
    with pytest.raises(AssertionError, match="MemoryError"):
        load(instance, zone, NIGHT)
    assert refusals(engine) == []


def test_a_file_that_a_bug_stops_the_reading_of_is_put_in_quarantine_and_tried_by_the_next_version(
    instance: DagsterInstance, engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path, *, max_page_bytes: int, within: Path) -> object:
        if path.name == "b.txt":
            raise ZeroDivisionError
        return read_file(path, max_page_bytes=max_page_bytes, within=within)

    zone = lay_out(root, {(NIGHT, "a.txt"): page(FERRY), (NIGHT, "b.txt"): page(WATER)})
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "read_file", failing)
        patch.setattr(ingest, "PAGES_VERSION", "broken")
        load(instance, zone, NIGHT)
        assert refusals(engine) == [("b.txt", "failed")]
        load(instance, zone, NIGHT)
        assert rows_written(engine) == 0
    load(instance, zone, NIGHT)
    assert refusals(engine) == []
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from news.articles")) == 2


def test_a_file_that_is_refused_unread_for_another_reason_says_so(
    instance: DagsterInstance, engine: Engine, root: Path
) -> None:
    zone = LandingZone(root)
    night = root / NIGHT.isoformat()
    night.mkdir()
    for target, reason in (("/nowhere", "outside_landing_zone"), ("b.txt", "unreadable")):
        (night / "b.txt").unlink(missing_ok=True)
        (night / "b.txt").symlink_to(target)
        load(instance, zone, NIGHT)
        assert refusals(engine) == [("b.txt", reason)]
        load(instance, zone, NIGHT)
        assert rows_written(engine) == 0
