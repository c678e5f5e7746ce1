"""The services of docker-compose.yml, started as processes, load a night and survive being killed.

No container engine is needed: the very commands, environments and health checks of the file run
on this machine, against a Postgres on TCP that asks for passwords.
"""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import psycopg
import pytest
from dagster import DagsterInstance
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage
from sqlalchemy import make_url

from pipelines.launcher import WatchedRunLauncher
from tests.e2e.ports import LOOPBACK
from tests.e2e.processes import Stack, stack
from tests.integration.conftest import FERRY, NIGHTS, WATER, page
from tests.integration.loading import lay_out
from tests.polling import eventually

pytestmark = pytest.mark.timeout(600)
PATIENCE = 300
SECRETS = {
    "broadsheet_alerts": "",
    "postgres_password": "super/user:pass@word",
    "night_password": "n1ght'shift%",
    "broadsheet_password": "näws'pass word%20",
    "dagster_password": 'd@g/ster"pass#?',
}
LAUNCH = """
mutation($job: String!, $night: String!) {
  launchRun(executionParams: {
    selector: {repositoryLocationName: "broadsheet", repositoryName: "__repository__", jobName: $job}
    executionMetadata: {tags: [{key: "dagster/partition", value: $night}]}
  }) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""
RUNS = """
query { runsOrError { ... on Runs { results { runId parentRunId status } } } }
"""
STEPS = """
query($run: ID!) {
  runOrError(runId: $run) { ... on Run { stepStats { stepKey status } } }
}
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything up, as `docker compose --profile readonly up --wait` leaves it."""
    folder = tmp_path_factory.mktemp("compose")
    files = {(NIGHTS[0], "a.txt"): page(FERRY, WATER)}
    landing = lay_out(folder / "landing", files).root
    with stack(folder, landing, SECRETS) as made:
        done = made.run("migrate")
        assert done.returncode == 0, done.stdout
        made.start("code")
        made.start("webserver", "webserver-readonly", "daemon")
        yield made


def ask(made: Stack, query: str, service: str = "webserver", **variables: str) -> dict[str, Any]:
    """What the UI's own interface answers."""
    connection = HTTPConnection(LOOPBACK, made.port(service), timeout=60)
    connection.request(
        "POST",
        "/graphql",
        json.dumps({"query": query, "variables": variables}),
        {"Content-Type": "application/json"},
    )
    answer: dict[str, Any] = json.load(connection.getresponse())
    connection.close()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


def launch(made: Stack, job: str, night: str) -> str:
    """Put a run into the queue, as the button in the UI does; its id."""
    answer = ask(made, LAUNCH, job=job, night=night)["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    run_id: str = answer["run"]["runId"]
    return run_id


def runs(made: Stack) -> dict[str, dict[str, str]]:
    return {run["runId"]: run for run in ask(made, RUNS)["runsOrError"]["results"]}


def has_ended(made: Stack, run_id: str) -> bool:
    return runs(made)[run_id]["status"] in {"SUCCESS", "FAILURE", "CANCELED"}


def database(made: Stack, user: str, password: str, name: str) -> psycopg.Connection:
    return psycopg.connect(
        host=LOOPBACK, port=made.port("db"), user=user, password=password, dbname=name
    )


def test_each_database_opens_to_its_own_password_alone(services: Stack) -> None:
    ours, dagsters = SECRETS["broadsheet_password"], SECRETS["dagster_password"]
    with database(services, "broadsheet", ours, "news") as connection:
        row = connection.execute(
            "select datlocprovider, datlocale, datcollate, datctype, current_setting('data_checksums')"
            "  from pg_database where datname = 'news'"
        ).fetchone()
        assert row == ("b", "C.UTF-8", "C", "C.UTF-8", "on")
    database(services, "dagster", dagsters, "dagster").close()
    with (
        database(services, "dagster", dagsters, "news") as other,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        other.execute("select from news.articles")
    for user, password, name in (
        ("broadsheet", dagsters, "news"),
        ("broadsheet", "", "news"),
        ("broadsheet", ours, "dagster"),
        ("postgres", "postgres", "postgres"),
    ):
        with pytest.raises(psycopg.OperationalError):
            database(services, user, password, name)


@pytest.mark.parametrize(
    "statement",
    [
        "drop table news.mentions",
        "create table news.mine ()",
        "create role mine",
        "set role broadsheet",
    ],
)
def test_who_loads_may_not_change_the_schema(services: Stack, statement: str) -> None:
    url = services.environment("code")["BROADSHEET_DATABASE_URL"]
    assert make_url(url).username == "night"
    with (
        database(services, "night", SECRETS["night_password"], "news") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_instance_is_that_of_production(
    services: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services.environment("daemon").items():
        if name.startswith("DAGSTER_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_POSTGRES_PASSWORD", SECRETS["dagster_password"])
    with DagsterInstance.get() as instance:
        assert isinstance(instance.run_storage, PostgresRunStorage)
        assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
        assert isinstance(instance.run_launcher, WatchedRunLauncher)
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_max_runtime_seconds == 86400
        assert instance.get_concurrency_config().run_queue_config
        assert not instance.telemetry_enabled


def test_a_run_that_dies_with_the_code_server_is_run_again_and_loads_its_night(
    services: Stack,
) -> None:
    with database(services, "postgres", SECRETS["postgres_password"], "news") as holder:
        holder.execute("lock table ops.annotations in share mode")
        run_id = launch(services, "nightly", NIGHTS[0].isoformat())

        def is_reading() -> bool:
            stats = ask(services, STEPS, run=run_id)["runOrError"]["stepStats"]
            return {"stepKey": "mentions", "status": "IN_PROGRESS"} in stats

        eventually(is_reading, PATIENCE, every=0.5)
        services.kill("code")
        services.start("code")
    eventually(lambda: runs(services)[run_id]["status"] == "FAILURE", PATIENCE, every=0.5)

    def again() -> list[str]:
        return [run["runId"] for run in runs(services).values() if run["parentRunId"] == run_id]

    eventually(again, PATIENCE, every=0.5)
    (retried,) = again()
    eventually(lambda: has_ended(services, retried), PATIENCE, every=0.5)
    assert runs(services)[retried]["status"] == "SUCCESS", services.log("code")
    with database(services, "night", SECRETS["night_password"], "news") as connection:
        found = connection.execute(
            "select count(*), (select count(*) > 0 from news.mentions) from news.articles"
        ).fetchone()
    assert found == (2, True)


def test_the_read_only_ui_shows_and_does_nothing(services: Stack) -> None:
    shown = ask(services, RUNS, "webserver-readonly")["runsOrError"]["results"]
    assert {run["runId"] for run in shown} == set(runs(services))
    refused = ask(
        services, LAUNCH, "webserver-readonly", job="nightly", night=NIGHTS[0].isoformat()
    )
    assert refused["launchRun"]["__typename"] == "UnauthorizedError"


def test_services_end_when_they_are_asked_to(services: Stack) -> None:
    for service in ("webserver", "webserver-readonly", "daemon", "code"):
        assert services.stop(service) == 0, services.log(service)
