"""Groups of commands: names that mean the same, alerts, the database."""

import sys
from typing import Annotated

import typer

from pipelines import show
from pipelines.cli.asking import Format, complain, usage
from pipelines.commands.user import Role, create_user, user_exists
from pipelines.settings import settings
from pipelines.store import database, server

alias_app = typer.Typer(no_args_is_help=True, help="Names that mean the same, as you decide.")
alerts_app = typer.Typer(no_args_is_help=True, help="Alerts about runs that failed.")
db_app = typer.Typer(no_args_is_help=True, help="The database and its schema.")


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
        complain("BROADSHEET_ALERTS is not set, so no alert goes anywhere; see .env.example.")
        raise typer.Exit(1)
    has_failed = False
    for service in services:
        try:
            alerts.send(service, alerts.trial())
        except alerts.AlertError as error:
            complain(error)
            has_failed = True
        else:
            typer.echo(f"A test message was sent to {service.name}.")
    raise typer.Exit(1 if has_failed else 0)


@db_app.command()
def start() -> None:
    """Start the embedded Postgres, if it is not running, and print its URL."""
    if settings().database_url:
        usage("BROADSHEET_DATABASE_URL is set: that server is not ours to start.")
    typer.echo(database.as_libpq_url(server.start(settings().home)))


@db_app.command()
def stop() -> None:
    """Stop the embedded Postgres."""
    if settings().database_url:
        usage("BROADSHEET_DATABASE_URL is set: that server is not ours to stop.")
    typer.echo("Stopped." if server.stop(settings().home) else "It was not running.")


@db_app.command()
def remove(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop the embedded Postgres and delete it with all it holds."""
    if settings().database_url:
        usage("BROADSHEET_DATABASE_URL is set: that server is not ours to remove.")
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
        usage(
            "The embedded Postgres lets in its own account alone: users are for a server of yours."
        )
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        usage("Give a password on standard input.")
    if if_missing and user_exists(name):
        typer.echo(f"{name} is there already.")
        return
    create_user(name, role, password)
    typer.echo(f"Created {name}, in role broadsheet_{role}.")
