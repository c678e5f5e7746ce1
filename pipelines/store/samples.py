"""A few rows of what some nights hold, for people to look at."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

_COUNTED_UP_TO = 500_000

_IN_NIGHTS = """
    select occurrence.article_id, min(file.landing_date) as night
      from news.source_files file
      join news.pages using (file_id)
      join news.article_occurrences occurrence using (page_id)
     where file.landing_date between :first and :last
     group by occurrence.article_id
"""

_QUERIES = {
    "news.source_files": """
        select landing_date, path, byte_size, coalesce(compression, '') as compression, encoding
          from news.source_files where landing_date between :first and :last
         order by landing_date desc, path limit :limit
    """,
    "news.articles": f"""
        select night, title, word_count, is_truncated
          from ({_IN_NIGHTS}) held join news.articles using (article_id)
         order by night desc, title limit :limit
    """,
    "news.story_articles": f"""
        select canonical.title, count(*) as articles
          from ({_IN_NIGHTS}) held
          join news.story_articles story using (article_id)
          join news.articles canonical on canonical.article_id = story.story_id
         group by canonical.article_id, canonical.title
         order by articles desc, title limit :limit
    """,
    "news.mentions": f"""
        select mention.label, count(*) as mentions, count(distinct mention.name_id) as names
          from ({_IN_NIGHTS}) held join news.mentions mention using (article_id)
         group by mention.label order by mentions desc limit :limit
    """,
    "news.entities": f"""
        select entity.display_name, entity.entity_type, count(*) as mentions
          from ({_IN_NIGHTS}) held
          join news.mentions using (article_id)
          join news.names using (name_id)
          join news.entities entity using (entity_id)
         group by entity.entity_id order by mentions desc, display_name limit :limit
    """,
}


def row_count(connection: Connection, table: str) -> int:
    """Rows of a table: counted if it is small, else as the planner estimates them.

    Counting millions of rows would make each night longer than the one before.
    """
    estimated = connection.scalar(
        text("select reltuples::bigint from pg_class where oid = cast(:table as regclass)"),
        {"table": table},
    )
    if estimated is not None and estimated > _COUNTED_UP_TO:
        return int(estimated)
    return int(connection.scalar(text(f"select count(*) from {table}")) or 0)


def samples(
    connection: Connection, table: str, first: date, last: date, limit: int
) -> list[dict[str, Any]]:
    """Up to `limit` rows that show what the nights `first` to `last` hold of a table."""
    rows = connection.execute(text(_QUERIES[table]), {"first": first, "last": last, "limit": limit})
    return [dict(row) for row in rows.mappings()]
