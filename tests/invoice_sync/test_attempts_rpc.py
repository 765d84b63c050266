"""AttemptService: the log is searched over all invoices, shown without names, and proves that nobody changed it."""

import itertools
from datetime import timedelta

import grpc
import pytest
from bihuan.invoice_sync.v1 import attempt_pb2, attempt_service_pb2
from sqlalchemy import select

from chassis.errors import from_rpc_error
from chassis.ids import new_id
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis.attempt_cause import points_to
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.log_chain import GENESIS
from services.invoice_sync.store import attempts, search
from services.invoice_sync.tables import attempt, attempt_end
from tests.invoice_sync.builders import SELLER, a_payment
from tests.support.tax_sandbox import ROUTE

BUYER = Party("长江证券股份有限公司", "91420000700821272A")


async def log(system, invoice, operation: Operation, answer: TaxAnswer | None, *, milliseconds: int = 0) -> Attempt:
    """A row of the log as a worker would write it, that took so long."""
    before = await system.attempts(invoice)
    head = before[-1].end_log_hash or before[-1].log_hash if before else GENESIS
    now = system.clock.now()
    begun = attempt_chain.begin(
        new_id("att"), invoice.invoice_id, len(before) + 1, 1, operation, ROUTE.key, now, "", "", "CLOSED", head
    )
    async with system.sessions.begin() as session:
        await attempts.begin(session, [begun])
        if answer is not None:
            ended = attempt_chain.end(begun, answer, now + timedelta(milliseconds=milliseconds))
            await attempts.end(session, [ended])
    return begun


async def find(door, **filters) -> attempt_service_pb2.SearchAttemptsResponse:
    return await door.attempts.SearchAttempts(attempt_service_pb2.SearchAttemptsRequest(**filters))


async def verify(door, invoice) -> attempt_service_pb2.VerifyLogResponse:
    return await door.attempts.VerifyLog(attempt_service_pb2.VerifyLogRequest(invoice_id=invoice.invoice_id))


async def test_a_search_tells_how_long_the_calls_took_by_operation_and_outcome(system, door):
    (invoice,) = await system.issued()
    for milliseconds in range(1, 101):
        await log(system, invoice, Operation.SUBMIT, TaxAnswer(Outcome.UNKNOWN, ""), milliseconds=milliseconds)
    await log(system, invoice, Operation.QUERY_BY_KEY, None)

    found = await find(door, page_size=10)
    later = await find(door, page_size=10, page_token=found.next_page_token)

    lost, under_way = sorted(found.statistics, key=lambda each: each.operation)
    assert (lost.operation, lost.outcome) == (
        attempt_pb2.Attempt.OPERATION_SUBMIT,
        attempt_pb2.Attempt.OUTCOME_UNKNOWN,
    )
    assert (lost.attempt_count, lost.p50_ms, lost.p95_ms, lost.p99_ms, lost.max_ms) == (100, 50, 95, 99, 100)
    assert (under_way.outcome, under_way.attempt_count, under_way.max_ms) == (0, 1, 0)
    assert [each.attempt_no for each in [*found.attempts, *later.attempts]] == list(range(101, 81, -1))
    assert list(later.statistics) == []


async def test_a_search_filters_by_everything_that_it_is_asked_for(system, door):
    (invoice,) = await system.issued()
    refused = await log(system, invoice, Operation.SUBMIT, TaxAnswer(Outcome.REJECTED, "", authority_code="E4100"))
    asked = await log(system, invoice, Operation.QUERY_BY_KEY, TaxAnswer(Outcome.NOT_FOUND, "", http_status=404))

    async def ids(**filters) -> list[str]:
        return [each.attempt_id for each in (await find(door, **filters)).attempts]

    both = [asked.attempt_id, refused.attempt_id]
    assert await ids() == both
    assert await ids(authority_code="E4100") == [refused.attempt_id]
    assert await ids(outcome=attempt_pb2.Attempt.OUTCOME_NOT_FOUND) == [asked.attempt_id]
    assert await ids(operation=attempt_pb2.Attempt.OPERATION_SUBMIT) == [refused.attempt_id]
    assert await ids(seller_tax_id=SELLER.tax_id) == both
    assert await ids(seller_tax_id="91420100MA4KABC999") == []
    assert await ids(cause="C2") == [refused.attempt_id]
    assert await ids(cause="D1") == [asked.attempt_id]
    system.clock.advance(86_401)
    assert await ids() == []
    assert await ids(from_time=invoice.create_time) == both
    assert await ids(to_time=invoice.create_time) == []


