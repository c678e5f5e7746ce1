"""Files of the landing zone -> articles: in batches, one transaction each."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from pipelines import progress
from pipelines.defs.resources import LandingZoneResource
from pipelines.defs.runs import AssetRun
from pipelines.landing_zone import LandedFile, LandingError
from pipelines.news.article_facts import FACTS_VERSION, article_facts
from pipelines.news.captions import CAPTIONS_VERSION, parse_caption
from pipelines.news.pages import PAGES_VERSION, FileDigest, digest_file, read_file
from pipelines.news.records import DecodedFile, Rejection
from pipelines.news.segment import SEGMENT_VERSION, segment
from pipelines.store import landing, quarantine
from pipelines.store import pages as page_store
from pipelines.store.landing import FileFacts, FileKey, KnownFile, SeenFile
from pipelines.store.pages import PendingFile, SegmentedFile
from pipelines.store.settle import settle

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_BATCH_FILES = 250
_BATCH_CHARS = 8_000_000


def ingest(run: AssetRun, landing_zone: LandingZoneResource, *, force: bool = False) -> None:
    """Bring `news.source_files` and the quarantine in line with the landing zone.

    With `force` every file is read again, and replaced if it is stored as anything else.

    A night that has files in the database and no folder any more is only removed when the run says
    so: more often than not a disk is not mounted, or another folder is being loaded.
    """
    zone, limit = landing_zone.zone(), landing_zone.max_page_bytes
    zone.check()
    first, last = run.nights
    version = f"{PAGES_VERSION}/{limit}"
    with run.engine.connect() as connection:
        known = landing.known_files(connection, first, last)
    landed = [
        (night, file) for night in zone.nights_between(first, last) for file in zone.files(night)
    ]
    # A flat folder always exists: without files it is no more there than a folder that is not.
    present = set(zone.nights()) | {night for night, _ in landed}
    vanished = sorted({night for night, _ in known} - present)
    if vanished and not landing_zone.prune:
        message = (
            f"The database holds files of {vanished[0]}, but {zone.root} has none, nor a folder for"
            " that night. If they are gone for good, run it with --prune (in the Dagster UI:"
            " resources.landing_zone.config.prune: true)."
        )
        raise LandingError(message)
    gone = sorted(set(known) - {(night, file.name) for night, file in landed})
    for keys in _batches(gone, lambda _: 0):
        run.write(partial(landing.remove_files, keys=keys))
    run.count(files=len(landed), files_gone=len(gone))
    run.counts["landing_zone"] = {"root": str(zone.root), "flat_night": landing_zone.flat_night}
    with progress.track("files", len(landed)) as advance:
        new = _new_files(landed, {} if force else known, version, limit, advance)
        for batch in _batches(new, lambda file: file.byte_size or 0):
            run.write(partial(landing.put_files, files=batch, ingest_version=version))
            run.count(files_read=len(batch))


def segment_files(run: AssetRun, landing_zone: LandingZoneResource, *, force: bool = False) -> None:
    """Segment files that the current version has not, and settle what lost its place."""
    first, last = run.nights
    version = f"{SEGMENT_VERSION}/{CAPTIONS_VERSION}/{FACTS_VERSION}"
    if force:
        run.write(partial(page_store.forget_segments, first=first, last=last))
    with run.engine.connect() as connection:
        pending = page_store.files_to_segment(connection, first, last, version)
    run.write(partial(quarantine.forget_failures, first=first, last=last, segment_version=version))
    with progress.track("pages", len(pending)) as advance:
        segmented = _segmented(run, pending, landing_zone, version, advance)
        for batch in _batches(segmented, _chars):
            run.write(partial(page_store.put_pages, files=batch, segment_version=version))
            pages = [page for one in batch for _, page in one.pages]
            run.count(pages=len(pages), occurrences=sum(len(page.occurrences) for page in pages))
    run.write(settle)


def _new_files(
    landed: Sequence[tuple[date, LandedFile]],
    known: dict[FileKey, KnownFile],
    version: str,
    max_page_bytes: int,
    advance: progress.Advance,
) -> Iterator[SeenFile]:
    """Read the files that are not known with these bytes and this version."""
    for night, file in landed:
        digest = FileDigest(None, None)
        if not file.rejection:
            digest = digest_file(file.path, max_page_bytes=max_page_bytes, within=file.within)
        former = known.get((night, file.name))
        # A file without a digest is known by its rejection, so it has to be looked at again.
        if digest.sha256 is None or former != KnownFile(digest.sha256, version):
            seen = _read(night, file, digest, max_page_bytes)
            if former != seen.known(version):
                yield seen
        advance(1)


def _read(night: date, file: LandedFile, digest: FileDigest, max_page_bytes: int) -> SeenFile:
    """What a file is, without its text; where a bug stops that, the file is refused."""
    outcome: DecodedFile | Rejection
    if file.rejection:
        outcome = file.rejection
    else:
        try:
            digest, outcome = read_file(
                file.path, max_page_bytes=max_page_bytes, within=file.within
            )
        except MemoryError:  # not the file's fault: another run may have more
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other files can be read
            outcome = _failed("Reading", night, file.name, error)
    stored = FileFacts.of(outcome) if isinstance(outcome, DecodedFile) else outcome
    return SeenFile(night, file.name, digest.sha256, digest.byte_size, stored)


def _failed(doing: str, night: date, name: str, error: Exception) -> Rejection:
    """Log an error of the code; its message is left out of the tables, since it may say anything."""
    _log.exception("%s %s of %s failed.", doing, name, night)
    detail = f"{doing} it failed with {type(error).__name__}; the log holds the traceback."
    return Rejection("failed", detail, b"")


def _segmented(
    run: AssetRun,
    pending: Sequence[PendingFile],
    landing_zone: LandingZoneResource,
    version: str,
    advance: progress.Advance,
) -> Iterator[SegmentedFile]:
    """Read files once more and segment their pages.

    A file that is not what `source_files` saw is left to the next run, which will see it changed.
    One that a bug stops the segmenting of is put in quarantine.
    """
    zone, limit = landing_zone.zone(), landing_zone.max_page_bytes
    found = {
        (night, landed.name): landed
        for night in sorted({file.night for file in pending})
        for landed in zone.files(night)
    }
    for file in pending:
        landed = found.get((file.night, file.path))
        segmented = None
        try:
            segmented = _segment(file, landed, limit) if landed else None
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other files can be loaded
            failure = _failed("Segmenting", file.night, file.path, error)
            run.write(
                partial(
                    landing.put_failed_file,
                    file_id=file.file_id,
                    rejection=failure,
                    segment_version=version,
                )
            )
        else:
            if segmented is None:
                run.count(files_changed_meanwhile=1)
        if segmented:
            yield segmented
        advance(1)


def _segment(file: PendingFile, landed: LandedFile, max_page_bytes: int) -> SegmentedFile | None:
    digest, outcome = read_file(landed.path, max_page_bytes=max_page_bytes, within=landed.within)
    if digest.sha256 != file.sha256 or not isinstance(outcome, DecodedFile):
        return None
    pages = tuple((page, segment(page.text)) for page in outcome.pages)
    articles = {
        found.article.article_id: found.article
        for _, segmented in pages
        for found in segmented.occurrences
    }
    captions = {key: tuple(map(parse_caption, one.captions)) for key, one in articles.items()}
    facts = {key: article_facts(one) for key, one in articles.items()}
    return SegmentedFile(file, pages, captions, facts)


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
