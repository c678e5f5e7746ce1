"""Entities: how often they are named, and with whom."""

from models.views.view import View

ENTITY_PAIRS = View(
    "entity_pairs",
    "Two entities that at least two articles name both: in how many articles, stories and sentences."
    " lift compares the stories with what chance would give: stories * all stories / (stories of one *"
    " stories of the other); above 1 they are named together more often. Articles that name more than"
    " 100 entities are lists and left out. Ask by entity_a = X or entity_b = X.",
    {
        "entity_a": "The entity with the smaller id.",
        "entity_b": "The entity with the larger id.",
        "name_a": "Display name of entity_a.",
        "name_b": "Display name of entity_b.",
        "articles": "Articles that name both.",
        "stories": "Stories of these articles.",
        "sentences": "Sentences that name both.",
        "sentence_stories": "Stories with such a sentence.",
        "lift": "How many times more stories name both than chance would give.",
    },
    """
    select pair.entity_a, pair.entity_b,
           a.display_name as name_a, b.display_name as name_b,
           pair.articles, pair.stories, pair.sentences, pair.sentence_stories,
           pair.stories::double precision * (select stories from ops.analytics_state)
           / (total_a.stories::bigint * total_b.stories) as lift
      from ops.entity_pair_counts pair
      join news.entities a on a.entity_id = pair.entity_a
      join news.entities b on b.entity_id = pair.entity_b
      join ops.entity_totals total_a on total_a.entity_id = pair.entity_a
      join ops.entity_totals total_b on total_b.entity_id = pair.entity_b
     where pair.articles >= 2
    """,
)

# Two branches, each in the order of an index, so that no more than these rows are read of an entity
# that is named with a hundred thousand others.
_BESIDE = """
    select beside.entity_id, other.display_name
      from ((select entity_b as entity_id, stories
               from ops.entity_pair_counts
              where entity_a = entity.entity_id and articles >= 2
              order by stories desc, entity_b limit 200)
             union all
            (select entity_a, stories
               from ops.entity_pair_counts
              where entity_b = entity.entity_id and articles >= 2
              order by stories desc, entity_a limit 200)) beside
      join news.entities other using (entity_id)
      join ops.entity_totals other_total using (entity_id)
     order by beside.stories desc, other_total.stories, beside.entity_id limit 10
"""

ENTITY_PROFILE = View(
    "entity_profile",
    "One row an entity: its spellings, the most frequent first, how often it is named, the first and"
    " the last night on which an article that names it landed first, and the ten entities named with"
    " it in most stories (of these the rarer first), ids and names in one order.",
    {
        "entity_id": "The entity.",
        "entity_type": "PERSON, NORP, ORG, GPE, LOC, FAC or EVENT.",
        "display_name": "Its most frequent spelling.",
        "country_code": "Country it is or lies in (ISO 3166-1 alpha-2).",
        "names": "Its spellings, the most frequent first.",
        "mentions": "How often it is named.",
        "articles": "Articles that name it.",
        "stories": "Stories of these articles.",
        "first_night": "First night on which an article that names it was new.",
        "last_night": "Last night on which an article that names it was new.",
        "often_with": "The ten entities named with it in most stories.",
        "often_with_names": "Their display names, in the same order.",
    },
    f"""
    select entity.entity_id,
           entity.entity_type,
           entity.display_name,
           entity.country_code,
           array(select name.name
                   from news.names name
                  where name.entity_id = entity.entity_id
                  group by name.name
                  order by sum(name.mention_count) desc, name.name collate "C") as names,
           total.mentions,
           total.articles,
           total.stories,
           (select min(night) from news.entity_days day
             where day.entity_id = entity.entity_id) as first_night,
           (select max(night) from news.entity_days day
             where day.entity_id = entity.entity_id) as last_night,
           array(select entity_id from ({_BESIDE}) closest) as often_with,
           array(select display_name from ({_BESIDE}) closest) as often_with_names
      from news.entities entity
      join ops.entity_totals total using (entity_id)
    """,
)

ENTITY_REDIRECTS = View(
    "entity_redirects",
    "Entities that there are no more because an alias file or a table joins their names to another.",
    {
        "entity_id": "The entity that is gone.",
        "redirects_to": "The one that its names stand for now.",
    },
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
    {
        "entity_type": "Type of both.",
        "name": "Display name of the one.",
        "other_name": "Display name of the other.",
        "score": "How similar their keys are, from 0.5 to 1.",
        "shared_articles": "Articles that name both, which speaks against their being one.",
        "entity_id": "The one.",
        "other_entity_id": "The other.",
    },
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
