"""The mirror follows the feed of a real payments service."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from sqlalchemy import delete, select

from chassis.errors import Fault, Kind, plain_fault
from chassis.money import Money
from services.reconciler import clients
from services.reconciler.actions import mirror
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.clients import ChangeBatch, PaymentsClient
from services.reconciler.domain.payment import Change
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.tables import FeedCursorRow, PaymentRow
from tests.reconciler.builders import DAY, NOON, System, a_payment

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


async def mirrored(system: System) -> list[PaymentRow]:
    """The mirror, in order of making."""
    async with system.sessions() as session:
        return list(await session.scalars(select(PaymentRow).order_by(PaymentRow.payment_id)))


async def test_a_payment_is_mirrored_with_what_matching_needs(system: System):
    payment_id = await system.record(1, bill_no="bill-1")

    came = await system.mirror.follow_payments()

    (row,) = await mirrored(system)
    assert came == 1
    assert (row.payment_id, row.merchant_id, row.merchant_order_no) == (payment_id, "city-water", "order-1")
    assert (row.channel, row.channel_txn_no, row.bill_no) == ("wechat_pay", "4200000001", "bill-1")
    assert (row.currency_code, row.amount_minor, row.version) == ("CNY", 1200, 1)
    assert (row.business_date, row.pay_time) == (DAY, NOON + timedelta(minutes=1))


def test_the_mirror_has_no_place_for_who_paid():
    assert not {column.name for column in PaymentRow.__table__.columns} & {"payer_name", "payer", "name"}


async def test_what_was_read_is_not_read_again(system: System):
    await system.record(1)
    await system.mirror.follow_payments()
    await system.record(2)

    came = await system.mirror.follow_payments()

    assert came == 1
    assert len(await mirrored(system)) == 2


async def test_more_than_one_batch_is_read_to_the_end(system: System):
    for first in range(1, 504, 20):
        await asyncio.gather(*(system.record(no) for no in range(first, min(first + 20, 504))))

    came = await system.mirror.follow_payments()

    assert came == 503
    assert len(await mirrored(system)) == 503


async def test_a_turn_ends_after_some_batches_and_the_next_goes_on_there(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clients, "_CHANGES_AT_ONCE", 2)
    monkeypatch.setattr(mirror, "_BATCHES_PER_TURN_MAX", 2)
    for no in range(1, 6):
        await system.record(no)

    came = [await system.mirror.follow_payments() for _ in range(3)]

    assert came == [4, 1, 0]
    assert len(await mirrored(system)) == 5


class LateClient(PaymentsClient):
    """The real payments, read until a deadline passes after some batches."""

    batches_in_time = 0

    async def changes(self, from_sequence: int) -> AsyncGenerator[ChangeBatch]:
        async with aclosing(super().changes(from_sequence)) as batches:
            for _ in range(self.batches_in_time):
                yield await anext(batches)
        raise plain_fault(Kind.DEADLINE)


async def test_a_deadline_that_passes_after_batches_were_kept_is_progress_and_no_failure(
    system: System, payments_target: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clients, "_CHANGES_AT_ONCE", 2)
    for no in range(1, 6):
        await system.record(no)
    late = LateClient(payments_target, timeout_seconds=20)
    late_mirror = MirrorActions(system.sessions, late, system.clock)

    with pytest.raises(Fault):  # nothing came at all: that is a failure
        await late_mirror.follow_payments()
    late.batches_in_time = 2
    came = await late_mirror.follow_payments()
    await late.close()

    assert came == 4
    assert len(await mirrored(system)) == 4


async def test_a_payment_keeps_the_place_in_the_feed_at_which_it_came_first(system: System):
    first = a_payment(1)
    for change in (Change(3, first), Change(9, replace(first, version=2))):
        async with system.sessions.begin() as session:
            await MirrorStore(session).mirror([change])

    (row,) = await mirrored(system)
    assert (row.version, row.first_sequence) == (2, 3)


async def test_a_feed_that_is_read_again_changes_nothing_and_traces_nothing(
    system: System, spans: InMemorySpanExporter
):
    await system.record(1, traceparent=TRACEPARENT)
    await system.mirror.follow_payments()
    before = await mirrored(system)
    async with system.sessions.begin() as session:
        await session.execute(delete(FeedCursorRow))
    spans.clear()

    came = await system.mirror.follow_payments()

    assert came == 1
    assert [row.version for row in await mirrored(system)] == [row.version for row in before]
    assert "mirror_payment" not in [span.name for span in spans.get_finished_spans()]


async def test_an_older_version_never_replaces_a_newer_one(system: System):
    async with system.sessions.begin() as session:
        await MirrorStore(session).mirror([Change(1, a_payment(1, version=3, amount=Money("CNY", 5)))])

    async with system.sessions.begin() as session:
        older = a_payment(1, version=2, amount=Money("CNY", 9))
        new = await MirrorStore(session).mirror([Change(2, older), Change(3, a_payment(2))])

    assert new == {"pay_0002"}
    assert [(row.version, row.amount_minor) for row in await mirrored(system)] == [(3, 5), (1, 1200)]


async def test_the_cursor_never_goes_back(system: System):
    for next_sequence in (7, 3):
        async with system.sessions.begin() as session:
            await MirrorStore(session).move_cursor(next_sequence)

    async with system.sessions() as session:
        assert await MirrorStore(session).next_sequence() == 7


async def test_taking_a_payment_in_continues_the_trace_in_which_it_was_recorded(
    system: System, spans: InMemorySpanExporter
):
    payment_id = await system.record(1, traceparent=TRACEPARENT)

    await system.mirror.follow_payments()

    (taken_in,) = [span for span in spans.get_finished_spans() if span.name == "mirror_payment"]
    recorded = [span for span in spans.get_finished_spans() if format_trace_id(span.context.trace_id) == TRACE_ID]
    assert taken_in.kind is SpanKind.CONSUMER
    assert taken_in.attributes == {"bihuan.payment_id": payment_id, "bihuan.sequence": 1}
    assert format_trace_id(taken_in.context.trace_id) == TRACE_ID
    assert format_span_id(taken_in.parent.span_id) in {format_span_id(span.context.span_id) for span in recorded}
