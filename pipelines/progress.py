"""How long work says how far it is: to the command line's bars, or to the log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

logger = logging.getLogger(__name__)

Advance = Callable[[int], None]
_SECONDS_BETWEEN_LINES = 10.0


class Sink(Protocol):
    """Something that shows progress."""

    def start(self, label: str, total: int) -> Advance:
        """Begin a piece of work of `total` units; the result is called with units done."""
        ...

    def stop(self, label: str) -> None:
        """The piece of work is over."""
        ...


class LogSink:
    """Progress as a line in the log every ten seconds."""

    def start(self, label: str, total: int) -> Advance:
        """See `Sink`."""
        done = 0
        began = last = time.monotonic()

        def advance(units: int) -> None:
            nonlocal done, last
            done += units
            now = time.monotonic()
            if now - last >= _SECONDS_BETWEEN_LINES:
                last = now
                logger.info("%s: %d of %d, %.0f/s", label, done, total, done / (now - began))

        return advance

    def stop(self, label: str) -> None:
        """See `Sink`."""


_sink: Sink = LogSink()


def show_with(sink: Sink) -> None:
    """Show the progress of this process with another sink."""
    global _sink  # noqa: PLW0603 - a process has one terminal
    _sink = sink


@contextmanager
def track(label: str, total: int) -> Iterator[Advance]:
    """A piece of work of `total` units; call the result with the number of units done."""
    advance = _sink.start(label, total)
    try:
        yield advance
    finally:
        _sink.stop(label)
