"""The questions of docs/questions.md are read, filled and written back."""

import pytest

from benchmarks.answers import TARGET
from benchmarks.questions import read, table, written

ONE = """\
# Questions

Some prose, and a list of what is meant.

## 1. Who is it?

Count right.

<!-- parameters: {"entity": "O'Brien", "night": "2026-01-05"} -->
```sql
select name from names where name = 'O''Brien' and night = '2026-01-05' or name = 'O''Brien'
```
{result}
Indexes: `pk_names`, `ix_names_night`

Some more.
"""


def test_the_file_has_twelve_questions_in_order() -> None:
    questions = read(TARGET.read_text(encoding="utf-8"))
    assert [one.number for one in questions] == list(range(1, 13))
    assert all(one.title.endswith("?") and one.parameters and one.indexes for one in questions)


def test_a_question_is_read_with_all_that_belongs_to_it() -> None:
    result = "\n| name |\n| --- |\n| O'Brien |\n"
    (one,) = read(ONE.replace("{result}", result))
    assert (one.number, one.title) == (1, "Who is it?")
    assert one.sql.startswith("select name") and one.sql.endswith("'O''Brien'")
    assert one.parameters == {"entity": "O'Brien", "night": "2026-01-05"}
    assert one.result == result.lstrip("\n")
    assert one.indexes == ("pk_names", "ix_names_night")


def test_other_values_are_put_wherever_a_value_stands() -> None:
    (one,) = read(ONE.replace("{result}", ""))
    assert one.sql_with({}) == one.sql
    assert one.sql_with({"entity": "2026-01-05", "night": "it's"}) == (
        "select name from names where name = '2026-01-05' and night = 'it''s' or name = '2026-01-05'"
    )
    with pytest.raises(KeyError):
        one.sql_with({"story": "x"})


def test_a_result_is_written_in_place_of_the_one_that_is_there() -> None:
    rows = table(["name", "spellings"], [["a|b", ["c", "d"]], [None, True]])
    assert rows == "| name | spellings |\n| --- | --- |\n| a\\|b | c, d |\n|  | true |\n"
    without = ONE.replace("{result}", "")
    there = written(without, {1: rows})
    assert [one.result for one in read(there)] == [rows]
    assert written(there, {1: rows}) == there


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("-->\n```sql", "-->\n\n```sql"), ('"night": "2026', '"night": "2025'), ("## 1. W", "## W")],
    ids=["comment apart", "value not there", "no number"],
)
def test_what_cannot_be_read_is_refused(right: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"heading|values"):
        read(ONE.replace("{result}", "").replace(right, wrong))
