"""Raw files become pages, or are rejected with a reason that is always the same."""

import bz2
import gzip
import hashlib
import lzma
import os
import random
import socket
import tempfile
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.news.decompression import XZ_MEMORY_BYTES
from pipelines.news.pages import REASONS, FileDigest, read_file
from pipelines.news.records import DecodedFile, Page, Rejection

LIMIT = 1 << 20
ENGLISH = "The harbour master’s café – “Le Phare” – owes José Nuñez £5…\nIt won’t pay.\n"

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor(write_content_size=False).compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
NAMES = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
each_codec = pytest.mark.parametrize("suffix", list(COMPRESSORS))


def read(folder: Path, data: bytes, name: str = "page.txt", limit: int = LIMIT) -> object:
    """Give the one page of a file, or the rejection."""
    path = folder / name
    path.write_bytes(data)
    digest, outcome = read_file(path, max_page_bytes=limit)
    assert digest == FileDigest(hashlib.sha256(data).digest(), len(data))
    if isinstance(outcome, Rejection):
        assert outcome.reason_code in REASONS
        assert len(outcome.head) <= 1024
        assert str(folder) not in outcome.detail
        assert read_file(path, max_page_bytes=limit) == (digest, outcome)
    return outcome


def page(folder: Path, data: bytes, name: str = "page.txt") -> tuple[DecodedFile, Page]:
    outcome = read(folder, data, name)
    assert isinstance(outcome, DecodedFile), outcome
    (only,) = outcome.pages
    return outcome, only


def reason(folder: Path, data: bytes, name: str = "page.txt", limit: int = LIMIT) -> str:
    outcome = read(folder, data, name, limit)
    assert isinstance(outcome, Rejection), outcome
    return outcome.reason_code


def test_a_text_file_is_one_page(tmp_path: Path) -> None:
    data = ENGLISH.encode()
    decoded, only = page(tmp_path, data)
    assert only == Page(1, 0, len(data), ENGLISH)
    assert (decoded.media_type, decoded.compression, decoded.encoding) == (
        "text/plain",
        None,
        "utf-8",
    )


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    assert page(tmp_path, b"one\r\ntwo\rthree\n\n")[1].text == "one\r\ntwo\rthree\n\n"


@each_codec
def test_a_compressed_text_is_the_text(tmp_path: Path, suffix: str) -> None:
    data = ENGLISH.encode() * 5000
    decoded, only = page(tmp_path, COMPRESSORS[suffix](data), f"Page.TXT{suffix.upper()}")
    assert (decoded.compression, only.text) == (NAMES[suffix], ENGLISH * 5000)
    assert (only.byte_start, only.byte_end) == (0, len(data))


