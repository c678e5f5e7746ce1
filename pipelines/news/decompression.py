"""Compressed bytes -> plain bytes, in bounded memory.

All codecs are driven member by member through one loop, because the standard library's file objects
pass over garbage behind a bzip2 or xz stream in silence, and because only here the output of every
call is bounded.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import zstandard

CHUNK_BYTES: Final = 1 << 16
# What `xz -9` and `zstd --ultra -22` need, and a margin; more is asked for by bombs alone.
XZ_MEMORY_BYTES: Final = 256 << 20
ZSTD_WINDOW_BYTES: Final = 128 << 20
# A zstd block makes 128 KiB of four bytes at best (RFC 8878, 3.1.1.2.2).
ZSTD_MAX_RATIO: Final = 1 << 15


class RefusedError(Exception):
    """A file that cannot, or must not, be read to its end."""

    def __init__(self, reason_code: str, detail: str) -> None:
        """Keep the reason code and the sentence that goes into quarantine."""
        super().__init__(detail)
        self.reason_code = reason_code
        self.detail = detail


class Member(Protocol):
    """One gzip member, zstd frame, bzip2 or xz stream being read, as `bz2.BZ2Decompressor` is."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member has been reached."""

    @property
    def needs_input(self) -> bool:
        """Whether the input given so far is used up."""

    @property
    def unused_data(self) -> bytes:
        """What was given behind the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take `data` in; give out `max_length` bytes or so at most."""


class _GzipMember:
    """`zlib.decompressobj` as a `Member`."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _ZstdFrame:
    """`zstandard`'s decompressor as a `Member`: it cannot bound its output, so its input is."""

    def __init__(self) -> None:
        options = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
        self._inner = options.decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._waiting

    def decompress(self, data: bytes, max_length: int) -> bytes:
        waiting = self._waiting + data
        size = max(16, max_length // ZSTD_MAX_RATIO)
        self._waiting = waiting[size:]
        return self._inner.decompress(waiting[:size])


def _xz_stream() -> Member:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)


@dataclass(frozen=True, slots=True)
class Codec:
    """A compression: its name, how its members begin, and what reads one."""

    name: str
    magics: tuple[bytes, ...]
    open_member: Callable[[], Member]

    def begins(self, data: bytes) -> bool:
        """Whether `data`, as far as it goes, begins like a member."""
        return any(data.startswith(magic[: len(data)]) for magic in self.magics)


_SKIPPABLE = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))

#: By file name suffix.
CODECS: Final = {
    ".gz": Codec("gzip", (b"\x1f\x8b",), _GzipMember),
    ".zst": Codec("zstd", (b"\x28\xb5\x2f\xfd", *_SKIPPABLE), _ZstdFrame),
    ".bz2": Codec("bzip2", (b"BZh",), bz2.BZ2Decompressor),
    ".xz": Codec("xz", (b"\xfd7zXZ\x00",), _xz_stream),
}
_MAGIC_BYTES = max(len(magic) for codec in CODECS.values() for magic in codec.magics)
_CODEC_ERRORS = (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError)


def decompress(read: Callable[[int], bytes], codec: Codec, max_length: int) -> Iterator[bytes]:
    """Yield what the file says, member after member, about `max_length` bytes at a time at most.

    `read(n)` gives the next bytes of the raw file, n at most, and none at its end. Zero bytes
    between and behind members are padding.

    Raises:
        RefusedError: the file is cut, damaged, of another kind, or asks for too much memory.
    """
    pending = _fill(read, b"")
    is_first = True
    while pending:
        if not codec.begins(pending[:_MAGIC_BYTES]):
            where = "It does not begin like" if is_first else "Something else stands behind its"
            raise RefusedError("corrupt_archive", f"{where} {codec.name} data.")
        member = codec.open_member()
        yield from _read_member(read, codec, member, pending, max_length)
        is_first = False
        pending = _skip_padding(read, member.unused_data)


def _read_member(
    read: Callable[[int], bytes], codec: Codec, member: Member, data: bytes, max_length: int
) -> Iterator[bytes]:
    is_drained = False
    while not member.eof:
        plain = _step(codec, member, data, max_length)
        yield plain
        data = b""
        if member.eof or not member.needs_input:
            continue
        data = read(CHUNK_BYTES)
        if is_drained and not plain and not data:
            detail = f"The file ends inside its {codec.name} data."
            raise RefusedError("truncated_archive", detail)
        # A decoder may hold output back when the input ends: ask again until nothing comes.
        is_drained = not data


def _step(codec: Codec, member: Member, data: bytes, max_length: int) -> bytes:
    try:
        return member.decompress(data, max_length)
    except _CODEC_ERRORS as error:
        # The libraries' own words change between versions; a detail must not.
        if "memory" in str(error).casefold():
            detail = f"Its {codec.name} data ask for more memory than is allowed."
            raise RefusedError("too_large", detail) from error
        raise RefusedError("corrupt_archive", f"Its {codec.name} data are damaged.") from error


def _fill(read: Callable[[int], bytes], pending: bytes) -> bytes:
    """Read on until the magic number is whole or the file ends."""
    while len(pending) < _MAGIC_BYTES and (more := read(CHUNK_BYTES)):
        pending += more
    return pending


def _skip_padding(read: Callable[[int], bytes], pending: bytes) -> bytes:
    pending = pending.lstrip(b"\0")
    while not pending and (more := read(CHUNK_BYTES)):
        pending = more.lstrip(b"\0")
    return _fill(read, pending)
