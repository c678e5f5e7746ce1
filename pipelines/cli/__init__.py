"""The `broadsheet` command: parses what is asked, and prints what others return.

Heavy imports (Dagster, spaCy) stand inside the commands that need them, so that help, SQL and
status answer at once.
"""

import sys

import psycopg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from pipelines.cli import articles, loading, reading
from pipelines.cli.asking import complain, err
from pipelines.cli.groups import alerts_app, alias_app, db_app
from pipelines.landing_zone import LandingError
from pipelines.news.resolver import AliasError
from pipelines.store import database, server

_CONTEXT = "\nCONTEXT:"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Raw news files in, Postgres tables out. Settings: BROADSHEET_* or .env; see README.md.",
)
# In the order that the help has them.
app.command()(loading.run)
# A statement may begin with a comment, which looks like an option.
app.command(context_settings={"ignore_unknown_options": True})(reading.sql)
app.command()(loading.quarantine)
app.command()(reading.digest)
app.command()(reading.trace)
app.command()(articles.export)
app.command()(articles.takedown)
app.command()(loading.report)
app.command()(loading.status)
app.command()(loading.doctor)
app.command()(loading.ui)
app.add_typer(db_app, name="db")
app.add_typer(alias_app, name="alias")
app.add_typer(alerts_app, name="alerts")


def main() -> None:
    """Entry point: 0 done, 1 failed, 2 wrong use."""
    try:
        app()
    except KeyboardInterrupt:
        message = "Interrupted. What was committed stays; run it again to go on."
        err.print(message, style="red", highlight=False, soft_wrap=True)
        sys.exit(130)
    except (AliasError, LandingError) as error:
        complain(error)
        sys.exit(2)
    except ValidationError as error:
        for wrong in error.errors():
            name = "_".join(map(str, wrong["loc"])).upper()
            why = wrong["msg"].removeprefix("Value error, ")
            complain(f"The setting BROADSHEET_{name} cannot be used: {why}.")
        sys.exit(2)
    except (server.ServerError, database.SchemaError) as error:
        complain(error)
        sys.exit(1)
    except (DBAPIError, psycopg.Error) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        # What follows tells of functions that the user did not call.
        complain(f"The database says: {said.partition(_CONTEXT)[0]}")
        sys.exit(1)
