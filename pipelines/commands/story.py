"""`broadsheet trace --story`: why articles are one story."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from sqlalchemy import text

from pipelines.news.shingles import shingle
from pipelines.news.stories import common_counts, story_text
from pipelines.news.word_diff import Run, word_diff
from pipelines.store import database

_MEMBERS = """
    select article_id, title, body, first_landed_on, word_count, is_canonical
      from news.story_articles join news.articles using (article_id)
     where story_id = (select story_id from news.story_articles where article_id = :article)
     order by is_canonical desc, first_landed_on, article_id
"""

_PAIRS = """
    select article_a, article_b, relation
      from news.duplicate_pairs
      join news.story_articles on article_id = article_a
     where story_id = :story
     order by jaccard desc, article_a, article_b
"""


@dataclass(frozen=True, slots=True)
class TracedMember:
    """An article of a story, compared with the canonical one.

    `joined_to` is the member by whose pair it comes into the story, on the shortest way to the
    canonical article, and `relation` that pair's; both are None of the canonical article itself.
    """

    article_id: UUID
    title: str
    first_landed_on: date
    word_count: int
    jaccard: float
    containment: float
    joined_to: UUID | None
    relation: str | None
    changes: Sequence[Run]


def trace_story(article_id: UUID, diffs: int) -> list[TracedMember]:
    """The story of an article, its canonical article first; none if it has no story.

    The first `diffs` members after that come with their differences from it, word by word.
    """
    with database.current_engine().connect() as connection:
        members = connection.execute(text(_MEMBERS), {"article": article_id}).all()
        if not members:
            return []
        pairs = [
            (row.article_a, row.article_b, row.relation)
            for row in connection.execute(text(_PAIRS), {"story": members[0].article_id})
        ]
    joined = _ways_in(members[0].article_id, pairs)
    texts = [story_text(one.title, one.body) for one in members]
    traced = []
    for at, (one, (jaccard, containment)) in enumerate(zip(members, _shares(texts), strict=True)):
        joined_to, relation = joined.get(one.article_id, (None, None))
        changes = list(word_diff(texts[0], texts[at])) if 0 < at <= diffs else []
        traced.append(
            TracedMember(
                one.article_id,
                one.title,
                one.first_landed_on,
                one.word_count,
                jaccard,
                containment,
                joined_to,
                relation,
                changes,
            )
        )
    return traced


def _shares(texts: Sequence[str]) -> list[tuple[float, float]]:
    """Jaccard index and containment of each text with the first."""
    shingles = shingle(texts).distinct()
    sizes, first = shingles.counts, np.zeros(len(texts), dtype=np.int64)
    common = common_counts(shingles, first, np.arange(len(texts)))
    union, shorter = sizes + sizes[0] - common, np.minimum(sizes, sizes[0])
    return list(
        zip(
            (common / np.maximum(union, 1)).tolist(),
            (common / np.maximum(shorter, 1)).tolist(),
            strict=True,
        )
    )


def _ways_in(
    canonical: UUID, pairs: Sequence[tuple[UUID, UUID, str]]
) -> Mapping[UUID, tuple[UUID, str]]:
    """For each member the one it is joined to on the shortest way, and the pair's relation."""
    neighbours = defaultdict(list)
    for a, b, relation in pairs:
        neighbours[a].append((b, relation))
        neighbours[b].append((a, relation))
    found: dict[UUID, tuple[UUID, str]] = {}
    queue = deque([canonical])
    while queue:
        member = queue.popleft()
        for other, relation in neighbours[member]:
            if other != canonical and other not in found:
                found[other] = (member, relation)
                queue.append(other)
    return found
