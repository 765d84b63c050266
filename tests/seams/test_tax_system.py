"""What every TaxSystem must do, each outcome produced for real over a socket. A new system adds itself to SYSTEMS."""

import contextlib
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from opentelemetry.trace import SpanKind

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.tax import TaxSystem
from services.invoice_sync.tax.sandbox import SandboxTaxSystem, Timeouts
from tests.support.eventually import eventually
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID, Steering, a_document, running_tax_sandbox

KEY = "inv_0190a1"


@dataclass(frozen=True, slots=True)
class Bench:
    """A system, the hand on the faults of what it talks to, and one that talks to nobody."""

    system: TaxSystem
    unreachable: TaxSystem
    seller_tax_id: str
    document: bytes
    other_document: bytes
    # By name: "answer lost", "request lost", "throttled", ...; from then on, for every call.
    disturb: Callable[[str], Awaitable[None]]
    heal: Callable[[], Awaitable[None]]
    # How often our key was submitted, and how often it stands in the main book.
    submit_count: Callable[[], Awaitable[int]]
    booked_count: Callable[[], Awaitable[int]]


SANDBOX_FAULTS = {
    "answer lost": {"fault": "DROP_AFTER_COMMIT"},
    "request lost": {"fault": "DROP_BEFORE_COMMIT"},
    "answer late": {"fault": "SLOW_ANSWER", "seconds": 1.5},
    "answer garbled": {"fault": "GARBLED_ANSWER"},
    "error after commit": {"fault": "HTTP_5XX_AFTER_COMMIT", "code": "502"},
    "closed": {"fault": "OUTAGE", "seconds": 30},
    "throttled": {"fault": "THROTTLE", "seconds": 7},
    "refused": {"fault": "REJECT_BUSINESS", "code": "E9301"},
    "stuck": {"fault": "STUCK_PROCESSING"},
    "never booked": {"fault": "ACK_WITHOUT_BOOKING"},
    "booked with other content": {"fault": "BOOKED_WITH_ALTERED_AMOUNT"},
    "booked under other number": {"fault": "BOOKED_UNDER_OTHER_NUMBER"},
    "denied for a while": {"fault": "QUERY_FALSE_NEGATIVE", "seconds": 0.5},
    "query fails": {"fault": "QUERY_5XX"},
    "query late": {"fault": "SLOW_QUERY", "seconds": 1.5},
}


@contextlib.asynccontextmanager
async def sandbox_bench(fresh_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Bench]:
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        timeouts = Timeouts(connect_seconds=1, read_seconds=0.5, write_seconds=1, pool_seconds=1, call_seconds=4)
        system = SandboxTaxSystem(steering.place_url(), timeouts)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        unreachable = SandboxTaxSystem(f"http://127.0.0.1:{port}", timeouts)
        try:
            yield _sandbox(steering, system, unreachable)
        finally:
            await system.close()
            await unreachable.close()


def _sandbox(steering: Steering, system: TaxSystem, unreachable: TaxSystem) -> Bench:
    async def disturb(name: str) -> None:
        await steering.plan(**SANDBOX_FAULTS[name])

    async def heal() -> None:
        await steering.http.delete("/steering/faults")

    async def submit_count() -> int:
        return int((await steering.counts())["submits"])

    async def booked_count() -> int:
        return int((await steering.counts())["booked"])

    return Bench(
        system,
        unreachable,
        SELLER_TAX_ID,
        a_document(),
        a_document(amount_minor=1),
        disturb,
        heal,
        submit_count,
        booked_count,
    )


SYSTEMS = {"sandbox": sandbox_bench}


@pytest.fixture(params=SYSTEMS.values(), ids=SYSTEMS.keys())
async def bench(request, fresh_database):
    async with request.param(fresh_database) as made:
        yield made


async def submitted(bench: Bench) -> TaxAnswer:
    return await bench.system.submit(ROUTE, bench.document, KEY)


async def asked(bench: Bench) -> TaxAnswer:
    return await bench.system.query_by_key(ROUTE, bench.seller_tax_id, KEY)


async def until(bench: Bench, outcome: Outcome) -> TaxAnswer:
    async def probe() -> TaxAnswer | None:
        answer = await asked(bench)
        return answer if answer.outcome is outcome else None

    return await eventually(probe)


