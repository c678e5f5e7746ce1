"""What the guides for analysts say is so: their statements run as an analyst, on the sample nights."""

from collections.abc import Iterator
from datetime import date

import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine

from benchmarks.answers import TARGET
from benchmarks.questions import Question, read, table
from pipelines.commands.query import read_rows
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT
from tests.conftest import fresh_database
from tests.integration.loading import load

QUESTIONS = read(TARGET.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def nights(instance: DagsterInstance, server_url: str, template: str) -> Iterator[Engine]:
    """A database that holds what the demo's does; tests leave it as it is."""
    with fresh_database(server_url, template) as engine:
        zone = LandingZone(ROOT / "sample_data" / "landing")
        load(instance, zone, date(2026, 3, 2), date(2026, 3, 4))
        yield engine


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.title)
def test_a_question_has_the_result_that_is_written_below_it(question: Question) -> None:
    columns, rows = read_rows(question.sql)
    assert rows
    assert table(columns, rows) == question.result, "run `make questions`"
