"""What lies on disks: the landing zone, the space that is left, the alias file, the spaCy pipeline."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from pipelines.alias_file import own_resolver
from pipelines.doctor.database import Connection
from pipelines.doctor.findings import NotLookedAtError, Outcome, fail, ok, warn
from pipelines.doctor.loaded import night_before
from pipelines.landing_zone import LandingError, LandingZone
from pipelines.news.resolver import AliasError
from pipelines.settings import settings
from pipelines.store import server

Connect = Callable[[], Connection]
"""Connects to the database; NotLookedAtError or psycopg.Error where that cannot be done."""

_GIGABYTE = 1_000_000_000
_WARN_AT = 5


def landing_zone() -> Outcome:
    """The landing zone is there, can be read, holds nothing but nights, and last night is there."""
    root = settings().landing_zone
    if root is None:
        return fail(
            "No landing zone is named.", "Set BROADSHEET_LANDING to the folder with the nights."
        )
    zone = LandingZone(root)
    try:
        zone.check()
        nights = zone.nights()
        for night in nights[-1:]:
            os.scandir(zone.folder(night)).close()
    except LandingError as error:
        return fail(str(error), "See that it is mounted, and that files are delivered into nights.")
    except OSError as error:
        return fail(
            f"{error.filename or root} cannot be read: {error.strerror}.",
            f"Give this account the right to read it: `ls -ld {error.filename or root}`.",
        )
    found = f"{root}, {len(nights):,} nights from {nights[0]} to {nights[-1]}."
    if night_before() not in nights:
        return warn(
            f"{found} There is no folder of last night, {night_before()}.",
            "See why it was not delivered; an empty folder says that there is nothing.",
        )
    return ok(found)


def disks(connect: Connect, free_gb: float) -> Outcome:
    """The disks that are written to have space, and room for files.

    `free_gb` is in 10⁹ bytes: less than that fails, less than five times that is a warning.
    """
    described = []
    worst = float("inf")
    for what, folder in _written_to(connect):
        place = os.statvfs(_existing(folder))
        free = place.f_bavail * place.f_frsize / _GIGABYTE
        full = place.f_files > 0 and place.f_favail == 0
        worst = min(worst, 0.0 if full else free)
        described.append(f"{what} {folder}: {free:,.1f} GB free{', and no inode' if full else ''}")
    found = f"{'; '.join(described)}."
    mend = "Make space, or move it to a larger disk (docs/operate.md, When the disk is full)."
    if worst < free_gb:
        return fail(found, mend)
    return warn(found, mend) if worst < _WARN_AT * free_gb else ok(found)


def aliases(connect: Connect) -> Outcome:
    """The alias file can be read and understood, and the stored names follow it."""
    path = settings().alias_file
    try:
        rules = own_resolver()
    except AliasError as error:
        return fail(str(error), f"Mend {path}; until then no run can resolve names.")
    found = f"{path}." if path.exists() else "None of your own."
    query = "select count(*) as stale from ops.resolutions where resolver_version <> %s"
    if stale := _counted(connect, query, rules.version):
        return warn(
            f"{found} {stale:,} names were resolved by an earlier file or earlier rules.",
            "The next run resolves all names anew: `broadsheet run`.",
        )
    return ok(found)


def pipeline(connect: Connect) -> Outcome:
    """The spaCy pipeline loads, and stored articles were read with it."""
    from pipelines.news.ner import PipelineError, load_pipeline, ner_version  # noqa: PLC0415

    name = settings().nlp
    try:
        version = ner_version(name)
        load_pipeline(name)
    except PipelineError as error:
        return fail(str(error), "Install it, or set BROADSHEET_NLP to one that is installed.")
    query = "select count(*) as stale from ops.annotations where ner_version <> %s"
    stale = _counted(connect, query, version)
    if stale is None:
        return ok(f"{version}; what stored articles were read with could not be asked.")
    if stale:
        return warn(
            f"{version}; {stale:,} articles were read with another.",
            "Read them again, all nights: `broadsheet run`; or set BROADSHEET_NLP back.",
        )
    return ok(f"{version}; no article was read with another.")


def _counted(connect: Connect, query: str, version: str) -> int | None:
    """Rows that another version made; None where the database does not say."""
    try:
        with connect() as connection:
            row = connection.execute(query.encode(), (version,)).fetchone()
            return int(row["stale"]) if row else 0
    except (
        NotLookedAtError,
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.UndefinedTable,
    ):
        return None  # what is wrong with the database is said elsewhere


def _written_to(connect: Connect) -> Iterator[tuple[str, Path]]:
    """Folders that are written to, and what for: the home, and the database's if it is on this machine."""
    yield "home", settings().home
    if settings().database_url is None:
        yield "database", server.data_folder(settings().home)
        return
    try:
        with connect() as connection:
            is_local = connection.info.host.startswith("/") or connection.info.hostaddr in (
                "127.0.0.1",
                "::1",
            )
            row = connection.execute(
                "select setting from pg_settings where name = 'data_directory'"
            ).fetchone()
    except (NotLookedAtError, psycopg.Error):
        return
    if is_local and row and Path(row["setting"]).is_dir():
        yield "database", Path(row["setting"])


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(part for part in (folder, *folder.parents) if part.exists())
