"""Refunds of the books come with the feed, and a run holds them against the channel's."""

from datetime import timedelta

import grpc
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1 import refund_service_pb2_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.money import Money
from tests.reconciler.builders import NOON, System, a_bill, a_bill_row, class_names, matches_of


async def refund(target: str, payment_id: str, no: int, minor: int = 500) -> str:
    """Record a refund that the platform had its channel do; returns its id."""
    at = Timestamp()
    at.FromDatetime(NOON + timedelta(hours=2))
    request = pb.RecordRefundRequest(
        request_id=f"request-r{no}",
        payment_id=payment_id,
        merchant_refund_no=f"ours-{no}",
        channel_refund_no=f"theirs-{no}",
        finish_time=at,
        amount=money_pb2.Money(currency_code="CNY", amount_minor=minor),
    )
    async with grpc.aio.insecure_channel(target) as channel:
        answer = await refund_service_pb2_grpc.RefundServiceStub(channel).RecordRefund(request, timeout=20)
    return answer.refund.refund_id


def a_refund_row(no: int, minor: int = 500) -> object:
    """The row of the channel's bill that agrees with `refund(no)` of payment 1."""
    return a_bill_row(
        1,
        is_refund=True,
        amount=Money("CNY", minor),
        channel_refund_no=f"theirs-{no}",
        merchant_refund_no=f"ours-{no}",
        book_time=NOON + timedelta(hours=2),
    )


async def test_a_refund_that_both_sides_have_matches_and_counts_negative(system: System, payments_target: str):
    payment_id = await system.record(1)
    refund_id = await refund(payments_target, payment_id, 1)
    await system.ingest(a_bill(a_bill_row(1), a_refund_row(1)))

    run = await system.run()

    (match,) = [match for match in await matches_of(system, run) if match.payment_id == refund_id]
    assert (match.amount.amount_minor, match.key, match.rule_id) == (-500, "channel_refund_no", "refund_no")
    assert (run.totals.payment_count, run.totals.matched_count) == (2, 2)
    assert [money.amount_minor for money in run.totals.payment_sums] == [700]
    assert await class_names(system) == []


async def test_refunds_that_one_side_has_or_that_differ_are_exceptions_of_their_own_classes(
    system: System, payments_target: str
):
    payment_id = await system.record(1)
    for no, minor in ((1, 300), (2, 200)):
        await refund(payments_target, payment_id, no, minor)
    await system.ingest(a_bill(a_bill_row(1), a_refund_row(1, 310), a_refund_row(3, 100)))

    run = await system.run()

    assert await class_names(system, run_id=run.run_id) == [
        "REFUND_AMOUNT_MISMATCH",
        "REFUND_CHANNEL_ONLY",
        "REFUND_PLATFORM_ONLY",
    ]


async def test_a_refund_that_comes_into_the_books_later_is_another_pin_and_resolves_the_exception(
    system: System, payments_target: str
):
    payment_id = await system.record(1)
    await system.ingest(a_bill(a_bill_row(1), a_refund_row(1)))
    first = await system.run("run-00001")
    assert await class_names(system, run_id=first.run_id) == ["REFUND_CHANNEL_ONLY"]
    await refund(payments_target, payment_id, 1)

    second = await system.run("run-00002")

    assert second.pins.payments_manifest_digest == first.pins.payments_manifest_digest
    assert second.pins.neighbours_digest != first.pins.neighbours_digest
    assert second.totals.matched_count == 2
    assert await class_names(system, run_id=second.run_id) == []
