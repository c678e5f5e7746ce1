"""Files that landed, changed or vanished after their night was loaded, told without reading them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

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
    """Look at a night's folder, and open no file."""
    sizes: dict[str, int | None] = {}
    folders: set[Path] = {zone.folder(night)}
    seen = sha256()
    written, changed = [], 0.0
    for file in zone.files(night):
        folders.add(file.path.parent)
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
    for folder in sorted(folders):
        stat = folder.stat()
        written.append(stat.st_mtime)
        seen.update(repr(stat.st_mtime_ns).encode())
    times = tuple(datetime.fromtimestamp(one, UTC) for one in written)
    return Listing(sizes, times, datetime.fromtimestamp(changed, UTC), seen.hexdigest()[:16])
