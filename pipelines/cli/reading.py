"""Commands that read the database: a query, its digest, and where an article comes from."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from pipelines import show
from pipelines.cli.asking import Format, complain
from pipelines.commands.query import TIMEOUT_S, QueryError, cancelled_by_signals, read_rows
from pipelines.store import database


def sql(
    query: Annotated[str, typer.Argument(help="One statement, such as a SELECT.")],
    output: Annotated[
        Format, typer.Option("--format", help="How to print rows; a table cuts long cells.")
    ] = Format.TABLE,
    timeout: Annotated[
        int,
        typer.Option(
            min=1, max=86_400, metavar="SECONDS", help="End a statement that takes longer."
        ),
    ] = TIMEOUT_S,
) -> None:
    """Run one read-only statement with an analyst's rights and print its rows.

    Ctrl-C cancels it, in the database too.
    """
    try:
        with cancelled_by_signals():
            show.rows(*read_rows(query, timeout_s=timeout), output=output.value)
    except QueryError as error:
        complain(error)
        raise typer.Exit(1) from error
    except SystemExit:
        complain("Cancelled.")
        raise


def digest() -> None:
    """Print one hash a table of `news`; equal landing zones give equal hashes."""
    from pipelines.store.digests import digests  # noqa: PLC0415

    with database.current_engine().connect() as connection:
        for table, (count, value) in digests(connection).items():
            typer.echo(f"{value}  {count:>10}  news.{table}")


def trace(
    article_id: Annotated[UUID, typer.Argument(help="An article's id, as in news.articles.")],
    landing: Annotated[
        Path | None,
        typer.Option(help="Landing zone; default is the one each night was loaded from."),
    ] = None,
    story: Annotated[
        bool, typer.Option("--story", help="Show the articles of its story and how they differ.")
    ] = False,
    diffs: Annotated[
        int, typer.Option(min=0, help="With --story: so many members with their differences.")
    ] = 10,
) -> None:
    """Show where an article comes from: file, page, range and raw text of every occurrence.

    With --story, why it is in its story: the members, the share of word 5-grams each has in common
    with the canonical article, and a word diff.
    """
    if story:
        _trace_story(article_id, diffs)
        return
    from pipelines.commands.trace import trace_article  # noqa: PLC0415 - reads pages

    found = trace_article(article_id, landing)
    if not found:
        complain(_takedown_of(article_id) or f"There is no article {article_id}.")
        raise typer.Exit(1)
    show.occurrences(found)


def _trace_story(article_id: UUID, diffs: int) -> None:
    from pipelines.commands.story import trace_story  # noqa: PLC0415 - imports scipy

    members = trace_story(article_id, diffs)
    if not members:
        missing = f"There is no article {article_id} with a story."
        complain(_takedown_of(article_id) or missing)
        raise typer.Exit(1)
    show.story(members)


def _takedown_of(article_id: UUID) -> str | None:
    from pipelines.commands.takedown import find_takedown  # noqa: PLC0415 - imports scipy

    found = find_takedown(article_id)
    return show.takedown_sentence(found) if found else None
