"""What went back of a payment before its invoice is issued is never invoiced; what was sent stays as it is."""

import asyncio
from dataclasses import replace

import pytest
from bihuan.invoice_sync.v1 import invoice_service_pb2 as pb
from bihuan.invoice_sync.v1.diagnosis_pb2 import Diagnosis
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.errors import Fault, Kind
from chassis.money import Money
from services.invoice_sync.domain.follow import follow
from services.invoice_sync.domain.invoice import PERSON, Party, freeze_document
from services.invoice_sync.domain.payment import Payment, PaymentChange, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssueNow, IssuePolicy, NotDue, judge_due
from services.invoice_sync.store import cases, payments
from services.invoice_sync.store.cases import Case
from tests.invoice_sync.builders import SELLER, a_payment, a_profile
from tests.support.eventually import eventually

ALL, PART = 12_345, 2_345
FIRM = Party("江城科技有限公司", "91420100MA4K000001")
WAITS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def after(payment: Payment, *, version: int = 2, **changes) -> Payment:
    """The payment as a later change tells it."""
    return replace(payment, version=version, **changes)


def matched(payment: Payment) -> Payment:
    return after(payment, version=payment.version + 1, reconciliation_state=ReconciliationState.MATCHED)


def refunded(payment: Payment, amount_minor: int) -> Payment:
    return after(payment, version=payment.version + 1, refunded_minor=amount_minor, refund_reserved_minor=0)


def reserved(payment: Payment, amount_minor: int) -> Payment:
    return after(payment, version=payment.version + 1, refund_reserved_minor=amount_minor)


def failed(payment: Payment) -> Payment:
    return after(payment, version=payment.version + 1, refund_reserved_minor=0)


async def amounts(system, payment: Payment) -> list[int]:
    return [each.amount.amount_minor for each in await system.invoices_of(payment.payment_id)]


async def test_a_payment_that_went_back_in_full_before_its_match_gets_no_invoice_and_the_diagnosis_says_so(
    system, door
):
    paid = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_RECONCILIATION))

    await system.follow(paid, refunded(paid, ALL), matched(refunded(paid, ALL)))
    report = await system.sweep.sweep()
    told = await door.why(paid.payment_id)
    listed = await door.invoices.ListNotInSystem(pb.ListNotInSystemRequest())

    assert (await amounts(system, paid), report.counts.issued_count) == ([], 0)
    assert (told.cause, told.action, told.confidence) == (
        "NOT_DUE",
        Diagnosis.ACTION_NONE,
        Diagnosis.CONFIDENCE_PROVED,
    )
    assert (told.title, told.title_zh) == (
        "The payment was given back in full, so no invoice is issued.",
        "该笔支付已全部退回，不再开具发票。",
    )
    assert "went back 123.45 CNY" in told.evidence[0].fact
    assert "已退回 123.45 CNY" in told.evidence[0].fact_zh
    assert list(listed.diagnoses) == []


async def test_what_is_left_of_a_payment_is_what_its_late_invoice_is_for(system):
    paid = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_RECONCILIATION))

    await system.follow(paid, refunded(paid, PART), matched(refunded(paid, PART)))

    invoice = await system.of_payment(paid.payment_id)
    rest = replace(paid, amount=Money("CNY", ALL - PART))
    assert invoice.amount == Money("CNY", ALL - PART)
    assert invoice.document_sha256 == freeze_document(rest, SELLER, PERSON, system.clock.now()).sha256


async def test_a_profile_that_came_after_the_refunds_issues_only_for_what_they_left(system):
    whole, part, none = a_payment(), a_payment(), a_payment()
    await system.follow(whole, part, none, refunded(part, PART), refunded(none, ALL))

    await system.issue.set_merchant_profile(a_profile())
    report = await system.sweep.sweep()

    assert report.counts.issued_count == 2
    assert [await amounts(system, each) for each in (whole, part, none)] == [[ALL], [ALL - PART], []]


async def test_payments_with_nothing_to_invoice_take_no_place_among_those_that_the_sweep_looks_at(system):
    gone, under_way, left = (a_payment(payment_id=f"pay_{name}") for name in ("gone", "open", "real"))
    await system.follow(refunded(gone, ALL), reserved(under_way, 1), left)
    await system.issue.set_merchant_profile(a_profile())

    async with system.sessions() as session:
        assert await payments.due_by_policy(session, 10) == ["pay_real"]


