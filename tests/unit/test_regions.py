"""First-level regions, and whether a name means the city or the region."""

import pytest

from pipelines.news.folding import fold
from pipelines.news.places import City, city_or_region
from pipelines.news.regions import Region, region, without_kind
from pipelines.news.resolver import by_tables


def where(name: str) -> tuple[type[City | Region], str] | None:
    place = city_or_region(fold(name))
    return (type(place), place.country_code) if place else None


@pytest.mark.parametrize(
    "names",
    [
        ["Anbar", "Anbar province", "Al-Anbar Governorate", "Al Anbar", "the province of Anbar"],
        ["Idlib province", "Idlib Governorate", "province of Idlib"],
        ["California", "State of California", "state of California"],
        ["Donetsk region", "Donetsk Oblast"],
        ["Bavaria", "Free State of Bavaria", "Bayern"],
        ["Deir ez-Zor province", "Deir al-Zor governorate", "Deir Ezzor province"],
    ],
    ids=lambda names: names[0],
)
def test_a_region_is_one_whatever_it_is_called(names: list[str]) -> None:
    found = {region(fold(name)) for name in names}
    assert len(found) == 1 and None not in found


@pytest.mark.parametrize(
    ("name", "kind", "country_code"),
    [
        ("Idlib", City, "SY"),  # lies in the region of its name
        ("Idlib province", Region, "SY"),
        ("Mosul city", City, "IQ"),
        ("New York", City, "US"),
        ("New York state", Region, "US"),
        ("Washington", City, "US"),  # a capital, though the state has more people
        ("Washington state", Region, "US"),
        ("Florida", Region, "US"),  # not the town in Uruguay
        ("Moscow", City, "RU"),
        ("Moscow region", Region, "RU"),
        ("Gaza Strip", Region, "PS"),
    ],
)
def test_the_bigger_place_wins_by_rule_only(
    name: str, kind: type[City | Region], country_code: str
) -> None:
    assert where(name) == (kind, country_code)


@pytest.mark.parametrize("name", ["Central", "Nord", "Sahel region", "Kurdistan", "no such place"])
def test_what_several_regions_are_called_or_none_is_no_region(name: str) -> None:
    assert region(fold(name)) is None


def test_countries_go_before_regions_of_their_name() -> None:
    for name in ("Georgia", "Luxembourg", "Republic of Iraq", "Dominican Republic"):
        assert by_tables(name, "GPE").rule == "country"


def test_a_region_has_its_country_and_its_geonames_id() -> None:
    found = by_tables("Anbar province", "LOC")
    assert (found.entity_type, found.entity_key) == ("GPE", "region:99592")
    assert (found.country_code, found.geoname_id, found.rule) == ("IQ", 99592, "region")


def test_only_a_region_has_a_kind() -> None:
    assert without_kind("anbar province") == without_kind("province of anbar") == "anbar"
    assert without_kind("anbar") is None
    assert without_kind("province") is None
