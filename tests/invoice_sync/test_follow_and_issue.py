"""Following payments and issuing their invoices, on a real database."""

import asyncio

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import telemetry
from chassis.errors import Fault, Kind
from services.invoice_sync.domain.invoice import PERSON, Party
from services.invoice_sync.domain.payment import PaymentChange, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.domain.standing import SyncState
from tests.invoice_sync.builders import a_payment, a_profile

FIRM = Party("江城科技有限公司", "91420100MA4K000001")


async def test_a_payment_that_succeeded_gets_its_invoice_by_policy(system):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile())

    await system.follow(payment)

    invoice = await system.of_payment(payment.payment_id)
    assert (invoice.standing.sync_state, invoice.issued_by) == (SyncState.READY, "ON_SUCCESS")
    assert invoice.buyer == PERSON
    assert telemetry.trace_id_of(invoice.traceparent) == telemetry.trace_id_of(payment.traceparent)


async def test_a_change_told_twice_is_taken_once(system):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile())

    first = await system.issue.follow_payment(PaymentChange(1, payment))
    second = await system.issue.follow_payment(PaymentChange(1, payment))

    assert (first, second) == (True, False)
    assert await system.issue.next_sequence() == 2
    assert len(await system.invoices_of(payment.payment_id)) == 1


async def test_two_followers_at_once_issue_one_invoice(system):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile())

    taken = await asyncio.gather(*(system.issue.follow_payment(PaymentChange(1, payment)) for _ in range(5)))

    assert sorted(taken) == [False, False, False, False, True]
    assert len(await system.invoices_of(payment.payment_id)) == 1


async def test_the_cursor_moves_only_with_the_effect(system):
    await system.issue.set_merchant_profile(a_profile())
    await system.execute("ALTER TABLE outbox RENAME TO outbox_gone")

    with pytest.raises(Exception, match="outbox"):
        await system.issue.follow_payment(PaymentChange(1, a_payment()))

    assert await system.issue.next_sequence() == 1


async def test_a_batch_is_taken_in_one_transaction_with_a_span_for_each_payment(system, spans):
    payments = [a_payment() for _ in range(3)]
    await system.issue.set_merchant_profile(a_profile())

    first = await system.issue.follow_payments([PaymentChange(no, each) for no, each in enumerate(payments, start=1)])
    again = await system.issue.follow_payments([PaymentChange(3, payments[2]), PaymentChange(4, a_payment())])

    async with system.sessions() as session:
        rows = await session.execute(text("SELECT xmin::text FROM payment_follow ORDER BY create_time"))
    names = [span.name for span in spans.get_finished_spans()]
    assert (first, again) == (3, 1)
    assert len({row.xmin for row in rows}) == 2
    assert await system.issue.next_sequence() == 5
    assert (names.count("follow_payment"), names.count("issue_invoice")) == (5, 4)
    assert [len(await system.invoices_of(each.payment_id)) for each in payments] == [1, 1, 1]


async def test_a_change_that_cannot_be_taken_stops_the_feed_there_and_is_named(system):
    before, poison, after = a_payment(), a_payment(payment_id="pay_\x00"), a_payment()
    batch = [PaymentChange(no, each) for no, each in enumerate([before, poison, after], start=1)]
    await system.issue.set_merchant_profile(a_profile())

    with structlog.testing.capture_logs() as logs, pytest.raises(DBAPIError):
        await system.issue.follow_payments(batch)

    assert await system.issue.next_sequence() == 2
    assert len(await system.invoices_of(before.payment_id)) == 1
    assert await system.invoices_of(after.payment_id) == []
    assert [each["sequence"] for each in logs if each["log_level"] == "error"] == [2]


async def test_an_older_version_never_overwrites_a_newer_one(system):
    payment = a_payment()
    await system.follow(a_payment(payment_id=payment.payment_id, version=3, state=PaymentState.SUCCEEDED))

    await system.follow(a_payment(payment_id=payment.payment_id, version=2, state=PaymentState.PROCESSING))

    assert await system.cause(payment.payment_id) == "A1"


async def test_an_invoice_on_reconciliation_waits_for_the_statement(system):
    waiting = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_RECONCILIATION))

    await system.follow(waiting)
    before, cause_before = await system.invoices_of(waiting.payment_id), await system.cause(waiting.payment_id)
    matched = a_payment(payment_id=waiting.payment_id, version=2, reconciliation_state=ReconciliationState.MATCHED)
    await system.follow(matched)

    assert (before, cause_before) == ([], "NOT_DUE")
    assert (await system.of_payment(waiting.payment_id)).issued_by == "ON_RECONCILIATION"


async def test_without_a_profile_no_invoice_is_issued_until_it_is_set_and_swept(system):
    payment = a_payment()
    await system.follow(payment)
    before = await system.diagnose.diagnose_invoice(payment.payment_id)

    await system.issue.set_merchant_profile(a_profile())
    report = await system.sweep.sweep()

    assert (before.verdict.cause, before.verdict.automatic) == ("A1", False)
    assert any("no profile" in row.fact for row in before.verdict.evidence)
    assert report.counts.issued_count == 1
    assert (await system.of_payment(payment.payment_id)).standing.sync_state is SyncState.READY


