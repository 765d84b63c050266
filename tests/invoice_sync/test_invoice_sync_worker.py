"""The loops: what one lane waits for, the other does not; and the feed is never taken with a gap."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from bihuan.payments.v1 import payment_feed_service_pb2, payment_feed_service_pb2_grpc, payment_pb2
from bihuan.payments.v1.feed_pb2 import PaymentChange
from bihuan.type.v1 import money_pb2

from chassis import server
from chassis.errors import Fault
from services.invoice_sync import clients, worker
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.config import Config
from services.invoice_sync.domain.standing import SyncState
from tests.invoice_sync.builders import TRACEPARENT, a_profile
from tests.support.eventually import eventually


class Feed(payment_feed_service_pb2_grpc.PaymentFeedServiceServicer):
    """The contract's feed over a list of changes, in batches of two."""

    def __init__(self, changes: list[PaymentChange]) -> None:
        self.changes = changes

    async def StreamPaymentChanges(self, request, context) -> AsyncIterator:
        wanted = [change for change in self.changes if change.sequence >= request.from_sequence]
        for start in range(0, len(wanted), 2):
            batch = wanted[start : start + 2]
            yield payment_feed_service_pb2.StreamPaymentChangesResponse(
                changes=batch, next_sequence=batch[-1].sequence + 1
            )


def a_change(sequence: int) -> PaymentChange:
    payment = payment_pb2.Payment(
        payment_id=f"pay_{sequence}",
        merchant_id="city-water",
        merchant_order_no=f"NO{sequence}",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=100),
        state=payment_pb2.Payment.STATE_SUCCEEDED,
        reconciliation_state=payment_pb2.Payment.RECONCILIATION_STATE_PENDING,
        version=1,
    )
    return PaymentChange(sequence=sequence, payment=payment, traceparent=TRACEPARENT)


async def test_the_feed_is_followed_from_the_cursor_on_and_a_gap_is_loud(system):
    told = Feed([a_change(1), a_change(2), a_change(3)])
    servicer = server.Servicer(
        "bihuan.payments.v1.PaymentFeedService",
        payment_feed_service_pb2_grpc.add_PaymentFeedServiceServicer_to_server,
        told,
    )
    running = await server.start("127.0.0.1:0", [servicer])
    payments = clients.connect(f"127.0.0.1:{running.port}")
    feed = clients.PaymentFeed(payments)
    await system.issue.set_merchant_profile(a_profile())

    first = await worker.follow_payments(feed, system.issue)
    again = await worker.follow_payments(feed, system.issue)
    told.changes.append(a_change(5))
    with pytest.raises(Fault, match="expected sequence 4, got 5"):
        await worker.follow_payments(feed, system.issue)
    told.changes.insert(3, a_change(4))
    rest = await worker.follow_payments(feed, system.issue)
    await payments.close()
    await running.stop()

    assert (first, again, rest) == (3, 0, 2)
    assert (await system.of_payment("pay_5")).payment_id == "pay_5"


async def test_what_the_feed_tells_of_refunds_is_not_invoiced(system):
    part, under_way = a_change(1), a_change(2)
    part.payment.refunded_amount.CopyFrom(money_pb2.Money(currency_code="CNY", amount_minor=30))
    under_way.payment.refund_reserved_amount.CopyFrom(money_pb2.Money(currency_code="CNY", amount_minor=1))
    servicer = server.Servicer(
        "bihuan.payments.v1.PaymentFeedService",
        payment_feed_service_pb2_grpc.add_PaymentFeedServiceServicer_to_server,
        Feed([part, under_way]),
    )
    running = await server.start("127.0.0.1:0", [servicer])
    payments = clients.connect(f"127.0.0.1:{running.port}")
    await system.issue.set_merchant_profile(a_profile())

    await worker.follow_payments(clients.PaymentFeed(payments), system.issue)
    await payments.close()
    await running.stop()

    assert (await system.of_payment("pay_1")).amount.amount_minor == 70
    assert await system.invoices_of("pay_2") == []


async def test_what_came_before_a_change_without_sense_is_taken(system):
    senseless = a_change(2)
    senseless.payment.state = payment_pb2.Payment.STATE_UNSPECIFIED
    servicer = server.Servicer(
        "bihuan.payments.v1.PaymentFeedService",
        payment_feed_service_pb2_grpc.add_PaymentFeedServiceServicer_to_server,
        Feed([a_change(1), senseless]),
    )
    running = await server.start("127.0.0.1:0", [servicer])
    payments = clients.connect(f"127.0.0.1:{running.port}")

    with pytest.raises(ValueError, match="UNSPECIFIED"):
        await worker.follow_payments(clients.PaymentFeed(payments), system.issue)
    await payments.close()
    await running.stop()

    assert await system.issue.next_sequence() == 2


async def test_a_slow_answer_holds_up_its_own_place_in_the_window_and_nothing_else(system):
    slow, *swift = await system.issued(count=5)
    await system.steering.plan("SLOW_ANSWER", seconds=6, order_no=slow.merchant_order_no)
    system.upload._timers = replace(system.upload._timers, upload_concurrency=2)

    async def all_swift_acked() -> bool:
        await system.upload.fill_window()
        return {(await system.again(each)).standing.sync_state for each in swift} == {SyncState.ACKED}

    await eventually(all_swift_acked)

    assert (await system.again(slow)).standing.sync_state is SyncState.SENDING
    await system.upload.drain(10)
    assert (await system.again(slow)).standing.sync_state is SyncState.ACKED


async def test_a_loop_that_stops_waits_for_the_uploads_under_way(system, tmp_path):
    (invoice,) = await system.issued()
    await system.steering.plan("SLOW_ANSWER", seconds=1, times=1)
    config = Config(database_url="", body_key_file=tmp_path / "none", poll_seconds=0.02)
    probe = ProbeActions(system.tax, system.tools)
    loops = worker.loops(None, system.issue, system.upload, system.verify, system.sweep, probe, config)
    (window,) = [loop for loop in loops if loop.name == "fill_window"]
    stop = asyncio.Event()
    running = asyncio.create_task(window.run(stop))

    async def is_sending() -> bool:
        return (await system.again(invoice)).standing.sync_state is SyncState.SENDING

    await eventually(is_sending)
    stop.set()
    await running

    assert (await system.again(invoice)).standing.sync_state is SyncState.ACKED


async def test_every_interface_is_asked_whether_it_is_up_and_each_answer_is_kept(system):
    probe = ProbeActions(system.tax, system.tools)
    await worker.ask_whether_up(probe)
    await system.steering.plan("OUTAGE")
    await worker.ask_whether_up(probe)

    kept = [(each.route, each.outcome) for each in reversed(await system.probes("PING"))]

    routes = sorted(route.key for route in system.tools.routing.routes())
    assert sorted(kept[:2]) == [(route, "OK") for route in routes]
    assert sorted(kept[2:]) == [(route, "OUTAGE") for route in routes]
