"""Protocol v1 on a real socket, as an integrator meets it."""

import asyncio
import contextlib
import hashlib
import json
from typing import Any

import httpx
import pytest

from chassis import migrate
from services.tax_sandbox.domain.document import Refusal, read_document
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, Steering, a_document, running_tax_sandbox


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def submit(tax: Steering, body: bytes, key: str = "inv_1", **headers: str) -> httpx.Response:
    return await tax.http.post(
        "/production/42/v1/invoices",
        content=body,
        headers={"Idempotency-Key": key, "Content-Type": "application/json", **headers},
    )


async def by_key(tax: Steering, key: str = "inv_1") -> httpx.Response:
    return await tax.http.get("/production/42/v1/invoices", params={"seller_tax_id": SELLER_TAX_ID, "key": key})


async def booked(tax: Steering, key: str = "inv_1") -> dict[str, Any]:
    async def probe() -> dict[str, Any] | None:
        answer = await by_key(tax, key)
        return answer.json() if answer.status_code == 200 and answer.json()["status"] == "BOOKED" else None

    return await eventually(probe)


async def test_the_models_are_what_the_migrations_make(fresh_database):
    url = await fresh_database("services.tax_sandbox")

    assert await migrate.differences("services.tax_sandbox", url) == []


async def test_a_document_gets_a_number_of_20_digits_and_is_booked_later(tax):
    body = a_document()

    answer = (await submit(tax, body)).json()

    assert answer["number"].isdecimal()
    assert len(answer["number"]) == 20
    assert answer["duplicate"] is False
    assert answer["document_sha256"] == hashlib.sha256(body).hexdigest()
    assert await booked(tax) == {
        "number": answer["number"],
        "key": "inv_1",
        "document_sha256": answer["document_sha256"],
        "accepted_at": answer["accepted_at"],
        "booked_at": (await by_key(tax)).json()["booked_at"],
        "stored_at": (await by_key(tax)).json()["booked_at"],
        "status": "BOOKED",
        "kind": "BLUE",
        "seller_tax_id": SELLER_TAX_ID,
        "amount_minor": 12_345,
        "issue_date": json.loads(body)["issue_date"],
    }
    assert (await tax.http.get(f"/production/42/v1/invoices/{answer['number']}")).json() == (await by_key(tax)).json()


async def test_the_same_bytes_under_the_same_key_get_the_same_number_for_ever(tax):
    first = (await submit(tax, a_document())).json()
    await booked(tax)

    second = (await submit(tax, a_document())).json()

    assert second == first | {"duplicate": True}
    assert [row["submit_count"] for row in await tax.book()] == [2]


async def test_other_bytes_under_a_key_are_refused_and_change_nothing(tax):
    first = (await submit(tax, a_document())).json()

    answer = await submit(tax, a_document(amount_minor=1))

    assert (answer.status_code, answer.json()["code"]) == (409, "E4090")
    assert [row["document_sha256"] for row in await tax.book()] == [first["document_sha256"]]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"\xff", "E4000", ""),
        (b"[" * 100_000, "E4000", ""),
        (b"[]", "E4000", ""),
        (a_document(schema=3), "E4001", "schema"),
        (a_document(schema=True), "E4001", "schema"),
        (a_document(seller={"name": "x"}), "E4002", "seller.tax_id"),
        (a_document(buyer=None), "E4002", "buyer.title"),
        (a_document(amount_minor=0), "E4003", "amount_minor"),
        (a_document(amount_minor=-5), "E4003", "amount_minor"),
        (a_document(amount_minor=1.5), "E4003", "amount_minor"),
        (a_document(amount_minor=True), "E4003", "amount_minor"),
        (a_document(amount_minor=10**16), "E4003", "amount_minor"),
        (a_document(seller={"name": "x", "tax_id": "123"}), "E4004", "seller.tax_id"),
        (a_document(seller={"name": "x", "tax_id": ""}), "E4004", "seller.tax_id"),
        (a_document(buyer={"title": "x", "tax_id": "914201-00MA4KXYZ1"}), "E4004", "buyer.tax_id"),
        (a_document(buyer={"title": "", "tax_id": ""}), "E4005", "buyer.title"),
        (a_document(order_no="a\x00b"), "E4005", "order_no"),
        (a_document(order_no="A" * 65), "E4005", "order_no"),
        (a_document(currency="cny"), "E4006", "currency"),
        (a_document(issue_date="2026-02-30"), "E4007", "issue_date"),
        (a_document(issue_date=20260301), "E4007", "issue_date"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused_by_code_and_field(body, code, field):
    judged = read_document(body)

    assert isinstance(judged, Refusal)
    assert (judged.code, judged.field) == (code, field)


async def test_a_refused_document_is_not_taken_and_does_not_burn_its_key(tax):
    refused = await submit(tax, a_document(amount_minor=0))
    taken = await submit(tax, a_document())

    assert refused.status_code == 422
    assert (refused.json()["code"], refused.json()["field"]) == ("E4003", "amount_minor")
    assert taken.json()["duplicate"] is False
    assert (await tax.counts())["submits_by_outcome"] == {"REFUSED": 1, "ACCEPTED": 1}


async def test_a_head_that_breaks_the_protocol_is_refused(tax):
    answers = [
        await submit(tax, a_document(), key=""),
        await submit(tax, a_document(), key="A" * 129),
        await submit(tax, a_document(), key="a b"),
        await submit(tax, a_document(), **{"Content-Type": "text/plain"}),
        await submit(tax, a_document(seller={"name": "x" * 300_000, "tax_id": SELLER_TAX_ID})),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 415, 413]
    assert {answer.json()["code"] for answer in answers} == {"E4008", "E4150", "E4130"}
    assert await tax.book() == []


async def test_a_head_without_end_is_cut_off(tax):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(tax.url.rpartition(":")[2]))

    writer.write(b"GET /healthz HTTP/1.1\r\nx-long: ")
    with contextlib.suppress(ConnectionError):
        for _ in range(1_000):
            writer.write(b"a" * 4_096)
            await asyncio.wait_for(writer.drain(), timeout=5)
            if reader.at_eof():
                break
    with contextlib.suppress(ConnectionError):
        assert (await asyncio.wait_for(reader.read(), timeout=5)).startswith(b"HTTP/1.1 400")
    writer.close()

    assert (await tax.http.get("/healthz")).status_code == 200


