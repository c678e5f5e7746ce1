"""The services of docker-compose.yml as processes of this machine, for tests."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from pipelines.settings import ROOT
from pipelines.store.binaries import Account, find
from tests.compose import image_environment, read_compose, secret_files
from tests.e2e.ports import LOOPBACK, free_port
from tests.polling import eventually

_VENV = Path(sys.executable).parent


@dataclass
class Stack:
    """The compose file, and where this machine has what it names.

    `folders` leads from paths in the containers to paths here; every service has a port of its own.
    """

    compose: dict[str, Any]
    folders: dict[str, Path]
    secrets: Path
    programs: Path
    logs: Path
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def here(self, service: str, text: str) -> str:
        """A word of the file, with this machine's paths, hosts and ports."""
        ports = {"4000": "code", "5432": "db", "3000": service}
        text = re.sub(r"\b(3000|4000|5432)\b", lambda found: str(self.port(ports[found[1]])), text)
        text = text.replace("/run/secrets", str(self.secrets / service))
        for path, folder in self.folders.items():
            text = text.replace(path, str(folder))
        return re.sub(r"^(db|code)$|0\.0\.0\.0|(?<=@)db\b", LOOPBACK, text)

    def port(self, service: str) -> int:
        """The port of a service, chosen when it is first asked for."""
        return self.ports.setdefault(service, free_port())

    def environment(self, service: str) -> dict[str, str]:
        """What the image, .env and the file put into a service's environment."""
        image = image_environment() if service != "db" else {}
        image["PATH"] = f"{_VENV}:{self.programs}:/usr/bin:/bin"
        set_for_it = self.compose["services"][service]["environment"]
        words = {**image, "BROADSHEET_WORKERS": "1", **set_for_it}
        return {name: self.here(service, value) for name, value in words.items()}

    def command(self, service: str) -> list[str]:
        """The command line of a service, behind the image's entry point."""
        words = ["deploy/entrypoint", *self.compose["services"][service]["command"]]
        return [self.here(service, word) for word in words]

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends by itself."""
        return self._done(service, self.command(service))

    def start(self, *services: str) -> None:
        """Start services that go on, and wait until their own health checks pass."""
        for service in services:
            with (self.logs / f"{service}.log").open("ab") as log:
                self.running[service] = subprocess.Popen(
                    self.command(service),
                    cwd=ROOT,
                    env=self.environment(service),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        for service in services:
            if port := self.ports.get(service):  # its check is costlier than a look at its port
                eventually(partial(self._listens, service, port), 300, every=0.1)
            pause = self.compose["services"][service]["healthcheck"]["start_interval"]
            eventually(partial(self.is_healthy, service), 300, every=float(pause.rstrip("s")))

    def is_healthy(self, service: str) -> bool:
        """Whether a service's health check passes; it has to be alive."""
        if process := self.running.get(service):
            assert process.poll() is None, self.log(service)
        _, *words = self.compose["services"][service]["healthcheck"]["test"]
        return self._done(service, [self.here(service, word) for word in words]).returncode == 0

    def log(self, service: str) -> str:
        """What a service has printed."""
        path = self.logs / f"{service}.log"
        return path.read_text(encoding="utf-8", errors="replace")

    def kill(self, service: str) -> None:
        """End a service at once with all it started, as the end of its container does."""
        process = self.running.pop(service)
        if process.poll() is not None:
            return
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
        psutil.wait_procs(children, timeout=30)

    def stop(self, service: str) -> int:
        """Ask a service to end, as compose does; its exit code."""
        process = self.running.pop(service)
        process.send_signal(signal.SIGTERM)
        return process.wait(60)

    def _listens(self, service: str, port: int) -> bool:
        assert self.running[service].poll() is None, self.log(service)
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    def _done(self, service: str, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=ROOT,
            env=self.environment(service),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def stack(folder: Path, landing: Path, secret_texts: dict[str, str]) -> Iterator[Stack]:
    """The services in `folder`, their Postgres running; all end with the block."""
    secrets = folder / "secrets"
    given = {"BROADSHEET_LANDING": str(landing), "BROADSHEET_SECRETS": str(secrets)}
    compose = read_compose(given)
    for name in ("secrets", "mounted", "home/dagster", "logs", "deploy"):
        (folder / name).mkdir(parents=True)
    for name, secret in secret_texts.items():
        (secrets / name).write_text(f"{secret}\n", encoding="utf-8")
    account = Account.for_new_cluster()
    own = Path(tempfile.mkdtemp(prefix="broadsheet-compose-"))
    own.chmod(0o755)
    folders = {
        "/srv/landing": landing,
        "/var/lib/broadsheet": folder / "home",
        "deploy/workspace.yaml": folder / "deploy" / "workspace.yaml",
    }
    programs = find(account, own / "programs").folder
    made = Stack(compose, folders, folder / "mounted", programs, folder / "logs")
    try:
        _mount(made)
        with _postgres(made, account, own / "data", own, secret_texts["postgres_password"]):
            yield made
    finally:
        for service in list(made.running):
            made.kill(service)
        shutil.rmtree(own)


def _mount(made: Stack) -> None:
    """Put secrets and configurations where the containers have them."""
    for service in made.compose["services"]:
        mounted = made.secrets / service
        mounted.mkdir()
        for name, file in secret_files(made.compose, service).items():
            shutil.copy(file, mounted / name)
    workspace = (ROOT / "deploy" / "workspace.yaml").read_text(encoding="utf-8")
    workspace = workspace.replace("host: code", f"host: {LOOPBACK}")
    workspace = made.here("code", workspace)
    made.folders["deploy/workspace.yaml"].write_text(workspace, encoding="utf-8")
    (config,) = made.compose["x-broadsheet"]["configs"]
    text = (ROOT / made.compose["configs"][config["source"]]["file"]).read_text(encoding="utf-8")
    # So that a test need not wait half a minute for the daemon to look.
    text = text.replace("poll_interval_seconds: 30", "poll_interval_seconds: 1")
    Path(made.here("code", config["target"])).write_text(text, encoding="utf-8")


@contextmanager
def _postgres(
    made: Stack, account: Account, data: Path, folder: Path, password: str
) -> Iterator[None]:
    """What the Postgres image does: initdb, the init script, and the server on TCP."""
    service = made.compose["services"]["db"]
    given = folder / "password"
    given.write_text(password, encoding="utf-8")
    data.mkdir()
    account.give(data)
    arguments = shlex.split(service["environment"]["POSTGRES_INITDB_ARGS"])
    initdb = [*arguments, "--username=postgres", f"--pwfile={given}", "-D", str(data)]
    done = account.run(made.programs / "initdb", *initdb, seconds=120)
    assert done.returncode == 0, done.stdout
    listen = ["-c", f"listen_addresses={LOOPBACK}", "-c", f"port={made.port('db')}"]
    options = [*service["command"][1:], *listen, "-c", "unix_socket_directories="]
    start = ["start", "--wait", "--silent", "-D", str(data), "-l", str(data / "server.log")]
    done = account.run(made.programs / "pg_ctl", *start, "-o", shlex.join(options), folder=data)
    assert done.returncode == 0, (data / "server.log").read_text()
    try:
        _databases(made, password)
        eventually(lambda: made.is_healthy("db"))
        yield
    finally:
        stop = ["stop", "--wait", "--mode=fast", "-D", str(data)]
        account.run(made.programs / "pg_ctl", *stop, folder=data)


def _databases(made: Stack, password: str) -> None:
    """Run the init script as the image does, with psql as superuser."""
    script = (ROOT / made.compose["configs"]["databases"]["file"]).read_text(encoding="utf-8")
    file = made.logs / "init.sql"
    file.write_text(made.here("db", script), encoding="utf-8")
    server = {"PGHOST": LOOPBACK, "PGPORT": str(made.port("db")), "PGUSER": "postgres"}
    done = subprocess.run(
        [made.programs / "psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-f", str(file)],
        env={**os.environ, **server, "PGPASSWORD": password, "PGDATABASE": "postgres"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
