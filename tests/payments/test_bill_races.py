"""Bills while everything happens at once: told, paid, refunded, confirmed, cancelled and read, beside the loops."""

import asyncio
import random

from bihuan.payments.v1 import bill_pb2, bill_service_pb2
from grpc.aio import AioRpcError

from chassis.errors import Kind, from_rpc_error
from chassis.loop import Loop
from tests.payments.bill_builders import a_bill, bills, get, pay, reconcile, record_refund, tell

NUMBERS = [f"RACE-{number}" for number in range(8)]
WHAT = ("tell", "pay", "confirm", "refund", "read", "cancel")
CALLS = 96
# A bill that is not told yet, and one that is paid already.
AS_TOLD = (Kind.NOT_FOUND, Kind.PRECONDITION)


async def test_whatever_happens_at_once_a_bill_is_paid_what_counts_of_its_payments_and_no_call_fails(system):
    draw, stop = random.Random(20260301), asyncio.Event()
    follow = [Loop("follow_feed", system.actions.bill_follow.follow_feed, 0.01) for _ in range(2)]
    loops = [asyncio.create_task(loop.run(stop)) for loop in follow]

    faults = await asyncio.gather(*(happens(system, draw.choice(NUMBERS), draw.choice(WHAT)) for _ in range(CALLS)))
    await asyncio.gather(*(happens(system, number, "tell") for number in NUMBERS))
    found = [await get(system, number) for number in NUMBERS]
    stop.set()
    await asyncio.gather(*loops)

    assert [fault for fault in faults if fault] == []
    for each in found:
        confirmed = bill_pb2.BillPayment.STANDING_RECONCILED
        reconciled = [one.counted_amount.amount_minor for one in each.payments if one.standing == confirmed]
        assert each.bill.paid_amount.amount_minor == sum(one.counted_amount.amount_minor for one in each.payments)
        assert each.bill.reconciled_amount.amount_minor >= sum(reconciled)
    assert sum(len(each.payments) for each in found) > CALLS / 4


async def happens(system, number: str, what: str) -> str:
    """Do it, and tell the fault that should not be; empty when there is none."""
    try:
        match what:
            case "tell":
                await tell(system, a_bill(number))
            case "pay":
                await pay(system, number, 50_00)
            case "confirm":
                await reconcile(system, (await pay(system, number)).payment_id, "MATCHED")
            case "refund":
                await record_refund(system, (await pay(system, number)).payment_id, 40_00)
            case "read":
                await get(system, number)
            case "cancel":
                cancel = bill_service_pb2.CancelBillRequest(merchant_id="wuhan-water", bill_no=number, reason="race")
                await bills(system).CancelBill(cancel)
    except AioRpcError as error:
        return "" if from_rpc_error(error).kind in AS_TOLD else f"{what}: {error}"
    return ""
