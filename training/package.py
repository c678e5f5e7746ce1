"""Ship the best model: fill its meta, write it where the application loads it, update the card.

python -m training.package --model training/runs/model-best --scores training/runs/scores.json
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any, Final

import spacy
from spacy.language import Language

from training.evaluate import read
from training.passage import LABELS
from training.prepare import ROOT

TARGET: Final = Path("pipelines/news/en_broadsheet_sm")
CARD: Final = Path("training/MODEL_CARD.md")
BEGIN: Final = "<!-- scores: written by training/package.py -->"
END: Final = "<!-- end of scores -->"
SET_NAMES: Final = {
    "news": "our own test set of news (gold, never trained on), read as Broadsheet reads it",
    "own_test": "own test (GMB, silver)",
    "wikigold": "wikigold (gold, never trained on)",
    "dev_gmb": "dev: GMB (silver)",
    "dev_uner": "dev: UNER EWT (gold, mapped)",
    "dev_crossner": "dev: CrossNER politics (gold, mapped)",
    "dev_annotated": "dev: our own annotated news (gold)",
}
META: Final[dict[str, Any]] = {
    "name": "broadsheet_sm",
    "version": "0.3.0",
    "spacy_version": ">=3.8.7,<3.9.0",
    "description": (
        "Named entities in English news: a small CNN tok2vec and a transition-based ner, "
        "for wire-service text on the Middle East and world politics."
    ),
    "author": "The Broadsheet authors",
    "email": "",
    "url": "",
    "license": (
        "Apache-2.0 for the pipeline; the data sets it was trained on keep their own licences, "
        "listed under sources and in NOTICE"
    ),
    "sources": [
        {
            "name": "Groningen Meaning Bank, entity list",
            "url": "https://gmb.let.rug.nl",
            "license": "texts public domain; entity list ODbL-1.0",
            "author": "Johan Bos and others, University of Groningen",
        },
        {
            "name": "GUM, news documents",
            "url": "https://gucorpling.org/gum/",
            "license": "annotations CC BY 4.0; texts (Wikinews) CC BY 2.5",
            "author": "Amir Zeldes and the GUM annotators",
        },
        {
            "name": "Universal NER, English EWT",
            "url": "https://github.com/UniversalNER/UNER_English-EWT",
            "license": "CC BY-SA 4.0",
            "author": "Universal NER contributors",
        },
        {
            "name": "CrossNER, politics",
            "url": "https://github.com/zliucr/CrossNER",
            "license": "annotations MIT; texts (Wikipedia) CC BY-SA",
            "author": "Zihan Liu and others",
        },
    ],
}


def ship(nlp: Language, target: Path, scores: dict[str, Any]) -> None:
    """Write the pipeline to `target`, without the words of the training data."""
    for key, value in META.items():
        nlp.meta[key] = value
    own, wikigold = scores["scores"]["news"], scores["scores"]["wikigold"]
    nlp.meta["performance"] = {
        "ents_p": own["all"]["p"] / 100,
        "ents_r": own["all"]["r"] / 100,
        "ents_f": own["all"]["f"] / 100,
        "ents_per_type": {
            label: {key: row[key] / 100 for key in "prf"}
            for label, row in own.items()
            if label != "all"
        },
        "wikigold_ents_f": wikigold["all"]["f"] / 100,
    }
    if target.exists():
        shutil.rmtree(target)
    nlp.to_disk(target)
    strings = sorted({*spacy.blank("en").vocab.strings, *LABELS})
    (target / "vocab" / "strings.json").write_text(
        json.dumps(strings, ensure_ascii=False, indent=0) + "\n", "utf-8"
    )


def same_predictions(one: Language, other: Language, texts: list[str]) -> bool:
    """Return whether two pipelines find the same entities in `texts`."""
    pairs = zip(one.pipe(texts), other.pipe(texts), strict=True)
    return all(
        [(e.start, e.end, e.label_) for e in a.ents] == [(e.start, e.end, e.label_) for e in b.ents]
        for a, b in pairs
    )


def size_of(folder: Path) -> int:
    """Return the bytes of all files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def render(report: dict[str, Any], size: int) -> str:
    """Return the card's section of figures as Markdown."""
    lines = [
        (
            f"{report['words_per_second']:,} words a second on one core (tokens of spaCy, batches "
            f"of 64 sentences); {size / 1e6:.1f} MB on disk."
        ),
    ]
    for name, title in SET_NAMES.items():
        counts = report["counts"][name]
        lines += [
            "",
            f"### {title}",
            "",
            f"{counts['sentences']:,} sentences, {counts['tokens']:,} tokens.",
            "",
            "| label | precision | recall | F1 | entities |",
            "|---|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {label} | {row['p']:.1f} | {row['r']:.1f} | {row['f']:.1f} | {row['count']:,} |"
            for label, row in report["scores"][name].items()
        ]
    lines += ["", "The most frequent mistakes on our own test set:", ""]
    lines += [f"- {count} x {what}" for what, count in report["mistakes"]]
    train = report["counts"]["train"]
    lines += [
        "",
        f"Trained on {train['sentences']:,} sentences ({train['tokens']:,} tokens), variants and "
        "patterns included: "
        + ", ".join(f"{label} {train[label]:,}" for label in LABELS if label in train)
        + ".",
    ]
    return "\n".join(lines)


def update_card(card: str, section: str) -> str:
    """Replace what stands between the two marks of the card."""
    before, _, rest = card.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        message = "the model card has lost its marks for the scores"
        raise ValueError(message)
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"


def main(arguments: list[str] | None = None) -> None:
    """Run the packaging from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("training/runs/model-best"))
    parser.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    parser.add_argument("--scores", type=Path, default=Path("training/runs/scores.json"))
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    report = json.loads((ROOT / options.scores).read_text("utf-8"))
    nlp, target = spacy.load(ROOT / options.model), ROOT / options.target
    ship(nlp, target, report)
    shipped = spacy.load(target)
    texts = [doc.text for doc in read(ROOT / options.corpus / "own_test.spacy", shipped)]
    if not same_predictions(spacy.load(ROOT / options.model), shipped, texts):
        message = "the shipped pipeline does not predict what the trained one does"
        raise SystemExit(message)
    size = size_of(target)
    card = ROOT / CARD
    card.write_text(update_card(card.read_text("utf-8"), render(report, size)), "utf-8")
    print(f"{options.target}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
