"""From a data folder, or none, to a server that takes connections.

Belongs here: initdb, the settings, what a crash leaves behind, `pg_ctl start`. Does not belong
here: who may start a server and when (`server.py`).
"""

import contextlib
import logging
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import psutil

from pipelines.store.binaries import Binaries, ServerError, find, make_public_folder
from pipelines.store.cluster import Cluster

logger = logging.getLogger(__name__)

SUPERUSER = "broadsheet"
# Named in every URL: a PGPORT in a client's environment would otherwise name another socket.
PORT = 5432
START_SECONDS = 600  # recovery after a crash replays up to max_wal_size
LOG_DAYS = 6
FIRST_WITH_BUILTIN_LOCALES = 17
# The full-text parser of Postgres 18 still asks the C library what a letter is, whatever the
# provider; under "C" it takes curly quotes and dashes for letters. First one the system has.
CTYPES = ("C.UTF-8", "en_US.UTF-8", "C")

# Two cores, batch loads, full durability. An operator's ALTER SYSTEM is read later and wins.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file a weekday, each begun anew after a week.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_checkpoints": "off",
}


def bring_up(cluster: Cluster) -> None:
    """Make the cluster if it does not exist, and start its server, which must not be running.

    Returns when it takes connections. The caller sees to it that nobody else does the same
    meanwhile.

    Raises:
        ServerError: it cannot be started.
        OSError: the file system or the operating system refuses.
    """
    if cluster.data.parent == cluster.outside:
        make_public_folder(cluster.outside)
    if not cluster.account.can_enter(cluster.data.parent):
        msg = (
            f"User {cluster.account.name}, who owns the database in {cluster.data}, cannot enter "
            f"{cluster.data.parent}: open that way again, or set BROADSHEET_HOME elsewhere."
        )
        raise ServerError(msg)
    try:
        binaries = find(cluster.account, cluster.outside, cluster.major)
    except ServerError as error:
        if cluster.major is None:
            raise
        msg = f"The database in {cluster.data} was made by Postgres {cluster.major}. {error}"
        raise ServerError(msg) from error
    if not cluster.exists:
        _initialise(cluster, binaries)
    _clear_leftovers(cluster)
    _launch(cluster, binaries)


def _initialise(cluster: Cluster, binaries: Binaries) -> None:
    """Build the cluster beside its place and rename it there, so that half of one never counts."""
    if cluster.data.exists() and any(cluster.data.iterdir()):
        msg = f"{cluster.data} is not a complete database: move it away and try again."
        raise ServerError(msg)
    parent = cluster.data.parent
    for abandoned in parent.glob("postgres.new-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=parent))
    try:
        cluster.account.give(building)
        _initdb(cluster, binaries, building)
        with (building / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("\ninclude 'broadsheet.conf'\n")
        building.rename(cluster.data)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # initdb has synced all but our rename
    finally:
        os.close(descriptor)
    logger.info("Made a Postgres %s cluster in %s", binaries.major, cluster.data)


def _initdb(cluster: Cluster, binaries: Binaries, folder: Path) -> None:
    common = [f"--username={SUPERUSER}", "--encoding=UTF8", "--auth-local=trust"]
    common += ["--auth-host=reject", "--data-checksums", "--no-instructions"]
    for ctype in CTYPES:
        if binaries.major >= FIRST_WITH_BUILTIN_LOCALES:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            locale += [f"--lc-ctype={ctype}"]
        else:  # code point order, as above, with the C library's idea of letters
            locale = ["--lc-collate=C", f"--lc-ctype={ctype}"]
        program = binaries.folder / "initdb"
        arguments = [*common, *locale, "-D", str(folder)]
        result = cluster.account.run(program, *arguments, folder=folder, seconds=300)
        if result.returncode == 0:
            return
        if "invalid locale" not in result.stdout:
            break
    msg = f"initdb could not make a database in {cluster.data}: {_last_lines(result.stdout)}"
    raise ServerError(msg)


def _clear_leftovers(cluster: Cluster) -> None:
    """Take away what a server that died without its pid file's blessing left behind.

    Only called when the pid file names no live server of ours. What still lives then are the
    children of one that was killed, or a server whose folder or pid file was removed and which
    would shut itself down within a minute: quit them as it would, for the data is at stake.
    """
    remnants = cluster.processes()
    for process in remnants:
        logger.warning("Ending process %s of a Postgres that has died", process.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    _, alive = psutil.wait_procs(remnants, timeout=10)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=10)
    # A pid file whose process is gone is left to Postgres, which reads in it what shared memory
    # to check. It gives up on one that is empty, or whose number another process has by now.
    found = cluster.pid_file()
    if found is None or psutil.pid_exists(found.pid):
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def _launch(cluster: Cluster, binaries: Binaries) -> None:
    socket_folder = cluster.make_socket_folder()
    for leftover in socket_folder.glob(".s.PGSQL.*"):  # their lock files hold a pid as well
        leftover.unlink(missing_ok=True)
    week_ago = time.time() - LOG_DAYS * 86400
    for old in cluster.data.glob("log/*"):  # a server that is off at midnight truncates nothing
        if old.stat().st_mtime < week_ago:
            old.unlink(missing_ok=True)
    _write_settings(cluster, socket_folder)
    (cluster.data / "startup.log").unlink(missing_ok=True)
    # pg_ctl hands its -D to a shell in double quotes, so a "$" in a path would be expanded.
    wait = ["start", "--wait", "--silent", f"--timeout={START_SECONDS}"]
    place = ["-D", ".", "-l", "startup.log", "-o", f"-c cluster_name={cluster.name}"]
    program = binaries.folder / "pg_ctl"
    seconds = START_SECONDS + 60
    result = cluster.account.run(program, *wait, *place, folder=cluster.data, seconds=seconds)
    if result.returncode != 0:
        logs = [cluster.data / "startup.log", *cluster.data.glob("log/*")]
        newest = max((path for path in logs if path.exists()), key=_modified, default=None)
        told = newest.read_text(encoding="utf-8", errors="replace") if newest else result.stdout
        msg = f"Postgres in {cluster.data} did not start: {_last_lines(told)}"
        raise ServerError(msg)
    logger.info("Started Postgres %s in %s", binaries.major, cluster.data)


def _write_settings(cluster: Cluster, socket_folder: Path) -> None:
    """Write them anew at each start, so that an older cluster gets today's."""
    settings = {**SETTINGS, "unix_socket_directories": str(socket_folder)}
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    path = cluster.data / "broadsheet.conf"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("# Written at each start; ALTER SYSTEM overrides it.\n")
        file.writelines(lines)
    cluster.account.give(path)


def _modified(path: Path) -> float:
    return path.stat().st_mtime


def _last_lines(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-5:])
