"""A part of the archive as rows for COPY: stories, their copies, and the pages they stand in.

Belongs here: when, where and how often articles stand, and the rows of all base tables but names
and entities. Does not belong here: what they say (`stories.py`), storing them (`load.py`).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

import numpy as np

from benchmarks.analysts.stories import AGENCIES, Story, Teller
from benchmarks.analysts.world import world_of
from pipelines.news.candidates import HUBS
from pipelines.news.keys import derive_key

FIRST_NIGHT = date(2023, 1, 1)
NIGHTS = 3 * 365
BLOCK = 2_000
SITES = 40
MAX_COPIES = 60

_ALONE = 0.72
_COPIES_EXPONENT = 1.7
_WHOLE = 0.85
_OCCURRENCES = (0.76, 0.15, 0.05, 0.04)
_PAGE = 3
_TEXT_FILES = 0.05
_LATEST = 6
_REFUSED = 0.01
_AGENCY = 0.2
_PART = 20_000_000
_SHINGLE = 5


@dataclass(frozen=True, slots=True)
class Block:
    """Some articles of an archive of `entities`: its stories begin in some nights.

    `guests` are the entities, as a range of a permutation, that its stories must name.
    """

    seed: int
    number: int
    articles: int
    entities: int
    guests: tuple[int, int]
    nights: tuple[float, float]
    last_night: int = NIGHTS - 1


@dataclass(slots=True)
class _Article:
    article_id: str
    night: int
    characters: int
    shingles: int
    is_copy: bool


COLUMNS = {
    "ops.ingested_files": "landing_date, path, sha256, byte_size, ingest_version, segment_version",
    "ops.quarantine": "quarantine_id, landing_date, path, page_no, reason_code, detail, head",
    "news.source_files": "file_id, landing_date, path, sha256, byte_size, media_type, encoding, page_count",
    "news.pages": "page_id, file_id, page_no, byte_start, byte_end, char_count, url, site, segment_method, is_repaired",
    "news.articles": "article_id, content_sha256, title, body, word_count, language, dateline, byline, agency,"
    " is_truncated, first_landed_on, published_on, published_on_source",
    "news.article_occurrences": "page_id, ordinal, article_id, start_char, end_char",
    "news.captions": "article_id, caption_no, caption, credit, agencies, caption_date, caption_date_precision",
    "news.duplicate_pairs": "article_a, article_b, shingles_a, shingles_b, shingles_common, relation",
    "news.story_articles": "article_id, story_id",
    "news.mentions": "article_id, section, section_no, start_char, end_char, surface, name_id, label,"
    " sentence_start, sentence_end",
    "news.quotations": "article_id, section, section_no, start_char, end_char, quotation, speaker_name_id, cue",
}
"""What of each table is copied, in an order in which rows refer to earlier ones."""


def blocks_of(articles: int, entities: int, seed: int) -> list[Block]:
    """An archive, in the order of its nights."""
    count = max(round(articles / BLOCK), 1)
    shares = np.linspace(0, 1, count + 1)
    ends = np.rint(shares * articles).astype(int).tolist()
    guests = np.rint(shares * entities).astype(int).tolist()
    nights = (shares * NIGHTS).tolist()
    return [
        Block(
            seed,
            number,
            ends[number + 1] - ends[number],
            entities,
            (guests[number], guests[number + 1]),
            (nights[number], nights[number + 1]),
        )
        for number in range(count)
    ]


def rows_of(block: Block) -> dict[str, list[str]]:
    """All that is stored of a block: rows as COPY's text format has them, by table."""
    return _Filler(block).fill()


