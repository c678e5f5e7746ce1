"""Files that landed, changed or vanished after their night was loaded, told without reading them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from pipelines.landing_zone import LandingZone

_QUIET = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Listing:
    """A night's folder as it is now: sizes in bytes by name, None where a file cannot be looked at.

    `written` are times of modification, folders' too, which a copy may set back; `changed` is the
    files' newest time of change, which nobody can set. The fingerprint stands for all of it.
    """

    sizes: Mapping[str, int | None]
    written: tuple[datetime, ...]
    changed: datetime
    fingerprint: str
    folders: Mapping[str, int]
    """Times of modification in nanoseconds, by path below the landing zone."""

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing was written to it in the last two minutes; times to come count for old."""
        return not any(now - _QUIET < one <= now for one in self.written)

    def differs(self, known: Mapping[str, int | None], loaded: datetime | None) -> bool:
        """Whether it is not what the database knows, by names, sizes, and changes since the load."""
        if self.sizes.keys() != known.keys():
            return True
        if loaded and self.changed > loaded:
            return True
        return any(
            size is not None and known[name] is not None and size != known[name]
            for name, size in self.sizes.items()
        )


def list_night(zone: LandingZone, night: date) -> Listing:
    """Look at a night's folder, and open no file.

    Raises:
        OSError: a folder went meanwhile, or cannot be looked at.
    """
    sizes: dict[str, int | None] = {}
    seen = sha256()
    written, changed = [], 0.0
    # Looked at first: what comes or goes while the files are listed is then seen by the next look.
    folders = {
        str(folder.relative_to(zone.root)): folder.stat().st_mtime_ns
        for folder in zone.folders(night)
    }
    for file in zone.files(night):
        try:
            stat = file.path.stat()
        except OSError:
            sizes[file.name] = None
            seen.update(repr((file.name, None)).encode())
            continue
        sizes[file.name] = None if file.rejection else stat.st_size
        written.append(stat.st_mtime)
        changed = max(changed, stat.st_ctime)
        seen.update(repr((file.name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)).encode())
    # A file that goes leaves a trace in its folder alone.
    written += [nanoseconds / 1e9 for nanoseconds in folders.values()]
    seen.update(repr(sorted(folders.items())).encode())
    times = tuple(datetime.fromtimestamp(one, UTC) for one in written)
    newest = datetime.fromtimestamp(changed, UTC)
    return Listing(sizes, times, newest, seen.hexdigest()[:16], folders)


def are_untouched(zone: LandingZone, folders: Mapping[str, int]) -> bool:
    """Whether nothing came to a listing's folders or went; a file that only grew does not show."""
    try:
        return all(
            (zone.root / folder).stat().st_mtime_ns == nanoseconds
            for folder, nanoseconds in folders.items()
        )
    except OSError:
        return False
