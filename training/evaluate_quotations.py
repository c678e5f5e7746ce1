"""Score quotations and their speakers: `python -m training.evaluate_quotations`.

Articles are read whole by the pipeline, as Broadsheet reads them, so that people it does not see
count as speakers that are not found. A quotation counts when its words are exactly the annotated
ones, a speaker when the name is the annotated one in any of its spellings.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from pipelines.news.ner import read_batch
from pipelines.news.records import ArticleText
from pipelines.news.spellings import spell
from training.prepare import ROOT

FOLDER: Final = ROOT / "training" / "annotated" / "quotations"
NOBODY: Final = "-"


class Gold(NamedTuple):
    """An annotated quotation: its words, who spoke ("-": not named), and the verb."""

    words: str
    speaker: str
    cue: str


class Score(NamedTuple):
    """Counts of quotations: annotated, found, found rightly; speakers named, named rightly."""

    annotated: int
    found: int
    right: int
    named: int
    named_right: int
    spoken: int

    def figures(self) -> dict[str, float]:
        """Per cent precision and recall of quotations, and of speakers of those found rightly."""
        return {
            "quotations": self.annotated,
            "precision": _percent(self.right, self.found),
            "recall": _percent(self.right, self.annotated),
            "speaker_precision": _percent(self.named_right, self.named),
            "speaker_recall": _percent(self.named_right, self.spoken),
        }


def read_articles(pattern: str) -> Iterator[tuple[ArticleText, list[Gold]]]:
    """The annotated articles of the files of a pattern."""
    for path in sorted(FOLDER.glob(pattern)):
        for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()):
            lines = block.split("\n")
            gold = [Gold(*line[2:].split("\t")) for line in lines if line.startswith("> ")]
            title, *body = (line for line in lines if not line.startswith(("> ", "# ")))
            yield ArticleText(UUID(int=0), title, (), "\n\n".join(body)), gold


def score(pattern: str, model: str | None, *, show: bool = False) -> Score:
    """Compare what is found in all articles with what is annotated."""
    counts = [0] * len(Score._fields)
    for article, gold in read_articles(pattern):
        _, (read,) = read_batch([article], model)
        left = list(gold)
        for one in read.quotations:
            match = next((other for other in left if other.words == one.text), None)
            if match is None:
                if show:
                    print(f"no quotation: {one.text!r}")
                counts[1] += 1
                continue
            left.remove(match)
            speaker = one.speaker.name if one.speaker else NOBODY
            is_right = is_speaker(speaker, match.speaker)
            if show and not is_right:
                print(f"{one.text[:50]!r}: said by {match.speaker}, found {speaker}")
            named = speaker != NOBODY
            for place, count in enumerate((0, 1, 1, named, named and is_right, 0)):
                counts[place] += count
        if show:
            print(*(f"not found: {one.words!r}" for one in left), sep="\n", end="\n" * bool(left))
        counts[0] += len(gold)
        counts[5] += sum(one.speaker != NOBODY for one in gold)
    return Score(*counts)


def is_speaker(found: str, annotated: str) -> bool:
    """Whether a name is the annotated one, spelled in any way, in full or as its last part."""
    one, other = spell(found).split(), spell(annotated).split()
    if NOBODY in {found, annotated}:
        return found == annotated
    return one == other or one[-len(other) :] == other or other[-len(one) :] == one


def _percent(part: int, whole: int) -> float:
    return round(100 * part / max(whole, 1), 1)


def main(arguments: list[str] | None = None) -> None:
    """Run the evaluation from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", default="test_*.txt", help="default: those that only measure")
    parser.add_argument("--model", help="default: the shipped pipeline")
    parser.add_argument("--mistakes", action="store_true", help="show what is wrong")
    parser.add_argument("--out", type=Path, default=Path("training/runs/quotation_scores.json"))
    options = parser.parse_args(arguments)
    figures = score(options.files, options.model, show=options.mistakes).figures()
    for what, value in figures.items():
        print(f"{what:18} {value:6}")
    out = ROOT / options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
