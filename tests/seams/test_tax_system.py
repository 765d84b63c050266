"""What every TaxSystem must do, each outcome produced for real over a socket. A new system adds itself to SYSTEMS."""

import asyncio
import contextlib
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from opentelemetry.trace import SpanKind

from cli.loopback_tls import loopback_tls
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import BatchItem, Record, TaxSystem
from services.invoice_sync.tax.credential import CredentialFile
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import Timeouts, trusting
from tests.support.eventually import eventually
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID, Steering, a_document, running_tax_sandbox

KEY = "inv_0190a1"
NO_NUMBER = "26422000000000000099"


@dataclass(frozen=True, slots=True)
class Bench:
    """A system, the hand on the faults of what it talks to, and one that talks to nobody."""

    system: TaxSystem
    unreachable: TaxSystem
    # One that has the address and does not trust whoever listens there.
    distrustful: TaxSystem
    route: Route
    seller_tax_id: str
    document: bytes
    other_document: bytes
    # By name: "answer lost", "request lost", "throttled", ...; from then on, for every call.
    disturb: Callable[[str], Awaitable[None]]
    heal: Callable[[], Awaitable[None]]
    # Take back what is booked under a number by another, as somebody at the authority's portal would.
    red_flush: Callable[[str, str], Awaitable[None]]
    # Replace the credential in our file by the one that the authority wants after "key rotated".
    put_new_key: Callable[[], None]
    # Let the seller have so much a month, in minor units.
    limit: Callable[[int], Awaitable[None]]
    move_clock: Callable[[float], Awaitable[None]]
    # How often our key was submitted, and how often it stands in the main book.
    submit_count: Callable[[], Awaitable[int]]
    booked_count: Callable[[], Awaitable[int]]


SANDBOX_FAULTS = {
    "answer lost": {"fault": "DROP_AFTER_COMMIT"},
    "request lost": {"fault": "DROP_BEFORE_COMMIT"},
    "answer late": {"fault": "SLOW_ANSWER", "seconds": 1.5},
    "answer garbled": {"fault": "GARBLED_ANSWER"},
    "error after commit": {"fault": "HTTP_5XX_AFTER_COMMIT", "code": "502"},
    "error before commit": {"fault": "HTTP_5XX_BEFORE_COMMIT", "code": "503"},
    "own fault": {"fault": "AUTHORITY_FAULT"},
    "own fault after commit": {"fault": "AUTHORITY_FAULT_AFTER_COMMIT"},
    "closed": {"fault": "OUTAGE", "seconds": 30},
    "closed as announced": {"fault": "OUTAGE_ANNOUNCED", "seconds": 600},
    "quota used up": {"fault": "QUOTA_EXHAUSTED"},
    "credential expired": {"fault": "CREDENTIAL_EXPIRY"},
    "key rotated": {"fault": "KEY_ROTATION"},
    "malformed": {"fault": "REJECT_SYNTAX"},
    "seal fails once": {"fault": "SEAL_FAILED", "times": 1},
    "seal fails": {"fault": "SEAL_FAILED"},
    "voided": {"fault": "VOIDED_AT_PORTAL", "seconds": 0},
    "booked elsewhere": {"fault": "BOOKED_ELSEWHERE"},
    "batch answered in part": {"fault": "PARTIAL_BATCH", "order_no": "NO1", "code": "TAKEN"},
    "batch taken in part": {"fault": "PARTIAL_BATCH", "order_no": "NO1", "code": "LOST"},
    "one of the batch refused": {"fault": "REJECT_BUSINESS", "order_no": "NO1"},
    "close lost": {"fault": "LOSE_CLOSE_ANSWER", "times": 1},
    "clock ahead": {"fault": "CLOCK_SKEW", "seconds": 90},
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
async def sandbox_bench(
    fresh_database: Callable[[str], Awaitable[str]], folder: Path, *, in_sessions: bool = False
) -> AsyncIterator[Bench]:
    tls = loopback_tls(folder)
    trust = trusting(tls.ca_file)
    settings = {"tls_cert_file": tls.cert_file, "tls_key_file": tls.key_file, "session_seconds": 2}
    credential = folder / "credential"
    credential.write_text("first-credential\n")
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url, verify=trust, **settings) as steering, contextlib.AsyncExitStack() as closing:
        await steering.http.post("/steering/credentials", json={"credential": "first-credential"})
        timeouts = Timeouts(connect_seconds=1, read_seconds=0.5, write_seconds=1, pool_seconds=1, call_seconds=4)

        def system(at: str, **how: object) -> TaxSystem:
            credentials = {"default": CredentialFile(credential)}
            made = SandboxTaxSystem(at, timeouts, credentials=credentials, in_sessions=in_sessions, **how)
            closing.push_async_callback(made.close)
            return made

        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        unreachable = system(f"https://127.0.0.1:{port}", trust=trust)
        systems = (system(steering.url, trust=trust), unreachable, system(steering.url))
        yield _sandbox(steering, systems, credential)


