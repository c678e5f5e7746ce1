"""Commands that take articles out: an export, and a takedown."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import show
from pipelines.cli.asking import Format, complain, night, usage

if TYPE_CHECKING:
    from pipelines.report_file import Redrawn


class FileFormat(StrEnum):
    """What files `broadsheet export` writes."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


def export(
    out: Annotated[Path, typer.Argument(help="A folder: new, empty, or of an export before.")],
    output: Annotated[
        FileFormat, typer.Option("--format", help="What files to write.")
    ] = FileFormat.PARQUET,
    since: Annotated[
        date | None,
        typer.Option(
            parser=night,
            metavar="YYYY-MM-DD",
            help="Articles first landed on or after this night, and what they touch.",
        ),
    ] = None,
    part_rows: Annotated[int, typer.Option(min=1, help="Rows a file.")] = 100_000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Write tables of `news` to files that other programs read, all of one state of the database.

    They are articles, stories, entities, mentions, quotations and coverage. manifest.json says what is
    there, with a hash of each file. An export that was interrupted goes on where it was, unless the
    database changed meanwhile: then it starts anew.
    """
    from pipelines.commands import export as commands  # noqa: PLC0415 - imports pyarrow

    try:
        found = commands.export(out, output.value, since, part_rows=part_rows, quiet=quiet)
    except commands.ExportError as error:
        complain(error)
        raise typer.Exit(2 if isinstance(error, commands.RefusedError) else 1) from error
    if not quiet:
        show.exported(out, found)


def article_key(text: str) -> bytes:
    """An article's id or content hash as given on the command line."""
    from pipelines.commands.takedown import parse_key  # noqa: PLC0415 - imports scipy

    if (parsed := parse_key(text)) is None:
        message = f"{text!r} is neither an article's id nor a content_sha256."
        raise typer.BadParameter(message)
    return parsed


def takedown(
    article: Annotated[
        bytes | None,
        typer.Argument(
            parser=article_key,
            metavar="ARTICLE_ID",
            help="An article's id; or its content_sha256, loaded or not.",
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; kept beside the hash.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show what was taken down.")] = False,
    undo: Annotated[
        bytes | None,
        typer.Option(
            parser=article_key, metavar="ID_OR_HASH", help="Let this article be loaded again."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print rows.")] = Format.TABLE,
) -> None:
    """Delete an article with all that was derived from it, and let no file bring it back.

    What is kept is its hash, with the reason. Other articles of its story are listed and stay. The
    raw files stay too: delete or edit them yourself. Reports of nights that show it are drawn anew.
    """
    if (article is not None) + list_all + (undo is not None) != 1:
        usage("Give an article, or --list, or --undo.")
    if article is not None and not (reason or "").strip():
        usage("Say why, with --reason.")
    from pipelines.commands import takedown as commands  # noqa: PLC0415 - imports scipy

    try:
        if list_all:
            show.rows(*commands.listed(), output=output.value)
        elif undo is not None:
            show.undone(commands.undo(undo))
        elif article is not None and reason:
            target = commands.look_up(article)
            show.target(target)
            if not target.earlier:
                if not yes:
                    typer.confirm("Take it down?", abort=True)
                written = commands.take_down(target, reason.strip())
                typer.echo(f"Article {target.article_id} is taken down ({written:,} rows written).")
            _tell_redrawn(commands.redraw_reports(target))
    except commands.TakedownError as error:
        complain(error)
        raise typer.Exit(1) from error


def _tell_redrawn(done: "Redrawn") -> None:
    """Say which reports show no longer what was taken down; ends with 1 where one still may."""
    typer.echo(f"Reports drawn anew: {len(done.drawn)}, removed: {len(done.removed)}.")
    if done.failed:
        complain(
            "The article is gone from the database, but these reports may still show it, and cannot be"
            " written. Mend that and draw them anew, or delete them:"
        )
        for night, why in done.failed.items():
            complain(f"  {why}: `broadsheet report --date {night}`")
        raise typer.Exit(1)
