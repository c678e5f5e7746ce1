"""A landing zone gives the files of its nights, or says in a sentence why it cannot be loaded."""

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.landing_zone import LandedFile, LandingError, LandingZone, parse_night
from pipelines.news.pages import FileDigest, digest_file, read_file
from pipelines.news.records import Rejection

NIGHT = date(2026, 1, 5)
LATER = date(2026, 1, 6)

Put = Callable[[date, str, bytes], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty landing zone, where the fixture `landing` puts files."""
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def names(root: Path, night: date = NIGHT) -> list[str]:
    return [file.name for file in LandingZone(root).files(night)]


def only(root: Path) -> LandedFile:
    (file,) = LandingZone(root).files(NIGHT)
    return file


def reason(file: LandedFile) -> str | None:
    return file.rejection.reason_code if file.rejection else None


def test_a_night_is_a_folder_named_by_its_date(root: Path, landing: Put) -> None:
    for night in (LATER, NIGHT):
        landing(night, "a.txt", b"")
    for other in ("2026-02-30", "2026-1-7", "archive", "2026-01-07x"):
        (root / other).mkdir()
    (root / ".2026-01-08").touch()
    assert LandingZone(root).nights() == [NIGHT, LATER]


def test_a_file_named_like_a_night_is_no_night(root: Path) -> None:
    (root / NIGHT.isoformat()).touch()
    assert LandingZone(root).nights() == []


def test_nights_between_two_dates_include_both(root: Path, landing: Put) -> None:
    nights = [date(2026, 1, day) for day in (1, 3, 5, 8)]
    for night in nights:
        landing(night, "a.txt", b"")
    zone = LandingZone(root)
    assert zone.nights_between(nights[1], nights[2]) == nights[1:3]
    assert zone.nights_between(date(2026, 1, 6), date(2026, 1, 7)) == []
    assert zone.nights_between(date.min, date.max) == nights


@given(st.one_of(st.dates().map(date.isoformat), st.text(max_size=12), st.from_regex(r"[0-9-]+")))
@example("2026-01-05\n")
@example("20260105")
@example("2026-W01-1")
@example("٢٠٢٦-٠١-٠٥")
def test_only_the_iso_form_of_a_date_is_a_night(text: str) -> None:
    night = parse_night(text)
    assert night is None or night.isoformat() == text
    if re.fullmatch(r"20[0-9]{2}-0[1-9]-[01][1-9]", text):
        assert night is not None


def test_files_of_a_night_are_found_in_its_sub_folders_too(root: Path, landing: Put) -> None:
    for name in ("b.txt", "a/x/c.txt", "a/a.txt"):
        landing(NIGHT, name, b"")
    landing(LATER, "z.txt", b"")
    assert names(root) == ["a/a.txt", "a/x/c.txt", "b.txt"]
    assert names(root, LATER) == ["z.txt"]
    assert all(file.path.is_file() for file in LandingZone(root).files(NIGHT))


def test_a_night_without_a_folder_has_no_files(root: Path) -> None:
    assert names(root) == []


def test_the_order_of_files_is_that_of_the_bytes_of_their_names(root: Path, landing: Put) -> None:
    unordered = ["é.txt", "b.txt", "Z.txt", "a.txt", "10.txt", "9.txt", "\U0001f600.txt", "\ufb01"]
    for name in unordered:
        landing(NIGHT, name, b"")
    assert names(root) == sorted(unordered, key=str.encode)


def test_hidden_and_unfinished_files_are_left_out(root: Path, landing: Put) -> None:
    ignored = (".DS_Store", ".hidden/a.txt", "a.txt.part", "a.txt.PARTIAL", "a.tmp", "a.txt~")
    for name in (*ignored, "a.crdownload", "apart", "a.txt"):
        landing(NIGHT, name, b"")
    assert names(root) == ["a.txt", "apart"]


def test_a_folder_without_nights_can_be_loaded_as_one(root: Path) -> None:
    (root / "a.txt").touch()
    zone = LandingZone(root, NIGHT)
    zone.check()
    assert zone.nights_between(NIGHT, NIGHT) == [NIGHT]
    assert zone.nights_between(LATER, LATER) == []
    assert [file.name for file in zone.files(NIGHT)] == ["a.txt"]
    assert list(zone.files(LATER)) == []


def test_a_flat_night_that_has_a_folder_is_that_folder(root: Path, landing: Put) -> None:
    landing(NIGHT, "a.txt", b"")
    zone = LandingZone(root, NIGHT)
    assert zone.folder(NIGHT) == root / NIGHT.isoformat()
    assert [file.name for file in zone.files(NIGHT)] == ["a.txt"]


def test_a_landing_zone_with_nights_is_accepted(root: Path, landing: Put) -> None:
    landing(NIGHT, "a.txt", b"")
    (root / ".gitkeep").touch()
    (root / "upload.part").touch()
    (root / "archive").mkdir()
    LandingZone(root).check()


@pytest.mark.parametrize("name", ["2026-1-5", "20260105", "2026_01_05", "2026-02-30"])
def test_a_folder_named_almost_like_a_night_is_refused(root: Path, landing: Put, name: str) -> None:
    landing(NIGHT, "a.txt", b"text")
    (root / name).mkdir()
    with pytest.raises(LandingError, match=re.escape(repr(name))):
        LandingZone(root).check()


def test_files_beside_the_nights_are_refused_with_what_to_do(root: Path, landing: Put) -> None:
    landing(NIGHT, "a.txt", b"")
    (root / "stray.txt").touch()
    with pytest.raises(LandingError, match=r"'stray\.txt'.*sub-folder.*YYYY-MM-DD.*--date"):
        LandingZone(root).check()


def test_a_landing_zone_without_a_night_is_refused(root: Path) -> None:
    (root / "archive").mkdir()
    with pytest.raises(LandingError, match="has no night: no sub-folder is named YYYY-MM-DD"):
        LandingZone(root).check()


@pytest.mark.parametrize("flat_night", [None, NIGHT])
def test_a_landing_zone_that_is_no_folder_is_refused(root: Path, flat_night: date | None) -> None:
    (root / "file").touch()
    for path in (root / "missing", root / "file"):
        zone = LandingZone(path, flat_night)
        assert zone.nights() == []
        with pytest.raises(LandingError, match="does not exist or is no folder"):
            zone.check()


def test_a_link_that_leaves_the_landing_zone_is_refused(root: Path, landing: Put) -> None:
    outside = root.parent / "outside.txt"
    outside.touch()
    landing(NIGHT, "sub/x", b"").unlink()
    for name, target in (("a", outside), ("b", Path("../../../outside.txt"))):
        (root / NIGHT.isoformat() / "sub" / name).symlink_to(target)
    (root / NIGHT.isoformat() / "sub" / "c").symlink_to(root.parent / "missing.txt")
    found = list(LandingZone(root).files(NIGHT))
    assert [file.name for file in found] == ["sub/a", "sub/b", "sub/c"]
    assert {reason(file) for file in found} == {"outside_landing_zone"}


def test_a_link_to_a_folder_outside_is_refused_and_not_entered(root: Path, landing: Put) -> None:
    (root.parent / "private").mkdir()
    (root.parent / "private" / "a.txt").touch()
    landing(NIGHT, "x", b"").unlink()
    (root / NIGHT.isoformat() / "link").symlink_to(root.parent / "private")
    assert (only(root).name, reason(only(root))) == ("link", "outside_landing_zone")


def test_a_night_that_is_a_link_to_elsewhere_is_refused_and_not_entered(root: Path) -> None:
    (root.parent / "private").mkdir()
    (root.parent / "private" / "a.txt").touch()
    (root / NIGHT.isoformat()).symlink_to(root.parent / "private")
    assert (only(root).name, reason(only(root))) == (".", "outside_landing_zone")


def test_a_link_to_a_file_of_the_landing_zone_is_followed(root: Path, landing: Put) -> None:
    landing(LATER, "b.txt", b"Quay talks resume in the harbour.")
    landing(NIGHT, "x", b"").unlink()
    (root / NIGHT.isoformat() / "a.txt").symlink_to(f"../{LATER}/b.txt")
    assert (only(root).name, only(root).rejection) == ("a.txt", None)
    assert only(root).path.read_bytes() == b"Quay talks resume in the harbour."


def test_links_are_followed_where_the_landing_zone_itself_is_one(root: Path, landing: Put) -> None:
    landing(NIGHT, "a.txt", b"")
    (root / NIGHT.isoformat() / "b.txt").symlink_to("a.txt")
    (root.parent / "link").symlink_to(root)
    found = list(LandingZone(root.parent / "link").files(NIGHT))
    assert [(file.name, file.rejection) for file in found] == [("a.txt", None), ("b.txt", None)]


def test_a_link_to_a_folder_of_the_landing_zone_is_refused(root: Path, landing: Put) -> None:
    landing(NIGHT, "sub/a.txt", b"")
    (root / NIGHT.isoformat() / "up").symlink_to("..")
    found = {file.name: reason(file) for file in LandingZone(root).files(NIGHT)}
    assert found == {"sub/a.txt": None, "up": "unreadable"}


def test_links_that_lead_nowhere_are_files_that_cannot_be_read(root: Path, landing: Put) -> None:
    night = landing(NIGHT, "x", b"").parent
    (night / "x").unlink()
    (night / "one.txt").symlink_to("two.txt")
    (night / "two.txt").symlink_to("one.txt")
    (night / "self.txt").symlink_to("self.txt")
    (night / "gone.txt").symlink_to("missing.txt")
    found = list(LandingZone(root).files(NIGHT))
    assert [file.name for file in found] == ["gone.txt", "one.txt", "self.txt", "two.txt"]
    for file in found:
        _, outcome = read_file(file.path, max_page_bytes=1000)
        assert isinstance(outcome, Rejection) and outcome.reason_code == "unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every folder")
@pytest.mark.parametrize(("mode", "refused"), [(0, "locked"), (0o400, "locked/a.txt")])
def test_a_folder_that_cannot_be_read_is_refused_and_stops_nothing(
    root: Path, landing: Put, mode: int, refused: str
) -> None:
    locked = landing(NIGHT, "locked/a.txt", b"").parent
    landing(NIGHT, "z.txt", b"")
    locked.chmod(mode)
    try:
        found = {file.name: reason(file) for file in LandingZone(root).files(NIGHT)}
    finally:
        locked.chmod(0o700)
    assert found == {refused: "unreadable", "z.txt": None}


file_names = st.binary(min_size=1, max_size=12).filter(
    lambda name: not set(name) & {0, ord("/")} and not name.startswith(b".") and name[-1:] != b"~"
)


@given(st.sets(file_names, max_size=6))
@example({b"\xff", rb"\xff", rb"\\xff", b"\\\xff", "ÿ".encode()})
@example({b"a\\b", b"a\\\\b", b"a\nb", b"a\tb"})
def test_every_name_is_text_and_no_two_are_the_same(drawn: set[bytes]) -> None:
    with TemporaryDirectory() as root:
        folder = Path(root) / NIGHT.isoformat()
        folder.mkdir()
        for name in drawn:
            (folder / os.fsdecode(name)).touch()
        found = names(Path(root))
    assert len(set(found)) == len(found) == len(drawn)
    assert all(name.encode().decode() == name for name in found)
    assert {name.decode() for name in drawn if is_plain(name)} <= set(found)


def is_plain(name: bytes) -> bool:
    text = name.decode("utf-8", "ignore")
    return text.encode() == name and not any(
        is_control(letter) or letter == "\\" for letter in text
    )


def is_control(letter: str) -> bool:
    return category(letter) == "Cc"


def test_a_character_that_a_terminal_may_obey_is_escaped(root: Path) -> None:
    folder = root / NIGHT.isoformat()
    folder.mkdir()
    for name in ("\x1b]0;owned\x07.txt", "\\u001b]0;owned\\u0007.txt", "a\nb\x9b.txt"):
        (folder / name).touch()
    found = {r"\u001b]0;owned\u0007.txt", r"\\u001b]0;owned\\u0007.txt", r"a\u000ab\u009b.txt"}
    assert set(names(root)) == found


@pytest.mark.parametrize("swapped", ["sub/a.txt", "sub", "."])
def test_a_link_that_takes_a_files_place_after_the_look_leads_nowhere(
    root: Path, landing: Put, swapped: str
) -> None:
    landing(NIGHT, "sub/a.txt", b"Quay talks resume in the harbour.")
    landed = only(root)
    place = root / NIGHT.isoformat() / swapped
    place.rename(root.parent / "moved")
    place.symlink_to(root.parent / "moved")
    digest, outcome = read_file(landed.path, max_page_bytes=1000, within=landed.within)
    assert isinstance(outcome, Rejection) and outcome.reason_code == "outside_landing_zone"
    assert digest == digest_file(landed.path, max_page_bytes=1000, within=landed.within)
    assert digest == FileDigest(None, None)


@pytest.mark.parametrize("swapped", ["a.txt", "sub"])
def test_a_link_that_comes_while_the_file_is_opened_is_not_followed(
    root: Path, landing: Put, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    landing(NIGHT, "sub/a.txt", b"Quay talks resume in the harbour.")
    landed = only(root)
    place = landed.path if swapped == "a.txt" else landed.path.parent
    resolve = os.path.realpath

    def resolve_and_swap(path: Path) -> str:
        resolved = resolve(path)
        place.rename(root.parent / "moved")
        place.symlink_to(root.parent / "moved")
        return resolved

    monkeypatch.setattr(os.path, "realpath", resolve_and_swap)
    _, outcome = read_file(landed.path, max_page_bytes=1000, within=landed.within)
    assert isinstance(outcome, Rejection) and outcome.reason_code == "unreadable"


def test_a_sparse_file_of_any_size_costs_nothing(root: Path, landing: Put) -> None:
    path = landing(NIGHT, "a.txt", b"")
    os.truncate(path, 1 << 42)
    landed = only(root)
    _, outcome = read_file(landed.path, max_page_bytes=1000, within=landed.within)
    assert isinstance(outcome, Rejection) and outcome.reason_code == "too_large"
    digest = digest_file(landed.path, max_page_bytes=1000, within=landed.within)
    assert digest == FileDigest(None, None)


def test_a_byte_that_is_no_utf_8_is_escaped_and_so_is_a_backslash(root: Path) -> None:
    folder = root / NIGHT.isoformat()
    folder.mkdir()
    for name in (b"caf\xe9.txt", rb"caf\xe9.txt"):
        (folder / os.fsdecode(name)).touch()
    assert set(names(root)) == {r"caf\xe9.txt", r"caf\\xe9.txt"}


@pytest.mark.parametrize("letter", [b"a", "ł".encode(), "報".encode(), b"\\", b"\xff"])
def test_very_long_names_are_bounded_and_stay_apart(
    root: Path, letter: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = os.fsdecode(letter * (240 // len(letter)))
    (root / NIGHT.isoformat()).mkdir()
    monkeypatch.chdir(root / NIGHT.isoformat())
    for _ in range(12):
        Path(part).mkdir()
        monkeypatch.chdir(part)
    Path("one.txt").touch()
    Path("two.txt").touch()
    found = names(root)
    assert len(set(found)) == 2
    # With the night beside it, an index of Postgres holds 2,704 bytes.
    assert all(len(name.encode()) <= 2_500 for name in found)
    start = short(root, letter * 60)
    assert all(name.startswith(start) for name in found)


def short(root: Path, name: bytes) -> str:
    """What a file of this name alone is called."""
    (root / LATER.isoformat()).mkdir()
    (root / LATER.isoformat() / os.fsdecode(name)).touch()
    return names(root, LATER)[0]
