"""The records that pure steps hand to one another.

Frozen dataclasses only: no behaviour beyond a derived key. All character offsets count Unicode code
points, end exclusive, as both Python and Postgres count them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

Section = Literal["title", "caption", "body"]
SegmentMethod = Literal["mirror", "whole_page", "none"]
DatePrecision = Literal["day", "month", "year"]


@dataclass(frozen=True, slots=True)
class Page:
    """One scraped page, decoded.

    `byte_start` and `byte_end` delimit the page in the decompressed file; `text` is what its bytes
    say after decoding, without a byte order mark, line ends as they stand.
    """

    page_no: int
    byte_start: int
    byte_end: int
    text: str
    is_repaired: bool = False


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """A file that could be read: how, and its pages."""

    media_type: str
    compression: str | None
    encoding: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file or page that could not be loaded, and why. `head` is its first kilobyte at most."""

    reason_code: str
    detail: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Caption:
    """One photo caption and what its end says about the photo."""

    text: str
    credit: str | None
    agencies: tuple[str, ...]
    caption_date: date | None
    caption_date_precision: DatePrecision | None


@dataclass(frozen=True, slots=True)
class Article:
    """A title, captions and a body, identified by exactly these.

    `paragraphs` joined by a blank line are the stored body.
    """

    article_id: UUID
    content_sha256: bytes
    title: str
    captions: tuple[str, ...]
    paragraphs: tuple[str, ...]
    is_truncated: bool

    @property
    def body(self) -> str:
        """The stored body: paragraphs joined by one blank line."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where an article stands in a page; `ordinal` 1 is the page's lead."""

    ordinal: int
    start_char: int
    end_char: int
    article: Article


@dataclass(frozen=True, slots=True)
class Leftover:
    """A range of a page that belongs to no article."""

    start_char: int
    end_char: int
    reason: str


@dataclass(frozen=True, slots=True)
class SegmentedPage:
    """A page cut into articles; occurrences and leftovers cover every non-blank character once."""

    method: SegmentMethod
    occurrences: tuple[Occurrence, ...]
    leftovers: tuple[Leftover, ...]


class Mention(NamedTuple):
    """A span of an article's text that names something.

    Offsets index into the title, into caption `section_no`, or into the whole body, in which
    `section_no` counts the paragraph; captions and paragraphs count from 1, a title is 1.
    `name` is the normalised spelling the span stands for within its article. A tuple, because
    thousands a second pass from one process to another.
    """

    section: Section
    section_no: int
    start_char: int
    end_char: int
    surface: str
    label: str
    name: str
    sentence_start: int
    sentence_end: int


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What is read of an article."""

    article_id: UUID
    title: str
    captions: tuple[str, ...]
    body: str