def _sandbox(steering: Steering, systems: tuple[TaxSystem, TaxSystem, TaxSystem], credential: Path) -> Bench:
    async def disturb(name: str) -> None:
        if name == "key rotated":
            await steering.http.post("/steering/credentials", json={"credential": "second-credential"})
        await steering.plan(**SANDBOX_FAULTS[name])

    async def heal() -> None:
        await steering.http.delete("/steering/faults")

    async def red_flush(number: str, red_number: str) -> None:
        path = f"/steering/invoices/{number}/red-flush"
        (await steering.http.post(path, json={"red_number": red_number})).raise_for_status()

    def put_new_key() -> None:
        credential.write_text("second-credential\n")

    async def limit(limit_minor: int) -> None:
        path = f"/steering/sellers/{SELLER_TAX_ID}/quota"
        asked = {"place": "production/42", "limit_minor": limit_minor}
        (await steering.http.post(path, json=asked)).raise_for_status()

    async def submit_count() -> int:
        return int((await steering.counts())["submits"])

    async def booked_count() -> int:
        return int((await steering.counts())["booked"])

    system, unreachable, distrustful = systems
    return Bench(
        system=system,
        unreachable=unreachable,
        distrustful=distrustful,
        route=ROUTE,
        seller_tax_id=SELLER_TAX_ID,
        document=a_document(),
        other_document=a_document(amount_minor=1),
        disturb=disturb,
        heal=heal,
        red_flush=red_flush,
        put_new_key=put_new_key,
        limit=limit,
        move_clock=steering.shift_clock,
        submit_count=submit_count,
        booked_count=booked_count,
    )


SYSTEMS = {"sandbox": sandbox_bench}


@pytest.fixture(params=SYSTEMS.values(), ids=SYSTEMS.keys())
async def bench(request, fresh_database, tmp_path):
    async with request.param(fresh_database, tmp_path) as made:
        yield made


async def submitted(bench: Bench) -> TaxAnswer:
    return await bench.system.submit(bench.route, bench.document, KEY)


async def asked(bench: Bench) -> TaxAnswer:
    return await bench.system.query_by_key(bench.route, bench.seller_tax_id, KEY)


async def until(bench: Bench, outcome: Outcome) -> TaxAnswer:
    async def probe() -> TaxAnswer | None:
        answer = await asked(bench)
        return answer if answer.outcome is outcome else None

    return await eventually(probe)


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


async def test_what_the_authority_never_had_is_not_found(bench):
    by_key = await asked(bench)
    by_number = await bench.system.query_by_number(bench.route, NO_NUMBER)

    assert (by_key.outcome, by_number.outcome) == (Outcome.NOT_FOUND, Outcome.NOT_FOUND)


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


@pytest.mark.parametrize("fault", ["credential expired", "key rotated"])
async def test_a_question_with_a_credential_that_is_refused_finds_no_absence(bench, fault):
    await bench.disturb(fault)

    assert (await asked(bench)).outcome is Outcome.AUTH


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
    assert [span.attributes["error.type"] for span in spans.get_finished_spans()] == ["ConnectError"] * 3


async def test_where_nobody_listens_a_query_is_unknown_and_proves_nothing(bench):
    by_key = await bench.unreachable.query_by_key(bench.route, bench.seller_tax_id, KEY)
    by_number = await bench.unreachable.query_by_number(bench.route, "26422000000000000001")

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


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


async def records_since(bench: Bench, since: datetime) -> tuple[list[Record], datetime]:
    records: list[Record] = []
    after = ""
    for _ in range(10):
        page = await bench.system.window(bench.route, bench.seller_tax_id, since, after)
        assert page.answer.outcome is Outcome.OK, page.answer.message
        records += page.records
        if not (after := page.next_after):
            return records, page.watermark
    raise AssertionError("the list does not end")


async def test_the_list_of_what_was_taken_has_every_record_once_over_its_pages_and_a_watermark(bench):
    since = datetime.now(UTC) - timedelta(minutes=1)
    for index in range(210):
        await bench.system.submit(bench.route, a_document(f"NO{index}"), f"inv_{index}")

    async def all_there() -> tuple[list[Record], datetime] | None:
        records, watermark = await records_since(bench, since)
        return (records, watermark) if len(records) == 210 else None

    records, watermark = await eventually(all_there)

    assert {record.idempotency_key for record in records} == {f"inv_{index}" for index in range(210)}
    assert all(record.accept_time < watermark for record in records)
    assert hashlib.sha256(a_document("NO7")).hexdigest() in [record.document_sha256 for record in records]


