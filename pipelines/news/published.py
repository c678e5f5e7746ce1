"""Line -> the date on which it says that the text was published.

A line counts that holds nothing but a date, with or without "Published" or the like before it, and
a note on an earlier version of the article. A date inside a sentence is that of an event.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from pipelines.news.caption_dates import find_date, is_date

#: Months of other languages, under the English ones; all in small letters.
_MONTHS: Final = {
    "January": "januar jänner janvier enero gennaio janeiro ocak januari января يناير",
    "February": "februar février fevrier febrero febbraio fevereiro şubat subat februari февраля فبراير شباط",
    "March": "märz mars marzo março mart maart марта مارس آذار",
    "April": "avril abril aprile nisan апреля أبريل نيسان",
    "May": "mai mayo maggio maio mayıs mayis mei мая مايو أيار",
    "June": "juni juin junio giugno junho haziran июня يونيو حزيران",
    "July": "juli juillet julio luglio julho temmuz июля يوليو تموز",
    "August": "août aout agosto ağustos agustos augustus августа أغسطس",
    "September": "septembre septiembre settembre setembro eylül eylul сентября سبتمبر أيلول",
    "October": "oktober octobre octubre ottobre outubro ekim октября أكتوبر",
    "November": "novembre noviembre novembro kasım kasim ноября نوفمبر",
    "December": "dezember décembre decembre diciembre dicembre dezembro aralık aralik декабря ديسمبر",
}
_ENGLISH: Final = {word: month for month, words in _MONTHS.items() for word in words.split()}
_FOREIGN = re.compile(
    rf"(?P<day>\d{{1,2}})\.? (?:de )?(?P<month>{'|'.join(sorted(_ENGLISH, key=len, reverse=True))})\b,?(?: de)? ",
    re.IGNORECASE,
)
_UPDATED = r"(?:last )?(?:updated|modified|edited)|aktualisiert|mis à jour|actualizado|güncelleme"
_LABEL: Final = re.compile(
    rf"(?:(?P<updated>{_UPDATED})|(?P<published>(?:first |originally )?(?:published|posted|issued"
    r"|publication date|publish date|release date|date published|date)|publié|veröffentlicht|publicado"
    r"|pubblicato|yayınlanma(?: tarihi)?|yayın tarihi|giriş tarihi|نشر|تاريخ النشر|опубликовано))(?: (?:on|at|le|am|el|il|em|في))?\b\s?:?",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"\b(?:version of )?[Tt]his (?:article|story|report)\b[^.]{0,40}?\bpublished(?: on)? (?P<when>.{6,30})"
)
_CLOCK: Final = re.compile(
    r"(?<![^\W\d])(?:on|at|the|as of|le|à|um|uhr|hrs|noon|[ap]\.?m\.?|gmt|utc|z|local time|[cew]?e?s?t"
    r"|[cempw][ds]?t|eest|eet|bst|ist|trt|msk|irst|ast|jst|hkt|sgt)(?![^\W\d])\.?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)\b\.?,?")
#: Arabic-Indic and Persian digits.
_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_HAS_YEAR = re.compile(r"\d{4}")
_PARTS = re.compile(rf"\s*[|•·]\s*|\s+[–—-]\s+|[\s,;]+(?=(?:{_UPDATED})\b)", re.IGNORECASE)
_MAX_LINE_CHARS = 120
_PUBLISHED, _BARE, _UPDATED_LAST = range(3)


def label_date(lines: Iterable[str]) -> date | None:
    """The date of the labels among some lines: of publication rather than of an update."""
    found = (
        told
        for line in lines
        if len(line) < _MAX_LINE_CHARS and _HAS_YEAR.search(line)
        for part in _PARTS.split(line)
        if (told := _part_date(part))
    )
    first = min(found, key=lambda told: told[0], default=None)
    return first[1] if first else None


def note_date(paragraph: str) -> date | None:
    """The date in an editor's note on an earlier version of the article."""
    match = _NOTE.search(paragraph)
    return full_date(match["when"]) if match else None


def full_date(text: str) -> date | None:
    """A date with day, month and year; the months of some other languages are read too."""
    when, precision = find_date(_in_english(text))
    return when if precision == "day" else None


def _part_date(part: str) -> tuple[int, date] | None:
    label = _LABEL.match(part)
    rest = _in_english(part[label.end() :] if label else part)
    if not is_date(_CLOCK.sub("", _WEEKDAY.sub("", rest))) or (when := full_date(rest)) is None:
        return None
    if label is None:
        return _BARE, when
    return (_UPDATED_LAST if label["updated"] else _PUBLISHED), when


def _in_english(text: str) -> str:
    return _FOREIGN.sub(
        lambda found: f"{found['day']} {_ENGLISH[found['month'].casefold()]} ",
        text.translate(_DIGITS),
    )
