"""Whoever may not is refused on the quick way as at the door, and what cannot be written down is not told."""

import asyncio
import json
import time

from sqlalchemy import text

from chassis.errors import Fault, Kind
from services.gateway.rates import RateLimits
from tests.support.raw_calls import answered, echo, payment, sent, token_of


async def test_a_key_that_is_revoked_is_refused_at_once(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "short-lived"})).json()
    for _ in range(2):
        assert (await answered(peer, sent().raw(made["token"]))).status == 200
    assert ways == ["door", "quick"]

    await peer.admin.post(f"/v1/apiKeys/{made['apiKey']['keyId']}:revoke", json={})
    refused = await answered(peer, sent().raw(made["token"]))

    assert (refused.status, json.loads(refused.body)["reason"]) == (401, "UNAUTHENTICATED")


async def test_a_caller_that_may_not_is_refused(peer, upstream, ways):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "looks", "roles": ["auditor"]})).json()

    answers = [await answered(peer, sent().raw(made["token"])) for _ in range(2)]

    assert [(one.status, json.loads(one.body)["reason"]) for one in answers] == [(403, "PERMISSION_DENIED")] * 2
    assert upstream.calls == []


async def test_a_limit_is_one_for_both_ways(start_peer, upstream, ways):
    async with start_peer(rate_write_per_second=20.0) as peer:
        raw, began = sent().raw(token_of(peer)), time.monotonic()
        answers = [await answered(peer, raw) for _ in range(3)]
        answers += await asyncio.gather(*(answered(peer, raw) for _ in range(240)))
        seconds = time.monotonic() - began

    statuses = [one.status for one in answers]
    assert 429 in statuses
    assert statuses.count(200) <= 20 * (seconds + 1) + 1
    assert "quick" in ways
    assert dict(answers[statuses.index(429)].headers)["retry-after"] == "1"


async def test_whoever_is_suspended_is_refused_on_both_ways(start_peer, upstream, ways):
    async with start_peer(suspicion_points_max=5.0) as peer:
        token = token_of(peer)
        assert [(await answered(peer, sent().raw(token))).status for _ in range(2)] == [200, 200]
        for _ in range(6):
            await answered(peer, sent(payment(merchantId=["' or 1=1 --"])).raw(token))

        refused = await answered(peer, sent().raw(token))

    assert ways[:2] == ["door", "quick"]
    assert (refused.status, json.loads(refused.body)["reason"]) == (403, "SUSPENDED")


async def test_what_the_service_refuses_counts_against_the_caller_on_the_quick_way_too(start_peer, upstream, ways):
    async def missing(request, context):
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"nothing like {request.merchant_order_no}", "没有")

    upstream.answers["RecordPayment"] = missing
    async with start_peer(suspicion_points_max=1.5) as peer:
        token = token_of(peer)
        await answered(peer, sent(payment(merchantId=7)).raw(token))
        await answered(peer, sent().raw(token))

        refused = await answered(peer, sent().raw(token))

    assert ways[1] == "quick"
    assert (refused.status, json.loads(refused.body)["reason"]) == (403, "SUSPENDED")


async def test_an_answer_is_withheld_when_the_audit_cannot_be_written_and_then_nothing_acts(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer)
    await answered(peer, sent().raw(token))
    async with peer.gateway.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE audit_record RENAME TO audit_gone"))

    first = await answered(peer, sent().raw(token))
    acted = len(upstream.calls)
    second = await answered(peer, sent().raw(token))

    assert ways[1:] == ["quick", "door"]
    assert (first.status, json.loads(first.body)["reason"]) == (504, "AUDIT_NOT_WRITTEN")
    assert (second.status, json.loads(second.body)["reason"]) == (503, "AUDIT_UNAVAILABLE")
    assert len(upstream.calls) == acted


async def test_a_limit_that_has_to_be_asked_for_is_asked_for_by_the_door(peer, upstream, ways, monkeypatch):
    await answered(peer, sent().raw(token_of(peer)))
    monkeypatch.setattr(RateLimits, "take_held", lambda *_: None)

    answer = await answered(peer, sent().raw(token_of(peer)))

    assert (answer.status, ways) == (200, ["door", "door"])
