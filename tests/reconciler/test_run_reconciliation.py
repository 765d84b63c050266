"""A run finds what there is to find, all its money adds up, and what it decided goes on to the payments."""

from collections import Counter
from datetime import date, timedelta

from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.reconciler.v1 import run_pb2
from bihuan.type.v1 import money_pb2
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id
from sqlalchemy import update

from chassis.money import Money
from demo.alipay_bill import write as write_alipay_bill
from demo.day import EXPECTED_CLASS, DemoDay, generate_day
from services.reconciler.tables import PaymentFactRow, PaymentRow
from tests.reconciler.builders import DAY, NOON, System, a_bill, a_bill_row, class_names, exceptions_of

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
CHANNELS = ("wechat_pay", "alipay")


async def play(system: System, day: DemoDay) -> None:
    """Record the payments and load the statements of a demo day."""
    for no, planned in enumerate(day.payments):
        request = payment_service_pb2.RecordPaymentRequest(
            request_id=f"request-{no:04}",
            merchant_id=planned.merchant_id,
            merchant_order_no=planned.merchant_order_no,
            bill_no=planned.bill_no,
            channel=planned.channel,
            channel_txn_no=planned.channel_txn_no,
            amount=money_pb2.Money(
                currency_code=planned.amount.currency_code, amount_minor=planned.amount.amount_minor
            ),
            pay_time=planned.pay_time,
            payer_name=planned.payer_name,
        )
        await system.payments.RecordPayment(request)
    for no, content in enumerate(day.bills.values()):
        await system.ingest(content, f"ingest-000{no}")


def money(sums: object) -> dict[str, int]:
    """Sums of the contract as a mapping."""
    return {each.currency_code: each.amount_minor for each in sums}  # type: ignore[attr-defined]


async def test_every_disturbance_of_a_seeded_day_is_found_and_nothing_else_and_all_money_adds_up(system: System):
    day = generate_day(7, DAY, rows_per_channel=40)
    await play(system, day)

    for channel in CHANNELS:
        run = await system.run(f"run-{channel}", channel)

        assert run.state == run_pb2.Run.STATE_SUCCEEDED, run.failure_message
        planted = Counter(EXPECTED_CLASS[each.disturbance] for each in day.planted if each.channel == channel)
        crossed = planted.pop("CROSS_DAY")
        assert Counter(await class_names(system, run_id=run.run_id)) == planted
        totals = run.totals
        assert totals.cross_day_count == crossed
        assert totals.line_count == 40
        assert totals.payment_count == sum(each.channel == channel for each in day.payments)
        assert totals.payment_count == totals.matched_count + sum(each.payment_count for each in totals.exceptions)
        assert totals.line_count == totals.matched_count + sum(each.line_count for each in totals.exceptions)
        assert money(totals.payment_sums)["CNY"] == sum(
            each.amount.amount_minor for each in day.payments if each.channel == channel
        )
        books, lines = Counter(money(totals.matched_sums)), Counter(money(totals.matched_sums))
        for each in totals.exceptions:
            books.update(money(each.book_sums))
            lines.update(money(each.channel_sums))
        assert dict(books) == money(totals.payment_sums)
        assert dict(lines) == money(totals.line_sums)
        assert run.rows_done == run.rows_total == totals.payment_count + totals.line_count


async def test_what_a_run_decided_reaches_the_payments(system: System):
    matched, missing = await system.record(1), await system.record(2)
    await system.ingest(a_bill(a_bill_row(1)))

    run = await system.run()
    await system.mirror.tell_payments()
    await system.mirror.follow_payments()

    states = {}
    for payment_id in (matched, missing):
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        states[payment_id] = (await system.payments.GetPayment(request)).payment.reconciliation_state
    assert states == {
        matched: payment_pb2.Payment.RECONCILIATION_STATE_MATCHED,
        missing: payment_pb2.Payment.RECONCILIATION_STATE_EXCEPTION,
    }
    assert await system.count(PaymentFactRow) == 0
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_SUCCEEDED


async def test_a_day_without_a_single_row_on_either_side_of_the_books_still_adds_up(system: System):
    await system.ingest(a_bill(a_bill_row(1)))

    run = await system.run()

    assert run.state == run_pb2.Run.STATE_SUCCEEDED
    assert (run.totals.payment_count, run.totals.line_count) == (0, 1)
    assert await class_names(system, run_id=run.run_id) == ["CHANNEL_ONLY"]


async def test_two_refunds_of_one_payment_in_an_alipay_bill_are_two_refunds(system: System):
    numbers = {"is_refund": True, "merchant_order_no": "order-1", "amount": Money("CNY", 500)}
    first = a_bill_row(1, merchant_refund_no="ours-1", **numbers)
    second = a_bill_row(1, merchant_refund_no="ours-2", **numbers)
    await system.record(1, channel="alipay")
    await system.ingest(write_alipay_bill([a_bill_row(1), first, second], DAY, NOON + timedelta(days=1)))

    run = await system.run(channel="alipay")

    assert run.state == run_pb2.Run.STATE_SUCCEEDED, run.failure_message
    assert run.totals.matched_count == 1
    assert await class_names(system, run_id=run.run_id) == ["REFUND_CHANNEL_ONLY", "REFUND_CHANNEL_ONLY"]
    explanations = "\n".join(sorted(each.explanation for each in await exceptions_of(system, run_id=run.run_id)))
    assert "merchant_refund_no ours-1" in explanations
    assert "merchant_refund_no ours-2" in explanations


async def test_what_a_run_decided_stands_in_the_trace_of_each_payment_and_links_to_the_run(
    system: System, spans: InMemorySpanExporter
):
    matched = await system.record(1, traceparent=TRACEPARENT)
    missing = await system.record(2, traceparent=TRACEPARENT)
    untraced = await system.record(3)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(3)))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        await session.execute(update(PaymentRow).where(PaymentRow.payment_id == untraced).values(traceparent=""))

    run = await system.run()

    finished = spans.get_finished_spans()
    decided = [span for span in finished if span.name == "match_payment"]
    (made,) = [span for span in finished if span.name == "run_reconciliation"]
    (asked,) = [span for span in finished if span.name == "start_run"]
    assert {span.attributes["bihuan.payment_id"]: span.attributes["bihuan.outcome"] for span in decided} == {
        matched: "MATCHED",
        missing: "PLATFORM_ONLY",
    }
    for span in decided:
        assert format_trace_id(span.context.trace_id) == TRACE_ID
        assert span.attributes["bihuan.run_id"] == run.run_id
        assert [link.context.span_id for link in span.links] == [made.context.span_id]
    assert made.context.trace_id == asked.context.trace_id
    assert made.parent.span_id == asked.context.span_id
    (found,) = await exceptions_of(system, payment_id=missing)
    assert found.trace_id == TRACE_ID


async def test_the_day_of_the_real_wechat_bill_runs(system: System, fixtures):
    bill = (fixtures / "statements/cn/wechat_trade_all_bom.csv").read_bytes()
    statement = (await system.ingest(bill)).statement

    run = await system.run(day=date.fromisoformat(statement.business_date))

    assert run.state == run_pb2.Run.STATE_SUCCEEDED
    assert run.totals.line_count == 45
    assert money(run.totals.line_sums) == {"CNY": 47 - 14}
