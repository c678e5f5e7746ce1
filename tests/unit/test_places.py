"""Folded names of places and peoples lead to one place each."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files

import pycountry
import pytest

from pipelines.news.folding import fold
from pipelines.news.places import city, country, country_of_people, country_titles


def table() -> Iterator[dict[str, str]]:
    with files("pipelines.news").joinpath("data/countries.csv").open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def claims(column: str) -> dict[str, set[str]]:
    """Folded names in a column -> the codes of the countries that claim them."""
    claimed = defaultdict(set)
    for row in table():
        for name in filter(None, row[column].split("|")):
            claimed[fold(name)].add(row["code"])
    return claimed


def test_every_name_in_iso_3166_leads_to_its_country() -> None:
    for entry in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            # News that says "Congo" means the larger of the two.
            if (name := getattr(entry, field, None)) and name != "Congo":
                assert country(fold(name)) == entry.alpha_2
    assert country("congo") == "CD"


def test_every_country_has_a_title_that_leads_to_it() -> None:
    titles = country_titles()
    known = {entry.alpha_2 for entry in pycountry.countries} | {row["code"] for row in table()}
    assert set(titles) == known
    assert {code: country(fold(title)) for code, title in titles.items()} == {
        code: code for code in known
    }


@pytest.mark.parametrize(
    ("code", "title"),
    [("DK", "Denmark"), ("NL", "Netherlands"), ("PS", "Palestine"), ("RU", "Russia")],
)
def test_titles_are_those_in_common_use(code: str, title: str) -> None:
    assert country_titles()[code] == title


@pytest.mark.parametrize("column", ["aliases", "demonyms"])
def test_no_name_of_our_own_is_claimed_by_two_countries(column: str) -> None:
    assert {name: codes for name, codes in claims(column).items() if len(codes) > 1} == {}


def test_our_own_names_lead_to_their_country() -> None:
    assert all({country(name)} == codes for name, codes in claims("aliases").items())
    assert all({country_of_people(name)} == codes for name, codes in claims("demonyms").items())


def test_a_plural_leads_where_its_singular_does() -> None:
    for name, codes in claims("demonyms").items():
        assert {country_of_people(f"{name}s")} == codes


def test_our_own_table_has_a_row_a_country() -> None:
    codes = [row["code"] for row in table()]
    known = {entry.alpha_2 for entry in pycountry.countries} | {"XK"}
    assert len(set(codes)) == len(codes) and set(codes) <= known


@pytest.mark.parametrize(
    ("name", "country_code"),
    [("Ankara", "TR"), ("São Paulo", "BR"), ("Paris", "FR"), ("Reykjavík", "IS"), ("Łódź", "PL")],
)
def test_a_city_that_dwarfs_others_of_its_name_is_meant(name: str, country_code: str) -> None:
    found = city(fold(name))
    assert found is not None and found.country_code == country_code


def test_a_name_of_several_cities_of_like_size_means_none() -> None:
    assert city("springfield") is None
    assert city("no such place") is None


def test_what_folds_to_nothing_is_no_place() -> None:
    assert country("") is country_of_people("") is country_of_people("s") is None
    assert city("") is None
