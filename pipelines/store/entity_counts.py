"""Counting entities, by article, by day and in pairs: what changed articles add and take away.

`news.article_entities` is what was counted. An article that changed is read anew with all articles of
its story before and after, as stories are counted once; the difference between what they named and
what they name goes into every sum. The work is that of the changed stories, however large the
archive is. See Gupta, Mumick: Maintenance of materialized views (1995), "counting algorithm".
"""

from dataclasses import dataclass

from models import ArticleEntity
from sqlalchemy import Connection, text

from pipelines.store.bulk import join_freely, look_up_by_index, stage_query, table_of, upsert_staged

LIST_LENGTH = 100
"""An article that names more entities is a list: its pairs say nothing, and would be thousands."""

# What the stories of the articles `taken` were counted with, and what they name now. Sentences are
# numbered in the order of title, captions, body (the sections' names in reverse).
# A story that has taken in articles of another, not taken here, drags that one along: else these would be
# added to the one and never subtracted from the other.
_STORIES = """
    with recursive touched (story_id) as (
         (select story_id from news.article_entities join pg_temp.taken using (article_id)
           union
          select story_id from news.story_articles join pg_temp.taken using (article_id))
          union
         select counted.story_id
           from touched
           join news.story_articles member using (story_id)
           join news.article_entities counted on counted.article_id = member.article_id
    )
    select story_id from touched
"""
_COUNTED = """
    select article_id, entity_id, story_id, night, mentions, sentences
      from news.article_entities
     where story_id in (select story_id from pg_temp.touched_stories)
"""
_NAMED = """
    select article_id, entity_id, story_id, night, count(*)::integer as mentions,
           array_agg(distinct sentence order by sentence)::integer[] as sentences
      from (select mention.article_id, name.entity_id, story.story_id,
                   article.first_landed_on as night,
                   dense_rank() over (
                       partition by mention.article_id
                       order by mention.section desc, mention.section_no, mention.sentence_start
                   ) as sentence
              from pg_temp.touched_stories
              join news.story_articles story using (story_id)
              join news.articles article using (article_id)
              join news.mentions mention using (article_id)
              join news.names name using (name_id)
             where name.entity_id is not null) numbered
     group by article_id, entity_id, story_id, night
"""
_CHANGES = """
    with gone as (table pg_temp.counted except table pg_temp.named),
         come as (table pg_temp.named except table pg_temp.counted),
         changed as (select story_id from gone union select story_id from come)
    select -1 as sign, counted.* from pg_temp.counted join changed using (story_id)
     union all
    select 1, named.* from pg_temp.named join changed using (story_id)
"""

_DAY_CHANGES = """
    select entity_id, night, sum(sign * mentions)::integer as mentions,
           sum(sign * articles)::integer as articles, sum(sign)::integer as stories
      from (select sign, story_id, entity_id, night, sum(mentions) as mentions,
                   count(*) as articles
              from pg_temp.changes group by sign, story_id, entity_id, night) told
     group by entity_id, night
    having (sum(sign * mentions), sum(sign * articles), sum(sign)) <> (0, 0, 0)
"""
_TOTAL_CHANGES = """
    select entity_id, sum(sign * mentions) as mentions,
           sum(sign * articles)::integer as articles, sum(sign)::integer as stories
      from (select sign, story_id, entity_id, sum(mentions) as mentions, count(*) as articles
              from pg_temp.changes group by sign, story_id, entity_id) told
     group by entity_id
    having (sum(sign * mentions), sum(sign * articles), sum(sign)) <> (0, 0, 0)
"""
_PAIR_CHANGES = f"""
    with pairable as (
         select sign, article_id, entity_id, story_id, sentences
           from (select changes.*, count(*) over (partition by sign, article_id) as entities
                   from pg_temp.changes) counted
          where entities between 2 and {LIST_LENGTH}
    ), sentence as materialized (
         select sign, article_id, entity_id, story_id, unnest(sentences) as sentence from pairable
    ), together as (
         select sign, one.story_id, one.entity_id as entity_a, other.entity_id as entity_b,
                1 as articles, 0 as sentences
           from pairable one join pairable other using (sign, article_id)
          where other.entity_id > one.entity_id
          union all
         select sign, one.story_id, one.entity_id, other.entity_id, 0, 1
           from sentence one join sentence other using (sign, article_id, sentence)
          where other.entity_id > one.entity_id
    ), told as (
         select sign, story_id, entity_a, entity_b, sum(articles) as articles,
                sum(sentences) as sentences
           from together group by sign, story_id, entity_a, entity_b
    )
    select entity_a, entity_b, sum(sign * articles)::integer as articles,
           sum(sign)::integer as stories, sum(sign * sentences)::integer as sentences,
           coalesce(sum(sign) filter (where sentences > 0), 0)::integer as sentence_stories
      from told
     group by entity_a, entity_b
    having (sum(sign * articles), sum(sign), sum(sign * sentences),
            coalesce(sum(sign) filter (where sentences > 0), 0)) <> (0, 0, 0, 0)
     order by entity_a, entity_b
"""


