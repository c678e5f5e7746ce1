"""Alerts are delivered by e-mail and web hook, again if need be, and never show a password."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines import alerts
from pipelines.alerts import AlertError, Message, Outbox, Service
from pipelines.settings import ROOT, settings
from tests.integration.receiving import (
    PASSWORD,
    QUOTED,
    TOKEN,
    Hook,
    Mailbox,
    mail_server,
    web_hook,
)

SetAlerts = Callable[..., None]
NIGHT = date(2026, 1, 5)


@pytest.fixture
def set_alerts(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetAlerts]:
    """Set the services that alerts go to."""

    def change(*urls: str) -> None:
        monkeypatch.setenv("BROADSHEET_ALERTS", " ".join(urls))
        settings.cache_clear()

    yield change
    settings.cache_clear()


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, Callable[[str], str]]]:
    with mail_server() as served:
        yield served


@pytest.fixture
def hook() -> Iterator[tuple[Hook, str]]:
    with web_hook() as served:
        yield served


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged in this process, however unimportant."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def failed(reason: str = "source_files: the disk is full") -> Message:
    return alerts.failure(
        subject=f"the night {NIGHT}",
        job="nightly",
        run_id="0123456789abcdef",
        reasons=[reason],
        retries=2,
        nights=(NIGHT, NIGHT),
    )


def without_secrets(text: str) -> bool:
    return not any(secret in text for secret in (PASSWORD, QUOTED, TOKEN, "tiger77", "pager"))


# --- what is said


def test_an_alert_says_what_failed_why_where_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, set_alerts: SetAlerts
) -> None:
    monkeypatch.setenv("BROADSHEET_UI_URL", "https://dagster.news.example/")
    set_alerts()
    message = failed()
    assert message.title == "Broadsheet: the night 2026-01-05 failed"
    for words in (
        "source_files: the disk is full",
        "It was automatic retry 2, and none follows.",
        "https://dagster.news.example/runs/0123456789abcdef",
        "`broadsheet run --date 2026-01-05`",
    ):
        assert words in message.body


def test_a_reason_is_a_sentence_and_no_dump() -> None:
    said = "entities: no such column\n[SQL: select 1]\n[parameters: {'body': 'secret'}]"
    assert alerts.shortened(said) == "entities: no such column"
    assert len(alerts.shortened("x" * 10_000)) == 600


# --- delivery


def test_messages_come_by_mail_and_by_web_hook(
    set_alerts: SetAlerts,
    mail: tuple[Mailbox, Callable[[str], str]],
    hook: tuple[Hook, str],
) -> None:
    set_alerts(mail[1](QUOTED), hook[1])
    outbox = Outbox()
    outbox.put(failed())
    assert outbox.deliver() == []
    assert outbox.messages == []
    for title, body in (*mail[0].mails, *hook[0].posts):
        assert title == failed().title
        assert "source_files: the disk is full" in body
    assert (len(mail[0].mails), len(hook[0].posts)) == (1, 1)


def test_a_service_that_was_away_gets_it_later_and_the_others_only_once(
    set_alerts: SetAlerts,
    mail: tuple[Mailbox, Callable[[str], str]],
    hook: tuple[Hook, str],
) -> None:
    set_alerts(mail[1](QUOTED), hook[1])
    mail[0].is_closed = True
    outbox = Outbox()
    outbox.put(failed("articles: first"))
    outbox.put(failed("articles: second"))
    (problem,) = outbox.deliver()
    assert problem.startswith("Sending to service 1 of BROADSHEET_ALERTS (mailto) failed: ")
    assert problem.endswith("2 waiting for it, to be sent again.")
    assert without_secrets(problem)
    mail[0].is_closed = False
    outbox = Outbox.model_validate_json(outbox.model_dump_json())
    assert without_secrets(outbox.model_dump_json())
    assert outbox.deliver() == []
    assert outbox.messages == []
    for received in (mail[0].mails, hook[0].posts):
        bodies = sorted(body for _, body in received)
        assert len(bodies) == 2
        assert "articles: first" in bodies[0] and "articles: second" in bodies[1]


def test_a_message_that_is_refused_holds_up_no_other(
    set_alerts: SetAlerts, hook: tuple[Hook, str]
) -> None:
    set_alerts(hook[1])
    hook[0].refuses = lambda title: "bad" in title
    outbox = Outbox()
    for title in ("bad", "good", "better"):
        outbox.put(Message(title=title, body="text"))
    (problem,) = outbox.deliver()
    assert "500" in problem and without_secrets(problem)
    assert hook[0].asked == 1
    assert len(outbox.deliver()) == 1
    assert [title for title, _ in hook[0].posts] == ["good", "better"]
    assert [one.message.title for one in outbox.messages] == ["bad"]


def test_what_waits_for_a_service_that_is_no_longer_set_is_dropped(
    set_alerts: SetAlerts, hook: tuple[Hook, str]
) -> None:
    set_alerts("json://127.0.0.1:1/gone", hook[1])
    outbox = Outbox()
    outbox.put(failed())
    assert len(outbox.deliver()) == 1
    set_alerts(hook[1])
    assert outbox.deliver() == []
    assert outbox.messages == []
    assert len(hook[0].posts) == 1


def test_without_services_nothing_waits(set_alerts: SetAlerts) -> None:
    set_alerts()
    outbox = Outbox()
    outbox.put(failed())
    assert outbox.messages == []


# --- secrets


@pytest.mark.parametrize(
    "url",
    [
        f"mailto://pager:{QUOTED}@127.0.0.1:1?from=pager@news.example&to=team@news.example",
        f"json://pager:{QUOTED}@127.0.0.1:1/{TOKEN}",
        f"jsons://127.0.0.1:1/{TOKEN}?+x-key={QUOTED}",
        f"nosuchscheme://pager:{QUOTED}@{TOKEN}",
        f"slack://{TOKEN}",
        f"mailto://{QUOTED}",
    ],
)
def test_no_failure_shows_a_secret(url: str, log: io.StringIO) -> None:
    service = Service(3, url)
    with pytest.raises(AlertError) as error:
        alerts.send(service, failed())
    assert "ervice 3 of BROADSHEET_ALERTS" in str(error.value)
    assert without_secrets(str(error.value))
    assert without_secrets(repr(service))
    assert without_secrets(log.getvalue())


def test_no_success_shows_a_secret(hook: tuple[Hook, str], log: io.StringIO) -> None:
    alerts.send(Service(1, hook[1]), failed())
    assert len(hook[0].posts) == 1
    assert without_secrets(log.getvalue())


def test_a_wrong_password_is_told_without_being_shown(
    mail: tuple[Mailbox, Callable[[str], str]],
) -> None:
    with pytest.raises(AlertError) as error:
        alerts.send(Service(1, mail[1]("wrong77secret")), failed())
    assert "535" in str(error.value)
    assert "wrong77secret" not in str(error.value)
    assert mail[0].mails == []


# --- the command


def broadsheet(*urls: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("broadsheet"), "alerts", "test"],
        cwd=ROOT,
        env={**os.environ, "BROADSHEET_ALERTS": " ".join(urls)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_sends_a_test_to_every_service(
    mail: tuple[Mailbox, Callable[[str], str]], hook: tuple[Hook, str]
) -> None:
    done = broadsheet(mail[1](QUOTED), hook[1])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "A test message was sent to service 1 of BROADSHEET_ALERTS (mailto).",
        "A test message was sent to service 2 of BROADSHEET_ALERTS (json).",
    ]
    assert [title for title, _ in mail[0].mails] == ["Broadsheet: a test"]
    assert [title for title, _ in hook[0].posts] == ["Broadsheet: a test"]


def test_the_command_says_what_fails_and_sends_to_the_others(hook: tuple[Hook, str]) -> None:
    done = broadsheet(f"json://pager:{QUOTED}@127.0.0.1:1/{TOKEN}", hook[1])
    assert done.returncode == 1
    assert "service 1 of BROADSHEET_ALERTS (json) failed" in done.stderr
    assert "Connection refused" in done.stderr
    assert "service 2" in done.stdout
    assert without_secrets(done.stdout + done.stderr)
    assert len(hook[0].posts) == 1


def test_the_command_says_when_nothing_is_set() -> None:
    done = broadsheet()
    assert done.returncode == 1
    assert done.stderr.startswith("BROADSHEET_ALERTS is not set")
