"""Nights as Dagster partitions."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.settings import settings

NIGHTS = dg.DailyPartitionsDefinition(
    start_date=settings().first_night.isoformat(),
    timezone=settings().timezone,
    # The night that has just begun can be loaded too.
    end_offset=1,
)

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"
_PARTITION = "dagster/partition"


def newest_due(now: datetime, hour: int) -> date:
    """The newest night of which the hour, on the day after it, is past; in the zone that is set."""
    here = now.astimezone(ZoneInfo(settings().timezone))
    return here.date() - timedelta(days=1 if here.hour >= hour else 2)


def range_tags(first: date, last: date) -> dict[str, str]:
    """Tags that make one run load the nights `first` to `last`."""
    return {_RANGE_START: first.isoformat(), _RANGE_END: last.isoformat()}


def nights_of_run(tags: dict[str, str]) -> tuple[date, date] | None:
    """First and last night of a run, by its tags; None for one without partitions."""
    if night := tags.get(_PARTITION):
        return date.fromisoformat(night), date.fromisoformat(night)
    if first := tags.get(_RANGE_START):
        return date.fromisoformat(first), date.fromisoformat(tags[_RANGE_END])
    return None
