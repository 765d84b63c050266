"""What every request has in common: a span, a place, a shape of error; and what is open to all."""

import asyncio
from types import SimpleNamespace

import pytest
import structlog
from bihuan.payments.v1 import payment_service_pb2
from opentelemetry.trace import SpanKind

from chassis.errors import Fault, Kind
from services.gateway.door import Door
from services.gateway.limits import InFlight
from services.gateway.problems import prefers_chinese, problem
from tests.support.eventually import eventually
from tests.support.storage import NAME, refuse_a_name

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_call_has_a_server_span_named_by_its_route_in_the_callers_trace(peer, upstream, spans):
    answer = await peer.plain.get("/v1/payments/pay_1", headers={"traceparent": PARENT})

    span = await eventually(
        lambda: next(
            (s for s in spans.get_finished_spans() if s.kind is SpanKind.SERVER and s.name.startswith("GET")), None
        )
    )
    assert span.name == "GET /v1/payments/{payment_id}"
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert span.attributes["http.request.method"] == "GET"
    assert span.attributes["http.route"] == "/v1/payments/{payment_id}"
    assert span.attributes["url.path"] == "/v1/payments/pay_1"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["bihuan.key_id"].startswith("key_")
    assert answer.headers["trace-id"] == "0af7651916cd43dd8448eb211c80319c"
    assert answer.headers["traceparent"].split("-")[2] == f"{span.context.span_id:016x}"


async def test_the_trace_goes_on_into_the_service_behind(peer, upstream, spans):
    await peer.plain.get("/v1/payments/pay_1", headers={"traceparent": PARENT})

    assert upstream.calls[-1][2]["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"


async def test_a_problem_bears_the_trace_that_finds_it_and_only_our_faults_fail_the_span(peer, upstream, spans):
    async def broken(request, context):
        raise RuntimeError("inside")

    upstream.answers["GetPayment"] = broken
    ours = await peer.plain.get("/v1/payments/pay_1")
    theirs = await peer.plain.get("/v1/payments?nope=1")

    assert ours.json()["trace_id"] == ours.headers["trace-id"]
    outer = {
        s.attributes.get("http.response.status_code"): s
        for s in spans.get_finished_spans()
        if s.name.startswith("GET /")
    }
    assert not outer[500].status.is_ok
    assert outer[400].status.is_unset
    assert outer[400].attributes["error.type"] == "MALFORMED_REQUEST"
    assert theirs.status_code == 400


async def test_health_and_document_are_open_and_all_else_is_not(peer):
    bare = {"authorization": ""}
    health = await peer.plain.get("/healthz", headers=bare)
    document = await peer.plain.get("/openapi.json", headers=bare)

    assert (health.status_code, health.json()) == (200, {"status": "serving"})
    assert document.json()["openapi"] == "3.1.0"
    assert (await peer.plain.get("/v1/system", headers=bare)).status_code == 401


async def test_a_route_that_is_not_there_and_a_method_that_is_not_taken(peer):
    missing = await peer.plain.get("/v1/nothing")
    wrong = await peer.plain.delete("/v1/payments")

    assert (missing.status_code, missing.json()["reason"]) == (404, "UNKNOWN_ROUTE")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert (await peer.plain.post("/v1/statements/st_1", json={})).headers["allow"] == "GET, HEAD"


async def test_a_head_has_the_headers_of_a_get_and_no_body(peer):
    answer = await peer.plain.head("/v1/payments/pay_1")

    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_system_tells_which_services_answer(peer, upstream):
    system = (await peer.plain.get("/v1/system")).json()

    assert system["version"]
    assert system["services"] == [
        {"service": "payments", "serving": True},
        {"service": "reconciler", "serving": True},
        {"service": "invoice_sync", "serving": True},
    ]


async def test_more_calls_than_places_are_turned_away_and_told_to_come_again(peer, upstream, monkeypatch):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return payment_service_pb2.GetPaymentResponse()

    upstream.answers["GetPayment"] = slow
    door = peer.gateway.outside.server.config.loaded_app
    assert isinstance(door, Door), "uvicorn wraps nothing around the door"
    monkeypatch.setattr(door, "_in_flight", InFlight(1))
    first = asyncio.create_task(peer.plain.get("/v1/payments/pay_1"))
    await eventually(lambda: upstream.calls)

    second = await peer.plain.get("/v1/payments/pay_2")
    open_all_the_same = await peer.plain.get("/healthz")
    release.set()

    assert (second.status_code, second.json()["reason"], second.headers["retry-after"]) == (503, "OVERLOADED", "1")
    assert open_all_the_same.status_code == 200
    assert (await first).status_code == 200
    assert (await peer.plain.get("/v1/payments/pay_3")).status_code == 200


async def test_a_row_that_the_database_refuses_is_logged_without_its_contents(peer, monkeypatch):
    async def refused(*_):
        await refuse_a_name(peer.gateway.engine)

    door = peer.gateway.outside.server.config.loaded_app
    monkeypatch.setattr(door, "_transcoder", SimpleNamespace(answer=refused))
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as logs:
        answer = await peer.plain.get("/v1/payments/pay_1")

    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    assert [entry["constraint"] for entry in logs if entry["event"] == "unhandled"] == ["short"]
    assert NAME not in str(logs) + answer.text


@pytest.mark.parametrize(
    ("header", "chinese"),
    [
        ("", False),
        ("zh", True),
        ("zh-CN,zh;q=0.9,en;q=0.8", True),
        ("en-US,en;q=0.9,zh;q=0.8", False),
        ("fr, zh;q=0.3", True),
        ("en;q=0, zh;q=0.1", True),
        ("zh;q=0", False),
        ("*", False),
        (";;;,,,q=9", False),
        ("zh;q=abc", False),
    ],
)
def test_the_language_of_a_problem_is_the_callers(header, chinese):
    assert prefers_chinese(header) is chinese


def test_a_fault_without_chinese_words_is_told_in_english_to_all():
    answer = problem(Fault(Kind.INTERNAL, "INTERNAL", "broken", ""), "zh", "")

    assert b'"detail": "broken"' in answer.body
