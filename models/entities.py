"""Mentions, the names they stand for, and the entities that names stand for."""

from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.articles import Article
from models.base import NEWS, Base, Key, Words

_LABELS = "('PERSON', 'NORP', 'ORG', 'GPE', 'LOC', 'FAC', 'EVENT', 'DATE')"


class Entity(Base):
    """A person, place, organisation ... that names stand for."""

    __tablename__ = "entities"
    __table_args__ = (
        UniqueConstraint("entity_type", "entity_key"),
        CheckConstraint(f"entity_type in {_LABELS}", "entity_type"),
        {"schema": NEWS, "comment": "Who and what the news names."},
    )

    entity_id: Mapped[Key] = mapped_column(primary_key=True, comment="Derived from type and key.")
    entity_type: Mapped[Words] = mapped_column(
        comment="PERSON, NORP (faiths, and peoples without a country), ORG, GPE, LOC, FAC or EVENT."
    )
    entity_key: Mapped[Words] = mapped_column(
        comment="What identifies the entity within its type: a code, an id or a folded name."
    )
    display_name: Mapped[Words] = mapped_column(
        comment="Its most frequent, then longest, then first spelling; a country is called by a"
        " name of the place, not of its people."
    )
    country_code: Mapped[str | None] = mapped_column(
        CHAR(2), comment="Country it is or lies in (ISO 3166-1 alpha-2)."
    )
    geoname_id: Mapped[int | None] = mapped_column(
        comment="GeoNames id of a city or a first-level region."
    )


class Name(Base):
    """A normalised spelling."""

    __tablename__ = "names"
    __table_args__ = (
        UniqueConstraint("entity_type", "name"),
        Index(
            "ix_names_folded_name",
            text("ops.folded(name) ops.gin_trgm_ops"),
            postgresql_using="gin",
        ),
        CheckConstraint(f"entity_type in {_LABELS}", "entity_type"),
        CheckConstraint("mention_count > 0", "mention_count"),
        CheckConstraint("(entity_id is null) or (rule is not null)", "rule"),
        {"schema": NEWS, "comment": "Normalised spellings and the entities they stand for."},
    )

    name_id: Mapped[Key] = mapped_column(primary_key=True, comment="Derived from type and name.")
    entity_type: Mapped[Words] = mapped_column(
        comment="Label of the mentions of this name: NORP for a people whose entity is its country."
    )
    name: Mapped[Words] = mapped_column(comment="The spelling, without titles and possessive.")
    entity_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(Entity.entity_id),
        index=True,
        comment="The entity; null for dates, which name none, and until the name is resolved.",
    )
    own_entity_id: Mapped[UUID | None] = mapped_column(
        comment="The entity it would stand for if no alias file named it."
    )
    rule: Mapped[Words | None] = mapped_column(comment="How the name was joined to its entity.")
    mention_count: Mapped[int] = mapped_column(comment="Mentions of the name in all articles.")


class Mention(Base):
    """A span of an article's text that names an entity."""

    __tablename__ = "mentions"
    __table_args__ = (
        CheckConstraint("section in ('title', 'caption', 'body')", "section"),
        CheckConstraint("section_no > 0", "section_no"),
        CheckConstraint("start_char >= 0 and start_char < end_char", "char_range"),
        CheckConstraint("char_length(surface) = end_char - start_char", "surface_length"),
        CheckConstraint("sentence_start <= start_char and end_char <= sentence_end", "in_sentence"),
        CheckConstraint(f"label in {_LABELS}", "label"),
        {"schema": NEWS, "comment": "Spans of article texts that name something, or a date."},
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id), primary_key=True, comment="The article."
    )
    section: Mapped[Words] = mapped_column(
        primary_key=True, comment="Where in the article: title, caption or body."
    )
    section_no: Mapped[int] = mapped_column(
        primary_key=True, comment="Which caption, or which paragraph of the body, from 1."
    )
    start_char: Mapped[int] = mapped_column(
        primary_key=True,
        comment="First character in the title, the caption or the whole body, from 0.",
    )
    end_char: Mapped[int] = mapped_column(primary_key=True, comment="Character after the last one.")
    surface: Mapped[Words] = mapped_column(comment="The text of the span.")
    name_id: Mapped[UUID] = mapped_column(
        ForeignKey(Name.name_id), index=True, comment="The name it stands for."
    )
    label: Mapped[Words] = mapped_column(
        comment="What the recogniser took it for; DATE has no entity, and NORP may have a country."
    )
    sentence_start: Mapped[int] = mapped_column(
        comment="First character of its sentence, counted as start_char is."
    )
    sentence_end: Mapped[int] = mapped_column(comment="Character after the sentence's last one.")


class Quotation(Base):
    """Direct speech in an article."""

    __tablename__ = "quotations"
    __table_args__ = (
        CheckConstraint("section in ('title', 'body')", "section"),
        CheckConstraint("start_char >= 0 and start_char < end_char", "char_range"),
        CheckConstraint("char_length(quotation) = end_char - start_char", "quotation_length"),
        {"schema": NEWS, "comment": "Direct speech in articles, and who is said to have spoken."},
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id), primary_key=True, comment="The article."
    )
    section: Mapped[Words] = mapped_column(
        primary_key=True, comment="Where in the article: title or body."
    )
    section_no: Mapped[int] = mapped_column(
        primary_key=True, comment="Which paragraph of the body, from 1; a title is 1."
    )
    start_char: Mapped[int] = mapped_column(
        primary_key=True, comment="First character in the title or the whole body, from 0."
    )
    end_char: Mapped[int] = mapped_column(comment="Character after the last one.")
    quotation: Mapped[Words] = mapped_column(comment="What is quoted, without the marks.")
    speaker_name_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(Name.name_id),
        index=True,
        comment="The name of the person or body that spoke; null where the text does not tell.",
    )
    cue: Mapped[Words | None] = mapped_column(
        comment="The verb that introduces it, as it stands; null for none."
    )
