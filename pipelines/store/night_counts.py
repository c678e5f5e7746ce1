"""Counting nights: what landed on each, and which agencies' texts."""

from models import Base, Coverage, Syndication
from sqlalchemy import Connection, text

from pipelines.store.bulk import look_up_by_index, stage_query, table_of, upsert_staged

# Both are asked night by night, so that the work is that of the stale nights, not of all.
_COVERAGE = """
    select taken.night as landing_date, seen.files, held.pages, held.occurrences,
           refused.quarantined, held.articles, held.new_articles
      from pg_temp.taken_nights taken
     cross join lateral (
           select count(*)::integer as files
             from ops.ingested_files ingested
            where ingested.landing_date = taken.night) seen
     cross join lateral (
           select count(*)::integer as quarantined
             from ops.quarantine quarantine
            where quarantine.landing_date = taken.night) refused
     cross join lateral (
           select count(distinct page.page_id)::integer as pages,
                  count(occurrence.article_id)::integer as occurrences,
                  count(distinct article.article_id)::integer as articles,
                  (count(distinct article.article_id)
                   filter (where article.first_landed_on = taken.night))::integer as new_articles
             from news.source_files file
             join news.pages page using (file_id)
             left join news.article_occurrences occurrence using (page_id)
             left join news.articles article using (article_id)
            where file.landing_date = taken.night) held
     where seen.files > 0
"""
_SYNDICATION = """
    select told.*
      from pg_temp.taken_nights taken
     cross join lateral (
           select article.agency, coalesce(page.site, '') as site, taken.night,
                  count(*)::integer as occurrences,
                  count(distinct occurrence.page_id)::integer as pages,
                  count(distinct article.article_id)::integer as articles,
                  count(distinct story.story_id)::integer as stories
             from news.source_files file
             join news.pages page using (file_id)
             join news.article_occurrences occurrence using (page_id)
             join news.articles article using (article_id)
             left join news.story_articles story using (article_id)
            where file.landing_date = taken.night and article.agency is not null
            group by article.agency, coalesce(page.site, '')) told
"""


def count_nights(connection: Connection, at_most: int) -> tuple[int, dict[str, int]]:
    """Count nights anew that are noted as stale, in an open transaction without other writers.

    Returns the number of nights, at most so many, and the rows written to each table.
    """
    taken = stage_query(
        connection,
        "taken_nights",
        f"select night from ops.stale_nights order by night limit {at_most}",
    )
    if not taken:
        return 0, {}
    look_up_by_index(connection)
    connection.execute(
        text("delete from ops.stale_nights using pg_temp.taken_nights taken"
             " where stale_nights.night = taken.night")
    )  # fmt: skip
    return taken, {
        "news.coverage": _replace(connection, Coverage, "landing_date", _COVERAGE),
        "news.syndication": _replace(connection, Syndication, "night", _SYNDICATION),
    }


def _replace(connection: Connection, model: type[Base], night: str, query: str) -> int:
    """Put what is counted in the place of these nights' rows; returns the rows written."""
    table = table_of(model)
    key = ", ".join(table.primary_key.columns.keys())
    staged = f"new_{table.name}"
    stage_query(connection, staged, query)
    deleted = connection.execute(
        text(f"""
        delete from {table}
         where {night} in (select night from pg_temp.taken_nights)
           and ({key}) not in (select {key} from pg_temp.{staged})
        """)
    ).rowcount
    return deleted + upsert_staged(connection, model, table.columns.keys(), staged)
