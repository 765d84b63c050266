"""The authority's days and months. It reads no clock."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Asia/Shanghai")


def day_of(now: datetime) -> date:
    """The calendar day in China."""
    return now.astimezone(_ZONE).date()


def period_of(now: datetime) -> str:
    """The calendar month in China, such as 2026-03."""
    return f"{now.astimezone(_ZONE):%Y-%m}"
