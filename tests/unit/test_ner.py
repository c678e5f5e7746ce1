"""Mentions stand where they say, and depend on nothing but their article and the pipeline."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.news.ner import (
    LABELS,
    SHIPPED,
    PipelineError,
    load_pipeline,
    ner_version,
    read_mentions,
)
from pipelines.news.records import ArticleText, Mention

PARAGRAPHS = (
    (
        "The foreign minister of Kenya, Grace Wanjiru, met President Hulusi Demir in Ankara on"
        " Tuesday. She said that Turkish and Kenyan ships would call at Mombasa from April."
    ),
    "Demir told Reuters that the World Bank had agreed to pay for a port on the Black Sea.",
    (
        "Engineers from Iceland will arrive in Istanbul next week, the Ministry of Transport said."
        " “We expect them on Friday,” a spokesman said."
    ),
    "In Baghdad, the United Nations called on Kurdish leaders to return to talks by January 2026.",
)
ARTICLES = [
    ArticleText(
        UUID(int=1), "Kenya and Türkiye open a ferry line", (), "\n\n".join(PARAGRAPHS[:2])
    ),
    ArticleText(UUID(int=2), "", ("The port of Mombasa in Kenya. (AP)",) * 2, PARAGRAPHS[1]),
    ArticleText(UUID(int=3), "Iceland sends engineers to Istanbul", (), PARAGRAPHS[2]),
    ArticleText(UUID(int=4), "UN calls for talks in Baghdad", ("Baghdad, 2025.",), PARAGRAPHS[3]),
    ArticleText(UUID(int=5), "", (), ""),
    ArticleText(UUID(int=6), "Demir", (), "\n\n".join(reversed(PARAGRAPHS))),
]


def read(articles: Iterable[ArticleText]) -> dict[UUID, list[Mention]]:
    return dict(read_mentions(articles, None))


def one(title: str = "", captions: tuple[str, ...] = (), body: str = "") -> list[Mention]:
    return read([ArticleText(UUID(int=0), title, captions, body)])[UUID(int=0)]


def section_text(article: ArticleText, mention: Mention) -> str:
    if mention.section == "caption":
        return article.captions[mention.section_no - 1]
    return article.title if mention.section == "title" else article.body


def assert_mentions_hold(article: ArticleText, mentions: list[Mention]) -> None:
    paragraphs = article.body.split("\n\n")
    starts = [len("\n\n".join([*paragraphs[:at], ""])) for at in range(len(paragraphs))]
    for found in mentions:
        text = section_text(article, found)
        assert text[found.start_char : found.end_char] == found.surface
        assert found.surface.strip() == found.surface != ""
        assert len(found.surface.splitlines()) == 1
        assert found.label in LABELS
        assert found.name.strip()
        assert found.sentence_start <= found.start_char < found.end_char <= found.sentence_end
        assert found.sentence_end <= len(text)
        if found.section == "body":
            start = starts[found.section_no - 1]
            assert start <= found.sentence_start
            assert found.sentence_end <= start + len(paragraphs[found.section_no - 1])
    sections = [("title", "caption", "body").index(found.section) for found in mentions]
    places = [
        (section, found.section_no, found.start_char, found.end_char)
        for section, found in zip(sections, mentions, strict=True)
    ]
    assert places == sorted(set(places))


def test_offsets_lead_to_the_surface_in_title_caption_and_body() -> None:
    for article in ARTICLES:
        assert_mentions_hold(article, read([article])[article.article_id])
    sections = {found.section for mentions in read(ARTICLES).values() for found in mentions}
    assert sections == {"title", "caption", "body"}


def test_people_and_places_of_a_report_are_found_and_named() -> None:
    found = {
        (mention.surface, mention.label, mention.name) for mention in read(ARTICLES)[UUID(int=1)]
    }
    assert {
        ("Kenya", "GPE", "Kenya"),
        ("Ankara", "GPE", "Ankara"),
        ("Grace Wanjiru", "PERSON", "Grace Wanjiru"),
        ("Hulusi Demir", "PERSON", "Hulusi Demir"),
        ("Demir", "PERSON", "Hulusi Demir"),
    } <= found


def test_a_sentence_is_the_one_around_the_mention() -> None:
    body = "\n\n".join(PARAGRAPHS[:2])
    (mombasa,) = [found for found in one(body=body) if found.surface == "Mombasa"]
    sentence = body[mombasa.sentence_start : mombasa.sentence_end]
    assert sentence == "She said that Turkish and Kenyan ships would call at Mombasa from April."


def test_paragraphs_and_captions_are_counted_from_one() -> None:
    numbers = [
        (found.section, found.section_no)
        for found in one("Kenya", ("Kenya.", "Ankara."), "\n\n".join(PARAGRAPHS[:2]))
    ]
    assert list(dict.fromkeys(numbers)) == [
        ("title", 1),
        ("caption", 1),
        ("caption", 2),
        ("body", 1),
        ("body", 2),
    ]


def test_a_paragraph_is_read_alike_wherever_it_stands() -> None:
    alone = [(found.start_char, found.surface, found.label) for found in one(body=PARAGRAPHS[2])]
    before = f"{PARAGRAPHS[0]}\n\n"
    behind = [
        (found.start_char - len(before), found.surface, found.label)
        for found in one(body=before + PARAGRAPHS[2])
        if found.section_no == 2
    ]
    assert behind == alone != []


@settings(max_examples=20)
@given(st.lists(st.sampled_from(ARTICLES), max_size=6), st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_what_is_read_before_or_together(
    drawn: list[ArticleText], random: Random
) -> None:
    alone = {article.article_id: read([article])[article.article_id] for article in drawn}
    together = list(read_mentions(drawn, None))
    assert [article_id for article_id, _ in together] == [one.article_id for one in drawn]
    assert dict(together) == alone
    assert read(random.sample(drawn, len(drawn))) == alone


def test_an_article_of_many_paragraphs_is_read_as_its_paragraphs_are() -> None:
    expected = [(found.surface, found.label) for found in one(body=PARAGRAPHS[3])]
    found = one(body="\n\n".join([PARAGRAPHS[3]] * 150))
    assert [(mention.surface, mention.label) for mention in found] == expected * 150
    assert found[-1].section_no == 150


def test_a_very_long_paragraph_is_cut_and_still_read_right() -> None:
    body = " ".join([PARAGRAPHS[3]] * 1300)
    assert len(body) > 110_000
    found = one(body=body)
    assert_mentions_hold(ArticleText(UUID(int=0), "", (), body), found)
    assert {mention.section_no for mention in found} == {1}
    places = [mention.start_char for mention in found if mention.surface == "Baghdad"]
    assert places == [
        body.find("Baghdad", at) for at in range(0, len(body), len(PARAGRAPHS[3]) + 1)
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "word",
    ['"', "'", "(", "+", "=", "_", "*", "x", "😀", "ab", "."]
    + ["'s", "’s", "'S", "x.", "a-", "5km", "é"],
)
def test_a_paragraph_of_one_endless_word_is_read_in_time(word: str) -> None:
    body = f"In Baghdad {word * 40_000} talks went on in Ankara."
    found = one(body=body)
    assert_mentions_hold(ArticleText(UUID(int=0), "", (), body), found)
    assert {"Baghdad", "Ankara"} <= {mention.surface for mention in found}


@pytest.mark.timeout(20)
def test_words_that_are_almost_endless_are_read_in_time() -> None:
    word = "x" + "'s" * 99
    body = f"In Baghdad {f'{word} ' * 100}talks went on in Ankara."
    assert_mentions_hold(ArticleText(UUID(int=0), "", (), body), one(body=body))


words = st.sampled_from(
    [
        "Kenya",
        "Hulusi",
        "Demir",
        "President",
        "the",
        "U.S.",
        "on Tuesday",
        "UN",
        "’s",
        "said",
        "2026",
    ]
    + [
        "\n",
        "\n\n",
        "\u2028",
        "\r",
        "\t",
        " ",
        "  ",
        ".",
        "“",
        "(AP)",
        "Łódź",
        "北京",
        "😀",
        "\u200b",
    ]
)
texts = st.one_of(
    st.text(max_size=40),
    st.lists(words, max_size=15).map(" ".join),
    st.lists(words, max_size=15).map("".join),
)


@settings(max_examples=150)
@given(texts, st.lists(texts, max_size=2).map(tuple), texts)
@example("", (), "Q\r")
@example(
    "Hulusi\nDemir",
    ("United\nNations",),
    "President Hulusi\nDemir of New\u2028York and the World\nBank",
)
def test_any_text_can_be_read_and_offsets_hold(
    title: str, captions: tuple[str, ...], body: str
) -> None:
    article = ArticleText(UUID(int=0), title, captions, body)
    assert_mentions_hold(article, read([article])[article.article_id])


@pytest.mark.parametrize("name", ["en_core_web_none", "no.such_pipeline"])
def test_a_pipeline_that_is_not_installed_says_how_to_install_it(name: str) -> None:
    with pytest.raises(PipelineError, match=rf"{name}.*not installed.*Install .*\.venv/bin/python"):
        list(read_mentions(ARTICLES, name))
    with pytest.raises(PipelineError, match=rf"{name}.*not installed.*Install .*\.venv/bin/python"):
        ner_version(name)


def test_a_path_without_a_pipeline_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        for ask in (load_pipeline, ner_version):
            with pytest.raises(PipelineError, match="where no spaCy pipeline lies"):
                ask(str(path))


def test_a_pipeline_that_finds_no_entities_is_refused(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(PipelineError, match="no component that finds entities"):
        load_pipeline(str(tmp_path))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped pipeline in a folder of its own."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "pipeline"))


def test_a_pipeline_can_be_named_by_its_path(copied: Path) -> None:
    assert dict(read_mentions(ARTICLES, str(copied))) == read(ARTICLES)


def test_the_version_is_that_of_the_pipeline_wherever_it_lies(copied: Path) -> None:
    assert ner_version(str(copied)) == ner_version(str(SHIPPED)) == ner_version(None)


@pytest.mark.parametrize("name", ["meta.json", "ner/model", "config.cfg", "vocab/strings.json"])
def test_the_version_changes_with_any_part_of_the_pipeline(copied: Path, name: str) -> None:
    with (copied / name).open("ab") as file:
        file.write(b"\n")
    assert ner_version(str(copied)) != ner_version(None)


def test_the_version_names_the_pipeline_and_spacy() -> None:
    assert ner_version(None).startswith("en_broadsheet_sm-")
    assert f"/spacy-{spacy.about.__version__}/" in ner_version(None)
