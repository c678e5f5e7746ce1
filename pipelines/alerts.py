"""Alerts: what they say, where they go, and what becomes of those that could not be delivered.

Knows no Dagster: `defs.sensors` decides when there is something to say. Services are Apprise URLs,
which hold passwords and tokens; nothing here ever shows one.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from urllib.parse import unquote

from pydantic import BaseModel

from pipelines.settings import settings

_SENT_TOGETHER = 20
_MAX_REASON_CHARS = 600
_MAX_SAID_CHARS = 500
_MIN_SECRET_CHARS = 3
_NOT_SECRET = {"http", "https", "localhost"}


class AlertError(RuntimeError):
    """A message that a service did not take; says which and why, and holds no secret."""


class Message(BaseModel, frozen=True):
    """An alert or a recovery: a line, and the lines below it."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Service:
    """Where messages go: an Apprise URL, its place in the setting, and a key that stands for it."""

    place: int
    url: str = field(repr=False)

    @property
    def key(self) -> str:
        """What the service is called where its URL must not stand."""
        return sha256(self.url.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The service in words: its place in the setting and its scheme."""
        return f"service {self.place} of BROADSHEET_ALERTS ({self.url.partition('://')[0]})"


class Undelivered(BaseModel):
    """A message, and the keys of the services that have not taken it yet."""

    message: Message
    waiting: list[str]


class Outbox(BaseModel):
    """Messages on their way; kept in a sensor's cursor, so that none is lost."""

    messages: list[Undelivered] = []

    def put(self, message: Message) -> None:
        """Add a message for every service that is set now."""
        waiting = [service.key for service in services()]
        if waiting:
            self.messages.append(Undelivered(message=message, waiting=waiting))

    def deliver(self) -> list[str]:
        """Send what can be sent, and say what could not; that stays for the next time.

        A service that fails is left alone until then, so that a tick waits for it once. The message
        it did not take goes to the end of the line: it may be that message alone that fails.
        """
        problems = []
        known = services()
        for service in known:
            meant = [one for one in self.messages if service.key in one.waiting]
            for one in meant[:_SENT_TOGETHER]:
                try:
                    send(service, one.message)
                except AlertError as error:
                    problems.append(f"{error} {len(meant)} waiting for it, to be sent again.")
                    self.messages.remove(one)
                    self.messages.append(one)
                    break
                one.waiting.remove(service.key)
        keys = {service.key for service in known}
        self.messages = [one for one in self.messages if keys.intersection(one.waiting)]
        return problems


def services() -> list[Service]:
    """The services that are set, in their order, each once."""
    urls = dict.fromkeys(settings().alert_urls)
    return [Service(place, url) for place, url in enumerate(urls, start=1)]


def send(service: Service, message: Message) -> None:
    """Send a message to a service.

    Raises:
        AlertError: it was not taken.
    """
    import apprise  # noqa: PLC0415 - most processes send nothing

    _keep_quiet()
    asset = apprise.AppriseAsset(app_id="Broadsheet", app_desc="Broadsheet", async_mode=False)
    sender = apprise.Apprise(asset=asset)
    if not sender.add(service.url):
        message_of_error = (
            f"{service.name[0].upper()}{service.name[1:]} is no URL that Apprise can use: its"
            " scheme is unknown, or something is missing in it."
        )
        raise AlertError(message_of_error)
    said = ""
    try:
        result = sender.notify(
            message.body,
            title=message.title,
            body_format=apprise.NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
        if result:
            return
        said = " ".join(
            entry.message
            for entry in result.logs()
            if entry.level in {"WARNING", "ERROR"} or "Exception" in entry.message
        )
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, others have to be told
        said = f"{type(error).__name__}: {error}"
    problem = f"Sending to {service.name} failed: {_without_secrets(said, service.url)}"
    # Not chained: what a plugin raised may hold its URL.
    raise AlertError(problem) from None


def failure(
    *,
    subject: str,
    job: str,
    run_id: str,
    reasons: Sequence[str],
    retries: int,
    nights: tuple[date, date] | None,
) -> Message:
    """An alert: what failed and why, where to look, and what to do."""
    lines = [f"The run {run_id[:8]} of the job {job} failed."]
    if retries:
        lines.append(f"It was automatic retry {retries}, and none follows.")
    lines += ["", *(shortened(reason) for reason in reasons), ""]
    lines.append(f"Look at it: {run_url(run_id)}")
    if nights:
        command = f"broadsheet run --from {nights[0]} --to {nights[1]}"
        if nights[0] == nights[1]:
            command = f"broadsheet run --date {nights[0]}"
        again = f"load it again: `{command}`, or Re-execute in the UI"
    else:
        again = "run it again: Re-execute in the UI"
    lines.append(
        f"What to do: mend the cause, then {again}. What was committed stays, and a run goes on from"
        " there."
    )
    return Message(title=f"Broadsheet: {subject} failed", body="\n".join(lines))


def recovery(*, subject: str, job: str, run_id: str) -> Message:
    """That what an alert told of is mended."""
    body = (
        f"The run {run_id[:8]} of the job {job} succeeded after the failure that was reported.\n\n"
        f"Look at it: {run_url(run_id)}"
    )
    return Message(title=f"Broadsheet: {subject} recovered", body=body)


def missing(night: date, assets: Sequence[str]) -> Message:
    """That last night was not loaded in time, and no run says why."""
    body = (
        f"The night {night} is not loaded: {', '.join(assets)} did not finish for it.\n\n"
        f"Look at it: {settings().ui_url}/runs\n"
        "What to do: see whether Dagster's daemon is running, nightly_schedule is switched on and no"
        f" run is stuck in the queue; then load it: `broadsheet run --date {night}`."
    )
    return Message(title=f"Broadsheet: the night {night} is missing", body=body)


def arrived(night: date) -> Message:
    """That a night which was missing is loaded."""
    return Message(
        title=f"Broadsheet: the night {night} recovered", body=f"The night {night} is loaded now."
    )


def trial() -> Message:
    """A message that asks for nothing."""
    return Message(
        title="Broadsheet: a test",
        body="This is a test of BROADSHEET_ALERTS. Alerts about failed runs will come this way.",
    )


def run_url(run_id: str) -> str:
    """Where the UI shows a run."""
    return f"{settings().ui_url}/runs/{run_id}"


def shortened(reason: str) -> str:
    """A reason without what makes it long: tracebacks, SQL and parameters stand in the run's log."""
    first = re.split(r"\n\s*\n|\n\[SQL:|\nStack Trace", reason.strip())[0]
    return first if len(first) <= _MAX_REASON_CHARS else f"{first[: _MAX_REASON_CHARS - 1]}…"


def _keep_quiet() -> None:
    """Keep what Apprise logs out of all logs: it names tokens. The result of a call still has it."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    # At DEBUG it logs the paths that are posted to.
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def _without_secrets(said: str, url: str) -> str:
    """What a plugin said, without any part of its URL but the scheme."""
    scheme, _, rest = url.partition("://")
    parts = {
        part
        for whole in (rest, unquote(rest))
        for part in [whole, *re.split(r"[:/@?&=,;\s]+", whole)]
        if len(part) >= _MIN_SECRET_CHARS and part.lower() not in _NOT_SECRET | {scheme.lower()}
    }
    for part in sorted(parts, key=len, reverse=True):
        said = re.sub(re.escape(part), "***", said, flags=re.IGNORECASE)
    said = " ".join(said.split()) or "no reason was given."
    return said if len(said) <= _MAX_SAID_CHARS else f"{said[: _MAX_SAID_CHARS - 1]}…"
