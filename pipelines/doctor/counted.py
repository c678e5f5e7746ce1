"""Whether what is counted for analysts is right: some of it, drawn at random, counted once more.

A row in one of the two counts and not in the other is wrong. What is drawn has a size of its own,
whatever the archive has; of stories alone all are counted, by a scan of a narrow table.
"""

from typing import Any

import psycopg

from pipelines.doctor.findings import Outcome, ok, warn
from pipelines.store.entity_counts import LIST_LENGTH

_ARTICLES = 50
_ENTITIES = 50
_MOST_ARTICLES = 500
_NIGHTS = 7
MEND = (
    "Count everything anew: in the UI materialize analytics with `ops: {analytics: {config: {force:"
    " true}}}` (docs/operate.md, Rerun). If it comes back, report it."
)

# Ids are hashes: what follows one drawn by chance, and the first ones after the last, is as good as
# drawn itself. The order is told, as a union would put the first ones in front.
_DRAWN = """
    drawn as materialized (
        select {key}
          from ((select {key}, 1 as turn from {table} where {key} >= (select id from chance) {only}
                  order by {key} limit {size})
                 union all
                (select {key}, 2 from {table} where {key} < (select id from chance) {only}
                  order by {key} limit {size})) found
         order by turn, {key} limit {size})
"""
_ARTICLES_DRAWN = _DRAWN.format(
    table="news.story_articles", key="article_id", only="", size=_ARTICLES
)
_ENTITIES_DRAWN = _DRAWN.format(
    table="news.entities",
    key="entity_id",
    only=f"""and (select count(*) from (select from news.article_entities named
                   where named.entity_id = entities.entity_id limit {_MOST_ARTICLES}) few)
                 < {_MOST_ARTICLES}""",
    size=_ENTITIES,
)
_NIGHTS_DRAWN = f"""
    drawn as materialized (
        select landing_date as night from ops.ingested_files
         group by landing_date order by landing_date desc limit {_NIGHTS})
"""

# Table -> what is drawn, what is counted of it, and what there is to count.
_CHECKS = {
    "news.article_entities": (
        _ARTICLES_DRAWN,
        """
        select article_id, entity_id, story_id, night, mentions
          from drawn join news.article_entities using (article_id)
        """,
        """
        select article_id, entity_id, story_id, first_landed_on, count(*)::integer
          from drawn
          join news.story_articles using (article_id)
          join news.articles using (article_id)
          join news.mentions using (article_id)
          join news.names using (name_id)
         where entity_id is not null
         group by article_id, entity_id, story_id, first_landed_on
        """,
    ),
    "ops.entity_totals": (
        _ENTITIES_DRAWN,
        """
        select entity_id, mentions, articles, stories
          from drawn join ops.entity_totals using (entity_id)
        """,
        """
        select entity_id, sum(mentions), count(*)::integer, count(distinct story_id)::integer
          from drawn join news.article_entities using (entity_id)
         group by entity_id
        """,
    ),
    "news.entity_days": (
        _ENTITIES_DRAWN,
        """
        select entity_id, night, mentions, articles, stories
          from drawn join news.entity_days using (entity_id)
        """,
        """
        select entity_id, night, sum(mentions)::integer, count(*)::integer,
               count(distinct story_id)::integer
          from drawn join news.article_entities using (entity_id)
         group by entity_id, night
        """,
    ),
    # Of the smaller id alone: by the larger one no index has the pairs that stand in one article.
    "ops.entity_pair_counts": (
        _ENTITIES_DRAWN,
        """
        select entity_a, entity_b, articles, stories
          from drawn join ops.entity_pair_counts on entity_a = entity_id
        """,
        f"""
        select one.entity_id, other.entity_id,
               count(distinct one.article_id)::integer, count(distinct one.story_id)::integer
          from drawn
          join news.article_entities one using (entity_id)
          join news.article_entities other on other.article_id = one.article_id
                                          and other.entity_id > one.entity_id
         where (select count(*) from news.article_entities listed
                 where listed.article_id = one.article_id) <= {LIST_LENGTH}
         group by 1, 2
        """,
    ),
    "news.coverage": (
        _NIGHTS_DRAWN,
        """
        select night, files, quarantined, pages, occurrences, articles, new_articles
          from drawn join news.coverage on landing_date = night
        """,
        """
        select night,
               (select count(*) from ops.ingested_files where landing_date = night)::integer,
               (select count(*) from ops.quarantine where landing_date = night)::integer,
               count(distinct page_id)::integer, count(article_id)::integer,
               count(distinct article_id)::integer,
               (count(distinct article_id) filter (where first_landed_on = night))::integer
          from drawn
          left join news.source_files on landing_date = night
          left join news.pages using (file_id)
          left join news.article_occurrences using (page_id)
          left join news.articles using (article_id)
         group by night
        """,
    ),
    "news.syndication": (
        _NIGHTS_DRAWN,
        """
        select night, agency, site, occurrences, pages, articles, stories
          from drawn join news.syndication using (night)
        """,
        """
        select night, agency, coalesce(site, ''), count(*)::integer,
               count(distinct page_id)::integer, count(distinct article_id)::integer,
               count(distinct story_id)::integer
          from drawn
          join news.source_files on landing_date = night
          join news.pages using (file_id)
          join news.article_occurrences using (page_id)
          join news.articles using (article_id)
          left join news.story_articles using (article_id)
         where agency is not null
         group by night, agency, coalesce(site, '')
        """,
    ),
    "ops.analytics_state": (
        "drawn as (select)",
        "select stories from ops.analytics_state",
        "select count(*) from news.story_articles where is_canonical",
    ),
}


def wrong_counts(connection: psycopg.Connection[dict[str, Any]]) -> Outcome:
    """A sample of each table of counts is what there is to count.

    Only to be asked where nothing waits to be counted.
    """
    wrong = []
    # One state of the tables: a load between two statements would look like a mistake.
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        if connection.execute(
            "select from ops.stale_articles union all select from ops.stale_nights limit 1"
        ).fetchone():
            return ok("What is counted for analysts was not looked at: a load is under way.")
        for table, (drawn, counted, there) in _CHECKS.items():
            query = f"""
                with chance as materialized (select gen_random_uuid() as id), {drawn},
                     counted as materialized ({counted}), there as materialized ({there})
                select exists (table counted except table there)
                    or exists (table there except table counted) as is_wrong
                """
            row = connection.execute(query.encode()).fetchone()
            if row and row["is_wrong"]:
                wrong.append(table)
    if wrong:
        return warn(f"Wrong counts for analysts in {', '.join(wrong)}.", MEND)
    return ok("What is counted for analysts is up to date, and what was drawn of it right.")
