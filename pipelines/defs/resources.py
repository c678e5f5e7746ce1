"""What assets need from outside: the landing zone, the database, the spaCy pipeline."""

from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field
from sqlalchemy import Engine

from pipelines.landing_zone import LandingError, LandingZone
from pipelines.settings import settings
from pipelines.store.database import database_url, engine


class LandingZoneResource(dg.ConfigurableResource[Any]):
    """The landing zone; to be set for a run that loads another folder."""

    root: str = Field(
        default=str(settings().landing_zone or ""),
        description="Folder with one sub-folder YYYY-MM-DD a night.",
    )
    flat_night: str | None = Field(
        default=None,
        description="Night (YYYY-MM-DD) that the folder itself is, where it has no sub-folder.",
    )
    prune: bool = Field(
        default=False, description="Remove nights from the database that have no folder any more."
    )
    max_page_bytes: int = Field(
        default=settings().max_page_bytes,
        description="Decompressed size above which a page is refused.",
    )

    def zone(self) -> LandingZone:
        """The landing zone as an object of ours.

        Raises:
            LandingError: neither the settings nor the run name one.
        """
        if not self.root:
            message = "No landing zone is named: set BROADSHEET_LANDING."
            raise LandingError(message)
        night = date.fromisoformat(self.flat_night) if self.flat_night else None
        return LandingZone(Path(self.root), night)


class DatabaseResource(dg.ConfigurableResource[Any]):
    """The Postgres database, as BROADSHEET_DATABASE_URL or BROADSHEET_HOME say."""

    def engine(self) -> Engine:
        """The engine of this process; an embedded server that has died meanwhile is started again.

        Raises:
            ServerError: it cannot be started.
        """
        database_url()
        return engine()


class RecogniserResource(dg.ConfigurableResource[Any]):
    """The spaCy pipeline that reads articles for mentions."""

    pipeline: str | None = Field(
        default=settings().nlp, description="Package name or path; the shipped pipeline if unset."
    )
    workers: int = Field(default=settings().workers, description="Processes that read at a time.")


def defaults() -> dict[str, dg.ConfigurableResource[Any]]:
    """The resources as the settings say; a run may set any one field without the others."""
    return {
        "landing_zone": LandingZoneResource(),
        "database": DatabaseResource(),
        "recogniser": RecogniserResource(),
    }
