"""The OpenAPI 3.1 document, written from the descriptors that the routes come from. No path is written down here."""

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from bihuan.type.v1 import error_reason_pb2
from google.protobuf.descriptor import Descriptor

from services.gateway import chinese, conditions, examples, problems, refusals, watch, webhook_document
from services.gateway.answer_json import to_json
from services.gateway.contract import Contract, Operation, field_at, public_name, type_in
from services.gateway.fields import find_path
from services.gateway.masking import mask
from services.gateway.policy.table import KINDS
from services.gateway.requests import REQUEST_ID, has_request_id, told_by_gateway
from services.gateway.schemas import Schema, Schemas, is_required
from services.gateway.uploads import header_of

_REASON_PREFIX = "ERROR_REASON_"
_DESCRIPTION = """The one door to Bihuan: payments in, reconciled with what the channels say, every invoice in the tax
authority's system, with proof.

A field may be written in lowerCamelCase or as the contract has it; a field that is not known is refused. Whole numbers
of 64 bits are strings in answers, and may be strings or numbers in requests. Every answer has a `trace-id`."""


def document(contract: Contract) -> dict[str, Any]:
    """The document, as JSON values."""
    schemas = Schemas(contract)
    schemas.components["Problem"] = problems.SCHEMA
    reasons = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]
    schemas.components["type.v1.ErrorReason"] = schemas.enum_values(reasons, _REASON_PREFIX)
    paths: dict[str, dict[str, Any]] = {}
    changing = conditions.gets(contract.operations)
    for operation in contract.operations:
        paths.setdefault(operation.public_template, {})[operation.verb.lower()] = _operation(
            operation, contract, schemas, is_conditional=operation.method.full_name in changing
        )
    tags = {operation.method.containing_service: None for operation in contract.operations}
    written: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Bihuan 闭环", "version": metadata.version("bihuan"), "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}],
        "tags": [{"name": tag.name, "description": contract.comments.get(tag.full_name, "")} for tag in tags],
        "paths": dict(sorted(paths.items())),
        "webhooks": webhook_document.webhooks(schemas),
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": {"NotModified": dict(_NOT_MODIFIED)} | refusals.components(),
            "parameters": {
                "IdempotencyKey": _idempotency_key(),
                "RequestTimeout": dict(_REQUEST_TIMEOUT),
                "IfMatch": dict(_IF_MATCH),
                "IfNoneMatch": dict(_IF_NONE_MATCH),
            },
            "headers": {
                "ETag": dict(_ETAG),
                "TraceId": dict(_TRACE_ID),
                "IdempotentReplayed": dict(_REPLAYED),
                "RetryAfter": dict(_RETRY_AFTER),
            },
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "bhk_<key_id>_<secret>"}
            },
        },
    }
    chinese.add_to(written)
    return written


def _operation(operation: Operation, contract: Contract, schemas: Schemas, *, is_conditional: bool) -> dict[str, Any]:
    method = operation.method
    is_get = operation.verb == "GET"
    # Of one thing only: a list that has not changed is rare, and who has one page of it seldom keeps it.
    conditions_taken = ["IfNoneMatch"] if watch.can_be_watched(operation) else ["IfMatch"] if is_conditional else []
    comment = contract.comments.get(method.full_name, "")
    written: dict[str, Any] = {
        "operationId": f"{method.containing_service.name}_{method.name}",
        "tags": [method.containing_service.name],
        "summary": comment.partition(". ")[0].rstrip("."),
        "description": comment + (_WATCHED if watch.can_be_watched(operation) else ""),
        "parameters": [
            *_parameters(operation, contract, schemas),
            *({"$ref": f"#/components/parameters/{name}"} for name in conditions_taken),
        ],
        "responses": {
            "200": _answer(operation, schemas),
            **({"304": {"$ref": "#/components/responses/NotModified"}} if is_get else {}),
            **refusals.of(operation, is_conditional=is_conditional or is_get),
        },
    }
    if reasons := refusals.own_reasons(comment):
        written["x-reasons"] = reasons
    if operation.body:
        # An empty file is one too: the service says what it thinks of it.
        is_needed = not method.client_streaming
        written["requestBody"] = {"required": is_needed, "content": _content(operation, schemas)}
    return written


def _parameters(operation: Operation, contract: Contract, schemas: Schemas) -> list[dict[str, Any]]:
    inside = type_in(header_of(operation)) if operation.method.client_streaming else operation.method.input_type
    variables = operation.variables
    found = [_parameter(inside, path, "path", contract, schemas) for path in variables]
    if operation.body != "*":
        closed = {operation.body, *variables}
        # request_id has a header of its own, which is the better place for it.
        open_fields = [f for f in inside.fields if f.name not in closed and not told_by_gateway(f)]
        names = [field.name for field in open_fields if field.name != REQUEST_ID]
        found += [_parameter(inside, name, "query", contract, schemas) for name in names if find_path(inside, name)]
    if has_request_id(inside) and REQUEST_ID not in variables:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    return [*found, {"$ref": "#/components/parameters/RequestTimeout"}]


