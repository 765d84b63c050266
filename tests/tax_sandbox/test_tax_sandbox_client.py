"""The client against answers that our own sandbox would not give: a peer that speaks raw bytes on a real socket."""

import asyncio
import gzip
import hashlib
import json
import re
import socket

import pytest

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax.credential import CredentialFile
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import RETRY_AFTER_SECONDS_MAX, Timeouts
from tests.support.raw_peer import NOW, drips, resets, says, system_before, writes
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID, a_document

DOCUMENT = a_document()
SHA256 = hashlib.sha256(DOCUMENT).hexdigest()
NUMBER = "26422000000000000001"
YES = {"number": NUMBER, "accepted_at": "2026-03-01T08:00:00Z", "document_sha256": SHA256, "duplicate": False}
RECORD = {
    "number": NUMBER,
    "key": "inv_1",
    "document_sha256": SHA256,
    "accepted_at": "2026-03-01T08:00:00Z",
    "booked_at": "2026-03-01T08:00:01Z",
    "status": "BOOKED",
}


@pytest.mark.parametrize(
    "peer",
    [
        says(200, b""),
        says(200, b"<html>welcome</html>"),
        says(200, []),
        says(200, b"[" * 60_000),
        says(200, {**YES, "number": NUMBER[:-1]}),
        says(200, {**YES, "number": 26422}),
        says(200, {**YES, "duplicate": "false"}),
        says(200, {**YES, "accepted_at": "yesterday"}),
        says(200, {**YES, "accepted_at": "2026-03-01T08:00:00"}),
        says(200, {**YES, "document_sha256": None}),
        says(200, json.dumps(YES).encode() + b" " * 70_000),
        says(200, gzip.compress(json.dumps(YES).encode()), "Content-Encoding: gzip\r\n"),
        says(202, YES),
        says(302, b"", "Location: /elsewhere\r\n"),
        says(404, {"code": "E4041", "message": "no such route"}),
        says(408, b""),
        says(409, b"conflict, says a proxy"),
        says(422, b"<html>unprocessable, says a proxy</html>"),
        says(500, b""),
        says(504, b"gateway time-out"),
        writes(b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n{"),
        writes(b"220 mail.example.com ESMTP\r\n"),
        writes(b""),
        resets,
        drips,
    ],
)
async def test_whatever_is_no_answer_of_the_protocol_leaves_a_submit_unknown(peer):
    async with system_before(peer) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert answer.outcome is Outcome.UNKNOWN
    assert answer.invoice_number == ""


async def test_an_echo_of_other_bytes_is_a_mismatch():
    async with system_before(says(200, {**YES, "document_sha256": "0" * 64})) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.document_sha256) == (Outcome.MISMATCH, "0" * 64)


async def test_a_refused_credential_is_told_and_not_hammered(spans):
    async with system_before(says(401, {"code": "E4010", "message": "who are you"})) as system:
        submitted = await system.submit(ROUTE, DOCUMENT, "inv_1")
        asked = await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")

    assert (submitted.outcome, submitted.http_status, submitted.authority_code) == (Outcome.AUTH, 401, "E4010")
    assert asked.outcome is Outcome.AUTH
    assert len(spans.get_finished_spans()) == 2


@pytest.mark.parametrize(("status", "code"), [(400, "E4008"), (413, "E4130"), (415, "E4150"), (422, "E4003")])
async def test_a_refusal_with_a_code_is_final(status, code):
    async with system_before(says(status, {"code": code, "message": "no"})) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.authority_code, answer.message) == (Outcome.REJECTED_SYNTAX, code, "no")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 12\r\n", 12),
        ("Retry-After: Sun, 01 Mar 2026 08:00:30 GMT\r\n", 30),
        ("Retry-After: Sun, 01 Mar 2026 07:00:00 GMT\r\n", 0),
        ("Retry-After: Sun, 01 Mar 2026 08:00:30 +9999999999\r\n", 0),
        ("Retry-After: 99999999999999999999\r\n", RETRY_AFTER_SECONDS_MAX),
        ("Retry-After: Sun, 01 Mar 2099 08:00:00 GMT\r\n", RETRY_AFTER_SECONDS_MAX),
        ("Retry-After: -5\r\n", 0),
        ("Retry-After: soon\r\n", 0),
        ("", 0),
    ],
)
async def test_retry_after_is_read_as_seconds_and_as_a_date_and_is_bounded(header, seconds):
    async with system_before(says(429, b"", header)) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.retry_after_seconds) == (Outcome.THROTTLED, seconds)


