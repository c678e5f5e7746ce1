"""What `broadsheet takedown` takes down, took down, or brings back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.show.tables import rows
from pipelines.show.terminal import out, span, visible

if TYPE_CHECKING:
    from pipelines.commands.takedown import Target
    from pipelines.store.landing import FileKey
    from pipelines.store.takedowns import Takedown


def target(found: "Target") -> None:
    """An article that is to be taken down, and what stays."""
    if found.earlier:
        out.print(takedown_sentence(found.earlier), markup=False, soft_wrap=True)
    elif found.standing is None:
        out.print(f"Article {found.article_id} is not loaded; it will be kept out.")
    if found.standing:
        title = visible(found.standing.title)
        out.print(f"Article {found.article_id}: {title}", markup=False, soft_wrap=True)
        out.print("It stands in these raw files, which stay as they are:")
        for night, path in found.standing.files:
            out.print(f"  {night}/{visible(path)}", markup=False, soft_wrap=True)
    if found.near_copies:
        out.print("Near-copies of it, each an article of its own, stay:")
        columns = ("article", "first night", "words", "title")
        values = [
            (one.article_id, one.first_landed_on, one.word_count, one.title)
            for one in found.near_copies
        ]
        rows(columns, values, output="table")


def takedown_sentence(found: "Takedown") -> str:
    """That an article was taken down: when, by whom and why."""
    return (
        f"Article {found.article_id} was taken down on {found.taken_down_at:%Y-%m-%d} by"
        f" {found.taken_down_by}: {visible(found.reason)}"
    )


def undone(files: "Sequence[FileKey]") -> None:
    """That a takedown was undone, and what brings the article back."""
    if not files:
        out.print("Undone. No loaded file holds the article.")
        return
    nights = sorted({night for night, _ in files})
    out.print(
        f"Undone. The next `broadsheet run` over {span(nights)} segments"
        f" {len(files):,} file{'' if len(files) == 1 else 's'} again and brings the article back."
    )
