"""Marked paragraphs to find quotations in."""

import re

from pipelines.news.quotations import Passage, Quotation, find_quotations
from pipelines.news.records import Mention


def quoted(*paragraphs: str) -> list[Quotation]:
    """Quotations of paragraphs in which names stand as {Name|LABEL}, or {Surname|LABEL|Full Name}."""
    passages, mentions, offset = [], [], 0
    for number, marked in enumerate(paragraphs, start=1):
        plain = ""
        for part in re.split(r"(\{[^}]*\})", marked):
            shown = part
            if part.startswith("{"):
                shown, label, *full = part[1:-1].split("|")
                start = offset + len(plain)
                name = full[0] if full else shown
                mentions.append(
                    Mention("body", number, start, start + len(shown), shown, label, name, 0, 1)
                )
            plain += shown
        passages.append(Passage("body", number, offset, plain))
        offset += len(plain) + 2
    return find_quotations(passages, mentions)


def told(*paragraphs: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (one.text, one.speaker.name if one.speaker else None, one.cue)
        for one in quoted(*paragraphs)
    ]
