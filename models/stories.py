"""Near-duplicates and the stories they form."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.articles import Article
from models.base import NEWS, Base, Words


class DuplicatePair(Base):
    """Two articles whose texts were compared and found to be near-duplicates."""

    __tablename__ = "duplicate_pairs"
    __table_args__ = (
        CheckConstraint("article_a < article_b", "order"),
        CheckConstraint(
            "shingles_common > 0 and shingles_common <= least(shingles_a, shingles_b)", "counts"
        ),
        CheckConstraint("relation in ('near', 'contained')", "relation"),
        {
            "schema": NEWS,
            "comment": "Verified pairs of near-duplicate articles, with the counts that prove it.",
        },
    )

    article_a: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"),
        primary_key=True,
        comment="The article with the smaller id.",
    )
    article_b: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"),
        primary_key=True,
        index=True,
        comment="The article with the larger id.",
    )
    shingles_a: Mapped[int] = mapped_column(comment="Distinct word 5-grams of article_a.")
    shingles_b: Mapped[int] = mapped_column(comment="Distinct word 5-grams of article_b.")
    shingles_common: Mapped[int] = mapped_column(comment="Distinct word 5-grams of both.")
    jaccard: Mapped[float] = mapped_column(
        Double,
        Computed(
            "shingles_common::double precision / (shingles_a + shingles_b - shingles_common)",
            persisted=True,
        ),
        comment="Common 5-grams as a share of all.",
    )
    containment: Mapped[float] = mapped_column(
        Double,
        Computed(
            "shingles_common::double precision / least(shingles_a, shingles_b)", persisted=True
        ),
        comment="Common 5-grams as a share of the shorter article's.",
    )
    relation: Mapped[Words] = mapped_column(
        comment="near: Jaccard is high enough; contained: the shorter one stands in the longer."
    )


class StoryArticle(Base):
    """The story an article belongs to."""

    __tablename__ = "story_articles"
    __table_args__ = (
        {
            "schema": NEWS,
            "comment": "Stories: connected near-duplicates; a lone article is a story of one.",
        },
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"), primary_key=True, comment="The article."
    )
    # A canonical article that goes takes the whole assignment along: the rest is assigned anew.
    story_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"),
        index=True,
        comment="The story's canonical article: its earliest, then longest, then smallest id.",
    )
    is_canonical: Mapped[bool] = mapped_column(
        Computed("article_id = story_id", persisted=True),
        comment="Whether this article names the story.",
    )
