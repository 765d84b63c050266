"""The page at /docs: the OpenAPI document for people, in English and Chinese, with a call for each operation."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.gateway import chinese

_TEMPLATES = Environment(
    loader=PackageLoader("services.gateway"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_URL = "http://127.0.0.1:8080"
_JSON = "application/json"


def render(document: Mapping[str, Any]) -> bytes:
    """The page as UTF-8."""
    calls = [
        (operation["tags"][0], _call(document, path, verb, operation))
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]
    tags = [
        _said(tag) | {"name": tag["name"], "calls": [call for owner, call in calls if owner == tag["name"]]}
        for tag in document["tags"]
    ]
    schemas = [
        _said(schema) | {"name": name, "fields": list(_fields(schema))}
        for name, schema in document["components"]["schemas"].items()
    ]
    page = _TEMPLATES.get_template("docs.html").render(info=document["info"], tags=tags, schemas=schemas)
    return page.encode("utf-8")


def static(name: str) -> bytes:
    """A file that the page loads."""
    loader = _TEMPLATES.loader
    assert loader is not None, "the page has its files beside it"
    return loader.get_source(_TEMPLATES, name)[0].encode("utf-8")


def _call(document: Mapping[str, Any], path: str, verb: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [_resolved(document, one) for one in operation["parameters"]]
    body = operation.get("requestBody", {}).get("content", {})
    answer = operation["responses"]["200"]["content"][_JSON]
    refusals = {status: one for status, one in operation["responses"].items() if status >= "400"}
    return _said(operation) | {
        "id": operation["operationId"],
        "verb": verb.upper(),
        "path": path,
        "summary": operation["summary"],
        "parameters": [_field(one["name"], one | one["schema"] | _said_as(one), one["required"]) for one in parameters],
        "body": list(_fields(_resolved(document, body[_JSON]["schema"]))) if _JSON in body else [],
        "curl": _curl(path, verb, parameters, body),
        "python": _python(path, verb, parameters, body),
        "answer": _shown(answer["example"]),
        "refusals": [_said(_resolved(document, one)) | {"status": status} for status, one in refusals.items()],
        "reasons": [
            {"name": reason, "words_zh": chinese.words()["reasons"].get(reason, "")}
            for reason in operation.get("x-reasons", ())
        ],
    }


def _fields(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield _field(name, field, name in needed)


def _field(name: str, schema: Mapping[str, Any], is_needed: bool) -> dict[str, Any]:
    kind, link = _kind(schema)
    return _said(schema) | {"name": name, "required": is_needed, "kind": kind, "link": link}


def _kind(schema: Mapping[str, Any]) -> tuple[str, str]:
    """What a value is, for people, and the schema that tells more."""
    if ref := schema.get("$ref"):
        name = ref.rpartition("/")[2]
        return name, name
    if items := schema.get("items"):
        kind, link = _kind(items)
        return f"[{kind}]", link
    for word in ("allOf", "anyOf"):
        if parts := schema.get(word):
            return _kind(parts[0])
    kinds = schema.get("type", "")
    limits = [f"{schema[word]} {sign}" for word, sign in (("minLength", "≤ n"), ("minimum", "≤ n")) if word in schema]
    limits += [f"≤ {schema[word]}" for word in ("maxLength", "maximum", "maxItems") if word in schema]
    return " ".join([*([kinds] if isinstance(kinds, str) else kinds), schema.get("format", ""), *limits]).strip(), ""


def _curl(path: str, verb: str, parameters: list[Any], body: Mapping[str, Any]) -> str:
    lines = [f"curl -X {verb.upper()} '{_URL}{_filled(path, parameters)}'", '-H "Authorization: Bearer $BIHUAN_TOKEN"']
    if _needs_key(parameters):
        lines.append("-H 'Idempotency-Key: pay-20260301-0001'")
    if _JSON in body:
        told = json.dumps(body[_JSON].get("example", {}), ensure_ascii=False).replace("'", "'\\''")
        lines += [f"-H 'Content-Type: {_JSON}'", f"-d '{told}'"]
    elif body:
        lines.append("--data-binary @file")
    return " \\\n  ".join(lines)


def _python(path: str, verb: str, parameters: list[Any], body: Mapping[str, Any]) -> str:
    key = ', "Idempotency-Key": "pay-20260301-0001"' if _needs_key(parameters) else ""
    lines = [
        "import os",
        "",
        "import httpx",
        "",
        "answer = httpx.request(",
        f'    "{verb.upper()}",',
        f'    "{_URL}{_filled(path, parameters)}",',
        f'    headers={{"Authorization": f"Bearer {{os.environ[\'BIHUAN_TOKEN\']}}"{key}}},',
    ]
    if _JSON in body:
        lines.append(f"    json={body[_JSON].get('example', {})!r},")
    elif body:
        lines.append('    content=open("file", "rb"),')
    return "\n".join([*lines, ")", "print(answer.json())"])


def _needs_key(parameters: list[Any]) -> bool:
    return any(one["name"] == "Idempotency-Key" for one in parameters)


def _filled(path: str, parameters: list[Any]) -> str:
    needed = [one for one in parameters if one["required"] and "example" in one]
    for one in needed:
        path = path.replace(f"{{{one['name']}}}", str(one["example"]))
    query = "&".join(f"{one['name']}={one['example']}" for one in needed if one["in"] == "query")
    return f"{path}?{query}" if query else path


def _resolved(document: Mapping[str, Any], written: Mapping[str, Any]) -> Mapping[str, Any]:
    if ref := written.get("$ref"):
        *_, kind, name = ref.split("/")
        found: Mapping[str, Any] = document["components"][kind][name]
        return found
    return written


def _said(written: Mapping[str, Any]) -> dict[str, str]:
    return {"words": written.get("description", ""), "words_zh": written.get(chinese.WORD, "")}


def _said_as(written: Mapping[str, Any]) -> dict[str, str]:
    return {word: written[word] for word in ("description", chinese.WORD) if word in written}


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
