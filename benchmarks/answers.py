"""Write the results into the guides for analysts: `python -m benchmarks.answers`.

The sample nights are loaded into a database of their own, and each statement whose result is shown is run as an analyst.
"""

import os
import sys
from pathlib import Path

import psycopg
from dagster import DagsterInstance

from benchmarks.place import fresh_database, running_server, temporary_folder
from benchmarks.questions import table, with_results
from pipelines.commands.query import read_rows
from pipelines.instance import run_nights
from pipelines.landing_zone import LandingZone
from pipelines.settings import ROOT, settings
from pipelines.store import database
from pipelines.store.server import ServerError

QUESTIONS = ROOT / "docs" / "questions.md"
GUIDE = ROOT / "docs" / "analyse.md"


def main() -> int:
    """Load the sample nights, and write the files anew."""
    try:
        with temporary_folder() as folder, running_server(folder) as server_url:
            _answer(folder, server_url)
    except (ServerError, psycopg.Error) as error:
        print(f"The database says: {error}", file=sys.stderr)
        return 1
    return 0


def _answer(folder: Path, server_url: str) -> None:
    with fresh_database(server_url, folder, "questions") as place:
        os.environ |= place.environment()
        settings.cache_clear()
        database.upgrade(place.url)
        zone = LandingZone(ROOT / "sample_data" / "landing")
        with DagsterInstance.ephemeral() as instance:
            nights = zone.nights()
            run = run_nights(instance, min(nights), max(nights), zone, prune=False)
        if not run.success:
            raise SystemExit("The sample nights were not loaded: " + "; ".join(run.failures))
        for path in (QUESTIONS, GUIDE):
            text = path.read_text(encoding="utf-8")
            path.write_text(
                with_results(text, lambda query: table(*read_rows(query))), encoding="utf-8"
            )
        database.engine().dispose()


if __name__ == "__main__":
    sys.exit(main())
