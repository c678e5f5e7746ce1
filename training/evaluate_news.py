"""Score a pipeline on annotated articles as Broadsheet reads them, and list its mistakes.

    python -m training.evaluate_news --model training/runs/model-best

Articles are read whole, by `pipelines.news.ner`, so that what is made to agree within an article
counts too. A span counts when its place and its label are exact.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from pipelines.news.ner import read_mentions
from pipelines.news.records import ArticleText, Mention
from training import sources
from training.passage import LABELS, Passage
from training.prepare import ROOT

TEST: Final = ROOT / "training" / "annotated" / "test"
MISTAKES: Final = 20


class Name(NamedTuple):
    """A span of an article, by where it stands."""

    section: str
    start: int
    end: int
    label: str
    surface: str


@dataclass
class Tally:
    """Names found and missed, by label; mistakes in words."""

    right: Counter[str] = field(default_factory=Counter)
    spurious: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    mistakes: Counter[str] = field(default_factory=Counter)

    def add(self, gold: set[Name], found: set[Name]) -> None:
        """Compare the names of one article."""
        self.right.update(name.label for name in gold & found)
        self.spurious.update(name.label for name in found - gold)
        self.missed.update(name.label for name in gold - found)
        taken = {(name.section, name.start, name.end): name.label for name in gold}
        given = {(name.section, name.start, name.end): name.label for name in found}
        for name in gold - found:
            label = given.get(name[:3])
            what = f"taken for {label}" if label else _how_missed(name, found)
            self.mistakes[f"{name.label} {what}"] += 1
        for name in found - gold:
            if name[:3] not in taken and not any(_overlap(name, other) for other in gold):
                self.mistakes[f"no name taken for {name.label}"] += 1

    def table(self) -> dict[str, dict[str, float]]:
        """A row for each label, and one for all."""
        return {label: self.row([label]) for label in LABELS} | {"all": self.row(LABELS)}

    def row(self, labels: Sequence[str]) -> dict[str, float]:
        """Per cent precision, recall and F1, and how many there are."""
        right, spurious, missed = (
            sum(counter[label] for label in labels)
            for counter in (self.right, self.spurious, self.missed)
        )
        return {
            "p": round(100 * right / max(right + spurious, 1), 1),
            "r": round(100 * right / max(right + missed, 1), 1),
            "f": round(200 * right / max(2 * right + spurious + missed, 1), 1),
            "count": right + missed,
        }


def counts(folder: Path) -> dict[str, int]:
    """Passages and words of the articles of a folder."""
    passages = [one for article in articles(folder) for one in article]
    tokens = sum(len(one.text.split()) for one in passages)
    return {"sentences": len(passages), "tokens": tokens}


def _overlap(one: Name, other: Name) -> bool:
    return one.section == other.section and one.start < other.end and other.start < one.end


def _how_missed(name: Name, found: set[Name]) -> str:
    other = next((other for other in found if _overlap(name, other)), None)
    if other is None:
        return "not seen"
    longer = other.end - other.start > name.end - name.start
    as_what = "" if other.label == name.label else f", as {other.label}"
    return f"too {'long' if longer else 'short'}{as_what}"


def articles(folder: Path) -> Iterator[list[Passage]]:
    """The articles of all files of a folder."""
    for path in sorted(folder.glob("*.txt")):
        yield from sources.read_annotated(path)


def score(folder: Path, model: Path | None) -> Tally:
    """Read the articles of a folder with a model, or with the shipped one."""
    tally = Tally()
    for passages in articles(folder):
        found = {
            Name(one.section, one.start_char, one.end_char, one.label, one.surface)
            for one in read(passages, model)
        }
        tally.add(set(gold_names(passages)), found)
    return tally


def read(passages: Sequence[Passage], model: Path | None) -> list[Mention]:
    """The mentions that a model, or the shipped one, finds in an article."""
    title, *rest = passages
    text = ArticleText(UUID(int=0), title.text, (), "\n\n".join(one.text for one in rest))
    ((_, mentions),) = read_mentions([text], str(model) if model else None)
    return mentions


def gold_names(passages: Sequence[Passage]) -> Iterator[Name]:
    """The annotated names in the order of the text, with offsets as mentions have them."""
    offset = 0
    for number, passage in enumerate(passages):
        section = "body" if number else "title"
        for span in passage.spans:
            place = (section, offset + span.start, offset + span.end)
            yield Name(*place, span.label, passage.words(span))
        offset += len(passage.text) + 2 if number else 0


def main(arguments: list[str] | None = None) -> None:
    """Run the evaluation from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="default: the shipped pipeline")
    parser.add_argument("--folder", type=Path, default=TEST)
    parser.add_argument("--out", type=Path, default=Path("training/runs/news_scores.json"))
    options = parser.parse_args(arguments)
    tally = score(options.folder, options.model)
    table = tally.table()
    for label, row in table.items():
        print(f"{label:7}", " ".join(f"{key} {value:6}" for key, value in row.items()))
    mistakes = tally.mistakes.most_common(MISTAKES)
    for what, count in mistakes:
        print(f"{count:4}  {what}")
    out = ROOT / options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"scores": table, "mistakes": mistakes}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
