"""Keys derived from content, so that they are known before anything is loaded."""

import hashlib
from uuid import UUID


def derive_key(kind: str, *parts: str | bytes | int) -> UUID:
    """A uuid from the first 16 bytes of the SHA-256 of a kind and its length-prefixed parts."""
    digest = hashlib.sha256(kind.encode())
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(b"%d:" % len(data) + data)
    return UUID(bytes=digest.digest()[:16])
