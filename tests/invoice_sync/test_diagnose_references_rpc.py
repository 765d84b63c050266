"""DiagnoseInvoice by whatever name somebody has: a mistyped one with the right one, a foreign one as foreign."""

import grpc
import pytest

from chassis.errors import from_rpc_error
from tests.invoice_sync.builders import a_payment
from tests.support.tax_sandbox import a_document, submit_to

OTHER_SELLER = {"name": "某某商贸有限公司", "tax_id": "91420100MA4KABC999"}


def one_wrong_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def a_letter_for_a_digit(number: str) -> str:
    return number.replace("0", "O", 1)


def two_swapped(number: str) -> str:
    at = next(at for at in range(len(number) - 1, 0, -1) if number[at] != number[at - 1])
    return number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :]


def one_missing(number: str) -> str:
    return number[:10] + number[11:]


@pytest.mark.parametrize("mistype", [one_wrong_digit, a_letter_for_a_digit, two_swapped, one_missing])
async def test_a_mistyped_number_is_told_with_the_right_one(system, door, mistype):
    number = (await system.booked()).standing.invoice_number

    found = await door.why(mistype(number))

    assert (found.cause, found.suggestion, found.invoice_number) == ("E1", number, number)


async def test_a_mistyped_payment_id_finds_an_invoice_that_is_not_in_the_system_yet(system, door):
    await system.follow(a_payment(payment_id="pay_0192aabb"))
    (invoice,) = await system.issued()

    found = await door.why(invoice.invoice_id.upper().replace("_", "-"))
    of_payment = await door.why("PAY-0192aabb")

    assert (found.cause, found.suggestion, found.invoice_id) == ("A3", invoice.invoice_id, invoice.invoice_id)
    assert (of_payment.cause, of_payment.suggestion) == ("A1", "pay_0192aabb")


async def test_what_could_be_two_of_ours_is_not_guessed(system, door):
    await system.follow(a_payment(merchant_order_no="77001"), a_payment(merchant_order_no="77002"))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.why("77003")

    fault = from_rpc_error(refused.value)
    assert fault.reason == "NOT_FOUND"
    assert "77003" in fault.message
    assert "77003" in fault.message_zh


async def test_another_sellers_number_is_told_so_by_the_authority_itself(system, door):
    await system.issued()
    sent = await submit_to(system.steering, a_document(seller=OTHER_SELLER), key="theirs")
    number = sent.json()["number"]
    params = {"seller_tax_id": OTHER_SELLER["tax_id"], "key": "theirs"}
    assert (await system.steering.http.get("/production/42/v1/invoices", params=params)).status_code == 200

    found = await door.why(number)

    (probe,) = await system.probes("NUMBER")
    assert (found.cause, found.confidence) == ("E5", found.CONFIDENCE_PROVED)
    assert probe.reference == number
    (row,) = [each for each in found.evidence if each.row_id == probe.probe_id]
    assert "9142**********C999" in row.fact
    assert OTHER_SELLER["tax_id"] not in str(found)


async def test_a_number_that_nobody_knows_is_not_ours_and_proved_by_the_question(system, door):
    found = await door.why("26429999999999999999")

    assert (found.cause, found.confidence) == ("E5", found.CONFIDENCE_PROVED)
    assert [each.outcome for each in await system.probes("NUMBER")] == ["NOT_FOUND"]


async def test_an_authority_that_does_not_answer_leaves_it_likely(system, door):
    await system.steering.plan("QUERY_5XX")

    found = await door.why("26429999999999999999")

    assert (found.cause, found.confidence) == ("E5", found.CONFIDENCE_LIKELY)


async def test_a_number_of_another_length_is_no_number_and_nobody_is_asked(system, door):
    found = await door.why("2642999999999999999")

    assert (found.cause, found.confidence) == ("E5", found.CONFIDENCE_LIKELY)
    assert await system.probes("NUMBER") == []


async def test_a_tax_number_is_no_reference_and_the_fault_says_where_to_ask(door):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.why("91420100MA4KABC999")

    assert "ask for the buyer" in from_rpc_error(refused.value).message


async def test_a_booked_invoice_that_was_asked_for_with_another_amount_or_buyer_is_told_what_differs(system, door):
    invoice = await system.booked()

    by_amount = await door.why(invoice.invoice_id, amount_minor=1)
    by_buyer = await door.why(invoice.invoice_id, buyer_tax_id="91420100MA4KABC999")

    assert (by_amount.cause, by_buyer.cause) == ("E1", "D7")
    assert any("right is amount in minor units 12345" in row.fact for row in by_amount.evidence)
