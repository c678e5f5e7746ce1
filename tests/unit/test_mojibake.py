"""Text decoded wrongly once is repaired where that is certain, and only there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.decoding import Decoded, decode
from pipelines.news.mojibake import repair

ENGLISH = "The harbour master’s café – “Le Phare” – owes José Nuñez £5…\nIt won’t pay.\n"


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_text_decoded_wrongly_once_or_twice_is_repaired(wrong: str) -> None:
    text = "Türkiye’s café isn’t cheap: £5"
    once = text.encode().decode(wrong)
    assert repair(once) == (text, True)
    assert repair(once.encode().decode(wrong)) == (text, True)


def test_windows_1252_read_as_latin_1_is_repaired() -> None:
    assert repair("It\x92s \x93fine\x94") == ("It’s “fine”", True)


def test_a_repaired_text_says_so_and_keeps_its_other_lines() -> None:
    wrong = ENGLISH + "isnâ€™t\n" + ENGLISH
    right = ENGLISH + "isn’t\n" + ENGLISH
    assert decode(wrong.encode()) == Decoded(right, "utf-8", is_repaired=True)


@pytest.mark.parametrize(
    "line",
    [
        "SÃO PAULO E JOÃO PESSOA: ÓRGÃOS DIZEM NÃO À AÇÃO",
        "A maçã da Conceição não é só “pão”, é tradição à mesa – e não há exceção…",
        "ÂNGELA E ÂMBAR, ÍNDIO E ÃO",
        "L’ÎLE D’YEU, LE CHÂTEAU, LA FORÊT… À BIENTÔT À NÎMES",
        "« Où est passé l’été ? » demande Zoë à Noël – 5 € le café, 20 °C",
        "Der Preis: 5 € – 20 % weniger für Öl, Äpfel, Übergrößen; §5 ©2024 ®",
        "¿Cuánto cuesta? ¡5 €! Señor Ñañez, la 1.ª y el 2.º",
        "Đà Nẵng, Huế và Hà Nội: “Đường về nhà”",
        "Ærø, Ålesund, Ångström, Þórður, Guðmundur",
        "Şırnak, İğdır, Çağlayan’ın ağabeyi",
        "Łódź, Świętokrzyskie, żółć, źdźbło",
        "Привет, мир – «цена» 5 ₽",
        "РФ и РС в СССР",
        "قال الوزير: «نعم»",
        "Ελλάδα – «Ναι», είπε ο Γ. Παπαδόπουλος",
        "日本語の文章です。“引用”",
        'The signs "Â£" and "â€™" come of a wrong decoding',
        "Prices: £5–£10, €7–€9; 5×10², ±3 °C, ½ µm…",
        "CÔTE D’IVOIRE’S “ÉLÉPHANTS”—AGAIN",
        "She said: “It’s ‘fine’…”—and left. ™®©",
        "ˈtʃɜːtʃ and naïve façade; 10″ × 12″; ¯\\_(ツ)_/¯",
    ],
)
def test_genuine_text_stays_as_it_is(line: str) -> None:
    assert repair(line) == (line, False)


@given(st.text(max_size=60))
def test_utf8_text_is_changed_only_by_a_repair_that_says_so(text: str) -> None:
    repaired, is_repaired = repair(text)
    assert is_repaired == (repaired != text)
    if text.isascii():
        assert not is_repaired


def test_what_mends_one_line_mends_a_page_that_was_read_wrongly_throughout() -> None:
    page = "Constanța’s mayor isn’t there.\nA quay in Constanța"
    wrong = page.encode().decode("cp1252")
    assert repair(wrong.split("\n")[1]) == (wrong.split("\n")[1], False)
    assert repair(wrong) == (page, True)


def test_a_genuine_line_keeps_a_page_from_being_mended_as_a_whole() -> None:
    wrong = "Constanța’s mayor isn’t there.".encode().decode("cp1252")
    page = f"{wrong}\nA café in ConstanÈ›a"
    assert repair(page) == ("Constanța’s mayor isn’t there.\nA café in ConstanÈ›a", True)
