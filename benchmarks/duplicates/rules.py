"""What the rule and the keys do with what is hard: crowds, boilerplate, short reports.

Belongs here: measurements of our own way that no other contender has a part in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.duplicates.contenders import likely, posted
from benchmarks.duplicates.planted import Kind, boilerplate, short_corpus
from benchmarks.duplicates.prose import Prose
from benchmarks.duplicates.quality import Judge, Mask, are_joined, is_in
from benchmarks.duplicates.truth import Labels, Pairs, related_pairs, sharing_pairs
from pipelines.news.candidates import candidate_pairs, link_keys
from pipelines.news.minhash import sign
from pipelines.news.shingles import shingle
from pipelines.news.stories import MIN_CONTAINED_SHINGLES

BODY_WORDS = (8, 10, 15, 20, 30, 40)
THRESHOLDS = (0.7, 0.8, 0.9)
_GROUP = 40
_SHORT_ARTICLES = 8_000

Reason = Literal["no key in common", "not a hub's", "estimate too low"]
REASONS: tuple[Reason, ...] = ("no key in common", "not a hub's", "estimate too low")


@dataclass(frozen=True, slots=True)
class Missed:
    """True pairs that are not linked directly, for one reason, and those of them that are joined."""

    reason: Reason
    pairs: int
    joined: int


@dataclass(frozen=True, slots=True)
class Linking:
    """How candidates come about: numbers of pairs, and true pairs that are missed and why.

    `compared` counts pairs of the template's reports that are verified, of `crowd` that there are.
    """

    candidates: int
    verified: int
    crowd: int
    compared: int
    missed: dict[str, list[Missed]]


@dataclass(frozen=True, slots=True)
class Merged:
    """Different bodies of so many words in the same boilerplate: the share of pairs merged."""

    body_words: int
    around: float
    before: float


@dataclass(frozen=True, slots=True)
class Short:
    """Pairs of reports of fewer than 30 shingles, and the share of at least each threshold."""

    kind: Kind
    pairs: int
    shares: dict[float, float]


def linking(texts: Sequence[str], judge: Judge, stories: Labels) -> Linking:
    """Links with hubs and without, and which true pairs either does not reach."""
    shingles = shingle(texts)
    signed = sign(shingles)
    postings = posted(link_keys(shingles, signed))
    everyone = np.arange(len(texts), dtype=np.int32)
    without_hubs = candidate_pairs(postings, everyone, hubs=len(texts))
    with_hubs = candidate_pairs(postings, everyone)
    verified = likely(with_hubs, signed, shingles.distinct())
    template = int((judge.kinds == "template").sum())
    return Linking(
        candidates=len(with_hubs),
        verified=len(verified),
        crowd=template * (template - 1) // 2,
        compared=int((judge.pair_kinds(verified) == "template").sum()),
        missed={
            relation: _missed(true, (without_hubs, with_hubs, verified), stories)
            for relation, true in (("near", judge.near), ("contained", judge.contained))
        },
    )


def merged_boilerplate(seed: int) -> list[Merged]:
    """By the rule itself, over all pairs of groups of forty."""
    prose = Prose(seed)
    return [
        Merged(words, *(_share_merged(prose, words, around=around) for around in (True, False)))
        for words in BODY_WORDS
    ]


def short_reports(seed: int) -> list[Short]:
    """Which short reports each threshold of the Jaccard index takes for the same."""
    short = short_corpus(_SHORT_ARTICLES, seed)
    judge = Judge(short, sharing_pairs([article.text for article in short]))
    fewer = judge.exact.sizes.max(axis=1) < MIN_CONTAINED_SHINGLES
    kinds = judge.pair_kinds(judge.exact.pairs)
    changed, retypeset = (len(judge.copies(k)[0]) for k in ("short changed", "short retypeset"))
    sizes = np.bincount(judge.families[judge.kinds == "short template"])
    counts: dict[Kind, int] = {
        "short retypeset": retypeset,
        "short changed": changed,
        "short template": int((sizes * (sizes - 1) // 2).sum()),
    }
    return [
        Short(
            kind,
            count,
            {
                least: float(
                    (judge.exact.jaccard[fewer & (kinds == kind)] >= least).sum() / max(count, 1)
                )
                for least in THRESHOLDS
            },
        )
        for kind, count in counts.items()
    ]


def _missed(true: Pairs, reached: tuple[Pairs, Pairs, Pairs], stories: Labels) -> list[Missed]:
    """Each pair at the first step that it does not pass."""
    joined = are_joined(true, stories)
    left: Mask = np.ones(len(true), dtype=bool)
    missed = []
    for reason, pairs in zip(REASONS, reached, strict=True):
        passed = is_in(true, pairs)
        lost = left & ~passed
        missed.append(Missed(reason, int(lost.sum()), int((lost & joined).sum())))
        left &= passed
    return missed


def _share_merged(prose: Prose, words: int, *, around: bool) -> float:
    group = boilerplate(prose, _GROUP, words, around=around)
    return len(related_pairs([one.text for one in group]).pairs) / (_GROUP * (_GROUP - 1) / 2)
