"""The feed of invoice_sync as webhooks follow it, and the events that its changes are. It keeps no place in it."""

import functools
from collections.abc import Mapping
from datetime import datetime

import grpc
from bihuan.gateway.v1 import webhook_event_pb2
from bihuan.invoice_sync.v1 import (
    feed_pb2,
    invoice_feed_service_pb2,
    invoice_feed_service_pb2_grpc,
    invoice_pb2,
)

from services.gateway.domain.webhook import Event
from services.gateway.webhook_events import event_of, timestamp
from services.gateway.webhook_feed import Change, PagedFeed

_NAME = "invoices"
_KIND = feed_pb2.InvoiceChange.Kind
OF_KIND: Mapping[int, str] = {
    _KIND.KIND_REQUESTED: "invoice.requested",
    _KIND.KIND_ACCEPTED: "invoice.accepted",
    _KIND.KIND_BOOKED: "invoice.booked",
    _KIND.KIND_CONFIRMED: "invoice.confirmed",
    _KIND.KIND_FAILED: "invoice.failed",
    _KIND.KIND_MISSING: "invoice.missing",
    _KIND.KIND_VOIDED: "invoice.voided",
    _KIND.KIND_CORRECTED: "invoice.corrected",
    _KIND.KIND_RESUMED: "invoice.resumed",
}


def invoices_feed(invoice_sync: grpc.aio.Channel) -> PagedFeed:
    """What invoice_sync tells, through a channel that someone else closes."""
    feed = invoice_feed_service_pb2_grpc.InvoiceFeedServiceStub(invoice_sync)

    async def ask(from_sequence: int, size: int) -> invoice_feed_service_pb2.ListInvoiceChangesResponse:
        request = invoice_feed_service_pb2.ListInvoiceChangesRequest(from_sequence=from_sequence, batch_size=size)
        return await feed.ListInvoiceChanges(request)

    return PagedFeed(_NAME, ask, _change)


def _change(told: feed_pb2.InvoiceChange) -> Change:
    event_type = OF_KIND.get(told.kind, "")
    return Change(told.sequence, event_type, told.merchant_id, functools.partial(_event, told, event_type))


async def _event(told: feed_pb2.InvoiceChange, event_type: str, now: datetime) -> Event:
    body = webhook_event_pb2.InvoiceEvent(type=event_type, timestamp=timestamp(now), data=_data(told))
    origin = f"{_NAME}:{told.sequence}"
    return event_of(body, event_type, told.invoice_id, told.merchant_id, origin, now)


def _data(told: feed_pb2.InvoiceChange) -> webhook_event_pb2.InvoiceEventData:
    return webhook_event_pb2.InvoiceEventData(
        invoice_id=told.invoice_id,
        payment_id=told.payment_id,
        merchant_id=told.merchant_id,
        merchant_order_no=told.merchant_order_no,
        amount=told.amount,
        sync_state=invoice_pb2.SyncState.Name(told.sync_state).removeprefix("SYNC_STATE_"),
        invoice_number=told.invoice_number,
        red_number=told.red_number,
        version=told.version,
        given_up=told.given_up,
        sequence=told.sequence,
        change_time=told.change_time,
        trace_id=told.trace_id,
    )
