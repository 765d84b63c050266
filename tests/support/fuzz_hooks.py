"""What schemathesis is told about our API when it fuzzes it (see tests/flows/test_fuzz_api.py)."""

import json
import os
import zlib
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.core.transport import Response

# Rules that JSON Schema has words for, by how their names begin. What else is refused is refused for its meaning.
_SHAPE = ("ENUM", "INT", "RANGE", "REPEATED", "REQUIRED", "STRING", "TWICE", "TYPE", "UNKNOWN")
_CURRENCIES = ["CNY", "USD", "JPY"]
_HASTE = {"$ref": "#/components/parameters/RequestTimeout"}
_IDS: dict[str, list[str]] = json.loads(Path(os.environ["BIHUAN_FUZZ_IDS"]).read_text("utf-8"))
_VALID_REFUSED, _INVALID_TAKEN = "ST202", "ST201"
_CHECK = "/v1/statements:check"
# RFC 4648, 4: bits that no byte has are zero.
_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"
_MEANT = {"NUL", "DIFFERS"}  # what JSON Schema has no words for: a NUL in a text, a version other than that of If-Match


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Answers may get fields with a later release, so their schemas are open; here they are closed."""
    components = raw_schema["components"]["schemas"]
    for schema in components.values():
        if schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    # Else hardly a sum of money has a currency that there is.
    components["type.v1.MoneyInput"]["properties"]["currencyCode"]["enum"] = _CURRENCIES
    # Any other tag is of nothing that is there, and ends each call in the same 412.
    raw_schema["components"]["parameters"]["IfMatch"]["schema"] = {"enum": ["*"]}
    # What is no base64 at all is refused by a rule that the document can only name.
    for schema in components.values():
        for field in schema.get("properties", {}).values():
            if field.get("contentEncoding") == "base64":
                field["pattern"] = _BASE64
    # A caller that waits for a millisecond gets a 504 as it should: here none is in such haste.
    for verbs in raw_schema["paths"].values():
        for operation in verbs.values():
            operation["parameters"].remove(_HASTE)


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Half of the ids in bodies that fit their schema are of something that is there."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.body = _with_known_ids(case.body)
    return case


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """JSON Schema takes 2.0 for a whole number; ours are written without a point, which it has no word for."""
    return _without_points(body)


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Any, case: schemathesis.Case, response: Response
) -> bool:
    """A request that its schema allows may be refused for what it means, and never for its shape.

    No body and an empty one are the same in HTTP: to leave out the bytes of a file is to send a file that has none, of
    which a check of files tells what is wrong.
    """
    if failure.code == _INVALID_TAKEN and case.operation.path == _CHECK and not response.request.body:
        return False
    if failure.code != _VALID_REFUSED or response.status_code not in (400, 422):
        return True
    problem = response.json()
    if problem["reason"] == "INVALID_FIELD":
        return any(error["rule"].startswith(_SHAPE) for error in problem["errors"])
    rules = {error["rule"] for error in problem["errors"]}
    return bool(problem["reason"] == "MALFORMED_REQUEST" and not rules <= _MEANT)


def _without_points(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_points(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_points(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _with_known_ids(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {inner: _with_known_ids(part, inner) for inner, part in value.items()}
    if isinstance(value, list):
        return [_with_known_ids(part, name) for part in value]
    if isinstance(value, str) and value and (known := _IDS.get(name)):
        chosen = zlib.crc32(value.encode("utf-8", "replace"))
        return known[chosen % len(known)] if chosen & 64 else value
    return value
