"""Bills over the wire: told, paid, confirmed, refunded, cancelled, listed, and why one still says unpaid."""

import asyncio

import pytest
from bihuan.payments.v1 import bill_pb2, bill_service_pb2, payment_pb2
from bihuan.type.v1 import money_pb2
from grpc.aio import AioRpcError

from chassis.errors import Kind, from_rpc_error
from tests.payments.bill_builders import a_bill, bills, cny, get, pay, reconcile, tell
from tests.payments.starting import confirmed, started

Bill, Answer, Standing = bill_pb2.Bill, bill_pb2.BillAnswer, bill_pb2.BillPayment


async def test_a_bill_is_unpaid_then_partly_paid_then_paid_then_reconciled_and_each_answer_is_right_at_once(system):
    content = a_bill()
    number = content.bill_no
    told = (await tell(system, content)).bill

    states = [told.state, (await get(system, number)).bill.state]
    first = await pay(system, number, 40_00)
    states.append((await get(system, number)).bill.state)
    second = await pay(system, number, 60_00, minutes=1)
    paid = await get(system, number)
    await reconcile(system, first.payment_id, "MATCHED")
    await reconcile(system, second.payment_id, "MATCHED")
    confirmed = await get(system, number)

    assert states == [Bill.STATE_UNPAID, Bill.STATE_UNPAID, Bill.STATE_PARTLY_PAID]
    assert (paid.bill.state, paid.bill.paid_amount, paid.bill.reconciled_amount) == (
        Bill.STATE_PAID,
        cny(100_00),
        cny(0),
    )
    assert paid.answer.verdict == Answer.VERDICT_NOT_RECONCILED
    assert paid.payments[0].not_reconciled_since.ToDatetime().isoformat() == "2026-03-01T04:00:00"
    assert [each.payment_id for each in paid.payments] == [first.payment_id, second.payment_id]
    assert (confirmed.bill.state, confirmed.answer.verdict) == (Bill.STATE_RECONCILED, Answer.VERDICT_SETTLED)
    assert confirmed.bill.version == 4


async def test_a_payment_that_came_before_its_bill_counts_as_soon_as_the_bill_is_told(system):
    early = await pay(system, "EARLY-1")
    with pytest.raises(AioRpcError) as refused:
        await get(system, "EARLY-1")

    told = await tell(system, a_bill("EARLY-1"))

    fault = from_rpc_error(refused.value)
    assert (fault.kind, fault.metadata["naming_payment_count"]) == (Kind.NOT_FOUND, "1")
    assert told.bill.state == Bill.STATE_PAID
    assert (await get(system, "EARLY-1")).payments[0].payment_id == early.payment_id


async def test_a_payment_that_names_no_bill_pays_the_bill_that_has_the_number_of_its_order(system):
    before = await pay(system, "", merchant_order_no="ORDER-IS-BILL-1")
    first = await tell(system, a_bill("ORDER-IS-BILL-1"))
    second = await tell(system, a_bill("ORDER-IS-BILL-2"))
    after = await pay(system, "", merchant_order_no="ORDER-IS-BILL-2")

    assert first.bill.state == Bill.STATE_PAID
    assert second.bill.state == Bill.STATE_UNPAID
    assert (await get(system, "ORDER-IS-BILL-1")).payments[0].payment_id == before.payment_id
    found = await get(system, "ORDER-IS-BILL-2")
    assert (found.bill.state, found.payments[0].payment_id) == (Bill.STATE_PAID, after.payment_id)


async def test_one_payment_for_several_bills_pays_each_of_them_its_part(system):
    contents = [a_bill(amount=cny(60_00)), a_bill(amount=cny(40_00), category=Bill.CATEGORY_GAS)]
    request = bill_service_pb2.BatchCreateBillsRequest(request_id="several-0001", bills=contents)
    await bills(system).BatchCreateBills(request)
    parts = [payment_pb2.PaymentSplit(bill_no=each.bill_no, amount=each.amount) for each in contents]

    paid = await pay(system, "", 100_00, splits=parts)
    found = [await get(system, each.bill_no) for each in contents]

    assert [each.bill.state for each in found] == [Bill.STATE_PAID, Bill.STATE_PAID]
    assert [each.payments[0].amount for each in found] == [cny(60_00), cny(40_00)]
    assert {each.payments[0].payment_id for each in found} == {paid.payment_id}


