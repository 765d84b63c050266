"""Money at the channel whose payment the books have, but not as paid: the exception names both."""

from dataclasses import replace

import pytest
from bihuan.payments.v1 import feed_pb2, payment_feed_service_pb2, payment_pb2
from bihuan.reconciler.v1 import exception_pb2, explanation_service_pb2, run_pb2
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import select

from chassis.money import Money
from services.reconciler import clients
from services.reconciler.domain.payment import Change, UnpaidPayment
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.tables import PaymentFactRow, UnpaidPaymentRow
from tests.reconciler.builders import NOON, System, a_bill, a_bill_row, a_payment, class_names, exceptions_of

STATUS = exception_pb2.EXCEPTION_CLASS_STATUS_CHANNEL_SUCCESS


def unpaid(no: int = 1, state: str = "PROCESSING", **changed: object) -> UnpaidPayment:
    """Payment `no` of 12.00 CNY, as payments told it before the channel's word came."""
    payment = UnpaidPayment(
        payment_id=f"pay_open_{no}",
        merchant_id="city-water",
        merchant_order_no=f"order-{no}",
        bill_no="",
        channel="wechat_pay",
        channel_txn_no="",
        amount=Money("CNY", 1200),
        state=state,
        create_time=NOON,
        first_sequence=0,
        version=1,
    )
    return replace(payment, **changed)  # type: ignore[arg-type]


async def mirror(system: System, *payments: UnpaidPayment) -> None:
    async with system.sessions.begin() as session:
        await MirrorStore(session).mirror_unpaid(payments)


async def mirrored(system: System) -> list[tuple[str, str, int]]:
    async with system.sessions() as session:
        rows = await session.scalars(select(UnpaidPaymentRow).order_by(UnpaidPaymentRow.payment_id))
        return [(row.payment_id, row.state, row.version) for row in rows]


@pytest.mark.parametrize("state", ["CREATED", "PROCESSING", "UNKNOWN", "FAILED", "CLOSED"])
async def test_a_line_whose_payment_is_not_paid_in_the_books_is_an_exception_with_both(system: System, state: str):
    await mirror(system, unpaid(1, state))
    await system.ingest(a_bill(a_bill_row(1)))

    run = await system.run()

    assert run.state == run_pb2.Run.STATE_SUCCEEDED, run.failure_message
    (exception,) = await exceptions_of(system, merchant_id="city-water")
    assert (exception.exception_class, exception.payment_id) == (STATUS, "pay_open_1")
    assert (exception.book_amount.amount_minor, exception.channel_amount.amount_minor) == (1200, 1200)
    assert (run.totals.payment_count, run.totals.line_count) == (1, 1)
    async with system.sessions() as session:
        assert list(await session.scalars(select(PaymentFactRow))) == [], "payments knows that it was not paid"


async def test_why_is_told_of_the_payment_that_was_not_paid(system: System):
    await mirror(system, unpaid(1, "CLOSED"))
    await system.ingest(a_bill(a_bill_row(1)))
    await system.run()

    request = explanation_service_pb2.ExplainPaymentRequest(payment_id="pay_open_1")
    found = (await system.explanations.ExplainPayment(request)).explanation

    assert (found.exception_class, found.rule.rule_id) == (STATUS, "order")
    assert [row.row_id for row in found.payments] == ["pay_open_1"]


async def test_a_payment_that_nobody_paid_is_in_no_run(system: System):
    await mirror(system, unpaid(1), unpaid(2))
    await system.record(3)
    await system.ingest(a_bill(a_bill_row(3)))

    run = await system.run()

    assert (run.totals.payment_count, run.totals.matched_count) == (1, 1)
    assert await class_names(system) == []


async def test_once_the_books_have_the_money_a_run_again_matches_it_and_resolves_the_exception(system: System):
    await mirror(system, unpaid(1, payment_id="pay_open_1"))
    await system.ingest(a_bill(a_bill_row(1)))
    first = await system.run("run-00001")
    await system.record(1)
    async with system.sessions.begin() as session:  # the payment of the order, by the id that it has in payments
        await MirrorStore(session)._no_longer_unpaid(["pay_open_1"])

    again = await system.run("run-00002")

    assert (first.totals.matched_count, again.totals.matched_count) == (0, 1)
    assert await class_names(system, state=exception_pb2.Exception.STATE_OPEN) == []
    assert first.pins.neighbours_digest != again.pins.neighbours_digest


async def test_the_newest_word_of_a_payment_stays_and_none_once_it_is_paid(system: System):
    await mirror(system, unpaid(1, "PROCESSING", version=2), unpaid(1, "CREATED", version=1), unpaid(2))
    await mirror(system, unpaid(1, "CREATED", version=1))
    before = await mirrored(system)
    paid = a_payment(1, payment_id="pay_open_1", version=3)
    async with system.sessions.begin() as session:
        await MirrorStore(session).mirror([Change(9, paid)])
    await mirror(system, unpaid(1, "PROCESSING", version=2))

    assert before == [("pay_open_1", "PROCESSING", 2), ("pay_open_2", "PROCESSING", 1)]
    assert await mirrored(system) == [("pay_open_2", "PROCESSING", 1)]


def test_the_feed_tells_of_payments_that_have_succeeded_and_of_those_that_have_not():
    at = Timestamp()
    at.FromDatetime(NOON)
    told = payment_pb2.Payment(
        payment_id="pay_1",
        merchant_id="city-water",
        merchant_order_no="order-1",
        channel="wechat_pay",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=1200),
        state=payment_pb2.Payment.STATE_UNKNOWN,
        create_time=at,
        version=2,
    )
    response = payment_feed_service_pb2.StreamPaymentChangesResponse(
        changes=[feed_pb2.PaymentChange(sequence=7, payment=told)], next_sequence=8
    )

    batch = clients._batch(response)

    assert (batch.changes, batch.next_sequence) == ((), 8)
    expected = unpaid(1, "UNKNOWN", payment_id="pay_1", first_sequence=7, version=2)
    assert batch.unpaid == (expected,)
