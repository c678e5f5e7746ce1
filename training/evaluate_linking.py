"""Score how mentions are resolved to entities, and list the mistakes.

    python -m training.evaluate_linking

The measure is B-cubed (Bagga and Baldwin 1998, "Algorithms for Scoring Coreference Chains"): of each
mention, which share of the mentions it is joined to is the same entity (precision), and which share
of its entity's mentions it is joined to (recall), averaged over mentions. `within` joins mentions of
one article, `across` those of all articles of a folder. `given` takes names and labels from the
annotation, so that resolution alone is scored; `read` takes them from a pipeline, and scores those
of its spans that are annotated ones. Dates name no entity.

Which entity a name stands for is said by its third field, `{Demir|PERSON|person:hulusi demir}`, or in
`entities.csv` beside the articles.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.news import consistency
from pipelines.news.beside import beside
from pipelines.news.chaining import name_mentions
from pipelines.news.resolver import resolver
from training import sources
from training.clustering import Agreement, Mistake, b_cubed, mean, mistakes, pair_precision
from training.evaluate_news import TEST, Name, gold_names, read
from training.passage import LABELS, Passage
from training.prepare import ROOT

LINKING: Final = ROOT / "training" / "annotated" / "linking"
TABLE: Final = "entities.csv"
COLUMNS: Final = ("article", "label", "surface", "entity")
MISTAKES: Final = 20

Entity = tuple[str, str]
"""Type and key of an entity, as Broadsheet resolves a name."""
Row = tuple[str, str, str]
"""An article, and the label and surface of a name in it."""


@dataclass(frozen=True, slots=True)
class Article:
    """An annotated article: its passages, and who or what each of its names stands for."""

    key: str
    passages: Sequence[Passage]
    names: Sequence[tuple[Name, str]]


class Linked(NamedTuple):
    """A mention, the entity it is and the one that Broadsheet takes it for."""

    article: str
    label: str
    surface: str
    gold: str
    found: Entity


def read_articles(folder: Path) -> list[Article]:
    """The annotated articles of a folder, named by file and number, dates left out.

    Raises:
        ValueError: a name without an entity, or a line of `entities.csv` that is for none.
    """
    table = dict(_table(folder / TABLE)) if (folder / TABLE).is_file() else {}
    articles = [
        _article(f"{path.stem}/{number}", passages, table)
        for path in sorted(folder.glob("*.txt"))
        for number, passages in enumerate(sources.read_annotated(path), start=1)
    ]
    named = {(one.key, name.label, name.surface) for one in articles for name, _ in one.names}
    if unused := set(table) - named:
        raise ValueError(f"{TABLE} has names that its articles have not: {sorted(unused)[:5]}")
    return articles


def _article(key: str, passages: Sequence[Passage], table: Mapping[Row, str]) -> Article:
    entities = [span.entity for passage in passages for span in passage.spans]
    names = [
        (name, entity or table.get((key, name.label, name.surface), ""))
        for name, entity in zip(gold_names(passages), entities, strict=True)
        if name.label != "DATE"
    ]
    if missing := [name.surface for name, entity in names if not entity]:
        raise ValueError(f"It is not said what {missing[0]!r} is in {key}.")
    return Article(key, passages, names)


def _table(path: Path) -> Iterator[tuple[Row, str]]:
    seen: set[Row] = set()
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path.name} has other columns than {', '.join(COLUMNS)}.")
        for row in reader:
            key = (row["article"], row["label"], row["surface"])
            if key in seen:
                raise ValueError(f"{path.name} has two lines for {key}.")
            seen.add(key)
            yield key, row["entity"]


def link_given(article: Article) -> list[Linked]:
    """The annotated mentions of an article, resolved."""
    labelled = [(name.surface, name.label) for name, _ in article.names]
    texts, spans = _spans(article)
    resolved = _resolve(
        name_mentions(labelled, beside(texts, spans)), [label for _, label in labelled]
    )
    return [
        Linked(article.key, name.label, name.surface, entity, found)
        for (name, entity), found in zip(article.names, resolved, strict=True)
        if found is not None
    ]


def _spans(article: Article) -> tuple[list[str], list[consistency.Span]]:
    """The texts of an article, and where its names stand in them; dates left out."""
    texts = [passage.text for passage in article.passages]
    spans = [
        consistency.Span(piece, span.start, span.end, passage.words(span), span.label)
        for piece, passage in enumerate(article.passages)
        for span in passage.spans
        if span.label != "DATE"
    ]
    return texts, spans


def link_read(article: Article, model: Path | None) -> list[Linked]:
    """The mentions a pipeline finds in an article where annotated ones are, resolved.

    A mention has the label of the annotation, and is resolved by its own.
    """
    mentions = read(article.passages, model)
    resolved = _resolve([one.name for one in mentions], [one.label for one in mentions])
    places = {
        (name.section, name.start, name.end): (name, entity) for name, entity in article.names
    }
    return [
        Linked(article.key, places[place][0].label, one.surface, places[place][1], found)
        for one, found in zip(mentions, resolved, strict=True)
        if (place := (one.section, one.start_char, one.end_char)) in places and found is not None
    ]


def _resolve(names: Sequence[str], labels: Sequence[str]) -> list[Entity | None]:
    resolve = resolver().resolve
    resolved = [resolve(name, label) for name, label in zip(names, labels, strict=True)]
    return [(one.entity_type, one.entity_key) if one else None for one in resolved]


def scores(linked: Sequence[Linked]) -> dict[str, dict[str, dict[str, float]]]:
    """Rows by label and for all, `within` articles and `across` them."""
    within = (
        [(one.article, one.gold) for one in linked],
        [(one.article, *one.found) for one in linked],
    )
    across = [one.gold for one in linked], [one.found for one in linked]
    return {"within": _rows(linked, *within), "across": _rows(linked, *across)}


def _rows(
    linked: Sequence[Linked], gold: Sequence[object], found: Sequence[object]
) -> dict[str, dict[str, float]]:
    agreements = b_cubed(gold, found)
    rows: dict[str, dict[str, float]] = {}
    for label in LABELS:
        some = [score for score, one in zip(agreements, linked, strict=True) if one.label == label]
        if some:
            rows[label] = _row(some)
    rows["all"] = _row(agreements) | {"pairs": _percent(pair_precision(gold, found))}
    return rows


def _row(agreements: Sequence[Agreement]) -> dict[str, float]:
    average = mean(agreements)
    return {
        "p": _percent(average.precision),
        "r": _percent(average.recall),
        "f": _percent(average.f1),
        "count": len(agreements),
    }


def _percent(share: float) -> float:
    return round(100 * share, 1)


def worst(linked: Sequence[Linked], limit: int = MISTAKES) -> list[tuple[str, int]]:
    """The mistakes that most mentions suffer from, in words, and how many do."""
    wrong = mistakes([one.gold for one in linked], [one.found for one in linked])
    return [(_in_words(mistake, linked), len(mistake.part)) for mistake in wrong[:limit]]


def _in_words(mistake: Mistake, linked: Sequence[Linked]) -> str:
    part, rest = ([linked[place] for place in places] for places in (mistake.part, mistake.rest))
    other = f"{rest[0].gold} = " if mistake.kind == "joined" else ""
    return f"{mistake.kind}: {part[0].gold} = {_surfaces(part)} | {other}{_surfaces(rest)}"


def _surfaces(linked: Sequence[Linked], limit: int = 3) -> str:
    counted = Counter(f"{one.surface} ({one.article})" for one in linked)
    shown = ", ".join(surface for surface, _ in counted.most_common(limit))
    return shown + (f" and {len(counted) - limit} more" if len(counted) > limit else "")


def evaluate(folder: Path, model: Path | None) -> dict[str, Any]:
    """All figures of a folder of annotated articles."""
    articles = read_articles(folder)
    given = [one for article in articles for one in link_given(article)]
    seen = [one for article in articles for one in link_read(article, model)]
    named = sum(len(article.names) for article in articles)
    return {
        "articles": len(articles),
        "given": scores(given),
        "read": scores(seen) | {"found": _percent(len(seen) / max(named, 1))},
        "mistakes": worst(given),
    }


def show(name: str, figures: dict[str, Any]) -> None:
    """Print the figures of a folder."""
    print(f"{name}: {figures['articles']} articles")
    for source in ("given", "read"):
        for reach in ("within", "across"):
            print(f"\n  names {source}, {reach} articles")
            for label, row in figures[source][reach].items():
                print(f"  {label:7}", " ".join(f"{key} {value:6}" for key, value in row.items()))
    print(f"\n  of the annotated mentions, {figures['read']['found']} % are read exactly")
    print("\n  mistakes, across articles, names given")
    for what, count in figures["mistakes"]:
        print(f"  {count:4}  {what}")
    print()


def main(arguments: list[str] | None = None) -> None:
    """Run the evaluation from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="default: the shipped pipeline")
    folders = [folder for folder in (TEST, LINKING) if folder.is_dir()]
    parser.add_argument("--folder", type=Path, nargs="+", default=folders)
    parser.add_argument("--out", type=Path, default=Path("training/runs/linking_scores.json"))
    options = parser.parse_args(arguments)
    figures = {folder.name: evaluate(folder, options.model) for folder in options.folder}
    for name, one in figures.items():
        show(name, one)
    out = ROOT / options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