async def test_bills_are_told_once_whatever_is_repeated_and_a_batch_is_all_or_nothing(system):
    one, two = a_bill(), a_bill()
    request = bill_service_pb2.BatchCreateBillsRequest(request_id="batch-0001", bills=[one, two])

    first = await bills(system).BatchCreateBills(request)
    again = await bills(system).BatchCreateBills(request)
    other_key = await tell(system, one)
    with pytest.raises(AioRpcError) as reused:
        await bills(system).BatchCreateBills(
            bill_service_pb2.BatchCreateBillsRequest(request_id="batch-0001", bills=[one])
        )
    fresh, changed = a_bill(), a_bill(two.bill_no, amount=cny(1), payer_name="李四")
    with pytest.raises(AioRpcError) as differs:
        await bills(system).BatchCreateBills(
            bill_service_pb2.BatchCreateBillsRequest(request_id="batch-0002", bills=[fresh, changed])
        )
    with pytest.raises(AioRpcError) as nothing:
        await get(system, fresh.bill_no)

    assert (first.replayed_count, again.replayed_count, other_key.replayed) == (0, 2, True)
    assert again.bills == first.bills
    assert from_rpc_error(reused.value).reason == "REQUEST_ID_REUSED"
    assert from_rpc_error(differs.value).reason == "BUSINESS_KEY_REUSED"
    assert from_rpc_error(differs.value).metadata["fields"] == "amount,payer_name"
    assert from_rpc_error(nothing.value).kind is Kind.NOT_FOUND


async def test_what_cannot_be_a_bill_is_refused_field_by_field_in_both_languages(system):
    twice = a_bill()
    wrong = [
        (a_bill(category=0), "bills[0].category"),
        (a_bill(amount=cny(0)), "bills[0].amount"),
        (a_bill(due_date="2026-02-30"), "bills[0].due_date"),
        (a_bill(bill_no="有空格 的"), "bills[0].bill_no"),
    ]
    for content, field in wrong:
        with pytest.raises(AioRpcError) as refused:
            await bills(system).BatchCreateBills(
                bill_service_pb2.BatchCreateBillsRequest(request_id="wrong-0001", bills=[content])
            )
        (fault,) = from_rpc_error(refused.value).fields
        assert fault.field == field
        assert fault.message.isascii()
        assert not fault.message_zh.isascii()
    with pytest.raises(AioRpcError) as doubled:
        await bills(system).BatchCreateBills(
            bill_service_pb2.BatchCreateBillsRequest(request_id="wrong-0001", bills=[twice, twice])
        )
    assert [fault.field for fault in from_rpc_error(doubled.value).fields] == ["bills[1].bill_no"]


async def test_a_number_that_was_mistyped_is_found_and_one_that_another_bill_needs_is_not(system):
    await tell(system, a_bill("NEAR-2026-0317"))
    await tell(system, a_bill("NEAR-2026-0318"))
    await pay(system, "NEAR-2026-0318")  # somebody else's, rightly
    mistyped = await pay(system, "NEAR-2026-0371")
    await pay(system, "NEAR-2026-0316", 1_00)  # under a number that no bill has, but not what is due

    found = await get(system, "NEAR-2026-0317")

    assert found.answer.verdict == Answer.VERDICT_NEAR_NUMBER
    assert found.near_payments[0].payment_id == mistyped.payment_id
    assert [(each.bill_no, each.fits) for each in found.near_payments] == [
        ("NEAR-2026-0371", True),
        ("NEAR-2026-0316", False),
    ]
    assert found.near_payments[0].slip == bill_pb2.NearPayment.SLIP_SWAPPED
    assert "NEAR-2026-0371" in found.answer.fact
    assert "NEAR-2026-0371" in found.answer.fact_zh


async def test_a_customer_whose_payment_the_channel_has_not_decided_is_told_not_to_pay_again(system):
    number = (await tell(system, a_bill(amount=cny(12_30)))).bill.bill_no
    payment = await started(system, bill_no=number)

    waiting = await get(system, number)
    system.model.pay(payment.merchant_order_no)
    await confirmed(system, payment.payment_id)
    paid = await get(system, number)

    assert (waiting.bill.state, waiting.answer.verdict) == (Bill.STATE_UNPAID, Answer.VERDICT_UNDECIDED)
    assert waiting.payments[0].standing == Standing.STANDING_UNDECIDED
    assert waiting.payments[0].counted_amount == cny(0)
    assert "do not pay again" in waiting.answer.remedy
    assert "请勿重复缴费" in waiting.answer.remedy_zh
    assert (paid.bill.state, paid.payments[0].standing) == (Bill.STATE_PAID, Standing.STANDING_NOT_RECONCILED)
    assert paid.payments[0].channel_txn_no


