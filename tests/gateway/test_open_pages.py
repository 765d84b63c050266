"""What anybody may read: the document and the page over it, served by the gateway alone."""

import re
from html.parser import HTMLParser

from services.gateway import contract, docs_page, openapi

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
