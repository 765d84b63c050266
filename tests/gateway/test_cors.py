"""Pages of other origins: which of them a browser lets call us, and what it is told."""

import pytest

from services.gateway.cors import check_origins

BOOKS = "https://books.example.com"
ASKED = {
    "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization,content-type,if-match",
}


def _cors(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


async def test_without_a_list_no_page_of_another_origin_is_let_in(peer):
    before = await peer.plain.options("/v1/payments", headers=ASKED | {"origin": BOOKS, "authorization": ""})
    called = await peer.plain.get("/v1/payments/pay_1", headers={"origin": BOOKS})

    assert before.status_code == 405
    assert _cors(before) == _cors(called) == {}
    assert "vary" not in called.headers


async def test_a_browser_that_asks_first_needs_no_key_and_is_told_what_may_be_sent(start_peer, upstream):
    async with start_peer(cors_origins=BOOKS) as peer:
        headers = ASKED | {"origin": BOOKS, "authorization": ""}
        answer = await peer.plain.options("/v1/merchants/m_1/profile", headers=headers)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == BOOKS
    assert "PUT" in answer.headers["access-control-allow-methods"].split(", ")
    taken = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type", "idempotency-key", "if-match", "if-none-match"} <= set(taken)
    assert answer.headers["vary"] == "origin"
    assert int(answer.headers["access-control-max-age"]) <= 600
    assert upstream.calls == []


async def test_answers_and_refusals_can_be_read_by_a_page_that_is_listed_and_by_no_other(start_peer):
    async with start_peer(cors_origins=f"https://a.example, {BOOKS}") as peer:
        told = await peer.plain.get("/v1/payments/pay_1", headers={"origin": BOOKS})
        refused = await peer.plain.get("/v1/payments/pay_1", headers={"origin": BOOKS, "authorization": ""})
        page = await peer.plain.get("/openapi.json", headers={"origin": BOOKS})
        other = await peer.plain.get("/v1/payments/pay_1", headers={"origin": "https://books.example.com.evil.example"})
        no_page = await peer.plain.get("/v1/payments/pay_1")

    assert (told.status_code, refused.status_code, page.status_code) == (200, 401, 200)
    for answer in (told, refused, page):
        assert answer.headers["access-control-allow-origin"] == BOOKS
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert {"etag", "retry-after", "trace-id", "ratelimit"} <= exposed
    assert _cors(other) == _cors(no_page) == {}
    assert other.headers["vary"] == no_page.headers["vary"] == "origin"


@pytest.mark.parametrize("origins", ["*", BOOKS])
async def test_no_answer_ever_lets_a_browser_send_what_it_keeps_for_us(start_peer, origins):
    async with start_peer(cors_origins=origins) as peer:
        before = await peer.plain.options("/v1/payments", headers=ASKED | {"origin": BOOKS})
        called = await peer.plain.get("/v1/payments/pay_1", headers={"origin": BOOKS})

    assert before.headers["access-control-allow-origin"] == called.headers["access-control-allow-origin"]
    assert called.headers["access-control-allow-origin"] == origins
    assert "access-control-allow-credentials" not in {**before.headers, **called.headers}


async def test_a_payment_that_a_page_records_can_be_read_by_it(start_peer, upstream):
    """Of calls that go in batches too: they have a way of their own."""
    payment = {
        "merchantId": "m_1",
        "merchantOrderNo": "1",
        "channel": "c",
        "channelTxnNo": "1",
        "amount": {"currencyCode": "CNY", "amountMinor": "1"},
        "payTime": "2026-03-01T10:00:00Z",
    }
    async with start_peer(cors_origins=BOOKS) as peer:
        for number in range(3):
            headers = {"origin": BOOKS, "idempotency-key": f"pay-cors-{number}"}
            answer = await peer.plain.post("/v1/payments", json=payment, headers=headers)
            assert answer.headers["access-control-allow-origin"] == BOOKS


@pytest.mark.parametrize(
    "text", ["https://Books.example", "books.example", f"{BOOKS}/", f"*,{BOOKS}", "null", "https://*"]
)
def test_a_list_that_names_no_origins_is_refused_at_the_start(text):
    with pytest.raises(ValueError, match="origins"):
        check_origins(text)