def _parameter(inside: Descriptor, path: str, place: str, contract: Contract, schemas: Schemas) -> dict[str, Any]:
    field = field_at(inside, path)
    schema = schemas.parameter(field)
    is_needed = place == "path" or is_required(field)
    words = {"description": contract.comments.get(field.full_name, "")}
    words |= {word: schema.pop(word) for word in ("description", chinese.WORD) if word in schema}
    return {
        "name": public_name(path) if place == "path" else field.json_name,
        "in": place,
        "required": is_needed,
        **words,
        "schema": schema,
        **({"example": examples.parameter(field)} if is_needed else {}),
    }


def _content(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    if operation.method.client_streaming:
        words = "The bytes as they are. Over the limit of this gateway they are refused as TOO_LARGE, which tells it."
        return {"application/octet-stream": {"schema": {"description": words}}, "multipart/form-data": _FORM}
    inside, prefix = operation.method.input_type, ""
    if operation.body != "*":
        inside, prefix = type_in(field_at(inside, operation.body)), f"{operation.body}."
    in_url = frozenset(path.removeprefix(prefix) for path in operation.variables if path.startswith(prefix))
    left_out = in_url | {REQUEST_ID}
    schema, example = schemas.incoming(inside, left_out), examples.request(inside, left_out)
    return {"application/json": {"schema": schema, "example": example}}


def _answer(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    descriptor = operation.method.output_type
    headers = {"trace-id": {"$ref": "#/components/headers/TraceId"}}
    if operation.verb == "GET":
        headers["etag"] = {"$ref": "#/components/headers/ETag"}
    if "replayed" in descriptor.fields_by_name:
        headers["idempotent-replayed"] = {"$ref": "#/components/headers/IdempotentReplayed"}
    content: dict[str, Any] = {
        "application/json": {"schema": schemas.outgoing(descriptor), "example": _example(descriptor)}
    }
    return {"description": "Done.", "headers": headers, "content": content}


def _example(descriptor: Descriptor) -> dict[str, Any]:
    message = examples.answer(descriptor)
    mask(message, frozenset(KINDS.values()))
    values: dict[str, Any] = json.loads(to_json(message))
    return values


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Chosen by the caller and repeated on each retry; becomes `request_id`. Not needed when the "
        "body has a `requestId` itself; if both are given they must be equal.",
        "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[!-~]*$"},
    }


_FORM: Mapping[str, Any] = {
    "schema": {
        "type": "object",
        "description": "A form. What the query may say may stand in fields before the file instead.",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {
            "file": {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "description": "The bytes as they are; the last part of the form. Its filename serves as fileName.",
            }
        },
    }
}
# In words and not in `content`: a typed client would have to tell the answer from the stream at each call.
_WATCHED = (
    " With `Accept: text/event-stream` it is watched: an event `change` with the answer each time it changes, for at "
    "most five minutes; come again with Last-Event-ID. An event `problem` is the last."
)
_REQUEST_TIMEOUT: Mapping[str, Any] = {
    "name": "Request-Timeout",
    "in": "header",
    "required": False,
    "description": "How many seconds the caller waits, above 0. It can only shorten what the gateway allows.",
    "schema": {
        "type": "string",
        "pattern": "^([1-9][0-9]{0,5}(\\.[0-9]{1,3})?|0\\.(0[1-9][0-9]?|00[1-9]|[1-9][0-9]{0,2}))$",
    },
}
# One strong tag or *: what is usual. A list is taken too.
_TAGS_PATTERN = '^(\\*|"[!#-~]*")$'
_IF_MATCH: Mapping[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Do it only while the thing is at the version that was seen, else 412: an ETag of its GET, or * for "
    "any that is there.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": _TAGS_PATTERN},
}
_IF_NONE_MATCH: Mapping[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags of answers that the caller has: 304 without a body when this is one of them.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": _TAGS_PATTERN},
}
_NOT_MODIFIED: Mapping[str, Any] = {
    "description": "The caller has this answer already, by its If-None-Match.",
    chinese.WORD: "调用方已持有此应答（If-None-Match）。",
    "headers": {
        "etag": {"$ref": "#/components/headers/ETag"},
        "trace-id": {"$ref": "#/components/headers/TraceId"},
    },
}
_ETAG: Schema = {
    "description": "Names this answer as this caller sees it: `version.digest` for what has a version.",
    "schema": {"type": "string", "pattern": '^"([0-9]+\\.)?[A-Za-z0-9_-]{22}"$'},
    "example": '"7.9xQ0c1mDqk2bZ8dV5n3w_A"',
}
_TRACE_ID: Schema = {"description": "Finds the trace of this call.", "schema": {"type": "string"}}
_REPLAYED: Schema = {
    "description": "true when this request had been answered before and nothing was changed.",
    "schema": {"type": "string", "enum": ["true"]},
}
_RETRY_AFTER: Schema = {"description": "Seconds to wait before the next try.", "schema": {"type": "integer"}}
