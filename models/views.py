"""Views for analysts, as SQL. A migration carries a frozen copy of each; a test compares the two."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view of schema `news`. A materialized one has a unique index, to be refreshed while read."""

    name: str
    comment: str
    query: str
    unique_key: tuple[str, ...] = ()

    @property
    def is_materialized(self) -> bool:
        """Whether the view is stored, and refreshed by the `analytics` asset."""
        return bool(self.unique_key)


STORIES = View(
    "stories",
    "One row a story: its canonical title and how far it spread.",
    """
    select story.story_id,
           canonical.title,
           count(distinct story.article_id) as articles,
           count(*) as occurrences,
           min(file.landing_date) as first_night,
           max(file.landing_date) as last_night
      from news.story_articles story
      join news.articles canonical on canonical.article_id = story.story_id
      join news.article_occurrences occurrence on occurrence.article_id = story.article_id
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     group by story.story_id, canonical.title
    """,
)

COVERAGE = View(
    "coverage",
    "One row a night: what landed, what it held, and what was refused.",
    """
    select ingested.landing_date,
           count(*) as files,
           coalesce(sum(held.pages), 0)::bigint as pages,
           coalesce(sum(held.occurrences), 0)::bigint as occurrences,
           coalesce(sum(refused.entries), 0)::bigint as quarantined
      from ops.ingested_files ingested
      left join (
           select file.landing_date, file.path,
                  count(distinct page.page_id) as pages,
                  count(occurrence.article_id) as occurrences
             from news.source_files file
             join news.pages page using (file_id)
             left join news.article_occurrences occurrence using (page_id)
            group by file.landing_date, file.path
           ) held using (landing_date, path)
      left join (
           select quarantine.landing_date, quarantine.path, count(*) as entries
             from ops.quarantine
            group by quarantine.landing_date, quarantine.path
           ) refused using (landing_date, path)
     group by ingested.landing_date
    """,
    ("landing_date",),
)

ENTITY_DAYS = View(
    "entity_days",
    "How often an entity was named in what first landed on a night.",
    """
    select name.entity_id,
           article.first_landed_on as night,
           count(*) as mentions,
           count(distinct article.article_id) as articles,
           count(distinct story.story_id) as stories
      from news.mentions mention
      join news.names name using (name_id)
      join news.articles article using (article_id)
      join news.story_articles story using (article_id)
     where name.entity_id is not null
     group by name.entity_id, article.first_landed_on
    """,
    ("entity_id", "night"),
)

VIEWS = (STORIES, COVERAGE, ENTITY_DAYS)
