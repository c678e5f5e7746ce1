"""What must hold in the database, as queries that count what does not."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pipelines.store.landing import ARTICLES_OF_NIGHTS, FileKey

MAX_REFUSED_SHARE = 0.2
"""Share of the files of some nights in quarantine above which someone should look."""

BROKEN_OFFSETS = f"""
    select count(*)
      from news.mentions mention
      join news.articles article using (article_id)
      left join news.captions caption
        on caption.article_id = mention.article_id and caption.caption_no = mention.section_no
     where mention.article_id in ({ARTICLES_OF_NIGHTS})
       and substr(case section when 'title' then article.title
                               when 'body' then article.body
                               else caption.caption end,
                  start_char + 1, end_char - start_char) is distinct from surface
"""

# Articles that wait to be settled by a run of another night are not nowhere yet.
ARTICLES_NOWHERE = """
    select count(*) from news.articles article
     where (cast(:first as date) is null or article.first_landed_on between :first and :last)
       and not exists (select from news.article_occurrences occurrence
                        where occurrence.article_id = article.article_id)
       and not exists (select from ops.touched_articles touched
                        where touched.article_id = article.article_id)
"""

ARTICLES_WITHOUT_STORY = f"""
    select count(*) from ({ARTICLES_OF_NIGHTS}) held
     where not exists (select from news.story_articles story
                        where story.article_id = held.article_id)
"""

STORIES_WITHOUT_CANONICAL = f"""
    select count(distinct story.story_id)
      from news.story_articles story
      left join news.story_articles canonical on canonical.article_id = story.story_id
     where story.article_id in ({ARTICLES_OF_NIGHTS})
       and canonical.story_id is distinct from story.story_id
"""

# Counts every mention there is, so only when everything is checked.
NAMES_MISCOUNTED = """
    select count(*) from news.names
      left join (select name_id, count(*) as mentions from news.mentions group by name_id) counted
           using (name_id)
     where cast(:first as date) is null and names.mention_count is distinct from counted.mentions
"""

NAMES_UNRESOLVED = f"""
    select count(distinct name_id)
      from news.mentions join news.names using (name_id)
     where names.entity_id is null and names.entity_type <> 'DATE'
       and mentions.article_id in ({ARTICLES_OF_NIGHTS})
"""

ENTITIES_UNNAMED = """
    select count(*) from news.entities entity
     where not exists (select from news.names where names.entity_id = entity.entity_id)
"""

# These two look at every key there is, so only when everything is checked.
BANDS_WITHOUT_SIGNATURE = """
    select count(*) from ops.lsh_bands band
     where cast(:first as date) is null
       and not exists (select from ops.signatures signature
                        where signature.article_prefix = band.article_prefix
                          and band.key = any(signature.keys))
"""

SIGNATURES_WITHOUT_BAND = """
    select count(*) from ops.signatures cross join unnest(keys) as own (key)
     where cast(:first as date) is null
       and not exists (select from ops.lsh_bands band
                        where band.article_prefix = signatures.article_prefix
                          and band.key = own.key)
"""


@dataclass(frozen=True, slots=True)
class CoveredFile:
    """A loaded file, and for each of its pages the ranges that occurrences and leftovers cover."""

    night: date
    path: str
    sha256: bytes
    pages: dict[int, list[tuple[int, int]]]


def covered_files(
    connection: Connection, nights: tuple[date, date] | None = None
) -> list[CoveredFile]:
    """The files of some nights, or all, with what is covered of them."""
    first, last = nights or (None, None)
    rows = connection.execute(
        text("""
        select file.landing_date, file.path, file.sha256, page.page_no,
               coalesce(array_agg(part.start_char order by part.start_char)
                        filter (where part.start_char is not null), '{}') as starts,
               coalesce(array_agg(part.end_char order by part.start_char)
                        filter (where part.start_char is not null), '{}') as ends
          from news.source_files file
          join news.pages page using (file_id)
          left join (select page_id, start_char, end_char from news.article_occurrences
                     union all
                     select page_id, start_char, end_char from ops.page_leftovers) part
               using (page_id)
         where cast(:first as date) is null or file.landing_date between :first and :last
         group by file.file_id, page.page_no
         order by file.landing_date, file.path, page.page_no
        """),
        {"first": first, "last": last},
    )
    files: dict[FileKey, CoveredFile] = {}
    for row in rows:
        file = CoveredFile(row.landing_date, row.path, row.sha256, {})
        file = files.setdefault((row.landing_date, row.path), file)
        file.pages[row.page_no] = list(zip(row.starts, row.ends, strict=True))
    return list(files.values())


def count(connection: Connection, query: str, nights: tuple[date, date] | None = None) -> int:
    """How many rows break a rule, in some nights or in all."""
    first, last = nights or (None, None)
    found = connection.scalar(
        text(query), {"first": first, "last": last} if ":first" in query else {}
    )
    return int(found or 0)


def refused_share(
    connection: Connection, nights: tuple[date, date] | None = None
) -> tuple[int, int]:
    """Files of some nights, or all, and how many of them are in quarantine whole or in part."""
    first, last = nights or (None, None)
    row = connection.execute(
        text("""
        select count(*) as files,
               count(*) filter (where exists (
                     select from ops.quarantine
                      where quarantine.landing_date = ingested.landing_date
                        and quarantine.path = ingested.path)) as refused
          from ops.ingested_files ingested
         where cast(:first as date) is null or landing_date between :first and :last
        """),
        {"first": first, "last": last},
    ).one()
    return row.files, row.refused
