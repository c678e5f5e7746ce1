"""Who said what stands between quotation marks: the words beside it tell.

"…," X said; X said: "…"; "…," he said. A pronoun or "the minister" is resolved only when exactly one
person can be meant; else the speaker is unknown.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.news.records import Mention

_FAR, _NEAR = 120, 30
"""Characters from a quotation to a verb, and from a verb to a pronoun, at most."""
_NOBODY_CHARS = 300
_VERB = (
    r"said|says|say|saying|told|tells|added|adds|adding|asked|asks|asking|replied|replies|wrote|writes"
    r"|writing|posted|tweeted|announced|declared|insisted|insists|warned|warns|warning|explained|explains"
    r"|recalled|recalls|noted|notes|argued|argues|claimed|claims|admitted|stated|states|stressed"
    r"|continued|concluded|remarked|joked|jokes|shouted|whispered|muttered|mutters|laughed|read|reads"
    r"|called|calling|calls|described|describes|describing|denounced|condemned|criticized|dismissed"
    r"|hailed|praised|accused|quoted|testified|responded|responds|retorted|retorts|answered|answers|complained|conceded"
    r"|confirmed|countered|cautioned|urged|vowed|promised|pledged|acknowledged|observed|predicted"
    r"|suggested|maintained|reported|heard|repeated|repeats|pleaded|sighed|protested|ruled|mused"
    r"|thinks|put it|according to|speaks? of|spoke of|speaking of|referred to|denied|demanded|demanding"
)
CUE = re.compile(rf"(?<![\w-])(?:{_VERB})(?![\w-])", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?<![\w-])(?:An?|One|Another|Some|a|an|one|another) (?:[\w-]+ ){0,2}?(?:resident|man|woman|driver|official"
    r"|witness|villager|trader|soldier|officer|farmer|fisherman|diplomat|worker|teacher|student|shopkeeper"
    r"|neighbor|neighbour|nurse|doctor|lawyer|source|adviser|aide|spokesman|spokeswoman|boy|girl|mother|father)\b"
)
_SOMEONE = re.compile(
    r"(?<![\w-])(?P<pronoun>[Hh]e|[Ss]he)(?![\w-])"
    r"|(?<![\w-])(?P<body>[Ii]t|(?:[Tt]he|[Hh]is|[Hh]er|[Ii]ts) (?:[\w-]+ )?(?:ministry|military|army|group|company|party|agency|council"
    r"|directorate|federation|union|commission|office|organization|movement|bank|court|police|embassy))(?![\w-])"
    r"|(?<![\w-])(?P<definite>(?:[Tt]he|[Hh]is|[Hh]er) (?:[\w-]+ )?(?:minister|president|mayor|governor"
    r"|judge|commander|general|colonel|captain|professor|director|spokesman|spokeswoman|spokesperson"
    r"|lawyer|prosecutor|coach|doctor|senator|lawmaker|engineer|farmer|teacher|chairman"
    r"|chairwoman|premier|king|queen|bishop|imam|author|singer|writer|envoy))(?![\w-])"
    r"|(?<![\w-])(?P<nobody>(?:[Aa]n?|[Oo]ne|[Aa]nother|[Ss]ome|[Mm]any|[Tt]wo|[Oo]thers) [\w-]+|[Tt]hey|[Ww]e|[Hh]is \w+|[Hh]er \w+)(?![\w-])"
)
_SENTENCE_END = re.compile(r"[.!?…][”’\"')]*\s+(?=[\w“‘\"'(])")


class Said(NamedTuple):
    """Who is said to have spoken, and by which verb; `speaker` None: it is not known."""

    speaker: Mention | None
    cue: str


class People:
    """Who is named in a passage, with offsets in it. Looking one up does not look at all."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.all = mentions
        self._starts = [one.start_char for one in mentions]
        self._by_label = {
            label: [one for one in mentions if one.label == label] for label in ("PERSON", "ORG")
        }
        self._ends = {label: [one.end_char for one in own] for label, own in self._by_label.items()}
        self._one_up_to = {label: _one_up_to(own) for label, own in self._by_label.items()}

    def between(self, start: int, end: int) -> Sequence[Mention]:
        """The mentions from `start` to `end`."""
        found = self.all[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return [one for one in found if one.end_char <= end]

    def last_end(self, at: int) -> int:
        """Where the last mention above a place ends."""
        number = bisect_right(self._starts, at)
        return min(self.all[number - 1].end_char, at) if number else 0

    def only(self, label: str, at: int | None = None) -> Mention | None:
        """The only one of this label, or the only one above a place; the last mention of it."""
        own = self._by_label[label]
        count = len(own) if at is None else bisect_right(self._ends[label], at)
        return own[count - 1] if 0 < count <= self._one_up_to[label] else None

    def has(self, label: str, at: int) -> bool:
        """Whether any of this label is named above a place."""
        return bisect_right(self._ends[label], at) > 0


def _one_up_to(mentions: Sequence[Mention]) -> int:
    """How many mentions, from the first, have one name."""
    for number, one in enumerate(mentions):
        if one.name != mentions[0].name:
            return number
    return len(mentions)


class Spoken:
    """A passage, who is named in it, and who in the one before."""

    def __init__(self, text: str, here: People, before: People) -> None:
        self._text, self._here, self._before = text, here, before
        ends = list(_SENTENCE_END.finditer(text))
        self._stops = [end.start() for end in ends]
        self._begins = [end.end() for end in ends]

    def attribution(self, start: int, end: int, since: int, until: int) -> Said | None:
        """What the words of its sentence before a quotation, and those after it, say of its speaker.

        Args:
            start: first character of the quotation, behind its mark.
            end: its closing mark.
            since: where the quotation before ended.
            until: where the next begins.
        """
        text = self._text
        mark = max(start - 1, 0)
        sentence = bisect_right(self._begins, mark)
        ahead = (max(since, self._begins[sentence - 1] if sentence else 0), mark)
        behind = (min(end + 1, len(text)), self._sentence_end(end, until))
        ends = text[end - 1 : end] in {".", "…"} and text[end + 1 : end + 2] != ","
        # A quotation in the middle of a sentence belongs to the words before it.
        is_inside = bool(text[slice(*ahead)].strip()) and CUE.search(text, *ahead)
        order = [(ahead, False)] if ends else [(behind, True), (ahead, False)]
        for place, is_after in order[::-1] if is_inside else order:
            if said := self._said(place, is_after=is_after):
                return said
        return None

    def _sentence_end(self, end: int, until: int) -> int:
        """Where a quotation's sentence ends; "…!" he cried" goes on behind the mark."""
        at = end + 1 if self._text[end - 1 : end] in {"!", "?"} else max(end - 1, 0)
        number = bisect_left(self._stops, at)
        found = self._stops[number] + 1 if number < len(self._stops) else len(self._text)
        return min(until, found)

    def _said(self, place: tuple[int, int], *, is_after: bool) -> Said | None:
        start, end = place
        cues = list(CUE.finditer(self._text, start, max(end, start)))
        if not cues:
            return None
        cue = cues[0] if is_after else cues[-1]
        if is_after and cue.start() - start > _FAR:
            return None
        return Said(self._speaker(cue, place), cue[0])

    def _speaker(self, cue: re.Match[str], place: tuple[int, int]) -> Mention | None:
        """The person or body beside the verb; what a pronoun means, if only one can be meant."""

        def gap(start: int, end: int) -> int:
            return min(abs(start - cue.end()), abs(cue.start() - end))

        named = self._here.between(*place)
        named = [one for one in named if one.label == "PERSON"] or [
            one for one in named if one.label == "ORG"
        ]
        nearest = min(named, key=lambda one: gap(one.start_char, one.end_char), default=None)
        others = _SOMEONE.finditer(self._text, *place)
        other = min(others, key=lambda one: gap(*one.span()), default=None)
        if other is None or (
            nearest and gap(nearest.start_char, nearest.end_char) <= gap(*other.span())
        ):
            return nearest
        if other["nobody"] or gap(*other.span()) > _NEAR or (other["definite"] and nearest):
            return nearest
        if other["body"]:
            return self._meant("ORG", other.start())
        # "A driver said the car still burned. “…,” he said": someone without a name.
        named_until = self._here.last_end(other.start())
        since = max(named_until, other.start() - _NOBODY_CHARS)
        if _NOBODY.search(self._text, since, other.start()):
            return None
        return self._meant("PERSON", other.start())

    def _meant(self, label: str, at: int) -> Mention | None:
        """Who a pronoun means: the only one named above it here, else in the passage before."""
        if self._here.has(label, at):
            return self._here.only(label, at)
        return self._before.only(label)
