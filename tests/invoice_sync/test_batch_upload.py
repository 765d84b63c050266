"""Many invoices in one call, on a real database and a real authority: each ends in the book, and only once."""

from dataclasses import replace

import pytest
from opentelemetry.trace import SpanKind
from sqlalchemy import text

from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.tax import NotOffered

LOST = object()


@pytest.fixture
def batching(system):
    """The service with uploads of up to 100 together."""
    system.upload = UploadActions(system.tax, system.tools, batch_size=100)
    return system


def states(invoices) -> list[SyncState]:
    return [each.standing.sync_state for each in invoices]


async def again(system, invoices) -> list:
    return [await system.again(each) for each in invoices]


async def details(system, invoice) -> list[str]:
    log = await system.attempts(invoice)
    return [each.answer.code_detail for each in log if each.operation is Operation.SUBMIT and each.answer]


async def booked_once(system, invoices) -> None:
    """Each stands in the book, once, under its own key."""
    for each in invoices:
        await system.until_booked(each)
        assert [entry["status"] for entry in await system.entries(each)] == ["BOOKED"]


async def prove_absence(system) -> None:
    for _ in range(2):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()


def closing(system, before=None, answer=None) -> None:
    """Have something happen before each close of a session, or have what is heard of its end be lost."""
    sessions = system.tax._sessions
    ask = sessions._ask

    async def asked(call, bears_another, deadline):
        ends = call.path.endswith("/close") or (call.method == "GET" and "/sessions/" in call.path)
        if before and call.path.endswith("/close"):
            await before()
        seen = await ask(call, bears_another, deadline)
        if ends and answer is LOST:
            return replace(seen, status=0, body={}, raw=b"", left=True, silence="ReadTimeout")
        return seen

    sessions._ask = asked


async def test_what_is_due_goes_in_one_session_and_each_has_its_attempt_before_the_first_byte(batching, spans):
    made = await batching.issued(count=30)
    begun = []

    async def count() -> None:
        async with batching.sessions() as session:
            begun.append((await session.execute(text("SELECT count(*) FROM attempt"))).scalar_one())

    submit_batch = batching.tax.submit_batch

    async def counted(route, items):
        await count()
        return await submit_batch(route, items)

    batching.tax.submit_batch = counted

    sent = await batching.upload.upload_due()

    names = [span.name for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT]
    assert (sent, begun) == (30, [30])
    assert names.count("POST /v1/sessions") == 1
    assert states(await again(batching, made)) == [SyncState.ACKED] * 30
    await booked_once(batching, made[:3])


async def test_the_trace_of_an_invoice_points_to_the_batch_that_it_went_in(batching, spans):
    await batching.issued(count=2)

    await batching.upload.upload_due()

    ended = spans.get_finished_spans()
    (batch,) = [span for span in ended if span.name == "upload_batch"]
    uploads = [span for span in ended if span.name == "upload_invoice"]
    assert [link.context.span_id for each in uploads for link in each.links] == [batch.context.span_id] * 2


async def test_of_a_batch_answered_in_part_only_what_is_missing_is_asked_for_and_only_what_is_absent_is_sent_again(
    batching,
):
    await batching.booked()
    made = await batching.issued(count=4)
    await batching.steering.plan("PARTIAL_BATCH", code="LOST", key=made[1].idempotency_key, times=1)
    await batching.steering.plan("PARTIAL_BATCH", code="TAKEN", key=made[2].idempotency_key, times=1)

    await batching.upload.upload_due()
    answered = await again(batching, made)
    causes = [await batching.cause(each.invoice_id) for each in made[1:3]]
    await booked_once(batching, [made[2]])
    await prove_absence(batching)
    await batching.upload.upload_due()

    assert states(answered) == [SyncState.ACKED, SyncState.UNKNOWN, SyncState.UNKNOWN, SyncState.ACKED]
    assert await details(batching, made[1]) == ["PARTIAL_BATCH", ""]
    assert causes == ["B3", "B3"]
    await booked_once(batching, made)
    assert [each.standing.submit_count for each in await again(batching, made)] == [1, 2, 1, 1]


async def test_a_close_whose_answer_is_lost_is_asked_about_and_nothing_is_sent_again(batching):
    made = await batching.issued(count=3)
    await batching.steering.plan("LOSE_CLOSE_ANSWER", times=2)

    await batching.upload.upload_due()

    assert states(await again(batching, made)) == [SyncState.ACKED] * 3
    await booked_once(batching, made)
    assert {each.standing.submit_count for each in await again(batching, made)} == {1}


async def test_a_session_of_which_nobody_knows_whether_it_was_closed_is_asked_for_until_that_is_known(batching):
    made = await batching.issued(count=3)
    closing(batching, answer=LOST)
    batching.tax._sessions._seconds = 1

    await batching.upload.upload_due()

    assert states(await again(batching, made)) == [SyncState.UNKNOWN] * 3
    assert await details(batching, made[0]) == ["SESSION_NOT_CLOSED"]
    assert await batching.cause(made[0].invoice_id) == "B4"
    await booked_once(batching, made)
    assert {each.standing.submit_count for each in await again(batching, made)} == {1}


async def test_what_went_in_a_session_that_expired_is_sent_again_in_another(batching):
    made = await batching.issued(count=3)
    shifted = []

    async def too_late() -> None:
        if not shifted:
            shifted.append(400)
            await batching.steering.shift_clock(400)

    closing(batching, before=too_late)

    await batching.upload.upload_due()
    expired = await again(batching, made)
    cause = await batching.cause(made[0].invoice_id)
    batching.clock.advance(120)
    await batching.upload.upload_due()

    assert states(expired) == [SyncState.RETRY_WAIT] * 3
    assert await details(batching, made[0]) == ["SESSION_EXPIRED", ""]
    assert cause == "B4"
    await booked_once(batching, made)
    assert {each.standing.submit_count for each in await again(batching, made)} == {2}


async def test_a_refused_invoice_of_a_batch_leaves_the_others_alone(batching):
    made = await batching.issued(count=3)
    await batching.steering.plan("REFUSE", key=made[1].idempotency_key, times=1)

    await batching.upload.upload_due()

    assert states(await again(batching, made)) == [SyncState.ACKED, SyncState.REJECTED, SyncState.ACKED]


async def test_an_authority_that_takes_no_batches_gets_them_one_by_one(batching):
    made = await batching.issued(count=3)

    async def no_batches(route, items):
        return NotOffered()

    batching.tax.submit_batch = no_batches

    await batching.upload.upload_due()

    assert states(await again(batching, made)) == [SyncState.ACKED] * 3
    assert [await batching.outcomes(each, Operation.SUBMIT) for each in made] == [[Outcome.ACCEPTED]] * 3


async def test_a_batch_that_fails_as_a_whole_is_one_failure_of_its_route_and_no_more(batching):
    await batching.issued(count=50)
    closing(batching, answer=LOST)
    batching.tax._sessions._seconds = 1

    await batching.upload.upload_due()

    async with batching.sessions() as session:
        (breaker,) = (await session.execute(text("SELECT breaker FROM gate"))).scalars()
    assert breaker["recent_bits"].bit_count() == 1
    assert set(batching.tools.gates._in_flight.values()) == {0}
