"""Bytes -> text, or a rejection.

Certain signs are here: byte order marks, known magic numbers, control characters, strict UTF-8.
What is left `guessing` guesses, and what was decoded wrongly before `mojibake` mends.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from pipelines.news.guessing import decode_western, guess
from pipelines.news.mojibake import repair
from pipelines.news.records import Rejection

#: How much of a rejected file is kept for whoever looks into quarantine.
HEAD_BYTES: Final = 1024

#: IANA names in lower case, each a Python codec too. UTF-32's mark begins like UTF-16's: first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32le"),
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
_MAGICS = (
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"BZh91AY&SY", "bzip2 data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ\x90\x00", "a Windows program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"OggS\x00", "Ogg media"),
    (b"ID3\x03", "MP3 audio"),
    (b"ID3\x04", "MP3 audio"),
)
_LATER_MAGICS = (
    (re.compile(rb"RIFF[\x00-\xff]{4}(?:WEBP|WAVE|AVI )"), "RIFF media"),
    (re.compile(rb"[\x00-\xff]{4}ftyp[A-Za-z0-9]{3}"), "MP4 media"),
)
# Tab, line feed, vertical tab, form feed and carriage return belong in text; so, here, does NUL,
# which has a reason of its own.
_CONTROLS = bytes({*range(1, 0x20), 0x7F} - set(b"\t\n\v\f\r"))
_BLANK = re.compile(
    r"[\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]*"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was in, and whether anything in it was repaired."""

    text: str
    encoding: str
    is_repaired: bool = False


class _Refusal(NamedTuple):
    reason_code: str
    detail: str


def decode(data: bytes) -> Decoded | Rejection:
    """Say what a file's bytes mean.

    The text has no byte order mark, no NUL and no lone surrogate. Unless `is_repaired`, encoding it
    again gives the bytes; only where the file was cut within a last character does U+FFFD stand
    for that character's bytes. Encodings have IANA's names in lower case.
    """
    found = _decode(data)
    if isinstance(found, Decoded):
        found = _check(found)
    if isinstance(found, _Refusal):
        return Rejection(found.reason_code, found.detail, data[:HEAD_BYTES])
    text, is_changed = repair(found.text)
    return replace(found, text=text, is_repaired=found.is_repaired or is_changed)


def _decode(data: bytes) -> Decoded | _Refusal:
    if not data:
        return _Refusal("empty", "It holds no bytes.")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _strict(data[len(mark) :], encoding)
            if text is None:
                return _Refusal(
                    "undecodable", f"It has a mark of {encoding} but is not {encoding}."
                )
            return Decoded(text, encoding)
    return _refuse_binary(data) or _decode_unmarked(data)


def _refuse_binary(data: bytes) -> _Refusal | None:
    if (kind := _known_kind(data[:64])) is not None:
        return _Refusal("binary", f"It begins like {kind}.")
    controls = _count_controls(data)
    # UTF-16 may have control characters for high bytes, as Arabic has.
    if _is_too_many(controls, len(data)) and _decode_utf16(data) is None:
        return _Refusal("binary", f"Of its {len(data)} bytes {controls} are control characters.")
    return None


def _decode_unmarked(data: bytes) -> Decoded | _Refusal:
    if b"\0" in data:
        return _decode_utf16(data) or _nul_refusal(data.count(b"\0"), data.index(b"\0"), "byte")
    return _decode_utf8(data) or _decode_mixed(data) or _decode_legacy(data)


def _check(found: Decoded) -> Decoded | _Refusal:
    """Refuse what could be decoded and still is no text."""
    text = found.text
    if _BLANK.fullmatch(text):
        return _Refusal("blank", "It holds white space only.")
    if "\0" in text:
        return _nul_refusal(text.count("\0"), text.index("\0"), "character")
    controls = _count_controls(text.encode())
    if _is_too_many(controls, len(text)):
        return _Refusal(
            "binary", f"Of its {len(text)} characters {controls} are control characters."
        )
    return found


def _nul_refusal(count: int, first: int, unit: str) -> _Refusal:
    return _Refusal("nul_bytes", f"It holds {count} NUL {unit}s, the first at {unit} {first}.")


def _is_too_many(controls: int, length: int) -> bool:
    return controls > max(3, length // 50)


def _known_kind(head: bytes) -> str | None:
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    for pattern, kind in _LATER_MAGICS:
        if pattern.match(head):
            return kind
    return None


def _count_controls(data: bytes) -> int:
    return len(data) - len(data.translate(None, _CONTROLS))


def _strict(data: bytes, encoding: str) -> str | None:
    """Decode without loss, but for a character that the end of the file cuts."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(data)
    except UnicodeDecodeError:
        return None
    return text + "\ufffd" if decoder.getstate()[0] else text


def _decode_utf8(data: bytes) -> Decoded | None:
    text = _strict(data, "utf-8")
    if text is None:
        return None
    # One odd byte at the very end of an ASCII file: the last letter of a word in windows-1252
    # ("café"), unless it is one that UTF-8 of Western letters and quotes begins with.
    if data[:-1].isascii() and data[-1] >= 0x80 and data[-1:] not in b"\xc2\xc3\xe2\xf0":
        return None
    return Decoded(text, "utf-8")


def _decode_utf16(data: bytes) -> Decoded | None:
    """UTF-16 without a mark: all its NULs are high bytes, and high bytes are few different ones."""
    if len(data) < 2:
        return None
    even, odd = data[::2].count(0), data[1::2].count(0)
    nuls, parity = max((even, 0), (odd, 1))
    if nuls < 0.98 * (even + odd) or nuls < 0.03 * len(data):
        return None
    high_bytes = Counter(data[parity::2])
    if sum(count for _, count in high_bytes.most_common(3)) < 0.9 * high_bytes.total():
        return None
    encoding = "utf-16le" if parity else "utf-16be"
    text = _strict(data, encoding)
    if text is None or sum(map(str.isprintable, text)) + text.count("\n") < 0.9 * len(text):
        return None
    return Decoded(text, encoding)


def _decode_mixed(data: bytes) -> Decoded | None:
    """Read a page put together of UTF-8 and windows-1252: each line is one or the other."""
    lines = data.split(b"\n")
    strays = [line for line in lines if not _is_utf8(line)]
    # A file without one good UTF-8 sequence is no mixture.
    if all(line.isascii() or not _is_utf8(line) for line in lines):
        return None
    if decode_western(b"\n".join(strays)) is None:
        return None
    texts = [line.decode("utf-8" if _is_utf8(line) else "cp1252") for line in lines]
    return Decoded("\n".join(texts), "utf-8", is_repaired=True)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode_legacy(data: bytes) -> Decoded | _Refusal:
    guessed = guess(data)
    if guessed is None:
        detail = "It is not UTF-8, and no other encoding makes words of it."
        return _Refusal("undecodable", detail)
    return Decoded(*guessed)
