"""Calls on the quick way begin and end as others do: with their time, their place, their connection, their gateway."""

import asyncio
import json
import re

import pytest

from tests.support.eventually import eventually
from tests.support.raw_calls import (
    UNKEPT,
    Answer,
    answered,
    audited,
    echo,
    payment,
    read_answer,
    sent,
    token_of,
)


async def test_a_call_that_takes_too_long_is_told_that_its_outcome_is_unknown_and_stands_in_the_audit(
    start_peer, upstream, ways
):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    async with start_peer(call_timeout_seconds=2.0) as peer:
        await answered(peer, sent().raw(token_of(peer)))
        upstream.answers["RecordPayment"] = slow
        late = await answered(peer, sent().raw(token_of(peer)))
        release.set()
        outcomes = [row[7] for row in await audited(peer)]

    assert ways == ["door", "quick"]
    assert (late.status, json.loads(late.body)["reason"]) == (504, "DEADLINE_EXCEEDED")
    assert outcomes == ["OK", "DEADLINE_EXCEEDED"]


async def test_places_are_given_back(start_peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    async with start_peer(in_flight_max=1) as peer:
        token = token_of(peer)
        bodies = [payment(), payment(merchantOrderNo="reused"), payment(merchantId=7), payment(), payment()]

        statuses = [(await answered(peer, sent(body).raw(token))).status for body in bodies]

    assert statuses == [200, 409, 400, 200, 200]
    assert "quick" in ways


async def test_when_all_places_are_held_the_next_is_told_so_by_the_door(start_peer, upstream, ways):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    async with start_peer(in_flight_max=1) as peer:
        token = token_of(peer)
        await answered(peer, sent().raw(token))
        upstream.answers["RecordPayment"] = slow
        holding = asyncio.ensure_future(answered(peer, sent().raw(token)))
        await eventually(lambda: len(ways) == 2)
        refused = await answered(peer, sent().raw(token))
        release.set()
        held = await holding

    assert ways == ["door", "quick", "door"]
    assert (refused.status, json.loads(refused.body)["reason"], held.status) == (503, "OVERLOADED", 200)


async def test_a_body_that_comes_late_or_in_pieces_is_waited_for(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    raw = sent().raw(token_of(peer))
    await answered(peer, raw)
    head = raw.index(b"\r\n\r\n") + 4

    async def in_pieces(pause: float) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
        for piece in (raw[:20], raw[20:head], raw[head : head + 9], raw[head + 9 :]):
            writer.write(piece)
            await asyncio.sleep(pause)
        answer = await read_answer(reader)
        writer.close()
        return answer

    soon, late = await asyncio.gather(in_pieces(0.01), in_pieces(1.2))

    assert (soon.status, late.status) == (200, 200)
    assert sorted(ways) == ["door", "quick"]


async def test_requests_that_follow_at_once_on_one_connection_are_answered_in_their_order(peer, upstream, ways):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer)
    await answered(peer, sent().raw(token))
    look = b"GET /v1/payments/pay_1 HTTP/1.1\r\nhost: here\r\nauthorization: Bearer %b\r\n\r\n" % token.encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)

    writer.write(b"".join([*(sent(payment(merchantOrderNo=f"o{no}")).raw(token) for no in range(3)), look]))
    answers = [await read_answer(reader) for _ in range(4)]
    writer.write(sent(payment(merchantOrderNo="last")).raw(token))
    answers.append(await read_answer(reader))
    writer.close()

    told = [re.search(rb'"paymentId":"(\w*)"', one.body) for one in answers]
    assert [found and found[1] for found in told] == [b"pay_o0", b"pay_o1", b"pay_o2", None, b"pay_last"]
    assert ways[1] == ways[-1] == "quick"


async def test_who_hangs_up_has_its_call_written_down_all_the_same(peer, upstream, ways):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    token = token_of(peer)
    await answered(peer, sent().raw(token))
    upstream.answers["RecordPayment"] = slow
    _, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
    writer.write(sent().raw(token))
    await eventually(lambda: len(upstream.calls) == 2)
    writer.close()
    release.set()

    async def two() -> bool:
        return len(await audited(peer)) == 2

    await eventually(two)
    assert ways == ["door", "quick"]


async def test_a_gateway_that_stops_answers_what_went_the_quick_way(start_peer, upstream, ways):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    async with start_peer() as peer:
        token = token_of(peer)
        await answered(peer, sent().raw(token))
        upstream.answers["RecordPayment"] = slow
        waiting = asyncio.ensure_future(answered(peer, sent().raw(token)))
        await eventually(lambda: len(upstream.calls) == 2)
        stopping = asyncio.ensure_future(peer.gateway.outside.stop())
        await asyncio.sleep(0)
        release.set()
        answer = await waiting
        await stopping

    assert (answer.status, ways) == (200, ["door", "quick"])


@pytest.mark.usefixtures("spans")
async def test_a_trace_that_is_kept_goes_through_the_door_with_its_span(peer, upstream, ways, spans):
    upstream.answers["RecordPayment"] = echo
    token = token_of(peer)
    await answered(peer, sent().raw(token))
    spans.clear()

    kept = await answered(peer, sent(traceparent=UNKEPT[:-1] + "1").raw(token))
    fresh = await answered(peer, sent(traceparent=None).raw(token))
    unkept = await answered(peer, sent().raw(token))

    assert ways[1:] == ["door", "door", "quick"]
    assert dict(unkept.headers)["traceparent"] == UNKEPT
    names = [span.name for span in spans.get_finished_spans()]
    assert names.count("POST /v1/payments") == 2
    assert dict(kept.headers)["trace-id"] == UNKEPT[3:35] != dict(fresh.headers)["trace-id"]
