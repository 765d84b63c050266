"""Nothing is sent again for ever, and nothing is asked for for ever without a person hearing of it."""

from services.invoice_sync.domain.diagnosis import Action
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import InvoiceSync


async def test_what_is_never_booked_is_sent_again_so_often_and_then_parked_for_a_person(system):
    await system.booked()
    (invoice,) = await system.issued()
    await system.steering.plan("NEVER_BOOK", key=invoice.idempotency_key, times=1_000)

    await sent_and_proved_absent(system, invoice, times=3)
    third = await system.sweep.sweep()
    system.clock.advance(3_600)
    left_alone = (await system.sweep.sweep(), await system.upload.upload_due(), await system.verify.verify_due())
    parked = await system.again(invoice)
    verdict = (await system.diagnose.diagnose_invoice(invoice.invoice_id)).verdict
    await system.issue.request_invoice("request-again-1", invoice.payment_id, invoice.buyer)
    sent_once_more = await system.upload.upload_due()
    await system.until_gone(invoice)
    await prove_absent(system)

    assert (third.counts.resent_count, left_alone[0].found_count, *left_alone[1:]) == (0, 0, 0, 0)
    assert (parked.standing.sync_state, parked.standing.submit_count) == (SyncState.READY, 3)
    assert (verdict.cause, verdict.action, verdict.automatic) == ("D2", Action.ESCALATE, False)
    assert any("given up after 3 tries" in row.fact for row in verdict.evidence)
    assert [row.source for row in verdict.evidence].count("absence_round") == 2
    assert "Nothing by hand" not in verdict.words.remedy
    assert sent_once_more == 1
    assert await system.upload.upload_due() == 0
    assert (await system.read.get_invoice(invoice.invoice_id)).next_attempt_time is None


async def test_what_is_absent_and_older_than_the_age_is_not_sent_again(system):
    await system.booked()
    (invoice,) = await system.issued()
    await system.steering.plan("LOSE_REQUEST", key=invoice.idempotency_key)
    await system.upload.upload_due()

    system.clock.advance(86_401)
    await prove_absent(system)
    verdict = (await system.diagnose.diagnose_invoice(invoice.invoice_id)).verdict

    assert await system.upload.upload_due() == 0
    assert (verdict.cause, verdict.action) == ("B2", Action.ESCALATE)


async def test_an_invoice_that_is_asked_for_without_end_shows_up_for_a_person(system):
    (invoice,) = await system.issued()
    await system.steering.plan("NEVER_BOOK", key=invoice.idempotency_key)
    await system.upload.upload_due()
    await system.until_gone(invoice)
    unreachable = SandboxTaxSystem("http://127.0.0.1:1")
    system.verify._questions.tax = unreachable

    for _ in range(3):
        system.clock.advance(50_000)
        await system.verify.verify_due()
        await system.sweep.sweep()
    verdict = (await system.diagnose.diagnose_invoice(invoice.invoice_id)).verdict
    still_asked_for = (await system.read.get_invoice(invoice.invoice_id)).next_attempt_time
    await unreachable.close()

    assert (verdict.cause, verdict.action, verdict.automatic) == ("E3", Action.ESCALATE, False)
    assert still_asked_for is not None


async def test_the_submits_are_told_however_often_was_asked_since(system):
    await system.steering.plan("LOSE_ANSWER", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    await system.execute(
        "INSERT INTO attempt_begun SELECT :id, 1 + n, 'att_q' || n, 1, 'QUERY_BY_KEY', 'sandbox/production/42/default',"
        " now(), '', '', '', '', '' FROM generate_series(1, 1200) AS n",
        id=invoice.invoice_id,
    )
    await system.execute(
        "INSERT INTO attempt_ended SELECT :id, 1 + n, now(), NULL, 0, 'NOT_FOUND', '', 404, '', '', '', '', '', '',"
        " NULL, NULL, '', '', 0, '' FROM generate_series(1, 1200) AS n",
        id=invoice.invoice_id,
    )

    verdict = (await system.diagnose.diagnose_invoice(invoice.invoice_id)).verdict

    facts = [row.fact for row in verdict.evidence if row.source == "attempt"]
    assert facts == ["attempt 1: sent: UNKNOWN", "attempt 1201: asked for by our key: NOT_FOUND"]


async def sent_and_proved_absent(system: InvoiceSync, invoice: Invoice, times: int) -> None:
    """Send it that often; each time the authority says yes, swallows it, and two rounds prove that."""
    for _ in range(times):
        assert await system.upload.upload_due() == 1
        await system.until_gone(invoice)
        await prove_absent(system)


async def prove_absent(system: InvoiceSync) -> None:
    """Two rounds a window apart, and the sweep that acts on them."""
    for _ in range(2):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()
