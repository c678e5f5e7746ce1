"""Files of the landing zone -> articles: in batches, one transaction each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from pipelines import progress
from pipelines.defs.resources import LandingZoneResource
from pipelines.defs.runs import AssetRun
from pipelines.landing_zone import LandedFile, LandingError
from pipelines.news.captions import CAPTIONS_VERSION, parse_caption
from pipelines.news.pages import PAGES_VERSION, FileDigest, digest_file, read_file
from pipelines.news.records import DecodedFile, Rejection
from pipelines.news.segment import SEGMENT_VERSION, segment
from pipelines.store import articles as article_store
from pipelines.store import landing
from pipelines.store.articles import PendingFile, SegmentedFile
from pipelines.store.landing import FileKey, KnownFile, SeenFile

_T = TypeVar("_T")

_BATCH_FILES = 250
_BATCH_CHARS = 8_000_000


def ingest(run: AssetRun, landing_zone: LandingZoneResource) -> None:
    """Bring `news.source_files` and the quarantine in line with the landing zone.

    A night that has files in the database and no folder any more is only removed when the run says
    so: more often than not a disk is not mounted, or another folder is being loaded.
    """
    zone, limit = landing_zone.zone(), landing_zone.max_page_bytes
    zone.check()
    first, last = run.nights
    version = f"{PAGES_VERSION}/{limit}"
    with run.engine.connect() as connection:
        known = landing.known_files(connection, first, last)
    nights = zone.nights_between(first, last)
    vanished = sorted({night for night, _ in known} - set(nights))
    if vanished and not landing_zone.prune:
        message = (
            f"The database holds files of {vanished[0]}, but {zone.root} has no folder for that"
            " night. If its files are gone for good, run it with --prune (in the Dagster UI:"
            " resources.landing_zone.config.prune: true)."
        )
        raise LandingError(message)
    landed = [(night, file) for night in nights for file in zone.files(night)]
    gone = sorted(set(known) - {(night, file.name) for night, file in landed})
    for keys in _batches(gone, lambda _: 0):
        run.write(partial(landing.remove_files, keys=keys))
    run.count(files=len(landed), files_gone=len(gone))
    run.counts["landing_zone"] = {"root": str(zone.root), "flat_night": landing_zone.flat_night}
    with progress.track("files", len(landed)) as advance:
        new = _new_files(landed, known, version, limit, advance)
        for batch in _batches(new, lambda file: file.byte_size or 0):
            run.write(partial(landing.put_files, files=batch, ingest_version=version))
            run.count(files_read=len(batch))


def segment_files(run: AssetRun, landing_zone: LandingZoneResource) -> None:
    """Segment files that the current version has not, and settle what lost its place."""
    first, last = run.nights
    version = f"{SEGMENT_VERSION}/{CAPTIONS_VERSION}"
    with run.engine.connect() as connection:
        pending = article_store.files_to_segment(connection, first, last, version)
    with progress.track("pages", len(pending)) as advance:
        segmented = _segmented(run, pending, landing_zone, advance)
        for batch in _batches(segmented, _chars):
            run.write(partial(article_store.put_pages, files=batch, segment_version=version))
            pages = [page for one in batch for _, page in one.pages]
            run.count(pages=len(pages), occurrences=sum(len(page.occurrences) for page in pages))
    run.write(article_store.settle)


def _new_files(
    landed: Sequence[tuple[date, LandedFile]],
    known: dict[FileKey, KnownFile],
    version: str,
    max_page_bytes: int,
    advance: progress.Advance,
) -> Iterator[SeenFile]:
    """Read the files that are not known with these bytes and this version."""
    for night, file in landed:
        digest = FileDigest(None, None) if file.rejection else digest_file(file.path)
        if known.get((night, file.name)) != KnownFile(digest.sha256, version):
            outcome: DecodedFile | Rejection
            if file.rejection:
                outcome = file.rejection
            else:
                digest, outcome = read_file(file.path, max_page_bytes=max_page_bytes)
            yield SeenFile(night, file.name, digest.sha256, digest.byte_size, outcome)
        advance(1)


def _segmented(
    run: AssetRun,
    pending: Sequence[PendingFile],
    landing_zone: LandingZoneResource,
    advance: progress.Advance,
) -> Iterator[SegmentedFile]:
    """Read files once more and segment their pages.

    A file that is not what `source_files` saw is left to the next run, which will see it changed.
    """
    zone, limit = landing_zone.zone(), landing_zone.max_page_bytes
    paths = {
        (night, landed.name): landed.path
        for night in sorted({file.night for file in pending})
        for landed in zone.files(night)
    }
    for file in pending:
        path = paths.get((file.night, file.path))
        if path is None:
            run.count(files_changed_meanwhile=1)
        else:
            digest, outcome = read_file(path, max_page_bytes=limit)
            if digest.sha256 == file.sha256 and isinstance(outcome, DecodedFile):
                pages = tuple((page, segment(page.text)) for page in outcome.pages)
                captions = {
                    found.article.article_id: tuple(map(parse_caption, found.article.captions))
                    for _, segmented in pages
                    for found in segmented.occurrences
                }
                yield SegmentedFile(file, pages, captions)
            else:
                run.count(files_changed_meanwhile=1)
        advance(1)


def _chars(file: SegmentedFile) -> int:
    return sum(len(page.text) for page, _ in file.pages)


def _batches(items: Iterable[_T], size: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Lists of at most 250 items that end soon after eight million characters."""
    batch: list[_T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item)
        if len(batch) >= _BATCH_FILES or total >= _BATCH_CHARS:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
