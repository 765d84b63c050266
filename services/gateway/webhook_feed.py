"""Follows the feed of payments and turns changes into events on their way. It sends nothing.

Where the feed goes on is written in the transaction of the events, so that none is lost and none is made twice. Of
merchants that nobody subscribed for nothing is written; without any endpoint nothing is even read.
"""

import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

import grpc
from bihuan.payments.v1 import (
    feed_pb2,
    payment_feed_service_pb2,
    payment_feed_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_pb2,
    refund_service_pb2,
    refund_service_pb2_grpc,
)

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind, from_rpc_error
from services.gateway.domain.webhook import Endpoint, EndpointState, Event
from services.gateway.store import webhook_endpoints
from services.gateway.store import webhook_outbox as store
from services.gateway.webhook_events import payment_event, payment_event_type

FEED = "payments"
_CHANGES_AT_ONCE = 500
_BATCHES_MAX = 20


class PaymentsFeed:
    """What payments tells, through a channel that someone else closes. A fault of a call is raised as a Fault."""

    def __init__(self, payments: grpc.aio.Channel) -> None:
        self._feed = payment_feed_service_pb2_grpc.PaymentFeedServiceStub(payments)
        self._payments = payment_service_pb2_grpc.PaymentServiceStub(payments)
        self._refunds = refund_service_pb2_grpc.RefundServiceStub(payments)

    async def changes(self, from_sequence: int) -> AsyncGenerator[Sequence[feed_pb2.PaymentChange]]:
        """The feed from a sequence to its present end. Close the iterator to leave it early."""
        request = payment_feed_service_pb2.StreamPaymentChangesRequest(
            from_sequence=from_sequence, batch_size=_CHANGES_AT_ONCE
        )
        call = self._feed.StreamPaymentChanges(request)
        try:
            with _faults():
                async for answer in call:
                    yield answer.changes
        finally:
            call.cancel()

    async def end(self, business_date: str) -> int:
        """The sequence after the last that the feed has given; a manifest tells it, whatever day is asked for."""
        request = payment_feed_service_pb2.GetSliceManifestRequest(channel="none", business_date=business_date)
        with _faults():
            return (await self._feed.GetSliceManifest(request)).manifest.max_sequence + 1

    async def refund(self, refund_id: str) -> refund_pb2.Refund:
        """A refund as it stands."""
        with _faults():
            return (await self._refunds.GetRefund(refund_service_pb2.GetRefundRequest(refund_id=refund_id))).refund

    async def payment(self, payment_id: str) -> payment_pb2.Payment:
        """A payment as it stands."""
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        with _faults():
            return (await self._payments.GetPayment(request)).payment


class WebhookFollower:
    """Reads on, and puts events on their way to the endpoints that want them."""

    def __init__(self, sessions: Sessions, clock: Clock, feed: PaymentsFeed) -> None:
        self._sessions = sessions
        self._clock = clock
        self._feed = feed

    @telemetry.traced
    async def follow_payments(self) -> int:
        """Read on in the feed, some batches at most; how many changes were read."""
        async with self._sessions.begin() as session:
            endpoints = await webhook_endpoints.newest(session, webhook_endpoints.ENDPOINTS_MAX)
            sequence = await store.next_sequence(session, FEED)
        if not endpoints or sequence == 0:
            return await self._skip_to_end(sequence)
        read_count = 0
        async with contextlib.aclosing(self._feed.changes(sequence)) as batches:
            async for changes in batches:
                if not changes:
                    continue
                if not await self._take(changes, sequence, endpoints):
                    break
                sequence += len(changes)
                read_count += len(changes)
                if read_count >= _BATCHES_MAX * _CHANGES_AT_ONCE:
                    break
        return read_count

    async def _skip_to_end(self, sequence: int) -> int:
        """Nobody wants what there is so far."""
        end = await self._feed.end(self._clock.now().date().isoformat())
        if end > sequence:
            async with self._sessions.begin() as session:
                await store.move_cursor(session, FEED, sequence, end)
        return 0

    async def _take(
        self, changes: Sequence[feed_pb2.PaymentChange], from_sequence: int, endpoints: Sequence[Endpoint]
    ) -> bool:
        """Write the events of a batch; False when another gateway did."""
        _must_be_dense(changes, from_sequence)
        events = [event for change in changes if (event := await self._event(change, endpoints)) is not None]
        async with self._sessions.begin() as session:
            if not await store.move_cursor(session, FEED, from_sequence, from_sequence + len(changes)):
                return False
            new_ids = await store.add_events(session, events)
            new = [event for event in events if event.event_id in new_ids]
            wanted = [
                (ids.new_id("whd"), endpoint.endpoint_id, event.event_id)
                for event in new
                for endpoint in endpoints
                if endpoint.state is EndpointState.ENABLED and endpoint.wants(event.event_type, event.merchant_id)
            ]
            await store.put_on_way(session, wanted, self._clock.now())
        return True

    async def _event(self, change: feed_pb2.PaymentChange, endpoints: Sequence[Endpoint]) -> Event | None:
        """The event of a change that some endpoint wants, be it disabled: it may be enabled, and the event replayed."""
        event_type, payment = payment_event_type(change), change.payment
        if not event_type or not any(one.wants(event_type, payment.merchant_id) for one in endpoints):
            return None
        if event_type == "payment.refunded":
            refund = await self._feed.refund(change.ref_id)
            if refund.state != refund_pb2.Refund.STATE_SUCCEEDED:
                return None
            # The change may be that of the asking; the payment as it stands has what the refund gave back.
            payment = await self._feed.payment(payment.payment_id)
        return payment_event(event_type, change, payment, self._clock.now())


def _must_be_dense(changes: Sequence[feed_pb2.PaymentChange], from_sequence: int) -> None:
    for expected, change in enumerate(changes, from_sequence):
        if change.sequence != expected:
            raise Fault(
                Kind.INTERNAL,
                "INTERNAL",
                f"the payment feed has a gap: expected sequence {expected}, got {change.sequence}",
                f"支付变更流出现缺口：应为 {expected}，实为 {change.sequence}",
            )


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
