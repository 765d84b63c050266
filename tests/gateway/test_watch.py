"""Something that goes on, watched through the gateway by server-sent events."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.reconciler.v1 import run_pb2, run_service_pb2
from sqlalchemy import text

from chassis.errors import Kind, plain_fault
from services.gateway import contract, openapi, watch
from services.gateway.watch import Pace
from tests.support.eventually import eventually

WATCH = {"accept": "text/event-stream"}


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(watch, "PACE", Pace(0.01, 0.02, 0.05, 20.0))


class Run:
    """A run whose progress a test sets, or which fails as it says."""

    def __init__(self, upstream) -> None:
        self.rows, self.fault, self.asked = 0, None, 0
        upstream.answers["GetRun"] = self._answer

    async def _answer(self, request, context):
        self.asked += 1
        if self.fault:
            raise self.fault
        return run_service_pb2.GetRunResponse(
            run=run_pb2.Run(run_id=request.run_id, totals=run_pb2.RunTotals(payment_count=self.rows))
        )


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, str]]:
    event: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event
            event = {}


async def _next(events: AsyncIterator[dict[str, str]], name: str) -> dict[str, str]:
    async with asyncio.timeout(60):
        async for event in events:
            if name in event:
                return event
    raise AssertionError(f"the stream ended without {name}")


async def test_each_change_is_told_once_and_silence_is_broken_by_signs_of_life(peer, upstream):
    run = Run(upstream)

    async with peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH) as response:
        events = _events(response)
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert (await _next(events, "retry"))["retry"] == "2000"
        first = await _next(events, "data")
        run.rows = 7
        second = await _next(events, "data")
        assert await _next(events, "")

    assert (first["event"], json.loads(first["data"])["run"]["totals"]["paymentCount"]) == ("change", "0")
    assert json.loads(second["data"])["run"]["totals"]["paymentCount"] == "7"
    assert first["id"] != second["id"]


async def test_whoever_comes_again_is_not_told_what_it_was_told(peer, upstream):
    run = Run(upstream)
    async with peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH) as response:
        known = await _next(_events(response), "data")

    async with peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH | {"last-event-id": known["id"]}) as response:
        events = _events(response)
        await _next(events, "")
        run.rows = 1
        assert json.loads((await _next(events, "data"))["data"])["run"]["totals"]["paymentCount"] == "1"


async def test_nothing_is_asked_any_more_once_the_caller_is_gone(peer, upstream):
    run = Run(upstream)
    async with peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH) as response:
        await _next(_events(response), "data")

    async def stands_still() -> bool:
        before = run.asked
        await asyncio.sleep(0.2)
        return run.asked == before

    await eventually(stands_still)


async def test_a_service_that_is_away_for_a_moment_ends_no_watch_and_a_refusal_is_its_last_word(peer, upstream):
    run = Run(upstream)
    async with peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH) as response:
        events = _events(response)
        await _next(events, "data")
        run.fault = plain_fault(Kind.UNAVAILABLE)
        await _next(events, "")
        run.fault = plain_fault(Kind.NOT_FOUND)
        last = await _next(events, "data")

        assert (last["event"], json.loads(last["data"])["reason"]) == ("problem", "NOT_FOUND")
        assert [event async for event in events] == []


async def test_a_key_that_is_revoked_sees_no_more(peer, upstream):
    Run(upstream)
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "w"})).json()
    headers = WATCH | {"authorization": f"Bearer {made['token']}"}
    async with peer.plain.stream("GET", "/v1/runs/run_1", headers=headers) as response:
        events = _events(response)
        await _next(events, "data")
        await peer.admin.post(f"/v1/apiKeys/{made['apiKey']['keyId']}:revoke", json={})

        assert json.loads((await _next(events, "data"))["data"])["reason"] == "UNAUTHENTICATED"


async def test_a_watch_ends_by_itself_and_too_many_are_told_to_come_again(peer, upstream, monkeypatch):
    Run(upstream)
    monkeypatch.setattr(watch, "PACE", Pace(0.01, 0.02, 0.05, 0.1))
    async with asyncio.timeout(60):
        ended = await peer.admin.get("/v1/runs/run_1", headers=WATCH)
    monkeypatch.setattr(watch, "_WATCHES_MAX", 0)
    refused = await peer.admin.get("/v1/runs/run_1", headers=WATCH)

    assert ended.text.count("event: change") == 1
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


async def test_what_is_not_there_is_an_answer_and_no_stream_and_lists_are_not_watched(peer, upstream):
    run = Run(upstream)
    run.fault = plain_fault(Kind.NOT_FOUND)

    gone = await peer.admin.get("/v1/runs/run_1", headers=WATCH)
    page = await peer.admin.get("/v1/invoices", headers=WATCH)

    assert (gone.status_code, gone.headers["content-type"]) == (404, "application/problem+json")
    assert page.headers["content-type"] == "application/json"


def test_the_document_says_what_can_be_watched():
    paths = openapi.document(contract.load())["paths"]

    watched = {path for path, verbs in paths.items() if "text/event-stream" in str(verbs.get("get", {}))}
    assert {"/v1/runs/{run_id}", "/v1/imports/{import_id}", "/v1/payments/{payment_id}"} <= watched
    assert "/v1/invoices" not in watched
    assert "/v1/runs/{run_id}/matches" not in watched


async def test_one_tenant_that_watches_much_leaves_room_for_others(peer, upstream, monkeypatch):
    Run(upstream)
    monkeypatch.setattr(watch, "_OF_ONE_MAX", 2)
    async with contextlib.AsyncExitStack() as stack:
        held = []  # a stream that nobody holds is closed
        for _ in range(2):
            one = await stack.enter_async_context(peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH))
            held.append(_events(one))
            await _next(held[-1], "data")

        more = await peer.admin.get("/v1/runs/run_1", headers=WATCH)
        async with peer.plain.stream("GET", "/v1/runs/run_1", headers=WATCH) as others:
            await _next(_events(others), "data")

    assert (more.status_code, more.json()["reason"]) == (503, "OVERLOADED")

    async def has_room_again() -> bool:
        async with peer.admin.stream("GET", "/v1/runs/run_1", headers=WATCH) as answer:
            return answer.status_code == 200

    await eventually(has_room_again)


async def test_what_a_watch_shows_unmasked_later_on_stands_in_the_audit_once(peer, upstream):
    payment = payment_pb2.Payment(payment_id="pay_1", merchant_id="m_1")

    async def answer(request, context):
        return payment_service_pb2.GetPaymentResponse(payment=payment)

    upstream.answers["GetPayment"] = answer
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "s", "seesUnmasked": True})).json()
    headers = WATCH | {"authorization": f"Bearer {made['token']}"}
    async with peer.plain.stream("GET", "/v1/payments/pay_1", headers=headers) as response:
        events = _events(response)
        await _next(events, "data")
        before = await _sights(peer)
        for name in ("张三", "李四"):
            payment.payer_name = name
            assert name in (await _next(events, "data"))["data"]

    assert before == []
    assert await _sights(peer) == [made["apiKey"]["keyId"]]


async def test_a_key_that_is_suspended_watches_no_more(start_peer, upstream):
    Run(upstream)
    async with (
        start_peer(suspicion_points_max=20.0) as peer,
        peer.plain.stream("GET", "/v1/runs/run_1", headers=WATCH) as response,
    ):
        events = _events(response)
        await _next(events, "data")
        for _ in range(3):
            await peer.plain.post("/v1/payments", content=b'{"a":"\' or 1=1 --"}')
        last = await _next(events, "data")

    assert (last["event"], json.loads(last["data"])["reason"]) == ("problem", "SUSPENDED")


async def _sights(peer) -> list[str]:
    async with peer.gateway.engine.connect() as connection:
        rows = await connection.execute(text("SELECT caller_id FROM audit_record WHERE saw_unmasked"))
        return list(rows.scalars())
