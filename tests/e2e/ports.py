"""TCP ports for services that tests start."""

import random
import socket
from contextlib import suppress

LOOPBACK = "127.0.0.1"

# Below those that Linux and macOS hand out to whoever asks for any, as clients do with every
# connection: one of these could be taken before the service it was chosen for listens.
_PORTS = range(10_240, 32_768)


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given by chance."""
    draw = random.SystemRandom()
    while True:
        port = draw.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