@each_codec
def test_all_members_are_read_and_zero_padding_is_skipped(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    parts = [b"first\n", b"", b"second\n" * 40_000, b"third"]
    data = b"".join(map(compress, parts)) + bytes(70_000)
    assert page(tmp_path, data, f"page.txt{suffix}")[1].text.encode() == b"".join(parts)


def test_skippable_zstd_frames_are_skipped(tmp_path: Path) -> None:
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    data = skipped + COMPRESSORS[".zst"](b"text") + skipped
    assert page(tmp_path, data, "page.txt.zst")[1].text == "text"


@each_codec
def test_garbage_behind_a_member_is_corrupt(tmp_path: Path, suffix: str) -> None:
    data = COMPRESSORS[suffix](b"text" * 99)
    for garbage in (b"x", b"\0\0garbage", b"garbage" * 20_000):
        assert reason(tmp_path, data + garbage, f"a.txt{suffix}") == "corrupt_archive"


@each_codec
def test_a_cut_archive_is_truncated_wherever_it_is_cut(tmp_path: Path, suffix: str) -> None:
    noise = random.Random(1).randbytes(300).hex().encode()
    data = COMPRESSORS[suffix](noise)
    for end in range(1, len(data)):
        assert reason(tmp_path, data[:end], f"a.txt{suffix}") == "truncated_archive", end
    assert reason(tmp_path, data + data[:-1], f"a.txt{suffix}") == "truncated_archive"


@each_codec
def test_a_damaged_archive_is_corrupt(tmp_path: Path, suffix: str) -> None:
    # zstd's command line adds a checksum, its library does not.
    checked = zstandard.ZstdCompressor(write_checksum=True).compress
    compress = checked if suffix == ".zst" else COMPRESSORS[suffix]
    data = bytearray(compress(random.Random(2).randbytes(3000).hex().encode()))
    data[len(data) // 2] ^= 0xFF
    assert reason(tmp_path, bytes(data), f"a.txt{suffix}") == "corrupt_archive"


@each_codec
def test_a_compressed_name_needs_compressed_bytes(tmp_path: Path, suffix: str) -> None:
    assert reason(tmp_path, b"plain text", f"a.txt{suffix}") == "corrupt_archive"
    assert reason(tmp_path, COMPRESSORS[suffix](b"text")) == "binary"
    assert reason(tmp_path, b"", f"a.txt{suffix}") == "empty"
    assert reason(tmp_path, COMPRESSORS[suffix](b""), f"a.txt{suffix}") == "empty"


@pytest.mark.parametrize("name", ["page", "page.html", "page.gz", "page.txt.zip", "page.txt.gz.gz"])
def test_other_endings_are_unsupported(tmp_path: Path, name: str) -> None:
    assert reason(tmp_path, b"text", name) == "unsupported_type"


def test_the_head_is_the_first_kilobyte_of_the_text(tmp_path: Path) -> None:
    data = b"text " * 1000
    whole = gzip.compress(data)
    for raw, limit in ((whole, 2000), (whole[:-9], LIMIT)):
        outcome = read(tmp_path, raw, "a.txt.gz", limit)
        assert isinstance(outcome, Rejection)
        assert outcome.head == data[:1024]
    outcome = read(tmp_path, b"no gzip at all", "a.txt.gz")
    assert isinstance(outcome, Rejection)
    assert outcome.head == b"no gzip at all"


@pytest.mark.parametrize("suffix", ["", *COMPRESSORS])
def test_the_limit_holds_for_the_decompressed_text(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSORS.get(suffix, bytes)
    data = b"a line of text\n" * 20_000
    limit = len(data)
    assert isinstance(read(tmp_path, compress(data), f"a.txt{suffix}", limit), DecodedFile)
    assert reason(tmp_path, compress(data), f"a.txt{suffix}", limit - 1) == "too_large"


def bomb(suffix: str, megabytes: int) -> Iterator[bytes]:
    """Yield a single compressed member of zeros, piece by piece."""
    compressor: Any = {
        ".gz": zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16),
        ".zst": zstandard.ZstdCompressor(level=1).compressobj(),
        ".bz2": bz2.BZ2Compressor(1),
        ".xz": lzma.LZMACompressor(preset=0),
    }[suffix]
    for _ in range(megabytes):
        yield compressor.compress(bytes(1 << 20))
    yield compressor.flush()


@each_codec
def test_a_bomb_costs_little_memory(tmp_path: Path, suffix: str) -> None:
    # A gigabyte where that is made quickly; the reader stops long before its end in any case.
    megabytes = 1024 if suffix in {".gz", ".zst"} else 64
    path = tmp_path / f"bomb.txt{suffix}"
    path.write_bytes(b"".join(bomb(suffix, megabytes)))
    limit = 4 << 20
    tracemalloc.start()
    try:
        digest, outcome = read_file(path, max_page_bytes=limit)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, Rejection)
    assert outcome.reason_code == "too_large"
    assert digest.byte_size == path.stat().st_size
    assert peak < 3 * limit


def test_an_archive_that_asks_for_too_much_memory_is_too_large(tmp_path: Path) -> None:
    # An encoder with such a dictionary takes gigabytes: write its size into a small stream's block
    # header, which stands behind 12 bytes: size, flags, filter id, 1, dictionary, padding, CRC-32.
    small = bytearray(lzma.compress(b"text", preset=0))
    block = slice(12, 12 + small[12] * 4)
    small[16] = 36  # one gigabyte
    small[block.stop : block.stop + 4] = zlib.crc32(small[block]).to_bytes(4, "little")
    assert XZ_MEMORY_BYTES < 1 << 30
    assert reason(tmp_path, bytes(small), "a.txt.xz") == "too_large"
    parameters = zstandard.ZstdCompressionParameters(window_log=28)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert reason(tmp_path, stream.compress(b"text") + stream.flush(), "a.txt.zst") == "too_large"


def test_what_is_no_regular_file_is_unreadable_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "null.txt").symlink_to("/dev/null")
    names = ["fifo.txt", "folder.txt", "loop.txt", "null.txt", "missing.txt", "x" * 300 + ".txt"]
    for name in names:
        digest, outcome = read_file(tmp_path / name, max_page_bytes=LIMIT)
        assert digest == FileDigest(None, None)
        assert isinstance(outcome, Rejection)
        assert (outcome.reason_code, outcome.head) == ("unreadable", b"")
        assert str(tmp_path) not in outcome.detail


def test_a_socket_is_unreadable() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s.txt")
        _, outcome = read_file(Path(folder, "s.txt"), max_page_bytes=LIMIT)
    assert isinstance(outcome, Rejection)
    assert outcome.reason_code == "unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"text")
    path.chmod(0)
    _, outcome = read_file(path, max_page_bytes=LIMIT)
    assert isinstance(outcome, Rejection)
    assert outcome.detail == "The operating system refused to read it (EACCES)."


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", *COMPRESSORS]), st.booleans())
def test_any_file_is_pages_or_a_known_reason(data: bytes, suffix: str, is_packed: bool) -> None:  # noqa: FBT001
    raw = COMPRESSORS[suffix](data)[: len(data) + 9] if suffix and is_packed else data
    with tempfile.TemporaryDirectory() as folder:
        read(Path(folder), raw, f"page.txt{suffix}", limit=150)
