"""chassis.telemetry: spans, their parents, and where they are kept."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis import telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
TRACEPARENT = f"{PARENT}01"


def test_a_span_goes_on_with_the_trace_that_it_is_given(spans):
    with telemetry.span("later", parent=TRACEPARENT):
        assert telemetry.current_trace_id() == "0af7651916cd43dd8448eb211c80319c"

    (ended,) = spans.get_finished_spans()
    assert f"{ended.parent.span_id:016x}" == "b7ad6b7169203331"


@pytest.mark.parametrize("broken", ["", "nonsense", "00-0-0-0"])
def test_a_broken_parent_starts_a_trace_of_its_own(spans, broken: str):
    with telemetry.span("outer"), telemetry.span("inner", parent=broken):
        pass

    inner, outer = spans.get_finished_spans()
    assert inner.parent is None
    assert inner.context.trace_id != outer.context.trace_id


@pytest.mark.parametrize("parent", ["", TRACEPARENT, TRACEPARENT[:-1] + "0"])
def test_a_traceparent_is_what_the_w3c_propagator_writes(spans, parent: str):
    with telemetry.span("here", parent=parent):
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)

        assert telemetry.current_traceparent() == carrier["traceparent"]
    assert telemetry.current_traceparent() == ""


def test_a_call_of_a_trace_that_is_not_kept_needs_no_span(spans, monkeypatch):
    monkeypatch.setattr(telemetry._Sampling, "ratio", 0.0)

    made = telemetry.unkept("")

    assert telemetry.unkept(f"{PARENT}00") == f"{PARENT}00"
    assert made is not None
    assert telemetry.unkept(made) == made
    assert telemetry.trace_id_of(made) == made[3:35]


@pytest.mark.parametrize("told", [TRACEPARENT, "nonsense", f"01{PARENT[2:]}00", f"00-{'0' * 32}-{'b' * 16}-00"])
def test_a_call_whose_trace_is_kept_or_that_tells_it_otherwise_needs_a_span(spans, monkeypatch, told: str):
    monkeypatch.setattr(telemetry._Sampling, "ratio", 0.0)

    assert telemetry.unkept(told) is None


def test_what_was_decided_to_be_kept_is_not_decided_again(spans, monkeypatch):
    assert telemetry.unkept("") is None
    monkeypatch.setattr(telemetry._Sampling, "ratio", 0.0)

    with telemetry.span("kept", parent="", is_kept=True), telemetry.span("not", parent=""):
        pass

    assert [span.name for span in spans.get_finished_spans()] == ["kept"]


def test_a_failed_span_tells_the_kind_of_fault_and_not_its_words(spans):
    with pytest.raises(ValueError, match="secret"), telemetry.span("failing"):
        raise ValueError("secret")

    (ended,) = spans.get_finished_spans()
    assert ended.status.description == "ValueError"
    assert "secret" not in ended.to_json()


def test_a_process_keeps_its_spans_and_its_logs_bear_the_trace(tmp_path):
    code = (
        "import sys, structlog\n"
        "from chassis import telemetry\n"
        "shutdown = telemetry.set_up('demo', 'file:' + sys.argv[1], 1.0)\n"
        "with telemetry.span('one', attributes={'bihuan.payment_id': 'pay_1'}):\n"
        "    structlog.get_logger().info('said', n=1)\n"
        "shutdown()\n"
    )

    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, check=True, timeout=60)

    (kept,) = tmp_path.glob("demo-*.jsonl")
    resource = json.loads(kept.read_text("utf-8"))["resourceSpans"][0]
    assert resource["scopeSpans"][0]["spans"][0]["name"] == "one"
    logged = json.loads(done.stderr)
    assert (logged["event"], logged["service"], len(logged["trace_id"])) == ("said", "demo", 32)


def test_what_is_not_sampled_is_not_kept(tmp_path):
    code = (
        "import sys\n"
        "from chassis import telemetry\n"
        "shutdown = telemetry.set_up('demo', 'file:' + sys.argv[1], 0.0)\n"
        "with telemetry.span('one'): pass\n"
        "shutdown()\n"
    )

    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, timeout=60)

    assert [path.read_text("utf-8") for path in tmp_path.glob("*.jsonl")] == [""]


def test_a_trace_that_is_not_kept_still_goes_on_by_its_ids(tmp_path):
    code = (
        "import sys\n"
        "from chassis import telemetry\n"
        f"told = {PARENT!r}\n"
        "shutdown = telemetry.set_up('demo', 'file:' + sys.argv[1], 0.0)\n"
        "for parent in (None, '', 'broken', '00-' + 32 * '0' + '-b7ad6b7169203331-01', told + '00', told + '01'):\n"
        "    with telemetry.span('outer', parent=parent):\n"
        "        print(telemetry.current_traceparent(), telemetry.current_trace_id())\n"
        "        with telemetry.span('inner'):\n"
        "            print(telemetry.current_traceparent(), telemetry.current_trace_id())\n"
        "    print(telemetry.current_traceparent())\n"
        "shutdown()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True, timeout=60
    )

    lines = done.stdout.splitlines()
    outer, inner, after = lines[::3], lines[1::3], lines[2::3]
    *started, left_out, kept = outer
    assert after == [""] * 6
    assert inner[:5] == outer[:5]
    assert all(re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-00 \1", line) for line in started)
    assert len({line[3:35] for line in started}) == 4
    assert left_out == f"{PARENT}00 {PARENT[3:35]}"
    assert kept.startswith(PARENT[:36])
    assert kept.endswith(f"-01 {PARENT[3:35]}")
    (spans,) = [path.read_text("utf-8") for path in tmp_path.glob("*.jsonl")]
    assert (spans.count('"outer"'), spans.count('"inner"')) == (1, 1)


def test_about_as_many_traces_are_kept_as_was_asked_for(tmp_path):
    code = (
        "import sys\n"
        "from chassis import telemetry\n"
        "shutdown = telemetry.set_up('demo', 'file:' + sys.argv[1], 0.1)\n"
        "for _ in range(2_000):\n"
        "    with telemetry.span('one'): pass\n"
        "shutdown()\n"
    )

    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, timeout=60)

    (spans,) = [path.read_text("utf-8") for path in tmp_path.glob("*.jsonl")]
    assert 120 < spans.count('"one"') < 280  # six deviations either way


def test_spans_go_to_a_collector_over_otlp():
    received: Queue[ExportTraceServiceRequest] = Queue()

    class Collector(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request, context):
            received.put(request)
            return ExportTraceServiceResponse()

    collector = grpc.server(ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Collector(), collector)
    port = collector.add_insecure_port("127.0.0.1:0")
    collector.start()
    code = (
        "import sys\n"
        "from chassis import telemetry\n"
        "shutdown = telemetry.set_up('demo', 'otlp:' + sys.argv[1], 1.0)\n"
        "with telemetry.span('one'): pass\n"
        "shutdown()\n"
    )

    subprocess.run([sys.executable, "-c", code, f"127.0.0.1:{port}"], check=True, timeout=60)

    resource = received.get(timeout=60).resource_spans[0]
    collector.stop(None).wait()
    assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "demo"
    assert [span.name for span in resource.scope_spans[0].spans] == ["one"]
