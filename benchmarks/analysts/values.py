"""What questions are asked about: values for their parameters, drawn from an archive.

Half are drawn by popularity, the most popular of all among them, the other half with equal chances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from sqlalchemy import Connection, text

from benchmarks.questions import Question

SPANS = {5: (7,), 9: (7,), 12: (7, 30), 7: (365,), 8: (365,)}
"""Nights that a question is about, by its number: those that say so have one, or a few."""

_ANY_SPAN = (7, 30, 365)
_BEFORE = 28
_POOL = 2_000
_SHORT = 3

_ENTITIES = """
    select entity.display_name, sum(name.mention_count)::bigint as mentions
      from news.entities entity join news.names name using (entity_id)
     group by entity.entity_id order by mentions desc, entity.entity_id
"""
_STORIES = """
    select story_id::text, count(*) as articles
      from news.story_articles group by story_id order by articles desc, story_id
"""
_PAGES = """
    select article_id::text, count(*) as occurrences
      from news.article_occurrences group by article_id order by occurrences desc, article_id
"""
# Ids are hashes, so that the first ones are as good as drawn.
_TITLES = """
    select title, first_landed_on as night from news.articles order by article_id limit :pool
"""


@dataclass(frozen=True, slots=True)
class _Pool:
    """Values, the most popular first, and how popular they are, added up."""

    values: Sequence[str]
    weights: Sequence[int]


class Values:
    """Draws values; the same for the same seed and archive."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self._draw = Random(seed)
        self._entities = _pool(connection, _ENTITIES)
        self._pools = {
            "entity": self._entities,
            "story": _pool(connection, _STORIES),
            "article": _pool(connection, _PAGES),
        }
        titles = connection.execute(text(_TITLES), {"pool": _POOL}).all()
        told = [
            ([w.lower() for w in one.title.split()[2:] if len(w) > _SHORT], one.night)
            for one in titles
        ]
        self._titles = [one for one in told if one[0]]
        first, last = connection.execute(
            text("select min(landing_date), max(landing_date) from news.source_files")
        ).one()
        self._first, self._last = first, last

    def of(self, question: Question, turn: int) -> dict[str, str]:
        """Values for a question at a turn: at even ones by popularity, the most popular first.

        Raises:
            KeyError: the question asks about something that is not known here.
        """
        words, night = self._draw.choice(self._titles)
        made: dict[str, str] = {}
        for name in question.parameters:
            if name == "words":
                made[name] = self._words(words, turn)
            elif name == "misspelt_entity":
                made[name] = self._misspelt(self._one(self._entities, turn))
            elif name in self._pools:
                made[name] = self._one(self._pools[name], turn)
        told = night if "words" in made else None
        nights = self._nights(question.number, told)
        return {name: made.get(name) or nights[name] for name in question.parameters}

    def _one(self, pool: _Pool, turn: int) -> str:
        place, odd = divmod(turn, 2)
        if odd:
            return self._draw.choice(pool.values)
        if place < 5:
            return pool.values[min(place, len(pool.values) - 1)]
        return self._draw.choices(pool.values, cum_weights=pool.weights)[0]

    def _words(self, words: list[str], turn: int) -> str:
        """Some words of one title, every tenth time misspelt; or what is often written."""
        if turn % 2:
            found = " ".join(words[:3])
            return self._misspelt(found) if turn % 10 == 5 else found
        return self._one(self._entities, turn) if turn % 4 else self._draw.choice(words)

    def _misspelt(self, name: str) -> str:
        """A name with a letter doubled, left out, or changed for its neighbour."""
        at = self._draw.randrange(1, max(len(name) - 1, 2))
        middle = self._draw.choice((name[at : at + 1] * 2, "", name[at : at + 2][::-1]))
        return name[:at] + middle + name[at + 1 :]

    def _nights(self, number: int, told: date | None) -> dict[str, str]:
        """Nights in a row, with one on which it is told, or any."""
        span = self._draw.choice(SPANS.get(number, _ANY_SPAN))
        room = max((self._last - self._first).days - span, _BEFORE)
        first = self._first + timedelta(self._draw.randint(_BEFORE, room))
        if told:
            first = told - timedelta(self._draw.randrange(span))
        nights = {
            "earlier_night": first - timedelta(_BEFORE),
            "first_night": first,
            "last_night": first + timedelta(span - 1),
        }
        return {name: one.isoformat() for name, one in nights.items()}


def _pool(connection: Connection, query: str) -> _Pool:
    rows = connection.execute(text(query)).all()
    return _Pool([row[0] for row in rows], list(accumulate(row[1] for row in rows)))
