"""What went back of a payment before its invoice was sent is never sent: the invoice is made again for what is left."""

import asyncio
import json
import random
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from bihuan.invoice_sync.v1 import red_letter_service_pb2 as pb
from bihuan.invoice_sync.v1.diagnosis_pb2 import Diagnosis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.errors import Fault
from chassis.money import Money
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.actions.manual import ManualActions
from services.invoice_sync.actions.remaking import Remaking
from services.invoice_sync.actions.resurfaced import Resurfaced
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.change import ChangeKind
from services.invoice_sync.domain.invoice import PERSON, freeze_document
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.standing import UNSENT, ParkedReason, SyncState
from services.invoice_sync.store import attempts, cases, invoiceable, payments
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import SELLER, TIMERS, a_payment, a_profile
from tests.invoice_sync.red_bench import FIRM, red_bench
from tests.invoice_sync.test_numbers import preassigned
from tests.support.eventually import eventually
from tests.support.tax_sandbox import submit_to, until_status

ALL, PART = 12_345, 2_345
LEFT = ALL - PART
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def back(payment: Payment, refunded_minor: int, version: int = 2) -> Payment:
    """The payment as a later change tells it: so much went back of it in all."""
    return replace(payment, version=version, refunded_minor=refunded_minor)


async def paid(system) -> Payment:
    """A payment whose invoice waits to be sent."""
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(payment)
    return payment


async def money(system, payment: Payment) -> tuple[int, int, int]:
    """Invoiced, taken back, and still to be taken back, in minor units."""
    async with system.sessions() as session:
        kept = await invoiceable.of_payment(session, payment.payment_id)
    return (kept.invoiced_minor, kept.red_minor, kept.red_required_minor) if kept else (0, 0, 0)


async def cases_of(system, payment: Payment, *, open_only: bool = False) -> list[cases.Case]:
    async with system.sessions() as session:
        page = await cases.page(session, 50, None, "", open_only=open_only)
    return [each for each in page if each.reference == payment.payment_id]


async def told(system, payment: Payment) -> list[tuple[ChangeKind, int]]:
    """What others are told of its invoices, with their amounts in minor units."""
    page = await FeedActions(system.sessions, system.clock, 86_400).list_invoice_changes(1, 1_000)
    return [(each.kind, each.amount.amount_minor) for each in page.changes if each.payment_id == payment.payment_id]


async def document_of(system, sha256: str) -> str:
    async with system.sessions() as session:
        sealed = await attempts.sealed_body(session, sha256)
    return system.tools.ring.open(sealed, body_context(sha256)).decode()


@asynccontextmanager
async def no_way_to_the_authority(system):
    """While it lasts nothing that is sent is received."""
    real, nowhere = system.upload._tax, SandboxTaxSystem("http://127.0.0.1:1")
    system.upload._tax = nowhere
    yield
    system.upload._tax = real
    await nowhere.close()


async def until_waiting(system, count: int = 1) -> None:
    async def reached() -> bool:
        async with system.sessions() as session:
            return await session.scalar(text(WAITS)) >= count

    await eventually(reached)


async def test_a_part_that_went_back_before_the_invoice_was_sent_is_never_sent(system):
    payment = await paid(system)
    whole = await system.of_payment(payment.payment_id)

    await system.follow(back(payment, PART))
    made_again = await system.of_payment(payment.payment_id)
    await system.upload.upload_due()
    booked = await system.until_booked(made_again)

    rest = replace(payment, amount=Money("CNY", LEFT))
    assert (made_again.invoice_id, made_again.version) == (whole.invoice_id, 2)
    assert made_again.document_sha256 == freeze_document(rest, SELLER, PERSON, system.clock.now()).sha256
    assert [each["amount_minor"] for each in await system.entries(booked)] == [LEFT]
    assert booked.amount == Money("CNY", LEFT)
    assert await money(system, payment) == (LEFT, 0, 0)


async def test_an_invoice_of_which_all_went_back_before_it_was_sent_is_cancelled_and_never_sent(system, door):
    payment = await paid(system)
    whole = await system.of_payment(payment.payment_id)

    await system.follow(back(payment, ALL))
    sent = await system.upload.upload_due()
    await system.sweep.sweep()
    why = await door.why(payment.payment_id)
    why_invoice = await door.why(whole.invoice_id)

    assert (sent, await system.entries(whole)) == (0, [])
    assert (await system.again(whole)).standing.sync_state is SyncState.CANCELLED
    assert await money(system, payment) == (0, 0, 0)
    assert {(each.cause, each.action) for each in (why, why_invoice)} == {("NOT_DUE", Diagnosis.ACTION_NONE)}
    assert "撤销" in why.title_zh


