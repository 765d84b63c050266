"""Reads the spans that the local stack keeps (OTLP JSON lines) and makes trees of them. It prints nothing."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ERROR = "STATUS_CODE_ERROR"


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One span. Times are nanoseconds since 1970; `error` is the reason of a failed one, else empty."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    start_ns: int
    end_ns: int
    error: str
    attributes: Mapping[str, str]


@dataclass(slots=True)
class SpanNode:
    """A span and what went on under it, in order of start."""

    span: SpanRecord
    children: list["SpanNode"] = field(default_factory=list)


def read_trace(folder: Path, trace_id: str) -> list[SpanRecord]:
    """Every span of one trace that any process wrote to the folder."""
    needle = trace_id_text(trace_id)
    found: list[SpanRecord] = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                # A line that is still being written has no end yet; the next reading will have it.
                if needle in line and line.endswith("\n"):
                    found += [span for span in _spans(json.loads(line)) if span.trace_id == trace_id]
    return found


def trace_id_text(trace_id: str) -> str:
    """The id as it stands in the files: the OTLP messages hold bytes, which JSON writes in base64."""
    return base64.b64encode(bytes.fromhex(trace_id)).decode()


def trees(spans: Iterable[SpanRecord]) -> list[SpanNode]:
    """The roots, with all else below them; a span whose parent is not there is a root."""
    nodes = {span.span_id: SpanNode(span) for span in sorted(spans, key=lambda span: span.start_ns)}
    roots: list[SpanNode] = []
    for node in nodes.values():
        above = nodes.get(node.span.parent_id)
        (above.children if above else roots).append(node)
    return roots


def _spans(batch: Mapping[str, Any]) -> Iterator[SpanRecord]:
    for resource in batch["resourceSpans"]:
        service = _attributes(resource["resource"]).get("service.name", "?")
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield _record(service, span)


def _record(service: str, span: Mapping[str, Any]) -> SpanRecord:
    attributes = _attributes(span)
    failed = span.get("status", {}).get("code") == _ERROR
    return SpanRecord(
        trace_id=_hex(span["traceId"]),
        span_id=_hex(span["spanId"]),
        parent_id=_hex(span.get("parentSpanId", "")),
        service=service,
        name=span["name"],
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=int(span["endTimeUnixNano"]),
        error=attributes.get("error.type", "error") if failed else "",
        attributes=attributes,
    )


def _attributes(holder: Mapping[str, Any]) -> dict[str, str]:
    return {one["key"]: str(next(iter(one["value"].values()), "")) for one in holder.get("attributes", [])}


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()
