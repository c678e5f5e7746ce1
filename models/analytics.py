"""What is counted for analysts. Every refresh brings it up to date with what was written since.

None of these tables has a foreign key to what it counts: an article that goes has to be subtracted
first, and so leaves its row in `article_entities` behind until the next refresh.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEWS, OPS, Base, Words


class ArticleEntity(Base):
    """An entity that an article names."""

    __tablename__ = "article_entities"
    __table_args__ = (
        CheckConstraint("mentions > 0", "mentions"),
        CheckConstraint("cardinality(sentences) between 1 and mentions", "sentences"),
        Index(
            None, "entity_id", "night", postgresql_include=["article_id", "story_id", "mentions"]
        ),
        {
            "schema": NEWS,
            "comment": "Entities that articles name: one row an article and an entity, for articles"
            " that belong to a story.",
        },
    )

    article_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The article.")
    entity_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The entity.")
    story_id: Mapped[UUID] = mapped_column(index=True, comment="The article's story.")
    night: Mapped[date] = mapped_column(comment="The night on which the article landed first.")
    mentions: Mapped[int] = mapped_column(comment="How often the article names it.")
    sentences: Mapped[list[int]] = mapped_column(
        ARRAY(Integer),
        comment="Which sentences name it, of those of title, captions and body that name anything.",
    )


class EntityDay(Base):
    """How often an entity was named in what first landed on a night."""

    __tablename__ = "entity_days"
    __table_args__ = (
        CheckConstraint("stories > 0 and stories <= articles and articles <= mentions", "counts"),
        {
            "schema": NEWS,
            "comment": "How often an entity was named in what first landed on a night.",
        },
    )

    entity_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The entity.")
    night: Mapped[date] = mapped_column(
        primary_key=True, index=True, comment="The night on which the articles landed first."
    )
    mentions: Mapped[int] = mapped_column(comment="Mentions in the night's new articles.")
    articles: Mapped[int] = mapped_column(comment="New articles that name it.")
    stories: Mapped[int] = mapped_column(comment="Stories of these articles: copies count once.")


class EntityTotal(Base):
    """How often an entity is named in the whole archive."""

    __tablename__ = "entity_totals"
    __table_args__ = (
        CheckConstraint("stories > 0 and stories <= articles and articles <= mentions", "counts"),
        {"schema": OPS, "comment": "How often an entity is named: for views of news."},
    )

    entity_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The entity.")
    mentions: Mapped[int] = mapped_column(BigInteger, comment="Its mentions.")
    articles: Mapped[int] = mapped_column(comment="Articles that name it.")
    stories: Mapped[int] = mapped_column(comment="Stories that name it.")


_AT_LEAST_TWO = text("articles >= 2")


class EntityPairCount(Base):
    """How often two entities are named together."""

    __tablename__ = "entity_pair_counts"
    __table_args__ = (
        CheckConstraint("entity_a < entity_b", "order"),
        CheckConstraint(
            "stories > 0 and stories <= articles and sentence_stories between 0 and stories"
            " and sentence_stories <= sentences",
            "counts",
        ),
        *(
            Index(
                f"ix_entity_pair_counts_{one}",
                one,
                text("stories desc"),
                other,
                postgresql_where=_AT_LEAST_TWO,
            )
            for one, other in (("entity_a", "entity_b"), ("entity_b", "entity_a"))
        ),
        {
            "schema": OPS,
            "comment": "How often two entities are named together, once is counted too: for the view"
            " news.entity_pairs.",
        },
    )

    entity_a: Mapped[UUID] = mapped_column(primary_key=True, comment="The smaller id.")
    entity_b: Mapped[UUID] = mapped_column(primary_key=True, comment="The larger id.")
    articles: Mapped[int] = mapped_column(comment="Articles that name both.")
    stories: Mapped[int] = mapped_column(comment="Stories of these articles.")
    sentences: Mapped[int] = mapped_column(comment="Sentences that name both.")
    sentence_stories: Mapped[int] = mapped_column(comment="Stories with such a sentence.")


class Coverage(Base):
    """What landed on a night."""

    __tablename__ = "coverage"
    __table_args__ = (
        {
            "schema": NEWS,
            "comment": "One row a night: what landed, what it held, and what was refused.",
        },
    )

    landing_date: Mapped[date] = mapped_column(primary_key=True, comment="The night.")
    files: Mapped[int] = mapped_column(comment="Files in the landing zone.")
    pages: Mapped[int] = mapped_column(comment="Pages in them.")
    occurrences: Mapped[int] = mapped_column(comment="Places where an article stands in a page.")
    quarantined: Mapped[int] = mapped_column(comment="Files and pages in quarantine.")
    articles: Mapped[int] = mapped_column(comment="Articles in them, new or printed again.")
    new_articles: Mapped[int] = mapped_column(comment="Articles that stood in no earlier night.")


class Syndication(Base):
    """Texts credited to an agency, by site and night."""

    __tablename__ = "syndication"
    __table_args__ = (
        CheckConstraint("stories <= articles and articles <= occurrences", "counts"),
        {
            "schema": NEWS,
            "comment": "Texts credited to an agency, by site and night. A text file does not say where"
            " it was scraped: its site is empty here, and pages says in how many pages the texts stood.",
        },
    )

    agency: Mapped[Words] = mapped_column(primary_key=True, comment="The agency.")
    site: Mapped[Words] = mapped_column(primary_key=True, comment="The site; empty if not known.")
    night: Mapped[date] = mapped_column(
        primary_key=True, index=True, comment="A night on which they stood in a page."
    )
    occurrences: Mapped[int] = mapped_column(comment="Places where such a text stands.")
    pages: Mapped[int] = mapped_column(comment="Pages with such a text.")
    articles: Mapped[int] = mapped_column(comment="Such texts.")
    stories: Mapped[int] = mapped_column(
        comment="Stories of these texts, however many copies; not to be summed over nights or sites."
    )


class StaleArticle(Base):
    """An article that is to be counted anew."""

    __tablename__ = "stale_articles"
    __table_args__ = (
        {"schema": OPS, "comment": "Articles that changed since they were counted, by triggers."},
    )

    article_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The article.")


class StaleNight(Base):
    """A night that is to be counted anew."""

    __tablename__ = "stale_nights"
    __table_args__ = (
        {"schema": OPS, "comment": "Nights that changed since they were counted, by triggers."},
    )

    night: Mapped[date] = mapped_column(primary_key=True, comment="The night.")


class AnalyticsState(Base):
    """One row that a refresh holds, and what it counted over everything."""

    __tablename__ = "analytics_state"
    __table_args__ = (
        CheckConstraint("only_row", "one_row"),
        {"schema": OPS, "comment": "One row: what the last refresh counted over everything."},
    )

    only_row: Mapped[bool] = mapped_column(primary_key=True, comment="Always true.")
    stories: Mapped[int] = mapped_column(
        BigInteger, comment="Stories there are, which lift compares with."
    )
