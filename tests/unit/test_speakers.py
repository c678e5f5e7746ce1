"""Who spoke: the subject of the verb, or nobody when the text leaves a doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.quoting import quoted, told

DEMIR, MOE = "{Ayla Demir|PERSON}", "{Ida Moe|PERSON}"
LATE = "“It is late and it is cold,”"


def speaker(*paragraphs: str) -> str | None:
    """Who said the last quotation."""
    return told(*paragraphs)[-1][1]


@pytest.mark.parametrize(
    "paragraph",
    [
        # after the verb
        f"{LATE} said Dr. {DEMIR}, a nurse from Izmir.",
        f"{LATE} said {{Pentagon|ORG}} spokeswoman {DEMIR}.",
        f"{LATE} said {{Turkish|NORP}} Energy Minister {DEMIR}.",
        f"{LATE} said {MOE}’s lawyer, {DEMIR}.",
        f"{LATE} said a trader, {DEMIR}, reached by telephone.",
        f"{LATE} said {DEMIR} of the {{Harbour Board|ORG}}.",
        f"{LATE} said its spokeswoman, {{Brig|PERSON}}. Gen. {DEMIR}.",
        f"According to {DEMIR}, who works with {MOE}, “the market is closed today.”",
        # before the verb
        f"{LATE} Mrs. {DEMIR} said.",
        f"{LATE} {DEMIR} told {MOE}.",
        f"{LATE} {DEMIR} told the {{Guardian|ORG}} on Monday.",
        f"{LATE} {DEMIR}, who works for the {{Harbour Board|ORG}}, said later.",
        f"{LATE} {DEMIR}, 44, a baker from Mosul, Iraq, said.",
        f"{LATE} its director, {DEMIR}, said.",
        f"{DEMIR} of the Basra date growers’ union called it “a glass of water for a burning house.”",
        f"A spokeswoman for the {{Harbour Board|ORG}}, {DEMIR}, said it would “open the gates by noon.”",
        f"{DEMIR} said {MOE} had “signed what she did not read.”",
        f"{DEMIR} met {MOE} on Sunday, adding that the road “was as dark as ever.”",
        f"A member of the {{Houthi|ORG}} delegation, {DEMIR}, told reporters that “there is no other port.”",
        f"{DEMIR} thanked the crowd and said: “It was a long night.”",
        f"{DEMIR} on Monday was quoted by {{Tasnim|ORG}} as saying: “It was a long night.”",
        f"{{Tasnim|ORG}} quoted prosecutor {DEMIR} as saying: “It was a long night.”",
        f"What followed was, in {DEMIR}’s words, “a very polite kind of panic.”",
        f"{LATE} {{Keating|PERSON|Ayla Demir}} said.",
        # no verb
        f"{DEMIR} had a short answer for them: “It was a long night.”",
        f"{DEMIR} shrugged. “It was a long night.”",
    ],
)
def test_the_subject_of_the_verb_speaks(paragraph: str) -> None:
    assert speaker(paragraph) == "Ayla Demir"


@pytest.mark.parametrize(
    "paragraph",
    [
        f"{LATE} said a neighbor of {DEMIR}.",
        f"{LATE} a spokesman for the {{Harbour Board|ORG}} said.",
        f"{LATE} residents told {DEMIR}.",
        f"{LATE} the lawyer told {DEMIR}.",
        f"{LATE} {DEMIR}’s lawyer said.",
        f"{LATE} one of the drivers told the {{Guardian|ORG}}.",
        f"{DEMIR} left. {LATE} said Ruwan Jayalath, a baker.",
        f"{DEMIR} was called “the quietest woman in Izmir.”",
        f"{DEMIR} left. The ministry said: “We know nothing about it.”",
    ],
)
def test_a_name_that_is_not_the_subject_does_not_speak(paragraph: str) -> None:
    assert speaker(paragraph) is None


def test_a_name_is_no_verb() -> None:
    paragraph = f"{DEMIR} said the {{United States|GPE}} had “exhausted all means of pressure.”"
    assert told(paragraph)[0][1:] == ("Ayla Demir", "said")


def test_what_is_described_or_stated_by_somebody_is_said_by_them() -> None:
    assert speaker(f"It was described by {DEMIR} as “the quietest town in Izmir.”") == "Ayla Demir"
    assert speaker("A statement by the {Harbour Board|ORG} spoke of “a very small leak.”") == (
        "Harbour Board"
    )


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        # What the article says of people elsewhere tells who may be "she".
        ([f"Mr. {MOE} left.", f"{DEMIR} met {MOE}. {LATE} she said."], "Ayla Demir"),
        ([f"His wife, {MOE}, left.", f"{DEMIR} met {MOE}. {LATE} he said."], "Ayla Demir"),
        ([f"{MOE} said he was ill.", f"{DEMIR} met {MOE}. {LATE} she said."], "Ayla Demir"),
        # An object of a preposition, an owner and who is named by the speaker are not meant.
        ([f"{DEMIR} took over from {MOE} in May. {LATE} she said."], "Ayla Demir"),
        ([f"{MOE}’s sister {DEMIR} came. {LATE} she said."], "Ayla Demir"),
        ([f"{DEMIR} met {MOE}. “{MOE} is late and it is cold,” she said."], "Ayla Demir"),
        ([f"{DEMIR} came. Asked whether {MOE} would, she said: “No, not today.”"], "Ayla Demir"),
        # What is said in quotation marks is no part of the story.
        ([f"{DEMIR} spoke. “I saw {MOE} there,” she said. {LATE} she added."], "Ayla Demir"),
        # Somebody else acts.
        ([f"{DEMIR} left.", f"One agent, who was there, sat down. {LATE} he said."], None),
        ([f"{DEMIR} left.", f"The two men shook hands. {LATE} he said."], None),
        ([f"{DEMIR} left.", "A driver stayed.", f"{LATE} he said."], None),
        ([f"{DEMIR} left for Rome with Ana Alvarado.", f"Alvarado wept. {LATE} she said."], None),
        ([f"{DEMIR} met {MOE}. {LATE} she said."], None),
    ],
)
def test_a_pronoun_means_whom_the_article_lets_it(
    paragraphs: list[str], expected: str | None
) -> None:
    assert speaker(*paragraphs) == expected


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (
            [f"Fisheries Minister {DEMIR} came.", f"{MOE} left. {LATE} the minister said."],
            "Ayla Demir",
        ),
        (
            [f"{DEMIR}, the town’s librarian, came.", f"{MOE} left. {LATE} the librarian said."],
            "Ayla Demir",
        ),
        ([f"Gen. {DEMIR} came.", f"{MOE} left. {LATE} the general said."], "Ayla Demir"),
        (
            [f"The head of the union, {DEMIR}, came.", f"{MOE} left. {LATE} the head said."],
            "Ayla Demir",
        ),
        ([f"Mayor {DEMIR} and Mayor {MOE} came. {LATE} the mayor said."], None),
        ([f"{DEMIR} came. {LATE} the mayor said."], None),
        ([f"{DEMIR} scored twice. {LATE} the 35-year-old said."], "Ayla Demir"),
    ],
)
def test_an_office_means_the_only_one_who_holds_it(
    paragraphs: list[str], expected: str | None
) -> None:
    assert speaker(*paragraphs) == expected


def test_a_body_is_meant_by_its_kind() -> None:
    board = "The {Harbour Board|ORG} met."
    assert speaker(f"{board} {LATE} it said.") == "Harbour Board"
    assert speaker(f"{board} {LATE} the group said.") == "Harbour Board"
    assert speaker(f"{board} {LATE} the ministry said.") is None
    assert speaker(board, f"The energy ministry was silent. {LATE} it said.") is None
    ministry = "The {Planning Ministry|ORG} wrote."
    assert speaker(f"{ministry} {LATE} the ministry said.") == "Planning Ministry"


def test_names_in_a_dateline_speak_no_more_than_those_in_a_credit() -> None:
    assert speaker("BERGEN ({AP|ORG}) — It rained.", f"{LATE} it said.") is None


def test_a_surname_that_was_taken_for_a_town_is_the_person() -> None:
    assert speaker(f"{DEMIR} came.", f"Demir, 44, wept. {LATE} she said.") == "Ayla Demir"
    assert speaker(f"{DEMIR} came.", f"{LATE} Demir said.") == "Ayla Demir"


def test_a_person_taken_for_a_body_is_known_by_the_office_before() -> None:
    assert (
        speaker(DEMIR, f"Its captain, {{Mats Lervik|ORG}}, sat. {LATE} he said.") == "Mats Lervik"
    )


def test_who_acts_in_between_takes_the_word() -> None:
    assert told(f"{LATE} said {DEMIR}. {MOE} shrugged. “It was a long night.”")[-1][1] is None
    assert speaker(f"{LATE} said {DEMIR}. She shrugged. “It was a long night.”") == "Ayla Demir"


WORDS = [
    "he",
    "she",
    "it",
    "said",
    "told",
    "the minister",
    "who",
    "and",
    "of",
    "a driver",
    "Mr.",
    "’s",
]
MARKS = [",", ".", "—", "–", ":", "“It is late,”", "“Go.”", "{Ayla Demir|PERSON}", "{Moe|ORG}"]


@given(st.lists(st.lists(st.sampled_from([*WORDS, *MARKS]), max_size=30), max_size=3))
def test_a_speaker_is_a_name_of_the_article(paragraphs: list[list[str]]) -> None:
    for one in quoted(*(" ".join(words) for words in paragraphs)):
        if one.speaker:
            assert (one.speaker.name, one.speaker.label) in {
                ("Ayla Demir", "PERSON"),
                ("Moe", "ORG"),
            }
