"""Score a trained pipeline on every held-out set and write the figures as JSON.

    python -m training.evaluate --model training/runs/model-best --out training/runs/scores.json

Sets of ours are scored by label, unannotated tokens aside. Wikigold keeps its own tags: PERSON is
PER, and GPE, LOC and FAC together are LOC; its MISC and our NORP, EVENT and DATE are left out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import spacy
from spacy.language import Language
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from training import evaluate_news
from training.passage import LABELS
from training.prepare import DEV_SETS, ROOT

OWN_SETS: Final = ("own_test", *DEV_SETS)
WIKIGOLD: Final = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
BATCH: Final = 64

Table = dict[str, dict[str, float]]


def read(path: Path, nlp: Language) -> list[Doc]:
    """Read a `DocBin`."""
    return list(DocBin().from_disk(path).get_docs(nlp.vocab))


def relabel(doc: Doc, names: Mapping[str, str]) -> Doc:
    """Return the doc with entity labels renamed; labels that `names` lacks are dropped."""
    doc.set_ents(
        [
            Span(doc, entity.start, entity.end, label=names[entity.label_])
            for entity in doc.ents
            if entity.label_ in names
        ],
        default="outside",
    )
    return doc


def score(nlp: Language, gold: list[Doc], names: Mapping[str, str] | None = None) -> Table:
    """Return per cent precision, recall and F1, and the gold count, by label and for "all".

    `names` maps our labels to those of `gold`; where it is given, other gold labels are dropped.
    """
    predicted = list(nlp.pipe((doc.text for doc in gold), batch_size=BATCH))
    if names is not None:
        predicted = [relabel(doc, names) for doc in predicted]
        gold = [relabel(doc, {tag: tag for tag in names.values()}) for doc in gold]
    result: dict[str, Any] = get_ner_prf(
        [Example(guess, truth) for guess, truth in zip(predicted, gold, strict=True)]
    )
    counts: dict[str, int] = {}
    for doc in gold:
        for entity in doc.ents:
            counts[entity.label_] = counts.get(entity.label_, 0) + 1
    order = LABELS if names is None else tuple(dict.fromkeys(names.values()))
    table = {
        label: _row(result["ents_per_type"].get(label, {}), counts.get(label, 0))
        for label in order
        if counts.get(label, 0)
    }
    whole = {key: result[f"ents_{key}"] for key in "prf"}
    return table | {"all": _row(whole, sum(counts.values()))}


def _row(row: Mapping[str, float | None], count: int) -> dict[str, float]:
    return {key: round(100 * (row.get(key) or 0.0), 1) for key in "prf"} | {"count": count}


def words_per_second(nlp: Language, texts: list[str], rounds: int = 3) -> int:
    """Return the best of a few measurements, in spaCy tokens a second of processor time.

    What else runs on the machine then matters little. Set OMP_NUM_THREADS=1 for a core.
    """
    best = 0.0
    for _ in range(rounds):
        start = time.process_time()
        words = sum(len(doc) for doc in nlp.pipe(texts, batch_size=BATCH))
        best = max(best, words / (time.process_time() - start))
    return round(best)


def main(arguments: list[str] | None = None) -> None:
    """Run the evaluation from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("training/runs/model-best"))
    parser.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    parser.add_argument("--out", type=Path, default=Path("training/runs/scores.json"))
    options = parser.parse_args(arguments)
    nlp = spacy.load(ROOT / options.model)
    corpus = ROOT / options.corpus
    scores: dict[str, Table] = {
        name: score(nlp, read(corpus / f"{name}.spacy", nlp)) for name in OWN_SETS
    }
    wikigold = read(corpus / "wikigold.spacy", nlp)
    scores["wikigold"] = score(nlp, wikigold, WIKIGOLD)
    texts = [doc.text for doc in read(corpus / "own_test.spacy", nlp)]
    tally = evaluate_news.score(evaluate_news.TEST, ROOT / options.model)
    scores["news"] = tally.table()
    counts = json.loads((corpus / "counts.json").read_text("utf-8"))
    counts["news"] = evaluate_news.counts(evaluate_news.TEST)
    report = {
        "scores": scores,
        "words_per_second": words_per_second(nlp, texts),
        "counts": counts,
        "mistakes": tally.mistakes.most_common(evaluate_news.MISTAKES),
    }
    (ROOT / options.out).write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    for name, table in scores.items():
        print(name, " ".join(f"{label}={row['f']}" for label, row in table.items()))
    print("words/s", report["words_per_second"])


if __name__ == "__main__":
    main()
