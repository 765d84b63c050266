"""What is not in the system, a buyer's invoices, corrections and cases, through the contract."""

from dataclasses import replace

import grpc
import pytest
from bihuan.invoice_sync.v1 import gate_service_pb2, invoice_pb2, invoice_service_pb2, sweep_service_pb2

from chassis.errors import from_rpc_error
from chassis.money import Money
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.number import NumberPolicy
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import attempts
from tests.invoice_sync.builders import a_payment, a_profile
from tests.invoice_sync.door import open_door
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID

BUYER = Party("长江证券股份有限公司", "91420000700821272A")


async def missing(door, **asked) -> invoice_service_pb2.ListNotInSystemResponse:
    return await door.invoices.ListNotInSystem(invoice_service_pb2.ListNotInSystemRequest(**asked))


async def of_buyer(door, **asked):
    return (await door.invoices.DiagnoseBuyer(invoice_service_pb2.DiagnoseBuyerRequest(**asked))).diagnoses


async def correct(door, invoice, request_id: str = "request-0009", **changes):
    asked = {"buyer_title": BUYER.name, "buyer_tax_id": BUYER.tax_id, **changes}
    return await door.invoices.CorrectInvoice(
        invoice_service_pb2.CorrectInvoiceRequest(request_id=request_id, invoice_id=invoice.invoice_id, **asked)
    )


async def refused(system):
    """An invoice that the authority refused for its content."""
    await system.steering.plan("REFUSE", times=1, code="E4100")
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    return invoice


async def asked_for(system, buyer: Party, request_id: str):
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)
    made = await system.issue.request_invoice(request_id, payment.payment_id, buyer)
    return (await system.read.get_invoice(made.invoice_id)).invoice


async def test_what_is_not_in_the_system_is_listed_oldest_first_each_with_its_cause(system, door):
    await system.booked()
    rejected = await refused(system)
    await system.steering.plan("LOSE_ANSWER", times=1)
    (unknown,) = await system.issued()
    await system.upload.upload_due()
    (ready,) = await system.issued()

    first = await missing(door, page_size=2)
    second = await missing(door, page_size=2, page_token=first.next_page_token)
    of_cause = await missing(door, cause="B2")
    of_nobody = await missing(door, merchant_id="city-gas")

    listed = [(each.invoice_id, each.cause) for each in [*first.diagnoses, *second.diagnoses]]
    assert listed == [(rejected.invoice_id, "C2"), (unknown.invoice_id, "B2"), (ready.invoice_id, "A3")]
    assert second.next_page_token == ""
    assert [each.invoice_id for each in of_cause.diagnoses] == [unknown.invoice_id]
    assert list(of_nobody.diagnoses) == []
    assert all(each.evidence for each in first.diagnoses)


async def test_a_buyers_invoices_are_told_those_that_are_not_in_the_system_first(system, door):
    booked = await asked_for(system, BUYER, "request-0001")
    await system.upload.upload_due()
    await system.until_booked(booked)
    older = await asked_for(system, BUYER, "request-0002")
    newer = await asked_for(system, BUYER, "request-0003")
    await asked_for(system, Party("别的公司", "91420100MA4KABC999"), "request-0004")

    by_number = await of_buyer(door, buyer_tax_id=BUYER.tax_id)
    by_title = await of_buyer(door, buyer_title=BUYER.name, limit=1)
    by_both = await of_buyer(door, buyer_tax_id=BUYER.tax_id, buyer_title="别的公司")
    of_another_merchant = await of_buyer(door, buyer_tax_id=BUYER.tax_id, merchant_id="city-gas")

    wanted = [(newer.invoice_id, "A3"), (older.invoice_id, "A3"), (booked.invoice_id, "IN_SYSTEM")]
    assert [(each.invoice_id, each.cause) for each in by_number] == wanted
    assert [each.invoice_id for each in by_title] == [newer.invoice_id]
    assert (list(by_both), list(of_another_merchant)) == ([], [])
    assert BUYER.tax_id not in str(by_number)