async def test_the_watermark_stays_below_what_is_still_to_be_booked(bench):
    await bench.disturb("stuck")
    said = await submitted(bench)

    records, watermark = await records_since(bench, datetime.now(UTC) - timedelta(minutes=1))

    assert records == []
    assert watermark <= said.ack_time


async def test_the_list_begins_at_the_instant_asked_for(bench):
    await submitted(bench)
    found = await until(bench, Outcome.OK)

    records, _ = await records_since(bench, found.ack_time + timedelta(minutes=1))

    assert records == []


async def test_control_totals_are_of_the_sellers_day(bench):
    await submitted(bench)
    await until(bench, Outcome.OK)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()

    of_today = await bench.system.totals(bench.route, bench.seller_tax_id, today)
    of_yesterday = await bench.system.totals(bench.route, bench.seller_tax_id, today - timedelta(days=1))

    assert of_today.answer.outcome is Outcome.OK
    assert (of_today.blue_count, of_today.blue_minor, of_today.red_count, of_today.red_minor) == (1, 12_345, 0, 0)
    assert of_today.watermark is not None
    assert (of_yesterday.blue_count, of_yesterday.blue_minor) == (0, 0)


async def test_lists_and_totals_that_fail_are_unknown(bench):
    await bench.disturb("query fails")

    page = await bench.system.window(bench.route, bench.seller_tax_id, datetime.now(UTC), "")
    totals = await bench.system.totals(bench.route, bench.seller_tax_id, datetime.now(UTC).date())

    assert (page.answer.outcome, totals.answer.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert (list(page.records), page.watermark) == ([], None)


async def test_a_ping_tells_whether_the_interface_is_up(bench):
    up = await bench.system.ping(bench.route)
    down = await bench.unreachable.ping(bench.route)
    await bench.disturb("closed as announced")
    closed = await bench.system.ping(bench.route)

    assert (up.outcome, up.place) == (Outcome.OK, "production/42")
    assert down.outcome is Outcome.UNKNOWN
    assert closed.outcome is Outcome.OUTAGE
    assert closed.retry_after_seconds > 0


async def test_an_outage_is_read_where_it_was_announced(bench):
    before = await bench.system.announcements(bench.route)
    await bench.disturb("closed as announced")

    (outage,) = await bench.system.announcements(bench.route)

    assert before == []
    assert outage.start_time <= datetime.now(UTC) < outage.end_time
    assert outage.text


async def test_the_buyer_sees_the_own_invoice_and_nobody_elses(bench):
    said = await submitted(bench)
    await until(bench, Outcome.OK)

    seen = await bench.system.buyer_view(bench.route, said.invoice_number, "")
    other = await bench.system.buyer_view(bench.route, said.invoice_number, "91420100MA4KABC456")
    none = await bench.system.buyer_view(bench.route, NO_NUMBER, "")

    assert (seen.outcome, other.outcome, none.outcome) == (Outcome.OK, Outcome.MISMATCH, Outcome.NOT_FOUND)


async def test_the_quota_tells_what_is_used_and_when_it_is_too_little_nothing_is_taken(bench):
    without_limit = await bench.system.quota(bench.route, bench.seller_tax_id)
    await submitted(bench)
    await bench.limit(20_000)

    told = await bench.system.quota(bench.route, bench.seller_tax_id)
    refused = await bench.system.submit(bench.route, a_document("NO2"), "inv_2")

    assert (without_limit.limit_minor, without_limit.used_minor) == (None, 0)
    assert (told.limit_minor, told.used_minor) == (20_000, 12_345)
    assert refused.outcome is Outcome.QUOTA


async def test_numbers_are_the_same_for_the_same_key_and_others_for_another(bench):
    first = await bench.system.take_numbers(bench.route, bench.seller_tax_id, 10, "rng_1")
    again = await bench.system.take_numbers(bench.route, bench.seller_tax_id, 10, "rng_1")
    other = await bench.system.take_numbers(bench.route, bench.seller_tax_id, 10, "rng_2")

    assert int(first.last) - int(first.first) == 9
    assert (again.first, again.last) == (first.first, first.last)
    assert int(other.first) > int(first.last)


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


async def test_documents_that_are_sent_at_once_go_together_when_they_are_to_go_in_sessions(
    fresh_database, tmp_path, spans
):
    async with sandbox_bench(fresh_database, tmp_path, in_sessions=True) as bench:
        sends = [bench.system.submit(bench.route, item.document, item.idempotency_key) for item in a_batch()]
        answers = await asyncio.gather(*sends)
        found = [await until_booked(bench, item) for item in a_batch()]
        nowhere = await bench.unreachable.submit(bench.route, bench.document, KEY)

    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED] * 3
    assert [answer.invoice_number for answer in answers] == [answer.invoice_number for answer in found]
    assert nowhere.outcome is Outcome.NOT_RECEIVED
    made = [span.name for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]
    assert made.count("POST /v1/sessions") == 1


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
