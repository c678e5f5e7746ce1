"""Spellings of one personal name have one key; other names keep theirs."""

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.folding import fold
from pipelines.news.spellings import spell


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fouad Hussein", "Fuad Hussain"),
        ("Mohammed Shia Al-Sudani", "Muhammad Shia al-Sudani"),
        ("Abdel-Fattah Nour", "Abdulfattah Nour"),
        ("Abd al-Rahman Nour", "Abdulrahman Nour"),
        ("Taha Al Hakimi", "Taha al-Hakimi"),
        ("Abdel Rahman Nour", "ABDUL RAHMAN NOUR"),
        ("Sergey Lind", "Sergei Lind"),
        ("Volodymyr Zelenskyy", "Volodymyr Zelensky"),
    ],
)
def test_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert spell(one) == spell(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed bin Salman", "Mohammed bin Zayed"),
        ("Volodymyr Lind", "Vladimir Lind"),
        ("Zaid Nour", "Saeed Nour"),
        ("Zayed Nour", "Zaid Nour"),
        ("Ahmet Demir", "Ahmed Demir"),
        ("Abdi Nour", "Abdul Nour"),
        ("Al Nour", "Nour"),
        ("Salem Nour", "Salim Nour"),
    ],
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert spell(one) != spell(other)


def test_the_table_says_everything_once_and_in_folded_form() -> None:
    table = files("pipelines.news").joinpath("data/spellings.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    every = [name for row in rows for name in (row["spelling"], *row["variants"].split("|"))]
    assert len(set(map(fold, every))) == len(every)
    assert all(fold(row["spelling"]) == row["spelling"] for row in rows)
    assert [row["spelling"] for row in rows] == sorted(row["spelling"] for row in rows)


@given(st.lists(st.sampled_from(["Abdel", "abd al", "Fuad", "Rahman", "-", "x", "al-Nour"])))
def test_a_spelled_name_is_spelled_as_itself(parts: list[str]) -> None:
    assert spell(spell(" ".join(parts))) == spell(" ".join(parts))