@dataclass(frozen=True, slots=True)
class _Sums:
    """A table of sums, and what is to be added to them. A row whose articles are none is deleted."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    changes: str


_SUMS = (
    _Sums("news.entity_days", ("entity_id", "night"), ("mentions", "articles", "stories"), _DAY_CHANGES),
    _Sums("ops.entity_totals", ("entity_id",), ("mentions", "articles", "stories"), _TOTAL_CHANGES),
    _Sums(
        "ops.entity_pair_counts",
        ("entity_a", "entity_b"),
        ("articles", "stories", "sentences", "sentence_stories"),
        _PAIR_CHANGES,
    ),
)  # fmt: skip


def count_articles(connection: Connection, at_most: int) -> tuple[int, dict[str, int]]:
    """Count articles anew that are noted as stale, in an open transaction without other writers.

    Returns the number of articles, at most so many, and the rows written to each table.
    """
    taken = stage_query(
        connection,
        "taken",
        f"select article_id from ops.stale_articles order by article_id limit {at_most}",
    )
    if not taken:
        return 0, {}
    look_up_by_index(connection)
    connection.execute(
        text("delete from ops.stale_articles using pg_temp.taken"
             " where stale_articles.article_id = taken.article_id")
    )  # fmt: skip
    _note_nights_of_agencies(connection)
    stage_query(connection, "touched_stories", _STORIES)
    stage_query(connection, "counted", _COUNTED)
    stage_query(connection, "named", _NAMED)
    join_freely(connection)
    if not stage_query(connection, "changes", _CHANGES):
        return taken, {}
    for number, sums in enumerate(_SUMS):
        stage_query(connection, f"sums_{number}", sums.changes)
    look_up_by_index(connection)
    written = {
        sums.table: _add(connection, sums, f"sums_{number}") for number, sums in enumerate(_SUMS)
    }
    written["news.article_entities"] = _replace_counted(connection)
    join_freely(connection)
    return taken, written


def _note_nights_of_agencies(connection: Connection) -> None:
    """`news.syndication` counts stories: nights with articles of another story are stale."""
    connection.execute(
        text("""
        insert into ops.stale_nights (night)
        select distinct file.landing_date
          from pg_temp.taken
          join news.articles article using (article_id)
          join news.article_occurrences occurrence using (article_id)
          join news.pages page using (page_id)
          join news.source_files file using (file_id)
         where article.agency is not null
        on conflict do nothing
        """)
    )


def _add(connection: Connection, sums: _Sums, staged: str) -> int:
    """Add staged changes to sums; returns the rows written."""
    key = " and ".join(f"total.{column} = change.{column}" for column in sums.key)
    added = ", ".join(f"{column} = total.{column} + change.{column}" for column in sums.values)
    columns = (*sums.key, *sums.values)
    return connection.execute(
        text(f"""
        merge into {sums.table} total
        using pg_temp.{staged} change on {key}
         when matched and total.articles + change.articles = 0 then delete
         when matched then update set {added}
         when not matched then insert ({", ".join(columns)})
              values ({", ".join(f"change.{column}" for column in columns)})
        """)
    ).rowcount


def _replace_counted(connection: Connection) -> int:
    """Remember what the articles are counted with from now on; returns the rows written."""
    deleted = connection.execute(
        text("""
        delete from news.article_entities was
         using (select article_id, entity_id from pg_temp.counted
                except select article_id, entity_id from pg_temp.named) gone
         where was.article_id = gone.article_id and was.entity_id = gone.entity_id
        """)
    ).rowcount
    columns = table_of(ArticleEntity).columns.keys()
    return deleted + upsert_staged(connection, ArticleEntity, columns, "named")
