"""Entities: how often they are named, and with whom."""

from models.views.view import View

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

ENTITY_PAIRS = View(
    "entity_pairs",
    "Two entities that at least two articles name both: in how many articles, stories and sentences."
    " lift compares the stories with what chance would give: stories * all stories / (stories of one *"
    " stories of the other); above 1 they are named together more often. Articles that name more than"
    " 100 entities are lists and left out.",
    """
    with sentence as (
         select distinct name.entity_id, mention.article_id, mention.section, mention.section_no,
                mention.sentence_start
           from news.mentions mention
           join news.names name using (name_id)
          where name.entity_id is not null
    ), named as (
         select entity_id, article_id, story_id,
                count(*) over (partition by article_id) as entities,
                count(*) over (partition by entity_id) as articles
           from (select distinct entity_id, article_id from sentence) distinct_articles
           join news.story_articles using (article_id)
    ), pairable as (
         select entity_id, article_id, story_id
           from named
          where entities <= 100 and articles >= 2
    ), together as (
         select one.entity_id as entity_a, other.entity_id as entity_b, one.story_id,
                1 as articles, 0 as sentences
           from pairable one
           join pairable other on other.article_id = one.article_id
                              and other.entity_id > one.entity_id
          union all
         select one.entity_id, other.entity_id, pairable.story_id, 0, 1
           from pairable
           join sentence one on one.entity_id = pairable.entity_id
                            and one.article_id = pairable.article_id
           join sentence other on other.article_id = one.article_id
                              and other.section = one.section
                              and other.section_no = one.section_no
                              and other.sentence_start = one.sentence_start
                              and other.entity_id > one.entity_id
    ), told as (
         select entity_a, entity_b, story_id,
                sum(articles) as articles, sum(sentences) as sentences
           from together
          group by entity_a, entity_b, story_id
    ), pair as (
         select entity_a, entity_b,
                sum(articles)::bigint as articles,
                count(*) as stories,
                sum(sentences)::bigint as sentences,
                count(*) filter (where sentences > 0) as sentence_stories
           from told
          group by entity_a, entity_b
         having sum(articles) >= 2
    ), total as (
         select entity_id, count(distinct story_id) as stories from named group by entity_id
    )
    select pair.entity_a, pair.entity_b,
           a.display_name as name_a, b.display_name as name_b,
           pair.articles, pair.stories, pair.sentences, pair.sentence_stories,
           pair.stories::double precision
           * (select count(distinct story_id) from news.story_articles)
           / (total_a.stories * total_b.stories) as lift
      from pair
      join news.entities a on a.entity_id = pair.entity_a
      join news.entities b on b.entity_id = pair.entity_b
      join total total_a on total_a.entity_id = pair.entity_a
      join total total_b on total_b.entity_id = pair.entity_b
    """,
    ("entity_a", "entity_b"),
)

ENTITY_PROFILE = View(
    "entity_profile",
    "One row an entity: its spellings, the most frequent first, how often and from when to when it"
    " stood in the news, and the ten entities named with it in most stories, ids and names in one"
    " order.",
    """
    with stood as (
         select occurrence.article_id, max(file.landing_date) as last_night
           from news.article_occurrences occurrence
           join news.pages page using (page_id)
           join news.source_files file using (file_id)
          group by occurrence.article_id
    ), named as (
         select name.entity_id, mention.article_id, count(*) as mentions
           from news.mentions mention
           join news.names name using (name_id)
          where name.entity_id is not null
          group by name.entity_id, mention.article_id
    ), total as (
         select named.entity_id,
                sum(named.mentions)::bigint as mentions,
                count(*) as articles,
                count(distinct story.story_id) as stories,
                min(article.first_landed_on) as first_night,
                max(stood.last_night) as last_night
           from named
           join news.articles article using (article_id)
           left join news.story_articles story using (article_id)
           left join stood using (article_id)
          group by named.entity_id
    ), spelt as (
         select name.entity_id,
                array_agg(name.name order by name.mentions desc, name.name collate "C") as names
           from (select entity_id, name, sum(mention_count) as mentions
                   from news.names where entity_id is not null
                  group by entity_id, name) name
          group by name.entity_id
    ), beside as (
         select entity_a as entity_id, entity_b as other_id, name_b as other_name, stories, lift
           from news.entity_pairs
          union all
         select entity_b, entity_a, name_a, stories, lift from news.entity_pairs
    ), closest as (
         select entity_id,
                array_agg(other_id order by rank) as often_with,
                array_agg(other_name order by rank) as often_with_names
           from (select entity_id, other_id, other_name,
                        row_number() over (
                            partition by entity_id
                            order by stories desc, lift desc, other_id) as rank
                   from beside) ranked
          where rank <= 10
          group by entity_id
    )
    select entity.entity_id,
           entity.entity_type,
           entity.display_name,
           entity.country_code,
           spelt.names,
           total.mentions,
           total.articles,
           total.stories,
           total.first_night,
           total.last_night,
           coalesce(closest.often_with, '{}') as often_with,
           coalesce(closest.often_with_names, '{}') as often_with_names
      from news.entities entity
      join total using (entity_id)
      join spelt using (entity_id)
      left join closest using (entity_id)
    """,
    ("entity_id",),
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