async def test_a_payment_in_another_currency_does_not_count_and_a_difference_is_named_by_its_class(system):
    number = (await tell(system, a_bill())).bill.bill_no
    await pay(system, number, amount=money_pb2.Money(currency_code="USD", amount_minor=100_00))
    dollars = await get(system, number)
    differing = await pay(system, number, minutes=1)
    await reconcile(system, differing.payment_id, "EXCEPTION", "AMOUNT_MISMATCH")
    found = await get(system, number)

    assert (dollars.bill.state, dollars.answer.verdict) == (Bill.STATE_UNPAID, Answer.VERDICT_OTHER_CURRENCY)
    assert dollars.payments[0].standing == Standing.STANDING_OTHER_CURRENCY
    assert (found.bill.state, found.answer.verdict) == (Bill.STATE_PAID, Answer.VERDICT_EXCEPTION)
    assert found.payments[1].exception_class == "AMOUNT_MISMATCH"


async def test_a_bill_is_cancelled_once_unless_it_is_paid_and_a_number_with_a_slash_can_be_asked_for(system):
    number = (await tell(system, a_bill("A/2026:cancel"))).bill.bill_no
    paid = (await tell(system, a_bill())).bill.bill_no
    await pay(system, paid)
    request = bill_service_pb2.CancelBillRequest(merchant_id="wuhan-water", bill_no=number, reason="told twice")

    first = await bills(system).CancelBill(request)
    again = await bills(system).CancelBill(request)
    request.bill_no = paid
    with pytest.raises(AioRpcError) as refused:
        await bills(system).CancelBill(request)

    assert first.bill.state == Bill.STATE_CANCELLED
    assert again.bill == first.bill
    fault = from_rpc_error(refused.value)
    assert (fault.kind, fault.reason) == (Kind.PRECONDITION, "BILL_NOT_CANCELLABLE")
    assert "100.00 CNY" in fault.message


async def test_a_bill_that_changed_since_it_was_seen_is_not_cancelled(system):
    number = (await tell(system, a_bill("A-seen"))).bill.bill_no
    request = bill_service_pb2.CancelBillRequest(
        merchant_id="wuhan-water", bill_no=number, reason="told twice", expected_version=2
    )

    with pytest.raises(AioRpcError) as refused:
        await bills(system).CancelBill(request)
    request.expected_version = 1
    done = await bills(system).CancelBill(request)
    again = await bills(system).CancelBill(request)

    fault = from_rpc_error(refused.value)
    assert (fault.reason, dict(fault.metadata)) == ("VERSION_MISMATCH", {"current_version": "1"})
    assert (done.bill.state, done.bill.version) == (Bill.STATE_CANCELLED, 2)
    assert again.bill == done.bill


async def test_bills_are_listed_page_by_page_and_by_what_is_asked_for(system):
    numbers = [
        (await tell(system, a_bill(merchant_id="list-water", due_date=f"2026-03-1{n}"))).bill.bill_no for n in range(5)
    ]
    await pay(system, numbers[0], merchant_id="list-water")

    async def page(token: str = "", **wanted) -> bill_service_pb2.ListBillsResponse:
        request = bill_service_pb2.ListBillsRequest(merchant_id="list-water", page_token=token, **wanted)
        return await bills(system).ListBills(request)

    first = await page(page_size=3)
    rest = await page(first.next_page_token, page_size=3)
    paid = await page(state=Bill.STATE_PAID)
    overdue = await page(overdue_on="2026-03-13")
    gas = await page(category=Bill.CATEGORY_GAS)
    with pytest.raises(AioRpcError) as foreign:
        await page(first.next_page_token, state=Bill.STATE_PAID)

    listed = [each.bill_no for each in [*first.bills, *rest.bills]]
    assert sorted(listed) == sorted(numbers)
    assert rest.next_page_token == ""
    assert [each.bill_no for each in paid.bills] == [numbers[0]]
    assert {each.bill_no for each in overdue.bills} == {numbers[1], numbers[2]}
    assert list(gas.bills) == []
    assert from_rpc_error(foreign.value).reason == "INVALID_PAGE_TOKEN"


async def test_payments_and_their_bills_told_at_the_same_time_never_miss_each_other(system):
    contents = [a_bill() for _ in range(24)]

    async def told_and_paid(content: bill_service_pb2.BillContent, at: int) -> None:
        both = [tell(system, content), pay(system, content.bill_no)]
        await asyncio.gather(*(both if at % 2 else both[::-1]))

    await asyncio.gather(*(told_and_paid(content, at) for at, content in enumerate(contents)))
    states = {(await get(system, content.bill_no)).bill.state for content in contents}

    assert states == {Bill.STATE_PAID}


async def test_a_request_id_is_kept_for_30_days_and_a_bill_s_number_for_ever(system):
    told = a_bill()
    await tell(system, told, "kept-for-a-month")
    system.clock.advance(31 * 86_400)

    forgotten = await system.actions.bill_follow.forget_requests()
    other = await tell(system, a_bill(), "kept-for-a-month")
    again = await tell(system, told)

    assert forgotten == 1
    assert (other.replayed, again.replayed) == (False, True)
