"""What a check says, and running checks so that none can hold up the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread

import psycopg

SECONDS = 60
"""How long checks of one source may take together; connections give up much sooner."""


class Verdict(StrEnum):
    """How bad it is: `fail` is what keeps nights from being loaded, or tables from being read."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found, and how to mend it; nothing to mend where all is well."""

    verdict: Verdict
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a check, with its name."""

    name: str
    outcome: Outcome


class NotLookedAtError(Exception):
    """A check that cannot look, because of what another (`first`) found; the message says why."""

    def __init__(self, why: str, first: str) -> None:
        super().__init__(why)
        self.first = first


Check = Callable[[], Outcome]


def ok(found: str) -> Outcome:
    """All is well."""
    return Outcome(Verdict.OK, found)


def warn(found: str, mend: str) -> Outcome:
    """Something to look at; nights are loaded all the same."""
    return Outcome(Verdict.WARN, found, mend)


def fail(found: str, mend: str) -> Outcome:
    """Something that has to be mended."""
    return Outcome(Verdict.FAIL, found, mend)


def examine(checks: Mapping[str, Check], seconds: float = SECONDS) -> list[Finding]:
    """Run checks one after the other, in a thread that is left behind if it does not come back.

    A disk that is gone or a server that was stopped can hold up any call, whatever its timeout.
    """
    outcomes: dict[str, Outcome] = {}

    def look() -> None:
        for name, check in checks.items():
            outcomes[name] = _outcome(check)

    thread = Thread(target=look, daemon=True)
    thread.start()
    thread.join(seconds)
    return list(_findings(checks, dict(outcomes), seconds))


def _findings(
    names: Iterable[str], outcomes: Mapping[str, Outcome], seconds: float
) -> Iterator[Finding]:
    unanswered = ""
    for name in names:
        outcome = outcomes.get(name)
        if outcome is None and not unanswered:
            unanswered = name
            outcome = fail(
                f"No answer within {seconds:g} seconds.",
                "See whether the disk or the server behind it hangs, and look again.",
            )
        yield Finding(name, outcome or _not_looked_at(f"{unanswered} did not answer", unanswered))


def _outcome(check: Check) -> Outcome:
    """What a check says; that it cannot look says something too."""
    try:
        return check()
    except NotLookedAtError as error:
        return _not_looked_at(str(error), error.first)
    except psycopg.errors.InsufficientPrivilege as error:
        return warn(
            f"The database user may not look: {error.diag.message_primary}.",
            "Look again as a user who loads nights (docs/security.md).",
        )
    except psycopg.errors.QueryCanceled as error:
        return warn(
            f"The database took too long to answer: {error.diag.message_primary}.",
            "See what keeps the server busy, and look again.",
        )
    except Exception as error:  # noqa: BLE001 - whatever is broken, the other checks have to be made
        said = " ".join(str(error).split())
        return fail(
            f"Looking failed with {type(error).__name__}: {said}",
            "Mend what it says; if it says nothing to you, report it with this line.",
        )


def _not_looked_at(why: str, first: str) -> Outcome:
    return warn(f"Not looked at: {why}.", f"See {first}.")
