"""Places of one name are told apart by what else an article names."""

import csv
from importlib.resources import files

import pytest

from pipelines.news.folding import fold
from pipelines.news.namesakes import tell_apart
from pipelines.news.places import country, place_in
from pipelines.news.resolver import by_tables


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
        ("Mérida", [("Spain", "GPE"), ("Venezuela", "GPE")], "Mérida"),  # two would do
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


def test_every_place_in_the_table_is_one_in_each_of_its_countries() -> None:
    table = files("pipelines.news").joinpath("data/namesakes.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        usual, *others = row["countries"].split("|")
        folded = fold(row["name"])
        assert others
        assert all(place_in(folded, code) for code in others), row
        assert country(folded) == usual or place_in(folded, usual), row
