"""The feed of the reconciler as webhooks follow it, and the events that its changes are. It keeps no place in it."""

import functools
from collections.abc import Mapping
from datetime import datetime

import grpc
from bihuan.gateway.v1 import webhook_event_pb2
from bihuan.reconciler.v1 import (
    exception_feed_service_pb2,
    exception_feed_service_pb2_grpc,
    exception_pb2,
    feed_pb2,
)

from services.gateway.domain.webhook import Event
from services.gateway.webhook_events import event_of, timestamp
from services.gateway.webhook_feed import Change, PagedFeed

_NAME = "exceptions"
_KIND = feed_pb2.ExceptionChange.Kind
OF_KIND: Mapping[int, str] = {
    _KIND.KIND_OPENED: "exception.opened",
    _KIND.KIND_ASSIGNED: "exception.assigned",
    _KIND.KIND_CONFIRMED: "exception.confirmed",
    _KIND.KIND_RESOLVED: "exception.resolved",
    _KIND.KIND_REOPENED: "exception.reopened",
}


def exceptions_feed(reconciler: grpc.aio.Channel) -> PagedFeed:
    """What the reconciler tells, through a channel that someone else closes."""
    feed = exception_feed_service_pb2_grpc.ExceptionFeedServiceStub(reconciler)

    async def ask(from_sequence: int, size: int) -> exception_feed_service_pb2.ListExceptionChangesResponse:
        request = exception_feed_service_pb2.ListExceptionChangesRequest(from_sequence=from_sequence, batch_size=size)
        return await feed.ListExceptionChanges(request)

    return PagedFeed(_NAME, ask, _change)


def _change(told: feed_pb2.ExceptionChange) -> Change:
    event_type = OF_KIND.get(told.kind, "")
    return Change(told.sequence, event_type, told.merchant_id, functools.partial(_event, told, event_type))


async def _event(told: feed_pb2.ExceptionChange, event_type: str, now: datetime) -> Event:
    body = webhook_event_pb2.ExceptionEvent(type=event_type, timestamp=timestamp(now), data=_data(told))
    origin = f"{_NAME}:{told.sequence}"
    return event_of(body, event_type, told.exception_id, told.merchant_id, origin, now)


def _data(told: feed_pb2.ExceptionChange) -> webhook_event_pb2.ExceptionEventData:
    data = webhook_event_pb2.ExceptionEventData(
        exception_id=told.exception_id,
        run_id=told.run_id,
        channel=told.channel,
        business_date=told.business_date,
        exception_class=exception_pb2.ExceptionClass.Name(told.exception_class).removeprefix("EXCEPTION_CLASS_"),
        state=exception_pb2.Exception.State.Name(told.state).removeprefix("STATE_"),
        payment_id=told.payment_id,
        line_id=told.line_id,
        merchant_id=told.merchant_id,
        merchant_order_no=told.merchant_order_no,
        resolved_by_run_id=told.resolved_by_run_id,
        carried_from_exception_id=told.carried_from_exception_id,
        sequence=told.sequence,
        change_time=told.change_time,
        trace_id=told.trace_id,
    )
    for amount in ("book_amount", "channel_amount"):
        if told.HasField(amount):
            getattr(data, amount).CopyFrom(getattr(told, amount))
    return data
