"""From each corpus' tags to our eight labels, and the repairs that silver annotation needs.

Belongs here: what a tag means. `map_passage` maps one passage; `vote` makes one string carry one
label through a whole corpus.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from training import gazetteer
from training.dates import find_dates, find_maybe_dates, is_date_like
from training.names import PLACES
from training.passage import LABELS, UNKNOWN, Passage, Span

_PLAIN: Final = {
    "per": "PERSON", "PER": "PERSON", "person": "PERSON", "politician": "PERSON",
    "politicalparty": "ORG", "country": "GPE",
    "eve": "EVENT", "event": "EVENT", "election": "EVENT",
}  # fmt: skip
_TITLE: Final = re.compile(r"\s*([\w.'\u2019-]+)(?:\s+|$)")
_HONORED: Final = re.compile(
    r"(?:King|Queen|Prince|Princess|Judge|Admiral|Colonel|Captain|Sheikh|Sheik|Ayatollah|Imam|Mullah"
    r"|Senator|Pope|Prophet|Crown Prince|Archbishop|Cardinal|Prime Minister|President|Premier)"
    r" [A-Z][\w'\u2019-]+(?: (?!of\b)[\w'\u2019-]+){0,3}$"
)
_NORP_WORD: Final = re.compile(
    r"\b(?:North |South |Sri )?(?:"
    + "|".join(
        sorted(
            (gazetteer.NATIONS | gazetteer.BELIEFS | {"Lankan"})
            - {"Republican", "Democrat", "Polish", "Communist", "Orthodox", "Roma", "Thai"}
        )
    )
    + r")s?\b(?!['\u2019]ite)"
)
_COUNTRY: Final = re.compile(
    r"(?<![\w.-])(?:"
    + "|".join(
        re.escape(name)
        for name in sorted(gazetteer.country_names(), key=lambda name: (-len(name), name))
        if name not in gazetteer.AMBIGUOUS_COUNTRIES
        and name not in {"US", "U.S", "America", "England"}
    )
    + r")(?![\w-])"
)


def map_label(tag: str, words: str) -> str | None:
    """Return our label for a corpus' tag on `words`; None where it is no entity of ours.

    `UNKNOWN` says that the tag cannot be trusted either way.
    """
    if tag == UNKNOWN or (words.islower() and tag != "tim"):
        return UNKNOWN
    if gazetteer.is_norp(words) and tag != "PERSON":
        return "NORP"
    if words in gazetteer.ORG_OVERRIDES and tag in {"geo", "gpe", "org", "per", "ORG"}:
        return "ORG"
    if tag in {"geo", "gpe", "org", "per", "tim"} and (
        gazetteer.is_country(words) or words in gazetteer.GPE_OVERRIDES or words in PLACES
    ):
        return "GPE"
    if words in gazetteer.NOT_NAMES:
        return UNKNOWN
    rule = _RULES.get(tag)
    return rule(words) if rule else _PLAIN.get(tag, UNKNOWN)


def _nation(words: str) -> str:
    return "GPE" if gazetteer.place_label(words) == "GPE" and " " in words else UNKNOWN


def _place(words: str) -> str:
    head = _last(words).lower()
    if " " in words and head in gazetteer.ORG_HEADS:
        return "ORG"
    if head in gazetteer.FAC_HEADS and " " in words and _last(words).islower():
        return UNKNOWN
    return gazetteer.place_label(words)


def _is_facility(words: str) -> bool:
    return gazetteer.place_label(words) == "FAC" and _last(words).lower() in {
        "airport", "stadium", "bridge", "prison", "jail", "mosque", "highway", "airbase", "palace",
    }  # fmt: skip


def _body(words: str) -> str:
    return "FAC" if _is_facility(words) else "ORG"


def _time(words: str) -> str | None:
    return UNKNOWN if is_date_like(words) else None


def _force_of_nature(words: str) -> str:
    return "EVENT" if words.split(maxsplit=1)[0].lower() in gazetteer.STORMS else UNKNOWN


def _other(words: str) -> str:
    return "EVENT" if _last(words).lower() in gazetteer.EVENT_HEADS else UNKNOWN


def _last(words: str) -> str:
    return words.rsplit(maxsplit=1)[-1]


_RULES: Final[dict[str, Callable[[str], str | None]]] = {
    "gpe": _nation, "tim": _time, "nat": _force_of_nature,
    **dict.fromkeys(("geo", "LOC", "location", "place"), _place),
    **dict.fromkeys(("org", "ORG", "organisation", "organization"), _body),
    **dict.fromkeys(("art", "OTH", "misc"), _other),
}  # fmt: skip


def map_passage(passage: Passage) -> Passage:
    """Return the passage with our labels: tags mapped, names trimmed, dates and peoples added."""
    text = passage.text
    mapped: list[Span] = []
    for raw in passage.spans:
        for span in _split(text, _trim(text, raw)):
            words = text[span.start : span.end]
            honored = span.label in {"org", "geo"} and _HONORED.match(words)
            tag = "per" if honored else span.label
            label = map_label(tag, words) if words.strip() else None
            if label == "PERSON" or tag in {"per", "PER", "person", "politician"}:
                mapped += _person(text, span, label)
            elif label:
                mapped.append(Span(span.start, span.end, label))
    mapped = _join_american(text, _after_title(text, mapped))
    by_rule = sorted(find_dates(text), key=lambda span: span.start - span.end)
    peoples = [Span(*match.span(), "NORP") for match in _NORP_WORD.finditer(text)]
    countries = [Span(*match.span(), "GPE") for match in _COUNTRY.finditer(text)]
    named = [span for span in mapped if span.label in LABELS and span.label != "DATE"]
    heads = [Span(*found) for found in gazetteer.find_compounds(text)]
    compound = [span for span in heads if not _inside(span, named)] + [
        span
        for span in [*peoples, *countries]
        if " " in text[span.start : span.end] and not _inside(span, named)
    ]
    kept_dates = [span for span in by_rule if not _inside(span, named)]
    unsure = [span for span in mapped if span.label == UNKNOWN]
    return passage.with_spans(
        [*compound, *kept_dates, *named, *peoples, *countries, *unsure, *find_maybe_dates(text)]
    )


def _inside(span: Span, others: list[Span]) -> bool:
    """Return whether one of `others` is longer than `span` and contains it."""
    return any(
        other.start <= span.start
        and span.end <= other.end
        and other.end - other.start > span.end - span.start
        for other in others
    )


def _trim(text: str, span: Span) -> Span:
    """Drop what belongs to no name: a leading article or direction, edges of punctuation, 's."""
    words = text[span.start : span.end]
    tail = re.search(
        r"(?:['\u2019]s?|[\s,;:\"“”()-]|(?<=\w\w)\.|\s[Ss]ecretary-[Gg]eneral)+$", words
    )
    if tail:
        words = words[: tail.start()]
    lead = re.match(
        r"(?:(?:the|The|northern|southern|eastern|western|central|north|south|east|west|"
        r"northeastern|northwestern|southeastern|southwestern)\s+|[\"“'(,\s-]+)+",
        words,
    )
    if lead and lead.end() < len(words):
        start = span.start + lead.end()
        return Span(start, span.start + len(words), span.label)
    return Span(span.start, span.start + len(words), span.label)


