"""DiagnoseInvoice by whatever name somebody has: a mistyped one with the right one, a foreign one as foreign."""

import grpc
import pytest

from chassis.errors import from_rpc_error
from chassis.money import Money
from services.invoice_sync.domain.invoice import Invoice
from tests.invoice_sync.builders import a_payment, a_profile
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


async def renumber(system, invoice: Invoice, number: str) -> None:
    """Give it another number, as if the authority had."""
    for table in ("outbox", "settled"):
        changed = f"UPDATE {table} SET invoice_number = :number WHERE invoice_id = :id"
        await system.execute(changed, number=number, id=invoice.invoice_id)


async def several_near(system, count: int = 5) -> tuple[list[Invoice], str]:
    """Booked invoices whose numbers differ in their last digit alone, and a number that is one slip from each.

    The last of them has an amount of its own.
    """
    await system.issue.set_merchant_profile(a_profile())
    payments = [a_payment(amount=Money("CNY", 12_345 if each + 1 < count else 678)) for each in range(count)]
    await system.follow(*payments)
    invoices = [await system.of_payment(each.payment_id) for each in payments]
    await system.upload.upload_due()
    for no, invoice in enumerate(invoices, start=1):
        await system.until_booked(invoice)
        await renumber(system, invoice, f"2642765432109876540{no}")
    return [await system.again(each) for each in invoices], "26427654321098765409"


async def test_a_number_with_several_of_ours_one_slip_away_is_e1_and_names_three_and_how_many(system, door):
    invoices, asked = await several_near(system)
    numbers = [each.standing.invoice_number for each in invoices]

    found = await door.why(asked)

    assert (found.cause, found.confidence, found.action) == ("E1", found.CONFIDENCE_LIKELY, found.ACTION_ASK_AGAIN)
    assert found.suggestion == ",".join(numbers[:3])
    assert found.remedy_call == f"GET /v1/diagnoses/{numbers[0]}"
    assert (found.invoice_id, found.payment_id) == ("", "")
    (row,) = [each for each in found.evidence if each.source == "question"]
    assert "one slip away: 5" in row.fact
    assert "5 个" in row.fact_zh
    assert not [number for number in numbers if number in found.text_customer + found.text_customer_en]


async def test_what_was_said_of_the_invoice_leaves_the_one_that_is_meant(system, door):
    invoices, asked = await several_near(system)
    meant = invoices[-1]

    found = await door.why(asked, amount_minor=678, issue_date=meant.issue_date.isoformat())

    assert (found.cause, found.confidence) == ("E1", found.CONFIDENCE_LIKELY)
    assert (found.suggestion, found.invoice_id) == (meant.standing.invoice_number, meant.invoice_id)
    assert any("one slip away: 5, of which fit what was said: 1" in row.fact for row in found.evidence)


async def test_what_was_said_narrows_what_is_suggested_and_never_to_nothing(system, door):
    invoices, asked = await several_near(system, count=3)
    numbers = [each.standing.invoice_number for each in invoices]

    two_fit = await door.why(asked, amount_minor=12_345)
    none_fits = await door.why(asked, amount_minor=1)
    one_fits_in_part = await door.why(asked, amount_minor=678, buyer_tax_id="91420100MA4KABC999")

    assert two_fit.suggestion.split(",") == numbers[:2]
    assert none_fits.suggestion.split(",") == numbers
    assert one_fits_in_part.suggestion.split(",") == [numbers[2], *numbers[:2]]
    assert {each.cause for each in (two_fit, none_fits, one_fits_in_part)} == {"E1"}
    assert any("fit what was said: 0" in row.fact for row in none_fits.evidence)


@pytest.mark.parametrize("near_count", [1, 5])
@pytest.mark.parametrize("claim", [{}, {"amount_minor": 678}])
async def test_another_sellers_number_is_not_ours_however_many_of_ours_are_near(system, door, claim, near_count):
    invoices, _ = await several_near(system, count=near_count)
    sent = await submit_to(system.steering, a_document(seller=OTHER_SELLER), key="theirs")
    asked = sent.json()["number"]
    for no, invoice in enumerate(invoices, start=1):
        await renumber(system, invoice, asked[:-1] + str((int(asked[-1]) + no) % 10))
    params = {"seller_tax_id": OTHER_SELLER["tax_id"], "key": "theirs"}
    assert (await system.steering.http.get("/production/42/v1/invoices", params=params)).status_code == 200

    found = await door.why(asked, **claim)

    assert (found.cause, found.confidence, found.suggestion) == ("E5", found.CONFIDENCE_PROVED, "")
    assert any(f"one slip away: {near_count}" in row.fact for row in found.evidence)


async def test_a_number_with_a_digit_missing_and_several_near_is_e1_and_nobody_is_asked(system, door):
    await several_near(system)

    found = await door.why("2642765432109876540")

    assert (found.cause, len(found.suggestion.split(","))) == ("E1", 3)
    assert await system.probes("NUMBER") == []
