"""Prepare the corpora: read, map, split, augment and write `DocBin` files.

    python -m training.prepare --data ../shared/ner --out training/corpus

Writes train, dev (what training chooses by), and the sets that are only scored: own_test, wikigold,
dev_gmb, dev_uner, dev_crossner; and `counts.json`. Relative paths start at the repository's root.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from random import Random
from typing import Final

import spacy
from spacy.tokens import DocBin

from training import sources
from training.augment import variants
from training.mapping import map_passage, vote
from training.passage import LABELS, Passage, bucket, to_doc
from training.synthesis import synthesise, synthesise_reference

ROOT: Final = Path(__file__).resolve().parents[1]
SEED: Final = 20240229
DEV_SETS: Final = ("dev_gmb", "dev_uner", "dev_crossner", "dev_annotated")
TEST_SHARE: Final = 10
DEV_SHARE: Final = 4
"""Per cent of GMB's blocks that go to own_test and to dev."""
NAMELESS_SHARE: Final = 20
"""Per cent of the gold sentences without a name that training sees."""
COPIES: Final = {"uner": 2, "gum": 3, "crossner": 6, "annotated": 8}
"""How often sentences annotated by hand are seen for once of the silver ones, by their source."""
CROSSNER_DEV_SHARE: Final = 20
"""Per cent of CrossNER's own dev split that stay dev; the rest is trained on."""
ANNOTATED_DEV_SHARE: Final = 8
"""Per cent of our own that go to dev."""
FAMILIAR: Final = 30
"""How often a word must be seen for its spelling to be kept in names."""
ANNOTATED: Final = ROOT / "training" / "annotated" / "train"


def read_all(data: Path) -> dict[str, list[Passage]]:
    """Read and map every corpus; return passages by the name of the set that they go to."""
    sets: dict[str, list[Passage]] = {"train": [], "own_test": [], "dev_gmb": []}
    for passage in vote(map(map_passage, sources.read_gmb(data / "gmb"))):
        number = bucket(passage.group)
        name = "train" if number >= TEST_SHARE + DEV_SHARE else "dev_gmb"
        sets["own_test" if number < TEST_SHARE else name].append(passage)
    crossner, uner = data / "crossner_politics", data / "uner_ewt"
    gold = [
        *sources.read_uner(uner / "en_ewt-ud-train.iob2"),
        *sources.read_gum(data / "gum_news"),
        *sources.read_columns(crossner / "train.txt", "crossner", "\t"),
    ]
    sets["dev_crossner"] = []
    for passage in sources.read_columns(crossner / "dev.txt", "crossner", "\t"):
        if bucket(passage.group) < CROSSNER_DEV_SHARE:
            sets["dev_crossner"].append(map_passage(passage))
        else:
            gold.append(passage)
    for passage in filter(useful, gold):
        sets["train"] += COPIES[passage.source] * [map_passage(passage)]
    sets["dev_annotated"] = []
    for path in sorted(ANNOTATED.glob("*.txt")):
        for passage in chain.from_iterable(sources.read_annotated(path)):
            if bucket(passage.group) < ANNOTATED_DEV_SHARE:
                sets["dev_annotated"].append(passage)
            else:
                sets["train"] += COPIES[passage.source] * [passage]
    sets["dev_uner"] = [*map(map_passage, sources.read_uner(uner / "en_ewt-ud-dev.iob2"))]
    return sets


def useful(passage: Passage) -> bool:
    """Return whether a gold sentence is worth its time: any with a name, some of the others."""
    return bool(passage.spans) or bucket(passage.text) < NAMELESS_SHARE


def familiar(passages: Iterable[Passage]) -> set[str]:
    """Return the words that are frequent enough to be learnt as such, and all common nouns."""
    counts = Counter(word for one in passages for word in re.findall(r"[A-Za-z]+", one.text))
    common = {word.capitalize() for word in counts if word.islower()}
    return common | {word for word, count in counts.items() if count >= FAMILIAR}


def read_wikigold(data: Path) -> list[Passage]:
    """Read the held-out corpus with its own tags (PER, ORG, LOC, MISC), unmapped."""
    return list(sources.read_columns(data / "wikigold" / "wikigold.conll.txt", "wikigold", " "))


def write(path: Path, passages: Iterable[Passage]) -> Counter[str]:
    """Write passages as a `DocBin` and return how many sentences, tokens and labels it holds."""
    nlp = spacy.blank("en")
    counts: Counter[str] = Counter()
    bin_ = DocBin(attrs=["ENT_IOB", "ENT_TYPE"])
    for passage in passages:
        doc = to_doc(nlp, passage)
        bin_.add(doc)
        counts.update({"sentences": 1, "tokens": len(doc)})
        counts.update(entity.label_ for entity in doc.ents)
    bin_.to_disk(path)
    return counts


def main(arguments: list[str] | None = None) -> None:
    """Run the preparation from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/ner"))
    parser.add_argument("--out", type=Path, default=Path("training/corpus"))
    parser.add_argument("--patterns", type=int, default=40, help="sentences per pattern of news")
    parser.add_argument("--reference", type=int, default=20, help="and per pattern of reference")
    options = parser.parse_args(arguments)
    data, out = (ROOT / options.data).resolve(), ROOT / options.out
    out.mkdir(parents=True, exist_ok=True)

    sets = read_all(data)
    random = Random(SEED)
    known = familiar(sets["train"])
    train = [v for passage in sets["train"] for v in variants(passage, random, known)]
    train += [
        variant
        for passage in chain(
            synthesise(random, options.patterns), synthesise_reference(random, options.reference)
        )
        for variant in variants(passage, random)[:1]
    ]
    random.shuffle(train)
    dev = [passage for name in DEV_SETS for passage in sets[name]]
    sets |= {"train": train, "dev": dev, "wikigold": read_wikigold(data)}
    counts = {name: write(out / f"{name}.spacy", passages) for name, passages in sets.items()}
    order = ["sentences", "tokens", *LABELS]
    table = {
        name: {key: tally[key] for key in order if tally[key]} for name, tally in counts.items()
    }
    (out / "counts.json").write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    for name, row in table.items():
        print(f"{name:13}", " ".join(f"{key}={value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
