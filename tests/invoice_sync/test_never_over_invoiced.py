"""However many ask at once, the invoices of a payment never hold more than is left of it."""

import asyncio
import random

import grpc
import pytest
from bihuan.invoice_sync.v1 import invoice_service_pb2, red_letter_service_pb2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.errors import from_rpc_error
from services.invoice_sync.domain.policy import IssuePolicy
from tests.invoice_sync.builders import a_payment, a_profile
from tests.invoice_sync.bulk_files import a_row, bulk_work, csv_of, parts_of

RACERS = 200
_HELD = """
    SELECT sum(amount_minor) AS blue_minor, count(*) AS blue_count,
        (SELECT invoiced_minor FROM invoiceable WHERE payment_id = :payment_id) AS invoiced_minor
    FROM invoice WHERE payment_id = :payment_id AND kind = 'BLUE'
"""


async def test_two_hundred_racing_requests_never_over_invoice_a_payment(system, door):
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    payment = a_payment()
    await system.follow(payment)
    for no in range(4):  # files whose only row names the payment, each for another buyer
        content = csv_of([a_row(payment.payment_id, title=f"江城科技第{no}有限公司")])
        await door.bulk.UploadBulkRequest(parts_of(content))
    work = bulk_work(system)

    outcomes = await asyncio.gather(*_racers(door, work, payment), return_exceptions=True)

    async with system.sessions() as session:
        held = (await session.execute(text(_HELD), {"payment_id": payment.payment_id})).one()
    reasons = {from_rpc_error(each).reason for each in outcomes if isinstance(each, grpc.aio.AioRpcError)}
    failures = [each for each in outcomes if isinstance(each, Exception)]
    unexpected = [each for each in failures if not isinstance(each, grpc.aio.AioRpcError)]
    assert unexpected == []
    assert reasons <= {"BUSINESS_KEY_REUSED", "NOT_INVOICEABLE"}
    assert (held.blue_count, held.blue_minor, held.invoiced_minor) == (1, payment.amount.amount_minor, held.blue_minor)
    issued = {each.invoice.invoice_id for each in outcomes if hasattr(each, "invoice")}
    assert issued <= {each.invoice_id for each in await system.invoices_of(payment.payment_id)}


async def test_requests_that_race_with_a_refund_and_a_won_chargeback_stay_within_what_is_left(system, door):
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    payment = a_payment()
    await system.follow(payment)
    refunded = a_payment(payment_id=payment.payment_id, version=2, refunded_minor=5_000)
    won = a_payment(payment_id=payment.payment_id, version=3, refunded_minor=1_000)

    async def told():
        await system.follow(refunded)
        await system.follow(won)

    await asyncio.gather(told(), *_racers(door, bulk_work(system), payment, 60), return_exceptions=True)
    await asyncio.gather(*(_remainder(door, payment, no) for no in range(20)), return_exceptions=True)

    async with system.sessions() as session:
        held = (await session.execute(text(_HELD), {"payment_id": payment.payment_id})).one()
        required = await session.scalar(text("SELECT red_required_minor FROM invoiceable"))
    # What was invoiced before the refund came is more than is left now: that much a red letter has to take back.
    assert held.blue_minor == held.invoiced_minor == payment.amount.amount_minor - 1_000 + required


async def test_the_database_itself_refuses_more_than_is_left(system):
    (invoice,) = await system.issued()

    with pytest.raises(DBAPIError, match="invoiceable_never_over_check"):
        await system.execute("UPDATE invoiceable SET invoiced_minor = invoiced_minor + 1")

    assert (await system.again(invoice)).amount == invoice.amount


def _racers(door, work, payment, count: int = RACERS) -> list:
    """Requests of many kinds, in an order of their own: alike, of other buyers, for the remainder, and of files."""
    racers = [_asked(door, payment, no) for no in range(count - 24)]
    racers += [_remainder(door, payment, no) for no in range(16)] + [work.request_slice() for _ in range(8)]
    random.Random(8).shuffle(racers)
    return racers


async def _asked(door, payment, no: int):
    return await door.invoices.RequestInvoice(
        invoice_service_pb2.RequestInvoiceRequest(
            request_id=f"request-{no % 150:04}",  # some of them twice
            payment_id=payment.payment_id,
            buyer_title=f"江城科技第{no % 7}有限公司",
        )
    )


async def _remainder(door, payment, no: int):
    return await door.reds.InvoiceRemainder(
        red_letter_service_pb2.InvoiceRemainderRequest(
            request_id=f"remainder-{no:04}", payment_id=payment.payment_id, buyer_title="个人"
        )
    )
