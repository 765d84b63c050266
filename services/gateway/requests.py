"""An HTTP request's path, query, body and Idempotency-Key as one message of the contract. It calls nothing."""

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from bihuan.options.v1 import access_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chassis.errors import Fault, FieldFault, Kind
from services.gateway import fields, quick_fields, strict_json
from services.gateway.contract import Operation, type_of
from services.gateway.domain.caller import Caller
from services.gateway.fields import find_path

REQUEST_ID = "request_id"
OPERATOR = "operator"
_FILE_NAME = "file_name"
# As every request_id of the contract has it.
_REQUEST_ID_RULE = re.compile(r"[!-~]{8,64}", re.ASCII)
_QUERY_FIELDS_MAX = 100


def build(operation: Operation, variables: Mapping[str, str], query: str, body: bytes) -> Message:
    """The request that path, query and body make. Raises MALFORMED_REQUEST or INVALID_FIELD, naming the field."""
    message = _of_whole(operation, body) if operation.body == "*" else _of_part(operation, body)
    for path, text in variables.items():
        _set_variable(message, path, text)
    fill_query(message, query, taken=(operation.body, *variables))
    return message


def of_call(
    operation: Operation,
    variables: Mapping[str, str],
    query: str,
    body: bytes,
    idempotency_key: str | None,
    caller: Caller,
) -> Message:
    """The request of a caller, as its service is to have it. Raises what `build` does, and REQUEST_ID_CONFLICT."""
    message = build(operation, variables, query, body)
    make_callers(message, operation, idempotency_key, caller)
    return message


def make_callers(message: Message, operation: Operation, idempotency_key: str | None, caller: Caller) -> None:
    """Make a request its caller's own: its key, its tenant's request ids, who acts. Raises REQUEST_ID_CONFLICT."""
    if REQUEST_ID not in operation.variables:  # there it names another request, and does not make this one
        fill_request_id(message, idempotency_key)
        own_request_ids(message, caller)
    fill_operator(message, caller.operator)


def fill_query(message: Message, query: str, taken: Iterable[str] = ()) -> None:
    """Put query parameters into the fields that they name, save those that stand elsewhere in the request."""
    if not query:
        return
    closed = frozenset(taken) - {""}
    found: dict[str, list[str]] = {}
    for name, text in _pairs(query):
        path = find_path(type_of(message), name)
        if path is None or "*" in closed or path in closed or path.partition(".")[0] in closed:
            raise _unknown_parameter(name, type_of(message), closed)
        found.setdefault(path, []).append(text)
    for path, texts in found.items():
        fields.set_texts(message, path, texts)


def fill_request_id(message: Message, idempotency_key: str | None) -> None:
    """Let the header fill request_id, where there is one. Raises REQUEST_ID_CONFLICT when both are given and differ."""
    if idempotency_key is None or not has_request_id(type_of(message)):
        return
    given = getattr(message, REQUEST_ID)
    if given and given != idempotency_key:
        raise Fault(
            Kind.INVALID,
            "REQUEST_ID_CONFLICT",
            "the Idempotency-Key header and request_id are both given and differ",
            "请求头 Idempotency-Key 与 request_id 同时给出且不一致",
        )
    if _REQUEST_ID_RULE.fullmatch(idempotency_key):
        setattr(message, REQUEST_ID, idempotency_key)  # as it surely fits
    else:
        fields.put(message, REQUEST_ID, idempotency_key)


def fill_file_name(message: Message, file_name: str) -> None:
    """Let a form's file say its name, where there is a field for it and nothing else did. Raises MALFORMED_REQUEST."""
    if file_name and _FILE_NAME in type_of(message).fields_by_name and not getattr(message, _FILE_NAME):
        fields.set_texts(message, _FILE_NAME, [file_name])


def own_request_ids(message: Message, caller: Caller) -> None:
    """Make the request ids of a tenant its own: two tenants that choose the same one never meet.

    What breaks the contract's rule for request ids stays as it is, and is refused by the service.
    """
    if caller.is_of_platform:
        return
    descriptor = type_of(message)
    if has_request_id(descriptor) and _REQUEST_ID_RULE.fullmatch(given := getattr(message, REQUEST_ID)):
        owned = f"{caller.tenant_id}\n{given}".encode()
        setattr(message, REQUEST_ID, hashlib.sha256(owned).hexdigest())
    for name in _lists_of_requests(descriptor):
        for part in getattr(message, name):
            own_request_ids(part, caller)


