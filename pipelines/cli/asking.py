"""What commands share: how they are asked, and how they say what is wrong."""

from datetime import date
from enum import StrEnum
from typing import NoReturn

import typer
from rich.console import Console

from pipelines import show
from pipelines.landing_zone import parse_night

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


def usage(message: str) -> NoReturn:
    """Say what is wrong with what was asked, and end with 2."""
    complain(message)
    raise typer.Exit(2)


def complain(message: object) -> None:
    """Say what is wrong, as it is: paths and database messages may look like markup."""
    err.print(
        show.visible(str(message)), style="red", highlight=False, soft_wrap=True, markup=False
    )
