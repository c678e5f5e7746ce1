"""The pipeline's own tables: what was read, refused and derived, and by which version."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.articles import Article
from models.base import OPS, Base, Bytes, Key, Words
from models.entities import Name
from models.landing import Page


class IngestedFile(Base):
    """What was last seen of a file of the landing zone, loaded or refused."""

    __tablename__ = "ingested_files"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", "sha256_length"),
        {"schema": OPS, "comment": "Files of the landing zone as last seen, loaded or refused."},
    )

    landing_date: Mapped[date] = mapped_column(primary_key=True, comment="The night.")
    path: Mapped[Words] = mapped_column(primary_key=True, comment="Path below the night's folder.")
    sha256: Mapped[Bytes | None] = mapped_column(
        comment="SHA-256 of the file; null where it could not be read."
    )
    byte_size: Mapped[int | None] = mapped_column(BigInteger, comment="Size in bytes.")
    ingest_version: Mapped[Words] = mapped_column(
        comment="Version and limits that the file was read with."
    )
    segment_version: Mapped[Words | None] = mapped_column(
        comment="Version its pages were segmented with; null until they are."
    )


class Quarantine(Base):
    """A file or page that could not be loaded."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("landing_date", "path", "page_no", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["landing_date", "path"],
            [IngestedFile.landing_date, IngestedFile.path],
            ondelete="CASCADE",
        ),
        CheckConstraint("octet_length(head) <= 1024", "head_length"),
        {"schema": OPS, "comment": "Files and pages that could not be loaded, and why."},
    )

    quarantine_id: Mapped[Key] = mapped_column(
        primary_key=True, comment="Derived from night, path and page number."
    )
    landing_date: Mapped[date] = mapped_column(comment="The night.")
    path: Mapped[Words] = mapped_column(comment="Path below the night's folder.")
    page_no: Mapped[int | None] = mapped_column(comment="The page; null for the whole file.")
    reason_code: Mapped[Words] = mapped_column(comment="The kind of reason.")
    detail: Mapped[Words] = mapped_column(comment="The reason in words.")
    head: Mapped[Bytes] = mapped_column(comment="First kilobyte.")


class PageLeftover(Base):
    """A range of a page that belongs to no article."""

    __tablename__ = "page_leftovers"
    __table_args__ = (
        CheckConstraint("start_char >= 0 and start_char < end_char", "char_range"),
        {"schema": OPS, "comment": "Ranges of pages that belong to no article."},
    )

    page_id: Mapped[UUID] = mapped_column(
        ForeignKey(Page.page_id, ondelete="CASCADE"), primary_key=True, comment="The page."
    )
    start_char: Mapped[int] = mapped_column(primary_key=True, comment="First character.")
    end_char: Mapped[int] = mapped_column(comment="Character after the last one.")
    reason: Mapped[Words] = mapped_column(
        comment="before_first_article, navigation, no_article, too_many_lines or taken_down."
    )


class Takedown(Base):
    """That an article must not be in the tables, whatever file brings it."""

    __tablename__ = "takedowns"
    __table_args__ = (
        CheckConstraint("octet_length(content_sha256) = 32", "sha256_length"),
        CheckConstraint("reason <> ''", "reason"),
        {"schema": OPS, "comment": "Articles that were taken down and are not to be loaded again."},
    )

    content_sha256: Mapped[Bytes] = mapped_column(
        primary_key=True, comment="SHA-256 of title, captions and paragraphs; nothing else is kept."
    )
    article_id: Mapped[UUID] = mapped_column(
        Computed("encode(substring(content_sha256 from 1 for 16), 'hex')::uuid", persisted=True),
        unique=True,
        comment="The id it had, or would have, in news.articles.",
    )
    reason: Mapped[Words] = mapped_column(comment="Why, as whoever did it says.")
    taken_down_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"), comment="When."
    )
    taken_down_by: Mapped[Words] = mapped_column(
        server_default=text("session_user"), comment="The database user who did it."
    )


