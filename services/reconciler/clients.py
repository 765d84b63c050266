"""Calls to payments: its feed, its manifests, and what it is told. A fault of the call is raised as a Fault."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date

import grpc
import pyarrow as pa  # type: ignore[import-untyped]
from bihuan.payments.v1 import (
    feed_pb2,
    payment_feed_service_pb2,
    payment_feed_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_pb2,
)
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.channel import connect
from chassis.errors import from_rpc_error
from chassis.money import Money
from services.reconciler.domain.fact import PaymentFact
from services.reconciler.domain.manifest import Manifest
from services.reconciler.domain.payment import Change, MirroredPayment, MirroredRefund, UnpaidPayment

_CHANGES_AT_ONCE = 500
_OUTCOMES = {
    "MATCHED": payment_pb2.Payment.RECONCILIATION_STATE_MATCHED,
    "EXCEPTION": payment_pb2.Payment.RECONCILIATION_STATE_EXCEPTION,
    "PENDING": payment_pb2.Payment.RECONCILIATION_STATE_PENDING,
}


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes in order of payments that have succeeded, and of those that have not; and where the feed goes on."""

    changes: tuple[Change, ...]
    unpaid: tuple[UnpaidPayment, ...]
    next_sequence: int


@dataclass(frozen=True, slots=True)
class Slice:
    """What payments holds of a channel's business day, of what its feed had told up to `max_sequence`."""

    manifest: Manifest
    max_sequence: int


class PaymentsClient:
    """The service payments, through one channel."""

    def __init__(self, target: str, timeout_seconds: float) -> None:
        services = [
            payment_feed_service_pb2.DESCRIPTOR.services_by_name["PaymentFeedService"],
            payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"],
        ]
        self._channel = connect(target, services, timeout_seconds)
        self._feed = payment_feed_service_pb2_grpc.PaymentFeedServiceStub(self._channel)
        self._payments = payment_service_pb2_grpc.PaymentServiceStub(self._channel)

    async def changes(self, from_sequence: int) -> AsyncGenerator[ChangeBatch]:
        """The feed from a sequence to its present end. Close the iterator to leave it early."""
        request = payment_feed_service_pb2.StreamPaymentChangesRequest(
            from_sequence=from_sequence, batch_size=_CHANGES_AT_ONCE
        )
        call = self._feed.StreamPaymentChanges(request)
        try:
            with _faults():
                async for response in call:
                    yield _batch(response)
        finally:
            call.cancel()

    async def manifest(self, channel: str, business_date: date) -> Slice:
        """What payments holds for a channel's business day, and the place in the feed that it belongs to."""
        request = payment_feed_service_pb2.GetSliceManifestRequest(
            channel=channel, business_date=business_date.isoformat()
        )
        with _faults():
            manifest = (await self._feed.GetSliceManifest(request)).manifest
        sums = {amount.currency_code: amount.amount_minor for amount in manifest.amount_sums}
        return Slice(Manifest(manifest.payment_count, sums, manifest.digest), manifest.max_sequence)

    async def day(self, channel: str, business_date: date) -> AsyncGenerator[list[MirroredPayment]]:
        """All payments of a channel's business day that have succeeded, as they stand now, in order of payment_id.

        They have no trace. Close the iterator to leave it early.
        """
        day = payment_feed_service_pb2.DaySlice(channel=channel, business_date=business_date.isoformat())
        call = self._feed.ExportSlice(payment_feed_service_pb2.ExportSliceRequest(day=day))
        try:
            with _faults():
                async for response in call:
                    if succeeded := await asyncio.to_thread(_exported, response.record_batch):
                        yield succeeded
        finally:
            call.cancel()

    async def record_reconciliations(self, facts: Sequence[PaymentFact]) -> None:
        """Tell payments what runs decided; taken as a whole or refused as a whole, and may be repeated."""
        request = payment_service_pb2.RecordReconciliationsRequest(facts=map(_fact, facts))
        with _faults():
            await self._payments.RecordReconciliations(request)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


