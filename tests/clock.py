"""A time zone for tests that name nights by the clock: no day ends there while they run."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NOON_ZONE = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"  # the sign counts westwards
"""Where it was between twelve and one when the tests began, of the same day as in UTC."""

TODAY = datetime.now(ZoneInfo(NOON_ZONE)).date()
"""The day it is there."""
