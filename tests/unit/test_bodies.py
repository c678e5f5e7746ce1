"""Bodies that every country has: whose they are, by names that say it."""

import pytest

from pipelines.news.bodies import Body, body, common_body
from pipelines.news.resolver import by_tables

TURKISH_DEFENSE = Body("TR", "defense ministry")


@pytest.mark.parametrize(
    "name",
    [
        "Turkish Defense Ministry",
        "Turkish Ministry of Defence",
        "Türkiye's Defense Ministry",
        "Turkey's Ministry of Defense",
        "Defense Ministry of Turkey",
        "Ministry of Defense of the Republic of Türkiye",
        "Republic of Türkiye Ministry of Defense",
    ],
)
def test_all_ways_to_say_whose_and_which_are_one(name: str) -> None:
    assert body(name) == TURKISH_DEFENSE
    found = by_tables(name, "ORG")
    assert (found.entity_key, found.rule) == ("body:TR:defense ministry", "body")
    assert found.country_code == "TR"


def test_affairs_are_left_out() -> None:
    assert body("Iraqi Ministry of Foreign Affairs") == body("Iraq's Foreign Ministry")
    assert common_body("Religious Affairs Ministry") == "religious ministry"


@pytest.mark.parametrize(
    "name",
    [
        "Defense Ministry",
        "Georgia Senate",
        "Turkish Airlines",
        "Bank of Iraq",
        "Kurdish Parliament",
        "Iraqi",
        "",
        "Turkey",
    ],
)
def test_what_says_not_both_is_no_countrys_body(name: str) -> None:
    assert body(name) is None


def test_bodies_of_two_countries_are_two() -> None:
    assert body("Iraqi Parliament") != body("Iranian Parliament")
    assert by_tables("U.S. Senate", "ORG").entity_key == "body:US:senate"
    assert by_tables("Senate", "ORG").entity_key == "senate"
