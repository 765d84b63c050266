"""Which business day (业务日期) of a channel an instant falls on. It asks no clock and knows no holiday."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class ChannelDay:
    """How a channel cuts its days: in which zone, and how far from local midnight day D begins.

    `begins_minutes` is 120 when the day begins at 02:00 on D, and -60 when it begins at 23:00 on the day before.
    """

    zone: ZoneInfo
    begins_minutes: int = 0

    def __post_init__(self) -> None:
        assert abs(self.begins_minutes) < 12 * 60, "a day that begins nearer to another midnight has another name"


# A bill of WeChat Pay or Alipay covers the natural day in Beijing; a channel that does not stand here is taken to.
DEFAULT = ChannelDay(ZoneInfo("Asia/Shanghai"))
CALENDAR: Mapping[str, ChannelDay] = MappingProxyType({"wechat_pay": DEFAULT, "alipay": DEFAULT})


def business_date(channel: str, pay_time: datetime, calendar: Mapping[str, ChannelDay] = CALENDAR) -> date:
    """The channel's day that the instant falls on; the first instant of a day belongs to it."""
    assert pay_time.tzinfo is not None, "an instant without a zone falls on no day"
    day = calendar.get(channel, DEFAULT)
    on_the_wall = pay_time.astimezone(day.zone)
    if day.begins_minutes:
        on_the_wall = on_the_wall.replace(tzinfo=None) - timedelta(minutes=day.begins_minutes)
    return on_the_wall.date()