def _batch(response: payment_feed_service_pb2.StreamPaymentChangesResponse) -> ChangeBatch:
    succeeded = payment_pb2.Payment.STATE_SUCCEEDED
    changes = tuple(_change(change) for change in response.changes if change.payment.state == succeeded)
    unpaid = tuple(_unpaid(change) for change in response.changes if change.payment.state != succeeded)
    return ChangeBatch(changes, unpaid, response.next_sequence)


def _unpaid(change: feed_pb2.PaymentChange) -> UnpaidPayment:
    told = change.payment
    return UnpaidPayment(
        payment_id=told.payment_id,
        merchant_id=told.merchant_id,
        merchant_order_no=told.merchant_order_no,
        bill_no=told.bill_no,
        channel=told.channel,
        channel_txn_no=told.channel_txn_no,
        amount=Money(told.amount.currency_code, told.amount.amount_minor),
        state=payment_pb2.Payment.State.Name(told.state).removeprefix("STATE_"),
        create_time=told.create_time.ToDatetime(tzinfo=UTC),
        first_sequence=change.sequence,
        version=told.version,
    )


def _change(change: feed_pb2.PaymentChange) -> Change:
    told = change.payment
    payment = MirroredPayment(
        payment_id=told.payment_id,
        merchant_id=told.merchant_id,
        merchant_order_no=told.merchant_order_no,
        bill_no=told.bill_no,
        channel=told.channel,
        channel_txn_no=told.channel_txn_no,
        amount=Money(told.amount.currency_code, told.amount.amount_minor),
        pay_time=told.pay_time.ToDatetime(tzinfo=UTC),
        business_date=date.fromisoformat(told.business_date),
        version=told.version,
        traceparent=change.traceparent,
        fee_minor=told.fee.amount.amount_minor if told.HasField("fee") else None,
    )
    refund = _refund(change) if change.HasField("refund") else None
    is_echo = change.kind == feed_pb2.PaymentChange.KIND_RECONCILIATION
    return Change(change.sequence, payment, refund, is_echo)


def _exported(record_batch: bytes) -> list[MirroredPayment]:
    rows = pa.ipc.open_stream(record_batch).read_all().to_pylist()
    return [
        MirroredPayment(
            payment_id=row["payment_id"],
            merchant_id=row["merchant_id"],
            merchant_order_no=row["merchant_order_no"] or "",
            bill_no=row["bill_no"] or "",
            channel=row["channel"],
            channel_txn_no=row["channel_txn_no"] or "",
            amount=Money(row["currency_code"], row["amount_minor"]),
            pay_time=row["pay_time"],
            business_date=row["business_date"],
            version=row["version"],
            traceparent="",
            fee_minor=row["fee_minor"],
        )
        for row in rows
        if row["state"] == "SUCCEEDED"
    ]


def _refund(change: feed_pb2.PaymentChange) -> MirroredRefund:
    told, payment = change.refund, change.payment
    at_time = told.finish_time if told.HasField("finish_time") else told.create_time
    return MirroredRefund(
        refund_id=told.refund_id,
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        channel=payment.channel,
        channel_txn_no=payment.channel_txn_no,
        merchant_order_no=payment.merchant_order_no,
        channel_refund_no=told.channel_refund_no,
        merchant_refund_no=told.merchant_refund_no,
        bill_no=told.bill_no,
        amount=Money(told.amount.currency_code, told.amount.amount_minor),
        state=refund_pb2.Refund.State.Name(told.state).removeprefix("STATE_"),
        at_time=at_time.ToDatetime(tzinfo=UTC),
        version=payment.version,
        traceparent=change.traceparent,
    )


def _fact(fact: PaymentFact) -> payment_service_pb2.ReconciliationFact:
    decide_time = Timestamp()
    decide_time.FromDatetime(fact.decide_time)
    return payment_service_pb2.ReconciliationFact(
        payment_id=fact.payment_id,
        run_id=fact.run_id,
        outcome=_OUTCOMES[fact.outcome],
        exception_class=fact.exception_class,
        decide_time=decide_time,
    )
