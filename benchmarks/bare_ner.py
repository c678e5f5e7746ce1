"""What the mentions asset is measured against: `nlp.pipe` over texts and nothing else.

`python -m benchmarks.bare_ner TEXTS SHARE SHARES` reads every SHARES-th text of a JSON list and
prints when it was ready to read and when it was done (seconds of the monotonic clock). It keeps
nothing of what is found, and reads paragraphs of several articles together, which the asset may not.
"""

import json
import sys
import time
from pathlib import Path

from pipelines.news.ner import load_pipeline
from pipelines.settings import settings

_BATCH_PARAGRAPHS = 64


def main(texts_file: str, share: str, shares: str) -> None:
    """Load the pipeline, read the share, print two times."""
    nlp = load_pipeline(settings().nlp)
    texts = json.loads(Path(texts_file).read_text(encoding="utf-8"))[int(share) :: int(shares)]
    ready = time.monotonic()
    entities = sum(len(doc.ents) for doc in nlp.pipe(texts, batch_size=_BATCH_PARAGRAPHS))
    print(json.dumps({"ready": ready, "done": time.monotonic(), "entities": entities}))


if __name__ == "__main__":
    main(*sys.argv[1:])
