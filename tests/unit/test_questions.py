"""The questions of docs/questions.md are read, filled and answered."""

import re
from pathlib import Path

import pytest

from benchmarks.answers import GUIDE, QUESTIONS
from benchmarks.questions import read, statements, table, with_results

ONE = """\
# Questions

Some prose, and a list of what is meant.

## 1. Who is it?

Count right.

<!-- parameters: {"entity": "O'Brien", "night": "2026-01-05"} -->
```sql
select name from names where name = 'O''Brien' and night = '2026-01-05' or name = 'O''Brien'
```

| name |
| --- |
| O'Brien |

Indexes: `pk_names`, `ix_names_night`

Some more.
"""


def test_the_file_has_twelve_questions_in_order() -> None:
    questions = read(QUESTIONS.read_text(encoding="utf-8"))
    assert [one.number for one in questions] == list(range(1, 13))
    assert all(one.title.endswith("?") and one.parameters and one.indexes for one in questions)


def test_the_guide_leads_to_each_of_them() -> None:
    headings = {
        re.sub(r"[^\w -]", "", f"{one.number}. {one.title}".lower()).replace(" ", "-")
        for one in read(QUESTIONS.read_text(encoding="utf-8"))
    }
    assert set(re.findall(r"questions\.md#([\w-]+)", GUIDE.read_text(encoding="utf-8"))) == headings


@pytest.mark.parametrize("path", [GUIDE, QUESTIONS], ids=lambda path: path.name)
def test_statements_can_be_pasted_one_after_the_other(path: Path) -> None:
    found = statements(path.read_text(encoding="utf-8"))
    assert found
    assert all(sql.count(";") == 1 and sql.endswith(";") for sql, _ in found)


def test_a_question_is_read_with_all_that_belongs_to_it() -> None:
    (one,) = read(ONE)
    assert (one.number, one.title) == (1, "Who is it?")
    assert one.sql.startswith("select name") and one.sql.endswith("'O''Brien'")
    assert one.parameters == {"entity": "O'Brien", "night": "2026-01-05"}
    assert one.result == "| name |\n| --- |\n| O'Brien |\n"
    assert one.indexes == ("pk_names", "ix_names_night")


def test_other_values_are_put_wherever_a_value_stands() -> None:
    (one,) = read(ONE)
    assert one.sql_with({}) == one.sql
    assert one.sql_with({"entity": "2026-01-05", "night": "it's"}) == (
        "select name from names where name = '2026-01-05' and night = 'it''s' or name = '2026-01-05'"
    )
    with pytest.raises(KeyError):
        one.sql_with({"story": "x"})


def test_a_result_is_written_in_place_of_the_one_that_is_shown() -> None:
    rows = table(["name", "spellings"], [["a|b", ["c", "d"]], [None, True]])
    assert rows == "| name | spellings |\n| --- | --- |\n| a\\|b | c, d |\n|  | true |\n"
    unshown = "```sql\nselect 1\n```\n\nNo result.\n"
    there = with_results(ONE + unshown, lambda sql: rows if "O''Brien" in sql else "never")
    (one,) = read(there)
    assert one.result == rows
    assert statements(there) == [(one.sql, rows), ("select 1", "")]
    assert there == ONE.replace("| name |\n| --- |\n| O'Brien |\n", rows) + unshown


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("-->\n```sql", "-->\n\n```sql"),
        ('"night": "2026', '"night": "2025'),
        ("2026-01-05", "O'Brien"),
        ("## 1. W", "## W"),
        ("| ", "> "),
    ],
    ids=["comment apart", "value not there", "values alike", "no number", "no result"],
)
def test_what_cannot_be_read_is_refused(right: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"heading|values"):
        read(ONE.replace(right, wrong))
