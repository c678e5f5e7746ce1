"""Faults that come from outside the processes: the server, its disk and limits, dates, the files."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.faults.production import Production
from benchmarks.faults.waiting import FaultError

_SMALL_DISK_MB = 96
_BLOCK = 1 << 16
_DAY = 86_400


class CannotTryError(RuntimeError):
    """This machine or this user cannot have the fault; the message says why."""


def stop_postgres(production: Production, how: signal.Signals) -> None:
    """Stop the server; SIGINT is `pg_ctl stop -m fast`, SIGQUIT is `-m immediate`.

    Raises:
        FaultError: it does not stop.
    """
    postmaster = production.cluster.postmaster()
    if postmaster is not None:
        postmaster.send_signal(how)
        if psutil.wait_procs([postmaster], timeout=60)[1]:
            message = f"Postgres (process {postmaster.pid}) did not stop in 60 seconds."
            raise FaultError(message)


@contextmanager
def time_limit(production: Production, milliseconds: int) -> Iterator[None]:
    """Statements in `news` may not take longer."""
    with production.connect() as connection:
        connection.execute(f"alter database news set statement_timeout = {milliseconds}".encode())
    try:
        yield
    finally:
        with production.connect() as connection:
            connection.execute("alter database news reset statement_timeout")


@contextmanager
def small_disk(production: Production) -> Iterator[None]:
    """`news` lies on a file system of 96 MB in memory, and is empty before and after.

    Raises:
        CannotTryError: this user may not mount one.
    """
    disk = _disk(production)
    disk.mkdir(exist_ok=True)
    options = f"size={_SMALL_DISK_MB}m,mode=0755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        message = f"a small disk cannot be mounted: {done.stderr.strip()}"
        raise CannotTryError(message)
    try:
        folder = disk / "tables"
        folder.mkdir()
        production.cluster.account.give(folder)
        production.make_tablespace(folder)
        production.empty_database()
        yield
        production.drop_tablespace()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=False)


@contextmanager
def no_room(production: Production) -> Iterator[None]:
    """Somebody else has filled the small disk, and tidies up in the end."""
    ballast = _disk(production) / "ballast"
    try:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(_BLOCK)) == _BLOCK:
                pass
        yield
    finally:
        ballast.unlink()


def misdate(production: Production, folder: Path) -> None:
    """Date files far ahead and far behind, and former loads a year ahead."""
    for at, path in enumerate(sorted(folder.iterdir())):
        moment = time.time() + 400 * _DAY if at % 2 else 0
        os.utime(path, (moment, moment))
    with production.connect() as connection:
        connection.execute(
            "update ops.loads set started_at = started_at + interval '1 year',"
            " finished_at = finished_at + interval '1 year'"
        )


@contextmanager
def being_written(folder: Path) -> Iterator[None]:
    """One file is half there, one has its unfinished name, one is missing; the end mends all three."""
    whole = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    growing, unnamed, late = list(whole)[1:4]
    unfinished = unnamed.with_name(f"{unnamed.name}.part")
    half = len(whole[growing]) // 2
    growing.write_bytes(whole[growing][:half])
    unnamed.rename(unfinished)
    late.unlink()
    yield
    with growing.open("ab", buffering=0) as file:
        for at in range(half, len(whole[growing]), 100):
            file.write(whole[growing][at : at + 100])
    unfinished.rename(unnamed)
    late.write_bytes(whole[late])


def _disk(production: Production) -> Path:
    return production.folder / "disk"