@pytest.mark.parametrize(("ends", "invoiced"), [("fails", ALL), ("succeeds", ALL - PART)])
async def test_while_a_refund_is_not_decided_the_invoice_waits_and_then_is_for_what_is_left(
    system, door, ends, invoiced
):
    paid = a_payment()
    asked = reserved(paid, PART)
    await system.follow(asked)
    await system.issue.set_merchant_profile(a_profile())

    await system.sweep.sweep()
    before, told = await amounts(system, paid), await door.why(paid.payment_id)
    await system.follow(failed(asked) if ends == "fails" else refunded(asked, PART))

    assert before == []
    assert (told.cause, told.action) == ("NOT_DUE", Diagnosis.ACTION_WAIT)
    assert "退款正在处理" in told.title_zh
    assert await amounts(system, paid) == [invoiced]


@pytest.mark.parametrize(
    ("changed", "cause"), [(refunded(a_payment(), ALL), "REFUNDED"), (reserved(a_payment(), 1), "REFUND_UNDER_WAY")]
)
async def test_who_asks_for_an_invoice_of_money_that_goes_back_is_told_so_in_both_languages(system, changed, cause):
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(changed)

    with pytest.raises(Fault) as refused:
        await system.issue.request_invoice("request-0001", changed.payment_id, FIRM)

    fault = refused.value
    assert (fault.kind, fault.reason, fault.metadata["cause"]) == (Kind.PRECONDITION, "NOT_INVOICEABLE", cause)
    assert "退款" in fault.message_zh
    assert await amounts(system, changed) == []


async def test_who_asks_for_an_invoice_after_a_part_went_back_gets_it_for_the_rest(system):
    paid = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(paid, refunded(paid, PART))

    await system.issue.request_invoice("request-0001", paid.payment_id, FIRM)

    assert await amounts(system, paid) == [ALL - PART]


async def test_an_invoice_that_was_sent_before_the_refund_stays_as_it_is_and_is_found_again(system):
    paid = a_payment()
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(paid)
    await system.upload.upload_due()
    frozen = await system.of_payment(paid.payment_id)

    await system.follow(reserved(paid, ALL), refunded(reserved(paid, ALL), ALL))
    await system.sweep.sweep()
    asked = await system.issue.request_invoice("request-0001", paid.payment_id, PERSON)

    assert (asked.invoice_id, asked.replayed) == (frozen.invoice_id, True)
    assert await system.of_payment(paid.payment_id) == frozen


async def test_a_refund_that_is_told_in_the_same_batch_as_the_payment_counts(system):
    gone, part, under_way = a_payment(), a_payment(), a_payment()
    await system.issue.set_merchant_profile(a_profile())
    told = [gone, part, under_way, refunded(part, PART), refunded(gone, ALL), reserved(under_way, 1)]

    await system.issue.follow_payments([PaymentChange(no, each) for no, each in enumerate(told, start=1)])

    assert [await amounts(system, each) for each in (gone, part, under_way)] == [[], [ALL - PART], []]


async def test_a_refund_counts_also_when_its_batch_stops_at_a_change_before_it(system):
    gone, poison = a_payment(), a_payment(payment_id="pay_\x00")
    await system.issue.set_merchant_profile(a_profile())
    batch = [PaymentChange(no, each) for no, each in enumerate([gone, poison, refunded(gone, ALL)], start=1)]

    with pytest.raises(Exception, match="0x00"):
        await system.issue.follow_payments(batch)

    assert await system.issue.next_sequence() == 2
    assert await amounts(system, gone) == []


async def test_an_older_change_that_comes_late_brings_no_money_back(system):
    paid = a_payment()
    await system.follow(after(paid, version=3, refunded_minor=ALL))
    await system.issue.set_merchant_profile(a_profile())

    await system.follow(after(paid, version=2))
    await system.sweep.sweep()

    assert await amounts(system, paid) == []


