"""What our intake is held against, behind the same server, handlers, checks, translation and loops.

naive: one transaction for each request, as it is written when nobody thinks of speed and nobody slows it down either.
BEGIN, four INSERTs of the same rows into the same tables (both keys, each with what tells a repeat; payment; feed row)
and COMMIT, by SQLAlchemy Core on asyncpg, over the product's own engine with its eight connections, each asked whether
it lives before it is used. The statements are made once. No ORM: through a session the same costs twice the CPU.

echo: the answer without storing anything, which no intake behind this server can outrun.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import ids, telemetry
from chassis.clock import SystemClock
from services.payments.actions.intake import Asked
from services.payments.actions.refusal import refuse_pay_time
from services.payments.domain.intake import Recorded, content_sha256
from services.payments.domain.payment import ChangeKind, Payment, first_change, judge_pay_time, succeeded_payment
from services.payments.tables import FeedWaitingRow, OrderKeyRow, PaymentRow, RequestRow
from services.payments.tables.base import Base


class EchoIntake:
    """Answers as intake does, and keeps nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        del engine
        self._clock = SystemClock()

    @telemetry.traced
    async def record_payment(self, asked: Asked) -> Recorded:
        """The payment as it would be taken in."""
        return Recorded(_payment(asked, self._clock))

    async def batch_create_payments(self, asked: Sequence[Asked]) -> list[Recorded]:
        """The payments as they would be taken in."""
        return [Recorded(_payment(one, self._clock)) for one in asked]


class NaiveIntake:
    """Takes each payment in by a transaction of its own; a repeated key would be read back, but here none is."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._clock = SystemClock()

    @telemetry.traced
    async def record_payment(self, asked: Asked) -> Recorded:
        """Both keys, payment and feed row, and one commit."""
        payment = _payment(asked, self._clock)
        async with self._engine.begin() as connection:
            await _add(connection, asked, payment)
        return Recorded(payment)


def _table(row: type[Base]) -> Table:
    return cast("Table", row.__table__)


# Made once: SQLAlchemy then finds what it compiled by the statement's own key, which is its quickest way.
_TAKE_ORDER = insert(_table(OrderKeyRow)).on_conflict_do_nothing().returning(_table(OrderKeyRow).c.payment_id)
_TAKE_REQUEST = insert(_table(RequestRow)).on_conflict_do_nothing().returning(_table(RequestRow).c.payment_id)
_ADD_PAYMENT, _ADD_CHANGE = insert(_table(PaymentRow)), insert(_table(FeedWaitingRow))


async def _add(connection: AsyncConnection, asked: Asked, payment: Payment) -> None:
    sha256 = content_sha256(payment.content)
    order = {
        "merchant_id": payment.content.merchant_id,
        "merchant_order_no": payment.content.merchant_order_no,
        "payment_id": payment.payment_id,
        "content_sha256": sha256,
    }
    request = {
        "request_id": asked.request_id,
        "fingerprint": sha256,
        "payment_id": payment.payment_id,
        "create_time": payment.create_time,
    }
    for statement, values in ((_TAKE_ORDER, order), (_TAKE_REQUEST, request)):
        if (await connection.execute(statement, values)).first() is None:
            raise RuntimeError("a key of the benchmark was used before: its figure would be of another work")
    await connection.execute(_ADD_PAYMENT, _columns(payment))
    await connection.execute(_ADD_CHANGE, _change_columns(payment))


def _columns(payment: Payment) -> dict[str, object]:
    content = payment.content
    return {
        "payment_id": payment.payment_id,
        "merchant_id": content.merchant_id,
        "merchant_order_no": content.merchant_order_no,
        "bill_no": content.bill_no,
        "channel": content.channel,
        "channel_txn_no": content.channel_txn_no,
        "currency_code": content.amount.currency_code,
        "amount_minor": content.amount.amount_minor,
        "pay_time": content.pay_time,
        "payer_name": content.payer_name,
        "origin": payment.origin.value,
        "state": payment.state.value,
        "reconciliation_state": payment.reconciliation_state.value,
        "business_date": payment.business_date,
        "create_time": payment.create_time,
        "version": payment.version,
        "traceparent": payment.traceparent,
    }


def _change_columns(payment: Payment) -> dict[str, object]:
    line = first_change(payment).line
    assert line is not None, "the money came in with it"
    return {
        "payment_id": payment.payment_id,
        "version": payment.version,
        "kind": ChangeKind.PAYMENT.value,
        "ref_id": "",
        "state": payment.state.value,
        "reconciliation_state": payment.reconciliation_state.value,
        "refunded_minor": 0,
        "refund_reserved_minor": 0,
        "channel": line.channel,
        "business_date": line.business_date,
        "currency_code": line.amount.currency_code,
        "amount_minor": line.amount.amount_minor,
        "line_sha256": line.sha256,
    }


def _payment(asked: Asked, clock: SystemClock) -> Payment:
    now = clock.now()
    assert asked.content.pay_time is not None, "the benchmark tells payments that have succeeded"
    refuse_pay_time(judge_pay_time(asked.content.pay_time, now))
    return succeeded_payment(asked.content, ids.new_id("pay", now), now, telemetry.current_traceparent())


RIVALS: Mapping[str, Callable[[AsyncEngine], EchoIntake | NaiveIntake]] = {"naive": NaiveIntake, "echo": EchoIntake}
