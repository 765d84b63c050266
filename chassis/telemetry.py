"""Traces, metrics and logs: current conventions, W3C context, JSON logs that bear the trace id. No business word."""

import functools
import json
import logging
import os
import random
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog
from google.protobuf.json_format import MessageToDict
from opentelemetry import context, metrics, propagate, trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanKind, Status, StatusCode

P = ParamSpec("P")
R = TypeVar("R")
Attributes = Mapping[str, str | int | bool]

_TRACER = trace.get_tracer("bihuan")
_SINK = re.compile(r"file:.+|otlp:[^/]+:[0-9]{1,5}")
_EXPORT_DELAY_MS = 200
_METRICS_INTERVAL_MS = 15_000
_SPANS_QUEUED_MAX = 16_384
# The last hex digit of a traceparent, when its lowest bit is set (W3C Trace Context, 3.2.2.5.1).
_SAMPLED = frozenset("13579bdf")
# The one version of a traceparent that there is; others are left to the propagator (3.2.2 of the same).
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NO_SPAN: AbstractContextManager[Span] = nullcontext(trace.INVALID_SPAN)


class _Sampling:
    """Which of the traces that start here are kept; `set_up` says it."""

    ratio = 1.0


def set_up(service: str, sink: str, sample_ratio: float) -> Callable[[], None]:
    """Start traces, metrics and logs for this process; returns what ends them and sends what is left.

    `sink` is "" (traces have ids, by which calls are told apart, and none is kept), "file:<folder>" (OTLP JSON lines,
    one file a process, without metrics) or "otlp:<host:port>" (OTLP over gRPC, without TLS). `sample_ratio` counts
    only for traces that start here.
    """
    _set_up_logs(service)
    if not sink:
        _Sampling.ratio = 0.0
        trace.set_tracer_provider(TracerProvider(ParentBased(ALWAYS_OFF)))
        return lambda: None
    resource = Resource.create({"service.name": service})
    # A trace that starts here is asked for only when it is kept (`span`), so the tracer keeps what it is asked for.
    _Sampling.ratio = sample_ratio
    provider = TracerProvider(ParentBased(ALWAYS_ON), resource)
    provider.add_span_processor(
        BatchSpanProcessor(
            _exporter(service, sink),
            max_queue_size=_SPANS_QUEUED_MAX,
            schedule_delay_millis=_EXPORT_DELAY_MS,
        )
    )
    trace.set_tracer_provider(provider)
    end_metrics = _set_up_metrics(sink, resource)

    def end() -> None:
        end_metrics()
        provider.shutdown()

    return end


def meter() -> metrics.Meter:
    """Where instruments are made: named `bihuan.<part>.<what>_<unit>`, labelled by what has few values, never an id."""
    return metrics.get_meter("bihuan")


def _set_up_metrics(sink: str, resource: Resource) -> Callable[[], None]:
    scheme, _, place = sink.partition(":")
    if scheme != "otlp":
        return lambda: None
    exporter = OTLPMetricExporter(endpoint=place, insecure=True)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=_METRICS_INTERVAL_MS)
    provider = MeterProvider([reader], resource)
    metrics.set_meter_provider(provider)
    return provider.shutdown


def check_sink(sink: str) -> None:
    """A `check` for a setting: "" or what `set_up` knows. Raises ValueError with a sentence."""
    if sink and not _SINK.fullmatch(sink):
        raise ValueError(f"must be file:<folder>, otlp:<host:port> or empty, is {sink!r}")


def _exporter(service: str, sink: str) -> SpanExporter:
    check_sink(sink)
    scheme, _, place = sink.partition(":")
    if scheme == "file":
        return FileSpanExporter(Path(place) / f"{service}-{os.getpid()}.jsonl")
    return OTLPSpanExporter(endpoint=place, insecure=True)


class FileSpanExporter(SpanExporter):
    """Appends spans to a file in the OTLP JSON encoding, a batch a line; the local default, for one machine."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write one line for the batch."""
        self._file.write(json.dumps(MessageToDict(encode_spans(spans)), ensure_ascii=False) + "\n")
        self._file.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        self._file.close()


def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    links: Sequence[str] = (),
    attributes: Attributes | None = None,
    is_kept: bool = False,
) -> AbstractContextManager[Span]:
    """A span around a block. `parent` and `links` are W3C traceparents; without a parent it goes under the current one.

    An empty or broken `parent` starts a trace of its own; `is_kept` when it was decided already (`unkept`) that such a
    trace is kept. An exception that leaves the block marks the span as
    failed by its type only: messages may hold what no trace may. In a trace that is not sampled nothing is made, and
    the trace goes on by the span that said so.
    """
    current = trace.get_current_span()
    above = current.get_span_context()
    if parent is None and above.is_valid and not above.trace_flags.sampled:
        return nullcontext(current)
    if parent and (told := _span_context(parent)).is_valid:
        if not told.trace_flags.sampled:
            return _Unsampled(told)
    elif parent is not None or not above.is_valid:
        if _is_off():
            return _NO_SPAN
        if not is_kept and random.random() >= _Sampling.ratio:  # noqa: S311  nobody gains by foreseeing it
            return _Unsampled(_started())
    return _recorded(name, kind, parent, links, attributes)


