"""Readers: one per corpus, each from its files to sentences with the corpus' own tags.

Belongs here: file formats. What a tag means in our labels is decided in `mapping`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from training.detokenize import align, detokenize
from training.passage import LABELS, Passage, Span

GMB_BLOCK = 40
"""Sentences of GMB that stay together: it has no document marks, but neighbours share a document."""

_CORRUPT = re.compile(r"^\d\d-[A-Z][a-z]{2}$|^[A-Z][a-z]{2}-\d\d$|^\d{1,2}(?:,\d\d)+,\d{3}$")
"""Scores and sums that a spreadsheet turned into dates and lakhs before GMB was published."""

_SPACED_CLITIC = re.compile(r" (?=(?:n['\u2019]t|['\u2019](?:s|re|ve|ll|d|m))(?!\w))")

SHORTEST = 4
"""Tokens of the shortest sentence of GMB that is used: shorter ones are headings and debris."""


def passage(
    tokens: Sequence[str], tags: Sequence[str], source: str, group: str, text: str | None = None
) -> Passage:
    """Build a passage from tokens and BIO (or IO) tags; `text`, where it is known, is kept."""
    offsets = align(tokens, text) if text is not None else None
    if text is None or offsets is None:
        text, offsets = detokenize(tokens)
    spans: list[Span] = []
    previous = "O"
    for (start, end), tag in zip(offsets, tags, strict=True):
        prefix, _, label = tag.partition("-")
        if prefix == "I" and spans and label == previous:
            spans[-1] = Span(spans[-1].start, end, label)
        elif label and label != "O":
            spans.append(Span(start, end, label))
        previous = label if label and label != "O" else "O"
    return Passage(text, tuple(spans), source, group)


def read_gmb(folder: Path) -> Iterator[Passage]:
    """Read the CSV head and the two later stretches of GMB; repeats and corrupt ones are dropped."""
    seen: set[tuple[str, ...]] = set()
    for number, (tokens, tags) in enumerate(_gmb_rows(folder)):
        key = tuple(tokens)
        if key in seen or len(tokens) < SHORTEST or any(_CORRUPT.match(token) for token in tokens):
            continue
        seen.add(key)
        yield passage(tokens, tags, "gmb", f"gmb-{number // GMB_BLOCK}")


def _gmb_rows(folder: Path) -> Iterator[tuple[list[str], list[str]]]:
    tokens: list[str] = []
    tags: list[str] = []
    with (folder / "ner_dataset.csv").open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            if row["Sentence #"] and tokens:
                yield tokens, tags
                tokens, tags = [], []
            if row["Word"] and row["Tag"]:
                tokens.append(row["Word"].strip().replace("\x92", "'"))
                tags.append(row["Tag"])
    yield tokens, tags
    for part in ("val", "test"):
        sentences = (folder / f"{part}_sentences.txt").read_text("utf-8").splitlines()
        labels = (folder / f"{part}_labels.txt").read_text("utf-8").splitlines()
        for sentence, line in zip(sentences, labels, strict=True):
            words, marks = sentence.split(), line.split()
            if len(words) == len(marks):
                yield words, marks


def read_columns(path: Path, source: str, separator: str | None = None) -> Iterator[Passage]:
    """Read a two-column file (token, tag) whose sentences end at blank lines."""
    for number, lines in enumerate(_blocks(path.read_text("utf-8").splitlines())):
        rows = [line.split(separator) for line in lines if not line.startswith("-DOCSTART-")]
        rows = [row for row in rows if len(row) > 1 and row[0]]
        if rows:
            tokens, tags = [row[0] for row in rows], [row[-1].strip() for row in rows]
            yield passage(tokens, tags, source, f"{path.stem}-{number}")


def read_uner(path: Path) -> Iterator[Passage]:
    """Read UNER's iob2 file, whose comments give each sentence's own text."""
    for number, lines in enumerate(_blocks(path.read_text("utf-8").splitlines())):
        text = next((line[9:] for line in lines if line.startswith("# text = ")), None)
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
        rows = [row for row in rows if row[2:]]
        text = _SPACED_CLITIC.sub("", text) if text else None
        tokens, tags = [row[1] for row in rows], [row[2] for row in rows]
        yield passage(tokens, tags, "uner", f"{path.stem}-{number}", text)


def read_gum(folder: Path) -> Iterator[Passage]:
    """Read the named mentions of GUM's news documents.

    A mention is named when its head words (`minspan`) are one run of proper nouns; the name is that
    run, stretched over the proper nouns before it. A proper noun in no such run is tagged `?`.
    """
    for path in sorted(folder.glob("*.conllu")):
        open_mentions: dict[str, list[tuple[str, str, int]]] = {}
        for lines in _blocks(path.read_text("utf-8").splitlines()):
            text = next((line[9:] for line in lines if line.startswith("# text = ")), None)
            rows = [line.split("\t") for line in lines if not line.startswith("#")]
            rows = [row for row in rows if row[9:] and row[0].isdigit()]
            tokens = [row[1] for row in rows]
            proper = [row[4].startswith("NNP") for row in rows]
            tags = ["B-?" if name else "O" for name in proper]
            for mention in _mentions(rows, open_mentions):
                _tag_name(tags, proper, mention)
            yield passage(tokens, tags, "gum", path.stem, text)


def _mentions(
    rows: list[list[str]], open_mentions: dict[str, list[tuple[str, str, int]]]
) -> list[tuple[str, str, int, int]]:
    """Return a sentence's mentions, outermost last: type, minspan, first token, end token."""
    found: list[tuple[str, str, int, int]] = []
    for at, row in enumerate(rows):
        match = re.search(r"(?:^|\|)Entity=([^|]*)", row[9])
        for part in re.findall(r"\([^()]+\)?|[^()]+\)", match[1]) if match else []:
            fields = part.strip("()").split("-")
            if part.startswith("("):
                head = next((f for f in fields[4:] if re.fullmatch(r"[\d,]+", f)), "")
                opened = (fields[1], head, at)
                if part.endswith(")"):
                    found.append((*opened, at + 1))
                else:
                    open_mentions.setdefault(fields[0], []).append(opened)
            elif open_mentions.get(fields[0]):
                found.append((*open_mentions[fields[0]].pop(), at + 1))
    open_mentions.clear()
    return sorted(found, key=lambda mention: mention[3] - mention[2])


