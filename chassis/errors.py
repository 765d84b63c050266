"""Faults of the world, and how they travel: Fault to google.rpc.Status to Fault. It never decides what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import grpc
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

DOMAIN = "bihuan"
# An answer's status travels in its trailers, of which gRPC takes 8 KiB; beyond that a call fails without its reason.
_SENTENCE_CHARS_MAX = 500
_FIELDS_BYTES_MAX = 3_000
# What is full now has room again within moments, if those who were turned away wait for one.
_RETRY_AFTER_SECONDS = 1


class Kind(Enum):
    """What sort of fault it is; gRPC and HTTP each have one status for it (STATUS_OF)."""

    INVALID = auto()
    UNAUTHENTICATED = auto()
    DENIED = auto()
    NOT_FOUND = auto()
    EXISTS = auto()
    CONFLICT = auto()
    PRECONDITION = auto()
    OVERLOADED = auto()
    DEADLINE = auto()
    UNAVAILABLE = auto()
    INTERNAL = auto()


STATUS_OF: Mapping[Kind, tuple[grpc.StatusCode, int]] = {
    Kind.INVALID: (grpc.StatusCode.INVALID_ARGUMENT, 400),
    Kind.UNAUTHENTICATED: (grpc.StatusCode.UNAUTHENTICATED, 401),
    Kind.DENIED: (grpc.StatusCode.PERMISSION_DENIED, 403),
    Kind.NOT_FOUND: (grpc.StatusCode.NOT_FOUND, 404),
    Kind.EXISTS: (grpc.StatusCode.ALREADY_EXISTS, 409),
    Kind.CONFLICT: (grpc.StatusCode.ABORTED, 409),
    Kind.PRECONDITION: (grpc.StatusCode.FAILED_PRECONDITION, 422),
    Kind.OVERLOADED: (grpc.StatusCode.RESOURCE_EXHAUSTED, 429),
    Kind.DEADLINE: (grpc.StatusCode.DEADLINE_EXCEEDED, 504),
    Kind.UNAVAILABLE: (grpc.StatusCode.UNAVAILABLE, 503),
    Kind.INTERNAL: (grpc.StatusCode.INTERNAL, 500),
}
_KIND_OF = {code: kind for kind, (code, _) in STATUS_OF.items()}
_KIND_OF[grpc.StatusCode.CANCELLED] = Kind.UNAVAILABLE
_KIND_OF_NUMBER = {code.value[0]: kind for code, kind in _KIND_OF.items()}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field that breaks its rule: the field's path, the rule's name, and a sentence in both languages."""

    field: str
    rule: str
    message: str
    message_zh: str


