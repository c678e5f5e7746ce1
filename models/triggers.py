"""Triggers that note what has to be counted anew, as SQL. A migration carries a frozen copy.

They fire once a statement, in the transaction of the writer: no crash leaves a change behind that is
not noted. Writers hold the write lock (pipelines/store/database.py); SQL by hand without it, beside a
refresh, may find its article noted already and lose the note to that refresh. `broadsheet doctor` draws
samples of what is counted, and the asset `analytics` counts all anew by `force`.
"""

from dataclasses import dataclass

_NOTE_ARTICLES = "insert into ops.stale_articles (article_id)"
_NOTE_NIGHTS = "insert into ops.stale_nights (night)"
_ONCE = "on conflict do nothing"


@dataclass(frozen=True, slots=True)
class TriggerFunction:
    """A function of schema `ops`, the tables it watches, and the events of each.

    Its body reads the rows that a statement inserted, deleted or updated as `changed`, in the state
    after an update; where it watches updates alone it reads `was` and `changed`.
    """

    name: str
    comment: str
    body: str
    tables: tuple[str, ...]
    events: tuple[str, ...] = ("insert", "update", "delete")


# The primary key of these tables begins with the article, so an update leaves it as it is.
ARTICLES_CHANGED = TriggerFunction(
    "note_stale_articles",
    "Trigger: articles whose mentions or story changed are to be counted anew.",
    f"{_NOTE_ARTICLES} select distinct article_id from changed {_ONCE};",
    ("news.mentions", "news.story_articles"),
)

NAMES_CHANGED = TriggerFunction(
    "note_stale_names",
    "Trigger: articles with a name that stands for another entity now are to be counted anew.",
    f"""
    {_NOTE_ARTICLES}
    select distinct mention.article_id
      from changed
      join was using (name_id)
      join news.mentions mention using (name_id)
     where changed.entity_id is distinct from was.entity_id
    {_ONCE};
    """,
    ("news.names",),
    ("update",),
)

DATES_OR_AGENCIES_CHANGED = TriggerFunction(
    "note_stale_dates",
    "Trigger: articles that landed first on another night now, and nights where they or articles with"
    " another agency stand, are to be counted anew.",
    f"""
    {_NOTE_ARTICLES}
    select changed.article_id
      from changed
      join was using (article_id)
     where changed.first_landed_on <> was.first_landed_on
    {_ONCE};
    {_NOTE_NIGHTS}
    select distinct file.landing_date
      from changed
      join was using (article_id)
      join news.article_occurrences occurrence using (article_id)
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     where (changed.first_landed_on, changed.agency)
           is distinct from (was.first_landed_on, was.agency)
    {_ONCE};
    """,
    ("news.articles",),
    ("update",),
)

FILES_CHANGED = TriggerFunction(
    "note_stale_nights",
    "Trigger: nights whose files or quarantine changed are to be counted anew.",
    f"{_NOTE_NIGHTS} select distinct landing_date from changed {_ONCE};",
    ("news.source_files", "ops.ingested_files", "ops.quarantine"),
)

# Of a file that goes the night is noted with the file: its pages are deleted after it.
PAGES_CHANGED = TriggerFunction(
    "note_stale_pages",
    "Trigger: nights whose pages changed are to be counted anew.",
    f"""
    {_NOTE_NIGHTS}
    select distinct file.landing_date
      from changed
      join news.source_files file using (file_id)
    {_ONCE};
    """,
    ("news.pages",),
)

OCCURRENCES_CHANGED = TriggerFunction(
    "note_stale_occurrences",
    "Trigger: nights with other articles in their pages are to be counted anew.",
    f"""
    {_NOTE_NIGHTS}
    select distinct file.landing_date
      from changed
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
    {_ONCE};
    """,
    ("news.article_occurrences",),
)

TRIGGER_FUNCTIONS = (
    ARTICLES_CHANGED,
    NAMES_CHANGED,
    DATES_OR_AGENCIES_CHANGED,
    FILES_CHANGED,
    PAGES_CHANGED,
    OCCURRENCES_CHANGED,
)
