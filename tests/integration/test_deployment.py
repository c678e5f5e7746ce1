"""What is shipped to run on a server: docker-compose.yml and the configurations of Dagster."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.instance.config import dagster_instance_config
from dagster._core.launcher import DefaultRunLauncher, WorkerStatus
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.tags import GRPC_INFO_TAG

from pipelines.instance import prepare_home
from pipelines.launcher import WatchedRunLauncher
from pipelines.settings import ROOT
from pipelines.settings import settings as read_settings
from pipelines.store.boot import SETTINGS
from tests.compose import (
    COMPOSE_FILE,
    MissingVariableError,
    image_environment,
    read_compose,
    secret_files,
)

GIVEN = {"BROADSHEET_LANDING": "/srv/news", "BROADSHEET_SECRETS": "/etc/broadsheet"}
LOOPBACK = "127.0.0.1"
LONG_RUNNING = {"db", "code", "webserver", "webserver-readonly", "daemon"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read_compose(GIVEN)


# --- docker-compose.yml


@pytest.mark.parametrize("missing", GIVEN)
def test_without_a_landing_zone_or_secrets_nothing_starts(missing: str) -> None:
    for given in (GIVEN | {missing: ""}, {k: v for k, v in GIVEN.items() if k != missing}):
        with pytest.raises(MissingVariableError, match=missing):
            read_compose(given)


def test_the_example_lists_every_variable_of_the_file() -> None:
    used = set(re.findall(r"\$\{(\w+)", COMPOSE_FILE.read_text(encoding="utf-8")))
    example = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert set(listed) == used
    # Filled in as the example says, the file is the same as without it.
    assert read_compose({name: value for name, value in listed.items() if value} | GIVEN) == (
        read_compose(GIVEN)
    )


def test_no_password_stands_in_a_file_of_ours(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        named = [name for name in service["environment"] if "PASSWORD" in name]
        assert all(name.endswith("_FILE") for name in named)
    for secret in compose["secrets"].values():
        assert Path(secret["file"]).parent == Path(GIVEN["BROADSHEET_SECRETS"])


def test_services_get_the_secrets_they_need_and_no_other(compose: dict[str, Any]) -> None:
    ours = {"broadsheet_database_password", "dagster_password"}
    for name in set(compose["services"]) - {"db"}:
        more = {"loader_password"} if name == "migrate" else {"broadsheet_alerts"}
        assert set(secret_files(compose, name)) == ours | more
    superuser = Path(GIVEN["BROADSHEET_SECRETS"]) / "postgres_password"
    holders = {
        name for name in compose["services"] if superuser in secret_files(compose, name).values()
    }
    assert holders == {"db"}


@pytest.mark.parametrize(("owner", "loader"), [("broadsheet", "night"), ("one", "another")])
def test_schema_changes_and_loads_have_users_of_their_own(owner: str, loader: str) -> None:
    named = {"BROADSHEET_OWNER": owner, "BROADSHEET_LOADER": loader}
    split = read_compose(GIVEN if owner == "broadsheet" else GIVEN | named)
    urls = {
        name: service["environment"].get("BROADSHEET_DATABASE_URL")
        for name, service in split["services"].items()
    }
    assert urls.pop("db") is None
    assert urls.pop("migrate") == f"postgresql://{owner}@db:5432/news"
    assert set(urls.values()) == {f"postgresql://{loader}@db:5432/news"}
    for name, user in (("migrate", owner), ("code", loader), ("daemon", loader)):
        password = secret_files(split, name)["broadsheet_database_password"]
        assert password == Path(GIVEN["BROADSHEET_SECRETS"]) / f"{user}_password"


def test_what_is_published_is_published_to_this_machine_alone(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_services_may_do_little_and_take_no_more_than_their_share(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"] and service["pids_limit"]
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    for mount in compose["x-broadsheet"]["volumes"]:
        if isinstance(mount, dict):
            assert mount["read_only"] is True and mount["source"] == GIVEN["BROADSHEET_LANDING"]


def test_what_runs_on_is_restarted_and_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == LONG_RUNNING | {"migrate"}
    for name in LONG_RUNNING:
        service = compose["services"][name]
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
    assert compose["services"]["migrate"]["restart"] == "no"


def test_services_start_in_order(compose: dict[str, Any]) -> None:
    after = {
        name: {before: how["condition"] for before, how in service.get("depends_on", {}).items()}
        for name, service in compose["services"].items()
    }
    healthy_code = {"code": "service_healthy"}
    assert after == {
        "db": {},
        "migrate": {"db": "service_healthy"},
        "code": {"migrate": "service_completed_successfully"},
        "webserver": healthy_code,
        "webserver-readonly": healthy_code,
        "daemon": healthy_code,
    }


def test_the_server_is_set_up_as_the_embedded_one(compose: dict[str, Any]) -> None:
    words = compose["services"]["db"]["command"]
    chosen = dict(word.split("=", 1) for word in words if "=" in word)
    assert chosen == {name: SETTINGS[name] for name in chosen}


def test_the_home_is_the_same_in_the_image_and_in_the_services(compose: dict[str, Any]) -> None:
    image = image_environment()
    (config,) = compose["x-broadsheet"]["configs"]
    assert config["target"] == f"{image['DAGSTER_HOME']}/dagster.yaml"
    assert image["BROADSHEET_HOME"] == compose["x-environment"]["BROADSHEET_HOME"]
    assert f"state:{image['BROADSHEET_HOME']}" in compose["x-broadsheet"]["volumes"]


def test_the_image_is_built_with_the_uv_that_locked_its_requirements() -> None:
    pins = [
        re.findall(r"uv==([\d.]+)", (ROOT / name).read_text(encoding="utf-8"))
        for name in ("Makefile", "Dockerfile")
    ]
    assert pins[0] == pins[1] and len(pins[0]) == 1


def test_the_image_holds_the_checkout_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines and "deploy/secrets" in lines
    copied = {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
    assert copied >= {"pipelines", "models", "migrations", "deploy", "pyproject.toml"}


# --- Dagster's instance; that of production is loaded where its Postgres runs


def parsed(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def local_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Dagster home of `broadsheet run` and `broadsheet ui`, as it is first written."""
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):  # `prepare_home` sets them
        monkeypatch.setenv(name, "")
    read_settings.cache_clear()
    prepare_home()
    home = read_settings().dagster_home
    read_settings.cache_clear()
    return home