class _Unsampled(AbstractContextManager[Span]):
    """A block within a trace that is not kept: its ids go on, and nothing is made of it."""

    def __init__(self, here: trace.SpanContext) -> None:
        self._span = NonRecordingSpan(here)

    def __enter__(self) -> Span:
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(self, *_: object) -> None:
        context.detach(self._token)


def _started() -> trace.SpanContext:
    """The place of a trace that starts here and is not kept. To decide so first costs a tenth of asking the tracer."""
    trace_id, span_id = random.getrandbits(128) or 1, random.getrandbits(64) or 1
    return trace.SpanContext(trace_id, span_id, is_remote=False, trace_flags=trace.TraceFlags(0))


@contextmanager
def _recorded(
    name: str, kind: SpanKind, parent: str | None, links: Sequence[str], attributes: Attributes | None
) -> Iterator[Span]:
    above = None if parent is None else _context_of(parent)
    pointers = [Link(pointed) for link in links if (pointed := _span_context(link)).is_valid]
    opened = _TRACER.start_as_current_span(
        name,
        above,
        kind,
        attributes,
        pointers,
        record_exception=False,
        set_status_on_exception=False,
    )
    with opened as current:
        try:
            yield current
        except Exception as fault:
            fail(current, getattr(fault, "reason", type(fault).__name__))
            raise


def _is_off() -> bool:
    """Whether nobody has set up where traces go."""
    # By its very type: an abstract class asks long whether something is one of its kind.
    return type(trace.get_tracer_provider()) is trace.ProxyTracerProvider


def traced(action: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Give an action a span of its own name."""

    @functools.wraps(action)
    async def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with span(action.__name__):
            return await action(*args, **kwargs)

    return inner


def fail(current: Span, reason: str) -> None:
    """Mark a span as failed, by a reason that holds no secret."""
    current.set_attribute("error.type", reason)
    current.set_status(Status(StatusCode.ERROR, reason))


def annotate(**attributes: str | int | bool) -> None:
    """Put our own attributes on the current span, under `bihuan.`."""
    current = trace.get_current_span()
    if not current.is_recording():
        return
    for key, value in attributes.items():
        current.set_attribute(f"bihuan.{key}", value)


def unkept(traceparent: str) -> str | None:
    """The place of a call in a trace that is not kept, as a traceparent: no span has to be made for it.

    `traceparent` is what came with the call, or "". None when its trace is to be kept, or when what came is not plain:
    then it needs a span. Of traces that start here it decides by the ratio that `set_up` was given, as `span` does;
    "" when nothing is traced.
    """
    if traceparent:
        found = _TRACEPARENT.fullmatch(traceparent)
        is_plain = found is not None and int(found[1], 16) and int(found[2], 16) and not is_sampled(traceparent)
        return traceparent if is_plain else None
    if _is_off():
        return ""
    if random.random() < _Sampling.ratio:  # noqa: S311  nobody gains by foreseeing it
        return None
    return f"00-{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}-00"


def current_traceparent() -> str:
    """The W3C traceparent of the current span; empty when there is none."""
    return traceparent_of(trace.get_current_span())


def traceparent_of(current: Span) -> str:
    """The W3C traceparent of a span; empty when it stands for none."""
    here = current.get_span_context()
    if not here.is_valid:
        return ""
    # Formatted here: a propagator would fill a carrier of headers for it, on every call.
    ids = f"{trace.format_trace_id(here.trace_id)}-{trace.format_span_id(here.span_id)}"
    return f"00-{ids}-{here.trace_flags:02x}"


def current_trace_id() -> str:
    """The current trace's id, 32 hex digits; empty when there is none."""
    here = trace.get_current_span().get_span_context()
    return trace.format_trace_id(here.trace_id) if here.is_valid else ""


def is_sampled(traceparent: str) -> bool:
    """Whether a W3C traceparent says that its trace is kept."""
    return traceparent[-1:] in _SAMPLED


def trace_id_of(traceparent: str) -> str:
    """The trace id inside a W3C traceparent; empty when it holds none."""
    if not traceparent:
        return ""
    if (found := _TRACEPARENT.fullmatch(traceparent)) and int(found[1], 16) and int(found[2], 16):
        return found[1]
    pointed = _span_context(traceparent)
    return trace.format_trace_id(pointed.trace_id) if pointed.is_valid else ""


def _context_of(traceparent: str) -> context.Context:
    return propagate.extract({"traceparent": traceparent}, context=context.Context())


def _span_context(traceparent: str) -> trace.SpanContext:
    if found := _TRACEPARENT.fullmatch(traceparent):
        trace_id, span_id, flags = (int(digits, 16) for digits in found.groups())
        return trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=trace.TraceFlags(flags))
    return trace.get_current_span(_context_of(traceparent)).get_span_context()


def _set_up_logs(service: str) -> None:
    def with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        if trace_id := current_trace_id():
            event["trace_id"] = trace_id
        return event

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            with_trace,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
