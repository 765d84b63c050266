"""What our intake is held against, behind the same server, handlers and checks.

naive: one transaction for each request, through SQLAlchemy Core over eight connections, with the same rows in the same
tables. echo: the answer without storing anything, which no intake behind this server can outrun.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from chassis import database, ids, telemetry
from chassis.clock import SystemClock
from services.payments.actions.intake import Asked
from services.payments.actions.refusal import refuse_pay_time
from services.payments.domain.intake import Recorded, content_sha256
from services.payments.domain.payment import Payment, first_change, judge_pay_time, succeeded_payment
from services.payments.store import feed
from services.payments.tables import OrderKeyRow, PaymentRow, RequestRow


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
        self._sessions = database.sessions(engine)
        self._clock = SystemClock()

    @telemetry.traced
    async def record_payment(self, asked: Asked) -> Recorded:
        """Both keys, payment and feed row, and one commit."""
        payment = _payment(asked, self._clock)
        async with self._sessions.begin() as session:
            await _add(session, asked, payment)
        return Recorded(payment)


async def _add(session: AsyncSession, asked: Asked, payment: Payment) -> None:
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
    for row, values in ((OrderKeyRow, order), (RequestRow, request)):
        taken = insert(row).values(**values).on_conflict_do_nothing().returning(row.payment_id)
        if (await session.execute(taken)).first() is None:
            raise RuntimeError("a key of the benchmark was used before: its figure would be of another work")
    await session.execute(insert(PaymentRow).values(**_columns(payment)))
    await feed.add_changes(session, [first_change(payment)])


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


def _payment(asked: Asked, clock: SystemClock) -> Payment:
    now = clock.now()
    assert asked.content.pay_time is not None, "the benchmark tells payments that have succeeded"
    refuse_pay_time(judge_pay_time(asked.content.pay_time, now))
    return succeeded_payment(asked.content, ids.new_id("pay", now), now, telemetry.current_traceparent())


RIVALS: Mapping[str, Callable[[AsyncEngine], EchoIntake | NaiveIntake]] = {"naive": NaiveIntake, "echo": EchoIntake}
