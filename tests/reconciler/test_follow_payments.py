"""The mirror follows the feed of a real payments service."""

from datetime import timedelta

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from sqlalchemy import delete, select

from chassis.money import Money
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
    for no in range(1, 504):
        await system.record(no)

    came = await system.mirror.follow_payments()

    assert came == 503
    assert len(await mirrored(system)) == 503


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
        await MirrorStore(session).mirror([a_payment(1, version=3, amount=Money("CNY", 5))])

    async with system.sessions.begin() as session:
        new = await MirrorStore(session).mirror([a_payment(1, version=2, amount=Money("CNY", 9)), a_payment(2)])

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

    (mirror,) = [span for span in spans.get_finished_spans() if span.name == "mirror_payment"]
    recorded = [span for span in spans.get_finished_spans() if format_trace_id(span.context.trace_id) == TRACE_ID]
    assert mirror.kind is SpanKind.CONSUMER
    assert mirror.attributes == {"bihuan.payment_id": payment_id, "bihuan.sequence": 1}
    assert format_trace_id(mirror.context.trace_id) == TRACE_ID
    assert format_span_id(mirror.parent.span_id) in {format_span_id(span.context.span_id) for span in recorded}
