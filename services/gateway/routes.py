"""From method and path to an operation and the values in the path. It reads nothing else of a request."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from chassis.errors import Kind
from services.gateway.contract import Operation
from services.gateway.problems import HttpFault
from services.gateway.strict_json import malformed

_VARIABLE = re.compile(r"(\{[a-z0-9_]+\})")

_VALUE = "([^/]+)"


@dataclass(frozen=True, slots=True)
class Found:
    """An operation and what its path says, by field path."""

    operation: Operation
    variables: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Path:
    pattern: re.Pattern[str]
    operations: dict[str, Operation]


class Routes:
    """All routes, by path, so that a path that is known can tell which methods it takes."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_shape: dict[str, _Path] = {}
        for operation in operations:
            path = by_shape.setdefault(operation.public_template, _compile(operation.public_template))
            assert operation.verb not in path.operations, f"{operation.verb} {operation.template} stands twice"
            path.operations[operation.verb] = operation
        # Most calls by far name no thing in their path; they need not be compared with every pattern.
        self._plain = {template: path for template, path in by_shape.items() if "{" not in template}
        # "{id}:verb" and names before "{id}", which would match them too.
        self._paths = sorted(by_shape.values(), key=lambda path: (-_literal_count(path), path.pattern.pattern))

    def find(self, verb: str, raw_path: str) -> Found:
        """The operation at a path that is still percent-encoded. Raises UNKNOWN_ROUTE, with 404 or 405."""
        if (plain := self._plain.get(raw_path)) and (operation := plain.operations.get(verb)):
            return Found(operation, {})
        for path in self._paths:
            if found := path.pattern.fullmatch(raw_path):
                operation = path.operations.get("GET" if verb == "HEAD" else verb)
                if operation is None:
                    raise _wrong_verb(verb, path)
                return Found(operation, dict(zip(operation.variables, map(_decoded, found.groups()), strict=True)))
        raise HttpFault(404, Kind.NOT_FOUND, "UNKNOWN_ROUTE", "there is no such route", "路径不存在")


def _compile(template: str) -> _Path:
    pieces = _VARIABLE.split(template)
    literals = pieces[::2]
    assert not any("{" in text or "*" in text for text in literals), f"{template}: only plain variables are known"
    pattern = "".join(re.escape(text) if at % 2 == 0 else _VALUE for at, text in enumerate(pieces))
    return _Path(re.compile(pattern), {})


def _literal_count(path: _Path) -> int:
    return len(path.pattern.pattern.replace(_VALUE, ""))


def _wrong_verb(verb: str, path: _Path) -> HttpFault:
    allow = ", ".join(sorted({*path.operations, *(["HEAD"] if "GET" in path.operations else [])}))
    return HttpFault(
        405,
        Kind.NOT_FOUND,
        "UNKNOWN_ROUTE",
        f"the path does not take {verb}; it takes {allow}",
        f"该路径不支持 {verb}，支持 {allow}",
        {"allow": allow},
    )


def _decoded(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise malformed("the path is not percent-encoded UTF-8", "路径不是百分号编码的 UTF-8") from fault
