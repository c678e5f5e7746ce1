"""Wait for what other processes do, with a limit."""

import time
from collections.abc import Callable


class FaultError(RuntimeError):
    """What was to happen within a time limit did not; the message says what."""


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Return as soon as it holds.

    Raises:
        FaultError: it does not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            message = f"After {seconds:.0f} seconds it is still not so that {what}."
            raise FaultError(message)
        time.sleep(0.1)
