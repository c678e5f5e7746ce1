"""Random pages drawn from the grammar of a scraped page, with what they must turn into."""

from dataclasses import dataclass

from hypothesis import strategies as st

WORDS = [
    "harbour",
    "council",
    "Łódź",
    "river",
    "minister",
    "strike",
    "Türkiye",
    "wheat",
    "export",
    "ceasefire",
    "Nairobi",
    "bridge",
    "don’t",
    "“quiet”",
    "São",
    "election",
    "court",
    "d'Ivoire",
    "2026",
    "vote",
    "al-Karim",
    "glacier",
    "envoy",
    "14",
    "report",
    "café",
]

words = st.sampled_from(WORDS)


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """A sentence of 8 to 20 words that ends in a full stop."""
    return " ".join(draw(st.lists(words, min_size=8, max_size=20))).capitalize() + "."


@dataclass(frozen=True)
class DrawnArticle:
    """An article as drawn: what it holds, and one way of typesetting it."""

    title: str
    captions: tuple[str, ...]
    paragraphs: tuple[str, ...]
    text: str


@st.composite
def heads(draw: st.DrawFn, number: int) -> tuple[str, tuple[str, ...], list[str]]:
    """A title, its captions and the lines of one copy of the head."""
    title = f"Headline {number} " + " ".join(draw(st.lists(words, min_size=3, max_size=8)))
    count = draw(st.integers(0, 3))
    captions = tuple(
        f"Photo {number}.{at} " + " ".join(draw(st.lists(words, min_size=2, max_size=12)))
        for at in range(count)
    )
    copies = draw(st.integers(1, 2)) if captions else 1
    lines = [title]
    if captions:
        lines += ["", *(caption for caption in captions for _ in range(copies))]
    return title, captions, lines


@st.composite
def articles(draw: st.DrawFn, number: int) -> DrawnArticle:
    """One article, typeset with a marker, or without one where the grammar allows it."""
    title, captions, head = draw(heads(number))
    is_doubled = len([line for line in head if line]) > 1 + len(captions)
    markers = ["TT", "TT\n20", "TT\n\n7"] + ([""] if is_doubled else [])
    marker = draw(st.sampled_from(markers))
    paragraphs = tuple(draw(st.lists(sentences(), min_size=1, max_size=5)))
    separator = draw(st.sampled_from(["\n", "\n\n", "\n\n\n\n"]))
    copy = draw(st.sampled_from([retypeset, lambda line: line, lambda line: f"  {line}\t"]))
    second = "\n".join(copy(line) for line in head)
    parts = ["\n".join(head), marker, second, separator.join(paragraphs)]
    return DrawnArticle(title, captions, paragraphs, "\n\n".join(part for part in parts if part))


def retypeset(line: str) -> str:
    """The same line with other quote glyphs and other spaces."""
    return line.translate(str.maketrans("’“”", '\'""')).replace(" ", "\u00a0")


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[DrawnArticle]]:
    """A page of one to four articles and the articles in it; an article may stand there twice."""
    count = draw(st.integers(1, 4))
    drawn = [draw(articles(number)) for number in range(count)]
    if draw(st.booleans()):
        drawn.append(drawn[0])
    gap = draw(st.sampled_from(["\n\n\n\n", "\n\n", "\n"]))
    before = draw(st.sampled_from(["", "Home\nWorld\nSport\n\n\n\n", "\n \n"]))
    after = draw(
        st.sampled_from(["", "\n\nRead more\nTop stories\nWeather", "\n\n\n\nHome\nAbout"])
    )
    text = before + gap.join(article.text for article in drawn) + after
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"]))), drawn
