"""What is counted for analysts: whether it is behind, and bringing it up to date."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, text

from pipelines.store.database import write_transaction
from pipelines.store.entity_counts import count_articles
from pipelines.store.night_counts import count_nights

COUNTED = (
    "news.article_entities",
    "news.coverage",
    "news.entity_days",
    "news.syndication",
    "ops.entity_pair_counts",
    "ops.entity_totals",
)
"""The tables of counts."""

# Whole stories are counted in one transaction, which others wait for: some seconds each.
_ARTICLES = 5_000
_NIGHTS = 50


@dataclass
class Refreshed:
    """What a refresh did: units counted anew, rows written to each table, seconds for each unit."""

    articles: int = 0
    nights: int = 0
    written: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)


def is_behind(connection: Connection) -> bool:
    """Whether anything was written since the last refresh that changes what is counted."""
    return bool(
        connection.scalar(
            text("""
            select exists (select from ops.stale_articles)
                or exists (select from ops.stale_nights)
            """)
        )
    )


def forget(connection: Connection) -> int:
    """Let the next refresh count everything anew, in an open transaction; returns the rows deleted.

    For counts that are wrong, as a refresh adds differences to them. Until it ends they are too low.
    """
    deleted = sum(
        connection.execute(text(f"delete from {table}")).rowcount
        for table in ("news.article_entities", "news.entity_days", "ops.entity_totals",
                      "ops.entity_pair_counts")
    )  # fmt: skip
    connection.execute(
        text("""
        insert into ops.stale_articles select article_id from news.story_articles
            on conflict do nothing
        """)
    )
    connection.execute(
        text("""
        insert into ops.stale_nights
        select landing_date from ops.ingested_files
         union select landing_date from news.coverage
         union select night from news.syndication
            on conflict do nothing
        """)
    )
    return deleted


def refresh(
    bound: Engine,
    on_progress: Callable[[Refreshed], None] = lambda _: None,
    batches: tuple[int, int] = (_ARTICLES, _NIGHTS),
) -> Refreshed:
    """Count anew what was written since the last time; readers see each batch at once and whole.

    The work is in proportion to what was written. A crash loses no more than the batch under way,
    and the next refresh goes on. `batches` are the articles and nights of one transaction.
    """
    done = Refreshed()
    with bound.connect() as connection:
        if not is_behind(connection):
            return done
    at_most, nights_at_most = batches
    while articles := _step(bound, done, "articles", lambda one: count_articles(one, at_most)):
        done.articles += articles
        on_progress(done)
    while nights := _step(bound, done, "nights", lambda one: count_nights(one, nights_at_most)):
        done.nights += nights
        on_progress(done)
    return done


def _step(
    bound: Engine,
    done: Refreshed,
    unit: str,
    count: Callable[[Connection], tuple[int, dict[str, int]]],
) -> int:
    """One batch in one transaction; returns how many units were counted anew."""
    began = time.perf_counter()
    with write_transaction(bound) as connection:
        connection.execute(text("select from ops.analytics_state for update"))
        taken, written = count(connection)
        if unit == "articles":
            _count_stories(connection)
    done.written.update(written)
    done.seconds[unit] = done.seconds.get(unit, 0.0) + time.perf_counter() - began
    return taken


def _count_stories(connection: Connection) -> None:
    """With the last articles, count all stories: a scan of a narrow table, a tenth of a second a million."""
    connection.execute(
        text("""
        update ops.analytics_state set stories = counted.stories
          from (select count(*) as stories from news.story_articles where is_canonical) counted
         where analytics_state.stories <> counted.stories
           and not exists (select from ops.stale_articles)
        """)
    )