async def test_a_refund_that_is_being_kept_is_waited_for_by_who_would_issue(system):
    paid = a_payment()
    await system.follow(paid)
    await system.issue.set_merchant_profile(a_profile())

    async with system.sessions.begin() as session:
        await payments.lock_many(session, {paid.payment_id})
        sweeping = asyncio.create_task(system.issue.issue_due(paid.payment_id))
        await eventually(lambda: waiting(system))
        await payments.keep_many(session, [refunded(paid, ALL)], {}, system.clock.now())

    assert await sweeping is False
    assert await amounts(system, paid) == []


async def test_a_refund_that_comes_while_the_invoice_is_issued_makes_it_again(system):
    paid = a_payment()
    await system.follow(paid)
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))

    async with system.sessions.begin() as session:
        # Whoever issues holds the payment until the invoice is committed with it.
        await payments.lock(session, paid.payment_id)
        asking = asyncio.create_task(system.issue.request_invoice("request-0001", paid.payment_id, FIRM))
        await eventually(lambda: waiting(system))
        telling = asyncio.create_task(system.follow(refunded(paid, PART)))
        await eventually(lambda: waiting(system, 2))
    await asyncio.gather(asking, telling)

    kept = await system.of_payment(paid.payment_id)
    assert (kept.amount.amount_minor, kept.version) == (ALL - PART, 2), "they wait in line, and who asked was first"
    async with system.sessions() as session:
        assert (await payments.lock(session, paid.payment_id))[0].refunded_minor == PART


async def test_a_case_of_a_payment_that_could_not_be_invoiced_closes_when_all_of_it_went_back(system):
    paid = a_payment()
    await system.follow(paid)
    async with system.sessions.begin() as session:
        told = Case("cse_1", "PAYMENT_UNTAKEN", "", "", "", paid.payment_id, "fact", "事实", system.clock.now())
        await cases.open_case(session, told)

    await system.follow(refunded(paid, ALL))
    await system.sweep.sweep()

    async with system.sessions() as session:
        closed = await session.scalar(text("SELECT close_time IS NOT NULL FROM finding_case WHERE case_id = 'cse_1'"))
    assert closed


@pytest.mark.parametrize(
    ("refunded_minor", "reserved_minor", "state", "decided"),
    [
        (0, 0, PaymentState.SUCCEEDED, IssueNow),
        (ALL - 1, 0, PaymentState.SUCCEEDED, IssueNow),
        (ALL, 0, PaymentState.SUCCEEDED, NotDue.REFUNDED),
        (0, 1, PaymentState.SUCCEEDED, NotDue.REFUND_UNDER_WAY),
        (PART, ALL - PART, PaymentState.SUCCEEDED, NotDue.REFUND_UNDER_WAY),
        (0, 0, PaymentState.PROCESSING, NotDue.NOT_SUCCEEDED),
    ],
)
def test_what_went_back_decides_whether_an_invoice_is_due(refunded_minor, reserved_minor, state, decided):
    payment = a_payment(state=state, refunded_minor=refunded_minor, refund_reserved_minor=reserved_minor)

    found = judge_due(payment, a_profile())

    assert isinstance(found, IssueNow) if decided is IssueNow else found is decided


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8))
def test_never_is_more_invoiced_than_the_newest_change_of_a_batch_leaves(told):
    changes = [
        PaymentChange(
            no,
            replace(
                a_payment(payment_id="pay_1", version=version, amount=Money("CNY", 10)),
                refunded_minor=back_minor,
                refund_reserved_minor=reserved_minor,
            ),
        )
        for no, (version, back_minor, reserved_minor) in enumerate(told, start=1)
    ]

    steps = follow({}, set(), {"city-water": a_profile()}, changes, changes)

    # Of several with the highest version, the first one is kept.
    newest = max((change.payment for change in changes), key=lambda payment: payment.version)
    to_invoice = newest.refund_reserved_minor == 0 and newest.left.amount_minor > 0
    due = [step.due.payment.left.amount_minor for step in steps if step.due]
    assert due == ([newest.left.amount_minor] if to_invoice else [])


async def waiting(system, count: int = 1) -> bool:
    """Whether so many wait for a lock."""
    async with system.sessions() as session:
        return await session.scalar(text(WAITS)) >= count
