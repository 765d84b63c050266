"""What was paid twice: found with its evidence, a refund proposed and never made, closed by a refund or a person."""

import pytest
from bihuan.payments.v1 import (
    bill_pb2,
    bill_service_pb2,
    duplicate_pb2,
    payment_pb2,
    payment_service_pb2,
)
from grpc.aio import AioRpcError

from chassis.errors import Kind, from_rpc_error
from tests.payments.bill_builders import a_bill, bills, cny, get, pay, record_refund, tell

Case, Standing = duplicate_pb2.DuplicatePayment, bill_pb2.BillPayment


async def cases(system, bill_no: str, **wanted) -> list[Case]:
    request = bill_service_pb2.ListDuplicatesRequest(merchant_id="wuhan-water", bill_no=bill_no, **wanted)
    return list((await bills(system).ListDuplicates(request)).duplicates)


async def test_a_bill_that_was_paid_in_two_channels_has_one_case_that_proposes_to_refund_the_later_one(system):
    number = (await tell(system, a_bill())).bill.bill_no
    later = await pay(system, number, minutes=5, channel="alipay")
    earlier = await pay(system, number, minutes=0, channel="wechat_pay")  # told late

    (case,) = await cases(system, number)
    found = await get(system, number)

    assert (case.state, case.cause) == (Case.STATE_OPEN, Case.CAUSE_BILL_COVERED)
    assert (case.payment_id, case.channel) == (later.payment_id, "alipay")
    assert (case.proposed_refund_amount, case.bill_amount) == (cny(100_00), cny(100_00))
    assert [(each.payment_id, each.channel_txn_no) for each in case.covering_payments] == [
        (earlier.payment_id, earlier.channel_txn_no)
    ]
    assert found.bill.state == bill_pb2.Bill.STATE_OVERPAID
    assert [each.standing for each in found.payments] == [
        Standing.STANDING_NOT_RECONCILED,
        Standing.STANDING_DUPLICATE,
    ]
    assert "ListDuplicates" in found.answer.remedy
    assert (
        await system.payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=later.payment_id))
    ).payment.refunded_amount == cny(0)


async def test_a_case_stays_open_until_as_much_was_refunded_as_makes_the_payment_no_longer_too_many(system):
    number = (await tell(system, a_bill())).bill.bill_no
    await pay(system, number)
    twice = await pay(system, number, minutes=1)
    assert [case.proposed_refund_amount for case in await cases(system, number)] == [cny(100_00)]

    await record_refund(system, twice.payment_id, 30_00)
    (partly,) = await cases(system, number)
    await record_refund(system, twice.payment_id, 70_00)
    (wholly,) = await cases(system, number)

    assert (partly.state, partly.proposed_refund_amount) == (Case.STATE_OPEN, cny(70_00))
    assert (wholly.state, wholly.proposed_refund_amount) == (Case.STATE_REFUNDED, cny(100_00))
    assert wholly.HasField("close_time")
    assert (await get(system, number)).bill.state == bill_pb2.Bill.STATE_PAID


async def test_refunding_the_first_payment_instead_closes_the_case_too(system):
    number = (await tell(system, a_bill())).bill.bill_no
    first = await pay(system, number)
    second = await pay(system, number, minutes=1)
    assert [case.payment_id for case in await cases(system, number)] == [second.payment_id]

    await record_refund(system, first.payment_id, 100_00)
    (case,) = await cases(system, number)
    found = await get(system, number)

    assert case.state == Case.STATE_REFUNDED
    assert found.bill.state == bill_pb2.Bill.STATE_PAID
    assert [each.standing for each in found.payments] == [
        Standing.STANDING_GIVEN_BACK,
        Standing.STANDING_NOT_RECONCILED,
    ]


