"""What the batches of the outbox do to rows, on a real database: claims, fences, settling, and the log beside them."""

from dataclasses import replace

import pytest

from chassis.errors import Fault
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.breaker import BreakerPolicy
from services.invoice_sync.domain.event import Claimed
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store.search import AttemptFilter
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import TIMERS, a_payment, a_profile

ROUTE_KEY = "sandbox/production/42/default"


async def test_the_claim_of_the_database_is_the_claim_of_the_machine(system):
    (invoice,) = await system.issued()

    (claim,) = await system.upload.claim_due()

    decided = decide(invoice.standing, Claimed(), system.clock.now(), 0.5, TIMERS)
    assert claim.standing == replace(decided.standing, due_at=invoice.standing.due_at)
    assert decided.commands == ()


async def test_what_is_confirmed_leaves_the_working_set_and_is_read_again_within_a_month(system):
    invoice = await system.booked()

    system.clock.advance(2 * 86_400)
    await system.verify.verify_due()
    confirmed = await system.again(invoice)
    system.clock.advance(8 * 86_400)
    report = await system.sweep.sweep()
    looked = await system.verify.verify_due()

    assert confirmed.standing.sync_state is SyncState.CONFIRMED
    assert confirmed.standing.work is None
    assert confirmed.standing.confirm_time is not None
    assert report.counts.resampled_count == 1
    assert looked == 1
    assert (await system.again(invoice)).standing.sync_state is SyncState.CONFIRMED


async def test_the_log_of_an_invoice_is_a_chain_up_to_its_head(system):
    invoice = await system.booked()
    audit = AuditActions(system.tools)

    whole = await audit.verify_log(invoice.invoice_id)
    await system.execute("ALTER TABLE attempt_whole DISABLE TRIGGER USER")
    await system.execute(
        "UPDATE attempt_whole SET outcome = 'REJECTED' WHERE invoice_id = :id AND attempt_no = 1", id=invoice.invoice_id
    )
    changed = await audit.verify_log(invoice.invoice_id)

    assert (whole.flaw, whole.head) == ("", invoice.standing.log_head)
    assert whole.attempt_count == invoice.standing.attempt_count
    assert (changed.flaw, changed.attempt_no) == ("ENDED", 1)


async def test_a_log_whose_end_was_cut_off_with_its_head_is_given_away_by_the_anchor(system):
    invoice = await system.booked()
    audit = AuditActions(system.tools)
    system.clock.advance(120)
    await system.sweep.sweep()
    for table in ("attempt_whole", "attempt_begun", "attempt_ended"):
        await system.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await system.execute(f"DELETE FROM {table} WHERE attempt_no > 1")
    await system.execute(
        "UPDATE outbox SET attempt_count = 1, log_head = (SELECT log_hash FROM attempt_end WHERE invoice_id = :id)"
        " WHERE invoice_id = :id",
        id=invoice.invoice_id,
    )

    assert (await audit.verify_log(invoice.invoice_id)).flaw == "ANCHOR"


async def test_what_was_sent_and_came_is_shown_masked_and_found_by_its_outcome(system):
    invoice = await system.booked()
    audit = AuditActions(system.tools)

    found = (await audit.search_attempts(AttemptFilter(outcome=Outcome.ACCEPTED), 10, "")).attempts
    shown = await audit.get_attempt(found[0].attempt_id)

    assert [each.invoice_id for each in found] == [invoice.invoice_id]
    assert found[0].operation is Operation.SUBMIT
    assert "12345" in shown.request_view
    assert invoice.seller.tax_id not in shown.request_view
    assert invoice.seller.name not in shown.request_view
    assert '"duplicate":false' in shown.response_view
    assert invoice.standing.invoice_number not in shown.response_view


async def test_a_damaged_document_opens_a_case(system):
    await system.booked()
    await system.execute("UPDATE body SET sealed = sealed || '\\x00'::bytea")

    first, second = await system.sweep.sweep(), await system.sweep.sweep()
    cases, _ = await AuditActions(system.tools).list_cases(10, "", "ARCHIVE_DAMAGED", open_only=True)

    assert (first.counts.archive_damaged_count, first.counts.opened_count) == (1, 1)
    assert second.counts.opened_count == 0
    assert len(cases) == 1