async def test_why_an_invoice_is_for_less_stands_in_a_case_that_asks_nothing_of_anybody(system):
    lowered, cancelled = await paid(system), await paid(system)

    await system.follow(back(lowered, PART), back(cancelled, ALL))

    (less,), (none,) = await cases_of(system, lowered), await cases_of(system, cancelled)
    assert (less.kind, none.kind) == ("MADE_AGAIN", "MADE_AGAIN")
    assert None not in (less.close_time, none.close_time)
    assert "100.00 CNY instead of 123.45 CNY" in less.fact
    assert "已撤销" in none.fact_zh


async def test_others_are_told_of_the_lower_amount_and_of_the_cancelled_invoice(system):
    lowered, cancelled = await paid(system), await paid(system)

    await system.follow(back(lowered, PART), back(cancelled, ALL))

    assert await told(system, lowered) == [(ChangeKind.REQUESTED, LEFT), (ChangeKind.CORRECTED, LEFT)]
    assert [kind for kind, _ in await told(system, cancelled)] == [ChangeKind.REQUESTED, ChangeKind.VOIDED]


async def not_received(system):
    async with no_way_to_the_authority(system):
        await system.upload.upload_due()


async def refused(system):
    await system.steering.plan("REFUSE", times=2, code="E4100")
    await system.upload.upload_due()


async def given_up(system):
    async with no_way_to_the_authority(system):
        for _ in range(8):
            await system.upload.upload_due()
            system.clock.advance(120)


async def held(system):
    await system.steering.plan("THROTTLE", times=2, seconds=100)
    await system.upload.upload_due()


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (not_received, SyncState.RETRY_WAIT),
        (refused, SyncState.REJECTED),
        (given_up, SyncState.RETRY_WAIT),
        (held, SyncState.RETRY_WAIT),
    ],
)
async def test_whatever_held_it_up_an_unsent_invoice_is_made_again_or_cancelled_and_waits_as_it_did(
    system, before, state
):
    lowered, cancelled = await paid(system), await paid(system)
    await before(system)
    was = (await system.of_payment(lowered.payment_id)).standing

    await system.follow(back(lowered, PART), back(cancelled, ALL))

    now, none = await system.of_payment(lowered.payment_id), await system.of_payment(cancelled.payment_id)
    assert was.sync_state is state
    assert now.standing == replace(was, version=2)
    assert (now.amount.amount_minor, await money(system, lowered)) == (LEFT, (LEFT, 0, 0))
    assert json.loads(await document_of(system, now.document_sha256))["amount_minor"] == LEFT
    assert none.standing.sync_state is SyncState.CANCELLED


@pytest.mark.parametrize("before", [not_received, refused, given_up])
async def test_others_are_told_of_the_lower_amount_whatever_held_the_invoice_up(system, before):
    payment = await paid(system)
    await before(system)

    await system.follow(back(payment, PART))

    assert (await told(system, payment))[-1] == (ChangeKind.CORRECTED, LEFT)


async def test_others_are_told_of_the_lower_amount_of_an_invoice_that_breaks_a_rule_of_ours(system):
    payment = a_payment(merchant_order_no="N" * 200)
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(payment, back(payment, PART))

    assert [kind for kind, _ in await told(system, payment)] == [ChangeKind.FAILED, ChangeKind.CORRECTED]


async def test_a_refused_invoice_that_was_made_again_is_corrected_for_what_is_left(system):
    payment = await paid(system)
    await system.steering.plan("REFUSE", times=1, code="E4100")
    await system.upload.upload_due()
    await system.follow(back(payment, PART))
    refused_one = await system.of_payment(payment.payment_id)

    await CorrectActions(system.tools).correct_invoice("request-correct-1", refused_one.invoice_id, FIRM)
    await system.upload.upload_due()
    booked = await system.until_booked(refused_one)

    assert (booked.version, [each["amount_minor"] for each in await system.entries(booked)]) == (3, [LEFT])


