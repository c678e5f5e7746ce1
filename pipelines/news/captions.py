"""Caption -> who is credited, the agencies among them, and the date it gives.

A credit is looked for in a caption's ending alone; `agencies` knows the agencies' names, and
`caption_dates` reads the date.
"""

import re
from importlib.metadata import version
from typing import Final

from pipelines.news.agencies import find_agencies
from pipelines.news.caption_dates import find_date, is_date
from pipelines.news.records import Caption

#: Raise the first number whenever the same caption gives another result.
CAPTIONS_VERSION: Final = "/".join(("2", version("dateparser")))

_MAX_CREDIT_CHARS = 100
_ENDING_CHARS = 400
_BRACKETS = {")": "(", "]": "[", "）": "（", "】": "【"}
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+(?=\S)")

# What a bracket at the end says about the picture and not about who made it.
_REMARK = re.compile(
    r"""
    (?: (?:from\s+|on\s+|at\s+|in\s+)?(?:the\s+|far\s+|top\s+|bottom\s+|second\s+|third\s+)*
        (?:left|right|cent(?:er|re)|middle|top|bottom|back|front|foreground|background|above|below)\b.*
      | (?:second|third|fourth|\d(?:st|nd|rd|th))\s.*
      | (?:not\s+)?(?:pictured|seen|shown)\b.* | (?:clockwise|wearing|in|with|and)\s.*
      | (?:[LRC]|[RDI]-[A-Z].*)
      | (?:file|files|archive|archives|archival|undated|illustrati(?:on|ve)|representational|handout
          |library)(?:\s+(?:photo|picture|image|pic|photograph|footage))?s?
      | [^A-Za-z]*
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:(?:(?:file\s+)?(?:photo(?:graph)?|picture|image|pic)s?|(?:photo\s+)?credits?|source|courtesy)"
    r"\s*(?::|\bby\b|\bof\b|\bcourtesy\s+of\b)\s*(?=\S)|via\s+)",
    re.IGNORECASE,
)
_LABELLED_END = re.compile(rf"(?:^|(?<=[\s.\-–—|/(])){_LABEL.pattern}", re.IGNORECASE)
_VIA_END = re.compile(r"(?:^|(?<=\s))via\s+(?=\S)", re.IGNORECASE)
_DASH_END = re.compile(r"(?:(?<=\s)|(?<=[.!?…]))[-–—|/]+\s*(?=\S)")
_NAME = r"[^\W\d_a-z][\w.'’-]*"
_SLASH_END = re.compile(rf"(?:{_NAME}\s+)?{_NAME}(?:/{_NAME}(?:\s{_NAME}){{0,3}})+$")
_SOURCE_WORD = re.compile(
    r"\b(?:agency|army|committee|government|handout|media|ministry|office|police|press|service"
    r"|spokesman|spokesperson|television|tv|website)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a al an and at bin by d da de del der di du el en et for from in la le of on the to und"
        " van via von y file handout image media office photo pool video",
    )
)


def parse_caption(text: str) -> Caption:
    """Read a caption's ending and its date. Never raises, whatever the text."""
    credit = _find_credit(" ".join(text.split()))
    agencies = find_agencies(credit) if credit else ()
    when, precision = find_date(text)
    return Caption(text, credit, agencies, when, precision)


def _find_credit(text: str) -> str | None:
    text = text[-_ENDING_CHARS:].rstrip(" .,;\u200b\ufeff")
    # A remark may stand behind the credit: "(Reuters) (file)".
    for _ in range(3):
        bracketed = _split_bracket(text)
        if bracketed is None:
            return _find_unbracketed(text)
        before, inner = bracketed
        if _is_credit(before, inner):
            return _strip_label(inner)
        text = before.rstrip(" .,;")
    return None


def _split_bracket(text: str) -> tuple[str, str] | None:
    """Split 'A man. (Agency)' into 'A man. ' and 'Agency'; nested brackets stay inside."""
    opening = _BRACKETS.get(text[-1:])
    if opening is None:
        return None
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += (text[position] == text[-1]) - (text[position] == opening)
        if depth == 0:
            return text[:position], text[position + 1 : -1].strip()
    return None


def _is_credit(before: str, inner: str) -> bool:
    if not 0 < len(inner) <= _MAX_CREDIT_CHARS or _is_explained(before, inner):
        return False
    if find_agencies(inner):
        return True
    if _LABEL.match(inner):
        return _is_named(_strip_label(inner))
    if _REMARK.fullmatch(inner) or is_date(inner) or not inner[0].isupper():
        return False
    if _ends_sentence(before):
        return _is_named(inner) or len(inner.split()) <= 4
    # Within a sentence a lone word explains what stands before it: an acronym, a party, a club.
    is_source = _is_named(inner) or _SOURCE_WORD.search(inner) is not None
    return is_source and len(inner.split()) <= 8 and re.search(r"[ /@]", inner) is not None


def _ends_sentence(before: str) -> bool:
    return not before or before.rstrip(" \"'”’")[-1:] in ".!?…"


def _is_explained(before: str, inner: str) -> bool:
    """Whether a lone acronym spells the words before it: 'the Palestinian Authority (PA)'."""
    if not inner.isalpha() or not inner.isupper() or _ends_sentence(before):
        return False
    names = [word for word in before.split() if word[0].isupper()]
    return "".join(word[0] for word in names[-len(inner) :]) == inner


def _find_unbracketed(text: str) -> str | None:
    tail = _last_sentence(text)
    for find in (_after_label, _after_dash, _slashed, _bare):
        credit = find(text[-_MAX_CREDIT_CHARS - 20 :], tail)
        if credit and len(credit) <= _MAX_CREDIT_CHARS:
            return credit
    return None


def _after_label(text: str, tail: str) -> str | None:
    """Take X of 'Photo: X', 'Courtesy of X', 'Handout via AGENCY', 'via X'."""
    if len(tail) <= _MAX_CREDIT_CHARS and find_agencies(tail) and _is_named(tail):
        return _strip_label(tail)
    for match in _LABELLED_END.finditer(text):
        credit = text[match.end() :]
        is_via = _VIA_END.match(match[0]) is not None
        if find_agencies(credit) if is_via else _is_named(credit):
            return _strip_label(credit)
    return None


def _after_dash(text: str, _tail: str) -> str | None:
    """Take what follows in '- Desk/AGENCY', '— Jo Ray/AGENCY', '| AGENCY'."""
    for match in _DASH_END.finditer(text):
        credit = text[match.end() :]
        if _is_named(credit) and find_agencies(credit):
            return _strip_label(credit)
    return None


def _slashed(text: str, _tail: str) -> str | None:
    """Take 'AGENCY/Jo Ray' behind anything."""
    match = _SLASH_END.search(text)
    if match is None:
        return None
    # 'in Cairo AGENCY/Jo Ray': the word before belongs to the credit only if it is no place.
    whole, short = match[0], match[0].partition(" ")[2]
    if find_agencies(whole.partition("/")[0]):
        return whole
    if find_agencies(short.partition("/")[0]):
        return short
    return whole if find_agencies(whole) else None


def _bare(_text: str, tail: str) -> str | None:
    """Take a last sentence that is nothing but an agency's name and a photographer's."""
    return tail if _is_named(tail) and find_agencies(tail) else None


def _last_sentence(text: str) -> str:
    end = 0
    for match in _SENTENCE_END.finditer(text):
        # Initials and abbreviations end no sentence: 'J. Ray/AGENCY', 'St. James'.
        word = text[: match.start()].rpartition(" ")[2]
        if len(word) > 2:
            end = match.end()
    return text[end:]


def _is_named(credit: str) -> bool:
    """Whether all words are names, or the small words between names."""
    words = credit.replace("/", " ").split()
    return 0 < len(words) <= 10 and all(
        not word[0].islower() or word.strip(",.:;").lower() in _SMALL_WORDS for word in words
    )


def _strip_label(credit: str) -> str:
    match = _LABEL.match(credit)
    return credit[match.end() :].strip() if match else credit.strip(" -–—|/")