class TouchedArticle(Base):
    """An article that lost an occurrence and has not been looked at since."""

    __tablename__ = "touched_articles"
    __table_args__ = (
        {
            "schema": OPS,
            "comment": "Articles that lost an occurrence: to be deleted or dated anew.",
        },
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"), primary_key=True, comment="The article."
    )


class UnlinkedArticle(Base):
    """An article whose near-duplicates have to be looked for, the first time or anew."""

    __tablename__ = "unlinked_articles"
    __table_args__ = (
        {
            "schema": OPS,
            "comment": "Articles that are new, or of which a pair may have come or gone.",
        },
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"), primary_key=True, comment="The article."
    )


class Signature(Base):
    """The MinHash signature of an article, and the keys it is found by."""

    __tablename__ = "signatures"
    __table_args__ = (
        CheckConstraint("octet_length(signature) = 512", "signature_length"),
        CheckConstraint("shingle_count >= 0", "shingle_count"),
        {
            "schema": OPS,
            "comment": "MinHash signatures of articles, and the keys they are found by.",
        },
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"), primary_key=True, comment="The article."
    )
    article_prefix: Mapped[int] = mapped_column(
        Computed(
            "('x' || left(article_id::text, 8))::bit(32)::integer # (-2147483648)", persisted=True
        ),
        index=True,
        comment="First 32 bits of the article's id, as ops.lsh_bands has them.",
    )
    signature: Mapped[Bytes] = mapped_column(comment="128 little-endian unsigned 32-bit values.")
    shingle_count: Mapped[int] = mapped_column(comment="Distinct word 5-grams.")
    keys: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), comment="The article's keys in ops.lsh_bands, each once."
    )
    signature_version: Mapped[Words] = mapped_column(
        index=True, comment="Version that computed it."
    )


class LshBand(Base):
    """A key of an article: a band of its signature, or a passage of its text."""

    __tablename__ = "lsh_bands"
    __table_args__ = (
        {
            "schema": OPS,
            # The widest table of rows: both columns are as narrow as they can be, and there is no
            # foreign key, which would need a second index. ops.signatures has the same keys.
            "comment": "Keys of articles; articles that share one are candidates for a pair.",
        },
    )

    key: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        comment="Hash of a band's five values and its number, or of a passage of ten words.",
    )
    article_prefix: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        comment="First 32 bits of the article's id; two articles may share them.",
    )


class Annotation(Base):
    """That an article was read for mentions, and by which version."""

    __tablename__ = "annotations"
    __table_args__ = ({"schema": OPS, "comment": "Articles that were read for mentions."},)

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"), primary_key=True, comment="The article."
    )
    ner_version: Mapped[Words] = mapped_column(comment="Pipeline and rules that read it.")


class Resolution(Base):
    """That a name was resolved, and by which version."""

    __tablename__ = "resolutions"
    __table_args__ = ({"schema": OPS, "comment": "Names that were resolved to entities."},)

    name_id: Mapped[UUID] = mapped_column(
        ForeignKey(Name.name_id, ondelete="CASCADE"), primary_key=True, comment="The name."
    )
    resolver_version: Mapped[Words] = mapped_column(comment="Rules and lists that resolved it.")


class Load(Base):
    """One run of one asset."""

    __tablename__ = "loads"
    __table_args__ = (
        Index(None, "asset", "finished_at"),
        {"schema": OPS, "comment": "Asset runs that finished, with what they counted."},
    )

    load_id: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True, comment="Serial number."
    )
    run_id: Mapped[Words] = mapped_column(comment="Dagster run id.")
    asset: Mapped[Words] = mapped_column(comment="Asset name.")
    first_night: Mapped[date | None] = mapped_column(comment="First night of the run.")
    last_night: Mapped[date | None] = mapped_column(comment="Last night of the run.")
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="Start.")
    finished_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="End.")
    counts: Mapped[dict[str, Any]] = mapped_column(
        JSONB, comment="What was read, written and deleted; rows_written sums up all writes."
    )
