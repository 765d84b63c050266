"""What every TaxSystem must make of several documents at once."""

import pytest
from opentelemetry.trace import SpanKind

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.tax import BatchItem
from tests.support.eventually import eventually
from tests.support.tax_bench import Bench
from tests.support.tax_sandbox import a_document


def a_batch() -> list[BatchItem]:
    return [BatchItem(a_document(f"NO{index}"), f"inv_{index}") for index in range(3)]


async def until_booked(bench: Bench, item: BatchItem) -> TaxAnswer:
    async def probe() -> TaxAnswer | None:
        answer = await bench.system.query_by_key(bench.route, bench.seller_tax_id, item.idempotency_key)
        return answer if answer.outcome is Outcome.OK else None

    return await eventually(probe)


@pytest.mark.parametrize("fault", ["", "close lost"])
async def test_a_batch_is_taken_as_a_whole_and_each_has_its_own_answer(bench, fault):
    if fault:
        await bench.disturb(fault)

    answers = await bench.system.submit_batch(bench.route, a_batch())
    found = [await until_booked(bench, item) for item in a_batch()]

    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED] * 3
    assert [answer.invoice_number for answer in answers] == [answer.invoice_number for answer in found]
    assert [answer.document_sha256 for answer in answers] == [answer.document_sha256 for answer in found]


async def test_one_of_a_batch_that_is_refused_leaves_the_others_alone(bench):
    await bench.disturb("one of the batch refused")

    answers = await bench.system.submit_batch(bench.route, a_batch())

    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.REJECTED_BUSINESS, Outcome.ACCEPTED]
    assert answers[1].authority_code


@pytest.mark.parametrize(("fault", "booked"), [("batch answered in part", 3), ("batch taken in part", 2)])
async def test_what_the_answer_to_a_batch_lacks_is_unknown_whether_it_was_taken_or_not(bench, fault, booked):
    await bench.disturb(fault)

    answers = await bench.system.submit_batch(bench.route, a_batch())

    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert answers[1].code_detail == "PARTIAL_BATCH"
    for item in [a_batch()[0], a_batch()[2]]:
        await until_booked(bench, item)
    assert await bench.booked_count() == booked


async def test_of_a_batch_whose_session_is_not_opened_nothing_is_received(bench):
    answers = await bench.unreachable.submit_batch(bench.route, a_batch())

    assert [answer.outcome for answer in answers] == [Outcome.NOT_RECEIVED] * 3


async def test_a_batch_with_a_credential_that_is_refused_is_refused_as_a_whole(bench):
    await bench.disturb("credential expired")

    answers = await bench.system.submit_batch(bench.route, a_batch())

    assert [answer.outcome for answer in answers] == [Outcome.AUTH] * 3


async def test_the_same_batch_again_has_the_first_numbers(bench):
    first = await bench.system.submit_batch(bench.route, a_batch())
    for item in a_batch():
        await until_booked(bench, item)

    second = await bench.system.submit_batch(bench.route, a_batch())

    assert [answer.invoice_number for answer in second] == [answer.invoice_number for answer in first]
    assert await bench.booked_count() == 3


async def test_a_batch_of_more_than_a_call_may_have_goes_in_several_calls_of_one_session(bench, spans):
    items = [BatchItem(a_document(f"NO{index}"), f"inv_{index}") for index in range(105)]

    answers = await bench.system.submit_batch(bench.route, items)

    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    assert len({answer.invoice_number for answer in answers}) == 105
    made = [span.name for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT]
    assert made.count("POST /v1/sessions") == 1
    assert made.count("POST /v1/sessions/{session_id}/invoices") == 2
