"""What anybody may read: the document and the page over it, served by the gateway alone."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import httpx
import pytest
from starlette.requests import Request

from services.gateway import contract, docs_page, openapi
from services.gateway.open_pages import HEALTH, OpenPages
from tests.support.eventually import eventually

DOCUMENT = openapi.document(contract.load())


async def test_the_page_needs_no_key_and_may_load_nothing_from_elsewhere(peer):
    answer = await peer.plain.get("/docs", headers={"authorization": ""})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'; script-src 'self'"
    )
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    assert set(loaded) == {"/docs.css", "/docs.js", "/openapi.json"}
    for path in loaded:
        assert (await peer.plain.get(path, headers={"authorization": ""})).status_code == 200
    assert not re.search(r"<style|<script>|\son[a-z]+=|\sstyle=", answer.text)


async def test_pages_are_sent_small_to_who_can_read_them_so_and_only_read(peer):
    small = await peer.plain.get("/openapi.json", headers={"accept-encoding": "gzip"})
    plain = await peer.plain.get("/openapi.json", headers={"accept-encoding": "identity"})

    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) * 4 < int(plain.headers["content-length"])
    assert small.json() == plain.json() == DOCUMENT
    assert (await peer.plain.head("/docs")).content == b""
    assert (await peer.plain.post("/docs")).status_code == 404


def test_every_operation_stands_on_the_page_in_both_languages_with_two_ways_to_call_it():
    page = docs_page.render(DOCUMENT).decode()
    calls = page.split('<details class="call" id="')[1:]

    by_id = {call.partition('"')[0]: call for call in calls}
    for verbs in DOCUMENT["paths"].values():
        for operation in verbs.values():
            call = by_id[operation["operationId"]]
            assert 'lang="zh"' in call, operation["operationId"]
            assert "curl -X" in call
            assert "httpx.request" in call
    assert "Idempotency-Key: pay-20260301-0001" in by_id["PaymentService_RecordPayment"]
    assert "REFUND_EXCEEDS" in by_id["RefundService_CreateRefund"]


def test_the_python_of_each_operation_is_python():
    class Texts(HTMLParser):
        blocks: list[str] = []  # noqa: RUF012  one parser is fed once
        is_code = False

        def handle_starttag(self, tag, attrs):
            self.is_code = tag == "pre"
            if self.is_code:
                self.blocks.append("")

        def handle_endtag(self, tag):
            self.is_code = self.is_code and tag != "pre"

        def handle_data(self, data):
            if self.is_code:
                self.blocks[-1] += data

    texts = Texts()
    texts.feed(docs_page.render(DOCUMENT).decode())
    written = [block for block in texts.blocks if block.startswith("import os")]

    assert len(written) > 70
    for block in written:
        compile(block, "docs", "exec")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip;q=0", None),
        ("GZIP; q=0.0, br", None),
        ("*, gzip;q=0", None),
        ("*;q=0", None),
        ("notgzip", None),
        ("", None),
        ("br, GZIP;q=0.1", "gzip"),
        ("identity;q=0, *", "gzip"),
    ],
)
async def test_a_page_is_compressed_for_nobody_who_refuses_it_so(accepted, encoding):
    answer = await OpenPages(DOCUMENT).answer("/docs.css", _request(accepted))

    assert answer.headers.get("content-encoding") == encoding


async def test_a_page_is_made_once_however_many_ask_for_it_first(monkeypatch):
    made, go_on, render = [], threading.Event(), docs_page.render

    def slow(document):
        made.append(document)
        go_on.wait(30)
        return render(document)

    monkeypatch.setattr(docs_page, "render", slow)
    pages = OpenPages(DOCUMENT)
    callers = [asyncio.create_task(pages.answer("/docs", _request())) for _ in range(5)]
    leaver = asyncio.create_task(pages.answer("/docs", _request()))
    await eventually(lambda: bool(made))
    leaver.cancel()
    go_on.set()

    answers = await asyncio.gather(*callers)

    assert len(made) == 1
    assert len({answer.headers["etag"] for answer in answers}) == 1


async def test_whether_the_gateway_serves_is_told_while_every_thread_is_busy():
    go_on, loop = threading.Event(), asyncio.get_running_loop()
    pages = OpenPages(DOCUMENT)
    with ThreadPoolExecutor(1) as threads:
        loop.set_default_executor(threads)
        busy = asyncio.ensure_future(asyncio.to_thread(go_on.wait, 30))
        try:
            answer = await asyncio.wait_for(pages.answer(HEALTH, _request()), 10)
        finally:
            go_on.set()
        await busy

    assert answer.body == b'{"status":"serving"}'


def _request(accepted: str = "identity") -> Request:
    headers = [(b"accept-encoding", accepted.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_who_has_the_document_already_is_not_sent_it_again(peer, encoding):
    headers = {"accept-encoding": encoding}
    first = await peer.plain.get("/openapi.json", headers=headers)

    again = await peer.plain.get("/openapi.json", headers=headers | {"if-none-match": first.headers["etag"]})
    changed = await peer.plain.get("/openapi.json", headers=headers | {"if-none-match": '"another"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (changed.status_code, changed.content) == (200, first.content)
    assert first.headers.get_list("cache-control") == again.headers.get_list("cache-control") == ["no-cache"]
    assert first.headers["vary"] == again.headers["vary"] == "accept-encoding"


async def test_each_form_of_a_page_has_a_tag_of_its_own(peer):
    forms = [await peer.plain.get("/docs", headers={"accept-encoding": one}) for one in ("gzip", "identity")]

    assert len({form.headers["etag"] for form in forms}) == 2


async def test_a_condition_that_is_no_tag_is_told_so(peer):
    answer = await peer.plain.get("/docs", headers={"if-none-match": "nonsense"})

    assert (answer.status_code, answer.json()["reason"]) == (400, "MALFORMED_REQUEST")


async def test_an_address_reads_so_many_pages_a_second_and_what_another_reads_is_its_own(start_peer):
    """Behind a proxy of ours the address is whom it names; what a stranger's header names counts for nothing."""

    async def refused(caller: httpx.AsyncClient, path: str, address: str) -> list[httpx.Response]:
        answers = [await caller.get(path, headers={"x-forwarded-for": address}) for _ in range(12)]
        return [answer for answer in answers if answer.status_code == 429]

    async with start_peer(rate_bulk_per_second=1.0, trusted_proxies="127.0.0.1") as behind:
        over = await refused(behind.plain, "/docs", "192.0.2.1")
        other = await behind.plain.get("/docs", headers={"x-forwarded-for": "192.0.2.2"})
        health = await refused(behind.plain, "/healthz", "192.0.2.1")
    async with start_peer(rate_bulk_per_second=1.0, rate_read_per_second=1.0) as open_peer:
        for number in range(12):
            last = await open_peer.plain.get("/docs", headers={"x-forwarded-for": f"192.0.2.{number}"})
        too_often = await refused(open_peer.plain, "/healthz", "192.0.2.1")

    assert over
    assert over[0].json()["reason"] == "RATE_LIMITED"
    assert int(over[0].headers["retry-after"]) >= 1
    assert (other.status_code, health) == (200, [])
    assert last.status_code == 429
    assert too_often
