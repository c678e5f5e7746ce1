"""The charts of a night's report, drawn by Altair and vl-convert as SVG.

They are drawn 360 units wide, which is a phone: so their letters are never smaller than they are
here. SVG is read without a script, prints sharply, and its words can be searched for.

No name of the archive reaches the renderer: a control character in one ends the whole process. It
draws a number in place of each, and the names are put there afterwards, escaped.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from html import escape
from importlib.resources import files
from math import tau
from typing import Any

import altair as alt
import vl_convert

from pipelines.reports.labels import OFFSET, Spot, spread
from pipelines.reports.records import Kind, Named, NightCount, Rising, Together

_VEGA_LITE = alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
_WIDTH = 360
_INK, _FAINT, _PALE, _BLUE, _RED = "#1f2328", "#6b7280", "#e5e7eb", "#9db8d6", "#b3412e"
_FONT = "Helvetica, Arial, sans-serif"
_LETTER = 6.2
"""Room for a letter of a label. It is guessed, since the reader's font may be wider than ours."""
_MARGIN = 14
_PADDING = 9
_LONGEST = 150
_ROW, _LARGEST_CELL = 22, 30
_FEWEST_NIGHTS = 14
_MAP_HEIGHT = 150
_NORTH = 88
_BARE: Mapping[str, Any] = {"domain": False, "ticks": False, "labelPadding": _PADDING}
_PATH = re.compile(r'(?<= d=")[^"]*')
_DECIMALS = re.compile(r"(\.\d)\d+")
_STAND_IN = re.compile(r">@(\d+)@<")
_CLIP = re.compile(r'(?<= id=")clip\d+(?=")|(?<=url\(#)clip\d+(?=\))')


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart, and what it shows in words."""

    svg: str
    words: str


def timeline(night: date, counts: Sequence[NightCount]) -> Chart:
    """New articles of the last nights, and how many of them began a story."""
    # Alone on the axis, a night would be a bar as wide as the page.
    first = min(counts[0].night, night - timedelta(days=_FEWEST_NIGHTS - 1))
    articles, stories = "new articles", "of these, the first of a new story"
    rows = [
        {"night": one.night.isoformat(), "count": value, "of": of}
        for one in counts
        for of, value in ((articles, one.articles), (stories, one.stories))
    ]
    chart = (
        alt.Chart(_ROWS)
        .mark_bar()
        .encode(
            x=alt.X(
                "night:T",
                timeUnit="utcyearmonthdate",
                title=None,
                scale=alt.Scale(
                    domain=[first.isoformat(), (night + timedelta(days=1)).isoformat()]
                ),
                axis=alt.Axis(
                    format="%-d %b", labelOverlap=True, labelSeparation=8, tickCount=5, grid=False
                ),
            ),
            y=alt.Y(
                "count:Q",
                stack=None,
                title=None,
                axis=alt.Axis(tickCount=4, tickMinStep=1, minExtent=28, domain=False, ticks=False),
            ),
            color=alt.Color(
                "of:N",
                title=None,
                scale=alt.Scale(domain=[articles, stories], range=[_BLUE, _RED]),
                legend=alt.Legend(orient="top", direction="horizontal", labelLimit=250),
            ),
        )
        .properties(width=_WIDTH - 28 - _MARGIN, height=130)
    )
    last = counts[-1]
    words = (
        f"Bar chart of the new articles of {len(counts)} nights up to {night}. On {last.night}:"
        f" {last.articles}, of which {last.stories} began a story."
    )
    return _draw("timeline", chart, words, rows)


def rising(kind: Kind, entities: Sequence[Rising]) -> Chart:
    """Stories of the night against the usual number, an entity a line."""
    names = _distinct([one.display_name for one in entities])
    rows = [
        {"name": _stand_in(at), "stories": one.stories, "usual": round(one.usual, 2)}
        for at, one in enumerate(entities)
    ]
    room = _room(names, _LONGEST)
    y = alt.Y("name:N", sort=None, title=None, axis=_axis(room))
    usual = alt.X("usual:Q", title=None, axis=_COUNTS)
    base = alt.Chart(_ROWS).encode(y=y)
    chart = alt.layer(
        base.mark_rule(color=_BLUE, strokeWidth=4).encode(x=usual, x2="stories:Q"),
        base.mark_point(filled=False, color=_FAINT, fill="white", size=45, opacity=1).encode(
            x="usual:Q"
        ),
        base.mark_point(filled=True, color=_RED, size=60, opacity=1).encode(x="stories:Q"),
    ).properties(width=_WIDTH - room - _MARGIN, height=_ROW * len(rows))
    words = "Stories of the night against the usual number: " + "; ".join(
        f"{name} {one.stories}, usually {one.usual:.1f}"
        for name, one in zip(names, entities, strict=True)
    )
    return _draw(kind, chart, words, rows, [_cut(name, room) for name in names])


def together(named: Sequence[Named], pairs: Sequence[Together]) -> Chart:
    """A matrix of the most named entities: the darker, the more stories name both."""
    names = _distinct([one.display_name for one in named])
    stories = {(pair.one, pair.other): pair.stories for pair in pairs}
    rows = [
        {
            "one": _stand_in(one),
            "other": _stand_in(other),
            "stories": (both := stories.get((min(one, other), max(one, other)), 0)),
            "label": str(both or ""),
        }
        for one in range(len(names))
        for other in range(len(names))
    ]
    room = _room(names, _LONGEST)
    cell = min(_LARGEST_CELL, (_WIDTH - room - _MARGIN) / len(names))
    side = cell * len(names)
    most = max(stories.values(), default=1)
    base = alt.Chart(_ROWS).encode(
        x=alt.X(
            "other:N",
            sort=None,
            title=None,
            axis=_axis(room, orient="top", labelAngle=-90),
        ),
        y=alt.Y("one:N", sort=None, title=None, axis=_axis(room)),
    )
    chart = alt.layer(
        base.mark_rect(stroke="white").encode(
            color=alt.Color(
                "stories:Q",
                scale=alt.Scale(domain=[0, most], range=["#f7f1ef", _RED]),
                legend=None,
            )
        ),
        base.mark_text(fontSize=8).encode(
            text="label:N",
            color=alt.condition(alt.datum.stories > most / 2, alt.value("white"), alt.value(_INK)),
        ),
    ).properties(width=side, height=side)
    strongest = sorted(pairs, key=lambda pair: (-pair.stories, pair.one, pair.other))[:5]
    words = f"Matrix of the {len(names)} most named. Stories that name two of them: " + (
        "; ".join(f"{names[p.one]} with {names[p.other]} {p.stories}" for p in strongest) or "none"
    )
    labels = [_cut(name, room) for name in names]
    return _draw("together", chart, words, rows, labels, spare=_WIDTH - room - _MARGIN - side)


def world(spots: Sequence[Spot]) -> Chart:
    """A map of the world with a circle a place, as large as the stories that name it are many."""
    sides = spread(spots, _WIDTH)
    rows = [asdict(spot) | {"name": _stand_in(at)} for at, spot in enumerate(spots)]
    beside = {
        side: [rows[at] for at, other in sides.items() if other == side]
        for side in ("right", "left")
    }
    land = alt.NamedData(name="land", format=alt.TopoDataFormat(type="topojson", feature="land"))
    most = max(spot.stories for spot in spots)
    size = alt.Size("stories:Q", scale=alt.Scale(domain=[0, most], range=[4, 220]), legend=None)
    chart = (
        alt.layer(
            alt.Chart(land).mark_geoshape(fill=_PALE, stroke="white", strokeWidth=0.3),
            alt.Chart(_ROWS)
            .mark_circle(color=_RED, opacity=0.6, stroke="white", strokeWidth=1)
            .encode(longitude="longitude:Q", latitude="latitude:Q", size=size),
            _place_names("right", align="left", dx=OFFSET),
            _place_names("left", align="right", dx=-OFFSET),
        )
        .project(type="equirectangular", scale=_WIDTH / tau, translate=[_WIDTH / 2, _NORTH])
        .properties(width=_WIDTH, height=_MAP_HEIGHT)
    )
    words = f"Map of the world with {len(spots)} places. Most stories name " + ", ".join(
        f"{spot.name} ({spot.stories})" for spot in spots[:5]
    )
    labels = [spot.name for spot in spots]
    return _draw("world", chart, words, rows, labels, {"land": _outlines(), **beside})


def _place_names(side: str, **position: Any) -> alt.Chart:  # noqa: ANN401 - as Altair has them
    """Names of places on one side of them; the page draws their white edge below the letters."""
    names: alt.Chart = alt.Chart(alt.NamedData(name=side)).mark_text(
        fontSize=9, fill=_INK, stroke="white", strokeWidth=2, **position
    )
    return names.encode(longitude="longitude:Q", latitude="latitude:Q", text="name:N")


_ROWS = alt.NamedData(name="rows")
_COUNTS = alt.Axis(tickCount=5, tickMinStep=1, domain=False, ticks=False, labelFlush=False)


def _axis(room: float, **options: Any) -> alt.Axis:  # noqa: ANN401 - as Altair has them
    """An axis of names that takes so much room, whatever font measures them."""
    bounds: Mapping[str, Any] = {"minExtent": room, "maxExtent": room}
    return alt.Axis(**_BARE, **bounds, labelLimit=0, **options)


def _stand_in(number: int) -> str:
    """What the renderer draws in place of a name."""
    return f"@{number}@"


def _cut(name: str, room: float) -> str:
    """A name that fits into the room of an axis."""
    letters = int((room - _PADDING) / _LETTER)
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _room(names: Sequence[str], most: float) -> float:
    return min(most, _LETTER * max(map(len, names), default=0) + _PADDING)


@cache
def _outlines() -> Any:  # noqa: ANN401 - TopoJSON
    return json.loads(files("pipelines.reports").joinpath("data/land-110m.json").read_bytes())


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as they are, but for those that stand there before: a chart would take them for one."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


def _draw(
    name: str,
    chart: Any,  # noqa: ANN401 - Altair's charts have no common type
    words: str,
    rows: object,
    labels: Sequence[str] = (),
    others: Mapping[str, object] | None = None,
    spare: float = 0,
) -> Chart:
    """A chart as SVG, with room to spare at its right so that all charts are of one width."""
    styled = chart.configure(
        # The page tells it in words; read aloud, every mark would be an image.
        aria=False,
        font=_FONT,
        background="white",
        padding={"left": 4, "top": 4, "bottom": 4, "right": 4 + spare},
        axis=alt.AxisConfig(
            labelColor=_INK, labelFontSize=10, gridColor=_PALE, domainColor=_FAINT, tickColor=_FAINT
        ),
        legend=alt.LegendConfig(labelFontSize=10, labelColor=_INK, symbolType="square"),
        view=alt.ViewConfig(stroke=None),
    )
    # Altair copies data that it holds over and over; it need not know them.
    spec = styled.to_dict() | {"datasets": {"rows": rows} | dict(others or {})}
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE, allowed_base_urls=[])
    svg = _STAND_IN.sub(lambda number: f">{escape(labels[int(number[1])], quote=False)}<", svg)
    svg = _PATH.sub(lambda path: _DECIMALS.sub(r"\1", path[0]), svg)
    svg = svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
    return Chart(_with_own_ids(svg, name), words)


def _with_own_ids(svg: str, name: str) -> str:
    """An SVG whose ids are its own within the page; as they come they count all charts ever drawn."""
    numbers: dict[str, int] = {}
    return _CLIP.sub(lambda m: f"{name}-clip{numbers.setdefault(m[0], len(numbers))}", svg)