async def test_a_refund_while_it_is_being_sent_waits_for_the_answer_and_asks_for_a_red_letter_if_it_was_taken(system):
    payment = await paid(system)
    claims = await system.upload.claim_due()

    await system.follow(back(payment, PART))
    under_way = await system.of_payment(payment.payment_id)
    await system.upload.upload_claims(claims)
    booked = await system.until_booked(under_way)
    await system.sweep.sweep()

    assert (under_way.standing.sync_state, under_way.version) == (SyncState.SENDING, 1)
    assert [each["amount_minor"] for each in await system.entries(booked)] == [ALL]
    assert await money(system, payment) == (ALL, 0, PART)
    assert [each.kind for each in await cases_of(system, payment, open_only=True)] == ["RED_REQUIRED"]


async def test_a_refund_while_it_is_being_sent_is_followed_before_the_next_try_if_it_was_not_received(system):
    lowered, cancelled = await paid(system), await paid(system)
    async with no_way_to_the_authority(system):
        claims = await system.upload.claim_due()
        await system.follow(back(lowered, PART), back(cancelled, ALL))
        for each in claims:
            await system.upload.upload_claims([each])
    waits = [(await system.of_payment(each.payment_id)).standing for each in (lowered, cancelled)]
    system.clock.advance(600)

    too_early = await system.upload.upload_due()
    await system.sweep.sweep()
    sent = await system.upload.upload_due()

    less, none = [await system.of_payment(each.payment_id) for each in (lowered, cancelled)]
    assert {(each.sync_state, each.parked_reason) for each in waits} == {(SyncState.RETRY_WAIT, ParkedReason.REFUND)}
    assert (too_early, sent) == (0, 1)
    assert [each["amount_minor"] for each in await system.entries(less)] == [LEFT]
    assert (none.standing.sync_state, await system.entries(none)) == (SyncState.CANCELLED, [])
    assert (await money(system, lowered), await money(system, cancelled)) == ((LEFT, 0, 0), (0, 0, 0))
    assert await cases_of(system, lowered, open_only=True) + await cases_of(system, cancelled, open_only=True) == []


async def test_what_waits_to_be_made_again_needs_nobody_and_is_told_to_nobody_as_failed(system, door):
    payment = await paid(system)
    async with no_way_to_the_authority(system):
        claims = await system.upload.claim_due()
        await system.follow(back(payment, PART))
        await system.upload.upload_claims(claims)

    why = await door.why(payment.payment_id)

    assert why.action == Diagnosis.ACTION_WAIT
    assert any("made again" in each.fact for each in why.evidence)
    assert [kind for kind, _ in await told(system, payment)] == [ChangeKind.REQUESTED]


async def test_money_that_came_again_before_the_invoice_was_made_again_leaves_it_as_it_was(system):
    payment = await paid(system)
    async with no_way_to_the_authority(system):
        claims = await system.upload.claim_due()
        await system.follow(back(payment, PART))
        await system.upload.upload_claims(claims)

    await system.follow(back(payment, 0, version=3))
    await system.sweep.sweep()
    system.clock.advance(600)
    sent = await system.upload.upload_due()

    now = await system.of_payment(payment.payment_id)
    assert (sent, now.version, await money(system, payment)) == (1, 1, (ALL, 0, 0))


async def test_what_was_proved_absent_after_a_refund_is_sent_again_for_what_is_left(system):
    await system.booked()
    await system.steering.plan("LOSE_REQUEST", times=1)
    payment = await paid(system)
    await system.upload.upload_due()

    await system.follow(back(payment, PART))
    unknown = await system.of_payment(payment.payment_id)
    for _ in range(2):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()
    await system.upload.upload_due()
    booked = await system.until_booked(unknown)

    assert (unknown.standing.sync_state, unknown.amount.amount_minor) == (SyncState.UNKNOWN, ALL)
    assert [each["amount_minor"] for each in await system.entries(booked)] == [LEFT]
    assert await money(system, payment) == (LEFT, 0, 0)


async def test_what_came_again_after_a_cancelled_invoice_is_invoiced_by_policy(system):
    payment = await paid(system)
    await system.follow(back(payment, ALL))

    await system.follow(back(payment, PART, version=3))

    newest, cancelled = await system.invoices_of(payment.payment_id)
    assert (newest.standing.sync_state, newest.amount.amount_minor) == (SyncState.READY, LEFT)
    assert cancelled.standing.sync_state is SyncState.CANCELLED
    assert await money(system, payment) == (LEFT, 0, 0)


