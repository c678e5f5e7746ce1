"""The seven assets: read, call the pure step, store, say what was done."""

import warnings
from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from pipelines.defs.derive import link_stories, read_articles, resolve_names
from pipelines.defs.ingest import ingest, segment_files
from pipelines.defs.partitions import NIGHTS
from pipelines.defs.report import NO_REPORT, counted_result, report_metadata, result
from pipelines.defs.resources import DatabaseResource, LandingZoneResource, RecogniserResource
from pipelines.defs.runs import Recompute, Recount, asset_run
from pipelines.report_file import nights_to_report, write_report
from pipelines.store.analytics import Refreshed, forget, refresh

_Function = Callable[..., dg.MaterializeResult[None]]
_OWNERS = ["team:operators"]
_GROUP = "news"


def _nightly(
    *, deps: Sequence[dg.AssetsDefinition] = (), kinds: set[str], pool: str
) -> Callable[[_Function], dg.AssetsDefinition]:
    """An asset with a partition a night, of which a range is loaded in one run."""

    def decorate(function: _Function) -> dg.AssetsDefinition:
        with warnings.catch_warnings():
            # Beta, and the only way to load a range of nights in one run.
            warnings.simplefilter("ignore", dg.BetaWarning)
            asset = dg.asset(
                deps=deps,
                kinds=kinds,
                pool=pool,
                owners=_OWNERS,
                group_name=_GROUP,
                partitions_def=NIGHTS,
                backfill_policy=dg.BackfillPolicy.single_run(),
            )
            return asset(function)

    return decorate


@_nightly(kinds={"file", "postgres"}, pool="database")
def source_files(
    context: dg.AssetExecutionContext,
    config: Recompute,
    landing_zone: LandingZoneResource,
    database: DatabaseResource,
) -> dg.MaterializeResult[None]:
    """Raw files of these nights, decoded, or put in quarantine with a reason.

    A rerun hashes the files again and touches only those that are new, changed or gone.
    """
    with asset_run(context, database.engine) as run:
        ingest(run, landing_zone, force=config.force)
        return result(run, "news.source_files")


@_nightly(deps=[source_files], kinds={"python", "postgres"}, pool="database")
def articles(
    context: dg.AssetExecutionContext,
    config: Recompute,
    landing_zone: LandingZoneResource,
    database: DatabaseResource,
) -> dg.MaterializeResult[None]:
    """Pages of these nights cut into articles, with captions, occurrences and leftovers.

    A rerun segments only files that are new, or were segmented by an earlier version; articles that
    no page holds any more are deleted.
    """
    with asset_run(context, database.engine) as run:
        segment_files(run, landing_zone, force=config.force)
        return result(run, "news.articles")


@_nightly(deps=[articles], kinds={"python", "postgres"}, pool="database")
def stories(
    context: dg.AssetExecutionContext, config: Recompute, database: DatabaseResource
) -> dg.MaterializeResult[None]:
    """Near-duplicate articles joined into stories.

    Looks at every article without a signature, of whatever night; a rerun finds none.
    """
    with asset_run(context, database.engine) as run:
        link_stories(run, force=config.force)
        return result(run, "news.story_articles")


@_nightly(deps=[articles], kinds={"spacy", "postgres"}, pool="recogniser")
def mentions(
    context: dg.AssetExecutionContext,
    config: Recompute,
    recogniser: RecogniserResource,
    database: DatabaseResource,
) -> dg.MaterializeResult[None]:
    """Mentions of people, places and organisations in the articles of these nights.

    An article is read once, however often it occurs; a rerun reads those that the configured
    pipeline has not read yet.
    """
    with asset_run(context, database.engine) as run:
        read_articles(run, recogniser.pipeline, recogniser.workers, force=config.force)
        return result(run, "news.mentions")


@_nightly(deps=[mentions], kinds={"python", "postgres"}, pool="database")
def entities(
    context: dg.AssetExecutionContext, config: Recompute, database: DatabaseResource
) -> dg.MaterializeResult[None]:
    """Names joined to the entities they stand for.

    Looks at every name that the current rules have not seen; a rerun finds none.
    """
    with asset_run(context, database.engine) as run:
        resolve_names(run, force=config.force)
        return result(run, "news.entities")


@dg.asset(
    deps=[stories, entities], kinds={"postgres"}, pool="database", owners=_OWNERS, group_name=_GROUP
)
def analytics(
    context: dg.AssetExecutionContext, config: Recount, database: DatabaseResource
) -> dg.MaterializeResult[None]:
    """Tables of counts for analysts, brought up to date while they are read.

    Counts what was written since the last time, whichever run wrote it; a rerun finds nothing.
    """

    def say(done: Refreshed) -> None:
        context.log.info("Counted %d articles and %d nights anew.", done.articles, done.nights)

    with asset_run(context, database.engine) as run:
        if config.force:
            run.write(forget)
        done = refresh(run.engine, say)
        run.count(
            rows_written=done.written.total(),
            articles_counted=done.articles,
            nights_counted=done.nights,
        )
        return counted_result(run, done)


@_nightly(deps=[analytics], kinds={"html"}, pool="database")
def report(
    context: dg.AssetExecutionContext, config: Recompute, database: DatabaseResource
) -> dg.MaterializeResult[None]:
    """A page a night: what landed, what it is about, and what is out of the usual.

    Reads what the views and tables hold of these nights; a rerun writes the pages that would change.
    Nights of a range on which no file landed get none.
    """
    with asset_run(context, database.engine) as run:
        nights = [date.fromisoformat(key) for key in context.partition_keys]
        reported = nights_to_report(run.engine, nights)
        run.count(reports_written=0)
        for night in nights:
            metadata = NO_REPORT
            if night in reported:
                done = write_report(run.engine, night, force=config.force)
                run.count(reports_written=done.is_written)
                metadata = report_metadata(done)
            context.add_asset_metadata(metadata, partition_key=str(night))
        return dg.MaterializeResult()


ASSETS = [source_files, articles, stories, mentions, entities, analytics, report]
NIGHTLY_ASSETS = [one.key.to_user_string() for one in ASSETS if one.partitions_def]
"""Names of those that have a partition a night; they can be told to do it all again."""
