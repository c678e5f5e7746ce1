"""The landing zone: the folder that raw files are dropped in, one sub-folder a night."""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR

from pipelines.news.records import Rejection

_NIGHT = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", "~")
_MAX_NAME_BYTES = 2_000  # an index entry of Postgres holds 2,704


class LandingError(ValueError):
    """A landing zone that cannot be loaded; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A file of a night: where it lies, what it is called, and why it is refused unread, if so."""

    path: Path
    name: str
    rejection: Rejection | None = None
    within: Path | None = None
    """The landing zone, which a link that was put there meanwhile must not lead out of."""


@dataclass(frozen=True, slots=True)
class LandingZone:
    """A landing zone; `flat_night` makes the folder itself one night, where it has no sub-folder."""

    root: Path
    flat_night: date | None = None

    def nights(self) -> list[date]:
        """Nights that have a folder, in order."""
        if not self.root.is_dir():
            return []
        return sorted(
            night
            for entry in self.root.iterdir()
            if (night := parse_night(entry.name)) and entry.is_dir()
        )

    def nights_between(self, first: date, last: date) -> list[date]:
        """Nights from `first` to `last` of which there are files."""
        nights = {night for night in self.nights() if first <= night <= last}
        if self.flat_night and first <= self.flat_night <= last:
            nights.add(self.flat_night)
        return sorted(nights)

    def folder(self, night: date) -> Path:
        """The folder of a night, whether or not it exists."""
        folder = self.root / night.isoformat()
        return self.root if night == self.flat_night and not folder.is_dir() else folder

    def check(self) -> None:
        """Refuse a landing zone that is none.

        Raises:
            LandingError: it does not exist, has no night, or has files beside its nights.
        """
        if not self.root.is_dir():
            message = f"The landing zone {self.root} does not exist or is no folder."
            raise LandingError(message)
        if self.flat_night:
            return
        stray = sorted(
            entry.name
            for entry in self.root.iterdir()
            if not _is_ignored(entry.name) and (entry.is_file() or _is_misnamed(entry.name))
        )
        if stray:
            message = (
                f"The landing zone {self.root} has entries beside its night folders, such as"
                f" {stray[0]!r}. Put each file into a sub-folder named after its night"
                " (YYYY-MM-DD), or load the folder as one night with --date YYYY-MM-DD."
            )
            raise LandingError(message)
        if not self.nights():
            message = (
                f"The landing zone {self.root} has no night: no sub-folder is named YYYY-MM-DD."
            )
            raise LandingError(message)

    def files(self, night: date) -> Iterator[LandedFile]:
        """Files of a night in the order of their names; hidden and unfinished ones are left out.

        Links are followed to files inside the landing zone only, and never to folders.
        """
        folder = self.folder(night)
        if folder.is_dir():
            yield from _walk(folder, self.root.resolve())

    def folders(self, night: date) -> Iterator[Path]:
        """The folder of a night and those below it in which files count; links are not followed."""
        for folder, below, _ in os.walk(self.folder(night)):
            below[:] = [name for name in below if not _is_ignored(name)]
            yield Path(folder)


def parse_night(text: str) -> date | None:
    """The night that YYYY-MM-DD stands for, or None."""
    try:
        return date.fromisoformat(text) if _NIGHT.fullmatch(text) else None
    except ValueError:
        return None


def _walk(top: Path, root: Path) -> Iterator[LandedFile]:
    """Files below a night's folder; what cannot be looked at is refused, and stops nothing."""
    try:
        if not _is_within(top, root):
            yield _outside(top, top)
            return
        pending = _entries(top)
    except OSError as error:
        yield _unreadable(top, top, error)
        return
    while pending:
        entry = pending.pop()
        path = Path(entry.path)
        try:
            if entry.is_dir(follow_symlinks=False):
                pending += _entries(path)
                continue
            # Only a link can lead anywhere; to resolve a path costs a look at each of its folders.
            if entry.is_symlink():
                landed = _landed(path, top, root)
            else:
                entry.stat(follow_symlinks=False)  # fails where nobody may look at it
                landed = LandedFile(path, _name(path, top), within=root)
        except (OSError, RecursionError) as error:  # the latter from `realpath`
            landed = _unreadable(path, top, error)
        yield landed


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Entries that count, in reverse order: the last is the next to look at."""
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not _is_ignored(entry.name)),
            key=lambda entry: os.fsencode(entry.name),
            reverse=True,
        )


def _landed(path: Path, top: Path, root: Path) -> LandedFile:
    try:
        is_folder = S_ISDIR(path.stat().st_mode)  # before `realpath`, which follows any loop
    except FileNotFoundError:
        is_folder = False
    if not _is_within(path, root):
        return _outside(path, top)
    if is_folder:
        return _refused(path, top, "unreadable", "Links to folders are not followed.")
    return LandedFile(path, _name(path, top), within=root)


def _is_within(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _outside(path: Path, top: Path) -> LandedFile:
    detail = "The link leads out of the landing zone."
    return _refused(path, top, "outside_landing_zone", detail)


def _unreadable(path: Path, top: Path, error: OSError | RecursionError) -> LandedFile:
    number = error.errno if isinstance(error, OSError) else errno.ELOOP
    name = errno.errorcode.get(number or 0, "unknown error")
    detail = f"The operating system refused to look at it ({name})."
    return _refused(path, top, "unreadable", detail)


def _is_misnamed(name: str) -> bool:
    """Whether a folder is named like a night, but not as one: "2026-1-5", "20260105"."""
    return re.fullmatch(r"\d[\d._ -]*", name) is not None and parse_night(name) is None


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def _refused(path: Path, top: Path, reason: str, detail: str) -> LandedFile:
    return LandedFile(path, _name(path, top), Rejection(reason, detail, b""))


def _name(path: Path, top: Path) -> str:
    """Path below the night's folder, as text that Postgres can hold and index, and anyone print.

    Control characters, which a terminal may obey, and bytes that are no UTF-8 are escaped, and for
    that a backslash too. Of a very long name the rest is replaced by its hash.
    """
    name = path.relative_to(top).as_posix()
    raw = os.fsencode(name)
    name = raw.decode("utf-8", "surrogateescape").replace("\\", "\\\\")
    name = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", name)
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    encoded = name.encode()
    if len(encoded) > _MAX_NAME_BYTES:
        start = encoded[:_MAX_NAME_BYTES].decode("utf-8", "ignore")
        name = f"{start}…{sha256(raw).hexdigest()}"
    return name