async def test_the_newest_unsent_invoice_gives_way_first_and_a_red_letter_takes_back_the_rest(system):
    async with red_bench(system) as bench:
        payment = a_payment(refunded_minor=PART)
        first = await bench.booked(payment=payment)
        await system.follow(back(payment, 0))
        asked = pb.InvoiceRemainderRequest(
            request_id="request-rest-1",
            payment_id=payment.payment_id,
            buyer_title=FIRM.name,
            buyer_tax_id=FIRM.tax_id,
        )
        rest = (await bench.door.reds.InvoiceRemainder(asked)).invoice.invoice_id
        await system.follow(back(payment, PART + 1_000, version=3))

        async with system.sessions() as session:
            counts = (await payments.look_many(session, [payment.payment_id]))[payment.payment_id][1]
        assert (await system.read.get_invoice(rest)).invoice.standing.sync_state is SyncState.CANCELLED
        assert (counts, await money(system, payment)) == (first.invoice_id, (LEFT, 0, 1_000))
        opened = await cases_of(system, payment, open_only=True)
        assert [(each.kind, each.invoice_id) for each in opened] == [("RED_REQUIRED", first.invoice_id)]


async def test_an_invoice_that_waits_for_a_number_gets_it_for_what_is_left(system):
    actions = preassigned(system)
    payment = await paid(system)

    await system.follow(back(payment, PART))
    waits = await system.of_payment(payment.payment_id)
    await actions.top_up()
    await system.upload.upload_due()
    booked = await system.until_booked(waits)

    assert (waits.standing.sync_state, [each.rule for each in waits.broken_rules]) == (SyncState.INVALID, ["NO_NUMBER"])
    assert [each["amount_minor"] for each in await system.entries(booked)] == [LEFT]


