"""The Dagster UI as a user starts it, and as an operator sees it in a browser.

Dagster's pages have no ids for tests, so things are found by what they are called on the screen.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect, sync_playwright

from pipelines.settings import ROOT
from tests.e2e.ports import LOOPBACK, free_port
from tests.polling import eventually

BROADSHEET = Path(sys.executable).with_name("broadsheet")
SCREENSHOTS = ROOT / "var" / "tests" / "screenshots"
_FAILED = "failed.png"
BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)

# As root, without a display or a graphics card, and without a word to the outside.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE = 120_000
"""Milliseconds that something may take to appear; a run waits in a queue and starts a process."""


@contextmanager
def serving(home: Path, landing: Path, log: Path, **settings: str) -> Iterator[str]:
    """The URL of `broadsheet ui`, which is ended by Ctrl-C and leaves no process behind."""
    port = free_port()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [BROADSHEET, "ui", "--port", str(port)],
            cwd=home.parent,
            env=os.environ
            | {"BROADSHEET_HOME": str(home), "BROADSHEET_LANDING": str(landing)}
            | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = psutil.Process(process.pid)
    family = [started]
    try:
        eventually(lambda: process.poll() is not None or _accepts(port), seconds=120)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        if process.poll() is None:
            family += started.children(recursive=True)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does to all that it started
        _, left = psutil.wait_procs(family, timeout=60)
        for one in left:
            one.kill()
        process.wait()
    assert not left, log.read_text(encoding="utf-8")


@contextmanager
def browsing(url: str) -> Iterator[Page]:
    """A page of a browser that opens paths of this URL; where it fails there is a picture of it."""
    assert BROWSER, "there is no chromium on PATH"
    (SCREENSHOTS / _FAILED).unlink(missing_ok=True)
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=_FLAGS)
        page = browser.new_page(base_url=url, viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(_PATIENCE)
        try:
            yield page
        except BaseException:
            photograph(page, _FAILED.removesuffix(".png"))
            raise
        finally:
            browser.close()


def photograph(page: Page, name: str) -> None:
    """A picture of the page as it is, for people to look at."""
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def shown(page: Page, key: str) -> str:
    """What the page of an asset shows of its newest materialization under a key."""
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=key, exact=True))
    return row.get_by_role("cell").nth(2).inner_text()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