def fill_operator(message: Message, operator: str) -> None:
    """Write who acts into the fields that tell it, over whatever the caller wrote there."""
    for name, how in _operator_fields(type_of(message)):
        if how == access_pb2.OPERATOR_FIELD_ALWAYS or getattr(message, name):
            setattr(message, name, operator)


@functools.cache
def has_request_id(descriptor: Descriptor) -> bool:
    """Whether a message has the field that makes a call repeatable."""
    return REQUEST_ID in descriptor.fields_by_name


def told_by_gateway(field: FieldDescriptor) -> bool:
    """Whether a field says who acts whatever the caller writes there."""
    return _tells_operator(field) == access_pb2.OPERATOR_FIELD_ALWAYS


def with_cure(fault: Fault) -> Fault:
    """A fault about a request_id that was not given, with the word that over HTTP a header gives it."""
    cured = tuple(_cured(field) if field.field.endswith(REQUEST_ID) else field for field in fault.fields)
    if cured == fault.fields:
        return fault
    return Fault(
        fault.kind,
        fault.reason,
        "; ".join(f"{field.field}: {field.message}" for field in cured),
        "；".join(f"{field.field}：{field.message_zh}" for field in cured),
        fields=cured,
        metadata=fault.metadata,
    )


def _of_whole(operation: Operation, body: bytes) -> Message:
    values = strict_json.parse(body)
    if (quick := quick_fields.made(operation.request_type(), values)) is not None:
        return quick
    message = operation.request()
    fields.fill(message, values)
    return message


def _of_part(operation: Operation, body: bytes) -> Message:
    message = operation.request()
    if operation.body:
        part = getattr(message, operation.body)
        part.SetInParent()
        fields.fill(part, strict_json.parse(body), f"{operation.body}.")
    return message


@functools.cache
def _lists_of_requests(descriptor: Descriptor) -> tuple[str, ...]:
    """The fields of a request that hold many others, each with a request id of its own."""
    lists = (field for field in descriptor.fields if field.is_repeated and field.message_type)
    return tuple(field.name for field in lists if field.message_type and has_request_id(field.message_type))


@functools.cache
def _operator_fields(descriptor: Descriptor) -> tuple[tuple[str, int], ...]:
    """The fields of a request that tell who acts, and when they do."""
    told = ((field.name, _tells_operator(field)) for field in descriptor.fields)
    return tuple((name, how) for name, how in told if how)


def _tells_operator(field: FieldDescriptor) -> int:
    """How a field tells who acts; a field of that name always does, whatever was forgotten in its contract."""
    if field.name == OPERATOR:
        return access_pb2.OPERATOR_FIELD_ALWAYS
    return int(field.GetOptions().Extensions[access_pb2.operator_field])


def _cured(field: FieldFault) -> FieldFault:
    return FieldFault(
        field.field,
        field.rule,
        f"{field.message}; send the Idempotency-Key header",
        f"{field.message_zh}；请使用请求头 Idempotency-Key",
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_QUERY_FIELDS_MAX)
    except ValueError as fault:
        raise strict_json.malformed(
            f"the query is not percent-encoded UTF-8, or has more than {_QUERY_FIELDS_MAX} parameters",
            f"查询参数不是百分号编码的 UTF-8，或超过 {_QUERY_FIELDS_MAX} 个",
        ) from fault


def _set_variable(message: Message, path: str, text: str) -> None:
    from_body = message
    for name in path.split("."):
        from_body = getattr(from_body, name)
    fields.set_texts(message, path, [text])
    *above, last = path.split(".")
    for name in above:
        message = getattr(message, name)
    if from_body and from_body != getattr(message, last):
        fault = FieldFault(path, "DIFFERS", "differs in path and body", "路径与请求体中的值不一致")
        raise fields.misfit([fault])


def _unknown_parameter(name: str, descriptor: Descriptor, closed: frozenset[str]) -> Fault:
    open_names = [] if "*" in closed else [f.json_name for f in descriptor.fields if f.name not in closed]
    return fields.misfit([fields.unknown("", name, open_names, what="query parameter", what_zh="查询参数")])
