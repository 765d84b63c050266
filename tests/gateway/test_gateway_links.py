"""The door for who has a signed link: a page in two languages, masked, told to nobody else, and few of it a second."""

import ssl
from datetime import UTC, datetime

import httpx
import pytest
from bihuan.invoice_sync.v1 import link_service_pb2 as pb
from bihuan.invoice_sync.v1 import paper_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from structlog.testing import capture_logs

from chassis.errors import Fault, Kind
from services.gateway import links

TOKEN = "k1.S.inv_01a2.1767225600." + "m" * 43


@pytest.fixture
async def buyer(peer):
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(base_url=peer.url, trust_env=False, timeout=60, verify=nobody) as http:
        yield http


def _view(**changes) -> pb.ViewLinkResponse:
    expected = Timestamp()
    expected.FromDatetime(datetime(2026, 3, 1, 4, 0, tzinfo=UTC))
    told = {
        "phase": "BEING_BOOKED",
        "title": "Being booked",
        "title_zh": "正在入账",
        "explanation": "There is nothing to do.",
        "explanation_zh": "无需操作。",
        "expected_time": expected,
        "expire_time": expected,
        "seller": "<武汉>水务",
        "masked_title": "张**",
        "amount_text": "123.45 CNY",
        "issue_date": "2026-03-01",
    }
    return pb.ViewLinkResponse(**{**told, **changes})


async def test_a_link_opens_without_a_key_and_tells_the_state_in_both_languages(buyer, upstream):
    async def answer(request, context):
        return _view()

    upstream.answers["ViewLink"] = answer

    page = await buyer.get(f"/i/{TOKEN}")

    assert page.status_code == 200
    assert upstream.last().token == TOKEN
    for words in ("正在入账", "Being booked", "2026-03-01 12:00 (UTC+8)", "张**", "&lt;武汉&gt;水务"):
        assert words in page.text
    assert "下载" not in page.text  # a link for the state alone
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_no_search_engine_no_other_site_and_no_cache_gets_the_page(buyer, upstream):
    async def answer(request, context):
        return _view(papers=[paper_pb2.PAPER_KIND_XML])

    upstream.answers["ViewLink"] = answer

    page = await buyer.get(f"/i/{TOKEN}")

    assert page.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; base-uri 'none'")
    assert '<meta name="robots" content="noindex' in page.text
    assert "http" not in page.text  # nothing is loaded from, or leads, elsewhere
    assert f'href="/i/{TOKEN}/xml"' in page.text


async def test_a_file_comes_as_it_is_and_the_download_is_recorded(buyer, peer, upstream):
    async def answer(request, context):
        return pb.DownloadByLinkResponse(
            content_type="application/pdf", file_name="inv_1.pdf", sha256="ab", body=b"%PDF"
        )

    upstream.answers["DownloadByLink"] = answer

    file = await buyer.get(f"/i/{TOKEN}/pdf")

    assert (file.content, file.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert file.headers["content-disposition"] == 'attachment; filename="inv_1.pdf"'
    assert file.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert upstream.last().kind == paper_pb2.PAPER_KIND_PDF
    listed = (await peer.admin.get("/v1/auditRecords?resourceId=inv_01a2")).json()["records"]
    assert [(each["callerId"], each["sawUnmasked"]) for each in listed] == [("link", True)]


async def test_what_opens_nothing_is_told_on_a_page_and_the_token_stands_in_no_log_and_no_trace(buyer, upstream, spans):
    async def answer(request, context):
        raise Fault(Kind.NOT_FOUND, "LINK_REFUSED", "there is no such link", "链接无效")

    upstream.answers["ViewLink"] = answer

    with capture_logs() as logs:
        page = await buyer.get(f"/i/{TOKEN}")

    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "链接无效或已过期" in page.text
    assert TOKEN not in str(logs)
    ended = [each for each in spans.get_finished_spans() if each.name == "GET /i/{token}"]
    assert [each.attributes["url.path"] for each in ended] == ["/i/{token}"]
    assert TOKEN not in "".join(str(each.attributes) for each in spans.get_finished_spans())


async def test_one_address_opens_few_links_a_second(buyer, upstream):
    async def answer(request, context):
        return _view()

    upstream.answers["ViewLink"] = answer

    statuses = [(await buyer.get(f"/i/{TOKEN}")).status_code for _ in range(40)]

    assert statuses[0] == 200
    assert 429 in statuses


@pytest.mark.parametrize("path", ["/i/", "/i/a b", f"/i/{TOKEN}/exe", "/i/" + "a" * 300, f"/i/{TOKEN}/pdf/x"])
def test_what_has_not_the_shape_of_a_link_is_none(path):
    assert links.find("GET", path) is None
    assert links.find("POST", f"/i/{TOKEN}") is None
