"""Settings come from the environment or `.env`, and a wrong one is refused."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import ROOT, Settings

NAMES = [f"BROADSHEET_{field.upper()}" for field in Settings.model_fields]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, and an environment that sets nothing of ours."""
    for name in [name for name in os.environ if name.upper().startswith("BROADSHEET_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_environment_sets_every_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "HOME": str(tmp_path / "state"),
        "LANDING": str(tmp_path / "landing"),
        "DATABASE_URL": "postgresql://reader@db.example/news",
        "DATABASE_PASSWORD": "s3cret",
        "NLP": "en_core_web_trf",
        "ALIASES": str(tmp_path / "names.csv"),
        "WORKERS": "3",
        "MAX_PAGE_MB": "7",
        "FIRST_NIGHT": "2024-02-29",
        "TIMEZONE": "Europe/Istanbul",
        "KEEP_RUNS_DAYS": "30",
        "LATE_DAYS": "7",
        "ALERTS": "mailto://joe:secret@mail.example json://hooks.example/path",
        "UI_URL": "https://news.example/dagster/",
        "REPORTS_URL": "https://news.example/reports/",
    }
    assert {f"BROADSHEET_{name}" for name in values} == set(NAMES)
    for name, value in values.items():
        monkeypatch.setenv(f"BROADSHEET_{name}", value)
    found = Settings()
    assert found.home == tmp_path / "state"
    assert found.dagster_home == tmp_path / "state" / "dagster"
    assert found.landing == tmp_path / "landing"
    assert found.database_url == "postgresql://reader:s3cret@db.example/news"
    assert found.nlp == "en_core_web_trf"
    assert found.alias_file == tmp_path / "names.csv"
    assert found.workers == 3
    assert (found.max_page_mb, found.max_page_bytes) == (7, 7_000_000)
    assert found.first_night == date(2024, 2, 29)
    assert found.timezone == "Europe/Istanbul"
    assert found.keep_runs_days == 30
    assert found.late_days == 7
    assert found.alert_urls == ["mailto://joe:secret@mail.example", "json://hooks.example/path"]
    assert found.ui_url == "https://news.example/dagster"
    assert found.reports_url == "https://news.example/reports"
    assert "secret" not in repr(found)


def test_the_alias_file_lies_in_the_home_unless_it_is_set(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).alias_file == tmp_path / "aliases.csv"


def test_a_file_in_the_working_directory_sets_them_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ours\nBROADSHEET_WORKERS=5\nOTHER=1\nBROADSHEET_UNKNOWN=1\n")
    assert Settings().workers == 5


SECRETS = """
from pipelines.settings import settings
print(settings().database_url, settings().database_password)
"""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://loader@db/news", "postgresql://loader:p%40ss%2Fw%3Ard@db/news"),
        ("postgresql://loader:other@db/news", "postgresql://loader:other@db/news"),
    ],
    ids=["a URL without a password", "a URL with one"],
)
def test_a_password_is_read_from_a_file_of_the_credentials_directory(
    tmp_path: Path, url: str, expected: str
) -> None:
    (tmp_path / "broadsheet_database_password").write_text("p@ss/w:rd\n")
    done = subprocess.run(
        [sys.executable, "-c", SECRETS],
        env={
            **os.environ,
            "CREDENTIALS_DIRECTORY": str(tmp_path),
            "BROADSHEET_DATABASE_URL": url,
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    # The password itself is never printed with the settings.
    assert done.stdout.split() == [expected, "**********"]


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("BROADSHEET_WORKERS=5\nBROADSHEET_MAX_PAGE_MB=9\n")
    monkeypatch.setenv("BROADSHEET_WORKERS", "6")
    assert (Settings().workers, Settings().max_page_mb) == (6, 9)


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Settings()
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert Settings() == before


def test_every_setting_has_a_default_that_works_in_a_checkout() -> None:
    # Read without any source, so that a `.env` in the checkout changes nothing.
    found = Settings.model_validate({})
    assert found.home == ROOT / "var"
    assert found.landing == ROOT / "sample_data" / "landing"
    assert found.landing.is_dir()
    assert found.database_url is None
    assert found.database_password is None
    assert found.nlp is None
    assert 1 <= found.workers <= (os.cpu_count() or 1)
    assert found.max_page_mb == 50
    assert found.timezone == "UTC"
    assert found.keep_runs_days == 90
    assert found.alert_urls == []
    assert found.ui_url == "http://127.0.0.1:3000"
    assert found.reports_url is None


def test_paths_are_absolute_and_a_tilde_is_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("BROADSHEET_HOME", "state")
    monkeypatch.setenv("BROADSHEET_LANDING", "~/news")
    assert Settings().home == tmp_path / "state"
    assert Settings().landing == tmp_path / "user" / "news"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("MAX_PAGE_MB", "0"),
        ("MAX_PAGE_MB", "501"),
        ("KEEP_RUNS_DAYS", "0"),
        ("FIRST_NIGHT", "2026-02-30"),
        ("FIRST_NIGHT", "yesterday"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../passwd"),
        ("DATABASE_URL", "sqlite:///news.db"),
        ("DATABASE_URL", "news"),
        ("LATE_DAYS", "0"),
        ("ALERTS", "joe:passw0rd@mail.example"),
        ("ALERTS", "mailto://joe:passw0rd@mail.example, team@mail.example"),
        ("UI_URL", "news.example"),
        ("REPORTS_URL", "/var/lib/broadsheet/reports"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_and_not_repeated(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BROADSHEET_{name}", value)
    with pytest.raises(ValidationError) as refusal:
        Settings()
    assert "passw0rd" not in str(refusal.value)


def test_every_setting_says_what_it_is() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def example() -> dict[str, str]:
    """The settings in the example file, commented out or not."""
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^(?:# ?)?(BROADSHEET_\w+)=(.*)$", text, re.MULTILINE))


def test_the_example_file_lists_every_setting_and_no_other() -> None:
    assert sorted(example()) == sorted(NAMES)


def test_the_values_in_the_example_file_are_valid_and_fixed_ones_are_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    for name, value in example().items():
        monkeypatch.setenv(name, value)
    found, defaults = Settings(), Settings.model_validate({})
    for name in (
        "keep_runs_days",
        "home",
        "landing",
        "max_page_mb",
        "first_night",
        "timezone",
        "late_days",
        "ui_url",
    ):
        assert getattr(found, name) == getattr(defaults, name)
