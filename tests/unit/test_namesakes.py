"""Places of one name are told apart by what else an article names."""

import csv
from importlib.resources import files

import pycountry
import pytest

from pipelines.news.namesakes import tell_apart
from pipelines.news.resolver import by_tables

TABLE = files("pipelines.news").joinpath("data/namesakes.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TABLE.splitlines()))


def told(name: str, *others: tuple[str, str]) -> str:
    return tell_apart([(name, "GPE"), *others]).get(name, name)


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("Tripoli", [], "Tripoli"),
        ("Tripoli", [("Lebanese", "NORP")], "Tripoli, Lebanon"),
        ("Tripoli", [("Beirut", "GPE")], "Tripoli, Lebanon"),
        (
            "Tripoli",
            [("Lebanon", "GPE"), ("Libya", "GPE")],
            "Tripoli",
        ),  # the usual one is named too
        ("Tripoli", [("Egypt", "GPE")], "Tripoli"),
        ("Georgia", [("U.S.", "GPE"), ("Atlanta", "GPE")], "Georgia, United States"),
        ("Georgia", [("U.S.", "GPE"), ("Tbilisi", "GPE")], "Georgia"),
        ("Mérida", [("Spain", "GPE"), ("Venezuela", "GPE")], "Mérida, Mexico"),  # two would do
        ("Toledo", [], "Toledo, Spain"),  # by itself it would be a region of Belize
        ("Paris", [("U.S.", "GPE")], "Paris"),  # not in the table
    ],
)
def test_the_country_that_is_spoken_of_decides(
    name: str, others: list[tuple[str, str]], expected: str
) -> None:
    assert told(name, *others) == expected


def test_a_place_that_says_its_country_is_found_there() -> None:
    lebanon, libya = by_tables("Tripoli, Lebanon", "GPE"), by_tables("Tripoli", "GPE")
    assert (lebanon.country_code, libya.country_code) == ("LB", "LY")
    assert lebanon.entity_key.startswith("city:")
    assert by_tables("Georgia, United States", "GPE").entity_key.startswith("region:")
    assert by_tables("Georgia", "GPE").entity_key == "country:GE"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_every_place_is_found_in_the_country_that_an_article_speaks_of(row: dict[str, str]) -> None:
    usual, *others = row["countries"].split("|")
    assert others
    for code in (usual, *others):
        (entry,) = (one for one in pycountry.countries if one.alpha_2 == code)
        name = told(row["name"], (entry.name, "GPE"))
        assert by_tables(name, "GPE").country_code == code
    assert by_tables(told(row["name"]), "GPE").country_code == usual
