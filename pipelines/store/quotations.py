"""Quotations of articles."""

from collections.abc import Sequence
from uuid import UUID

from models import Quotation as QuotationRow
from sqlalchemy import Connection, text

from pipelines.news.quotations import Quotation
from pipelines.store import bulk
from pipelines.store.mentions import name_key

_COLUMNS = (
    "article_id",
    "section",
    "section_no",
    "start_char",
    "end_char",
    "quotation",
    "speaker_name_id",
    "cue",
)


def put_quotations(
    connection: Connection, articles: Sequence[tuple[UUID, Sequence[Quotation]]]
) -> int:
    """Store the quotations of articles whose mentions were just stored; returns the rows written.

    `put_mentions` took away those that were there, and left in `read_articles` the articles that are.
    """
    there = set(connection.scalars(text("select article_id from pg_temp.read_articles")))
    return bulk.insert(
        connection,
        QuotationRow,
        _COLUMNS,
        (
            (
                article_id,
                one.section,
                one.section_no,
                one.start_char,
                one.end_char,
                one.text,
                name_key(one.speaker.label, one.speaker.name) if one.speaker else None,
                one.cue,
            )
            for article_id, quotations in articles
            if article_id in there
            for one in quotations
        ),
    )
