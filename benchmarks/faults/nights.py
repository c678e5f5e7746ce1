"""Nights to load while things break: small articles, made up, the same for the same seed."""

import gzip
import random
from pathlib import Path

Files = dict[str, bytes]
"""Contents of a night's files by name."""

_GIVEN = ("Ayla", "Grace", "Jonas", "Pema", "Mateus", "Ines", "Tomas", "Leila")
_STARTS = (
    "Ba",
    "Chel",
    "Dor",
    "Fen",
    "Gar",
    "Hol",
    "Ila",
    "Kar",
    "Lom",
    "Mar",
    "Nor",
    "Osk",
    "Par",
)
_MIDDLES = ("a", "ena", "i", "oni", "ula", "esta", "ir", "and", "o", "ura")
_ENDS = ("dez", "ford", "mir", "nia", "pur", "ris", "stad", "tov", "vik", "well")
_BODIES = ("the port authority", "the city council", "the water board", "the election commission")
_DEEDS = ("opened", "refused", "postponed", "paid for", "measured", "repaired", "praised", "closed")
_THINGS = ("a bridge", "the ferry line", "two reservoirs", "a vote", "the old pier", "a dam")
_ARTICLES = 2
_REPEATED = 0.05
_EDITED = 0.05
_BAD = (
    ("txt", b""),
    ("txt", b"\x89PNG\r\n\x1a\n\0\0"),
    ("txt", b"Weather\n\nTop stories\n\nRead more\n"),
    ("txt", b"A page\x00with NUL bytes.\n"),
    ("txt.gz", gzip.compress(b"Cut short. " * 400, mtime=0)[:-20]),
    ("docx", b"no text"),
)


def night(seed: int, number: int, files: int, bad: float = 0.05) -> Files:
    """A night's files: pages of two articles, some of them repeats or edits of earlier ones.

    Of the files the share `bad` cannot be loaded.
    """
    draw = random.Random(f"{seed}/{number}")
    made: Files = {}
    for at in range(files):
        if draw.random() < bad:
            ending, data = draw.choice(_BAD)
        else:
            first = (number * files + at) * _ARTICLES
            texts = [_article(seed, one) for one in range(first, first + _ARTICLES)]
            ending, data = "txt", "\n\n\n\n".join(texts).encode()
            data += b"\n\nRead more\nTop stories\nWeather"
        made[f"{at:04}.{ending}"] = data
    return made


def put(folder: Path, files: Files) -> None:
    """Write files into a night's folder, each complete at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        unfinished = folder / f"{name}.part"
        unfinished.write_bytes(data)
        unfinished.rename(folder / name)


def _article(seed: int, number: int) -> str:
    """The article of a number: one of its own, an earlier one again, or an edit of an earlier one."""
    draw = random.Random(f"{seed}/article/{number}")
    chance = draw.random()
    if number and chance < _REPEATED + _EDITED:
        earlier = draw.randrange(max(0, number - 1_000), number)
        text = _article(seed, earlier)
        return text if chance < _REPEATED else f"{text} {_sentence(draw)}"
    place = _name(draw)
    head = f"Report {number} from {place}\n\nA view of {place}, May {1 + number % 28}, 2025. (AP)"
    paragraphs = [_sentence(draw) for _ in range(draw.randint(2, 5))]
    return f"{head}\nTT\n\n{head}\n\n" + "\n\n".join(paragraphs)


def _sentence(draw: random.Random) -> str:
    return (
        f"{draw.choice(_GIVEN)} {_name(draw)} of {draw.choice(_BODIES)} said in {_name(draw)} that "
        f"{draw.choice(_BODIES)} of {_name(draw)} had {draw.choice(_DEEDS)} {draw.choice(_THINGS)} "
        f"near {_name(draw)} after {draw.randint(2, 900)} days."
    )


def _name(draw: random.Random) -> str:
    return draw.choice(_STARTS) + draw.choice(_MIDDLES) + draw.choice(_ENDS)