@pytest.mark.parametrize(
    "peer",
    [
        says(404, {"code": "E4041", "message": "no such route"}),
        says(404, b"<html>not found, says a proxy</html>"),
        says(404, b""),
        says(200, b""),
        says(200, {**RECORD, "key": "inv_2", "number": "26422000000000000002"}),
        says(200, {**RECORD, "status": "LOST"}),
        says(200, {**RECORD, "booked_at": None}),
        says(200, {**RECORD, "status": "PROCESSING"}),
        says(200, {**RECORD, "booked_at": None, "status": "VOIDED"}),
        says(403, {"code": "E4043", "message": "not of this unit"}),
        says(404, {"code": "E4044", "message": "outside the query window"}),
        says(404, {"code": "E4047", "message": "never heard of"}),
        says(500, {"code": "E4040", "message": "not this status"}),
        says(503, b""),
        says(503, {"code": "E5030", "message": "the query service is not available"}),
        resets,
        drips,
    ],
)
async def test_whatever_is_no_answer_of_the_main_book_leaves_a_query_unknown(peer):
    async with system_before(peer) as system:
        by_key = await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")
        by_number = await system.query_by_number(ROUTE, NUMBER)

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


async def test_a_query_is_asked_again_when_it_got_no_answer(spans):
    answers = [resets, says(503, b""), says(200, RECORD)]

    async def peer(writer: asyncio.StreamWriter) -> None:
        await answers.pop(0)(writer)

    async with system_before(peer) as system:
        answer = await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")

    assert answer.outcome is Outcome.OK
    assert answers == []


async def test_a_connection_that_is_not_made_in_time_is_not_received():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        system = SandboxTaxSystem(f"http://127.0.0.1:{full.getsockname()[1]}", Timeouts(connect_seconds=0.1))

        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

        await system.close()
        for one in waiting:
            one.close()
    assert answer.outcome is Outcome.NOT_RECEIVED
    assert "ConnectionTimeoutError" in answer.message


async def test_a_call_has_one_deadline_for_all_its_tries():
    loop = asyncio.get_running_loop()
    async with system_before(drips) as system:
        started = loop.time()
        await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")

    assert loop.time() - started < 4


@pytest.mark.parametrize("url", ["", "127.0.0.1:8090", "ftp://example.com", "http://"])
def test_what_is_no_address_is_said_at_the_start(url):
    with pytest.raises(ValueError, match="no address"):
        SandboxTaxSystem(url)


@pytest.mark.parametrize(
    ("header", "offset_ms"),
    [
        ("Tax-Clock: 2026-03-01T08:01:30.250Z\r\n", 90_250),
        ("Tax-Clock: 2026-03-01T07:58:30.000Z\r\nDate: Sun, 01 Mar 2026 08:00:00 GMT\r\n", -90_000),
        ("Date: Sun, 01 Mar 2026 08:00:30 GMT\r\n", 30_500),
        ("Tax-Clock: noon\r\n", 0),
        ("Date: Sun, 01 Mar 2026 08:00:30 +9999999999\r\n", 0),
        ("", 0),
    ],
)
async def test_the_authoritys_clock_is_read_to_the_millisecond_or_from_its_date(header, offset_ms):
    async with system_before(says(404, {"code": "E4040", "message": "none"}, header)) as system:
        answer = await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")

    assert answer.clock_offset_ms == offset_ms


PAGE = {"invoices": [RECORD], "next": "", "watermark": "2026-03-01T08:00:00Z"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        {**PAGE, "invoices": None},
        {**PAGE, "invoices": [RECORD, "none"]},
        {**PAGE, "invoices": [RECORD, {**RECORD, "number": ""}]},
        {**PAGE, "invoices": [{**RECORD, "document_sha256": None}]},
        {**PAGE, "next": None},
        {**PAGE, "watermark": "now"},
    ],
)
async def test_a_list_that_cannot_be_read_whole_is_unknown_and_shows_nothing(body):
    async with system_before(says(200, body)) as system:
        page = await system.window(ROUTE, SELLER_TAX_ID, NOW, "")

    assert page.answer.outcome is Outcome.UNKNOWN
    assert (list(page.records), page.watermark) == ([], None)


