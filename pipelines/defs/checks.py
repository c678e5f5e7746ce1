"""Asset checks: what must hold before the next asset runs, and what someone should look at.

Within a run they look at its nights; run by hand, without a partition, at everything.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import dagster as dg
from sqlalchemy import Engine

from pipelines.defs import assets
from pipelines.defs.partitions import newest_due, nights_of_run
from pipelines.defs.resources import DatabaseResource, LandingZoneResource
from pipelines.defs.runs import explained_errors
from pipelines.landing_zone import LandedFile
from pipelines.news.lines import is_covered
from pipelines.news.pages import read_file
from pipelines.news.records import DecodedFile, Page
from pipelines.store import checks as store
from pipelines.store import loads
from pipelines.store.landing import known_nights
from pipelines.store.story_health import StoryHealth, story_health

_MAX_FAR_SHARE = 0.02
_WORST_STORIES = 10

DUE_HOUR = 6
"""Of the day after a night, four hours after the schedule starts to load it: by then it is there."""


def _nights(context: dg.AssetCheckExecutionContext) -> tuple[date, date] | None:
    return nights_of_run(dict(context.run.tags))


def _nothing_breaks(
    asset: dg.AssetsDefinition, name: str, description: str, queries: dict[str, str]
) -> dg.AssetChecksDefinition:
    """A blocking check that passes when every query counts nothing."""

    @dg.asset_check(asset=asset, name=name, description=description, blocking=True)
    def check(
        context: dg.AssetCheckExecutionContext, database: DatabaseResource
    ) -> dg.AssetCheckResult:
        with explained_errors(), database.engine().connect() as connection:
            counts = {
                label: store.count(connection, query, _nights(context))
                for label, query in queries.items()
            }
        return dg.AssetCheckResult(
            passed=not any(counts.values()),
            severity=dg.AssetCheckSeverity.ERROR,
            metadata=dict(counts),
        )

    return check


offsets_index_into_text = _nothing_breaks(
    assets.mentions,
    "offsets_index_into_text",
    "The text at every mention's offsets is the mention's surface.",
    {"broken_offsets": store.BROKEN_OFFSETS},
)
no_orphan_articles = _nothing_breaks(
    assets.articles,
    "no_orphan_articles",
    "Every article occurs in a page.",
    {"articles_nowhere": store.ARTICLES_NOWHERE},
)
no_orphan_stories = _nothing_breaks(
    assets.stories,
    "no_orphan_stories",
    "Every article is in a story, every story is named after a member, bands and signatures agree.",
    {
        "articles_without_story": store.ARTICLES_WITHOUT_STORY,
        "stories_without_canonical": store.STORIES_WITHOUT_CANONICAL,
        "bands_without_signature": store.BANDS_WITHOUT_SIGNATURE,
        "signatures_without_band": store.SIGNATURES_WITHOUT_BAND,
    },
)
no_orphan_entities = _nothing_breaks(
    assets.entities,
    "no_orphan_entities",
    "Every name is counted right and has its entity, and every entity has a name.",
    {
        "names_miscounted": store.NAMES_MISCOUNTED,
        "names_unresolved": store.NAMES_UNRESOLVED,
        "entities_unnamed": store.ENTITIES_UNNAMED,
    },
)


@dg.asset_check(asset=assets.articles, blocking=True)
def every_character_is_accounted_for(
    context: dg.AssetCheckExecutionContext,
    landing_zone: LandingZoneResource,
    database: DatabaseResource,
) -> dg.AssetCheckResult:
    """Every non-blank character of every page is in an article or in a recorded leftover.

    Reads the raw files again; those that changed since they were loaded are left out.
    """
    with explained_errors(), database.engine().connect() as connection:
        files = store.covered_files(connection, _nights(context))
    zone = landing_zone.zone()
    lost: list[str] = []
    pages = 0
    for night, group in groupby(files, key=lambda file: file.night):
        found = {landed.name: landed for landed in zone.files(night)}
        for file in group:
            for page in _pages(file, found, landing_zone.max_page_bytes):
                pages += 1
                if not is_covered(page.text, file.pages.get(page.page_no, [])):
                    lost.append(f"{night}/{file.path}, page {page.page_no}")
    return dg.AssetCheckResult(
        passed=not lost,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"pages_read": pages, "pages_with_losses": len(lost), "first_losses": lost[:10]},
    )


def _pages(
    file: store.CoveredFile, found: Mapping[str, LandedFile], max_page_bytes: int
) -> tuple[Page, ...]:
    """The pages of a file that still is what was loaded."""
    landed = found.get(file.path)
    if landed is None:
        return ()
    digest, outcome = read_file(landed.path, max_page_bytes=max_page_bytes, within=landed.within)
    unchanged = digest.sha256 == file.sha256 and isinstance(outcome, DecodedFile)
    return outcome.pages if unchanged and isinstance(outcome, DecodedFile) else ()


@dg.asset_check(asset=assets.source_files)
def few_files_are_quarantined(
    context: dg.AssetCheckExecutionContext, database: DatabaseResource
) -> dg.AssetCheckResult:
    """At most a fifth of the files of these nights could not be loaded."""
    with explained_errors(), database.engine().connect() as connection:
        files, refused = store.refused_share(connection, _nights(context))
    return dg.AssetCheckResult(
        passed=refused <= store.MAX_REFUSED_SHARE * files,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"files": files, "quarantined": refused},
    )


@dg.asset_check(asset=assets.stories)
def stories_hang_together(
    context: dg.AssetCheckExecutionContext, database: DatabaseResource
) -> dg.AssetCheckResult:
    """No story is a giant, and few members have little of the article that names their story.

    Either is a sign of boilerplate that joins what does not belong together: `broadsheet trace
    --story` shows how. How much two articles share is estimated from their signatures.
    """
    with explained_errors(), database.engine().connect() as connection:
        stories = story_health(connection, _nights(context))
    members = sum(story.articles for story in stories)
    far = sum(story.far_members for story in stories)
    giants = sum(story.is_giant for story in stories)
    worst = [story for story in stories if story.far_members or story.is_giant]
    metadata: dict[str, Any] = {
        "stories_of_several": len(stories),
        "articles_in_them": members,
        "largest_story": max((story.articles for story in stories), default=0),
        "giants": giants,
        "far_members": far,
    }
    if worst:
        records = [_record(story) for story in worst[:_WORST_STORIES]]
        metadata["worst"] = dg.MetadataValue.table(records)
    return dg.AssetCheckResult(
        passed=not giants and far <= _MAX_FAR_SHARE * members,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _record(story: StoryHealth) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "story_id": str(story.story_id),
            "title": story.title,
            "articles": story.articles,
            "far_members": story.far_members,
            "least_jaccard": story.least_jaccard,
        }
    )


@dg.asset_check(asset=assets.source_files)
def no_night_is_empty(
    context: dg.AssetCheckExecutionContext, database: DatabaseResource
) -> dg.AssetCheckResult:
    """Every night of the run has a file."""
    nights = _nights(context)
    with explained_errors(), database.engine().connect() as connection:
        loaded = set(known_nights(connection))
    first, last = nights or (min(loaded, default=date.max), max(loaded, default=date.min))
    span = (first + timedelta(days) for days in range((last - first).days + 1))
    empty = [night.isoformat() for night in span if night not in loaded]
    return dg.AssetCheckResult(
        passed=not empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"empty_nights": len(empty), "first_empty_nights": empty[:31]},
    )


@dg.asset_check(asset=assets.analytics)
def last_night_is_loaded(
    context: dg.AssetCheckExecutionContext,  # noqa: ARG001 - a check has one
    database: DatabaseResource,
) -> dg.AssetCheckResult:
    """By 06:00 the night before is loaded: every asset with nights finished for it.

    Kept up to date by the sensor last_night; no run of nights waits for it.
    """
    with explained_errors():
        night, left = unloaded(database.engine(), datetime.now(UTC))
    return dg.AssetCheckResult(
        passed=not left,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"night": night.isoformat(), "unfinished_assets": left},
    )


def unloaded(engine: Engine, now: datetime) -> tuple[date, list[str]]:
    """The newest night that has to be there by now, and the assets that did not finish for it."""
    night = newest_due(now, DUE_HOUR)
    with engine.connect() as connection:
        loaded = loads.assets_loaded(connection, night)
    return night, [name for name in assets.NIGHTLY_ASSETS if name not in loaded]


CHECKS = [
    offsets_index_into_text,
    no_orphan_articles,
    no_orphan_stories,
    no_orphan_entities,
    every_character_is_accounted_for,
    stories_hang_together,
    few_files_are_quarantined,
    no_night_is_empty,
    last_night_is_loaded,
]
