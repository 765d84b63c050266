"""What every TaxSystem must say of one invoice in the main book, each answer produced for real."""

import hashlib

import pytest

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from tests.support.eventually import eventually
from tests.support.tax_bench import KEY, NO_NUMBER, asked, submitted, until


async def test_what_the_authority_never_had_is_not_found(bench):
    by_key = await asked(bench)
    by_number = await bench.system.query_by_number(bench.route, NO_NUMBER)

    assert (by_key.outcome, by_number.outcome) == (Outcome.NOT_FOUND, Outcome.NOT_FOUND)


@pytest.mark.parametrize("fault", ["credential expired", "key rotated"])
async def test_a_question_with_a_credential_that_is_refused_finds_no_absence(bench, fault):
    await bench.disturb(fault)

    assert (await asked(bench)).outcome is Outcome.AUTH


@pytest.mark.parametrize("fault", ["query fails", "query late"])
async def test_a_query_that_fails_is_unknown_and_never_an_absence(bench, fault):
    said = await submitted(bench)
    await until(bench, Outcome.OK)
    await bench.disturb(fault)

    by_key, by_number = await asked(bench), await bench.system.query_by_number(bench.route, said.invoice_number)

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


async def test_what_is_taken_and_not_yet_booked_is_not_yet(bench):
    await bench.disturb("stuck")

    said = await submitted(bench)
    by_key, by_number = await asked(bench), await bench.system.query_by_number(bench.route, said.invoice_number)

    assert said.outcome is Outcome.ACCEPTED
    assert (by_key.outcome, by_number.outcome) == (Outcome.NOT_YET, Outcome.NOT_YET)
    assert await bench.booked_count() == 0


async def test_what_was_acknowledged_and_never_booked_is_not_found_and_booked_when_sent_again(bench):
    await bench.disturb("never booked")
    said = await submitted(bench)
    await until(bench, Outcome.NOT_FOUND)
    by_number = await bench.system.query_by_number(bench.route, said.invoice_number)
    await bench.heal()

    again = await submitted(bench)
    found = await until(bench, Outcome.OK)

    assert said.outcome is Outcome.ACCEPTED
    assert by_number.outcome is Outcome.NOT_FOUND
    assert again.outcome is Outcome.DUPLICATE
    assert said.invoice_number == again.invoice_number == found.invoice_number
    assert await bench.booked_count() == 1


async def test_a_false_negative_ends_and_books_once(bench):
    await bench.disturb("denied for a while")
    await submitted(bench)

    denied = await asked(bench)
    await bench.move_clock(601)
    found = await until(bench, Outcome.OK)

    assert denied.outcome is Outcome.NOT_FOUND
    assert found.document_sha256 == hashlib.sha256(bench.document).hexdigest()
    assert await bench.booked_count() == 1


async def test_what_was_booked_with_other_content_shows_by_its_sha256(bench):
    await bench.disturb("booked with other content")
    await submitted(bench)

    found = await until(bench, Outcome.OK)

    assert found.document_sha256 != hashlib.sha256(bench.document).hexdigest()


async def test_what_was_booked_under_another_number_is_found_by_key_alone(bench):
    await bench.disturb("booked under other number")
    said = await submitted(bench)

    found = await until(bench, Outcome.OK)

    assert found.invoice_number != said.invoice_number
    assert (await bench.system.query_by_number(bench.route, said.invoice_number)).outcome is Outcome.NOT_FOUND
    assert (await bench.system.query_by_number(bench.route, found.invoice_number)).outcome is Outcome.OK


async def test_what_was_voided_after_its_booking_says_so(bench):
    await bench.disturb("voided")
    said = await submitted(bench)

    found = await until(bench, Outcome.VOIDED)

    assert (found.invoice_number, found.red_number) == (said.invoice_number, "")
    assert (await bench.system.query_by_number(bench.route, said.invoice_number)).outcome is Outcome.VOIDED


async def test_what_a_red_letter_took_back_names_the_red_letter(bench):
    said = await submitted(bench)
    await until(bench, Outcome.OK)

    await bench.red_flush(said.invoice_number, NO_NUMBER)

    assert (await asked(bench)).outcome is Outcome.VOIDED
    assert (await asked(bench)).red_number == NO_NUMBER


async def test_a_seal_that_failed_is_told_and_is_there_when_it_is_asked_for_again(bench):
    await bench.disturb("seal fails once")
    said = await submitted(bench)
    await until(bench, Outcome.SEAL_FAILED)

    sealed = await bench.system.seal(bench.route, said.invoice_number)
    found = await until(bench, Outcome.OK)

    assert sealed.outcome in (Outcome.OK, Outcome.NOT_YET)
    assert found.invoice_number == said.invoice_number


async def test_a_seal_that_fails_again_and_again_is_told_until_no_more_are_given_today(bench):
    await bench.disturb("seal fails")
    said = await submitted(bench)
    await until(bench, Outcome.SEAL_FAILED)

    answers = [await bench.system.seal(bench.route, said.invoice_number) for _ in range(21)]

    assert [answer.outcome for answer in answers] == [Outcome.SEAL_FAILED] * 20 + [Outcome.THROTTLED]


async def test_what_is_booked_in_another_place_is_found_there_and_not_here(bench):
    await bench.disturb("booked elsewhere")
    await submitted(bench)
    await until(bench, Outcome.NOT_FOUND)

    async def found() -> list[TaxAnswer] | None:
        places = bench.system.elsewhere(bench.route)
        answers = [await bench.system.query_by_key(place, bench.seller_tax_id, KEY) for place in places]
        booked = [answer for answer in answers if answer.outcome is Outcome.OK]
        return booked or None

    (there,) = await eventually(found)

    assert bench.route not in bench.system.elsewhere(bench.route)
    assert there.place != "production/42"
    assert there.document_sha256 == hashlib.sha256(bench.document).hexdigest()


async def test_what_is_older_than_may_be_asked_for_is_no_absence(bench):
    said = await submitted(bench)
    await until(bench, Outcome.OK)

    await bench.move_clock(400 * 86_400)
    by_key, by_number = await asked(bench), await bench.system.query_by_number(bench.route, said.invoice_number)

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert by_key.authority_code == by_number.authority_code == "E4044"


async def test_a_duplicate_that_is_a_lie_is_found_out_by_asking(bench):
    await bench.disturb("duplicate that is none")

    said = await submitted(bench)

    assert said.outcome is Outcome.DUPLICATE
    assert (await asked(bench)).outcome is Outcome.NOT_FOUND
