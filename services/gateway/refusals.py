"""Which refusals the document promises: the answers that are problems, by status, each with its reasons."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bihuan.type.v1 import error_reason_pb2

from services.gateway import chinese, problems
from services.gateway.contract import Operation

_PREFIX = "ERROR_REASON_"
REASONS = tuple(
    value.name.removeprefix(_PREFIX)
    for value in error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"].values
    if value.number
)
_WORD = re.compile(r"\b[A-Z][A-Z_]{5,}\b")


@dataclass(frozen=True, slots=True)
class _Refusal:
    """The answers with one status: the name of their component, what they mean, and the reasons they usually have."""

    name: str
    words: str
    words_zh: str
    reasons: tuple[str, ...]


# What any operation may be refused for; what is an operation's own stands in its description.
_USUAL: Mapping[int, _Refusal] = {
    400: _Refusal(
        "BadRequest",
        "The request is not what the contract says; `errors` names the fields.",
        "请求不符合接口约定，errors 逐一指出字段。",
        ("INVALID_FIELD", "MALFORMED_REQUEST", "INVALID_PAGE_TOKEN", "UNKNOWN_CURRENCY", "REQUEST_ID_CONFLICT"),
    ),
    401: _Refusal(
        "Unauthenticated",
        "No key, or one that does not hold.",
        "没有有效的密钥。",
        ("UNAUTHENTICATED",),
    ),
    403: _Refusal(
        "Forbidden",
        "The caller may not, or is suspended.",
        "无权执行，或已被暂时封禁。",
        ("PERMISSION_DENIED", "SUSPENDED"),
    ),
    404: _Refusal(
        "NotFound",
        "Nothing by that id that the caller sees.",
        "没有该编号的记录，或不在权限范围内。",
        ("NOT_FOUND",),
    ),
    409: _Refusal(
        "Conflict",
        "It is there already with other content, or something else is under way.",
        "已存在且内容不同，或有冲突的操作正在进行。",
        ("REQUEST_ID_REUSED", "BUSINESS_KEY_REUSED"),
    ),
    412: _Refusal(
        "NotTheVersion",
        "It is not at the version that If-Match names, so nothing was done: look at it again.",
        "对象已不是 If-Match 所述的版本，未作任何改动，请重新查询。",
        ("VERSION_MISMATCH",),
    ),
    413: _Refusal(
        "TooLarge",
        "The body is over the limit.",
        "请求体超过上限。",
        ("TOO_LARGE",),
    ),
    415: _Refusal(
        "UnsupportedMedia",
        "The body is of another kind, or compressed.",
        "请求体类型不受支持，或被压缩。",
        ("MALFORMED_REQUEST",),
    ),
    422: _Refusal(
        "Unprocessable",
        "What is there does not allow it.",
        "当前状态不允许此操作。",
        (),
    ),
    429: _Refusal(
        "TooMany",
        "Too many calls: come again after Retry-After.",
        "调用过多，请按 Retry-After 重试。",
        ("RATE_LIMITED", "OVERLOADED"),
    ),
    500: _Refusal(
        "Internal",
        "A fault of ours; `trace_id` finds it.",
        "系统内部错误，凭 trace_id 查询。",
        ("INTERNAL",),
    ),
    503: _Refusal(
        "Unavailable",
        "A part that is needed does not answer: repeat with the same key.",
        "所需部分暂无应答，请用相同的键重试。",
        ("UNAVAILABLE", "OVERLOADED", "AUDIT_UNAVAILABLE"),
    ),
    504: _Refusal(
        "OutcomeUnknown",
        "Whether it was done is unknown: ask, or repeat with the same key.",
        "是否执行未知：请查询，或用相同的键重试。",
        ("DEADLINE_EXCEEDED", "AUDIT_NOT_WRITTEN"),
    ),
}
_OF_BODIES = (413, 415)
_OF_CONDITIONS = (412,)


def of(operation: Operation, *, is_conditional: bool = False) -> dict[str, Any]:
    """The refusals of an operation, for its `responses`; of one that takes If-Match with the one for that."""
    left_out = {*(() if operation.body else _OF_BODIES), *(() if is_conditional else _OF_CONDITIONS)}
    statuses = [status for status in _USUAL if status not in left_out]
    return {str(status): {"$ref": f"#/components/responses/{_USUAL[status].name}"} for status in statuses}


def own_reasons(comment: str) -> list[str]:
    """The reasons that a description names."""
    return [reason for reason in dict.fromkeys(_WORD.findall(comment)) if reason in REASONS]


def components() -> dict[str, Any]:
    """The refusals that operations share, for the document's `components`."""
    return {refusal.name: _component(status, refusal) for status, refusal in _USUAL.items()}


def _component(status: int, refusal: _Refusal) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
    content: dict[str, Any] = {"schema": schema}
    if refusal.reasons:
        content["example"] = problems.example(status, refusal.reasons[0], refusal.words, refusal.words_zh)
    headers = {"trace-id": {"$ref": "#/components/headers/TraceId"}}
    if status in (403, 429, 503):
        headers["retry-after"] = {"$ref": "#/components/headers/RetryAfter"}
    return {
        "description": " ".join([refusal.words, *(f"`{reason}`" for reason in refusal.reasons)]),
        chinese.WORD: refusal.words_zh,
        "headers": headers,
        "content": {problems.MEDIA_TYPE: content},
    }