async def test_a_search_by_cause_finds_exactly_what_each_attempt_points_to(system):
    (invoice,) = await system.issued()
    outcomes = [None, *Outcome]
    told = [("", ""), ("E4007", ""), ("E9301", ""), ("E4044", ""), ("", "PARTIAL_BATCH"), ("E9400", "SESSION_EXPIRED")]
    begun, ended = [], []
    for no, (operation, outcome, (code, detail)) in enumerate(itertools.product(Operation, outcomes, told), start=1):
        one = attempt_chain.begin(
            new_id("att"), invoice.invoice_id, no, 1, operation, "", system.clock.now(), "", "", "", GENESIS
        )
        begun.append(one)
        if outcome is not None:
            answer = TaxAnswer(outcome, "", authority_code=code, code_detail=detail)
            ended.append(attempt_chain.end(one, answer, system.clock.now()))
    async with system.sessions.begin() as session:
        await attempts.begin(session, begun)
        await attempts.end(session, ended)

    async with system.sessions() as session:
        logged = {each.attempt_id: points_to(each) for each in await attempts.of_invoice(session, invoice.invoice_id)}
        joined = attempt.outerjoin(
            attempt_end,
            (attempt_end.c.invoice_id == attempt.c.invoice_id) & (attempt_end.c.attempt_no == attempt.c.attempt_no),
        )
        rows = await session.execute(select(attempt.c.attempt_id, search.points_to()).select_from(joined))

    found = {row.attempt_id: row[1] for row in rows}
    assert len(found) == len(begun)
    assert found == logged


async def test_an_attempt_is_shown_with_its_bodies_and_without_names_and_numbers(system, door):
    payment = a_payment()
    await system.issued()
    await system.follow(payment)
    invoice = await system.of_payment(payment.payment_id)
    await system.steering.plan("REFUSE", times=2, code="E4100")
    await system.upload.upload_due()
    await CorrectActions(system.tools).correct_invoice("request-0001", invoice.invoice_id, BUYER)
    await system.upload.upload_due()
    submits = [each for each in await system.attempts(invoice) if each.operation is Operation.SUBMIT]

    shown = [
        await door.attempts.GetAttempt(attempt_service_pb2.GetAttemptRequest(attempt_id=each.attempt_id))
        for each in submits
    ]

    first, second = shown
    assert second.attempt.version == 2
    assert '"amount_minor":12345' in second.request_masked
    assert '"title":"长**"' in second.request_masked
    assert '"title":"个**"' in first.request_masked
    assert "E4100" in first.response_masked
    for each in shown:
        for secret in (BUYER.name, BUYER.tax_id, SELLER.name, SELLER.tax_id):
            assert secret not in str(each)
            assert secret not in each.request_masked + each.response_masked


async def test_an_attempt_that_never_was_is_not_found(door):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.attempts.GetAttempt(attempt_service_pb2.GetAttemptRequest(attempt_id="att_none"))

    assert from_rpc_error(refused.value).reason == "NOT_FOUND"


async def test_a_log_that_nobody_touched_is_whole_up_to_its_head(system, door):
    invoice = await system.booked()
    system.clock.advance(3_600)
    await system.sweep.sweep()

    found = await verify(door, invoice)

    assert (found.intact, found.broken_attempt_no, found.why) == (True, 0, "")
    assert found.attempt_count == len(await system.attempts(invoice))
    assert found.log_head == (await system.again(invoice)).standing.log_head


@pytest.mark.parametrize(
    ("statement", "broken_attempt_no", "why"),
    [
        ("UPDATE attempt_whole SET outcome = 'REJECTED' WHERE invoice_id = :id AND attempt_no = 1", 1, "ENDED"),
        ("UPDATE attempt_whole SET request_sha256 = '' WHERE invoice_id = :id AND attempt_no = 1", 1, "BEGUN"),
        ("DELETE FROM attempt_whole WHERE invoice_id = :id AND attempt_no = 1", 2, "NUMBER"),
    ],
)
async def test_a_row_that_the_owner_of_the_tables_changed_is_found(system, door, statement, broken_attempt_no, why):
    invoice = await system.booked()
    for table in ("attempt_whole", "attempt_begun", "attempt_ended"):
        await system.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await system.execute(statement, id=invoice.invoice_id)

    found = await verify(door, invoice)

    assert not found.intact
    assert (found.broken_attempt_no, found.why.split(":")[0]) == (broken_attempt_no, why)


@pytest.mark.parametrize("forge_anchor", [False, True])
async def test_a_log_that_was_written_anew_is_found_by_its_anchor(system, door, forge_anchor):
    invoice = await system.booked()
    system.clock.advance(3_600)
    await system.sweep.sweep()
    for table in ("attempt_whole", "attempt_begun", "attempt_ended", "log_anchor"):
        await system.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for table in ("attempt_whole", "attempt_begun", "attempt_ended"):
        await system.execute(f"DELETE FROM {table} WHERE invoice_id = :id", id=invoice.invoice_id)
    one = await log(system, invoice, Operation.SUBMIT, TaxAnswer(Outcome.ACCEPTED, ""))
    (rewritten,) = await system.attempts(invoice)
    head = {"head": rewritten.end_log_hash, "id": invoice.invoice_id}
    await system.execute("UPDATE outbox SET log_head = :head, attempt_count = 1 WHERE invoice_id = :id", **head)
    if forge_anchor:
        await system.execute("UPDATE log_anchor SET heads = array_replace(heads, heads[1], :head)", head=head["head"])

    found = await verify(door, invoice)

    assert one.attempt_no == 1
    assert (found.intact, found.why.split(":")[0]) == (False, "ANCHOR")
