"""Stories: how far and how long they spread."""

from models.views.view import View

STORIES = View(
    "stories",
    "One row a story: its canonical title and how far it spread. sites counts those that are known:"
    " a text file does not say where it was scraped. Worked out when asked: name a story_id.",
    {
        "story_id": "The story: the id of its canonical article.",
        "title": "Headline of the canonical article.",
        "articles": "Its articles: versions that differ in anything.",
        "occurrences": "Places where they stand in pages, of all nights.",
        "first_night": "First night on which one stood in a page.",
        "last_night": "Last night on which one stood in a page.",
        "pages": "Pages in which they stand.",
        "sites": "Sites of these pages, as far as they are known.",
    },
    """
    select story.story_id,
           canonical.title,
           count(distinct story.article_id) as articles,
           count(*) as occurrences,
           min(file.landing_date) as first_night,
           max(file.landing_date) as last_night,
           count(distinct occurrence.page_id) as pages,
           count(distinct page.site) as sites
      from news.story_articles story
      join news.articles canonical on canonical.article_id = story.story_id
      join news.article_occurrences occurrence on occurrence.article_id = story.article_id
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     group by story.story_id, canonical.title
    """,
)

STORY_TIMELINE = View(
    "story_timeline",
    "One row a story and a night on which it stood in a page: how many of its articles, in how many"
    " places, and how many articles for the first time.",
    {
        "story_id": "The story.",
        "night": "A night on which it stood in a page, new or printed again.",
        "articles": "Its articles that stood there; not to be summed over nights.",
        "occurrences": "Places where they stood that night.",
        "new_articles": "Those of the articles that stood in no earlier night.",
    },
    """
    select story.story_id,
           file.landing_date as night,
           count(distinct story.article_id) as articles,
           count(*) as occurrences,
           count(distinct story.article_id)
           filter (where article.first_landed_on = file.landing_date) as new_articles
      from news.story_articles story
      join news.articles article on article.article_id = story.article_id
      join news.article_occurrences occurrence on occurrence.article_id = story.article_id
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     group by story.story_id, file.landing_date
    """,
)

ARCHIVE = View(
    "archive",
    "One row: how much there is, as of the last refresh of the counts.",
    {
        "nights": "Nights on which something landed.",
        "first_night": "The first of them.",
        "last_night": "The last of them.",
        "files": "Files that landed.",
        "pages": "Pages in them.",
        "occurrences": "Places where articles stand in pages.",
        "articles": "Articles: versions that differ in anything.",
        "stories": "Stories of these articles, which lift compares with.",
    },
    """
    select count(*) as nights, min(landing_date) as first_night, max(landing_date) as last_night,
           sum(files) as files, sum(pages) as pages, sum(occurrences) as occurrences,
           sum(new_articles) as articles, (select stories from ops.analytics_state) as stories
      from news.coverage
    """,
)
