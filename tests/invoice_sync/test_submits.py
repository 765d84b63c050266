"""The database's part of a submit, held to the machine's and the log's: what a claim and a finish of a batch change."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.ids import new_id
from services.invoice_sync.actions.attempt_log import LeaseLost, chain_of
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.attempt_chain import Begun
from services.invoice_sync.domain.event import Answered, Claimed
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import SyncState, opened
from services.invoice_sync.store import submits
from services.invoice_sync.store.submits import Moved
from tests.invoice_sync.builders import TIMERS
from tests.support.tax_sandbox import ROUTE

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_answer_to_a_submit_changes_nothing_that_a_finish_does_not_write(outcome):
    born = opened("inv_1", NOW, NOW + timedelta(days=1), valid=True)
    claimed = decide(born, Claimed(), NOW, 0.5, TIMERS).standing
    answer = TaxAnswer(outcome, "told", 200, "0000", "24420000000000000001", NOW, retry_after_seconds=7)

    decided = decide(claimed, Answered(answer), NOW + timedelta(seconds=3), 0.5, TIMERS).standing

    changed = {name for name, value in asdict(decided).items() if value != asdict(claimed)[name]}
    assert changed <= set(Moved._fields)


async def test_a_batch_of_different_answers_is_written_row_by_row_as_it_was_decided(system):
    issued = await system.issued(count=4)
    outcomes = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN, Outcome.NOT_RECEIVED)
    claims = await system.upload.claim_due()
    now = system.clock.now()
    expected, finished = {}, []
    for claim, outcome in zip(claims, outcomes, strict=True):
        answer = TaxAnswer(outcome, f"told {outcome}", 200, "", "2442" if outcome is Outcome.ACCEPTED else "")
        decided = decide(claim.standing, Answered(answer), now, 0.5, TIMERS).standing
        ended = attempt_chain.end(claim.begun, answer, now)
        expected[claim.invoice_id] = (decided.sync_state, decided.due_at, decided.invoice_number, ended.log_hash)
        finished.append((claim, submits.moved(decided, None), ended))

    async with system.sessions.begin() as session:
        fenced = await submits.finish(session, finished)

    stands = [(await system.again(invoice)).standing for invoice in issued]
    assert fenced == set(expected)
    assert {each.invoice_id: (each.sync_state, each.due_at, each.invoice_number, each.log_head) for each in stands} == (
        expected
    )
    for invoice in issued:
        assert (await AuditActions(system.tools).verify_log(invoice.invoice_id)).flaw == ""


async def test_the_end_of_a_submit_whose_lease_was_lost_is_logged_and_moves_nothing(system):
    (invoice,) = await system.issued()
    (claim,) = await system.upload.claim_due()
    await system.execute("UPDATE outbox SET lease_id = 'lea_other'")
    answer = TaxAnswer(Outcome.REJECTED, "told")
    decided = decide(claim.standing, Answered(answer), system.clock.now(), 0.5, TIMERS).standing

    async with system.sessions.begin() as session:
        ended = attempt_chain.end(claim.begun, answer, system.clock.now())
        fenced = await submits.finish(session, [(claim, submits.moved(decided, None), ended)])

    assert fenced == set()
    assert (await system.again(invoice)).standing == claim.standing
    assert await system.outcomes(invoice, Operation.SUBMIT) == [Outcome.REJECTED]


async def test_what_is_begun_is_in_the_log_until_its_end_is_and_then_once(system):
    (invoice,) = await system.issued()
    (claim,) = await system.upload.claim_due()

    (begun,) = await system.attempts(invoice)
    waiting = await counted(system, "attempt_whole")
    refused = TaxAnswer(Outcome.REJECTED, "told")
    decided = decide(claim.standing, Answered(refused), system.clock.now(), 0.5, TIMERS).standing
    async with system.sessions.begin() as session:
        ended = attempt_chain.end(claim.begun, refused, system.clock.now())
        await submits.finish(session, [(claim, submits.moved(decided, None), ended)])

    assert waiting == 0
    assert {name: getattr(begun, name) for name in Begun._fields} == claim.begun._asdict()
    assert [each.answer for each in await system.attempts(invoice)] == [refused]
    assert await counted(system, "attempt_whole") == 1


async def test_what_a_dead_worker_began_is_in_the_log_and_its_late_answer_too(system):
    (invoice,) = await system.issued()
    (claim,) = await system.upload.claim_due()
    await system.execute("UPDATE lease SET until = clock_timestamp() - interval '1 second'")
    await system.sweep.sweep()

    (begun,) = await system.attempts(invoice)
    late = TaxAnswer(Outcome.ACCEPTED, "told")
    decided = decide(claim.standing, Answered(late), system.clock.now(), 0.5, TIMERS).standing
    async with system.sessions.begin() as session:
        ended = attempt_chain.end(claim.begun, late, system.clock.now())
        fenced = await submits.finish(session, [(claim, submits.moved(decided, None), ended)])

    assert (begun.attempt_id, begun.answer) == (claim.begun.attempt_id, None)
    assert await counted(system, "attempt_batch") == 0
    assert fenced == set()
    assert await system.outcomes(invoice, Operation.SUBMIT) == [Outcome.ACCEPTED]
    assert (await AuditActions(system.tools).verify_log(invoice.invoice_id)).flaw == ""


async def test_an_invoice_whose_row_is_lost_while_it_is_sent_is_asked_for_and_its_late_answer_is_logged(system):
    (invoice,) = await system.issued()
    (claim,) = await system.upload.claim_due()
    await system.execute("DELETE FROM outbox")
    system.clock.advance(3_600)
    await system.sweep.sweep()

    late = TaxAnswer(Outcome.ACCEPTED, "told")
    decided = decide(claim.standing, Answered(late), system.clock.now(), 0.5, TIMERS).standing
    async with system.sessions.begin() as session:
        ended = attempt_chain.end(claim.begun, late, system.clock.now())
        fenced = await submits.finish(session, [(claim, submits.moved(decided, None), ended)])

    assert (await system.again(invoice)).standing.sync_state is SyncState.UNKNOWN
    assert fenced == set()
    assert await system.outcomes(invoice, Operation.SUBMIT) == [Outcome.ACCEPTED]


async def test_who_has_lost_the_lease_begins_no_question(system):
    kept, lost = await system.issued(count=2)
    claims = {claim.invoice_id: claim for claim in await system.upload.claim_due()}
    await system.execute("UPDATE outbox SET lease_id = 'lea_other' WHERE invoice_id = :id", id=lost.invoice_id)

    begun = await system.tools.log.begin(chain_of(claims[kept.invoice_id]), Operation.QUERY_BY_KEY, ROUTE)
    with pytest.raises(LeaseLost):
        await system.tools.log.begin(chain_of(claims[lost.invoice_id]), Operation.QUERY_BY_KEY, ROUTE)

    assert begun.attempt_no == 2
    assert await counted(system, "attempt_begun") == 1


async def test_an_attempts_id_is_one_of_ours_and_they_sort_by_time(system):
    issued = {invoice.invoice_id: invoice for invoice in await system.issued(count=3)}
    claims = await system.upload.claim_due(2)
    system.clock.advance(1)
    claims += await system.upload.claim_due(1)

    logs = [await system.attempts(issued[claim.invoice_id]) for claim in claims]

    ids = [attempt.attempt_id for log in logs for attempt in log]
    assert ids == sorted(set(ids))
    assert [len(attempt_id) for attempt_id in ids] == [len(new_id("att"))] * 3


async def counted(system, table: str) -> int:
    async with system.sessions() as session:
        return (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
