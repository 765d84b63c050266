"""Bills while everything happens at once: told, paid, refunded, confirmed, cancelled and read, beside the loops."""

import asyncio
import random

from bihuan.payments.v1 import bill_pb2, bill_service_pb2
from grpc.aio import AioRpcError

from chassis.errors import Kind, from_rpc_error
from chassis.loop import Loop
from tests.payments.bill_builders import a_bill, bills, get, pay, reconcile, record_refund, tell

NUMBERS = [f"RACE-{number}" for number in range(8)]
CALLS = 96
# A bill that is not told yet, and one that is paid already or whose payment has nothing left.
AS_TOLD = (Kind.NOT_FOUND, Kind.PRECONDITION)


async def test_whatever_happens_at_once_a_bill_is_paid_what_counts_of_its_payments_and_no_call_fails(system):
    draw = random.Random(20260301)
    stop, unexpected = asyncio.Event(), []
    follow = [Loop("follow_feed", system.actions.bill_follow.follow_feed, 0.01) for _ in range(2)]
    loops = [asyncio.create_task(loop.run(stop)) for loop in follow]

    async def happens(number: str, what: int, half: bool) -> None:
        try:
            if what == 0:
                await tell(system, a_bill(number))
            elif what == 1:
                paid = await pay(system, number, 50_00 if half else 100_00)
                if half:
                    await reconcile(system, paid.payment_id, "MATCHED")
            elif what == 2:
                await record_refund(system, (await pay(system, number)).payment_id, 40_00)
            elif what == 3:
                await get(system, number)
            else:
                cancel = bill_service_pb2.CancelBillRequest(merchant_id="wuhan-water", bill_no=number, reason="race")
                await bills(system).CancelBill(cancel)
        except AioRpcError as error:
            if from_rpc_error(error).kind not in AS_TOLD:
                unexpected.append(error)

    await asyncio.gather(*(happens(draw.choice(NUMBERS), draw.randrange(5), draw.random() < 0.5) for _ in range(CALLS)))
    for number in NUMBERS:
        await happens(number, 0, half=False)
    found = [await get(system, number) for number in NUMBERS]
    stop.set()
    await asyncio.gather(*loops)

    assert unexpected == []
    for each in found:
        counted = sum(payment.counted_amount.amount_minor for payment in each.payments)
        reconciled = [one for one in each.payments if one.standing == bill_pb2.BillPayment.STANDING_RECONCILED]
        assert each.bill.paid_amount.amount_minor == counted
        assert each.bill.reconciled_amount.amount_minor >= sum(one.counted_amount.amount_minor for one in reconciled)
    assert sum(len(each.payments) for each in found) > CALLS / 5