async def test_a_hold_of_a_seller_keeps_what_waits_and_lifting_it_lets_it_go(system):
    (invoice,) = await system.issued()
    admin = GateAdminActions(system.tools)

    held = await admin.set_hold("request-hold-1", ROUTE_KEY, invoice.seller.tax_id, "stock-taking", None, "li")
    again = await admin.set_hold("request-hold-1", ROUTE_KEY, invoice.seller.tax_id, "stock-taking", None, "li")
    sent_while_held = await system.upload.upload_due()
    shown = await system.read.get_invoice(invoice.invoice_id)
    gates = await admin.list_gates()
    lifted = await admin.lift_hold(held.hold_id)
    lifted_again = await admin.lift_hold(held.hold_id)
    sent_after = await system.upload.upload_due()

    assert again == held
    assert (sent_while_held, sent_after) == (0, 1)
    assert shown.held_by.kind.value == "MANUAL"
    assert (lifted, lifted_again) == (True, False)
    assert {gate.route: gate.waiting_count for gate in gates}[ROUTE_KEY] == 1


async def test_an_authority_that_fails_is_left_alone_until_a_probe_gets_through(system):
    invoices = await system.issued(count=4)
    system.tools.gates._policy = replace(system.tools.gates._policy, breaker=BreakerPolicy(3, 60, 60, 10, 60, 60, 30))
    real, nowhere = system.upload._tax, SandboxTaxSystem("http://127.0.0.1:1")
    system.upload._tax = nowhere

    await system.upload.upload_due()
    system.clock.advance(3)
    while_open = await system.upload.upload_due()
    held_by = (await system.read.get_invoice(invoices[0].invoice_id)).held_by
    system.upload._tax = real
    system.clock.advance(20)
    probe = await system.upload.upload_due()
    rest = await system.upload.upload_due()
    await nowhere.close()

    assert while_open == 0
    assert held_by.kind.value == "BREAKER"
    assert (probe, rest) == (1, 3)


async def test_a_small_seller_is_in_the_first_batch_beside_a_large_one(system):
    await system.issued(count=20)
    small = Party("江城燃气有限公司", "91420100MA4KSMALL1")
    await system.issue.set_merchant_profile(replace(a_profile(merchant_id="gas"), seller=small))
    payments = [a_payment(merchant_id="gas") for _ in range(3)]
    await system.follow(*payments)

    claims = await system.upload.claim_due(8)

    sellers = [claim.seller_tax_id for claim in claims]
    assert len(sellers) == 8
    assert sellers.count(small.tax_id) == 3


async def test_what_has_used_up_half_of_its_time_goes_first(system):
    (late,) = await system.issued()
    system.clock.advance(43_300)
    await system.issued(count=5)

    report = await system.sweep.sweep()
    claims = await system.upload.claim_due(1)

    assert report.counts.hurried_count == 1
    assert [claim.invoice_id for claim in claims] == [late.invoice_id]


async def test_a_refused_invoice_is_corrected_by_a_next_version_under_the_same_key(system):
    await system.steering.plan("REFUSE", times=1, code="E4100")
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    correct, buyer = CorrectActions(system.tools), Party("江城科技有限公司", "91420100MA4K00000Q")

    made = await correct.correct_invoice("request-0001", invoice.invoice_id, buyer)
    again = await correct.correct_invoice("request-0001", invoice.invoice_id, buyer)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)
    with pytest.raises(Fault) as refused:
        await correct.correct_invoice("request-0002", invoice.invoice_id, buyer)

    submits = [each for each in await system.attempts(invoice) if each.operation is Operation.SUBMIT]
    assert (made.replayed, again.replayed) == (False, True)
    assert [each.version for each in submits] == [1, 2]
    assert submits[1].answer.outcome is Outcome.ACCEPTED
    assert booked.buyer == buyer
    assert booked.idempotency_key == invoice.idempotency_key
    assert booked.document_sha256 != invoice.document_sha256
    assert refused.value.reason == "NOT_CORRECTABLE"


async def test_what_breaks_a_rule_of_ours_is_never_sent_until_it_is_corrected(system):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile())
    await system.execute("UPDATE merchant_profile SET seller_tax_id = 'not a tax id'")
    await system.follow(payment)

    invoice = await system.of_payment(payment.payment_id)
    sent = await system.upload.upload_due()

    assert invoice.standing.sync_state is SyncState.INVALID
    assert invoice.broken_rules
    assert sent == 0


async def test_only_one_of_two_replicas_leads_the_sweep(system):
    other = type(system.sweep)(system.sweep._own, system.sweep._books, system.sweep._archive, system.tools)

    first, second = await system.sweep.sweep_if_leading(), await other.sweep_if_leading()

    assert first is not None
    assert second is None


async def test_finished_rows_do_not_stay_in_the_working_set(system):
    await system.steering.plan("REFUSE", times=1, code="E4100")
    await system.issued()
    await system.upload.upload_due()

    async with system.sessions() as session:
        connection = await session.connection()
        counts = [
            (await connection.exec_driver_sql(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("outbox", "settled", "lease")
        ]

    assert counts == [0, 1, 0]
