"""Faults as HTTP answers: RFC 9457 problem details. It never decides what is wrong.

`type` is about:blank and `title` the status phrase, as the RFC has it for problems that `reason` tells apart.
`detail` speaks the caller's language (Accept-Language: zh for Chinese, else English); `detail_zh` is always there.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from chassis.errors import STATUS_OF, Fault, FieldFault, Kind

MEDIA_TYPE = "application/problem+json"
_PREFERENCE = re.compile(r"\s*([A-Za-z]{1,8}|\*)[A-Za-z0-9-]*\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")
# Reasons whose HTTP status says more than that of their kind.
_STATUS_OF_REASON = {"TOO_LARGE": 413, "VERSION_MISMATCH": 412}


class HttpFault(Fault):
    """A fault with an HTTP status of its own, and headers; by gRPC these are metadata, whose names have no capitals."""

    def __init__(
        self,
        status: int,
        kind: Kind,
        reason: str,
        message: str,
        message_zh: str,
        headers: Mapping[str, str] | None = None,
        *,
        retry_after_seconds: int = 0,
    ) -> None:
        super().__init__(kind, reason, message, message_zh, retry_after_seconds=retry_after_seconds)
        self.status = status
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}


def problem(fault: Fault, accept_language: str, trace_id: str) -> Response:
    """The answer that tells a fault."""
    status = status_of(fault)
    headers: dict[str, str] = {}
    if isinstance(fault, HttpFault):
        headers |= fault.headers
    if fault.retry_after_seconds:
        headers["retry-after"] = str(fault.retry_after_seconds)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="bihuan"'
    is_chinese = prefers_chinese(accept_language) and bool(fault.message_zh)
    headers["content-language"] = "zh-CN" if is_chinese else "en"
    body = json.dumps(_body(fault, status, trace_id, is_chinese=is_chinese), ensure_ascii=False)
    return Response(body.encode("utf-8"), status, headers, MEDIA_TYPE)


def status_of(fault: Fault) -> int:
    """The HTTP status of a fault."""
    if isinstance(fault, HttpFault):
        return fault.status
    return _STATUS_OF_REASON.get(fault.reason, STATUS_OF[fault.kind][1])


def prefers_chinese(accept_language: str) -> bool:
    """Whether an Accept-Language header wants Chinese rather than English; the first of two equals wins."""
    best, is_chinese = 0.0, False
    for part in accept_language.split(",")[:16]:
        found = _PREFERENCE.fullmatch(part)
        if found and (language := found[1].lower()) in ("zh", "en") and (quality := float(found[2] or 1)) > best:
            best, is_chinese = quality, language == "zh"
    return is_chinese


def _body(fault: Fault, status: int, trace_id: str, *, is_chinese: bool) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": fault.message_zh if is_chinese else fault.message,
        "detail_zh": fault.message_zh,
        "reason": fault.reason,
        "errors": [_error(field) for field in fault.fields],
        "metadata": fault.metadata,
        "trace_id": trace_id,
    }


def _error(field: FieldFault) -> dict[str, str]:
    return {"field": field.field, "rule": field.rule, "message": field.message, "message_zh": field.message_zh}


def example(status: int, reason: str, message: str, message_zh: str) -> dict[str, Any]:
    """A problem as the document shows it."""
    fault = Fault(Kind.INVALID, reason, message, message_zh)
    return _body(fault, status, "4bf92f3577b34da6a3ce929d0e0e4736", is_chinese=False)


# The shape of _body, for the OpenAPI document.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, as RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "detail_zh", "reason", "errors", "metadata", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "Always about:blank; `reason` tells problems apart."},
        "title": {"type": "string", "description": "The HTTP status in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "A sentence for people, in Chinese for Accept-Language zh."},
        "detail_zh": {"type": "string", "description": "The same in Chinese; empty when there is none."},
        "reason": {"$ref": "#/components/schemas/type.v1.ErrorReason", "description": "What went wrong, for programs."},
        "errors": {
            "type": "array",
            "description": "The fields that break a rule; of very many the first.",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message", "message_zh"],
                "properties": {
                    "field": {
                        "type": "string",
                        "description": "Its path, in the contract's names: amount.amount_minor.",
                    },
                    "rule": {"type": "string", "description": "The rule that it breaks, for programs."},
                    "message": {"type": "string", "description": "What it must be, in English."},
                    "message_zh": {"type": "string", "description": "The same in Chinese."},
                },
            },
        },
        "metadata": {
            "type": "object",
            "description": "What a program needs of the sentence.",
            "additionalProperties": {"type": "string"},
        },
        "trace_id": {"type": "string", "description": "Finds the trace; empty when the call was not traced."},
    },
}
