"""One embedded cluster: where its data is, and whether its server lives.

Belongs here: the places derived from BROADSHEET_HOME, the pid file, telling our processes from
others. Does not belong here: anything that starts, stops or changes a server (`server.py`).
"""

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipelines.store.binaries import Account, ServerError

STATE_FOLDERS = Path("/var/lib")


@dataclass(frozen=True)
class PidFile:
    """What `postmaster.pid` says; the later lines appear while the server starts."""

    pid: int
    socket_folder: str
    status: str


@dataclass(frozen=True)
class Cluster:
    """A data folder and the account that owns it, or will.

    `outside` is a folder of ours below /var/lib, for what `account` could not reach in the home.
    """

    data: Path
    account: Account
    outside: Path

    @property
    def exists(self) -> bool:
        """Whether initdb has been through: a cluster is renamed into place complete."""
        return (self.data / "PG_VERSION").is_file()

    @property
    def name(self) -> str:
        """A short name of our own for the socket folder and in the process titles.

        The account is part of it: one user's leftover folder must not bar another's way.
        """
        return f"broadsheet-{_digest(f'{self.account.uid}:'.encode() + os.fsencode(self.data))}"

    @property
    def major(self) -> int | None:
        """The major version that made the data, if there is any."""
        if not self.exists:
            return None
        return int((self.data / "PG_VERSION").read_text(encoding="ascii").split(".")[0])

    def pid_file(self) -> PidFile | None:
        """Read `postmaster.pid`; None if there is none or it makes no sense."""
        try:
            text = (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
            lines = [*text.splitlines(), *[""] * 8]
            return PidFile(abs(int(lines[0])), lines[4].strip(), lines[7].strip())
        except (FileNotFoundError, ValueError):
            return None

    def owns(self, process: psutil.Process) -> bool:
        """Whether a process is a live Postgres process of this cluster.

        A pid alone proves nothing: it may have been given to another since. The title is read as
        well as the working folder because root in a container may not see the latter.
        """
        try:
            if (
                process.status() == psutil.STATUS_ZOMBIE
                or process.uids().effective != self.account.uid
                or not process.name().startswith("postgres")
            ):
                return False
            return self.name in " ".join(process.cmdline()) or Path(process.cwd()).samefile(
                self.data
            )
        except (psutil.Error, OSError):
            return False

    def postmaster(self) -> psutil.Process | None:
        """The live process that the pid file names, if it is ours."""
        found = self.pid_file()
        try:
            process = psutil.Process(found.pid) if found else None
        except psutil.NoSuchProcess:
            return None
        return process if process and self.owns(process) else None

    def processes(self) -> list[psutil.Process]:
        """Every live process of this cluster."""
        return [process for process in psutil.process_iter() if self.owns(process)]

    @property
    def socket_folder(self) -> Path:
        """The folder of the live server's socket, else the one a server would get now.

        TMPDIR differs between sessions, so what a live server wrote down counts.

        Raises:
            ServerError: the folder is in other hands.
        """
        found = self.pid_file()
        if found and found.socket_folder and self.postmaster():
            folder = Path(found.socket_folder)
        else:
            folder = _temporary_folder(self.account) / self.name
        self._verify(folder, self.account.uid)
        return folder

    def make_socket_folder(self) -> Path:
        """Make the folder of the socket, for the account alone.

        Raises:
            ServerError: somebody else has made it first.
        """
        folder = _temporary_folder(self.account) / self.name
        folder.mkdir(mode=0o700, exist_ok=True)
        # Ours already, too: a start that was cut off here has not handed it over yet.
        self._verify(folder, self.account.uid, os.geteuid())
        self.account.give(folder)
        return folder

    def _verify(self, folder: Path, *owners: int) -> None:
        """Anybody may have made this name in a temp dir first, so trust nothing about it."""
        try:
            found = folder.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o077:
            msg = (
                f"The socket folder {folder} is not a folder of user {self.account.name} alone: "
                "find out who made it, remove it, and try again."
            )
            raise ServerError(msg)


def locate(home: Path) -> Cluster:
    """The cluster of a home; data that exists is taken as it is, wherever it is.

    Raises:
        ServerError: the data belongs to a user whom this process cannot run it as.
    """
    home = home.expanduser().resolve()
    inside = home / "postgres"
    outside = STATE_FOLDERS / f"broadsheet-{_digest(os.fsencode(home))}"
    if os.geteuid() != 0:
        account = Account.for_new_cluster()
        if not account.can_enter(home):
            msg = f"User {account.name} cannot enter {home}: set BROADSHEET_HOME elsewhere."
            raise ServerError(msg)
        if inside.exists() and inside.stat().st_uid != account.uid:
            msg = (
                f"The database folder {inside} belongs to user {_owner(inside)}, not to "
                f"{account.name}: run as that user or set BROADSHEET_HOME to another folder."
            )
            raise ServerError(msg)
        return Cluster(inside, account, outside)
    for data in (inside, outside / "postgres"):
        if (data / "PG_VERSION").is_file():
            if data.stat().st_uid == 0:
                msg = f"The database folder {data} belongs to root, whom Postgres refuses."
                raise ServerError(msg)
            return Cluster(data, Account.of(data.stat().st_uid), outside)
    account = Account.for_new_cluster()
    data = inside if account.can_enter(home) else outside / "postgres"
    return Cluster(data, account, outside)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _temporary_folder(account: Account) -> Path:
    """Prefer TMPDIR, unless a socket there were too long a path or needed quoting in a URL."""
    folder = Path(tempfile.gettempdir())
    plain = re.fullmatch(r"[\w./+-]{1,60}", str(folder), re.ASCII)
    return folder if plain and account.can_enter(folder) else Path("/tmp")  # noqa: S108 - make_socket_folder trusts nothing in it


def _digest(name: bytes) -> str:
    return hashlib.sha256(name).hexdigest()[:12]