@pytest.mark.parametrize("asked", [{}, {"buyer_title": "个人"}, {"merchant_id": "city-water"}])
async def test_a_buyer_who_is_nobody_is_not_looked_for(door, asked):
    with pytest.raises(grpc.aio.AioRpcError) as told:
        await of_buyer(door, **asked)

    assert from_rpc_error(told.value).reason == "INVALID_FIELD"


async def test_a_refused_invoice_is_corrected_once_and_sent_under_its_next_version(system, door):
    invoice = await refused(system)

    made = await correct(door, invoice)
    again = await correct(door, invoice)
    with pytest.raises(grpc.aio.AioRpcError) as reused:
        await correct(door, invoice, buyer_title="别的公司")
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)
    with pytest.raises(grpc.aio.AioRpcError) as too_late:
        await correct(door, invoice, "request-0010")

    assert (made.invoice.version, made.invoice.sync_state) == (2, invoice_pb2.SYNC_STATE_READY)
    assert made.invoice.document_sha256 != invoice.document_sha256
    assert (made.replayed, again.replayed) == (False, True)
    assert from_rpc_error(reused.value).reason == "REQUEST_ID_REUSED"
    assert from_rpc_error(too_late.value).reason == "NOT_CORRECTABLE"
    assert booked.buyer == BUYER


async def test_an_invoice_that_breaks_a_rule_says_which_and_is_a2(system, door):
    payment = a_payment(amount=Money("USD", 100))
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(payment)
    invoice = await system.of_payment(payment.payment_id)

    got = await door.invoices.GetInvoice(invoice_service_pb2.GetInvoiceRequest(invoice_id=invoice.invoice_id))
    why = await door.why(invoice.invoice_id)

    assert got.invoice.sync_state == invoice_pb2.SYNC_STATE_INVALID
    assert [each.rule for each in got.invoice.broken_rules] == ["CURRENCY"]
    assert got.invoice.broken_rules[0].message_zh
    assert why.cause == "A2"
    assert any(row.source == "document_rule" for row in why.evidence)


async def test_an_invoice_tells_its_deadline_its_place_and_why_it_was_given_up(system, door):
    (invoice,) = await system.issued()
    await system.execute("UPDATE outbox SET parked_reason = 'COUNT' WHERE invoice_id = :id", id=invoice.invoice_id)

    got = await door.invoices.GetInvoice(invoice_service_pb2.GetInvoiceRequest(invoice_id=invoice.invoice_id))

    assert (got.invoice.environment, got.invoice.region, got.invoice.version) == ("production", "42", 1)
    assert got.invoice.deadline_time.ToSeconds() == int(invoice.standing.deadline_at.timestamp())
    assert got.invoice.given_up == "COUNT"
    assert not got.invoice.HasField("next_attempt_time")


async def test_a_copy_that_does_not_open_any_more_is_g2(system, door):
    invoice = await system.booked()
    await system.execute("UPDATE body SET sealed = 'x' WHERE sha256 = :sha256", sha256=invoice.document_sha256)

    why = await door.why(invoice.invoice_id)

    assert why.cause == "G2"
    assert invoice.document_sha256 in {row.row_id for row in why.evidence}


