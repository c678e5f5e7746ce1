"""Bytes become text in the encoding they are in, or are refused with a reason."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.news.decoding import Decoded, decode
from pipelines.news.pages import REASONS
from pipelines.news.records import Rejection

ENGLISH = "The harbour master’s café – “Le Phare” – owes José Nuñez £5…\nIt won’t pay.\n"
ARABIC = "قال مدير الميناء يوم الأحد إن السفن سوف تعود إلى المدينة في الأسبوع المقبل.\n" * 3
RUSSIAN = "Начальник порта сказал в воскресенье, что суда вернутся в город на неделе.\n" * 3
POLISH = "Kierownik łodzi powiedział, że żegluga została już wznowiona i święto się odbyło.\n" * 3
TURKISH = "Liman müdürü çarşamba günü yaptığı açıklamada geminin yarın döneceğini söyledi.\n" * 3
JAPANESE = "港の責任者は日曜日、船は来週には町に戻ると述べた。市長も同じ考えを示した。\n" * 3


def text_of(data: bytes) -> tuple[str, str]:
    decoded = decode(data)
    assert isinstance(decoded, Decoded), decoded
    return decoded.encoding, decoded.text


def refusal(data: bytes) -> str:
    outcome = decode(data)
    assert isinstance(outcome, Rejection), outcome
    return outcome.reason_code


@pytest.mark.parametrize("text", [ENGLISH, ARABIC, RUSSIAN, JAPANESE, "ASCII only"])
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16le"),
        ("utf-32", "utf-32le"),
    ],
)
def test_unicode_is_read_and_its_mark_dropped(text: str, codec: str, name: str) -> None:
    assert text_of(text.encode(codec)) == (name, text)


@pytest.mark.parametrize("text", [ENGLISH, ARABIC, RUSSIAN, "ASCII only, without any mark"])
@pytest.mark.parametrize("name", ["utf-16le", "utf-16be"])
def test_utf16_needs_no_mark(text: str, name: str) -> None:
    assert text_of(text.encode(name)) == (name, text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ENGLISH, "windows-1252"),
        ("Élysée: l'été à Nîmes, où «tout» va bien.\n", "windows-1252"),
        ("São Tomé e Príncipe: «não há condições», diz João.\n", "windows-1252"),
        ("Größe, Füße, Übermut: 20 °C und 5 µm für 3 €.\n", "windows-1252"),
        ("¿Qué pasó en Ñuñoa? 3,5 m² por 20 £.\n", "windows-1252"),
        ("It’s one word", "windows-1252"),
        ("the café", "windows-1252"),
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        (POLISH, "windows-1250"),
        (TURKISH, "windows-1254"),
        ("Guðmundur Þórðarson býður æðstu þingmönnum á fund í höfninni.\n" * 3, "windows-1252"),
        ("Mr Sigurðsson spoke.\n" * 5, "windows-1252"),
        (ARABIC, "windows-1256"),
        (ENGLISH * 3, "macintosh"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_legacy_encodings_are_told_apart(text: str, name: str) -> None:
    assert text_of(text.encode(name)) == (name, text)


def test_a_few_odd_bytes_never_make_a_foreign_script() -> None:
    plain = b"The harbour master spoke on Sunday about the ships. " * 20
    for odd in (b"\x93\x94", b"\xe9", b"\x92s", b"\x96", b"\xa3\x35", b"\xb0\xa1"):
        assert text_of(plain + odd + b" " + plain)[0] == "windows-1252"
    for undefined in (b"\x81", b"\x9d", b"\x8f\x90"):
        assert refusal(plain + undefined + b" " + plain) == "undecodable"


def test_a_cut_character_at_the_end_is_marked() -> None:
    assert text_of("abc é “".encode()[:-1]) == ("utf-8", "abc é \ufffd")
    assert text_of("abc “".encode()[:-2]) == ("utf-8", "abc \ufffd")
    assert text_of("\ufeffabc “".encode("utf-16le")[:-1]) == ("utf-16le", "abc \ufffd")


def test_lines_of_utf8_and_of_windows_1252_may_stand_in_one_page() -> None:
    decoded = decode(ENGLISH.encode() + ENGLISH.encode("cp1252"))
    assert decoded == Decoded(ENGLISH * 2, "utf-8", is_repaired=True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "blank"),
        (b"\xef\xbb\xbf", "blank"),
        ("\u200b\ufeff \u00a0\u2060\n".encode(), "blank"),
        (b"text with a \0 inside", "nul_bytes"),
        (b"text" + bytes(4096), "nul_bytes"),
        (b"text\0and\0more\0text", "nul_bytes"),
        ("\ufeffa \0 b".encode("utf-16le"), "nul_bytes"),
        (b"\x89PNG\r\n\x1a\n and more", "binary"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "binary"),
        (b"GIF89a and more", "binary"),
        (b"%PDF-1.7\n%text", "binary"),
        (b"PK\x03\x04 and more", "binary"),
        (b"\x7fELF\x02\x01\x01", "binary"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "binary"),
        (b"\x01\x02\x03\x04\x05\x06 text", "binary"),
        ("\ufeff\x01\x02\x03\x04\x05 text".encode("utf-16be"), "binary"),
        (random.Random(3).randbytes(5000), "binary"),
        (bytes(random.Random(4).choices(range(128, 256), k=5000)), "undecodable"),
        (b"\xef\xbb\xbfcaf\xe9 au lait", "undecodable"),
        (b"\xff\xfe\x00\xd8a\x00", "undecodable"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_words_that_begin_like_magic_numbers_are_text() -> None:
    for text in ("PKK fighters", "BMW sells", "RIFF-raff", "MZ is a code", "ID3 tags", "BZh!"):
        assert text_of(text.encode())[1] == text


_FRAGMENTS = st.sampled_from(
    [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xe2\x80", b"\x99", b"\xc3\xa9", b"\xe9", b"\0"]
    + [b"\xc3\x83\xc2\xa9", b"\n", b"word ", b"\x93", b"\x1f\x8b", b"\xed\xa0\x80", b"\xf0\x9f\x98"]
)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300) | st.lists(_FRAGMENTS | st.binary(max_size=4)).map(b"".join))
def test_any_bytes_are_a_page_that_encodes_back_or_are_refused(data: bytes) -> None:
    outcome = decode(data)
    assert outcome == decode(data)
    if isinstance(outcome, Rejection):
        assert outcome.reason_code in REASONS
        assert outcome.head == data[:1024]
        return
    outcome.text.encode()  # no lone surrogates
    assert "\0" not in outcome.text
    if not outcome.is_repaired:
        assert_encodes_back(outcome, data)


def assert_encodes_back(decoded: Decoded, data: bytes) -> None:
    for mark in (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        if data.startswith(mark):
            data = data[len(mark) :]
            break
    if decoded.text.encode(decoded.encoding) != data:
        plain = decoded.text[:-1].encode(decoded.encoding)
        assert decoded.text[-1] == "\ufffd"
        assert data.startswith(plain)
        assert len(data) - len(plain) <= 3
