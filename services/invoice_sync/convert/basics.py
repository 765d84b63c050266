"""What every message shares: instants and money."""

from datetime import UTC, datetime

from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.money import Money


def money_to_proto(money: Money) -> money_pb2.Money:
    """An amount."""
    return money_pb2.Money(currency_code=money.currency_code, amount_minor=money.amount_minor)


def timestamp(moment: datetime | None) -> Timestamp | None:
    """An instant; unset for None."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def moment(stamp: Timestamp) -> datetime:
    """An instant of a message, in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)
