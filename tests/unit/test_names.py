"""Mentions get names by their article alone, and names get entities by themselves alone."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.news.chaining import name_mentions
from pipelines.news.folding import fold
from pipelines.news.names import normalise
from pipelines.news.places import city
from pipelines.news.resolver import Resolved, by_tables, resolver

LABELS = ("PERSON", "NORP", "ORG", "GPE", "LOC", "FAC", "EVENT", "DATE")

labels = st.sampled_from(LABELS)
resolve = resolver().resolve
# Pieces that names are made of and that rules are about, beside arbitrary text.
pieces = st.sampled_from(
    ["the ", "The ", "President ", "Dr. ", "’s", "'", "“", "”", "(", ".", "U.S.", " ", "-", "al-"]
    + ["Akar", "Hulusi", "Erdoğan", "İ", "ﷺ", "北京", "\u00b4", "Turkey", "s'", "\u200b", "\u0301"]
)
surfaces = st.one_of(st.text(max_size=20), st.lists(pieces, max_size=8).map("".join))
people = st.sampled_from(
    [
        "Hulusi Akar",
        "HULUSI AKAR",
        "Akar",
        "Mr. Akar",
        "Akar's",
        "Ayşe Akar",
        "Al-Akar",
        "Karine Jean",
    ]
    + [
        "Karine Jean-Pierre",
        "Jean-Pierre",
        "Pierre",
        "Rosa Pierre",
        "Hulusi",
        "President Hulusi Akar",
    ]
)
mentions = st.lists(
    st.one_of(
        st.tuples(people, st.just("PERSON")), st.tuples(people, labels), st.tuples(surfaces, labels)
    ),
    max_size=10,
)


def persons(*surfaces: str) -> list[str]:
    return name_mentions([(surface, "PERSON") for surface in surfaces])


def code(name: str, entity_type: str = "GPE") -> str | None:
    found = resolve(name, entity_type)
    return found.country_code if found else None


def key(name: str, entity_type: str) -> tuple[str, str]:
    found = resolve(name, entity_type)
    assert found is not None
    return found.entity_type, found.entity_key


@pytest.mark.parametrize(
    ("surface", "name"),
    [
        ("President Rosa Lindqvist", "Rosa Lindqvist"),
        ("Former Prime Minister Rosa Lindqvist", "Rosa Lindqvist"),
        ("the late Sen. Rosa Lindqvist", "Rosa Lindqvist"),
        ("Deputy Foreign Minister Dr. Rosa Lindqvist's", "Rosa Lindqvist"),
        ("ex-president Rosa Lindqvist", "Rosa Lindqvist"),
        ("Secretary-General Rosa Lindqvist", "Rosa Lindqvist"),
        ("MR. LINDQVIST", "LINDQVIST"),
        ("Generali", "Generali"),
        ("President", "President"),
        ("Rosa Lindqvist, President", "Rosa Lindqvist, President"),
    ],
)
def test_titles_before_a_person_are_dropped(surface: str, name: str) -> None:
    assert normalise(surface, "PERSON") == name


def test_titles_are_dropped_from_people_only() -> None:
    assert normalise("General Dynamics", "ORG") == "General Dynamics"
    assert normalise("King County", "GPE") == "King County"


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ", "`", "´", "′"])
def test_possessives_are_dropped_with_any_apostrophe(apostrophe: str) -> None:
    assert normalise(f"Kenya{apostrophe}s", "GPE") == "Kenya"
    assert normalise(f"the Greens{apostrophe}", "ORG") == "Greens"
    assert normalise(f"d{apostrophe}Ivoire", "GPE") == "d'Ivoire"


@pytest.mark.parametrize(
    "surface", ["“Quay Watch”", '"Quay Watch"', "«Quay Watch»", "(Quay Watch)", "Quay Watch,"]
    + ["Quay  Watch", " Quay\u00a0Watch\n", "Quay Watch.", "‘Quay Watch’s’", "the “Quay Watch”"]
)  # fmt: skip
def test_quotes_brackets_stops_and_spaces_around_a_name_are_dropped(surface: str) -> None:
    assert normalise(surface, "ORG") == "Quay Watch"


@pytest.mark.parametrize(
    ("surface", "name"),
    [
        ("U.S.", "U.S."),
        ("the U.S.", "U.S."),
        ("the U.S.’s", "U.S."),
        ("“U.S.”", "U.S."),
        ("U.S", "U.S"),
        ("Washington, D.C.", "Washington, D.C."),
        ("Nairobi.", "Nairobi"),
        ("quay.example.", "quay.example"),
    ],
)
def test_initials_keep_their_last_dot_and_a_sentence_does_not(surface: str, name: str) -> None:
    assert normalise(surface, "GPE") == name


def test_the_article_before_a_name_is_dropped_but_in_a_date() -> None:
    assert normalise("The Black Sea", "LOC") == "Black Sea"
    assert normalise("the", "LOC") == "the"
    assert normalise("Theresa", "GPE") == "Theresa"
    assert normalise("the 1990s", "DATE") == "the 1990s"


def test_forms_of_one_letter_are_one() -> None:
    assert normalise("ﬁnland", "GPE") == normalise("finland", "GPE")
    assert normalise("Tu\u0308rkiye", "GPE") == normalise("Türkiye", "GPE") == "Türkiye"


@given(surfaces, labels)
@example("'s", "ORG")
@example("...", "PERSON")
@example("President the Dr.", "PERSON")
def test_a_name_is_never_empty_and_never_padded(surface: str, label: str) -> None:
    name = normalise(surface, label)
    if surface.strip():
        assert name and name == name.strip()
        assert " ".join(name.split()) == name


@given(st.text(max_size=20))
def test_folded_names_are_single_spaced_and_fold_to_themselves(text: str) -> None:
    folded = fold(text)
    assert folded.isascii() and folded == folded.casefold()
    assert " ".join(folded.split()) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bashar al-Nour", "Bashar Nour"),
        ("Abdel el-Masri", "ABDEL EL-MASRI"),
        ("Łukasz Żak", "Lukasz Zak"),
        ("O’Neill", "ONeill"),
        ("U.S.", "US"),
        ("Jean-Pierre", "Jean Pierre"),
        ("Erdoğan", "ERDOGAN"),
    ],
)
def test_spellings_of_one_name_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_an_arabic_article_that_is_no_article_stays() -> None:
    assert fold("Alberta") == "alberta"
    assert fold("Al Jazeera") == "al jazeera"
    assert fold("Montréal-Nord") == "montreal nord"


def test_a_surname_stands_for_the_one_full_name_that_ends_in_it() -> None:
    assert persons("Akar", "Hulusi Akar", "Mr. Akar’s") == ["Hulusi Akar"] * 3
    assert persons("Hulusi Akar", "al-Akar", "AKAR") == ["Hulusi Akar"] * 3


def test_a_surname_that_fits_two_people_stays_as_it_is() -> None:
    assert persons("Hulusi Akar", "Ayşe Akar", "Akar") == ["Hulusi Akar", "Ayşe Akar", "Akar"]


def test_two_spellings_of_a_person_are_one_person_called_by_the_more_frequent() -> None:
    assert persons("Ayşe Akar", "Ayse Akar", "Ayse Akar", "Akar")[-1] == "Ayse Akar"
    assert persons("Ayse Akar", "Ayşe Akar", "Ayşe Akar", "Akar")[-1] == "Ayşe Akar"


def test_a_first_name_stands_for_the_one_full_name_that_begins_with_it() -> None:
    assert persons("Hulusi Akar", "Hulusi") == ["Hulusi Akar"] * 2
    assert persons("Hulusi Akar", "Hulusi Demir", "Hulusi")[-1] == "Hulusi"
    assert persons("Bae Sung-wook", "Bae") == ["Bae Sung-wook"] * 2
    assert persons("Ed Akar", "Ed") == ["Ed Akar", "Ed"]  # too short to say much
    assert persons("Abu Talib Noor", "Abu")[-1] == "Abu"  # no name by itself


def test_a_middle_name_stands_for_the_one_full_name_that_has_it() -> None:
    assert persons("Graciela Monteagudo Paz", "Monteagudo")[-1] == "Graciela Monteagudo Paz"


def test_first_and_last_of_three_stand_for_the_full_name() -> None:
    assert persons("Mohammed Shia Al-Noor", "Muhammad al-Noor", "al-Noor") == (
        ["Mohammed Shia Al-Noor"] * 3
    )
    assert persons("Rosa Ann Lind", "Rosa May Lind", "Rosa Lind")[-1] == "Rosa Lind"


def test_of_ever_longer_forms_the_longest_is_meant() -> None:
    assert persons("Lind", "Rosa Lind", "Rosa May Lind") == ["Rosa May Lind"] * 3
    assert persons("Lind", "May Lind", "Rosa May Lind", "Ida Lind")[0] == "Lind"


def test_spellings_of_one_arabic_name_are_one_person_within_an_article() -> None:
    assert persons("Fouad al-Janabi", "Fuad al-Janabi", "Fouad al-Janabi", "Fuad") == (
        ["Fouad al-Janabi", "Fuad al-Janabi", "Fouad al-Janabi", "Fouad al-Janabi"]
    )
    assert persons("Abdel-Fattah Nour", "Abdulfattah Hamid Nour") == ["Abdulfattah Hamid Nour"] * 2


def bodies(*surfaces: str) -> list[str]:
    return name_mentions([(surface, "ORG") for surface in surfaces])


@pytest.mark.parametrize(
    ("acronym", "full"),
    [
        ("QWA", "Quay Watch Association"),
        ("Q.W.A.", "Quay Watch Association"),
        ("FAO", "Food and Agriculture Organization"),
        ("BfV", "Bundesamt fuer Verfassungsschutz"),
        ("HoC", "House of Commons"),
    ],
)
def test_initials_stand_for_the_one_body_of_the_article_that_has_them(
    acronym: str, full: str
) -> None:
    assert bodies(full, acronym) == [full, full]
    assert bodies(acronym) == [acronym]
    assert bodies(acronym, "Hira Group") == [acronym, "Hira Group"]


def test_initials_that_two_bodies_have_stand_for_neither() -> None:
    assert bodies("Quay Watch", "Quiet Waters", "QW")[-1] == "QW"
    assert bodies("Quay Watch", "Qw", "Quay") == ["Quay Watch", "Qw", "Quay"]


def test_a_hyphen_does_not_take_a_name_apart() -> None:
    assert persons("Karine Jean-Pierre", "Jean-Pierre") == ["Karine Jean-Pierre"] * 2
    assert persons("Jean-Pierre", "Pierre") == ["Jean-Pierre", "Pierre"]
    assert persons("Karine Jean-Pierre", "Pierre") == ["Karine Jean-Pierre", "Pierre"]


def test_only_people_are_called_by_a_persons_full_name() -> None:
    mentions = [("Rosa Kenya", "PERSON"), ("Kenya", "GPE"), ("Kenya", "PERSON")]
    assert name_mentions(mentions) == ["Rosa Kenya", "Kenya", "Rosa Kenya"]
    assert name_mentions([("Bank of Akar", "ORG"), ("Akar", "PERSON")]) == ["Bank of Akar", "Akar"]


def test_other_articles_do_not_matter() -> None:
    persons("Hulusi Akar")
    assert persons("Akar") == ["Akar"]


@given(mentions, st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_of_mentions(
    drawn: Sequence[tuple[str, str]], random: Random
) -> None:
    order = random.sample(range(len(drawn)), len(drawn))
    names = name_mentions(drawn)
    assert name_mentions([drawn[at] for at in order]) == [names[at] for at in order]


@given(mentions, st.integers(2, 3))
def test_an_article_that_says_everything_twice_gives_the_same_names(
    drawn: list[tuple[str, str]], times: int
) -> None:
    assert name_mentions(drawn * times) == name_mentions(drawn) * times


@given(mentions)
def test_a_mention_is_called_by_itself_or_by_a_full_name_of_its_article(
    drawn: list[tuple[str, str]],
) -> None:
    own = [normalise(surface, label) for surface, label in drawn]
    for name, alone, (_, label) in zip(name_mentions(drawn), own, drawn, strict=True):
        if name != alone:
            assert label in {"PERSON", "ORG"}
            assert name in own and len(fold(name).split()) > 1


@pytest.mark.parametrize(
    "name", ["Türkiye", "Turkey", "Republic of Türkiye", "TURKEY", "Republic of Turkey"]
)
def test_all_names_of_a_country_are_one_entity(name: str) -> None:
    expected = Resolved("GPE", "country:TR", "TR", None, "country")
    assert resolve(name, "GPE") == resolve(name, "LOC") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("U.S.", "US"),
        ("United States", "US"),
        ("U.K.", "GB"),
        ("Iran", "IR"),
        ("Syria", "SY"),
        ("Russia", "RU"),
        ("South Korea", "KR"),
        ("North Korea", "KP"),
        ("Cote d’Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Democratic Republic of Congo", "CD"),
        ("Palestine", "PS"),
        ("Kosovo", "XK"),
        ("Kurdistan", None),
    ],
)
def test_countries_have_their_iso_code(name: str, expected: str | None) -> None:
    assert code(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Turkish", "TR"),
        ("Turks", "TR"),
        ("Iraqis", "IQ"),
        ("Danes", "DK"),
        ("Swiss", "CH"),
        ("Frenchmen", "FR"),
        ("south korean", "KR"),
        ("Burkinabé", "BF"),
        ("Palestinians", "PS"),
    ],
)
def test_a_nationality_stands_for_its_country(name: str, expected: str) -> None:
    assert resolve(name, "NORP") == Resolved(
        "GPE", f"country:{expected}", expected, None, "demonym"
    )


@pytest.mark.parametrize(
    ("name", "entity_key"),
    [
        *[("Kurdish", "kurd"), ("Kurds", "kurd"), ("Yazidi", "yazidi"), ("Yazidis", "yazidi")],
        *[("Rohingya", "rohingya"), ("Sami", "sami"), ("Uyghurs", "uyghur"), ("Shia", "shiite")],
        *[("Druze", "druze"), ("Republicans", "republican"), ("Hausas", "hausa")],
    ],
)
def test_a_people_without_a_state_stays_its_own_in_all_its_forms(
    name: str, entity_key: str
) -> None:
    found = resolve(name, "NORP")
    assert found and (found.entity_type, found.entity_key) == ("NORP", entity_key)
    assert found.country_code is None


def test_a_demonym_of_two_countries_stands_for_neither() -> None:
    assert code("Congolese", "NORP") is None
    assert code("Dominican", "NORP") is None


def test_only_places_are_countries_and_only_peoples_nationalities() -> None:
    assert key("Jordan", "PERSON") == ("PERSON", "jordan")
    assert key("Chad", "PERSON") == ("PERSON", "chad")
    assert key("Turkish", "GPE") == ("GPE", "turkish")
    assert key("Turkey", "ORG") == ("ORG", "turkey")


def test_a_city_stands_for_its_geonames_place() -> None:
    assert resolve("Nairobi", "GPE") == Resolved("GPE", "city:184745", "KE", 184745, "city")
    assert resolve("Nairobi", "LOC") == resolve("NAIROBI", "GPE") == resolve("Nairobi", "GPE")


def test_a_city_whose_name_says_not_which_is_only_a_name() -> None:
    assert resolve("Springfield", "GPE") == Resolved(
        "GPE", "springfield", None, None, "folded_name"
    )


@pytest.mark.parametrize("name", ["Waterloo", "Victoria", "San Cristóbal"])
def test_what_others_call_a_city_is_no_city_that_is_called_so(name: str) -> None:
    assert city(fold(name)) is None


@pytest.mark.parametrize(("name", "other"), [("New York", "New York City"), ("Kiev", "Kyiv")])
def test_a_city_is_found_by_its_further_names(name: str, other: str) -> None:
    assert key(name, "GPE") == key(other, "GPE")


def test_gaza_is_the_strip_and_gaza_city_its_city() -> None:
    assert key("Gaza", "GPE") == key("Gaza Strip", "GPE") != key("Gaza City", "GPE")


def test_a_country_goes_before_a_city_of_its_name() -> None:
    assert key("Singapore", "GPE") == ("GPE", "country:SG")


def test_a_date_names_no_entity() -> None:
    assert resolve("Tuesday", "DATE") is None
    assert resolve("May", "DATE") is None


def test_equal_names_of_different_types_are_different_entities() -> None:
    assert key("Harbour Party", "ORG") != key("Harbour Party", "EVENT")


def test_similar_names_are_never_merged() -> None:
    assert key("Mohammed bin Salem", "PERSON") != key("Mohammed bin Selim", "PERSON")


@given(surfaces.filter(str.strip), labels)
def test_a_key_is_the_same_at_every_asking(name: str, label: str) -> None:
    found = resolve(name, label)
    by_tables.cache_clear()
    assert resolve(name, label) == found
    assert (found is None) == (label == "DATE")
    if found:
        assert found.entity_key.strip()


@given(st.text(alphabet="aßﷺ北 .", min_size=1).filter(str.strip), st.integers(1, 400))
def test_keys_are_bounded_and_long_names_stay_apart(name: str, times: int) -> None:
    _, one = key(name * times, "ORG")
    _, other = key(f"{name * times}b", "ORG")
    assert len(one.encode()) <= 600 and len(other.encode()) <= 600
    assert one != other
