"""Articles -> mentions, with a spaCy pipeline, and the quotations beside them.

Each title, caption and paragraph is read by itself, and each article is a batch of its own: what is
found in it then depends on nothing but the article, down to the last bit of the arithmetic.
"""

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from pipelines.news.beside import beside
from pipelines.news.chaining import name_mentions
from pipelines.news.consistency import Span, make_consistent
from pipelines.news.names import NAMES_VERSION
from pipelines.news.namesakes import namesakes_checksum
from pipelines.news.places import places_version
from pipelines.news.quotations import QUOTATIONS_VERSION, Passage, Quotation, find_quotations
from pipelines.news.records import ArticleText, Mention, Section
from pipelines.news.spans import mend
from pipelines.news.spellings import spellings_checksum

SHIPPED = Path(__file__).parent / "en_broadsheet_sm"
LABELS = frozenset({"PERSON", "NORP", "ORG", "GPE", "LOC", "FAC", "EVENT", "DATE"})

_NER_VERSION = "3"
_BATCH_PARAGRAPHS = 64
_MAX_PIECE_CHARS = 50_000
_MAX_SURFACE_CHARS = 150
_ENDLESS_WORD = re.compile(r"(?<!\S)\S{200,}")
_UNUSED = ("tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "textcat")


class PipelineError(RuntimeError):
    """A spaCy pipeline that cannot be loaded; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text that is read by itself, and where it stands in the article."""

    section: Section
    section_no: int
    offset: int
    text: str


@cache
def load_pipeline(name: str | None) -> Language:
    """A pipeline by package name or path, or the shipped one for None; loaded once a process.

    Raises:
        PipelineError: there is no such pipeline, or it does not fit the installed spaCy.
    """
    try:
        nlp = spacy.load(name or SHIPPED, exclude=list(_UNUSED))
    except (OSError, ValueError, ImportError) as error:
        raise PipelineError(_cannot_load(name, error)) from error
    if "ner" not in nlp.pipe_names and not any("ner" in pipe for pipe in nlp.pipe_names):
        raise PipelineError(f"The spaCy pipeline {name!r} has no component that finds entities.")
    if not any(pipe in nlp.pipe_names for pipe in ("parser", "senter", "sentencizer")):
        nlp.add_pipe("sentencizer", first=True)
    return nlp


def ner_version(name: str | None) -> str:
    """What the mentions of an article depend on besides the article.

    Raises:
        PipelineError: there is no such pipeline.
    """
    try:
        folder = _folder(name)
        facts = json.loads((folder / "meta.json").read_bytes())
        checksum = _checksum(folder)
    except (OSError, ValueError, ImportError) as error:
        raise PipelineError(_cannot_load(name, error)) from error
    pipeline = f"{facts['lang']}_{facts['name']}-{facts['version']}-{checksum[:8]}"
    tables = f"{places_version()}/{namesakes_checksum()}/{spellings_checksum()}"
    rules = f"{_NER_VERSION}.{NAMES_VERSION}.{QUOTATIONS_VERSION}/{tables}"
    return f"{pipeline}/spacy-{version('spacy')}/{rules}"


def _folder(name: str | None) -> Path:
    """Where a pipeline lies; as in `spacy.load`, a package goes before a path."""
    if not name:
        return SHIPPED
    return spacy.util.get_package_path(name) if spacy.util.is_package(name) else Path(name)


def _checksum(folder: Path) -> str:
    """SHA-256 of all files of a pipeline: one trained again may differ in its weights only."""
    checksum = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            checksum.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            with path.open("rb") as file:
                checksum.update(hashlib.file_digest(file, "sha256").digest())
    return checksum.hexdigest()


class ReadArticle(NamedTuple):
    """What was found in an article."""

    article_id: UUID
    mentions: list[Mention]
    quotations: list[Quotation]


def read_batch(
    articles: Sequence[ArticleText], pipeline: str | None
) -> tuple[int, list[ReadArticle]]:
    """Words read, and mentions and quotations found in a batch; what a worker process runs.

    It stands here because a worker imports the module of what it runs, and this one imports neither
    Dagster nor a database driver.
    """
    words = sum(len(article.body.split()) for article in articles)
    found = zip(articles, read_mentions(articles, pipeline), strict=True)
    return words, [
        ReadArticle(article_id, mentions, find_quotations(list(_passages(article)), mentions))
        for article, (article_id, mentions) in found
    ]


def read_mentions(
    articles: Iterable[ArticleText], pipeline: str | None
) -> Iterator[tuple[UUID, list[Mention]]]:
    """The mentions of each article, in order of where they stand."""
    nlp = load_pipeline(pipeline)
    for article in articles:
        pieces = list(_pieces(article))
        spans: list[Span] = []
        sentences: list[list[int]] = []
        with nlp.memory_zone():
            # Nothing of a document may outlive its memory zone.
            docs = nlp.pipe((piece.text for piece in pieces), batch_size=_BATCH_PARAGRAPHS)
            for number, doc in enumerate(docs):
                spans += _spans(number, doc)
                sentences.append([sentence.start_char for sentence in doc.sents])
        headlines = sum(piece.section == "title" for piece in pieces)
        texts = [piece.text for piece in pieces]
        spans = make_consistent(texts, mend(texts, spans), headlines)
        labelled = [(span.surface, span.label) for span in spans]
        names = name_mentions(labelled, beside(texts, spans))
        yield (
            article.article_id,
            [
                _mention(pieces[span.piece], span, sentences[span.piece], name)
                for span, name in zip(spans, names, strict=True)
            ],
        )


def _spans(piece: int, doc: Doc) -> Iterator[Span]:
    for entity in doc.ents:
        surface = entity.text
        if entity.label_ in LABELS and _is_name(surface):
            yield Span(piece, entity.start_char, entity.end_char, surface, entity.label_)


def _mention(piece: _Piece, span: Span, sentences: Sequence[int], name: str) -> Mention:
    """The mention of a span; its sentence ends before the one that begins next."""
    first = bisect_right(sentences, span.start) - 1
    after = bisect_left(sentences, span.end)
    end = sentences[after] if after < len(sentences) else len(piece.text)
    end = len(piece.text[:end].rstrip())
    return Mention(
        section=piece.section,
        section_no=piece.section_no,
        start_char=piece.offset + span.start,
        end_char=piece.offset + span.end,
        surface=span.surface,
        label=span.label,
        name=name,
        sentence_start=piece.offset + sentences[first],
        sentence_end=piece.offset + end,
    )


def _is_name(surface: str) -> bool:
    return (
        len(surface) <= _MAX_SURFACE_CHARS
        and surface.strip() == surface
        and len(surface.splitlines()) == 1
        and any(char.isalnum() for char in surface)
    )


def _pieces(article: ArticleText) -> Iterator[_Piece]:
    yield from _cut("title", 1, 0, article.title)
    for number, caption in enumerate(article.captions, start=1):
        yield from _cut("caption", number, 0, caption)
    offset = 0
    for number, paragraph in enumerate(article.body.split("\n\n"), start=1):
        yield from _cut("body", number, offset, paragraph)
        offset += len(paragraph) + 2


def _passages(article: ArticleText) -> Iterator[Passage]:
    """Title and paragraphs, where quotations are looked for."""
    yield Passage("title", 1, 0, article.title)
    offset = 0
    for number, paragraph in enumerate(article.body.split("\n\n"), start=1):
        yield Passage("body", number, offset, paragraph)
        offset += len(paragraph) + 2


def _cut(section: Section, number: int, offset: int, text: str) -> Iterator[_Piece]:
    """The text whole, or in pieces that spaCy accepts, cut at spaces where there are any.

    Endless words are blanked, as the tokenizer takes quadratic time for them. In English, which the
    shipped pipeline reads, they hold no name; text without spaces (Chinese, Thai) would be lost.
    """
    text = _ENDLESS_WORD.sub(lambda run: " " * len(run.group()), text)
    start = 0
    while start < len(text):
        end = min(len(text), start + _MAX_PIECE_CHARS)
        if end < len(text):
            space = text.rfind(" ", start, end)
            end = space + 1 if space > start else end
        yield _Piece(section, number, offset + start, text[start:end])
        start = end


def _cannot_load(name: str | None, error: Exception) -> str:
    if name is None:
        return f"The pipeline that is shipped cannot be loaded: {error}"
    if "/" in name or name.startswith("."):
        return f"BROADSHEET_NLP names the path {name!r}, where no spaCy pipeline lies."
    return (
        f"BROADSHEET_NLP names the spaCy pipeline {name!r}, which is not installed. Install its"
        " wheel into the environment that runs Broadsheet, with `.tools/bin/uv pip install --python"
        " .venv/bin/python PATH-OR-URL-OF-THE-WHEEL`, or unset BROADSHEET_NLP to use the one that is"
        " shipped."
    )
