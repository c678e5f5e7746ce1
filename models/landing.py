"""Raw files and the pages in them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEWS, OPS, Base, Bytes, Key, Words


class SourceFile(Base):
    """A raw file that could be read."""

    __tablename__ = "source_files"
    __table_args__ = (
        UniqueConstraint("landing_date", "path"),
        ForeignKeyConstraint(
            ["landing_date", "path"],
            [f"{OPS}.ingested_files.landing_date", f"{OPS}.ingested_files.path"],
            ondelete="CASCADE",
        ),
        CheckConstraint("octet_length(sha256) = 32", "sha256_length"),
        CheckConstraint("page_count > 0", "page_count"),
        {"schema": NEWS, "comment": "Raw files of the landing zone that could be read."},
    )

    file_id: Mapped[Key] = mapped_column(
        primary_key=True, comment="Derived from night, path and bytes."
    )
    landing_date: Mapped[date] = mapped_column(comment="The night: the folder the file lies in.")
    path: Mapped[Words] = mapped_column(comment="Path below the night's folder, with slashes.")
    sha256: Mapped[Bytes] = mapped_column(comment="SHA-256 of the file as it lies there.")
    byte_size: Mapped[int] = mapped_column(
        BigInteger, comment="Size of the file as it lies there, in bytes."
    )
    media_type: Mapped[Words] = mapped_column(comment="IANA media type of the decompressed file.")
    compression: Mapped[Words | None] = mapped_column(
        comment="gzip, zstd, bzip2 or xz; null for none."
    )
    encoding: Mapped[Words] = mapped_column(comment="Character encoding, IANA name in lower case.")
    page_count: Mapped[int] = mapped_column(comment="Pages in the file.")


class Page(Base):
    """One scraped page of a file."""

    __tablename__ = "pages"
    __table_args__ = (
        UniqueConstraint("file_id", "page_no"),
        CheckConstraint("page_no > 0", "page_no"),
        CheckConstraint("byte_start >= 0 and byte_start <= byte_end", "byte_range"),
        CheckConstraint("segment_method in ('mirror', 'whole_page', 'none')", "segment_method"),
        {"schema": NEWS, "comment": "Scraped pages; a text file is one, an archive many."},
    )

    page_id: Mapped[Key] = mapped_column(
        primary_key=True, comment="Derived from the file and the page number."
    )
    file_id: Mapped[UUID] = mapped_column(
        ForeignKey(SourceFile.file_id, ondelete="CASCADE"), comment="The file the page stands in."
    )
    page_no: Mapped[int] = mapped_column(comment="Position in the file, from 1.")
    byte_start: Mapped[int] = mapped_column(
        BigInteger, comment="First byte of the page in the decompressed file."
    )
    byte_end: Mapped[int] = mapped_column(
        BigInteger, comment="Byte after the last one of the page in the decompressed file."
    )
    char_count: Mapped[int] = mapped_column(comment="Length of the decoded text in code points.")
    url: Mapped[Words | None] = mapped_column(comment="Where it was scraped, if the file says so.")
    site: Mapped[Words | None] = mapped_column(comment="Host name of the url.")
    published_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="Publication time, if the file says so."
    )
    language: Mapped[Words | None] = mapped_column(
        comment="Language (ISO 639-1), if the file says so."
    )
    segment_method: Mapped[Words] = mapped_column(
        comment="How the articles were found: mirror, whole_page, or none where there are none."
    )
    is_repaired: Mapped[bool] = mapped_column(
        comment="Whether text that was decoded wrongly before it arrived was repaired."
    )
