"""What follows of the base tables, all of it at once: the counts that nights add to one by one.

Says the same as `pipelines.store.entity_counts` in single statements over everything, which are
quicker while there are no indexes. That both give the same, a test shows.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from benchmarks.analysts.bare import Step
from pipelines.store.entity_counts import LIST_LENGTH

_ARTICLE_ENTITIES = """
    insert into news.article_entities
           (article_id, entity_id, story_id, night, mentions, sentences)
    select article_id, entity_id, story_id, night, count(*),
           array_agg(distinct sentence order by sentence)
      from (select mention.article_id, name.entity_id, story.story_id,
                   article.first_landed_on as night,
                   dense_rank() over (
                       partition by mention.article_id
                       order by mention.section desc, mention.section_no, mention.sentence_start
                   ) as sentence
              from news.mentions mention
              join news.names name using (name_id)
              join news.story_articles story using (article_id)
              join news.articles article using (article_id)
             where name.entity_id is not null) numbered
     group by article_id, entity_id, story_id, night
"""
_ENTITY_DAYS = """
    insert into news.entity_days (entity_id, night, mentions, articles, stories)
    select entity_id, night, sum(mentions), sum(articles), count(*)
      from (select entity_id, night, story_id, sum(mentions) as mentions, count(*) as articles
              from news.article_entities group by entity_id, night, story_id) told
     group by entity_id, night
"""
_ENTITY_TOTALS = """
    insert into ops.entity_totals (entity_id, mentions, articles, stories)
    select entity_id, sum(mentions), sum(articles), count(*)
      from (select entity_id, story_id, sum(mentions) as mentions, count(*) as articles
              from news.article_entities group by entity_id, story_id) told
     group by entity_id
"""
_PAIR_COUNTS = f"""
    insert into ops.entity_pair_counts
           (entity_a, entity_b, articles, stories, sentences, sentence_stories)
    with pairable as (
         select article_id, story_id, entity_id, sentences
           from (select named.*, count(*) over (partition by article_id) as entities
                   from news.article_entities named) counted
          where entities between 2 and {LIST_LENGTH}
    ), sentence as (
         select article_id, story_id, entity_id, unnest(sentences) as sentence from pairable
    ), together as (
         select one.story_id, one.entity_id as entity_a, other.entity_id as entity_b,
                1 as articles, 0 as sentences
           from pairable one join pairable other using (article_id)
          where other.entity_id > one.entity_id
          union all
         select one.story_id, one.entity_id, other.entity_id, 0, 1
           from sentence one join sentence other using (article_id, sentence)
          where other.entity_id > one.entity_id
    ), told as (
         select story_id, entity_a, entity_b, sum(articles) as articles, sum(sentences) as sentences
           from together group by story_id, entity_a, entity_b
    )
    select entity_a, entity_b, sum(articles), count(*), sum(sentences),
           count(*) filter (where sentences > 0)
      from told
     group by entity_a, entity_b
"""
_COUNTS = {
    "news.article_entities": _ARTICLE_ENTITIES,
    "news.entity_days": _ENTITY_DAYS,
    "ops.entity_totals": _ENTITY_TOTALS,
    "ops.entity_pair_counts": _PAIR_COUNTS,
}


def count_entities(step: Step) -> None:
    """Fill the counts of entities, which must be empty."""
    for table, statement in _COUNTS.items():
        step(table, _counted(table, statement))


def note_nights(connection: Connection) -> int:
    """Let a refresh count all nights; they are few, and their own queries quick."""
    return connection.execute(
        text("insert into ops.stale_nights select distinct landing_date from ops.ingested_files")
    ).rowcount


def _counted(table: str, statement: str) -> Callable[[Connection], int]:
    def count(connection: Connection) -> int:
        connection.execute(text("set local work_mem = '512MB'"))
        rows = connection.execute(text(statement)).rowcount
        # The next ones read it.
        connection.execute(text(f"analyze {table}"))
        return rows

    return count
