"""What can be set: the environment variables BROADSHEET_*, or the same in a file `.env`.

Secrets may be files as well, named like the variable in lower case, in the folder that
CREDENTIALS_DIRECTORY names: systemd's credentials, or the secrets of docker-compose.yml.
"""

import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parents[1]
"""The checkout that this package is installed from."""

MEGABYTE = 1_000_000


class Settings(BaseSettings):
    """Settings of Broadsheet; `.env.example` lists them all with their defaults."""

    model_config = SettingsConfigDict(
        env_prefix="BROADSHEET_",
        env_file=(ROOT / ".env", ".env"),
        env_ignore_empty=True,
        secrets_dir=os.environ.get("CREDENTIALS_DIRECTORY"),
        extra="ignore",
        # A password in a wrong value would stand in the traceback of whatever reads the settings.
        hide_input_in_errors=True,
    )

    home: Path = Field(
        default=ROOT / "var",
        description="Folder for state: embedded database, Dagster home, reports.",
    )
    landing: Path = Field(
        default=ROOT / "sample_data" / "landing",
        description="Landing zone: a folder with one sub-folder YYYY-MM-DD a night;"
        " default is the sample data.",
    )
    database_url: str | None = Field(
        default=None,
        description="postgresql://… of a Postgres to use; default is the embedded one.",
    )
    database_password: SecretStr | None = Field(
        default=None,
        description="Password for database_url, where that has none.",
    )
    nlp: str | None = Field(
        default=None,
        description="spaCy package name or path; default is the pipeline that is shipped.",
    )
    aliases: Path | None = Field(
        default=None,
        description="Alias file of your own (CSV); default is aliases.csv in the home, if it is there.",
    )
    workers: int = Field(
        default_factory=lambda: (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        ),
        ge=1,
        description="Processes that read articles for mentions; default is the cores.",
    )
    max_page_mb: int = Field(
        default=50,
        ge=1,
        le=500,
        description="Decompressed size in MB above which a page is refused.",
    )
    first_night: date = Field(
        default=date(2010, 1, 1),
        description="Earliest night that can be loaded; the first partition.",
    )
    timezone: str = Field(
        default="UTC", description="Time zone of the nightly schedule (IANA name)."
    )
    keep_runs_days: int = Field(
        default=90,
        ge=1,
        description="Days after which the job prune_runs deletes a run that newer ones replace.",
    )
    late_days: int = Field(
        default=30,
        ge=1,
        le=3660,
        description="Nights back from today in which late files are looked for.",
    )
    alerts: SecretStr | None = Field(
        default=None,
        description="Where alerts go: Apprise URLs (mailto://…, json://…, slack://…) divided by spaces.",
    )
    ui_url: str = Field(
        default="http://127.0.0.1:3000",
        description="Where the Dagster UI is found; alerts link to their run there.",
    )
    reports_url: str | None = Field(
        default=None,
        description="Where the folder of reports is served; the UI links to a night's page there.",
    )

    @field_validator("alerts")
    @classmethod
    def _urls(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not all("://" in url for url in value.get_secret_value().split()):
            raise ValueError("these are no URLs divided by spaces")
        return value

    @field_validator("ui_url", "reports_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("this is no address of a website: http://… or https://…")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"there is no time zone {value!r}") from error
        return value

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        try:
            is_ours = value is None or make_url(value).get_backend_name() == "postgresql"
        except ArgumentError:
            is_ours = False
        if not is_ours:
            raise ValueError("this is no URL of a Postgres: postgresql://user@host/database")
        return value

    @model_validator(mode="after")
    def _with_password(self) -> Self:
        if self.database_url and self.database_password:
            url = make_url(self.database_url)
            if url.password is None:
                url = url.set(password=self.database_password.get_secret_value())
                self.database_url = url.render_as_string(hide_password=False)
        return self

    @field_validator("home", "landing", "aliases")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    @property
    def max_page_bytes(self) -> int:
        """The limit of a page in bytes."""
        return self.max_page_mb * MEGABYTE

    @property
    def landing_zone(self) -> Path | None:
        """The landing zone to load if none is named; None where that has to be said.

        The sample data are for the demo's database: a home or a database of the user's own is not
        to be filled with them by leaving an option out.
        """
        is_set = self.model_fields_set
        is_own = "home" in is_set or self.database_url is not None
        return None if is_own and "landing" not in is_set else self.landing

    @property
    def alias_file(self) -> Path:
        """The alias file of the operator's own, there or not."""
        return self.aliases or self.home / "aliases.csv"

    @property
    def alert_urls(self) -> list[str]:
        """The Apprise URLs that alerts go to; they hold passwords and tokens."""
        return self.alerts.get_secret_value().split() if self.alerts else []

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its instance."""
        return self.home / "dagster"

    @property
    def reports(self) -> Path:
        """The folder of the nights' reports."""
        return self.home / "reports"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