def _tag_name(tags: list[str], proper: list[bool], mention: tuple[str, str, int, int]) -> None:
    etype, head, start, end = mention
    if etype not in {"person", "organization", "place", "event"} or not head:
        return
    places = [start + int(number) - 1 for number in head.split(",")]
    first, last = places[0], places[-1]
    if places != list(range(first, last + 1)) or last >= end or not all(proper[first : last + 1]):
        return
    while first > start and proper[first - 1]:
        first -= 1
    tags[first] = f"B-{etype}"
    for at in range(first + 1, last + 1):
        tags[at] = f"I-{etype}"


TOGETHER: Final = 10
"""Neighbouring annotated passages that go to the same split."""


def read_annotated(path: Path) -> Iterator[list[Passage]]:
    """Read a file of `training/annotated`, as its README says, an article at a time.

    Raises:
        ValueError: a brace that does not close, or a label that is none of ours.
    """
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    for number, block in enumerate(_blocks(lines)):
        yield [
            annotated(line.strip(), "annotated", f"{path.stem}-{number}-{at // TOGETHER}")
            for at, line in enumerate(block)
        ]


def annotated(line: str, source: str, group: str) -> Passage:
    """Return the passage of a line with names as "{Hulusi Demir|PERSON}".

    A third field, as in "{Demir|PERSON|person:hulusi demir}", says which entity is named.

    Raises:
        ValueError: a brace that does not close, or a label that is none of ours.
    """
    text, at, spans = "", 0, []
    for match in re.finditer(r"\{([^{}|]+)\|([A-Z]+)(?:\|([^{}|]+))?\}", line):
        text += line[at : match.start()]
        spans.append(Span(len(text), len(text) + len(match[1]), match[2], match[3] or ""))
        text += match[1]
        at = match.end()
    text += line[at:]
    if re.search(r"[{}|]", text) or any(span.label not in LABELS for span in spans):
        raise ValueError(f"{group} is not annotated as it should be: {line}")
    return Passage(text, tuple(spans), source, group)


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block
