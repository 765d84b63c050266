"""What a statement of one business day holds. The channels' day is the calendar day in Beijing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.channel_sandbox.domain.order import Order
from services.channel_sandbox.domain.refund import Refund

_BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class StatementDay:
    """What was paid on a day, and the refunds accepted on it that have succeeded, each with its order."""

    day: date
    paid: Sequence[Order]
    refunded: Sequence[tuple[Order, Refund]]
    made_at: datetime

    @property
    def is_empty(self) -> bool:
        """Whether nothing moved."""
        return not self.paid and not self.refunded


def day_of(at: datetime) -> date:
    """The business day of an instant."""
    return at.astimezone(_BEIJING).date()


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The first instant of a day and that of the next, in UTC."""
    start = datetime.combine(day, time(), _BEIJING)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)
