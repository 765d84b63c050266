"""The forms that stand before red letters, of every TaxSystem: applied for once, moved, listed, and never guessed."""

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.red_form import FormMove, FormState, RedApplication, Side
from tests.support.tax_bench import submitted, until

REASON = "销货退回 red_1"


async def a_booked_number(bench) -> str:
    await submitted(bench)
    return (await until(bench, Outcome.OK)).invoice_number


async def applied(bench, number: str, by: Side = Side.BUYER, amount_minor: int = -1):
    return await bench.system.apply_red_form(bench.route, RedApplication(number, amount_minor, REASON, by))


async def test_a_form_is_applied_for_found_by_its_invoice_and_by_its_seller_and_confirmed(bench):
    number = await a_booked_number(bench)

    made = await applied(bench, number)
    of_invoice = await bench.system.red_forms(bench.route, blue_number=number)
    of_seller = await bench.system.red_forms(bench.route, seller_tax_id=bench.seller_tax_id)
    moved = await bench.system.move_red_form(bench.route, made.form.form_id, FormMove.CONFIRM, Side.SELLER)
    looked = await bench.system.red_form(bench.route, made.form.form_id)

    assert (made.answer.outcome, made.form.state) == (Outcome.ACCEPTED, FormState.AWAITING_SELLER)
    assert (made.form.reason, made.form.amount_minor, made.form.blue_number) == (REASON, -1, number)
    assert list(of_invoice.forms) == list(of_seller.forms) == [made.form]
    assert (moved.answer.outcome, moved.form.state) == (Outcome.ACCEPTED, FormState.CONFIRMED)
    assert (looked.answer.outcome, looked.form) == (Outcome.OK, moved.form)


async def test_a_second_form_of_an_invoice_is_a_duplicate_and_too_much_is_refused(bench):
    number = await a_booked_number(bench)
    too_much = await applied(bench, number, amount_minor=-10_000_000)
    await applied(bench, number)

    second = await applied(bench, number)

    assert (too_much.answer.outcome, too_much.answer.authority_code) == (Outcome.REJECTED_BUSINESS, "E9406")
    assert (second.answer.outcome, second.form) == (Outcome.DUPLICATE, None)


async def test_a_lost_answer_is_unknown_and_the_form_is_found_by_its_reason(bench):
    number = await a_booked_number(bench)

    await bench.disturb("answer lost")
    lost = await applied(bench, number)
    await bench.heal()
    found = await bench.system.red_forms(bench.route, blue_number=number)

    assert (lost.answer.outcome, lost.form) == (Outcome.UNKNOWN, None)
    assert [form.reason for form in found.forms] == [REASON]


async def test_an_application_that_cannot_have_left_was_not_received(bench):
    made = await bench.unreachable.apply_red_form(bench.route, RedApplication("0" * 20, -1, REASON))

    assert made.answer.outcome is Outcome.NOT_RECEIVED


async def test_an_answer_that_makes_no_sense_is_unknown(bench):
    number = await a_booked_number(bench)
    made = await applied(bench, number)

    await bench.disturb("answer garbled")
    garbled = await bench.system.move_red_form(bench.route, made.form.form_id, FormMove.REFUSE, Side.SELLER)
    await bench.heal()

    assert (garbled.answer.outcome, garbled.form) == (Outcome.UNKNOWN, None)
