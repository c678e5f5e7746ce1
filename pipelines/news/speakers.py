"""Who said what stands between quotation marks: the words beside it tell.

"…," X said; X said: "…"; "…," he said. A pronoun or "the minister" is resolved only when exactly one
person can be meant; else the speaker is unknown.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.news.cast import Cast
from pipelines.news.people import People, only
from pipelines.news.records import Mention
from pipelines.news.referents import Referents
from pipelines.news.speech_words import CUE, OF_WHOM, PARTICIPLE, SENTENCE_END, is_sentence_end
from pipelines.news.subjects import Head, Subjects

_FAR = 120
"""Characters from a quotation to a verb, at most."""
_PASSIVE = re.compile(r"(?:\b(?:was|were|is|are|been|being|be|get|got)|[’']s)\s+(?:\w+ly\s+)?\Z")
_BY = re.compile(r"\s(?:\w+\s)?by\b")
_QUOTED = re.compile(r"(?<![\w-])quoted\b")


class Said(NamedTuple):
    """Who is said to have spoken, and by which verb; `speaker` None: it is not known."""

    speaker: Mention | None
    cue: str


class Spoken:
    """A passage, who is named in it and in the one before, and the cast of the article."""

    def __init__(self, here: People, before: Sequence[People], cast: Cast) -> None:
        self.text = text = here.text
        self._here = here
        self._subjects = Subjects(here, cast)
        self._referents = Referents(here, before, cast)
        ends = [end for end in SENTENCE_END.finditer(text) if is_sentence_end(text, end)]
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
        text = self.text
        mark = max(start - 1, 0)
        ahead = (max(since, self._sentence_begin(mark)), mark)
        behind = (min(end + 1, len(text)), self._sentence_end(end, until))
        ends = text[end - 1 : end] in {".", "…"} and text[end + 1 : end + 2] != ","
        # A quotation in the middle of a sentence belongs to the words before it.
        is_inside = bool(text[slice(*ahead)].strip()) and CUE.search(text, *ahead)
        order = [(ahead, False)] if ends else [(behind, True), (ahead, False)]
        for place, is_after in order[::-1] if is_inside else order:
            if found := self._cue(place, is_after=is_after):
                cue, head = found
                return Said(self._referents.meant(head, (start, end)) if head else None, cue)
        if text[slice(*ahead)].rstrip().endswith(":") and (head := self._subjects.first(*ahead)):
            return Said(self._referents.meant(head, (start, end)), "")
        return None

    def without_cue(self, span: tuple[int, int], since: int, said: Said | None) -> Said | None:
        """Who says what has no verb beside it: who spoke before, or who acts in the sentence before.

        Args:
            span: the quotation.
            since: where the quotation before ended.
            said: who said that one.
        """
        mark = max(span[0] - 1, 0)
        number = bisect_right(self._begins, mark)
        begin = self._begins[number - 2] if number > 1 else 0
        if not number or self._begins[number - 1] != mark or begin < since:
            return said
        # "“…,” Ali said. Omar shrugged. “…”"
        head = self._subjects.first(begin, mark)
        persons = self._here.persons_above(mark)
        if head is None or self._referents.has_unnamed(self._here, persons, mark):
            return said
        speaker = self._referents.meant(head, span)
        if said and said.speaker:
            is_same = speaker is not None and speaker.name == said.speaker.name
            return said if is_same or head.kind != "named" else None
        is_only = only(persons) or only(one for one in persons if self._here.can_act(one))
        return Said(speaker, "") if speaker in persons and is_only else said

    def _sentence_begin(self, at: int) -> int:
        number = bisect_right(self._begins, at)
        return self._begins[number - 1] if number else 0

    def _sentence_end(self, end: int, until: int) -> int:
        """Where a quotation's sentence ends; "…!" he cried" goes on behind the mark."""
        at = end + 1 if self.text[end - 1 : end] in {"!", "?"} else max(end - 1, 0)
        number = bisect_left(self._stops, at)
        found = self._stops[number] + 1 if number < len(self._stops) else len(self.text)
        return min(until, found)

    def _cue(self, place: tuple[int, int], *, is_after: bool) -> tuple[str, Head | None] | None:
        """The verb that introduces a quotation, and its subject."""
        start, end = place
        # "The United States" and "Said al-Mahrouqi" are names.
        cues = [
            cue
            for cue in CUE.finditer(self.text, start, max(end, start))
            if cue[0][0].islower() or self._here.covering(cue.start()) is None
        ]
        if not cues:
            return None
        cue = cues[0] if is_after else cues[-1]
        if is_after and cue.start() - start > _FAR:
            return None
        return cue[0], self._subject(cue, cues, place)

    def _subject(
        self, cue: re.Match[str], cues: Sequence[re.Match[str]], place: tuple[int, int]
    ) -> Head | None:
        """Who does what a verb says."""
        (start, end), subjects = place, self._subjects
        text, verb, at = self.text, cue[0].lower(), cue.start()
        quoted = _QUOTED.search(text, start, end) if verb in {"saying", "quoted"} else None
        is_participle = PARTICIPLE.match(verb) is not None and not quoted
        passive = _PASSIVE.search(text, start, quoted.start() if quoted else at)
        head: Head | None
        if verb == "words":  # "in Ali's words"
            own = self._here.ending(at - 1) or self._here.ending(at - 3)
            head = Head("named", own.start_char, mention=own) if own else None
        elif passive and not is_participle and (quoted or verb == "heard"):
            head = subjects.before(start, passive.start())
        elif passive and not is_participle:
            by = _BY.match(text, cue.end(), end)
            head = subjects.after(by.end(), end) if by else None
        elif quoted:
            head = subjects.after(quoted.end(), end)
        elif is_participle:
            finite = [one for one in cues if one.end() <= at and not PARTICIPLE.match(one[0])]
            head = self._subject(finite[-1], finite, place) if finite else subjects.first(start, at)
        elif verb in OF_WHOM or not text[start:at].strip(" ,—–-"):
            head = subjects.after(cue.end(), end)
        else:
            head = subjects.before(start, at)
        return head
