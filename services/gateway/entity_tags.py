"""Entity tags of answers, and what a request's conditions on them say (RFC 9110, 8.8.3 and 13.1). It asks nobody.

A tag is of what one caller sees: whoever sees other kinds of secrets has another one for the same thing.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from chassis.errors import Fault, Kind
from services.gateway.strict_json import malformed

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_VERSIONED: Final = re.compile(r'"([0-9]{1,18})\..*"')
_HEADER_CHARS_MAX: Final = 4_096
_MARK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Named:
    """The tags that a condition names; `is_any` when it names every one that there is."""

    is_any: bool
    strong: frozenset[str]
    weak: frozenset[str]


def tag_of(content: bytes, hidden: frozenset[int], version: str = "") -> str:
    """The strong tag of an answer in which these kinds of secrets are hidden; `version` of what it tells, if any."""
    seen = ",".join(map(str, sorted(hidden))).encode("ascii")
    digest = hashlib.sha256(seen + b"\n" + content).digest()[:_MARK_BYTES]
    mark = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return f'"{version}.{mark}"' if version else f'"{mark}"'


def version_in(tag: str) -> str:
    """The version in a tag that `tag_of` made; empty for none."""
    found = _VERSIONED.fullmatch(tag)
    return found[1] if found else ""


def read(name: str, header: str) -> Named:
    """What an If-Match or If-None-Match header names. Raises MALFORMED_REQUEST."""
    if header.strip() == "*":
        return Named(is_any=True, strong=frozenset(), weak=frozenset())
    if len(header) > _HEADER_CHARS_MAX or not _TAGS.fullmatch(header):
        raise malformed(f'{name} must be * or entity tags such as "3.x"', f'{name} 必须是 * 或实体标签，例如 "3.x"')
    tags = re.findall(_TAG, header)
    weak = frozenset(tag.removeprefix("W/") for tag in tags if tag.startswith("W/"))
    return Named(is_any=False, strong=frozenset(tag for tag in tags if not tag.startswith("W/")), weak=weak)


def on_condition(answer: Response, request: Request) -> Response:
    """The answer to a GET, or 304 without a body when the caller has it by its If-None-Match.

    Raises VERSION_MISMATCH when an If-Match names another one, and MALFORMED_REQUEST.
    """
    tag = answer.headers.get("etag", "")
    wanted, known = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is not None and not holds(read("If-Match", wanted), tag):
        raise mismatch()
    if known is None or not _has(read("If-None-Match", known), tag):
        return answer
    return Response(status_code=304, headers={"etag": tag})


def holds(named: Named, tag: str) -> bool:
    """Whether an If-Match holds for what has this tag: only strong tags are compared."""
    return named.is_any or tag in named.strong


def mismatch() -> Fault:
    """The fault for a condition that does not hold."""
    return Fault(
        Kind.CONFLICT,
        "VERSION_MISMATCH",
        "it is not as If-Match says, so nothing was done: look at it again",
        "当前内容与 If-Match 所述不符，未作任何改动：请重新查询",
    )


def _has(named: Named, tag: str) -> bool:
    return named.is_any or tag in named.strong | named.weak
