"""Raw files -> pages, or a rejection with its reason.

Here belong what a file's name and first bytes say about its format, reading it once in bounded
memory, and cutting it into pages. What its bytes say is `decoding`'s matter; how it is unpacked,
`decompression`'s; what stands in a page, `segment`'s.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from pipelines.news.decoding import HEAD_BYTES, Decoded, decode
from pipelines.news.decompression import CHUNK_BYTES, CODECS, Codec, RefusedError, decompress
from pipelines.news.records import DecodedFile, Page, Rejection

#: Part of what a load depends on: raise the first number whenever the same bytes give another
#: result.
PAGES_VERSION: Final = "/".join(("1", version("ftfy"), version("charset-normalizer")))

#: reason_code -> what it means.
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "empty": "The file holds no bytes.",
        "blank": "The text is white space only.",
        "nul_bytes": "The text holds NUL bytes, which no news text does.",
        "binary": "The bytes are not text: an image, an archive, a program.",
        "undecodable": "No text encoding fits the bytes.",
        "too_large": "The text is longer than the limit on pages.",
        "truncated_archive": "The compressed file ends too early.",
        "corrupt_archive": "The compressed file is damaged, or is not what its name says.",
        "unreadable": "The file could not be opened or read, or is not a regular file.",
        "unsupported_type": "The file's name ends in none of the endings that are read.",
        "outside_landing_zone": "The path leads out of the landing zone.",
        "no_article": "No article was found in the page.",
        "too_many_lines": "The page has more lines than any page of news has.",
        "failed": "A bug stopped its reading or segmenting; the log holds the traceback.",
    }
)

_TEXT_SUFFIX = ".txt"
_MEDIA_TYPE = "text/plain"
_MAX_STEP_BYTES = 4 << 20
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

#: A raw file of more than so many times the bytes of a page is not read.
MAX_RAW_RATIO: Final = 10


@dataclass(frozen=True, slots=True)
class FileDigest:
    """What identifies a raw file as stored; both are None where it could not be read to its end."""

    sha256: bytes | None
    byte_size: int | None


class _RawFile:
    """A regular file, read once: counts and hashes what passes, and keeps the first kilobyte."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._hash = hashlib.sha256()
        self.byte_size = 0
        self.head = b""

    @classmethod
    def open(cls, path: Path, within: Path | None) -> Self:
        descriptor = _open(path) if within is None else _open_within(path, within)
        try:
            _require_regular(os.fstat(descriptor).st_mode)
        except OSError:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size) or b""
        self._hash.update(chunk)
        self.byte_size += len(chunk)
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
        return chunk

    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def digest(self) -> FileDigest:
        """Read what is left and sum up."""
        while self.read(CHUNK_BYTES):
            pass
        return FileDigest(self._hash.digest(), self.byte_size)


class _NotRegularError(OSError):
    """The path names a folder, FIFO, socket or device."""


class _OutsideError(OSError):
    """The path leads out of the folder that it has to lie in."""


def read_file(
    path: Path, *, max_page_bytes: int, within: Path | None = None
) -> tuple[FileDigest, DecodedFile | Rejection]:
    """Read one raw file: its digest, and its pages or why there are none.

    The file is read once, so digest and pages are of the same bytes. Memory stays within a small
    multiple of `max_page_bytes`, counted after decompression, whatever the file holds, and a file
    of more than `MAX_RAW_RATIO` times as many bytes is not read at all. No error of the file system
    or of the data is raised; the same name ending and bytes always give the same result.

    Args:
        path: the file.
        max_page_bytes: size above which a page is refused.
        within: folder, without links in its path, that the file has to lie in; links may lead there
            only, whoever changes them while the file is being opened.
    """
    try:
        with _RawFile.open(path, within) as raw:
            if raw.size() > max_page_bytes * MAX_RAW_RATIO:
                return _unread_giant(max_page_bytes * MAX_RAW_RATIO)
            outcome = _read_pages(raw, path.name.lower(), max_page_bytes)
            return raw.digest(), outcome
    except _OutsideError:
        detail = "The link leads out of the landing zone."
        return FileDigest(None, None), Rejection("outside_landing_zone", detail, b"")
    except _NotRegularError:
        return _unreadable("It is not a regular file.")
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "unknown error")
        return _unreadable(f"The operating system refused to read it ({name}).")