async def test_what_is_not_in_the_book_is_404_with_its_own_code(tax):
    unknown_key = await by_key(tax, "inv_none")
    unknown_number = await tax.http.get("/production/42/v1/invoices/26422000000000000099")
    await submit(tax, a_document())
    other_seller = await tax.http.get("/production/42/v1/invoices", params={"seller_tax_id": "A" * 18, "key": "inv_1"})
    no_route = await tax.http.get("/production/42/v1/nothing")
    no_method = await tax.http.delete("/production/42/v1/invoices")

    assert [answer.status_code for answer in (unknown_key, unknown_number, other_seller, no_route)] == [404] * 4
    assert {answer.json()["code"] for answer in (unknown_key, unknown_number, other_seller)} == {"E4040"}
    assert no_route.json()["code"] == "E4041"
    assert (no_method.status_code, no_method.json()["code"]) == (405, "E4051")


async def test_a_query_without_what_it_asks_for_is_refused(tax):
    no_key = await tax.http.get("/production/42/v1/invoices", params={"seller_tax_id": SELLER_TAX_ID})
    bad_number = await tax.http.get("/production/42/v1/invoices/12")

    assert (no_key.status_code, no_key.json()["field"]) == (400, "key")
    assert (bad_number.status_code, bad_number.json()["field"]) == (400, "number")


async def test_without_its_database_it_says_that_it_cannot_tell():
    async with running_tax_sandbox("postgresql://nobody@/nothing?host=/nonexistent") as tax:
        answers = [await submit(tax, a_document()), await by_key(tax), await tax.http.get("/healthz")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "E5031")] * 3


async def test_the_traces_of_submit_booking_and_query_are_the_callers(tax, spans):
    trace_id, parent_id = "1" * 32, "2" * 16

    answer = await submit(tax, a_document(), traceparent=f"00-{trace_id}-{parent_id}-01")
    number = answer.json()["number"]
    await booked(tax)
    await tax.http.get(f"/production/42/v1/invoices/{number}", headers={"traceparent": f"00-{trace_id}-{parent_id}-01"})

    def of_the_trace() -> dict[str, Any]:
        return {s.name: s for s in spans.get_finished_spans() if f"{s.context.trace_id:032x}" == trace_id}

    found = await eventually(lambda: of_the_trace() if len(of_the_trace()) == 3 else None)
    server, booking = found["POST /v1/invoices"], found["book_invoice"]
    assert f"{server.parent.span_id:016x}" == parent_id
    assert booking.parent.span_id == server.context.span_id
    assert server.kind.name == found["GET /v1/invoices/{number}"].kind.name == "SERVER"
    assert server.attributes["http.route"] == "/{environment}/{region}/v1/invoices"
    assert server.attributes["http.response.status_code"] == 200
    assert SELLER_TAX_ID not in str([dict(s.attributes) for s in spans.get_finished_spans()])
