"""Direct speech: what is quoted, who said it, and what is no speech."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.ner import read_batch
from pipelines.news.quotations import Passage, find_quotations
from pipelines.news.records import ArticleText
from tests.unit.quoting import told

DEMIR = "{Ayla Demir|PERSON}"


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        (f"“We will open it,” {DEMIR} said.", [("We will open it,", "Ayla Demir", "said")]),
        (f'"We will open it," said {DEMIR}.', [("We will open it,", "Ayla Demir", "said")]),
        (f"{DEMIR} said: “We will open it.”", [("We will open it.", "Ayla Demir", "said")]),
        (
            f"“We waited,” {DEMIR} said, “and nobody came.”",
            [("We waited,", "Ayla Demir", "said"), ("and nobody came.", "Ayla Demir", "said")],
        ),
        (
            f"“We waited,” {DEMIR} said. “Nobody came.”",
            [("We waited,", "Ayla Demir", "said"), ("Nobody came.", "Ayla Demir", "said")],
        ),
        (
            f"{DEMIR} called it “a breach of every promise we made” on Monday.",
            [("a breach of every promise we made", "Ayla Demir", "called")],
        ),
        ("“We saw it burn,” a resident said.", [("We saw it burn,", None, "said")]),
        (
            f"‘We don’t ring a bell,’ says {DEMIR}.",
            [("We don’t ring a bell,", "Ayla Demir", "says")],
        ),
        (
            "The {Harbour Board|ORG} said: “No ship was lost.”",
            [("No ship was lost.", "Harbour Board", "said")],
        ),
    ],
)
def test_speech_has_its_speaker_and_its_verb(
    paragraph: str, expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert told(paragraph) == expected


@pytest.mark.parametrize(
    "paragraph",
    [
        f"{DEMIR} said nine men were “neutralized” on Monday.",
        f"{DEMIR} praised the film “The Last Harvest of the North” on Monday.",
        "The officers' mess was closed for the day.",
        "It was 5' 11\" high.",
        "No marks at all.",
    ],
)
def test_words_at_arms_length_and_titles_are_no_speech(paragraph: str) -> None:
    assert told(paragraph) == []


def test_a_pronoun_means_the_only_person_it_can() -> None:
    assert told(f"{DEMIR} left early. “I was tired,” she said.")[0][1] == "Ayla Demir"
    assert told(f"{DEMIR} spoke first.", "“I was tired,” she said.")[0][1] == "Ayla Demir"
    two = f"{DEMIR} met {{Ida Moe|PERSON}}. “I was tired,” she said."
    assert told(two)[0][1] is None


def test_someone_without_a_name_is_not_the_person_named_before() -> None:
    assert told(f"{DEMIR} left. A driver stayed. “I was tired,” he said.")[0][1] is None


def test_speech_goes_on_over_paragraphs_without_a_closing_mark() -> None:
    found = told(f"{DEMIR} said: “We waited for the boat all night.", "“Then it came.”")
    assert found == [
        ("We waited for the boat all night.", "Ayla Demir", "said"),
        ("Then it came.", "Ayla Demir", "said"),
    ]


def test_speech_that_goes_on_without_a_mark_of_its_own_leaves_out_the_closing_one() -> None:
    assert told(f"{DEMIR} said: “We waited for the boat all night.", "Then it came.”")[1] == (
        "Then it came.",
        "Ayla Demir",
        "said",
    )


def test_a_long_transcript_on_one_line_is_read_in_one_pass() -> None:
    """Were each quotation to look at all of the line, this would take a quarter of an hour."""
    found = told(f"{DEMIR} said it was so. “We will go there now.” " * 10_000)
    assert len(found) == 10_000
    assert found[-1] == ("We will go there now.", "Ayla Demir", None)


def test_a_surname_stands_for_the_full_name() -> None:
    assert told("“It is late,” {Demir|PERSON|Ayla Demir} said.")[0][1] == "Ayla Demir"


@given(st.lists(st.text(alphabet="ab A“”‘’\"',. said\n", max_size=60), max_size=4))
def test_ranges_index_into_the_text_and_never_overlap(paragraphs: list[str]) -> None:
    passages, offset = [], 0
    for number, plain in enumerate(paragraphs, start=1):
        passages.append(Passage("body", number, offset, plain))
        offset += len(plain) + 2
    body = "\n\n".join(paragraphs)
    end = 0
    for one in find_quotations(passages, []):
        assert body[one.start_char : one.end_char] == one.text
        assert end <= one.start_char < one.end_char
        end = one.end_char


def test_the_pipeline_finds_speakers_by_itself() -> None:
    body = (
        "Hulusi Demir opened the bridge on Monday.\n\n“It will carry trains,” Demir told reporters."
    )
    _, (read,) = read_batch([ArticleText(UUID(int=0), "A bridge", (), body)], None)
    (one,) = read.quotations
    assert body[one.start_char : one.end_char] == "It will carry trains,"
    assert one.speaker and one.speaker.name == "Hulusi Demir"
    assert (one.section, one.section_no, one.cue) == ("body", 2, "told")
