"""Nights: what landed, and which agencies' texts."""

from models.views.view import View

COVERAGE = View(
    "coverage",
    "One row a night: what landed, what it held, and what was refused. new_articles stood in no"
    " earlier night.",
    """
    select ingested.landing_date,
           count(*) as files,
           coalesce(sum(held.pages), 0)::bigint as pages,
           coalesce(sum(held.occurrences), 0)::bigint as occurrences,
           coalesce(sum(refused.entries), 0)::bigint as quarantined,
           coalesce(max(night.articles), 0) as articles,
           coalesce(max(night.new_articles), 0) as new_articles
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
      left join (
           select file.landing_date,
                  count(distinct article.article_id) as articles,
                  count(distinct article.article_id)
                  filter (where article.first_landed_on = file.landing_date) as new_articles
             from news.source_files file
             join news.pages page using (file_id)
             join news.article_occurrences occurrence using (page_id)
             join news.articles article using (article_id)
            group by file.landing_date
           ) night using (landing_date)
     group by ingested.landing_date
    """,
    ("landing_date",),
)

SYNDICATION = View(
    "syndication",
    "Texts credited to an agency, by site and night. A text file does not say where it was scraped:"
    " its site is empty here, and pages says in how many pages the texts stood. stories counts what"
    " was reported, however many copies.",
    """
    select article.agency,
           coalesce(page.site, '') as site,
           file.landing_date as night,
           count(*) as occurrences,
           count(distinct occurrence.page_id) as pages,
           count(distinct article.article_id) as articles,
           count(distinct story.story_id) as stories
      from news.articles article
      join news.article_occurrences occurrence using (article_id)
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
      left join news.story_articles story using (article_id)
     where article.agency is not null
     group by article.agency, coalesce(page.site, ''), file.landing_date
    """,
    ("agency", "site", "night"),
)