def test_the_instance_on_a_desk_retries_only_what_was_killed(local_home: Path) -> None:
    with DagsterInstance.from_config(str(local_home)) as instance:
        assert isinstance(instance.event_log_storage, SqliteEventLogStorage)
        assert type(instance.run_launcher) is DefaultRunLauncher
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        for pool in ("database", "recogniser"):
            instance.event_log_storage.initialize_concurrency_limit_to_default(pool)
            assert instance.event_log_storage.get_concurrency_info(pool).slot_count == 1


@pytest.mark.parametrize(
    "tags",
    [{}, {GRPC_INFO_TAG: json.dumps({"host": LOOPBACK, "port": 1})}],
    ids=["a run of the command line", "a code server that does not answer"],
)
def test_a_run_is_not_given_up_while_nobody_knows_of_it(tags: dict[str, str]) -> None:
    run = DagsterRun("nightly", status=DagsterRunStatus.STARTED, tags=tags)
    assert WatchedRunLauncher().check_run_worker_health(run).status is WorkerStatus.RUNNING


def test_dagster_knows_every_key_of_the_production_configuration() -> None:
    config, _ = dagster_instance_config(str(ROOT / "deploy"))
    assert set(config) >= set(parsed(ROOT / "deploy" / "dagster.yaml"))


def test_both_instances_make_the_same_choices(local_home: Path) -> None:
    production = parsed(ROOT / "deploy" / "dagster.yaml")
    local = parsed(local_home / "dagster.yaml")
    assert set(production) - set(local) == {"storage", "run_launcher"}
    assert production["run_monitoring"].pop("poll_interval_seconds")
    assert local == {key: production[key] for key in local}
