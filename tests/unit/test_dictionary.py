"""The data dictionary says what the models say."""

import re

from models import NEWS, Base
from models.dictionary import TARGET, dictionary
from models.functions import FUNCTIONS
from models.views import VIEWS


def test_the_data_dictionary_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == dictionary(), "run `make dictionary`"


def section(name: str) -> str:
    """What it says below the heading of a table, a view or a function."""
    said = dictionary()
    assert said.count(f"\n### {name}\n") == 1
    return said.partition(f"\n### {name}\n")[2].partition("\n### ")[0]


def test_it_names_every_table_and_column() -> None:
    for table in Base.metadata.tables.values():
        said = section(table.fullname)
        assert str(table.comment) in said
        assert all(f"| `{column.name}` |" in said for column in table.columns)


def test_it_names_every_view_and_column() -> None:
    for view in VIEWS:
        said = section(f"news.{view.name}")
        assert view.comment in said
        assert all(f"| `{name}` | {comment} |" in said for name, comment in view.columns.items())


def test_it_names_every_function_and_argument() -> None:
    for function in FUNCTIONS:
        if function.name.startswith("news."):
            said = section(function.name)
            assert function.comment in said
            explained = {**function.arguments, **function.columns}
            assert all(f"| `{name}` | {comment} |" in said for name, comment in explained.items())


def test_the_picture_joins_every_table_of_news_by_columns_that_it_has() -> None:
    picture = dictionary().partition("direction LR\n")[2].partition("```")[0]
    lines = [re.fullmatch(r"  (\w+) \S+ (\w+) : (\w+)", line) for line in picture.splitlines()]
    tables = {table.name: table for table in Base.metadata.tables.values() if table.schema == NEWS}
    drawn = [line.groups() for line in lines if line]
    assert len(drawn) == len(lines)
    assert {name for one, other, _ in drawn for name in (one, other)} == set(tables)
    assert all(column in tables[other].columns for _, other, column in drawn)


def test_the_picture_says_how_many_rows_there_are_to_one() -> None:
    said = dictionary()
    assert "  articles ||--o{ mentions : article_id\n" in said
    assert "  entities |o--o{ names : entity_id\n" in said
    assert "  articles ||--o| story_articles : article_id\n" in said
    assert "  articles ||--o{ story_articles : story_id\n" in said
