"""What landed late is told by a listing, without opening a file."""

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import pytest

from pipelines.landing_zone import LandingZone
from pipelines.late_files import Listing, are_untouched, list_night

NIGHT = date(2026, 1, 5)
HOUR = 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A night's folder of two files, written an hour ago."""
    found = tmp_path / NIGHT.isoformat()
    (found / "agency").mkdir(parents=True)
    (found / "a.txt").write_bytes(b"twelve bytes")
    (found / "agency" / "b.txt").write_bytes(b"")
    rest(found)
    return found


def rest(folder: Path) -> None:
    """As if nothing had been written for an hour."""
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (time.time() - HOUR, time.time() - HOUR))


def listed(folder: Path) -> Listing:
    return list_night(LandingZone(folder.parent), NIGHT)


def test_a_listing_has_names_and_sizes(folder: Path) -> None:
    (folder / ".hidden").touch()
    (folder / "c.txt.part").touch()
    (folder / "out.txt").symlink_to("/etc/hostname")
    (folder / "broken.txt").symlink_to("nowhere")
    sizes = listed(folder).sizes
    assert sizes == {"a.txt": 12, "agency/b.txt": 0, "out.txt": None, "broken.txt": None}


def test_what_was_loaded_as_it_is_does_not_differ(folder: Path) -> None:
    now = listed(folder)
    loaded = now.changed + timedelta(milliseconds=1)
    assert not now.differs(now.sizes, loaded)
    assert not now.differs({"a.txt": None, "agency/b.txt": None}, loaded)
    assert not now.differs(now.sizes, None)


CHANGES: dict[str, Callable[[Path], object]] = {
    "added": lambda folder: (folder / "late.txt").touch(),
    "added below": lambda folder: (folder / "agency" / "late.txt").touch(),
    "vanished": lambda folder: (folder / "a.txt").unlink(),
    "renamed": lambda folder: (folder / "a.txt").rename(folder / "c.txt"),
    "longer": lambda folder: (folder / "a.txt").write_bytes(b"thirteen bytes"),
    "as long": lambda folder: (folder / "a.txt").write_bytes(b"TWELVE BYTES"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_changed_since_differs_however_old_it_says_it_is(
    folder: Path, change: Callable[[Path], object]
) -> None:
    before = listed(folder)
    loaded = datetime.now(UTC)
    wait_for_a_tick_of_the_file_system(folder)
    change(folder)
    rest(folder)
    after = listed(folder)
    assert after.differs(before.sizes, loaded)
    assert after.fingerprint != before.fingerprint


def wait_for_a_tick_of_the_file_system(folder: Path) -> None:
    """Times of files are coarser than the clock's, and may lie a little behind it."""
    began = time.time_ns()
    probe = folder.parent / "probe"
    probe.touch()
    while probe.stat().st_ctime_ns <= began:
        os.utime(probe)
    probe.unlink()


def test_the_fingerprint_stays_while_nothing_changes(folder: Path) -> None:
    assert listed(folder).fingerprint == listed(folder).fingerprint


def test_a_folder_that_comes_back_to_what_it_was_has_another_fingerprint(folder: Path) -> None:
    before = listed(folder)
    (folder / "late.txt").touch()
    (folder / "late.txt").unlink()
    assert listed(folder).sizes == before.sizes
    assert listed(folder).fingerprint != before.fingerprint


@pytest.mark.parametrize("name", ["a.txt", "agency/b.txt", "agency", "."])
def test_a_folder_is_quiet_two_minutes_after_the_last_writing(folder: Path, name: str) -> None:
    assert listed(folder).is_quiet(datetime.now(UTC))
    os.utime(folder / name)
    written = datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
    assert not listed(folder).is_quiet(written + timedelta(seconds=1))
    assert not listed(folder).is_quiet(written + timedelta(seconds=119))
    assert listed(folder).is_quiet(written + timedelta(seconds=120))


def test_a_folder_is_untouched_until_something_comes_or_goes(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / ".hidden").mkdir()
    rest(folder)
    zone = LandingZone(folder.parent)
    folders = listed(folder).folders
    assert are_untouched(zone, folders)
    (folder / ".hidden" / "a.txt").touch()
    assert are_untouched(zone, folders)
    (folder / "empty" / "a.txt").touch()
    assert not are_untouched(zone, folders)
    rmtree(folder)
    assert not are_untouched(zone, folders)


def test_a_time_to_come_does_not_hold_a_folder_up(folder: Path) -> None:
    os.utime(folder / "a.txt", (time.time() + HOUR, time.time() + HOUR))
    assert listed(folder).is_quiet(datetime.now(UTC))
