"""`broadsheet takedown`: delete an article for good, and let no file bring it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipelines.report_file import Redrawn, redraw_without
from pipelines.store import analytics, database, takedowns
from pipelines.store.landing import FileKey
from pipelines.store.takedowns import NearCopy, StandingArticle, Takedown

_ID_BYTES = 16
_SHA256_BYTES = 32


class TakedownError(RuntimeError):
    """What is asked cannot be done; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An article to take down: where it stands, if it does, its near-copies, or who was here before."""

    content_sha256: bytes
    article_id: UUID
    standing: StandingArticle | None
    near_copies: Sequence[NearCopy]
    earlier: Takedown | None


def parse_key(text: str) -> bytes | None:
    """An article's id (16 bytes) or content hash (32 bytes) as it was typed; None if it is neither."""
    try:
        return UUID(text).bytes if len(text) <= len(str(UUID(int=0))) else _sha256(text)
    except ValueError:
        return None


def look_up(key: bytes) -> Target:
    """What taking down an article would mean.

    Raises:
        TakedownError: there is no article of this id, and an id alone does not tell its hash.
    """
    article_id = UUID(bytes=key[:_ID_BYTES])
    with database.current_engine().connect() as connection:
        standing = takedowns.find_article(connection, article_id)
        earlier = next(iter(takedowns.takedowns(connection, article_id)), None)
        copies = takedowns.near_copies(connection, article_id)
    known = earlier or standing
    sha256 = key if len(key) == _SHA256_BYTES else known.content_sha256 if known else None
    if sha256 is None:
        raise TakedownError(
            f"There is no article {article_id}. To keep out one that was never loaded, give its"
            " content_sha256 in place of its id."
        )
    return Target(sha256, article_id, standing, copies, earlier)


def take_down(target: Target, reason: str) -> int:
    """Delete an article and keep it out, in one transaction; returns the rows written."""
    engine = database.current_engine()
    with database.write_transaction(engine) as connection:
        written = takedowns.take_down(connection, target.content_sha256, reason)
    analytics.refresh(engine)  # it was counted
    return written


def redraw_reports(target: Target) -> Redrawn:
    """Bring the pages of reports up to date that may show an article which was taken down.

    Without it its story may begin with another article, on the night of that one.
    """
    nights = {night for night, _ in target.standing.files} if target.standing else set()
    nights |= {one.first_landed_on for one in target.near_copies}
    return redraw_without(database.current_engine(), target.article_id, nights)


def undo(key: bytes) -> list[FileKey]:
    """Let an article be loaded again; returns the files that the next run will segment again.

    Raises:
        TakedownError: it was not taken down.
    """
    article_id = UUID(bytes=key[:_ID_BYTES])
    with database.write_transaction(database.current_engine()) as connection:
        if not takedowns.takedowns(connection, article_id):
            raise TakedownError(f"Article {article_id} was not taken down.")
        return takedowns.undo(connection, article_id)


def listed() -> tuple[list[str], Sequence[Sequence[Any]]]:
    """Columns and rows of what was taken down."""
    with database.current_engine().connect() as connection:
        found = takedowns.takedowns(connection)
    return (
        ["article_id", "taken_down_at", "taken_down_by", "reason", "content_sha256"],
        [
            (one.article_id, one.taken_down_at, one.taken_down_by, one.reason, one.content_sha256)
            for one in found
        ],
    )


def find_takedown(article_id: UUID) -> Takedown | None:
    """That an article was taken down; None if it was not."""
    with database.current_engine().connect() as connection:
        return next(iter(takedowns.takedowns(connection, article_id)), None)


def _sha256(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != _SHA256_BYTES:
        raise ValueError(text)
    return found
