"""Stories that look wrong: too many articles, or members that have little of the canonical one."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from pipelines.news.candidates import estimated_containments
from pipelines.news.minhash import estimates
from pipelines.store.landing import ARTICLES_OF_NIGHTS
from pipelines.store.signatures import read_signatures

MAX_ARTICLES = 500
"""A story of more articles is a giant."""

MIN_JACCARD = 0.3
MIN_CONTAINMENT = 0.6
"""A member below both, against the canonical article, is far from it."""

_STORIES = f"""
    select story_id, title, count(*) as articles
      from news.story_articles
      join (select distinct story_id from news.story_articles
             where article_id in ({ARTICLES_OF_NIGHTS})) looked_at using (story_id)
      join news.articles canonical on canonical.article_id = story_id
     group by story_id, title
    having count(*) > 1
"""

# A pair with the canonical article is verified: such a member is not far.
_INDIRECT = """
    select member.article_id, member.story_id
      from news.story_articles member
      join ops.signatures own on own.article_id = member.article_id
      join ops.signatures canonical on canonical.article_id = member.story_id
     where member.story_id = any(:stories) and not member.is_canonical
       and not exists (select from news.duplicate_pairs pair
                        where pair.article_a = least(member.article_id, member.story_id)
                          and pair.article_b = greatest(member.article_id, member.story_id))
"""


@dataclass(frozen=True, slots=True)
class StoryHealth:
    """A story of several articles; `least_jaccard` is that of its farthest member, None of none."""

    story_id: UUID
    title: str
    articles: int
    far_members: int
    least_jaccard: float | None

    @property
    def is_giant(self) -> bool:
        """Whether it has more articles than reports of one event are likely to be."""
        return self.articles > MAX_ARTICLES


def story_health(
    connection: Connection, nights: tuple[date, date] | None = None
) -> list[StoryHealth]:
    """Stories of several articles, of which one stands in a page of these nights, or all.

    Those with most far members come first, then the largest. How much of the canonical article a
    member has is estimated from their signatures.
    """
    first, last = nights or (None, None)
    rows = connection.execute(text(_STORIES), {"first": first, "last": last}).all()
    far = _far_members(connection, [row.story_id for row in rows])
    health = [
        StoryHealth(row.story_id, row.title, row.articles, len(own), min(own, default=None))
        for row in rows
        for own in [far.get(row.story_id, [])]
    ]
    return sorted(health, key=lambda one: (-one.far_members, -one.articles, one.story_id))


def _far_members(connection: Connection, stories: list[UUID]) -> dict[UUID, list[float]]:
    """Estimated Jaccard indices of the far members of stories."""
    members = connection.execute(text(_INDIRECT), {"stories": stories}).all()
    if not members:
        return {}
    signed = read_signatures(connection, sorted({one for member in members for one in member}))
    own = [signed[member.article_id] for member in members]
    canonical = [signed[member.story_id] for member in members]
    left = np.stack([signature for signature, _ in own])
    right = np.stack([signature for signature, _ in canonical])
    jaccard = estimates(left, right)
    contained = estimated_containments(
        jaccard, np.array([count for _, count in own]), np.array([count for _, count in canonical])
    )
    far: dict[UUID, list[float]] = {}
    is_far = (jaccard < MIN_JACCARD) & (contained < MIN_CONTAINMENT)
    for at in np.flatnonzero(is_far).tolist():
        far.setdefault(members[at].story_id, []).append(float(jaccard[at]))
    return far
