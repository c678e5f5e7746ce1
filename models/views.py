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

ENTITY_REDIRECTS = View(
    "entity_redirects",
    "Entities that there are no more because an alias file joins their names to another.",
    """
    select distinct name.own_entity_id as entity_id, name.entity_id as redirects_to
      from news.names name
     where name.own_entity_id <> name.entity_id
       and not exists (select from news.entities entity
                        where entity.entity_id = name.own_entity_id)
    """,
)

NAME_SUGGESTIONS = View(
    "name_suggestions",
    "Entities of one type whose names end alike and are similar: to be looked at by someone.",
    """
    with named as (
         select entity.entity_id, entity.entity_type, entity.entity_key, entity.display_name,
                regexp_replace(entity.entity_key, '^.* ', '') as last_word
           from news.entities entity
          where entity.entity_key not like '%:%'
    )
    select one.entity_type, one.display_name as name, other.display_name as other_name,
           round(ops.similarity(one.entity_key, other.entity_key)::numeric, 2) as score,
           (select count(*)
              from (select mention.article_id
                      from news.names name join news.mentions mention using (name_id)
                     where name.entity_id = one.entity_id
                    intersect
                    select mention.article_id
                      from news.names name join news.mentions mention using (name_id)
                     where name.entity_id = other.entity_id) both_named) as shared_articles,
           one.entity_id, other.entity_id as other_entity_id
      from named one
      join named other on other.entity_type = one.entity_type
                      and other.last_word = one.last_word
                      and other.entity_id > one.entity_id
     where ops.similarity(one.entity_key, other.entity_key) >= 0.5
    """,
)

VIEWS = (STORIES, COVERAGE, ENTITY_DAYS, ENTITY_REDIRECTS, NAME_SUGGESTIONS)