class Fault(Exception):
    """A fault of the world, to be told to the caller.

    `reason` is a value of the contract's ErrorReason without its prefix; `message` and `message_zh` can be
    read by the receiver and hold no secret; `metadata` holds what a program needs of them.
    """

    def __init__(
        self,
        kind: Kind,
        reason: str,
        message: str,
        message_zh: str,
        *,
        fields: tuple[FieldFault, ...] = (),
        metadata: Mapping[str, str] | None = None,
        retry_after_seconds: int = 0,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.message_zh = message_zh
        self.fields = fields
        self.metadata = dict(metadata or {})
        self.retry_after_seconds = retry_after_seconds


def to_status(fault: Fault) -> status_pb2.Status:
    """The fault as google.rpc.Status with ErrorInfo, LocalizedMessage, and BadRequest or RetryInfo where they apply.

    Long sentences are cut short, and of many fields that break their rules the first are told.
    """
    code = STATUS_OF[fault.kind][0].value[0]
    status = status_pb2.Status(code=code, message=_short(fault.message))
    info = error_details_pb2.ErrorInfo(reason=fault.reason, domain=DOMAIN, metadata=fault.metadata)
    status.details.add().Pack(info)
    local = error_details_pb2.LocalizedMessage(locale="zh-CN", message=_short(fault.message_zh))
    status.details.add().Pack(local)
    if fault.fields:
        status.details.add().Pack(_bad_request(fault.fields))
    if fault.retry_after_seconds:
        delay = duration_pb2.Duration(seconds=fault.retry_after_seconds)
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def _bad_request(fields: tuple[FieldFault, ...]) -> error_details_pb2.BadRequest:
    bad = error_details_pb2.BadRequest()
    for field in fields:
        local = error_details_pb2.LocalizedMessage(locale="zh-CN", message=_short(field.message_zh))
        bad.field_violations.add(
            field=field.field, description=_short(field.message), reason=field.rule, localized_message=local
        )
        if bad.ByteSize() > _FIELDS_BYTES_MAX and len(bad.field_violations) > 1:
            del bad.field_violations[-1]
            break
    return bad


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= _SENTENCE_CHARS_MAX else f"{sentence[: _SENTENCE_CHARS_MAX - 1]}…"


def from_rpc_error(error: grpc.aio.AioRpcError) -> Fault:
    """What a server's answer says; a status without our details gets the plain fault of its kind."""
    kind = _KIND_OF.get(error.code(), Kind.INTERNAL)
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    return _told(status) or _over_limit(error.details() or "") or plain_fault(kind)


def from_status(status: status_pb2.Status) -> Fault:
    """The Fault that `to_status` made a status of; one without our details gets the plain fault of its kind."""
    return _told(status) or plain_fault(_KIND_OF_NUMBER.get(status.code, Kind.INTERNAL))


def _told(status: status_pb2.Status | None) -> Fault | None:
    """The Fault in the details of a status; None when they are not ours."""
    info, local, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.LocalizedMessage(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    for detail in status.details if status is not None else ():
        for message in (info, local, bad, retry):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    if status is None or info.domain != DOMAIN:
        return None
    return Fault(
        _KIND_OF_NUMBER.get(status.code, Kind.INTERNAL),
        info.reason,
        status.message,
        local.message,
        fields=tuple(
            FieldFault(v.field, v.reason, v.description, v.localized_message.message) for v in bad.field_violations
        ),
        metadata=info.metadata,
        retry_after_seconds=retry.retry_delay.seconds,
    )


def plain_fault(kind: Kind) -> Fault:
    """A fault that says no more than its kind; for what came without words, or with words not meant for the caller.

    EXISTS, CONFLICT and PRECONDITION say nothing without words, and gRPC itself never sends their statuses
    (grpc/doc/statuscodes.md): who sends them bare breaks the contract. So they become INTERNAL, in kind and reason.
    """
    retry_after_seconds = _RETRY_AFTER_SECONDS if kind is Kind.OVERLOADED else 0
    words = _PLAIN.get(kind, _PLAIN[Kind.INTERNAL])
    return Fault(kind if kind in _PLAIN else Kind.INTERNAL, *words, retry_after_seconds=retry_after_seconds)


def _over_limit(details: str) -> Fault | None:
    """The fault for a message over gRPC's limit, which has the same status as too many calls; None for all else."""
    if not (found := _OVER_LIMIT.search(details)):
        return None
    if found["by"] == "CLIENT":
        return Fault(
            Kind.INTERNAL,
            "INTERNAL",
            f"the answer is larger than {found['limit']} bytes: ask for less at once",
            f"应答超过 {found['limit']} 字节，请减少单次查询的数量",
        )
    return Fault(
        Kind.INVALID,
        "TOO_LARGE",
        f"the message is larger than {found['limit']} bytes",
        f"消息超过 {found['limit']} 字节",
        metadata={"limit_bytes": found["limit"]},
    )


# gRPC has no other mark for it than these words; CLIENT is who did not take an answer, SERVER a request.
_OVER_LIMIT = re.compile(r"(?P<by>CLIENT|SERVER): Received message larger than max \([0-9]+ vs\. (?P<limit>[0-9]+)\)")
_PLAIN: dict[Kind, tuple[str, str, str]] = {
    Kind.INVALID: ("MALFORMED_REQUEST", "the request is not one that is taken here", "请求不符合接口约定"),
    Kind.UNAVAILABLE: (
        "UNAVAILABLE",
        "a service that is needed does not answer; try again with the same request_id",
        "所需服务暂时无应答，请用相同的 request_id 重试",
    ),
    Kind.DEADLINE: (
        "DEADLINE_EXCEEDED",
        "the deadline passed; whether the work was done is unknown: ask, or repeat with the same request_id",
        "已超过时限，结果未知：请查询，或用相同的 request_id 重试",
    ),
    Kind.OVERLOADED: ("OVERLOADED", "too much is in flight; try again later", "当前请求过多，请稍后重试"),
    Kind.UNAUTHENTICATED: ("UNAUTHENTICATED", "the call needs a valid API key", "需要有效的 API 密钥"),
    Kind.DENIED: ("PERMISSION_DENIED", "the caller may not do this", "无权执行此操作"),
    Kind.NOT_FOUND: ("NOT_FOUND", "there is nothing by that id", "未找到对应记录"),
    Kind.INTERNAL: (
        "INTERNAL",
        "a fault on our side; the trace id finds it",
        "系统内部错误，请凭 trace id 反馈",
    ),
}