async def test_what_was_booked_in_another_region_is_d3_and_says_where(system, door):
    await system.booked()
    await system.steering.plan("BOOKED_ELSEWHERE", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    async def found() -> bool:
        system.clock.advance(601)
        await system.verify.verify_due()
        return (await door.why(invoice.invoice_id)).cause == "D3"

    await eventually(found)

    assert "production/11" in str((await door.why(invoice.invoice_id)).evidence)


async def test_a_false_negative_that_was_counted_is_e4_once_it_is_there(system, door):
    await system.booked()
    await system.steering.plan("NEVER_BOOK", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    await system.until_gone(invoice)
    system.clock.advance(601)
    await system.verify.verify_due()
    await system.sweep.sweep()
    missing_then = (await system.again(invoice)).standing.sync_state
    await system.tax.submit(invoice.route, await document_of(system, invoice), invoice.idempotency_key)
    await system.until_booked(invoice)

    why = await door.why(invoice.invoice_id)

    assert missing_then is SyncState.MISSING
    assert why.cause == "E4"
    assert any(row.source == "absence_round" for row in why.evidence)


async def document_of(system, invoice) -> bytes:
    async with system.sessions() as session:
        sealed = await attempts.sealed_body(session, invoice.document_sha256)
    return system.tools.ring.open(sealed, body_context(invoice.document_sha256))


async def test_cases_are_listed_open_ones_first_by_page(system, door):
    opened = "INSERT INTO finding_case VALUES (:id, :kind, 'inv_1', '', '', :id, 'a fact', '事实', now(), {closed})"
    for case_id, kind, closed in (
        ("cse_1", "MISMATCH", "NULL"),
        ("cse_2", "MISSING", "now()"),
        ("cse_3", "MISMATCH", "NULL"),
        ("cse_4", "MISSING", "now()"),
    ):
        await system.execute(opened.format(closed=closed), id=case_id, kind=kind)

    async def ids(**asked) -> tuple[list[str], str]:
        page = await door.sweeps.ListCases(sweep_service_pb2.ListCasesRequest(**asked))
        return [each.case_id for each in page.cases], page.next_page_token

    first, token = await ids(page_size=3)
    rest, end = await ids(page_size=3, page_token=token)

    assert [*first, *rest] == ["cse_3", "cse_1", "cse_4", "cse_2"]
    assert end == ""
    assert (await ids(open_only=True))[0] == ["cse_3", "cse_1"]
    assert (await ids(kind="MISSING"))[0] == ["cse_4", "cse_2"]


async def test_a_list_of_what_is_held_and_the_counts_agree_with_what_each_invoice_says(system, door):
    (held,) = await system.issued()
    await door.gates.SetHold(
        gate_service_pb2.SetHoldRequest(
            route=held.route.key, seller_tax_id=SELLER_TAX_ID, reason="x", set_by="y", request_id="request-0001"
        )
    )

    async def listed(state) -> list[str]:
        answer = await door.invoices.ListInvoices(invoice_service_pb2.ListInvoicesRequest(sync_state=state))
        return [each.invoice_id for each in answer.invoices]

    totals = await door.invoices.SummarizeInvoices(invoice_service_pb2.SummarizeInvoicesRequest())

    assert await listed(invoice_pb2.SYNC_STATE_HELD) == [held.invoice_id]
    assert await listed(invoice_pb2.SYNC_STATE_READY) == []
    assert [(each.sync_state, each.invoice_count) for each in totals.totals] == [(invoice_pb2.SYNC_STATE_HELD, 1)]


async def test_a_number_that_somebody_was_told_before_the_upload_is_a5_until_it_is_sent(system):
    system.tools = replace(system.tools, numbers=NumberPolicy(preassigned=True, range_size=10, low_water=3))
    system.issue = IssueActions(system.tools)
    await system.issue.set_merchant_profile(a_profile())
    await NumberActions(system.tax, system.tools).top_up()
    (invoice,) = await system.issued()
    asked = invoice_service_pb2.GetInvoiceRequest(invoice_id=invoice.invoice_id)

    async with open_door(system) as door:
        before = await door.why(invoice.payment_id)
        told = (await door.invoices.GetInvoice(asked)).invoice.invoice_number
        after = await door.why(told)
        await system.upload.upload_due()
        sent = await door.why(told)

    assert (before.cause, after.cause) == ("A3", "A5")
    assert any(told in row.fact for row in after.evidence if row.source == "number_range")
    assert sent.cause != "A5"
