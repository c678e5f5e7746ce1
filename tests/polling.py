"""Wait for what another process does, without guessing how long it takes."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], seconds: float = 60, every: float = 0.02) -> None:
    """Return as soon as it holds; fail if it never does. What is costly is asked less often."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(every)
