"""What every TaxSystem must make of a submit, each outcome produced for real over a socket."""

import hashlib
from datetime import UTC, datetime

import pytest
from opentelemetry.trace import SpanKind

from services.invoice_sync.domain.attempt import Outcome
from tests.support.eventually import eventually
from tests.support.tax_bench import KEY, asked, submitted, until


async def test_what_is_accepted_is_then_found_in_the_main_book_by_key_and_by_number(bench):
    said = await submitted(bench)
    by_key = await until(bench, Outcome.OK)
    by_number = await bench.system.query_by_number(bench.route, said.invoice_number)

    assert said.outcome is Outcome.ACCEPTED
    assert said.http_status == 200
    assert said.ack_time is not None
    assert said.response_sha256
    assert by_number.outcome is Outcome.OK
    assert by_key.invoice_number == by_number.invoice_number == said.invoice_number
    assert by_key.document_sha256 == by_number.document_sha256 == hashlib.sha256(bench.document).hexdigest()
    assert by_key.book_time is not None
    assert by_key.book_time >= said.ack_time


async def test_the_same_bytes_again_are_a_duplicate_with_the_first_number(bench):
    first = await submitted(bench)

    second = await submitted(bench)

    assert second.outcome is Outcome.DUPLICATE
    assert second.invoice_number == first.invoice_number


async def test_other_bytes_under_the_key_are_a_mismatch(bench):
    await submitted(bench)

    answer = await bench.system.submit(bench.route, bench.other_document, KEY)

    assert answer.outcome is Outcome.MISMATCH
    assert answer.http_status == 409


async def test_a_refusal_bears_the_authoritys_code_and_books_nothing(bench):
    await bench.disturb("refused")

    answer = await submitted(bench)

    assert (answer.outcome, answer.authority_code) == (Outcome.REJECTED_BUSINESS, "E9301")
    assert (await asked(bench)).outcome is Outcome.NOT_FOUND


async def test_a_throttled_submit_says_how_long_to_wait_and_was_not_taken(bench):
    await bench.disturb("throttled")

    first, second = await submitted(bench), await submitted(bench)

    assert (first.outcome, second.outcome) == (Outcome.THROTTLED, Outcome.THROTTLED)
    assert 7 <= first.retry_after_seconds < second.retry_after_seconds
    assert (await asked(bench)).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("fault", ["answer lost", "answer late", "answer garbled", "error after commit"])
async def test_an_answer_that_does_not_arrive_whole_is_unknown_although_the_document_was_taken(bench, fault):
    await bench.disturb(fault)

    said = await submitted(bench)
    found = await until(bench, Outcome.OK)

    assert said.outcome is Outcome.UNKNOWN
    assert not said.invoice_number
    assert found.document_sha256 == hashlib.sha256(bench.document).hexdigest()
    # It was sent once: an unknown is never sent again by the client itself.
    assert await bench.submit_count() == 1


@pytest.mark.parametrize("fault", ["request lost", "error before commit"])
async def test_a_submit_that_is_cut_or_turned_away_by_a_5xx_is_unknown_and_was_not_taken(bench, fault):
    await bench.disturb(fault)

    said = await submitted(bench)

    assert said.outcome is Outcome.UNKNOWN
    assert (await asked(bench)).outcome is Outcome.NOT_FOUND
    assert await bench.submit_count() == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("malformed", Outcome.REJECTED_SYNTAX),
        ("refused", Outcome.REJECTED_BUSINESS),
        ("quota used up", Outcome.QUOTA),
        ("closed", Outcome.OUTAGE),
        ("closed as announced", Outcome.OUTAGE),
        ("credential expired", Outcome.AUTH),
        ("key rotated", Outcome.AUTH),
        ("throttled", Outcome.THROTTLED),
        ("own fault", Outcome.AUTHORITY_FAULT),
    ],
)
async def test_what_the_authority_says_of_a_submit_that_it_does_not_take_has_a_class_of_its_own(bench, fault, outcome):
    await bench.disturb(fault)

    said = await submitted(bench)
    await bench.heal()

    assert said.outcome is outcome
    assert said.authority_code
    assert (await asked(bench)).outcome is Outcome.NOT_FOUND