async def test_two_sweeps_at_once_issue_each_invoice_once(system):
    payments = [a_payment() for _ in range(5)]
    await system.follow(*payments)
    await system.issue.set_merchant_profile(a_profile())

    reports = await asyncio.gather(*(system.sweep.sweep() for _ in range(3)))

    assert sum(report.counts.issued_count for report in reports) == 5
    for payment in payments:
        assert len(await system.invoices_of(payment.payment_id)) == 1


async def test_two_sweeps_at_once_take_back_each_lease_once(system):
    await system.issued(count=6)
    await system.upload.claim_due()
    await system.execute("UPDATE lease SET until = clock_timestamp() - interval '1 second'")

    reports = await asyncio.gather(*(system.sweep.sweep() for _ in range(3)))

    assert sum(report.counts.lease_expired_count for report in reports) == 6


async def test_a_sweep_that_found_nothing_leaves_no_report(system):
    await system.booked()

    report = await system.sweep.sweep()

    assert report.found_count == 0
    assert (await system.read.list_sweeps(0, ""))[0] == []


async def test_an_invoice_that_lost_its_outbox_row_is_made_due_again(system):
    (invoice,) = await system.issued()
    await system.execute("DELETE FROM outbox")

    await system.sweep.sweep()

    assert await system.upload.upload_due() == 1
    assert (await system.again(invoice)).standing.sync_state is SyncState.ACKED


async def test_a_requested_invoice_is_a_trace_of_its_own_that_points_to_the_payment(system, spans):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)
    cause_before = await system.cause(payment.payment_id)
    spans.clear()

    with telemetry.span("caller"):
        requested = await system.issue.request_invoice("request-0001", payment.payment_id, FIRM)

    (issued,) = [span for span in spans.get_finished_spans() if span.name == "issue_invoice"]
    invoice = (await system.read.get_invoice(requested.invoice_id)).invoice
    payment_trace_id = telemetry.trace_id_of(payment.traceparent)
    assert cause_before == "A1"
    assert [format(link.context.trace_id, "032x") for link in issued.links] == [payment_trace_id]
    assert telemetry.trace_id_of(invoice.traceparent) != payment_trace_id
    assert telemetry.trace_id_of(invoice.payment_traceparent) == payment_trace_id


async def test_asking_again_gives_the_same_invoice_and_another_buyer_is_refused(system):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)

    first = await system.issue.request_invoice("request-0001", payment.payment_id, FIRM)
    same_id = await system.issue.request_invoice("request-0001", payment.payment_id, FIRM)
    other_id = await system.issue.request_invoice("request-0002", payment.payment_id, FIRM)
    with pytest.raises(Fault) as other_buyer:
        await system.issue.request_invoice("request-0003", payment.payment_id, PERSON)
    with pytest.raises(Fault) as reused:
        await system.issue.request_invoice("request-0001", payment.payment_id, PERSON)

    assert first.invoice_id == same_id.invoice_id == other_id.invoice_id
    assert (first.replayed, same_id.replayed, other_id.replayed) == (False, True, True)
    assert (other_buyer.value.kind, other_buyer.value.reason) == (Kind.EXISTS, "BUSINESS_KEY_REUSED")
    assert reused.value.reason == "REQUEST_ID_REUSED"


async def test_many_requests_at_once_make_one_invoice(system):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)

    requested = await asyncio.gather(
        *(system.issue.request_invoice("request-0001", payment.payment_id, FIRM) for _ in range(8))
    )

    assert len({each.invoice_id for each in requested}) == 1
    assert [each.replayed for each in requested].count(False) == 1


async def test_one_request_id_for_two_payments_at_once_serves_one_of_them(system):
    payments = [a_payment(), a_payment()]
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(*payments)

    answers = await asyncio.gather(
        *(system.issue.request_invoice("request-0001", each.payment_id, FIRM) for each in payments),
        return_exceptions=True,
    )

    assert sorted(getattr(each, "reason", "served") for each in answers) == ["REQUEST_ID_REUSED", "served"]


@pytest.mark.parametrize("state", [PaymentState.PROCESSING, PaymentState.FAILED, PaymentState.UNKNOWN])
async def test_a_payment_without_its_money_gets_no_invoice_and_burns_no_request_id(system, state):
    payment = a_payment(state=state)
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)

    with pytest.raises(Fault) as refused:
        await system.issue.request_invoice("request-0001", payment.payment_id, FIRM)
    await system.follow(a_payment(payment_id=payment.payment_id, version=2))
    later = await system.issue.request_invoice("request-0001", payment.payment_id, FIRM)

    assert (refused.value.kind, refused.value.reason) == (Kind.PRECONDITION, "NOT_INVOICEABLE")
    assert not later.replayed


async def test_a_payment_that_is_not_known_yet_is_told_so(system):
    with pytest.raises(Fault) as refused:
        await system.issue.request_invoice("request-0001", "pay_unknown", FIRM)

    assert refused.value.reason == "NOT_INVOICEABLE"
    assert refused.value.retry_after_seconds > 0
