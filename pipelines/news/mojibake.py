"""Text that was decoded wrongly once -> what it said, where that is certain.

ftfy finds and undoes the wrong decodings. It is asked line by line, because a page is put together
of articles with different histories, and its answer is taken only if it can be undone again.
"""

import re

from ftfy import ExplanationStep, TextFixerConfig, fix_encoding_and_explain
from ftfy.badness import is_bad

# Each byte of a UTF-8 sequence is a character of its own in mojibake, none of them ASCII; single
# C1 controls are windows-1252 read as Latin-1. Far cheaper than ftfy's own test, never narrower.
_SUSPECT = re.compile(r"[^\x00-\x7f]{2}|[\x80-\x9f]")
# 'Â£' alone between quotes is written about, not read wrongly.
_MENTIONED = re.compile(r"""["'`(\[][^\x00-\x7f]{2,}["'`)\]]""")
# Only steps that lose nothing; the rest of ftfy mends by guessing.
_CONFIG = TextFixerConfig(
    unescape_html=False,
    restore_byte_a0=False,
    replace_lossy_sequences=False,
    decode_inconsistent_utf8=False,
    fix_c1_controls=False,
)


def repair(text: str) -> tuple[str, bool]:
    """Undo mojibake in the lines in which it is certain; say whether there were any.

    A line is changed only if ftfy calls it bad, if encoding and decoding alone explain it, if the
    same steps backwards give exactly the line, and if the result is good. Where the steps that mend
    one line undo the whole page, they are taken for the page: a page that was read wrongly was
    read wrongly throughout, and a genuine non-ASCII letter in it would stop them.
    """
    if text.isascii() or not _SUSPECT.search(text):
        return text, False
    repairs = [_repair_line(line) for line in text.split("\n")]
    repaired = "\n".join(line for line, _ in repairs)
    for plan in {tuple(plan): plan for _, plan in repairs if plan}.values():
        whole = _take(text, [(step.action, step.parameter) for step in plan])
        if whole is not None and _undo(whole, plan) == text and not is_bad(whole):
            return whole, True
    return repaired, repaired != text


def _repair_line(line: str) -> tuple[str, list[ExplanationStep]]:
    """The line as it was meant, and the steps that gave it; none where it stays as it is."""
    unchanged: tuple[str, list[ExplanationStep]] = (line, [])
    if line.isascii() or not _SUSPECT.search(line) or not is_bad(line) or _MENTIONED.search(line):
        return unchanged
    repaired, plan = fix_encoding_and_explain(line, _CONFIG)
    if (
        not plan
        or is_bad(repaired)
        or _undo(repaired, plan) != line
        or not _is_likely(line, repaired)
    ):
        return unchanged
    return repaired, plan


def _undo(text: str, plan: list[ExplanationStep]) -> str | None:
    """Take the steps back, or None where one of them cannot be."""
    opposite = {"decode": "encode", "encode": "decode"}
    back = [(opposite.get(step.action, ""), step.parameter) for step in reversed(plan)]
    return _take(text, back)


def _take(text: str, steps: list[tuple[str, str]]) -> str | None:
    """Encode and decode as the steps say, or None where that cannot be done."""
    data: str | bytes = text
    try:
        for action, encoding in steps:
            if action == "encode" and isinstance(data, str):
                data = data.encode(encoding)
            elif action == "decode" and isinstance(data, bytes):
                data = data.decode(encoding)
            else:
                return None
    except UnicodeError:
        return None
    return data if isinstance(data, str) else None


def _is_likely(line: str, repaired: str) -> bool:
    """Refuse a single letter of another script: 'Ð¥' may be meant as it stands."""
    odd = re.sub(r"[\x00-\x7f]", "", repaired)
    is_western = all(letter < "\u0180" or "\u2000" <= letter < "\u2300" for letter in odd)
    return is_western or len(odd) > 1 or len(line) - len(repaired) > 1
