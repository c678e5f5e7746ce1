"""Legacy bytes -> text: which single-byte or East Asian encoding makes words of them.

Nothing here is certain, so everything here must look like written language: windows-1252 is taken
whenever it does, as it does of news in English, and charset-normalizer is asked about the rest.
"""

import re
from typing import Final

from charset_normalizer import from_bytes

# charset-normalizer's names -> IANA's. Left out: EBCDIC and DOS code pages, in which no news comes
# and which explain any bytes at all.
_GUESSES: Final = {
    "koi8_r": "koi8-r",
    "koi8_u": "koi8-u",
    "mac_roman": "macintosh",
    "big5": "big5",
    "gb18030": "gb18030",
    "shift_jis": "shift_jis",
    "euc_jp": "euc-jp",
    "euc_kr": "euc-kr",
    **{f"cp{n}": f"windows-{n}" for n in range(1250, 1259)},
    **{f"iso8859_{n}": f"iso-8859-{n}" for n in (2, 5, 6, 7, 8, 9, 13, 15)},
}
_EAST_ASIAN = frozenset({"big5", "gb18030", "shift_jis", "euc-jp", "euc-kr"})
# What no Latin text has, and what other encodings read as windows-1252 have at once: signs inside
# words, capitals behind small letters, low quotes behind words.
_ODD_LATIN = re.compile(
    r"(?<=[a-zß-öø-ÿ])(?:[¡-¬®-¶\xb8-¿\xd7÷ƒˆ\u02dc†‡‰€™](?=[a-zß-öø-ÿ])|[À-ÖØ-ÞŠŽŒŸ\u201a„])"
    r"|(?<=[a-zß-öø-ÿ]{3})[¹³]|[£Ÿ](?=[a-zß-öø-ÿ])"
)
# Shares are of all characters but white space, or of those that are not ASCII. Western text has up
# to a tenth of accented letters, Cyrillic and Arabic nine tenths, East Asian nearly all; a few odd
# bytes in an ASCII text are what a guess must not be built on.
_MAX_LATIN_SHARE = 0.3
_MAX_ODD_SHARE = 0.1
_MIN_EAST_ASIAN_SHARE = 0.3
_MIN_EAST_ASIAN_COUNT = 16
_MIN_COUNT = 8
_MIN_MACINTOSH_SHARE = 0.002
_MIN_SHARE = 0.03
_MIN_COHERENCE = 0.1  # charset-normalizer's: how like a known language the letters are spread
_MAX_CHAOS = 0.1  # charset-normalizer's: how unlike any
_ICELANDIC = re.compile("[ðþýÐÞÝ]")
_NOT_TURKISH = re.compile("[áæíÁÆÍ]")
_CASE_BREAK = re.compile(r"(?<=[^\W\d_])[^\W\d_\x00-\x7f]")


def guess(data: bytes) -> tuple[str, str] | None:
    """Decode bytes that are no UTF-8: the text and its encoding's IANA name in lower case.

    Encoding the text again gives the bytes. None where nothing plausible fits.
    """
    western = decode_western(data)
    if western is not None:
        return western, "windows-1252"
    matches = from_bytes(data, cp_isolation=list(_GUESSES), preemptive_behaviour=False)
    for match in matches:
        encoding = _GUESSES[match.encoding]
        if match.chaos > _MAX_CHAOS or (text := _exact(data, encoding)) is None:
            continue
        if _is_plausible(text, encoding, match.coherence):
            return text, encoding
    # charset-normalizer takes Turkish for noise.
    turkish = _decode_latin(data, "cp1254")
    return None if turkish is None else (turkish, "windows-1254")


def decode_western(data: bytes) -> str | None:
    """Decode as windows-1252, if the result looks like text of Western Europe."""
    text = _decode_latin(data, "cp1252")
    if text is None or _NOT_TURKISH.search(text):
        return text
    # Turkish letters in windows-1254 read as Icelandic ones, which a few names may have.
    return text if len(_ICELANDIC.findall(text)) < _MIN_COUNT else None


def _decode_latin(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    odd, count = len(_ODD_LATIN.findall(text)), _non_ascii(text)
    is_plausible = odd <= _MAX_ODD_SHARE * count and _non_ascii_share(text) <= _MAX_LATIN_SHARE
    return text if is_plausible else None


def _exact(data: bytes, encoding: str) -> str | None:
    """Decode, if encoding the result gives the same bytes again."""
    try:
        text = data.decode(encoding)
        return text if text.encode(encoding) == data else None
    except UnicodeError:
        return None


def _is_plausible(text: str, encoding: str, coherence: float) -> bool:
    """Say whether a guess that is not windows-1252 is more than an accident of a few odd bytes."""
    share, count = _non_ascii_share(text), _non_ascii(text)
    if encoding in _EAST_ASIAN:
        return share >= _MIN_EAST_ASIAN_SHARE and count >= _MIN_EAST_ASIAN_COUNT
    if encoding == "windows-1252" or count < _MIN_COUNT or _is_broken_case(text):
        return False
    if encoding == "macintosh":
        return share >= _MIN_MACINTOSH_SHARE and not _ODD_LATIN.search(text)
    return share >= _MIN_SHARE and coherence >= _MIN_COHERENCE


def _is_broken_case(text: str) -> bool:
    """Whether capitals stand behind small letters, as where a wrong code page was taken."""
    odd = sum(
        text[match.start() - 1].islower() and match[0].isupper()
        for match in _CASE_BREAK.finditer(text)
    )
    return odd > _MAX_ODD_SHARE * _non_ascii(text)


def _non_ascii_share(text: str) -> float:
    """Of all characters but white space."""
    length = len("".join(text.split()))
    return _non_ascii(text) / length if length else 0.0


def _non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))