async def test_a_person_dismisses_a_case_once_with_a_reason_and_it_is_not_opened_again(system):
    number = (await tell(system, a_bill())).bill.bill_no
    await pay(system, number)
    await pay(system, number, minutes=1)
    (case,) = await cases(system, number, state=Case.STATE_OPEN)
    dismiss = bill_service_pb2.DismissDuplicateRequest(
        duplicate_id=case.duplicate_id, reason="kept for the next bill", dismissed_by="li"
    )

    first = (await bills(system).DismissDuplicate(dismiss)).duplicate
    again = (await bills(system).DismissDuplicate(dismiss)).duplicate
    dismiss.reason = "another reason"
    with pytest.raises(AioRpcError) as refused:
        await bills(system).DismissDuplicate(dismiss)
    dismiss.duplicate_id = "dup_unknown"
    with pytest.raises(AioRpcError) as unknown:
        await bills(system).DismissDuplicate(dismiss)
    third = await pay(system, number, minutes=2)

    assert (first.state, first.dismiss_reason, first.dismissed_by) == (
        Case.STATE_DISMISSED,
        "kept for the next bill",
        "li",
    )
    assert again == first
    assert from_rpc_error(refused.value).reason == "DUPLICATE_CLOSED"
    assert from_rpc_error(unknown.value).kind is Kind.NOT_FOUND
    assert [one.payment_id for one in await cases(system, number, state=Case.STATE_OPEN)] == [third.payment_id]


async def test_money_for_a_cancelled_bill_is_a_case_of_its_own_kind(system):
    number = (await tell(system, a_bill())).bill.bill_no
    cancel = bill_service_pb2.CancelBillRequest(merchant_id="wuhan-water", bill_no=number, reason="told twice")
    await bills(system).CancelBill(cancel)

    paid = await pay(system, number)
    (case,) = await cases(system, number)
    found = await get(system, number)

    assert (case.cause, case.payment_id) == (Case.CAUSE_BILL_CANCELLED, paid.payment_id)
    assert found.bill.state == bill_pb2.Bill.STATE_CANCELLED
    assert "100.00 CNY" in found.answer.fact


async def test_a_refund_of_a_payment_for_two_bills_is_taken_from_the_bill_that_did_not_need_its_part(system):
    water, gas = a_bill(amount=cny(60_00)), a_bill(amount=cny(40_00))
    await tell(system, water)
    await tell(system, gas)
    await pay(system, water.bill_no, 60_00)
    parts = [payment_pb2.PaymentSplit(bill_no=each.bill_no, amount=each.amount) for each in (water, gas)]
    both = await pay(system, "", 100_00, minutes=1, splits=parts)
    (case,) = await cases(system, water.bill_no)

    await record_refund(system, both.payment_id, case.proposed_refund_amount.amount_minor)
    (closed,) = await cases(system, water.bill_no)
    states = [(await get(system, each.bill_no)).bill.state for each in (water, gas)]

    assert (case.payment_id, case.proposed_refund_amount) == (both.payment_id, cny(60_00))
    assert closed.state == Case.STATE_REFUNDED
    assert states == [bill_pb2.Bill.STATE_PAID, bill_pb2.Bill.STATE_PAID]


async def test_payments_of_any_size_never_stop_the_bills(system):
    number = (await tell(system, a_bill())).bill.bill_no
    for minutes in range(3):
        await pay(system, number, 2**63 - 1, minutes=minutes, channel=f"bank_{minutes}")
    other = (await tell(system, a_bill())).bill.bill_no
    await pay(system, other)

    assert (await get(system, number)).bill.paid_amount == cny(2**63 - 1)
    assert (await get(system, other)).bill.state == bill_pb2.Bill.STATE_PAID


async def test_cases_are_listed_page_by_page_and_a_bill_needs_its_merchant(system):
    for _ in range(3):
        number = (await tell(system, a_bill())).bill.bill_no
        await pay(system, number)
        await pay(system, number, minutes=1)

    first = await bills(system).ListDuplicates(bill_service_pb2.ListDuplicatesRequest(page_size=2))
    rest = await bills(system).ListDuplicates(
        bill_service_pb2.ListDuplicatesRequest(page_size=2, page_token=first.next_page_token)
    )
    with pytest.raises(AioRpcError) as refused:
        await bills(system).ListDuplicates(bill_service_pb2.ListDuplicatesRequest(bill_no="W-1"))

    listed = {each.duplicate_id for each in [*first.duplicates, *rest.duplicates]}
    assert (len(listed), rest.next_page_token) == (3, "")
    assert [fault.field for fault in from_rpc_error(refused.value).fields] == ["bill_no"]