def _split(text: str, span: Span) -> list[Span]:
    """Split what GMB labels as one: "Country's Ministry of X" and "one country and another"."""
    pair = re.fullmatch(r"(.+) and (.+)", text[span.start : span.end])
    if pair and all(map(gazetteer.is_country, pair.groups())):
        return [
            Span(span.start + pair.start(number), span.start + pair.end(number), "geo")
            for number in (1, 2)
        ]
    match = re.match(r"(.+?)['\u2019]s? ", text[span.start : span.end])
    if match and span.label in {"org", "geo", "per"}:
        owner = Span(span.start, span.start + len(match[1]), "geo")
        if gazetteer.is_country(match[1]):
            return [owner, Span(span.start + match.end(), span.end, span.label)]
    return [span]


def _person(text: str, span: Span, label: str | None) -> list[Span]:
    """Drop the titles before a name; a span of nothing but titles is no entity."""
    if label != "PERSON":
        return [Span(span.start, span.end, label)] if label else []
    start = span.start
    while start < span.end:
        match = _TITLE.match(text[start : span.end])
        if not match:
            break
        word = match[1].lower().rstrip(".")
        nation = gazetteer.is_norp(match[1]) and start + match.end() < span.end
        if word not in gazetteer.TITLES and not nation and not gazetteer.is_country(match[1]):
            break
        start += match.end()
    rest = text[start : span.end]
    if not rest or not any(char.isupper() for char in rest) or rest.lower() in gazetteer.TITLES:
        return []
    return [Span(start, span.end, "PERSON")]


def _after_title(text: str, spans: list[Span]) -> list[Span]:
    """Call a person what follows "Mr." and its like, whatever the corpus called it."""
    return [
        replace(span, label="PERSON")
        if span.label in {"ORG", "GPE", UNKNOWN}
        and re.search(r"\b(?:Mr|Mrs|Ms|Dr)\. $", text[: span.start])
        and not gazetteer.is_country(text[span.start : span.end])
        else span
        for span in spans
    ]


def _join_american(text: str, spans: list[Span]) -> list[Span]:
    """Join "U.S." and the body that follows it, which GMB labels as one and as two."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last is not None
            and span.label == "ORG"
            and last.end + 1 == span.start
            and text[last.start : last.end] in {"U.S.", "US", "U.N.", "UN", "EU"}
        ):
            joined[-1] = Span(last.start, span.end, "ORG")
        else:
            joined.append(span)
    return joined


def vote(passages: Iterable[Passage], least: int = 5, share: float = 0.5) -> list[Passage]:
    """Give each string seen `least` times its usual label, where one label has `share` of it.

    A surname alone counts the full names that end in it. DATE and unknown spans neither vote nor
    change.
    """
    passages = list(passages)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for passage in passages:
        for span in passage.spans:
            if span.label not in {"DATE", UNKNOWN}:
                counts[passage.words(span)][span.label] += 1
    winners: dict[str, str] = {}
    families = Counter(
        words.rpartition(" ")[2]
        for words, tally in counts.items()
        if " " in words
        for _ in range(tally["PERSON"])
    )
    for words, tally in counts.items():
        tally["PERSON"] += families[words]
        label, count = tally.most_common(1)[0]
        total = tally.total()
        if total >= least and count >= share * total:
            winners[words] = label
    return [
        passage.with_spans(
            [
                span
                if span.label in {"DATE", UNKNOWN}
                else replace(span, label=winners.get(passage.words(span), span.label))
                for span in passage.spans
            ]
        )
        for passage in passages
    ]
