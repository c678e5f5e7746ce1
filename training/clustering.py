"""How well one clustering agrees with another.

Belongs here: arithmetic on the labels of clusters. A clustering is a sequence that says of each
mention which cluster it is in; two are compared place by place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from math import comb
from typing import Literal, NamedTuple

Clustering = Sequence[Hashable]


class Agreement(NamedTuple):
    """B-cubed precision and recall, of a mention or averaged; 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Mistake(NamedTuple):
    """Mentions (by their places) that are apart from the larger part of their cluster.

    `joined`: `part` is in one found cluster with `rest`, and is another entity.
    `split`: `part` is the same entity as `rest`, and is in another found cluster.
    """

    kind: Literal["joined", "split"]
    part: tuple[int, ...]
    rest: tuple[int, ...]


def b_cubed(gold: Clustering, found: Clustering) -> list[Agreement]:
    """Precision and recall of each mention.

    Of a mention's found cluster, the share that is in its gold cluster too, and the other way round
    (Bagga and Baldwin 1998, "Algorithms for Scoring Coreference Chains").

    Raises:
        ValueError: the clusterings are of different lengths.
    """
    pairs = list(zip(gold, found, strict=True))
    both, golds, founds = Counter(pairs), Counter(gold), Counter(found)
    return [Agreement(both[one] / founds[one[1]], both[one] / golds[one[0]]) for one in pairs]


def mean(scores: Sequence[Agreement]) -> Agreement:
    """The average over mentions; of none, 1."""
    if not scores:
        return Agreement(1.0, 1.0)
    return Agreement(
        sum(score.precision for score in scores) / len(scores),
        sum(score.recall for score in scores) / len(scores),
    )


def pair_precision(gold: Clustering, found: Clustering) -> float:
    """The share of joined pairs of mentions that are the same entity; of none, 1."""
    both = Counter(zip(gold, found, strict=True))
    joined = sum(comb(count, 2) for count in Counter(found).values())
    right = sum(comb(count, 2) for count in both.values())
    return right / joined if joined else 1.0


def mistakes(gold: Clustering, found: Clustering) -> list[Mistake]:
    """What is joined and split wrongly, most mentions first."""
    wrong = [Mistake("joined", *parts) for parts in _apart(found, gold)]
    wrong += [Mistake("split", *parts) for parts in _apart(gold, found)]
    return sorted(wrong, key=lambda mistake: (-len(mistake.part), mistake.part))


def _apart(
    whole: Clustering, parts: Clustering
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Each lesser part of a cluster, with the largest part of the same."""
    for cluster in _members(whole, range(len(whole))).values():
        largest, *lesser = sorted(
            _members(parts, cluster).values(), key=lambda part: (-len(part), part)
        )
        for part in lesser:
            yield tuple(part), tuple(largest)


def _members(clustering: Clustering, places: Sequence[int]) -> dict[Hashable, list[int]]:
    members: dict[Hashable, list[int]] = defaultdict(list)
    for place in places:
        members[clustering[place]].append(place)
    return members