class _Filler:
    def __init__(self, block: Block) -> None:
        self._block = block
        self._chance = np.random.default_rng([block.seed, _PART + block.number])
        self._tables: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self._standing: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)

    def fill(self) -> dict[str, list[str]]:
        block = self._block
        sizes = self._story_sizes()
        permutation = np.random.default_rng(block.seed).permutation(block.entities)
        guests = permutation[slice(*block.guests)]
        teller = Teller(world_of(block.entities, block.seed), block.seed, block.number)
        begun = np.sort(self._chance.uniform(*block.nights, len(sizes))).astype(int).tolist()
        told = teller.tell(len(sizes), guests)
        for size, night, story in zip(sizes, begun, told, strict=True):
            self._put_story(story, size, min(night, block.last_night))
        for (night, site), articles in self._standing.items():
            self._put_pages(night, site, articles)
        return self._tables

    def _add(self, table: str, *values: object) -> None:
        """Add a row; None is null."""
        texts = ["\\N" if value is None else str(value) for value in values]
        self._tables[table].append("\t".join(texts) + "\n")

    def _story_sizes(self) -> list[int]:
        """Articles of each story: most are alone, few have many copies."""
        sizes = np.arange(2, MAX_COPIES + 1)
        weights = sizes**-_COPIES_EXPONENT
        left, drawn = self._block.articles, []
        while left:
            alone = self._chance.random() < _ALONE
            size = 1 if alone else int(self._chance.choice(sizes, p=weights / weights.sum()))
            drawn.append(min(size, left))
            left -= drawn[-1]
        return drawn

    def _put_story(self, story: Story, size: int, begun: int) -> None:
        chance = self._chance
        agency = None
        if chance.random() < _AGENCY:
            agency = AGENCIES[min(int(chance.zipf(1.5)) - 1, len(AGENCIES) - 1)]
        delays = np.minimum(chance.geometric(0.6, size) - 1, _LATEST).tolist()
        delays[0] = 0
        told = [
            self._put_article(story, agency, min(begun + delay, self._block.last_night), at)
            for at, delay in enumerate(delays)
        ]
        first = min(told, key=lambda one: (one.night, -one.characters, one.article_id))
        for one in told:
            self._add("news.story_articles", one.article_id, first.article_id)
        self._put_pairs(sorted(told, key=lambda one: one.article_id))

    def _put_article(self, story: Story, agency: str | None, night: int, at: int) -> _Article:
        """Store the first text of a story, or a copy: with a figure of its own, often cut short."""
        kept = len(story.paragraphs)
        paragraphs = [one.text for one in story.paragraphs]
        if at:
            if kept > 1 and self._chance.random() > _WHOLE:
                kept = int(self._chance.integers(1, kept))
            paragraphs = [*paragraphs[:kept], str(self._chance.integers(10**9, 10**10))]
        body = "\\n\\n".join(paragraphs)
        digest = hashlib.sha256(f"{story.title}\n{body}".encode()).hexdigest()
        article_id = digest[:32]
        words = sum(one.words for one in story.paragraphs[:kept]) + bool(at)
        is_cut = kept < len(story.paragraphs)
        source = "dateline" if self._chance.random() < 0.3 else None
        values = (f"\\\\x{digest}", story.title, body, words, "en", None, None, agency)
        dated = _night(night) if source else None
        add = self._add
        add("news.articles", article_id, *values, is_cut, _night(night), dated, source)
        for number, caption in enumerate(story.captions, 1):
            add("news.captions", article_id, number, caption, *_credit(agency, night))
        tables = self._tables
        tables["news.mentions"] += [f"{article_id}\t{row}" for row in story.beside]
        for one in story.paragraphs[:kept]:
            tables["news.mentions"] += [f"{article_id}\t{row}" for row in one.mentions]
            tables["news.quotations"] += [f"{article_id}\t{row}" for row in one.quotations]
        characters = len(body) - (len(paragraphs) - 1) * 2
        self._stand(article_id, night, characters)
        shingles = max(story.title_words + words - _SHINGLE + 1, 1)
        return _Article(article_id, night, characters, shingles, bool(at))

    def _stand(self, article_id: str, night: int, characters: int) -> None:
        """Let an article stand in one page or in several, the first of them on its first night."""
        chance = self._chance
        count = 1 + int(chance.choice(len(_OCCURRENCES), p=_OCCURRENCES))
        for at in range(count):
            when = night if not at else night + int(chance.integers(0, _LATEST))
            site = -1 if chance.random() < _TEXT_FILES else int(SITES * chance.random() ** 1.5)
            key = min(when, self._block.last_night), site
            self._standing[key].append((article_id, characters))

    def _put_pairs(self, told: Sequence[_Article]) -> None:
        """All pairs of a story of few, else each with the first ones, as linking does.

        Copies keep the beginning of the first text and end in a figure of their own.
        """
        for one, other in combinations(told, 2):
            if len(told) > HUBS and one not in told[:HUBS]:
                continue
            common = min(one.shingles - one.is_copy, other.shingles - other.is_copy)
            jaccard = common / (one.shingles + other.shingles - common)
            values = (one.shingles, other.shingles, max(common, 1))
            relation = "near" if jaccard >= 0.7 else "contained"
            ids = (one.article_id, other.article_id)
            self._add("news.duplicate_pairs", *ids, *values, relation)

    def _put_pages(self, night: int, site: int, articles: list[tuple[str, int]]) -> None:
        """Put what stands in a site on a night into a file; a text file is one page."""
        if site < 0:
            for at, one in enumerate(articles):
                path = f"texts/{self._block.number:05d}-{night:04d}-{at:05d}.txt"
                self._put_file(night, path, "text/plain", [[one]], None)
            return
        host = f"news{site:02d}.example"
        pages = [articles[at : at + _PAGE] for at in range(0, len(articles), _PAGE)]
        path = f"{host}/{self._block.number:05d}.jsonl"
        self._put_file(night, path, "application/jsonl", pages, host)

    def _put_file(
        self,
        night: int,
        path: str,
        media_type: str,
        pages: Sequence[Sequence[tuple[str, int]]],
        site: str | None,
    ) -> None:
        add, day = self._add, _night(night)
        digest = hashlib.sha256(path.encode()).hexdigest()
        seen = (day, path, f"\\\\x{digest}", 4_000 * len(pages))
        add("ops.ingested_files", *seen, "1", "1")
        if self._chance.random() < _REFUSED:
            refused = f"{path}.bad"
            add("ops.ingested_files", day, refused, *seen[2:], "1", None)
            key = derive_key("quarantine", day, refused, 0).hex
            add("ops.quarantine", key, day, refused, None, "binary", "It is no text.", "\\\\x00")
        file_id = derive_key("file", day, path).hex
        add("news.source_files", file_id, *seen, media_type, "utf-8", len(pages))
        for number, page in enumerate(pages, 1):
            page_id = derive_key("page", file_id, number).hex
            url = f"https://{site}/{file_id[:8]}/{number}" if site else None
            end = sum(characters + 4 for _, characters in page)
            place = (number, 4_000 * (number - 1), 4_000 * number, end)
            add("news.pages", page_id, file_id, *place, url, site, "mirror", False)
            start = 0
            for ordinal, (article_id, characters) in enumerate(page, 1):
                stop = start + characters
                add("news.article_occurrences", page_id, ordinal, article_id, start, stop)
                start = stop + 4


def _night(number: int) -> str:
    return (FIRST_NIGHT + timedelta(number)).isoformat()


def _credit(agency: str | None, night: int) -> Iterator[str | None]:
    yield agency
    yield f"{{{agency}}}" if agency else "{}"
    yield _night(night) if agency else None
    yield "day" if agency else None