async def test_an_invoice_keeps_its_number_when_it_is_made_again(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    payment = await paid(system)
    number = (await system.of_payment(payment.payment_id)).standing.invoice_number

    await system.follow(back(payment, PART))
    now = await system.of_payment(payment.payment_id)

    assert (
        json.loads(await document_of(system, now.document_sha256))["number"]
        == number
        == now.standing.invoice_number
        != ""
    )


async def test_a_package_for_the_portal_has_what_is_left_and_nothing_that_waits_to_be_made_again(system):
    lowered, overtaken = await paid(system), await paid(system)
    await system.follow(back(lowered, PART))
    async with no_way_to_the_authority(system):
        claims = await system.upload.claim_due()
        await system.follow(back(overtaken, PART))
        for each in claims:
            await system.upload.upload_claims([each])

    made = await ManualActions(system.tools).export_package("request-export", SELLER.tax_id, "li", "the way is out", 0)

    head = made.shown.package.head
    assert (head.invoice_count, head.amount.amount_minor) == (1, LEFT)


async def test_a_package_for_the_portal_has_nothing_that_was_given_up_while_a_refund_overtook_it(system):
    payment = await paid(system)
    async with no_way_to_the_authority(system):
        claims = await system.upload.claim_due()
        while (standing := claims[0].standing).tries < TIMERS.retry_count_max:
            await system.upload.upload_claims(claims)
            system.clock.advance(TIMERS.retry_seconds_max)
            claims = await system.upload.claim_due()
        await system.follow(back(payment, PART))
        await system.upload.upload_claims(claims)
    overtaken = await system.of_payment(payment.payment_id)
    manual = ManualActions(system.tools)

    with pytest.raises(Fault) as nothing:
        await manual.export_package("request-export-1", SELLER.tax_id, "li", "the way is out", 0)
    await system.sweep.sweep()
    made = await manual.export_package("request-export-2", SELLER.tax_id, "li", "the way is out", 0)

    assert standing.sync_state is SyncState.SENDING
    assert (overtaken.standing.parked_reason, overtaken.amount.amount_minor) == (ParkedReason.COUNT, ALL)
    assert nothing.value.reason == "NOT_FOUND"
    assert made.shown.package.head.amount.amount_minor == LEFT
    assert await money(system, payment) == (LEFT, 0, 0)


async def arrives_late(system, invoice) -> None:
    """What was said not to have been received reaches the authority's book after all."""
    content = (await document_of(system, invoice.document_sha256)).encode()
    answer = await submit_to(system.steering, content, invoice.idempotency_key)
    assert answer.status_code == 200, answer.text
    await until_status(system.steering, "BOOKED", invoice.idempotency_key)


async def cancelled_after_it_was_sent(system, payment: Payment):
    """Its invoice, which the authority is said not to have received, cancelled by a refund of all."""
    await not_received(system)
    await system.follow(back(payment, ALL))
    cancelled = await system.of_payment(payment.payment_id)
    assert cancelled.standing.sync_state is SyncState.CANCELLED
    return cancelled


async def test_a_cancelled_invoice_that_the_authority_has_after_all_counts_again_and_asks_for_a_red_letter(system):
    payment = await paid(system)
    cancelled = await cancelled_after_it_was_sent(system, payment)

    await arrives_late(system, cancelled)
    await system.sweep.sweep()
    counted = await money(system, payment)
    booked = await system.until_booked(cancelled)
    asked_for = await cases_of(system, payment, open_only=True)
    await system.follow(back(payment, 0, version=3))
    await system.sweep.sweep()

    assert counted == (ALL, 0, ALL)
    assert [(each.kind, each.invoice_id) for each in asked_for] == [("RED_REQUIRED", cancelled.invoice_id)]
    assert (await system.of_payment(payment.payment_id)).invoice_id == booked.invoice_id, "none is issued beside it"
    assert await money(system, payment) == (ALL, 0, 0)
    assert await cases_of(system, payment, open_only=True) == []


async def test_what_is_cancelled_while_the_list_is_read_is_found_when_it_is_read_again(system, monkeypatch):
    payment = await paid(system)
    await not_received(system)
    waits = await system.of_payment(payment.payment_id)
    await arrives_late(system, waits)
    ask = Resurfaced.take_up

    async def overtaken(*args) -> int:
        taken_up = await ask(*args)
        await system.follow(back(payment, ALL))
        return taken_up

    with monkeypatch.context() as patched:
        patched.setattr(Resurfaced, "take_up", overtaken)
        await system.sweep.sweep()
    between = await system.again(waits)
    await system.sweep.sweep()
    await system.until_booked(waits)

    assert between.standing.sync_state is SyncState.CANCELLED
    assert await money(system, payment) == (ALL, 0, ALL)


async def test_what_was_issued_instead_gives_way_to_a_cancelled_invoice_that_the_authority_has(system):
    payment = await paid(system)
    cancelled = await cancelled_after_it_was_sent(system, payment)
    await system.follow(back(payment, 0, version=3))

    await arrives_late(system, cancelled)
    await system.sweep.sweep()

    newest, first = await system.invoices_of(payment.payment_id)
    async with system.sessions() as session:
        counts = (await payments.look_many(session, [payment.payment_id]))[payment.payment_id][1]
    assert (first.invoice_id, counts) == (cancelled.invoice_id, cancelled.invoice_id)
    assert newest.standing.sync_state is SyncState.CANCELLED
    assert await money(system, payment) == (ALL, 0, 0)


async def test_of_two_invoices_for_the_same_money_in_the_books_a_red_letter_takes_one_back(system):
    payment = await paid(system)
    cancelled = await cancelled_after_it_was_sent(system, payment)
    await system.follow(back(payment, 0, version=3))
    await system.upload.upload_due()

    await arrives_late(system, cancelled)
    await system.sweep.sweep()
    await system.until_booked(cancelled)

    assert await money(system, payment) == (2 * ALL, 0, ALL)
    assert [each.kind for each in await cases_of(system, payment, open_only=True)] == ["RED_REQUIRED"]


async def test_the_database_lowers_the_amount_of_a_next_version_and_never_raises_it(system):
    payment = await paid(system)
    raised = "UPDATE invoice SET version = version + 1, amount_minor = amount_minor + 1 WHERE payment_id = :id"
    same_version = "UPDATE invoice SET amount_minor = amount_minor - 1 WHERE payment_id = :id"

    for statement in (raised, same_version):
        with pytest.raises(DBAPIError, match="frozen"):
            await system.execute(statement, id=payment.payment_id)


@pytest.mark.parametrize("state", ["SENDING", "MANUAL", "BOOKED", "READY"])
async def test_the_database_lowers_the_amount_of_nothing_that_may_be_at_the_authority(system, state):
    payment = await paid(system)
    lower = "UPDATE invoice SET version = version + 1, amount_minor = amount_minor - 1 WHERE payment_id = :id"
    work = {"MANUAL": "VERIFY", "BOOKED": "CONFIRM"}.get(state, "SUBMIT")
    lease_id = "lea_1" if work == "SUBMIT" else ""
    stands = "UPDATE outbox SET sync_state = :state, work = :work, lease_id = :lease_id"
    await system.execute(lower, id=payment.payment_id)

    await system.execute(stands, state=state, work=work, lease_id=lease_id)
    with pytest.raises(DBAPIError, match="may be at the authority"):
        await system.execute(lower, id=payment.payment_id)

    assert (await system.of_payment(payment.payment_id)).amount == Money("CNY", ALL - 1)


async def test_a_claim_that_is_under_way_is_waited_for_by_the_refund(system):
    payment = await paid(system)

    async with system.sessions.begin() as session:
        await session.execute(text("UPDATE outbox SET lease_id = 'lea_1', sync_state = 'SENDING'"))
        telling = asyncio.create_task(system.follow(back(payment, PART)))
        await until_waiting(system)
    await telling

    now = await system.of_payment(payment.payment_id)
    assert (now.version, now.standing.sync_state) == (1, SyncState.SENDING)
    assert await money(system, payment) == (ALL, 0, PART)


async def test_what_a_refund_is_making_again_is_claimed_by_nobody_before_it_is_done(system):
    payment = await paid(system)

    async with system.sessions.begin() as session:
        await payments.lock_many(session, {payment.payment_id})
        await payments.keep_many(session, [back(payment, PART)], {}, system.clock.now())
        moved = await invoiceable.money_moved(session, [payment.payment_id])
        await Remaking(system.tools).follow_refunds(session, moved)
        meanwhile = await system.upload.claim_due()
    (claim,) = await system.upload.claim_due()

    now = await system.of_payment(payment.payment_id)
    assert meanwhile == []
    assert (claim.document_sha256, claim.standing.version) == (now.document_sha256, 2)


async def test_refunds_of_a_batch_hold_the_money_of_its_payments_in_their_order_whoever_was_invoiced_first(system):
    second, first = a_payment(payment_id="pay_b"), a_payment(payment_id="pay_a")
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(second, first)
    both = [first.payment_id, second.payment_id]
    async with system.sessions.begin() as session:
        await payments.lock_many(session, set(both))
        await payments.keep_many(session, [back(second, PART), back(first, PART)], {}, system.clock.now())

    async def tell() -> list[str]:
        async with system.sessions.begin() as session:
            return await invoiceable.money_moved(session, both)

    async with system.sessions.begin() as session:
        await invoiceable.hold(session, first.payment_id)
        telling = asyncio.create_task(tell())
        await until_waiting(system)
        await invoiceable.hold(session, second.payment_id)
    assert sorted(await telling) == both


async def test_a_refund_waits_for_an_answer_that_is_being_written_and_neither_is_lost(system):
    payment = await paid(system)
    async with no_way_to_the_authority(system):
        claims = await system.upload.claim_due()
        async with system.sessions.begin() as session:
            # Who writes the answer holds the money still, from before it looks until it is done.
            await invoiceable.overtaken(session, [claims[0].invoice_id])
            telling = asyncio.create_task(system.follow(back(payment, PART)))
            await until_waiting(system)
        await asyncio.gather(telling, system.upload.upload_claims(claims))
    await system.sweep.sweep()

    now = await system.of_payment(payment.payment_id)
    assert (now.amount.amount_minor, now.standing.parked_reason) == (LEFT, ParkedReason.NOT_PARKED)
    assert await money(system, payment) == (LEFT, 0, 0)


async def test_however_refunds_race_with_uploads_nothing_is_sent_for_more_than_was_left_when_it_was_claimed(system):
    dice = random.Random(1)
    every = [await paid(system) for _ in range(24)]
    lost = SandboxTaxSystem("http://127.0.0.1:1")
    loses = UploadActions(lost, system.tools)

    async def refunds():
        for payment in dice.sample(every, len(every)):
            await system.follow(back(payment, dice.choice((1_000, 5_000, ALL))))
        for payment in dice.sample(every, len(every)):
            await system.follow(back(payment, ALL, version=3))

    async def uploads(upload, turns):
        for _ in range(turns):
            await upload.upload_due()
            system.clock.advance(10)

    await asyncio.gather(refunds(), uploads(loses, 12), uploads(system.upload, 3))
    await lost.close()
    await system.sweep.sweep()

    sent = 0
    for payment in every:
        invoice = await system.of_payment(payment.payment_id)
        went = [] if invoice.standing.sync_state is SyncState.CANCELLED else [invoice.amount.amount_minor]
        assert invoice.standing.sync_state not in UNSENT, "all of it went back: what was not sent is cancelled"
        assert await money(system, payment) == (sum(went), 0, sum(went))
        assert [each["amount_minor"] for each in await system.entries(invoice)] == went
        sent += len(went)
    assert 0 < sent < len(every), "some were sent before and some were not"
