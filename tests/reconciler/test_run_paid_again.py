"""A bill that was paid on one channel or day and again on another is an exception in the later one's run."""

from datetime import timedelta

from bihuan.reconciler.v1 import exception_pb2, run_pb2
from sqlalchemy import insert

from services.reconciler.domain.payment import Change
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.tables import RefundRow
from tests.reconciler.builders import (
    DAY,
    NOON,
    System,
    a_bill,
    a_bill_row,
    a_payment,
    class_names,
    exceptions_of,
    matches_of,
)

DUPLICATE = exception_pb2.EXCEPTION_CLASS_DUPLICATE_PAYMENT


async def paid_elsewhere(system: System, payment_id: str = "pay_0000", **changed: object) -> None:
    """A payment of the bill on another channel, mirrored."""
    told = {"bill_no": "water-2026-02", "channel": "alipay", "payment_id": payment_id, "pay_time": NOON, **changed}
    async with system.sessions.begin() as session:
        await MirrorStore(session).mirror([Change(0, a_payment(90, **told))])


async def test_a_bill_that_was_paid_on_another_channel_before_is_paid_again_here(system: System):
    await paid_elsewhere(system)
    payment_id = await system.record(1, bill_no="water-2026-02")
    await system.record(2, bill_no="water-2026-03")
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(2)))

    run = await system.run()

    assert run.state == run_pb2.Run.STATE_SUCCEEDED, run.failure_message
    (exception,) = await exceptions_of(system)
    assert (exception.exception_class, exception.payment_id) == (DUPLICATE, payment_id)
    assert "payment pay_0000 came first" in exception.explanation
    assert "首笔为支付单 pay_0000" in exception.explanation_zh
    assert run.totals.matched_count == 1
    assert len(await matches_of(system, run)) == 1


async def test_the_first_of_them_is_matched_whichever_run_comes_first(system: System):
    await paid_elsewhere(system, pay_time=NOON + timedelta(hours=3))
    await system.record(1, bill_no="water-2026-02")
    await system.ingest(a_bill(a_bill_row(1)))

    run = await system.run()

    assert run.totals.matched_count == 1
    assert await class_names(system) == []


async def test_other_money_another_merchant_or_another_bill_is_no_repeat(system: System):
    await paid_elsewhere(system, "pay_01", merchant_order_no="a", merchant_id="city-heat")
    await paid_elsewhere(system, "pay_02", merchant_order_no="b", bill_no="water-2026-01")
    await paid_elsewhere(system, "pay_03", merchant_order_no="c", pay_time=NOON - timedelta(days=8))
    await system.record(1, bill_no="water-2026-02")
    await system.ingest(a_bill(a_bill_row(1)))

    run = await system.run()

    assert run.totals.matched_count == 1


async def test_what_was_given_back_before_may_be_paid_again(system: System):
    await paid_elsewhere(system)
    async with system.sessions.begin() as session:
        await session.execute(
            insert(RefundRow).values(
                refund_id="ref_1",
                payment_id="pay_0000",
                merchant_id="city-water",
                channel="alipay",
                channel_txn_no="",
                merchant_order_no="",
                channel_refund_no="",
                merchant_refund_no="r-1",
                bill_no="",
                currency_code="CNY",
                amount_minor=1200,
                state="SUCCEEDED",
                at_time=NOON,
                first_sequence=1,
                version=2,
                traceparent="",
            )
        )
    await system.record(1, bill_no="water-2026-02")
    await system.ingest(a_bill(a_bill_row(1)))

    run = await system.run()

    assert run.totals.matched_count == 1


async def test_the_same_channel_on_the_day_before_counts_too(system: System):
    await system.record(1, bill_no="water-2026-02")
    next_day = NOON + timedelta(days=1)
    await system.record(2, bill_no="water-2026-02", pay_time=next_day)
    await system.ingest(a_bill(a_bill_row(1)))
    await system.ingest(a_bill(a_bill_row(2, create_time=next_day, book_time=next_day)), "ingest-0002")

    first = await system.run("run-00001")
    second = await system.run("run-00002", day=DAY + timedelta(days=1))

    assert (first.totals.matched_count, second.totals.matched_count) == (1, 0)
    assert await class_names(system, run_id=second.run_id) == ["DUPLICATE_PAYMENT"]


async def test_what_it_was_compared_with_is_a_pin_of_the_run(system: System):
    payment_id = await system.record(1, bill_no="water-2026-02")
    await system.ingest(a_bill(a_bill_row(1)))
    alone = await system.run("run-00001")
    await paid_elsewhere(system)

    again = await system.run("run-00002")

    assert again.same_as_run_id == ""
    assert alone.pins.neighbours_digest != again.pins.neighbours_digest
    assert [each.payment_id for each in await exceptions_of(system, run_id=again.run_id)] == [payment_id]