async def test_what_is_accepted_is_then_found_in_the_main_book_by_key_and_by_number(bench):
    said = await submitted(bench)
    by_key = await until(bench, Outcome.OK)
    by_number = await bench.system.query_by_number(ROUTE, said.invoice_number)

    assert said.outcome is Outcome.ACCEPTED
    assert said.http_status == 200
    assert said.ack_time is not None
    assert said.response_sha256
    assert by_number.outcome is Outcome.OK
    assert by_key.invoice_number == by_number.invoice_number == said.invoice_number
    assert by_key.document_sha256 == by_number.document_sha256 == hashlib.sha256(bench.document).hexdigest()
    assert by_key.book_time is not None
    assert by_key.book_time >= said.ack_time


async def test_what_the_authority_never_had_is_not_found(bench):
    by_key = await asked(bench)
    by_number = await bench.system.query_by_number(ROUTE, "26422000000000000099")

    assert (by_key.outcome, by_number.outcome) == (Outcome.NOT_FOUND, Outcome.NOT_FOUND)


async def test_the_same_bytes_again_are_a_duplicate_with_the_first_number(bench):
    first = await submitted(bench)

    second = await submitted(bench)

    assert second.outcome is Outcome.DUPLICATE
    assert second.invoice_number == first.invoice_number


async def test_other_bytes_under_the_key_are_a_mismatch(bench):
    await submitted(bench)

    answer = await bench.system.submit(ROUTE, bench.other_document, KEY)

    assert answer.outcome is Outcome.MISMATCH
    assert answer.http_status == 409


async def test_a_refusal_bears_the_authoritys_code_and_books_nothing(bench):
    await bench.disturb("refused")

    answer = await submitted(bench)

    assert (answer.outcome, answer.authority_code) == (Outcome.REJECTED, "E9301")
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


@pytest.mark.parametrize("fault", ["request lost", "closed"])
async def test_a_submit_that_is_cut_or_turned_away_by_a_5xx_is_unknown_and_was_not_taken(bench, fault):
    await bench.disturb(fault)

    said = await submitted(bench)

    assert said.outcome is Outcome.UNKNOWN
    assert (await asked(bench)).outcome is Outcome.NOT_FOUND
    assert await bench.submit_count() == 1


async def test_where_nobody_listens_a_submit_is_not_received_after_a_few_tries(bench, spans):
    answer = await bench.unreachable.submit(ROUTE, bench.document, KEY)

    assert answer.outcome is Outcome.NOT_RECEIVED
    assert answer.http_status == 0
    assert [span.attributes["error.type"] for span in spans.get_finished_spans()] == ["ConnectError"] * 3


async def test_where_nobody_listens_a_query_is_unknown_and_proves_nothing(bench):
    by_key = await bench.unreachable.query_by_key(ROUTE, bench.seller_tax_id, KEY)
    by_number = await bench.unreachable.query_by_number(ROUTE, "26422000000000000001")

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


@pytest.mark.parametrize("fault", ["query fails", "query late"])
async def test_a_query_that_fails_is_unknown_and_never_an_absence(bench, fault):
    said = await submitted(bench)
    await until(bench, Outcome.OK)
    await bench.disturb(fault)

    by_key, by_number = await asked(bench), await bench.system.query_by_number(ROUTE, said.invoice_number)

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


async def test_what_is_taken_and_not_yet_booked_is_not_yet(bench):
    await bench.disturb("stuck")

    said = await submitted(bench)
    by_key, by_number = await asked(bench), await bench.system.query_by_number(ROUTE, said.invoice_number)

    assert said.outcome is Outcome.ACCEPTED
    assert (by_key.outcome, by_number.outcome) == (Outcome.NOT_YET, Outcome.NOT_YET)
    assert await bench.booked_count() == 0


async def test_what_was_acknowledged_and_never_booked_is_not_found_and_booked_when_sent_again(bench):
    await bench.disturb("never booked")
    said = await submitted(bench)
    await until(bench, Outcome.NOT_FOUND)
    by_number = await bench.system.query_by_number(ROUTE, said.invoice_number)
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
    assert (await bench.system.query_by_number(ROUTE, said.invoice_number)).outcome is Outcome.NOT_FOUND
    assert (await bench.system.query_by_number(ROUTE, found.invoice_number)).outcome is Outcome.OK


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
