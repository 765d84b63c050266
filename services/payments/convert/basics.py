"""Money, instants and days, both ways."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import Fault, FieldFault, Kind
from chassis.money import Money, UnknownCurrency
from chassis.validation import invalid
from services.payments.domain.misfit import Misfit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOS = 1_000_000_000
# What google.protobuf.Timestamp may hold: from 0001-01-01 to the end of 9999.
_SECONDS_MIN, _SECONDS_MAX = -62_135_596_800, 253_402_300_799


def refuse_misfits(misfits: Sequence[Misfit], path: str = "") -> None:
    """Raise Fault INVALID_FIELD with each of them, if there is one; `path` is where the message stands in a batch."""
    if misfits:
        raise invalid(tuple(FieldFault(path + one.field, one.rule, one.message, one.message_zh) for one in misfits))


def to_day(field: str, text: str) -> date:
    """The day in a field that has the form of one. Raises Fault INVALID_FIELD when the calendar lacks it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid((FieldFault(field, "DATE", "is no day of the calendar", "不是有效日期"),)) from None


def to_money(field: str, money: money_pb2.Money) -> Money:
    """The amount in a field. Raises Fault UNKNOWN_CURRENCY."""
    try:
        return Money(money.currency_code, money.amount_minor)
    except UnknownCurrency as fault:
        code = money.currency_code
        message, message_zh = str(fault), f"ISO 4217 中没有可用的币种 {code}"
        fields = (FieldFault(f"{field}.currency_code", "ISO_4217", message, message_zh),)
        metadata = {"currency_code": code}
        raise Fault(Kind.INVALID, "UNKNOWN_CURRENCY", message, message_zh, fields=fields, metadata=metadata) from fault


def to_instant(field: str, timestamp: Timestamp) -> datetime:
    """The instant in a field. Raises Fault INVALID_FIELD when time does not reach that far."""
    if not (_SECONDS_MIN <= timestamp.seconds <= _SECONDS_MAX and 0 <= timestamp.nanos < _NANOS):
        raise invalid((FieldFault(field, "TIMESTAMP", "is out of the range of time", "时间超出范围"),))
    return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)


def from_money(money: Money) -> money_pb2.Money:
    """The contract's money."""
    return money_pb2.Money(currency_code=money.currency_code, amount_minor=money.amount_minor)


def from_instant(instant: datetime) -> Timestamp:
    """The contract's instant."""
    told = Timestamp()
    put_instant(told, instant)
    return told


def put_instant(told: Timestamp, instant: datetime) -> None:
    """The same, put where it belongs: what is made apart is copied to its place. 1970 itself is set too."""
    since = instant - _EPOCH
    told.seconds, told.nanos = since.days * 86_400 + since.seconds, since.microseconds * 1_000
