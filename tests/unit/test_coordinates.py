"""Where places lie."""

import pytest

from pipelines.news.coordinates import coordinates
from pipelines.news.regions import region


def test_a_city_lies_where_it_lies() -> None:
    assert coordinates("PE", 3936456) == pytest.approx((-77.03, -12.04), abs=0.1)


@pytest.mark.parametrize(
    ("code", "capital"),
    [("TR", (32.9, 39.9)), ("US", (-77.0, 38.9)), ("PS", (35.2, 31.8)), ("UA", (30.5, 50.5))],
)
def test_a_country_lies_at_its_capital(code: str, capital: tuple[float, float]) -> None:
    assert coordinates(code) == pytest.approx(capital, abs=0.2)


def test_a_region_lies_at_its_largest_city() -> None:
    bavaria = region("bavaria")
    assert bavaria
    assert coordinates("DE", bavaria.geoname_id) == pytest.approx((11.58, 48.14), abs=0.1)


@pytest.mark.parametrize(("code", "geoname_id"), [("AQ", None), ("XX", None), ("PE", 1)])
def test_what_is_not_known_lies_nowhere(code: str, geoname_id: int | None) -> None:
    assert coordinates(code, geoname_id) is None