async def test_a_fault_of_the_authoritys_own_says_nothing_of_whether_the_document_was_taken(bench):
    await bench.disturb("own fault after commit")

    said = await submitted(bench)

    assert said.outcome is Outcome.AUTHORITY_FAULT
    assert (await until(bench, Outcome.OK)).document_sha256 == hashlib.sha256(bench.document).hexdigest()


async def test_a_refused_login_is_told_from_a_refused_key_and_a_new_one_in_the_file_lets_us_in_again(bench):
    await bench.disturb("key rotated")
    refused = await submitted(bench)

    bench.put_new_key()
    taken = await submitted(bench)

    assert (refused.outcome, refused.code_detail) == (Outcome.AUTH, "CERTIFICATE")
    assert taken.outcome is Outcome.ACCEPTED


async def test_no_word_of_a_credential_is_in_an_answer_or_in_a_span(bench, spans):
    answer = await submitted(bench)

    assert "first-credential" not in repr(answer)
    assert spans.get_finished_spans()
    assert not [span for span in spans.get_finished_spans() if "first-credential" in str(dict(span.attributes))]


async def test_an_answer_tells_where_and_when_it_came_from_and_keeps_its_bytes(bench):
    before = datetime.now(UTC)

    said = await submitted(bench)

    assert said.place == "production/42"
    assert said.url_path == "/production/42/v1/invoices"
    assert before <= said.first_byte_time <= datetime.now(UTC)
    assert hashlib.sha256(said.response).hexdigest() == said.response_sha256
    assert abs(said.clock_offset_ms) < 1_000


async def test_a_clock_that_is_off_shows_in_every_answer(bench):
    await bench.disturb("clock ahead")

    said, found = await submitted(bench), await until(bench, Outcome.OK)

    assert 89_000 < said.clock_offset_ms < 91_000
    assert 89_000 < found.clock_offset_ms < 91_000


async def test_to_whoever_cannot_prove_who_it_is_nothing_is_sent(bench):
    answer = await bench.distrustful.submit(bench.route, bench.document, KEY)

    assert answer.outcome is Outcome.NOT_RECEIVED
    assert "CERTIFICATE_VERIFY_FAILED" in answer.message
    assert await bench.submit_count() == 0


async def test_where_nobody_listens_a_submit_is_not_received_after_a_few_tries(bench, spans):
    answer = await bench.unreachable.submit(bench.route, bench.document, KEY)

    assert answer.outcome is Outcome.NOT_RECEIVED
    assert answer.http_status == 0
    assert [span.attributes["error.type"] for span in spans.get_finished_spans()] == ["ClientConnectorError"] * 3


async def test_where_nobody_listens_a_query_is_unknown_and_proves_nothing(bench):
    by_key = await bench.unreachable.query_by_key(bench.route, bench.seller_tax_id, KEY)
    by_number = await bench.unreachable.query_by_number(bench.route, "26422000000000000001")

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


async def test_a_call_is_a_client_span_above_the_authoritys_own(bench, spans):
    await submitted(bench)

    def pair() -> dict[SpanKind, object] | None:
        found = {span.kind: span for span in spans.get_finished_spans() if span.name == "POST /v1/invoices"}
        return found if len(found) == 2 else None

    found = await eventually(pair)
    client, server = found[SpanKind.CLIENT], found[SpanKind.SERVER]
    assert server.parent.span_id == client.context.span_id
    assert client.attributes["http.request.method"] == "POST"
    assert client.attributes["http.response.status_code"] == 200


async def test_no_span_of_a_query_holds_a_tax_number(bench, spans):
    await asked(bench)

    assert spans.get_finished_spans()
    assert not [span for span in spans.get_finished_spans() if bench.seller_tax_id in str(dict(span.attributes))]