def digest_file(path: Path, *, max_page_bytes: int, within: Path | None = None) -> FileDigest:
    """The digest that `read_file` would give, without decoding anything; memory is flat."""
    try:
        with _RawFile.open(path, within) as raw:
            is_giant = raw.size() > max_page_bytes * MAX_RAW_RATIO
            return FileDigest(None, None) if is_giant else raw.digest()
    except OSError:
        return FileDigest(None, None)


def _open(path: Path) -> int:
    """Open a path that names a regular file.

    A FIFO or a device is not opened: opening alone may block or act. Whoever calls looks again at
    what was opened, for the path may change in between, which O_NONBLOCK keeps from blocking.
    """
    _require_regular(path.stat().st_mode)
    return os.open(path, _READ)


def _open_within(path: Path, folder: Path) -> int:
    """Open what a path leads to, name by name from a folder down, and follow no link on the way.

    The path is resolved first; a link that takes the place of a name after that is an error.
    """
    try:
        names = Path(os.path.realpath(path)).relative_to(folder).parts
    except ValueError as error:
        raise _OutsideError from error
    except RecursionError as error:  # more links in a row than `realpath` follows
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    at = os.open(folder, _READ | os.O_DIRECTORY)
    try:
        for name in names[:-1]:
            below = os.open(name, _READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        last = names[-1] if names else "."
        _require_regular(os.stat(last, dir_fd=at, follow_symlinks=False).st_mode)
        return os.open(last, _READ | os.O_NOFOLLOW, dir_fd=at)
    finally:
        os.close(at)


def _unread_giant(limit: int) -> tuple[FileDigest, Rejection]:
    """Refuse a file that is too large to be read: a sparse one costs nothing to make."""
    detail = f"The file is longer than {limit} bytes."
    return FileDigest(None, None), Rejection("too_large", detail, b"")


def _unreadable(detail: str) -> tuple[FileDigest, Rejection]:
    return FileDigest(None, None), Rejection("unreadable", detail, b"")


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise _NotRegularError


def _read_pages(raw: _RawFile, name: str, limit: int) -> DecodedFile | Rejection:
    stem, dot, ending = name.rpartition(".")
    codec = CODECS.get(dot + ending)
    if not (stem if codec else name).endswith(_TEXT_SUFFIX):
        raw.read(HEAD_BYTES)
        endings = ", ".join(_TEXT_SUFFIX + suffix for suffix in ("", *CODECS))
        return Rejection("unsupported_type", f"Its name ends in none of {endings}.", raw.head)
    chunks: list[bytes] = []
    try:
        _collect(_plain_chunks(raw, codec, limit), limit, chunks)
    except RefusedError as error:
        head = b"".join(_first_chunks(chunks))[:HEAD_BYTES]
        return Rejection(error.reason_code, error.detail, head or raw.head)
    data = b"".join(chunks)
    chunks.clear()
    decoded = decode(data)
    if isinstance(decoded, Rejection):
        return decoded
    pages = _split_pages(decoded, len(data))
    return DecodedFile(_MEDIA_TYPE, codec.name if codec else None, decoded.encoding, pages)


def _plain_chunks(raw: _RawFile, codec: Codec | None, limit: int) -> Iterator[bytes]:
    if codec is None:
        return iter(lambda: raw.read(CHUNK_BYTES), b"")
    return decompress(raw.read, codec, min(_MAX_STEP_BYTES, limit // 8 + 1))


def _collect(plain: Iterator[bytes], limit: int, chunks: list[bytes]) -> None:
    """Append to `chunks` all that comes, and stop where it grows over the limit."""
    size = 0
    for chunk in plain:
        size += len(chunk)
        if chunk:
            chunks.append(chunk)
        if size > limit:
            raise RefusedError("too_large", f"Its text is longer than {limit} bytes.")


def _first_chunks(chunks: list[bytes]) -> Iterator[bytes]:
    """Yield enough chunks for a head: joining them all would double the memory of a bomb."""
    size = 0
    for chunk in chunks:
        yield chunk[:HEAD_BYTES]
        size += len(chunk)
        if size >= HEAD_BYTES:
            return


def _split_pages(decoded: Decoded, byte_count: int) -> tuple[Page, ...]:
    """Cut a file into its pages; a text file is one. Formats that hold many go here."""
    return (Page(1, 0, byte_count, decoded.text, decoded.is_repaired),)