@pytest.mark.parametrize(
    "total", [None, {"count": 1}, {"count": "1", "amount_minor": 5}, {"count": 1, "amount_minor": 0.5}]
)
async def test_totals_that_make_no_sense_are_unknown(total):
    body = {"blue": total, "red": {"count": 0, "amount_minor": 0}, "watermark": "2026-03-01T08:00:00Z"}
    async with system_before(says(200, body)) as system:
        totals = await system.totals(ROUTE, SELLER_TAX_ID, NOW.date())

    assert totals.answer.outcome is Outcome.UNKNOWN


async def test_a_range_that_is_not_as_long_as_was_asked_for_is_unknown():
    async with system_before(says(200, {"first": NUMBER, "last": NUMBER, "count": 10})) as system:
        numbers = await system.take_numbers(ROUTE, SELLER_TAX_ID, 10, "rng_1")

    assert (numbers.answer.outcome, numbers.first) == (Outcome.UNKNOWN, "")


async def test_a_ping_that_another_place_answers_is_no_sign_of_life():
    async with system_before(says(200, {"clock": "", "environment": "test", "region": "42"})) as system:
        answer = await system.ping(ROUTE)

    assert answer.outcome is Outcome.UNKNOWN


async def test_the_list_is_asked_for_by_the_authoritys_clock_when_that_is_behind_ours():
    heads: list[str] = []
    async with system_before(says(200, PAGE, "Tax-Clock: 2026-03-01T07:50:00Z\r\n"), heads) as system:
        await system.window(ROUTE, SELLER_TAX_ID, NOW, "")
        await system.window(ROUTE, SELLER_TAX_ID, NOW, "")

    assert "from=2026-03-01T08:00:00%2B00:00" in heads[0]
    assert "from=2026-03-01T07:50:00%2B00:00" in heads[1]


async def test_the_end_of_the_list_is_asked_for_by_the_authoritys_clock_when_that_is_ahead_of_ours():
    heads: list[str] = []
    async with system_before(says(200, PAGE, "Tax-Clock: 2026-03-01T08:10:00Z\r\n"), heads) as system:
        await system.window(ROUTE, SELLER_TAX_ID, NOW, "", NOW)
        await system.window(ROUTE, SELLER_TAX_ID, NOW, "", NOW)

    assert "to=2026-03-01T08:00:00%2B00:00" in heads[0]
    assert "from=2026-03-01T08:00:00%2B00:00" in heads[1]
    assert "to=2026-03-01T08:10:00%2B00:00" in heads[1]


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, b""), (200, b""), (200, {"announcements": None}), (200, {"announcements": [{"from": "soon"}]})],
)
async def test_announcements_that_cannot_be_read_do_not_say_that_there_are_none(status, body):
    async with system_before(says(status, body)) as system:
        announced = await system.announcements(ROUTE)

    assert announced.answer.outcome is not Outcome.OK


async def test_the_credential_of_the_route_is_presented_as_the_file_has_it(tmp_path):
    file = tmp_path / "credential"
    file.write_text("one\n")
    heads: list[str] = []
    credentials = {"default": CredentialFile(file)}
    async with system_before(says(404, b""), heads, credentials=credentials) as system:
        await system.ping(ROUTE)
        file.write_text("another\n")
        await system.ping(ROUTE)
        file.write_text("two words\n")
        await system.ping(ROUTE)
        file.unlink()
        await system.ping(ROUTE)
        await system.ping(Route("sandbox", "production", "42", "other"))

    presented = [re.search(r"authorization: (.*)", head, re.IGNORECASE) for head in heads]
    shown = [found.group(1).strip() if found else "" for found in presented]
    assert shown == ["Bearer one", "Bearer another", "Bearer another", "Bearer another", ""]


@pytest.mark.parametrize("content", ["", "two words", "line\nline", "ключ", "x" * 5_000])
def test_a_file_without_a_credential_is_said_at_the_start_and_its_content_is_not(tmp_path, content):
    file = tmp_path / "credential"
    file.write_text(content)

    with pytest.raises(ValueError, match="holds no credential") as raised:
        CredentialFile(file)

    assert not content or content not in str(raised.value)
