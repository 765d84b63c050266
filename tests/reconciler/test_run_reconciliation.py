"""A run, from the asking to the end: what it pins, what it finds, what it leaves when something fails."""

import asyncio
from collections import Counter
from datetime import date, timedelta

import grpc
import pytest
from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.reconciler.v1 import exception_pb2, exception_service_pb2, run_pb2, run_service_pb2
from bihuan.type.v1 import money_pb2
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id
from sqlalchemy import delete, update

from chassis.errors import Fault, from_rpc_error
from chassis.money import Money
from demo.alipay_bill import write as write_alipay_bill
from demo.day import EXPECTED_CLASS, DemoDay, generate_day
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.reconciliation import ReconciliationActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.store.run import RunStore
from services.reconciler.tables import ExceptionRow, MatchRow, PaymentFactRow, PaymentRow, RunRow
from tests.reconciler.builders import DAY, NOON, System, a_bill, a_bill_row

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
CHANNELS = ("wechat_pay", "alipay")
LATE = NOON + timedelta(hours=11, minutes=59, seconds=58)  # 23:59:58 in Shanghai


async def refused(call: grpc.aio.UnaryUnaryCall) -> Fault:
    """The fault that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def exceptions_of(system: System, **wanted: object) -> list[exception_pb2.Exception]:
    """The exceptions that a filter lets through, newest first."""
    request = exception_service_pb2.ListExceptionsRequest(page_size=1_000, **wanted)  # type: ignore[arg-type]
    return list((await system.exceptions.ListExceptions(request)).exceptions)


async def class_names(system: System, **wanted: object) -> list[str]:
    """Their classes."""
    names = [exception_pb2.ExceptionClass.Name(each.exception_class) for each in await exceptions_of(system, **wanted)]
    return sorted(name.removeprefix("EXCEPTION_CLASS_") for name in names)


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


async def test_a_match_tells_its_key_its_money_and_its_line(system: System):
    payment_id = await system.record(1)
    statement = (await system.ingest(a_bill(a_bill_row(1)))).statement

    run = await system.run()

    request = run_service_pb2.ListMatchesRequest(run_id=run.run_id)
    (match,) = (await system.runs.ListMatches(request)).matches
    assert (match.payment_id, match.key) == (payment_id, "channel_txn_no")
    assert match.line_id == f"{statement.statement_id}.2"
    assert (match.amount.currency_code, match.amount.amount_minor) == ("CNY", 1200)
    assert match.kind == run_pb2.Match.KIND_EXACT


async def test_an_exception_tells_both_amounts_and_why_in_both_languages(system: System):
    payment_id = await system.record(1)
    await system.ingest(a_bill(a_bill_row(1, amount=Money("CNY", 1300))))

    run = await system.run()

    (listed,) = await exceptions_of(system, run_id=run.run_id)
    request = exception_service_pb2.GetExceptionRequest(exception_id=listed.exception_id)
    found = (await system.exceptions.GetException(request)).exception
    assert found == listed
    assert found.payment_id == payment_id
    assert found.exception_class_zh == "长款·金额不符(渠道多)"
    assert (found.book_amount.amount_minor, found.channel_amount.amount_minor) == (1200, 1300)
    assert "1.00 CNY more" in found.explanation
    assert found.explanation_zh.startswith("长款：渠道多 1.00 元")
    assert found.state == exception_pb2.Exception.STATE_OPEN


async def test_matches_and_exceptions_are_listed_page_by_page_without_a_gap(system: System):
    for no in range(1, 6):
        await system.record(no)
    await system.ingest(a_bill(*(a_bill_row(no) for no in (1, 2, 3, 8, 9))))
    run = await system.run()

    matches, token = [], ""
    for _ in range(2):
        page = await system.runs.ListMatches(
            run_service_pb2.ListMatchesRequest(run_id=run.run_id, page_size=2, page_token=token)
        )
        matches, token = [*matches, *page.matches], page.next_page_token
    differences, next_token = [], ""
    for _ in range(2):
        answer = await system.exceptions.ListExceptions(
            exception_service_pb2.ListExceptionsRequest(run_id=run.run_id, page_size=3, page_token=next_token)
        )
        differences, next_token = [*differences, *answer.exceptions], answer.next_page_token

    assert (token, next_token) == ("", "")
    assert len({match.match_id for match in matches}) == 3
    assert [match.payment_id for match in matches] == sorted(match.payment_id for match in matches)
    assert len({each.exception_id for each in differences}) == 4


async def test_exceptions_are_filtered_by_class_payment_and_state(system: System):
    missing = await system.record(1)
    await system.ingest(a_bill(a_bill_row(2)))
    await system.run()

    assert await class_names(system, payment_id=missing) == ["PLATFORM_ONLY"]
    channel_only = exception_pb2.EXCEPTION_CLASS_CHANNEL_ONLY
    assert await class_names(system, exception_class=channel_only) == ["CHANNEL_ONLY"]
    assert await class_names(system, state=exception_pb2.Exception.STATE_RESOLVED) == []


async def test_a_run_again_with_equal_pins_gives_an_equal_digest_and_supersedes_the_first(system: System):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(3)))
    first = await system.run("run-00001")

    second = await system.run("run-00002")

    assert second.pins == first.pins
    assert second.pins.rule_set_version == "exact-keys-2"
    assert len(second.output_digest) == 32
    assert second.output_digest == first.output_digest
    assert second.totals == first.totals
    resolved, opened = exception_pb2.Exception.STATE_RESOLVED, exception_pb2.Exception.STATE_OPEN
    assert {each.state for each in await exceptions_of(system, run_id=first.run_id)} == {resolved}
    assert {each.state for each in await exceptions_of(system, run_id=second.run_id)} == {opened}


async def test_a_run_again_after_a_statement_came_finds_what_was_missing(system: System):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1)))
    first = await system.run("run-00001")
    await system.ingest(a_bill(a_bill_row(2)), "ingest-0002")

    second = await system.run("run-00002")

    assert list(second.pins.statement_sha256s)[:1] == list(first.pins.statement_sha256s)
    assert len(second.pins.statement_sha256s) == 2
    assert second.output_digest != first.output_digest
    assert second.totals.matched_count == 2
    assert await class_names(system, state=exception_pb2.Exception.STATE_OPEN) == []


async def test_a_payment_of_the_evening_before_is_found_after_midnight_and_its_exception_is_resolved(system: System):
    the_day_after = DAY + timedelta(days=1)
    payment_id = await system.record(1, pay_time=LATE)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(2)))
    before = await system.run("run-00001")
    assert await class_names(system, payment_id=payment_id) == ["PLATFORM_ONLY"]
    late_row = a_bill_row(1, book_time=LATE + timedelta(seconds=5))
    await system.ingest(a_bill(late_row), "ingest-0002")

    after = await system.run("run-00002", day=the_day_after)

    (match,) = (await system.runs.ListMatches(run_service_pb2.ListMatchesRequest(run_id=after.run_id))).matches
    assert (match.payment_id, match.kind) == (payment_id, run_pb2.Match.KIND_CROSS_DAY)
    (found,) = await exceptions_of(system, run_id=before.run_id)
    assert found.state == exception_pb2.Exception.STATE_RESOLVED

    # What the day after holds is no longer the first day's to miss, and the first day's pins say so.
    again = await system.run("run-00003")
    assert await class_names(system, run_id=again.run_id) == []
    assert again.totals.payment_count == 1
    assert again.pins.payments_manifest_digest == before.pins.payments_manifest_digest
    assert again.pins.neighbours_digest != before.pins.neighbours_digest

    # And the day after keeps its match when it is made again.
    repeated = await system.run("run-00004", day=the_day_after)
    assert repeated.pins == after.pins
    assert repeated.output_digest == after.output_digest


async def test_a_payment_that_its_own_day_has_matched_is_not_matched_again_by_the_next_day(system: System):
    payment_id = await system.record(1, pay_time=LATE)
    await system.ingest(a_bill(a_bill_row(1, book_time=LATE)))
    await system.run("run-00001")
    twin = a_bill_row(1, book_time=LATE + timedelta(seconds=5))  # the channel has it in both files
    await system.ingest(a_bill(twin), "ingest-0002")

    run = await system.run("run-00002", day=DAY + timedelta(days=1))

    assert run.totals.matched_count == 0
    assert await class_names(system, run_id=run.run_id) == ["CHANNEL_ONLY"]
    assert await exceptions_of(system, payment_id=payment_id) == []


async def test_without_a_statement_a_run_fails_and_says_what_is_missing(system: System):
    await system.record(1)

    run = await system.run()

    assert run.state == run_pb2.Run.STATE_FAILED
    assert run.failure_reason == "NOT_FOUND"
    assert "no statement of wechat_pay for 2026-03-01" in run.failure_message
    assert await system.count(ExceptionRow) == 0


async def test_a_payment_that_the_mirror_lost_fails_the_run_instead_of_becoming_a_money_exception(system: System):
    await system.record(1)
    lost = await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(2)))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        await session.execute(delete(PaymentRow).where(PaymentRow.payment_id == lost))

    run = await system.run()

    assert (run.state, run.failure_reason) == (run_pb2.Run.STATE_FAILED, "MIRROR_GAP")
    assert "payments has 2 payments" in run.failure_message
    assert "the mirror has 1" in run.failure_message
    assert (await system.count(MatchRow), await system.count(ExceptionRow)) == (0, 0)
    assert await system.count(PaymentFactRow) == 0


async def test_an_amount_that_the_mirror_has_wrong_is_a_gap_too(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        await session.execute(update(PaymentRow).values(amount_minor=1))

    run = await system.run()

    assert run.failure_reason == "MIRROR_GAP"


async def test_a_run_takes_in_what_the_feed_has_before_it_compares(system: System):
    await system.ingest(a_bill(a_bill_row(1)))
    await system.record(1)  # nobody has followed the feed yet

    run = await system.run()

    assert run.totals.matched_count == 1


async def test_the_same_request_again_gets_the_same_run(system: System):
    request = run_service_pb2.StartRunRequest(
        request_id="run-00001", channel="wechat_pay", business_date=DAY.isoformat()
    )

    answers = await asyncio.gather(*(system.runs.StartRun(request) for _ in range(5)))

    assert len({answer.run.run_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]
    assert await system.count(RunRow) == 1


async def test_a_request_id_that_started_another_day_is_refused(system: System):
    await system.start_run("run-00001")

    fault = await refused(
        system.runs.StartRun(
            run_service_pb2.StartRunRequest(request_id="run-00001", channel="wechat_pay", business_date="2026-03-02")
        )
    )

    assert fault.reason == "REQUEST_ID_REUSED"


async def test_two_runs_of_one_day_are_never_open_at_once(system: System):
    first = await system.start_run("run-00001")
    request = run_service_pb2.StartRunRequest(
        request_id="run-00002", channel="wechat_pay", business_date=DAY.isoformat()
    )

    fault = await refused(system.runs.StartRun(request))

    assert fault.reason == "RUN_IN_PROGRESS"
    assert fault.metadata == {"run_id": first.run_id}

    # The refusal has not used up the request_id.
    claim = await system.reconciliation.claim_run()
    await system.reconciliation.run_reconciliation(claim)
    assert (await system.runs.StartRun(request)).run.state == run_pb2.Run.STATE_PENDING


async def test_a_day_that_is_not_in_the_calendar_starts_nothing(system: System):
    request = run_service_pb2.StartRunRequest(request_id="run-00001", channel="wechat_pay", business_date="2026-02-30")

    fault = await refused(system.runs.StartRun(request))

    assert fault.fields[0].field == "business_date"
    assert await system.count(RunRow) == 0


async def test_an_unknown_run_or_exception_is_not_found(system: System):
    faults = [
        await refused(system.runs.GetRun(run_service_pb2.GetRunRequest(run_id="run_none"))),
        await refused(system.runs.ListMatches(run_service_pb2.ListMatchesRequest(run_id="run_none"))),
        await refused(
            system.exceptions.GetException(exception_service_pb2.GetExceptionRequest(exception_id="exc_none"))
        ),
    ]

    assert [fault.reason for fault in faults] == ["NOT_FOUND"] * 3


async def test_runs_of_one_channel_take_turns_and_hold_up_no_other_channel(system: System):
    await system.start_run("run-00001", "wechat_pay", DAY)
    await system.start_run("run-00002", "wechat_pay", DAY + timedelta(days=1))
    await system.start_run("run-00003", "alipay", DAY)

    claims = [await system.reconciliation.claim_run() for _ in range(3)]

    assert [claim.channel if claim else None for claim in claims] == ["wechat_pay", "alipay", None]


async def test_workers_that_claim_at_the_same_moment_never_make_two_runs_of_one_channel(system: System):
    for no in range(4):
        await system.start_run(f"run-0000{no}", "wechat_pay", DAY + timedelta(days=no))

    claims = await asyncio.gather(*(system.reconciliation.claim_run() for _ in range(6)))

    assert len([claim for claim in claims if claim]) == 1


async def test_a_run_whose_worker_was_lost_is_made_by_another_and_the_lost_one_writes_nothing(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    lost = await system.reconciliation.claim_run()
    assert await system.reconciliation.claim_run() is None  # the lease has not ended
    system.clock.advance(61)
    taken = await system.reconciliation.claim_run()
    assert (taken.run_id, taken.attempts) == (run.run_id, 2)

    await system.reconciliation.run_reconciliation(lost)
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_RUNNING
    assert await system.count(MatchRow) == 0

    await system.reconciliation.run_reconciliation(taken)
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_SUCCEEDED
    assert await system.count(MatchRow) == 1


async def test_a_run_that_loses_its_workers_again_and_again_fails_in_the_end(system: System):
    run = await system.start_run()
    for _ in range(6):
        assert await system.reconciliation.claim_run()
        system.clock.advance(61)

    claim = await system.reconciliation.claim_run()
    await system.reconciliation.run_reconciliation(claim)

    ended = await system.get_run(run.run_id)
    assert (ended.state, ended.failure_reason) == (run_pb2.Run.STATE_FAILED, "INTERNAL")


async def test_a_run_that_breaks_while_it_writes_leaves_nothing_behind(system: System, monkeypatch: pytest.MonkeyPatch):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    claim = await system.reconciliation.claim_run()

    async def break_at_the_end(*_: object) -> None:
        raise RuntimeError("the last statement of the transaction failed")

    with monkeypatch.context() as broken:
        broken.setattr(RunStore, "succeed", break_at_the_end)
        with pytest.raises(RuntimeError):
            await system.reconciliation.run_reconciliation(claim)

    ended = await system.get_run(run.run_id)
    assert (ended.state, ended.failure_reason) == (run_pb2.Run.STATE_FAILED, "INTERNAL")
    assert (await system.count(MatchRow), await system.count(ExceptionRow)) == (0, 0)
    assert await system.count(PaymentFactRow) == 0
    assert (await system.run("run-00002")).state == run_pb2.Run.STATE_SUCCEEDED


async def test_while_payments_does_not_answer_a_run_waits_and_goes_on_later(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.start_run()
    nowhere = PaymentsClient("127.0.0.1:1", timeout_seconds=2)
    cut_off = ReconciliationActions(
        system.sessions,
        nowhere,
        MirrorActions(system.sessions, nowhere, system.clock),
        system.clock,
        lease_seconds=60,
    )

    await cut_off.run_reconciliation(await cut_off.claim_run())
    await nowhere.close()

    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_PENDING
    system.clock.advance(30)
    await system.reconciliation.run_reconciliation(await system.reconciliation.claim_run())
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_SUCCEEDED


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
        matched: "EXACT",
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


async def test_the_day_of_the_real_wechat_bill_runs(system: System, fixtures):
    bill = (fixtures / "statements/cn/wechat_trade_all_bom.csv").read_bytes()
    statement = (await system.ingest(bill)).statement

    run = await system.run(day=date.fromisoformat(statement.business_date))

    assert run.state == run_pb2.Run.STATE_SUCCEEDED
    assert run.totals.line_count == 45
    assert money(run.totals.line_sums) == {"CNY": 47 - 14}
