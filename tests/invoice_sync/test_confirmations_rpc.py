"""What is risky is set aside for a second person, through a real server and a real database."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from bihuan.invoice_sync.v1 import (
    confirmation_pb2,
    confirmation_service_pb2,
    invoice_service_pb2,
    red_letter_service_pb2,
)
from sqlalchemy.exc import DBAPIError

from chassis.errors import Fault, from_rpc_error
from chassis.money import Money
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.policy import IssuePolicy
from tests.invoice_sync.builders import a_payment, a_profile

AWAITS = confirmation_pb2.Confirmation.STATE_AWAITS_CONFIRMATION
CONFIRMED = confirmation_pb2.Confirmation.STATE_CONFIRMED
REFUSED = confirmation_pb2.Confirmation.STATE_REFUSED


@pytest.fixture
async def paid(system):
    """A payment that was made, of a merchant who invoices on request."""
    payment = a_payment()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)
    return payment


async def asked(door, payment, **said):
    told = {"request_id": "request-0001", "buyer_title": "张三丰", "operator": "li", **said}
    return await door.invoices.RequestInvoice(
        invoice_service_pb2.RequestInvoiceRequest(payment_id=payment.payment_id, **told)
    )


async def confirmed(door, confirmation, operator="wang", reason="seen on the licence"):
    request = confirmation_service_pb2.ConfirmInvoiceRequestRequest(
        confirmation_id=confirmation.confirmation_id, operator=operator, reason=reason
    )
    return (await door.confirmations.ConfirmInvoiceRequest(request)).confirmation


async def refused(door, confirmation, operator="wang"):
    request = confirmation_service_pb2.RefuseInvoiceRequestRequest(
        confirmation_id=confirmation.confirmation_id, operator=operator, reason="no such firm"
    )
    return (await door.confirmations.RefuseInvoiceRequest(request)).confirmation


async def fault_of(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({}, "SHORT_NAME"),
        ({"buyer_title": "江城科技有限公司", "buyer_tax_id": "911100006000373410"}, "TAX_ID_CHECK_DIGIT"),
    ],
)
async def test_a_risky_request_is_issued_when_a_second_person_confirms_it(system, door, paid, said, rule):
    answer = await asked(door, paid, **said)
    before = await system.invoices_of(paid.payment_id)
    decided = await confirmed(door, answer.confirmation)
    replayed = await asked(door, paid, **said)

    assert (answer.HasField("invoice"), answer.confirmation.state, before) == (False, AWAITS, [])
    assert [each.rule for each in answer.confirmation.findings] == [rule]
    assert (decided.state, decided.requested_by, decided.decided_by) == (CONFIRMED, "li", "wang")
    invoice = await system.of_payment(paid.payment_id)
    assert (decided.invoice_id, invoice.buyer.name) == (invoice.invoice_id, answer.confirmation.buyer_title)
    assert (replayed.invoice.invoice_id, replayed.replayed) == (invoice.invoice_id, True)


async def test_an_amount_above_the_limit_awaits_a_second_person(system, door):
    payment = a_payment(amount=Money("CNY", 1_000_001))
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)

    answer = await asked(door, payment, buyer_title="江城科技有限公司")

    assert [each.rule for each in answer.confirmation.findings] == ["AMOUNT_LARGE"]
    assert answer.confirmation.amount.amount_minor == 1_000_001


async def test_who_asked_neither_confirms_nor_refuses(system, door, paid):
    answer = await asked(door, paid)

    faults = [
        await fault_of(confirmed(door, answer.confirmation, operator="li")),
        await fault_of(refused(door, answer.confirmation, operator="li")),
    ]

    assert {fault.reason for fault in faults} == {"SECOND_PERSON_REQUIRED"}
    with pytest.raises(DBAPIError, match="confirmation_second_person_check"):
        await system.execute(
            "UPDATE confirmation SET state = 'REFUSED', decided_by = 'li', reason = 'x', decide_time = now()"
        )


async def test_a_refused_request_leaves_the_payment_to_be_asked_for_again(system, door, paid):
    answer = await asked(door, paid)
    decided = await refused(door, answer.confirmation)
    same = await asked(door, paid)
    other = await asked(door, paid, request_id="request-0002", natural_person=True)

    assert (decided.state, decided.reason, decided.invoice_id) == (REFUSED, "no such firm", "")
    assert (same.confirmation.state, same.HasField("invoice"), same.replayed) == (REFUSED, False, True)
    assert other.invoice.buyer_title == "张三丰"


async def test_a_decision_is_made_once_and_never_changed(system, door, paid):
    answer = await asked(door, paid)

    outcomes = await asyncio.gather(
        confirmed(door, answer.confirmation),
        refused(door, answer.confirmation, operator="zhao"),
        *(confirmed(door, answer.confirmation) for _ in range(6)),
        return_exceptions=True,
    )

    decided = {each.state for each in outcomes if not isinstance(each, Exception)}
    reasons = {from_rpc_error(each).reason for each in outcomes if isinstance(each, grpc.aio.AioRpcError)}
    assert len(decided) == 1
    assert reasons <= {"CONFIRMATION_DECIDED"}
    assert len(await system.invoices_of(paid.payment_id)) == (CONFIRMED in decided)
    with pytest.raises(DBAPIError, match="decided"):
        await system.execute("UPDATE confirmation SET reason = 'another'")


async def test_while_something_awaits_a_second_person_nothing_else_is_asked_for_with_the_payment(system, door, paid):
    answer = await asked(door, paid)

    same = await asked(door, paid, request_id="request-0002")
    fault = await fault_of(asked(door, paid, request_id="request-0003", buyer_title="江城科技有限公司"))
    reused = await fault_of(asked(door, paid, buyer_title="李四光"))

    assert (same.confirmation.confirmation_id, same.replayed) == (answer.confirmation.confirmation_id, True)
    assert (fault.reason, fault.metadata["confirmation_id"]) == (
        "BUSINESS_KEY_REUSED",
        answer.confirmation.confirmation_id,
    )
    assert reused.reason == "REQUEST_ID_REUSED"


async def test_a_request_that_cannot_be_issued_any_more_awaits_on_when_it_is_confirmed(system, door, paid):
    answer = await asked(door, paid)
    gone = a_payment(payment_id=paid.payment_id, version=2, refunded_minor=paid.amount.amount_minor)
    await system.follow(gone)

    fault = await fault_of(confirmed(door, answer.confirmation))

    got = await door.confirmations.GetConfirmation(
        confirmation_service_pb2.GetConfirmationRequest(confirmation_id=answer.confirmation.confirmation_id)
    )
    assert (fault.reason, got.confirmation.state) == ("NOT_INVOICEABLE", AWAITS)


@pytest.mark.parametrize(
    ("said", "field", "rule"),
    [
        ({"buyer_title": "个人", "buyer_tax_id": "91110000600037341L"}, "buyer_title", "BUYER_COMPANY"),
        ({"natural_person": True, "buyer_tax_id": "91110000600037341L"}, "buyer_tax_id", "PERSON_ID"),
        ({"buyer_title": "个人", "amount_minor": 12_346}, "amount_minor", "AMOUNT_OVER"),
        ({"buyer_title": "个人", "amount_minor": 12_344}, "amount_minor", "AMOUNT_PART"),
        ({"operator": ""}, "operator", "REQUIRED"),
    ],
)
async def test_a_request_that_breaks_a_rule_is_told_field_rule_and_cure_and_keeps_nothing(
    system, door, paid, said, field, rule
):
    fault = await fault_of(asked(door, paid, **said))

    assert fault.reason == "INVALID_FIELD"
    assert [(each.field, each.rule) for each in fault.fields] == [(field, rule)]
    assert all(each.message and each.message_zh for each in fault.fields)
    listed = await door.confirmations.ListConfirmations(confirmation_service_pb2.ListConfirmationsRequest())
    assert (list(listed.confirmations), await system.invoices_of(paid.payment_id)) == ([], [])


async def test_what_awaits_is_listed_by_merchant_and_state_newest_first(system, door, paid):
    second = a_payment()
    await system.follow(second)
    first_answer = await asked(door, paid)
    second_answer = await asked(door, second, request_id="request-0002")
    await refused(door, first_answer.confirmation)

    async def listed(**wanted):
        return await door.confirmations.ListConfirmations(
            confirmation_service_pb2.ListConfirmationsRequest(merchant_id=paid.merchant_id, **wanted)
        )

    awaiting, first = await listed(state=AWAITS), await listed(page_size=1)
    rest = await listed(page_token=first.next_page_token)

    ids = [each.confirmation.confirmation_id for each in (second_answer, first_answer)]
    assert [each.confirmation_id for each in awaiting.confirmations] == ids[:1]
    assert [each.confirmation_id for each in [*first.confirmations, *rest.confirmations]] == ids


@pytest.mark.parametrize(
    ("title", "tax_id", "rule"),
    [
        ("张三丰", "", "SHORT_NAME"),
        ("江城科技有限公司", "911100006000373410", "TAX_ID_CHECK_DIGIT"),
        ("个人", "91110000600037341L", "BUYER_COMPANY"),
    ],
)
async def test_no_other_way_brings_a_risky_buyer_onto_an_invoice(system, door, paid, title, tax_id, rule):
    broken = Party("个人", "91110000600037341L")
    held = a_payment()
    await system.follow(held)
    invalid = await system.issue.request_invoice("request-0009", held.payment_id, broken)
    said = {"buyer_title": title, "buyer_tax_id": tax_id}

    remainder = await fault_of(
        door.reds.InvoiceRemainder(
            red_letter_service_pb2.InvoiceRemainderRequest(
                request_id="request-0001", payment_id=paid.payment_id, **said
            )
        )
    )
    correction = None
    if Party(title, tax_id) != broken:  # what stands there already is judged as it was
        correction = await fault_of(
            door.invoices.CorrectInvoice(
                invoice_service_pb2.CorrectInvoiceRequest(
                    request_id="request-0002", invoice_id=invalid.invoice_id, **said
                )
            )
        )

    assert {rule} == {each.fields[0].rule for each in (remainder, correction) if each}
    assert await system.invoices_of(paid.payment_id) == []


@pytest.mark.parametrize("invoiced_minor", [0, 1])
async def test_no_remainder_above_the_limit_first_or_later_is_issued_by_one_person_alone(system, door, invoiced_minor):
    limit = 1_000_000
    payment = a_payment(amount=Money("CNY", limit + 1 + invoiced_minor), refunded_minor=invoiced_minor and limit + 1)
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)
    firm = Party("江城科技有限公司", "91110000600037341L")
    if invoiced_minor:
        await system.issue.request_invoice("request-0009", payment.payment_id, firm)
        await system.follow(replace(payment, version=2, refunded_minor=0))
    asked = red_letter_service_pb2.InvoiceRemainderRequest(
        request_id="request-0001",
        payment_id=payment.payment_id,
        buyer_title=firm.name,
        buyer_tax_id=firm.tax_id,
        operator="li",
    )
    nobody = red_letter_service_pb2.InvoiceRemainderRequest(
        request_id="request-0002", payment_id=payment.payment_id, buyer_title=firm.name, buyer_tax_id=firm.tax_id
    )

    unsigned = await fault_of(door.reds.InvoiceRemainder(nobody))
    aside = await door.reds.InvoiceRemainder(asked)
    before = len(await system.invoices_of(payment.payment_id))
    confirmation_id = aside.confirmation.confirmation_id
    said = {"confirmation_id": confirmation_id, "reason": "checked"}
    same = await fault_of(
        door.confirmations.ConfirmInvoiceRequest(
            confirmation_service_pb2.ConfirmInvoiceRequestRequest(operator="li", **said)
        )
    )
    await door.confirmations.ConfirmInvoiceRequest(
        confirmation_service_pb2.ConfirmInvoiceRequestRequest(operator="wang", **said)
    )
    again = await door.reds.InvoiceRemainder(asked)

    assert [each.field for each in unsigned.fields] == ["operator"]
    assert (aside.HasField("invoice"), aside.confirmation.amount.amount_minor) == (False, limit + 1)
    assert [each.rule for each in aside.confirmation.findings] == ["AMOUNT_LARGE"]
    assert (same.reason, before) == ("SECOND_PERSON_REQUIRED", invoiced_minor)
    assert (again.replayed, again.invoice.amount.amount_minor) == (True, limit + 1)
    assert len(await system.invoices_of(payment.payment_id)) == before + 1


async def test_a_first_invoice_is_not_confirmed_for_more_than_was_set_aside(system, door):
    set_aside, whole = 1_000_001, 2_000_002
    payment = a_payment(amount=Money("CNY", whole), refunded_minor=whole - set_aside)
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)
    answer = await asked(door, payment, buyer_title="江城科技有限公司")
    await system.follow(replace(payment, version=2, refunded_minor=0))  # a chargeback is won while it waits

    fault = await fault_of(confirmed(door, answer.confirmation))
    before = await system.invoices_of(payment.payment_id)
    await refused(door, answer.confirmation)
    anew = await asked(door, payment, request_id="request-0002", buyer_title="江城科技有限公司")
    await confirmed(door, anew.confirmation)

    assert (answer.confirmation.amount.amount_minor, before) == (set_aside, [])
    assert (fault.reason, fault.metadata["cause"]) == ("NOT_INVOICEABLE", "AMOUNT_GREW")
    assert (await system.of_payment(payment.payment_id)).amount.amount_minor == whole


@pytest.mark.parametrize("invoiced_minor", [0, 1])
async def test_a_remainder_is_issued_for_what_was_set_aside_though_more_is_left_when_it_is_confirmed(
    system, door, invoiced_minor
):
    set_aside, more = 1_000_001, 1_800_000
    whole = invoiced_minor + set_aside + more
    payment = a_payment(amount=Money("CNY", whole), refunded_minor=whole - invoiced_minor)
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await system.follow(payment)
    firm = Party("江城科技有限公司", "91110000600037341L")
    if invoiced_minor:
        await system.issue.request_invoice("request-0009", payment.payment_id, firm)
    await system.follow(replace(payment, version=2, refunded_minor=more))
    said = {"buyer_title": firm.name, "buyer_tax_id": firm.tax_id, "operator": "li"}
    rest = red_letter_service_pb2.InvoiceRemainderRequest(
        request_id="request-0001", payment_id=payment.payment_id, **said
    )
    aside = await door.reds.InvoiceRemainder(rest)

    await system.follow(replace(payment, version=3, refunded_minor=0))
    await confirmed(door, aside.confirmation)
    issued = await door.reds.InvoiceRemainder(rest)
    rest.request_id = "request-0002"
    later = await door.reds.InvoiceRemainder(rest)

    assert aside.confirmation.amount.amount_minor == issued.invoice.amount.amount_minor == set_aside
    assert later.confirmation.amount.amount_minor == more


async def test_a_natural_person_is_corrected_onto_an_invoice_by_saying_so(system, door, paid):
    made = await system.issue.request_invoice("request-0009", paid.payment_id, Party("个人", "91110000600037341L"))

    answer = await door.invoices.CorrectInvoice(
        invoice_service_pb2.CorrectInvoiceRequest(
            request_id="request-0001", invoice_id=made.invoice_id, buyer_title="张三丰", natural_person=True
        )
    )

    assert answer.invoice.buyer_title == "张三丰"
