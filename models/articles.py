"""Articles, where they stand, and their captions."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEWS, Base, Bytes, Key, Words
from models.landing import Page

# On some signs in a row ("a_a_", "<!--", "~/~/") the parser takes quadratic time.
# A tsvector holds 1 MB of lexemes, and hyphenated words of four-byte letters count twice.
_SEARCH = (
    "setweight(to_tsvector('news.english_unaccent'::regconfig, translate(\"left\"(title, 2000), '_<~/'::text, '    '::text)), 'A'::\"char\") || "
    "setweight(to_tsvector('news.english_unaccent'::regconfig, translate(\"left\"(body, 120000), '_<~/'::text, '    '::text)), 'B'::\"char\")"
)


class Article(Base):
    """A title, captions and a body, identified by exactly these."""

    __tablename__ = "articles"
    __table_args__ = (
        UniqueConstraint("content_sha256"),
        Index(None, "search", postgresql_using="gin"),
        Index(
            "ix_articles_folded_title",
            text("ops.folded(title) ops.gin_trgm_ops"),
            postgresql_using="gin",
        ),
        Index(None, "first_landed_on"),
        # The night of an article without the article, which is a hundred times as wide.
        Index(None, "article_id", postgresql_include=["first_landed_on"]),
        CheckConstraint(
            "article_id = encode(substring(content_sha256 from 1 for 16), 'hex')::uuid",
            "id_from_content",
        ),
        CheckConstraint("octet_length(content_sha256) = 32", "sha256_length"),
        CheckConstraint("word_count >= 0", "word_count"),
        CheckConstraint(
            "(published_on is null) = (published_on_source is null)", "published_on_source"
        ),
        {"schema": NEWS, "comment": "Distinct articles, however often they occur."},
    )

    article_id: Mapped[Key] = mapped_column(
        primary_key=True, comment="First 16 bytes of the content hash."
    )
    content_sha256: Mapped[Bytes] = mapped_column(
        comment="SHA-256 of title, captions and paragraphs."
    )
    title: Mapped[Words] = mapped_column(comment="Headline; empty where the page has none.")
    body: Mapped[Words] = mapped_column(comment="Paragraphs joined by a blank line.")
    word_count: Mapped[int] = mapped_column(
        comment="Words of the body, as separated by white space."
    )
    language: Mapped[Words | None] = mapped_column(
        comment="Language (ISO 639-1), where it is known."
    )
    dateline: Mapped[Words | None] = mapped_column(
        comment="Place a report was filed from, as its first line names it."
    )
    byline: Mapped[Words | None] = mapped_column(comment="Author, where the text names one.")
    agency: Mapped[Words | None] = mapped_column(
        comment="News agency the text is credited to, where its first line names one."
    )
    is_truncated: Mapped[bool] = mapped_column(
        comment="Whether the text breaks off: no body, or a last paragraph without an end."
    )
    first_landed_on: Mapped[date] = mapped_column(
        comment="Earliest night in which the article occurs."
    )
    published_on: Mapped[date | None] = mapped_column(
        comment="Publication date, only where there is evidence."
    )
    published_on_source: Mapped[Words | None] = mapped_column(
        comment="The evidence for the publication date."
    )
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(_SEARCH, persisted=True),
        comment="Words of title (weight A) and body (weight B), for full-text search.",
    )


class ArticleOccurrence(Base):
    """One place where an article stands in a page."""

    __tablename__ = "article_occurrences"
    __table_args__ = (
        ExcludeConstraint(
            ("page_id", "="),
            (text("int4range(start_char, end_char)"), "&&"),
            name="ex_article_occurrences_range",
            using="gist",
        ),
        CheckConstraint("ordinal > 0", "ordinal"),
        CheckConstraint("start_char >= 0 and start_char < end_char", "char_range"),
        {"schema": NEWS, "comment": "Places where articles stand in pages; no two overlap."},
    )

    page_id: Mapped[UUID] = mapped_column(
        ForeignKey(Page.page_id, ondelete="CASCADE"), primary_key=True, comment="The page."
    )
    ordinal: Mapped[int] = mapped_column(
        primary_key=True, comment="Position among the page's articles; 1 is its lead."
    )
    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id), index=True, comment="The article that stands there."
    )
    start_char: Mapped[int] = mapped_column(
        comment="First character in the page's decoded text, in code points from 0."
    )
    end_char: Mapped[int] = mapped_column(comment="Character after the last one.")


class Caption(Base):
    """A photo caption of an article."""

    __tablename__ = "captions"
    __table_args__ = (
        CheckConstraint("caption_no > 0", "caption_no"),
        CheckConstraint(
            "(caption_date is null) = (caption_date_precision is null)"
            " and caption_date_precision in ('day', 'month', 'year')",
            "date_precision",
        ),
        {"schema": NEWS, "comment": "Photo captions of articles."},
    )

    article_id: Mapped[UUID] = mapped_column(
        ForeignKey(Article.article_id, ondelete="CASCADE"), primary_key=True, comment="The article."
    )
    caption_no: Mapped[int] = mapped_column(
        primary_key=True, comment="Position among the article's captions, from 1."
    )
    caption: Mapped[Words] = mapped_column(comment="The caption as it stands.")
    credit: Mapped[Words | None] = mapped_column(comment="Whom its end credits.")
    agencies: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="Agencies named in the credit, in order; empty for none."
    )
    caption_date: Mapped[date | None] = mapped_column(
        comment="Date of the photo, which is often older than the article."
    )
    caption_date_precision: Mapped[Words | None] = mapped_column(
        comment="day, month or year; the date is then the first one of it."
    )
