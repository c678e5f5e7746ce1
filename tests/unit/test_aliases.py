"""The alias file says who is meant by names that say it not themselves."""

from collections import Counter
from importlib.resources import files

import pytest

from pipelines.news.folding import fold
from pipelines.news.places import country, country_of_people
from pipelines.news.resolver import AliasError, alias_rows, by_tables, resolver

SHIPPED = files("pipelines.news").joinpath("data/aliases.csv").read_text(encoding="utf-8")
HEAD = "entity_type,name,aliases\n"


def key(name: str, entity_type: str = "ORG") -> tuple[str, str]:
    found = resolver().resolve(name, entity_type)
    assert found
    return found.entity_type, found.entity_key


@pytest.mark.parametrize(
    "names",
    [
        ["Popular Mobilization Forces", "PMF", "Hashd al-Shaabi", "Popular Mobilisation Forces"],
        ["Islamic State", "ISIS", "ISIL", "Daesh"],
        ["United Nations", "UN", "U.N."],
        ["UN Security Council", "United Nations Security Council", "UNSC"],
        ["African Union", "AU"],
        ["International Atomic Energy Agency", "IAEA"],
        ["Syrian Democratic Forces", "SDF"],
        ["People's Protection Units", "People’s Protection Units", "YPG"],
        ["Kurdistan Workers' Party", "Kurdistan Workers Party", "PKK"],
        ["Hezbollah", "Hizbullah", "Hizballah"],
        ["Agence France Presse", "Agence France-Presse", "AFP"],
    ],
    ids=lambda names: names[0],
)
def test_all_names_of_a_body_are_one_entity(names: list[str]) -> None:
    assert len({key(name) for name in names}) == 1


def test_bodies_of_like_names_are_not_one() -> None:
    assert key("Kata'ib Hezbollah") == key("Kataib Hezbollah") != key("Hezbollah")
    assert key("OPEC") != key("UN")


@pytest.mark.parametrize(
    "names",
    [
        ["Recep Tayyip Erdogan", "Recep Tayyip Erdoğan", "Erdoğan"],
        ["Mohammed Shia Al-Sudani", "Mohammed Shia al-Sudani", "Muhammad Shia al Sudani"],
        ["Fouad Hussein", "Fuad Hussein", "Fuad Hussain"],
        ["Bashar al-Assad", "Bashar Assad", "Bashar Al Assad"],
        ["Sergei Shoigu", "Sergey Shoygu", "Shoigu"],
    ],
    ids=lambda names: names[0],
)
def test_all_names_of_a_person_are_one_entity(names: list[str]) -> None:
    assert len({key(name, "PERSON") for name in names}) == 1


def test_a_body_and_a_person_are_known_whatever_the_recogniser_took_them_for() -> None:
    assert key("Hezbollah", "GPE") == key("Hezbollah", "ORG")
    assert key("Macron", "ORG") == key("Emmanuel Macron", "PERSON")


def test_a_person_who_is_called_like_a_news_agency_stays_a_person() -> None:
    assert key("Wafa", "ORG") == key("Palestine News Agency", "ORG")
    assert key("Wafa", "PERSON") == ("PERSON", "wafa")


def test_no_shipped_alias_means_two_things_or_a_country() -> None:
    counts = Counter(fold(row.alias) for row in alias_rows(SHIPPED))
    assert [alias for alias, count in counts.items() if count > 1 or not alias] == []
    assert [alias for alias in counts if country(alias) or country_of_people(alias)] == []


def test_ones_own_file_goes_before_the_shipped_one_and_changes_the_version() -> None:
    own = resolver(f"{HEAD}ORG,Quay Watch,SDF|Harbour Watch\n")
    assert own.version != resolver().version
    watch = by_tables("Quay Watch", "ORG")
    for name, label in (("SDF", "ORG"), ("Harbour Watch", "GPE"), ("quay watch", "PERSON")):
        found = own.resolve(name, label)
        assert found
        assert (found.entity_key, found.rule) == (watch.entity_key, "alias")


def test_an_alias_of_a_country_a_city_or_a_shipped_alias_is_that() -> None:
    own = resolver(
        f"{HEAD}GPE,Türkiye,Anatolian Republic\nGPE,Nairobi,Green City\nORG,PKK,Kongra\n"
    )
    for name, other in (("Anatolian Republic", "Turkey"), ("Green City", "Nairobi")):
        found, expected = own.resolve(name, "GPE"), own.resolve(other, "GPE")
        assert found and expected
        assert (found.entity_key, found.country_code) == (
            expected.entity_key,
            expected.country_code,
        )
    kongra = own.resolve("Kongra", "ORG")
    assert kongra and ("ORG", kongra.entity_key) == key("PKK")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}ORG,A,Both\nORG,B,both\n",
        f"{HEAD}ORG,A,Both|B\nPERSON,B,\n",
        "a\n",
        f"{HEAD}X,A,B\n",
        f"{HEAD}ORG,A\n",
    ],
)
def test_a_file_that_says_two_things_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(AliasError):
        resolver(text)


def test_an_alias_of_one_spelling_of_a_person_is_that_of_all() -> None:
    own = resolver(f"{HEAD}PERSON,Fuad Masum,Ida Husayn\n")
    found = {
        resolved.entity_key
        for name in ("Ida Husayn", "Ida Hussein", "Fouad Masum")
        if (resolved := own.resolve(name, "PERSON"))
    }
    assert found == {by_tables("Fuad Masum", "PERSON").entity_key}
