"""The paths of an invoice to the authority and back, on a real database and a real authority that is told to fail."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.support.eventually import eventually


async def test_an_invoice_is_booked_only_after_it_was_read_back_by_key_and_by_number(system):
    (invoice,) = await system.issued()

    await system.upload.upload_due()
    acknowledged = await system.again(invoice)
    booked = await system.until_booked(invoice)

    assert acknowledged.standing.sync_state is SyncState.ACKED
    assert len(booked.standing.invoice_number) == 20
    assert booked.standing.book_time is not None
    assert (await system.outcomes(invoice, Operation.QUERY_BY_KEY))[-1] is Outcome.OK
    assert (await system.outcomes(invoice, Operation.QUERY_BY_NUMBER))[-1] is Outcome.OK
    assert (await system.entries(invoice))[0]["booked_sha256"] == invoice.document_sha256
    assert await system.cause(invoice.invoice_id) == "IN_SYSTEM"


async def test_a_lost_answer_is_asked_for_and_never_sent_again(system):
    await system.steering.plan("LOSE_ANSWER", times=1)
    (invoice,) = await system.issued()

    await system.upload.upload_due()
    unknown = await system.again(invoice)
    cause_then = await system.cause(invoice.invoice_id)
    booked = await system.until_booked(invoice)

    (entry,) = await system.entries(invoice)
    assert unknown.standing.sync_state is SyncState.UNKNOWN
    assert unknown.standing.invoice_number == ""
    assert cause_then == "B2"
    assert booked.standing.invoice_number == entry["number"]
    assert booked.standing.submit_count == entry["submit_count"] == 1


async def test_an_invoice_that_was_acknowledged_and_never_booked_is_proved_absent_and_sent_again(system):
    canary = await system.booked()
    await system.steering.plan("NEVER_BOOK", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    await system.until_gone(invoice)

    system.clock.advance(601)
    await system.verify.verify_due()
    first = await system.sweep.sweep()
    missing, cause_then = await system.again(invoice), await system.cause(invoice.invoice_id)
    system.clock.advance(601)
    await system.verify.verify_due()
    second = await system.sweep.sweep()
    put_back = await system.again(invoice)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    assert (first.counts.missing_count, first.counts.resent_count) == (1, 0)
    assert (missing.standing.sync_state, cause_then) == (SyncState.MISSING, "D2")
    assert (second.counts.missing_count, second.counts.resent_count) == (0, 1)
    assert put_back.standing.sync_state is SyncState.READY
    assert put_back.document_sha256 == invoice.document_sha256
    assert booked.standing.submit_count == 2
    assert [entry["status"] for entry in await system.entries(invoice)] == ["BOOKED"]
    assert await system.canaries() == [(canary.invoice_id, "OK")] * 2


async def test_a_lost_request_is_proved_absent_before_it_is_sent_again(system):
    await system.booked()
    await system.steering.plan("LOSE_REQUEST", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    await system.verify.verify_due()
    for _ in range(2):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    assert booked.standing.submit_count == 2
    assert len(await system.entries(invoice)) == 1


async def test_absence_is_not_proved_inside_the_window(system):
    await system.booked()
    await system.steering.plan("LOSE_REQUEST", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    for _ in range(50):
        system.clock.advance(10)
        await system.verify.verify_due()
        await system.sweep.sweep()

    assert (await system.again(invoice)).standing.sync_state is SyncState.UNKNOWN
    assert len(await system.outcomes(invoice, Operation.QUERY_BY_KEY)) > 5


async def test_without_a_booked_invoice_to_compare_with_a_third_round_is_needed(system):
    await system.steering.plan("LOSE_REQUEST", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    states = []

    for _ in range(3):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()
        states.append((await system.again(invoice)).standing.sync_state)

    assert states == [SyncState.UNKNOWN, SyncState.UNKNOWN, SyncState.READY]


async def test_a_query_service_that_is_down_proves_nothing(system):
    await system.booked()
    await system.steering.plan("LOSE_REQUEST", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    await system.steering.plan("QUERY_5XX")

    for _ in range(3):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()

    assert (await system.again(invoice)).standing.sync_state is SyncState.UNKNOWN
    assert await system.cause(invoice.invoice_id) == "E3"


async def test_a_query_service_that_does_not_find_a_booked_invoice_either_proves_nothing(system):
    canary = await system.booked()
    await system.steering.plan("LOSE_REQUEST", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    await system.steering.plan("QUERY_5XX", key=canary.idempotency_key)

    for _ in range(3):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()

    assert (await system.again(invoice)).standing.sync_state is SyncState.UNKNOWN
    assert (await system.outcomes(invoice, Operation.QUERY_BY_KEY)) == [Outcome.NOT_FOUND] * 3
    assert {each[0] for each in await system.canaries()} == {canary.invoice_id}


async def test_a_refused_invoice_stays_refused_with_its_code(system):
    await system.steering.plan("REFUSE", times=1, code="E4100")
    (invoice,) = await system.issued()

    await system.upload.upload_due()
    system.clock.advance(3600)
    await system.upload.upload_due()
    await system.verify.verify_due()
    diagnosed = await system.diagnose.diagnose_invoice(invoice.standing.invoice_number or invoice.payment_id)

    assert (await system.again(invoice)).standing.sync_state is SyncState.REJECTED
    assert diagnosed.verdict.cause == "C2"
    assert any("E4100" in row.fact and "E4100" in row.fact_zh for row in diagnosed.verdict.evidence)
    assert len(await system.attempts(invoice)) == 1


async def test_what_was_not_received_is_sent_again_with_the_same_bytes(system):
    (invoice,) = await system.issued()
    real, nowhere = system.upload._tax, SandboxTaxSystem("http://127.0.0.1:1")

    system.upload._tax = nowhere
    await system.upload.upload_due()
    waiting, cause_then = await system.again(invoice), await system.cause(invoice.merchant_order_no)
    system.upload._tax = real
    system.clock.advance(61)
    await system.upload.upload_due()
    await nowhere.close()

    submits = [each for each in await system.attempts(invoice) if each.operation is Operation.SUBMIT]
    assert (waiting.standing.sync_state, cause_then) == (SyncState.RETRY_WAIT, "B1")
    assert [each.answer.outcome for each in submits] == [Outcome.NOT_RECEIVED, Outcome.ACCEPTED]
    assert {each.request_sha256 for each in submits} == {invoice.document_sha256}


async def test_tries_end_and_asking_again_goes_on(system):
    (invoice,) = await system.issued()
    real, nowhere = system.upload._tax, SandboxTaxSystem("http://127.0.0.1:1")
    system.upload._tax = nowhere
    for _ in range(8):
        await system.upload.upload_due()
        system.clock.advance(120)
    given_up = await system.diagnose.diagnose_invoice(invoice.invoice_id)
    tries_then = len(await system.attempts(invoice))
    system.upload._tax = real

    await system.sweep.sweep()
    nothing_due = await system.upload.upload_due()
    asked = await system.issue.request_invoice("request-again-1", invoice.payment_id, invoice.buyer)
    await system.upload.upload_due()
    await nowhere.close()

    assert tries_then == 5
    assert given_up.verdict.cause == "B1"
    assert not given_up.verdict.automatic
    assert nothing_due == 0
    assert asked.replayed
    assert (await system.again(invoice)).standing.sync_state is SyncState.ACKED


async def test_retry_after_is_honoured(system):
    await system.steering.plan("THROTTLE", times=1, seconds=100)
    (invoice,) = await system.issued()

    await system.upload.upload_due()
    waiting = await system.read.get_invoice(invoice.invoice_id)
    cause_then = await system.cause(invoice.invoice_id)
    system.clock.advance(99)
    too_early = await system.upload.upload_due()
    system.clock.advance(2)
    in_time = await system.upload.upload_due()

    assert waiting.invoice.standing.sync_state is SyncState.RETRY_WAIT
    assert cause_then == "A4"
    assert (too_early, in_time) == (0, 1)


async def test_other_content_under_our_key_is_a_case_for_a_person(system):
    await system.steering.plan("BOOKED_WITH_ALTERED_AMOUNT", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    async def settled() -> bool:
        system.clock.advance(70)
        await system.verify.verify_due()
        return (await system.again(invoice)).standing.sync_state is SyncState.MISMATCH

    await eventually(settled)

    diagnosed = await system.diagnose.diagnose_invoice(invoice.invoice_id)
    assert (diagnosed.verdict.cause, diagnosed.verdict.automatic) == ("D5", False)


async def test_a_number_that_the_authority_did_not_give_us_is_a_case_for_a_person(system):
    await system.steering.plan("BOOKED_UNDER_OTHER_NUMBER", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    async def settled() -> bool:
        system.clock.advance(70)
        await system.verify.verify_due()
        return (await system.again(invoice)).standing.sync_state is SyncState.MISMATCH

    await eventually(settled)

    assert await system.cause(invoice.invoice_id) == "D4"


async def test_the_attempt_stands_in_the_log_before_the_first_byte_leaves(system):
    (invoice,) = await system.issued()
    seen = []

    class Watching:
        async def submit(self, route, document: bytes, idempotency_key: str):
            (attempt,) = await system.attempts(invoice)
            seen.append((attempt.answer, attempt.request_sha256, (await system.again(invoice)).standing.sync_state))
            return await system.tax.submit(route, document, idempotency_key)

    system.upload._tax = Watching()
    await system.upload.upload_due()

    assert seen == [(None, invoice.document_sha256, SyncState.SENDING)]


async def test_a_late_answer_is_logged_and_moves_nothing_once_the_lease_was_taken_back(system):
    (invoice,) = await system.issued()
    (claim,) = await system.upload.claim_due()
    await system.execute("UPDATE lease SET until = clock_timestamp() - interval '1 second'")

    report = await system.sweep.sweep()
    await system.upload.upload_invoice(claim)

    (attempt,) = await system.attempts(invoice)
    assert report.counts.lease_expired_count == 1
    assert attempt.answer.outcome is Outcome.ACCEPTED
    assert (await system.again(invoice)).standing.sync_state is SyncState.UNKNOWN
    assert (await system.until_booked(invoice)).standing.submit_count == 1


async def test_two_uploaders_never_take_the_same_invoice(system):
    invoices = await system.issued(count=8)

    first, second = await system.upload.claim_due(), await system.upload.claim_due()

    assert {each.invoice_id for each in first} == {each.invoice_id for each in invoices}
    assert second == []


async def test_a_failure_with_one_invoice_leaves_the_others_alone(system):
    invoices = await system.issued(count=3)

    class FailsOnce:
        async def submit(self, route, document: bytes, idempotency_key: str):
            if idempotency_key == invoices[1].idempotency_key:
                raise RuntimeError("a mistake in an adapter")
            return await system.tax.submit(route, document, idempotency_key)

    system.upload._tax = FailsOnce()
    with pytest.raises(RuntimeError):
        await system.upload.upload_due()

    states = [(await system.again(each)).standing.sync_state for each in invoices]
    assert states == [SyncState.ACKED, SyncState.SENDING, SyncState.ACKED]


async def test_an_authority_that_never_answers_is_unknown_when_half_a_lease_is_over(system):
    (invoice,) = await system.issued()
    await system.steering.plan("SLOW_ANSWER", seconds=2, times=1)
    system.upload._timers = replace(system.upload._timers, lease_seconds=1)

    await system.upload.upload_due()

    assert await system.outcomes(invoice, Operation.SUBMIT) == [Outcome.UNKNOWN]
    assert (await system.again(invoice)).standing.sync_state is SyncState.UNKNOWN


async def test_the_database_refuses_to_change_a_frozen_document_or_the_log(system):
    invoice = await system.booked()

    for statement in (
        "UPDATE document SET sha256 = repeat('0', 64) WHERE invoice_id = :id",
        "UPDATE document SET idempotency_key = 'x' WHERE invoice_id = :id",
        "UPDATE invoice SET document_sha256 = repeat('0', 64) WHERE invoice_id = :id",
        "UPDATE invoice SET idempotency_key = 'x' WHERE invoice_id = :id",
        "UPDATE invoice SET amount_minor = 1, version = version + 1 WHERE invoice_id = :id",
        "UPDATE attempt_whole SET request_sha256 = 'x' WHERE invoice_id = :id",
        "UPDATE attempt_ended SET outcome = 'OK' WHERE invoice_id = :id",
        "DELETE FROM attempt_whole WHERE invoice_id = :id",
        "DELETE FROM attempt_ended WHERE invoice_id = :id",
        "TRUNCATE attempt_whole",
    ):
        with pytest.raises(DBAPIError):
            await system.execute(statement, **({"id": invoice.invoice_id} if ":id" in statement else {}))


async def test_every_attempt_bears_the_trace_of_its_payment(system, spans):
    invoice = await system.booked()

    trace_ids = {each.trace_id for each in await system.attempts(invoice)}
    named = {span.name: format(span.context.trace_id, "032x") for span in spans.get_finished_spans()}

    assert trace_ids == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    for name in ("follow_payment", "issue_invoice", "upload_invoice", "POST /v1/invoices", "verify_booked"):
        assert named[name] == "4bf92f3577b34da6a3ce929d0e0e4736", name
