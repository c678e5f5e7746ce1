"""Score what articles say of themselves: `python -m training.evaluate_article_facts`.

Reads annotated beginnings and ends of articles (`annotated/article_facts`). A field counts as found when
all of it is right; precision is over what was found, recall over what there is.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.news.article_facts import article_facts
from pipelines.news.segment import make_article
from training.prepare import ROOT

FOLDER: Final = ROOT / "training" / "annotated" / "article_facts"
FIELDS: Final = ("dateline", "byline", "agency", "published", "truncated", "language")


def read(pattern: str) -> Iterator[dict[str, Any]]:
    """The annotated texts of the files of a pattern."""
    for path in sorted(FOLDER.glob(pattern)):
        yield from tomllib.loads(path.read_text(encoding="utf-8"))["article"]


def expected(one: dict[str, Any]) -> dict[str, object]:
    """What an annotation says, as Broadsheet would."""
    agencies, published = one.get("agency", []), one.get("published")
    if isinstance(published, str):
        published = date.fromisoformat(published[:10])
    return {
        "dateline": one.get("dateline"),
        "byline": ", ".join(one.get("byline", [])) or None,
        "agency": agencies[0] if agencies else None,
        "published": published.date() if isinstance(published, datetime) else published,
        "truncated": one.get("truncated", False) or None,
        "language": one.get("language", "en"),
    }


def found(one: dict[str, Any]) -> dict[str, object]:
    """What Broadsheet says of the same text."""
    paragraphs = [
        line.strip()
        for part in ("beginning", "end")
        for line in one.get(part, "").splitlines()
        if line.strip()
    ]
    article = make_article("", [], paragraphs)
    facts = article_facts(article)
    return {
        "dateline": facts.dateline,
        "byline": facts.byline,
        "agency": facts.agency,
        "published": facts.published_on,
        "truncated": article.is_truncated or None,
        "language": facts.language,
    }


def main(arguments: list[str] | None = None) -> None:
    """Run the evaluation from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", default="test_*.toml", help="default: those that only measure")
    parser.add_argument(
        "--mistakes", action="store_true", help="show what was not found, or wrongly"
    )
    parser.add_argument("--out", type=Path, default=Path("training/runs/article_facts_scores.json"))
    options = parser.parse_args(arguments)
    right: Counter[str] = Counter()
    there: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for one in read(options.files):
        gold, own = expected(one), found(one)
        for field in FIELDS:
            there[field] += gold[field] is not None
            given[field] += own[field] is not None
            right[field] += own[field] is not None and own[field] == gold[field]
            if options.mistakes and gold[field] != own[field]:
                print(
                    f"{field}: {gold[field]!r}, found {own[field]!r}: {one.get('beginning', '')[:90]!r}"
                )
    scores = {
        field: {
            "p": round(100 * right[field] / max(given[field], 1), 1),
            "r": round(100 * right[field] / max(there[field], 1), 1),
            "count": there[field],
        }
        for field in FIELDS
    }
    for field, row in scores.items():
        print(f"{field:10}", " ".join(f"{key} {value:6}" for key, value in row.items()))
    out = ROOT / options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(scores, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
