"""Plants of B2, D1 to D7, E1 to E5, G2 and IN_SYSTEM: what the main book holds or lacks, and how it was asked for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from accuracy.diagnosis.stage import BEIJING, HUBEI, Script, Stage
from chassis.ids import new_id
from services.invoice_sync.domain.diagnosis import Claim
from services.invoice_sync.domain.invoice import Invoice, Party
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.domain.standing import SyncState

_DAY = 86_400


async def all_went_well(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def all_went_well_and_it_is_asked_for_rightly(stage: Stage) -> None:
    invoice = await _booked_for_a_company(stage)
    claim = Claim(
        invoice.standing.invoice_number, invoice.issue_date, invoice.amount.amount_minor, invoice.buyer.tax_id
    )
    await stage.expect("IN_SYSTEM", invoice, claim, lasting=True)


async def its_answer_was_lost(stage: Stage) -> None:
    code = stage.rng.choice(["500", "502", "503", "504"])
    ways: list[tuple[str, dict[str, Any]]] = [
        ("DROP_AFTER_COMMIT", {}),
        ("DROP_BEFORE_COMMIT", {}),
        ("HTTP_5XX_AFTER_COMMIT", {"code": code}),
        ("HTTP_5XX_BEFORE_COMMIT", {"code": code}),
        ("GARBLED_ANSWER", {}),
    ]
    fault, how = stage.rng.choice(ways)
    invoice = await stage.sent(fault, times=1, **how)
    await stage.expect("B2", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_answer_was_lost_and_the_authority_has_nothing(stage: Stage) -> None:
    invoice = await stage.sent(stage.rng.choice(["DROP_BEFORE_COMMIT", "HTTP_5XX_BEFORE_COMMIT"]), times=1)
    await stage.wait(60, 1_100)
    await stage.expect("B2", invoice)
    await stage.until_sent(invoice, 2)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_answer_came_too_late(stage: Stage) -> None:
    invoice = await stage.sent("SLOW_ANSWER", seconds=8, times=1)
    await stage.expect("B2", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice)


async def the_book_lags(stage: Stage) -> None:
    invoice = await stage.sent("DELAY_BOOKING", seconds=stage.rng.randrange(150, 280))
    await stage.wait(1, 100)
    await stage.expect("D1", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def the_book_hides_it_for_less_than_the_window(stage: Stage) -> None:
    invoice = await stage.sent("QUERY_FALSE_NEGATIVE", seconds=stage.rng.randrange(200, 450))
    await stage.wait(1, 150)
    await stage.expect("D1", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def it_was_acknowledged_and_never_booked(stage: Stage) -> None:
    invoice = await stage.sent("ACK_WITHOUT_BOOKING", region=BEIJING, times=1)
    await stage.wait(30, 300)
    await stage.expect("D1", invoice)
    invoice = await stage.until_in(invoice, SyncState.MISSING)
    await stage.expect("D2", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def it_is_swallowed_each_time(stage: Stage) -> None:
    invoice = await stage.sent("ACK_WITHOUT_BOOKING")
    invoice = await stage.until(invoice, lambda standing: standing.parked)
    await stage.expect("D2", invoice, lasting=True)


async def it_is_said_to_be_a_duplicate_and_nothing_is_there(stage: Stage) -> None:
    await stage.sent(region=BEIJING)
    invoice = await stage.sent("DUPLICATE", region=BEIJING, times=1)
    invoice = await stage.until_in(invoice, SyncState.MISSING)
    await stage.expect("D2", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def it_was_booked_in_another_place(stage: Stage) -> None:
    code = stage.rng.choice(["", "test/42", "test/11"])
    how: dict[str, Any] = {"code": code} if code else {}
    invoice = await stage.sent("BOOKED_ELSEWHERE", **how)
    invoice = await stage.until_in(invoice, SyncState.MISMATCH)
    await stage.expect("D3", invoice, lasting=True)


async def somebody_used_its_number(stage: Stage) -> None:
    shop = await stage.shop(own=True)
    await stage.system.numbers.top_up()
    payment = stage.payment(shop)
    await stage.hear(payment, numbered=True)
    invoice = await stage.of_payment(payment)
    taken = stage.foreign_document(shop.seller, schema=2, number=invoice.standing.invoice_number)
    await stage.system.steering.submit(shop.place, f"portal-{new_id('key')}", taken)
    invoice = await stage.until_sent(invoice)
    await stage.expect("D4", invoice, lasting=True)


async def the_book_has_it_under_another_number(stage: Stage) -> None:
    invoice = await stage.sent("BOOKED_UNDER_OTHER_NUMBER")
    invoice = await stage.until_in(invoice, SyncState.MISMATCH)
    await stage.expect("D4", invoice, lasting=True)


async def the_book_has_another_amount(stage: Stage) -> None:
    invoice = await stage.sent("BOOKED_WITH_ALTERED_AMOUNT")
    invoice = await stage.until_in(invoice, SyncState.MISMATCH)
    await stage.expect("D5", invoice, lasting=True)


async def other_content_was_sent_under_its_key(stage: Stage) -> None:
    shop = await stage.shop()
    invoice = await stage.issue(shop)
    other = stage.foreign_document(shop.seller, order_no=invoice.merchant_order_no)
    await stage.system.steering.submit(shop.place, invoice.idempotency_key, other)
    invoice = await stage.until_in(await stage.until_sent(invoice), SyncState.MISMATCH)
    await stage.expect("D5", invoice, lasting=True)


async def it_was_voided_before_it_was_read_back(stage: Stage) -> None:
    invoice = await stage.sent("VOIDED_AT_PORTAL")
    invoice = await stage.until_in(invoice, SyncState.VOIDED)
    await stage.expect("D6", invoice, lasting=True)


async def it_was_taken_back_after_it_was_read_back(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    await stage.expect("IN_SYSTEM", invoice)
    how = stage.rng.choice(["void", "red-flush"])
    await stage.system.steering.post(f"/steering/invoices/{invoice.standing.invoice_number}/{how}")
    # It is read back once more in the morning after.
    await stage.wait(36 * 3_600)
    invoice = await stage.until_in(invoice, SyncState.VOIDED)
    await stage.expect("D6", invoice, lasting=True)


async def another_buyer_looks_for_it(stage: Stage) -> None:
    invoice = await _booked_for_a_company(stage)
    await stage.expect("D7", invoice, Claim(buyer_tax_id="91420100MA4K77777X"), lasting=True)
    await stage.expect("IN_SYSTEM", invoice, Claim(buyer_tax_id=invoice.buyer.tax_id))


async def a_company_looks_for_what_was_issued_to_a_person(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    await stage.expect("D7", invoice, Claim(buyer_tax_id="91420100MA4K77777X"), lasting=True)


async def it_is_asked_for_with_wrong_data(stage: Stage) -> None:
    invoice = await _booked_for_a_company(stage)
    wrong = stage.rng.choice(
        [
            Claim(amount_minor=invoice.amount.amount_minor + stage.rng.choice([-1, 1, 13_00])),
            Claim(issue_date=invoice.issue_date - timedelta(days=stage.rng.choice([1, 30, 365]))),
            Claim(invoice_number=_mistyped(stage, invoice.standing.invoice_number)),
        ]
    )
    claim = replace(wrong, buyer_tax_id=stage.rng.choice(["", invoice.buyer.tax_id]))
    await stage.expect("E1", invoice, claim, lasting=True)


async def its_number_is_mistyped(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    await stage.expect("E1", _mistyped(stage, invoice.standing.invoice_number), lasting=True)


async def its_id_is_mistyped(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    named = stage.rng.choice([invoice.invoice_id, invoice.payment_id])
    written = stage.rng.choice([named.upper(), f" {named}", named.replace("_", "-"), named[:-2] + named[-1]])
    await stage.expect("E1", written, lasting=True)


async def what_waits_is_mistyped(stage: Stage) -> None:
    """A mistyped reference does not hide why the invoice is not there."""
    invoice = await stage.sent("REJECT_BUSINESS")
    await stage.expect("C2", invoice.invoice_id.upper())


async def it_is_older_than_what_can_be_asked_for(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    await stage.expect("IN_SYSTEM", invoice)
    await stage.wait(372 * _DAY, 390 * _DAY)
    await stage.expect("E2", invoice, lasting=True)


async def the_query_service_fails(stage: Stage) -> None:
    invoice = await stage.sent("QUERY_5XX")
    await stage.wait(150, 3_600)
    await stage.expect("E3", invoice)


async def the_query_service_fails_after_a_lost_answer(stage: Stage) -> None:
    shop = await stage.shop()
    payment = stage.payment(shop)
    await stage.plan("DROP_AFTER_COMMIT", payment, times=1)
    await stage.plan("QUERY_5XX", payment)
    invoice = await stage.until_sent(await stage.issue(shop, payment))
    await stage.wait(60, 200)
    await stage.expect("B2", invoice)
    await stage.wait(500, 3_000)
    await stage.expect("E3", invoice)


async def it_was_booked_later_than_the_window(stage: Stage) -> None:
    # Past the first round of the proof, and not past the second.
    invoice = await stage.sent("ACK_WITHOUT_BOOKING", seconds=stage.rng.randrange(900, 1_150))
    await stage.until_in(invoice, SyncState.MISSING)
    await stage.until_booked(invoice)
    await stage.expect("E4", invoice, lasting=True)


async def it_was_booked_after_it_was_sent_again(stage: Stage) -> None:
    # Sent again after two rounds; booked after a third round was counted, and before a fourth has it sent once more.
    invoice = await stage.sent("ACK_WITHOUT_BOOKING", seconds=stage.rng.randrange(2_250, 2_400))
    await stage.until_sent(invoice, 2)
    await stage.until_booked(invoice)
    await stage.expect("E4", invoice, lasting=True)


async def nobody_ever_issued_the_number(stage: Stage) -> None:
    number = f"{stage.today():%y}{stage.rng.choice((HUBEI, BEIJING))}{stage.rng.randrange(9 * 10**15, 10**16)}"
    await stage.expect("E5", number, lasting=True)


async def it_is_the_invoice_of_a_stranger(stage: Stage) -> None:
    region = stage.rng.choice((HUBEI, BEIJING))
    stranger = Party(
        "陌生人有限公司", f"91{'420100' if region == HUBEI else '110105'}MB{stage.rng.randrange(10**7):07}X"
    )
    place = f"production/{region}"
    await stage.system.steering.post(f"/{place}/v1/registrations", tax_id=stranger.tax_id, name=stranger.name)
    number = await stage.system.steering.submit(place, new_id("str"), stage.foreign_document(stranger))
    await stage.wait(30, 120)
    await stage.expect("E5", number, lasting=True)


async def its_seller_issued_it_past_us(stage: Stage) -> None:
    shop = await stage.shop()
    number = await stage.system.steering.submit(shop.place, new_id("por"), stage.foreign_document(shop.seller))
    await stage.wait(30, 120)
    await stage.expect("E5", number)


async def the_disk_spoilt_its_document(stage: Stage) -> None:
    invoice = await stage.until_booked(await stage.issue(await stage.shop()))
    await stage.expect("IN_SYSTEM", invoice)
    await stage.system.rot(invoice.document_sha256, stage.rng.randbytes(stage.rng.randrange(0, 400)))
    await stage.expect("G2", invoice, lasting=True)


async def its_worker_was_killed(stage: Stage) -> None:
    """Played without uploaders: what takes the work here is killed before the first byte."""
    invoice = await stage.issue(await stage.shop())
    await stage.wait(1)
    await stage.system.doomed.claim_due(500)
    await stage.system.lease_over()
    await stage.expect("B2", invoice)
    await stage.wait(400, 500)
    await stage.expect("B2", invoice)
    stage.uploaders = [stage.system.upload]
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def _booked_for_a_company(stage: Stage) -> Invoice:
    shop = await stage.shop(policy=IssuePolicy.ON_REQUEST)
    payment = stage.payment(shop)
    await stage.hear(payment)
    buyer = Party("某某实业有限公司", f"91420100MA4K{stage.rng.randrange(10**5):05}X")
    await stage.system.issue.request_invoice(new_id("req"), payment.payment_id, buyer)
    return await stage.until_booked(await stage.of_payment(payment))


def _mistyped(stage: Stage, number: str) -> str:
    """With one slip before the digits in which numbers of one day differ, so that one of ours alone can be meant."""
    at = stage.rng.randrange(4, 12)
    match stage.rng.randrange(4):
        case 0:
            return number[:at] + str((int(number[at]) + stage.rng.randrange(1, 10)) % 10) + number[at + 1 :]
        case 1:
            return number.replace("0", "O", 1).replace("1", "l", 1) if "0" in number else number.replace("1", "l", 1)
        case 2:
            return f"{number[:8]} {number[8:14]}-{number[14:]}"
        case _:
            return number[:at] + number[at + 1 :]


MIXED: tuple[Script, ...] = (
    all_went_well,
    all_went_well_and_it_is_asked_for_rightly,
    its_answer_was_lost,
    its_answer_was_lost_and_the_authority_has_nothing,
    its_answer_came_too_late,
    the_book_lags,
    the_book_hides_it_for_less_than_the_window,
    it_was_acknowledged_and_never_booked,
    it_is_swallowed_each_time,
    it_is_said_to_be_a_duplicate_and_nothing_is_there,
    it_was_booked_in_another_place,
    somebody_used_its_number,
    the_book_has_it_under_another_number,
    the_book_has_another_amount,
    other_content_was_sent_under_its_key,
    it_was_voided_before_it_was_read_back,
    it_was_taken_back_after_it_was_read_back,
    another_buyer_looks_for_it,
    a_company_looks_for_what_was_issued_to_a_person,
    it_is_asked_for_with_wrong_data,
    its_number_is_mistyped,
    its_id_is_mistyped,
    what_waits_is_mistyped,
    the_query_service_fails,
    the_query_service_fails_after_a_lost_answer,
    it_was_booked_later_than_the_window,
    it_was_booked_after_it_was_sent_again,
    nobody_ever_issued_the_number,
    it_is_the_invoice_of_a_stranger,
    its_seller_issued_it_past_us,
    the_disk_spoilt_its_document,
)
LONG_AGO: tuple[Script, ...] = (it_is_older_than_what_can_be_asked_for,)
KILLED: tuple[Script, ...] = (its_worker_was_killed,)
