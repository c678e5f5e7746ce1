"""The data dictionary says what the models say."""

import logging

import pytest

from models import Base
from models.dictionary import TARGET, dictionary
from models.views import VIEWS


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Of foreign keys to tables that are not in the picture it warns."""
    caplog.set_level(logging.ERROR)


def test_the_data_dictionary_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == dictionary(), "run `make dictionary`"


def test_it_names_every_table_column_and_view() -> None:
    said = dictionary()
    for table in Base.metadata.tables.values():
        section = said.partition(f"### {table.schema}.{table.name}\n")[2].partition("\n### ")[0]
        assert str(table.comment) in section
        assert all(f"| `{column.name}` |" in section for column in table.columns)
    assert all(f"| `{view.name}` | {view.comment} |" in said for view in VIEWS)
