"""One logical call: what is sent on each try, and what an answer means. It opens no connection.

The Idempotency-Key is made once, before the first try, and every try carries it: so a lost answer doubles nothing.
"""

import json
import random
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from . import wire
from .faults import BihuanError, FieldProblem, Limited, NoAnswer, Problem, refused
from .tries import Failed, Retries, passing

Answer = TypeVar("Answer")
_REQUEST_ID = "request_id"
_KEY = re.compile(r"[!-~]{8,64}", re.ASCII)
# A refusal with one of these is from before the work, and says nothing of an earlier try of the same call; a thing that
# is at another version now (412) may be so by that very try.
_BEFORE_THE_WORK = frozenset({401, 403, 412})


@dataclass(frozen=True, slots=True)
class Operation(Generic[Answer]):
    """A method of the contract over HTTP. `template` has the field paths of what stands in it.

    `body` is as in google.api.http: empty, "*" or a field. `is_repeatable` is whether the contract has it idempotent,
    `mutates` whether it may change something.
    """

    name: str
    verb: str
    template: str
    body: str
    answer: type[Answer]
    variables: tuple[str, ...] = ()
    takes_key: bool = False
    is_repeatable: bool = True
    mutates: bool = False
    is_upload: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What came back on one try."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Call(Generic[Answer]):
    """A call under way: its tries, its deadline, and whether one of its tries may have done it."""

    operation: Operation[Answer]
    values: Mapping[str, Any]
    key: str
    deadline: float
    retries: Retries
    tries: int = 0
    last: Failed | None = None
    may_be_done: bool = field(default=False)

    @property
    def remaining_seconds(self) -> float:
        """What is left until the deadline."""
        return self.deadline - time.monotonic()

    def request(self) -> dict[str, Any]:
        """What httpx sends on this try, the content of an upload aside."""
        self.tries += 1
        operation, values = self.operation, dict(self.values)
        path = operation.template
        for variable in operation.variables:
            path = path.replace("{" + variable + "}", quote(wire.text(_take(values, variable)), safe=""))
        sent: dict[str, Any] = {"method": operation.verb, "url": path, "headers": self._headers()}
        if operation.body == "*":
            sent["content"] = _json(wire.encoded(values))
        elif operation.body and not operation.is_upload:
            sent["content"] = _json(
                wire.encoded({operation.body: values.pop(operation.body)})[wire.camel(operation.body)]
            )
        if operation.body != "*":
            given = {name: value for name, value in values.items() if not wire.is_empty(value)}
            sent["params"] = {wire.camel(name): wire.text(value) for name, value in given.items()}
        return sent

    def _headers(self) -> dict[str, str]:
        headers = {"request-timeout": f"{max(self.remaining_seconds, 0.001):.3f}"}
        if self.key:
            headers["idempotency-key"] = self.key
        if self.operation.body:
            headers["content-type"] = "application/octet-stream" if self.operation.is_upload else "application/json"
        return headers

    def read(self, told: "Told") -> Answer | Failed:
        """The answer, or why there is none yet. Raises Refused at an end, or NoAnswer when that tells nothing."""
        if told.status == HTTPStatus.OK:
            try:
                return wire.decoded(self.operation.answer, json.loads(told.body))
            except ValueError as fault:
                return Failed(f"an answer that cannot be read: {fault}", may_be_done=True)
        problem = problem_of(told)
        if failed := passing(problem):
            return failed
        if self.may_be_done and problem.status in _BEFORE_THE_WORK:
            self.last = Failed(f"{problem.status} {problem.reason}", may_be_done=False, problem=problem)
            raise self.ended()
        raise refused(problem)

    def wait_seconds(self, failed: Failed, *, can_send_again: bool = True) -> float:
        """How long to wait before the next try. Raises NoAnswer, or Limited, when there is none."""
        self.last = failed
        self.may_be_done = self.may_be_done or (failed.may_be_done and self.operation.mutates)
        is_safe = self.operation.is_repeatable or bool(self.key) or not failed.may_be_done
        wait = self.retries.wait_seconds(self.tries, random.random(), failed.retry_after_seconds)  # noqa: S311
        is_over = self.tries >= self.retries.tries_max or wait >= self.remaining_seconds
        if is_over or not is_safe or not can_send_again:
            raise self.ended()
        return wait

    def ended(self) -> BihuanError:
        """The error of a call that gets no answer."""
        problem = self.last.problem if self.last else None
        if problem and problem.status == 429 and not self.may_be_done:
            return Limited(problem)
        what = self.last.what if self.last else "the deadline passed"
        return NoAnswer(what, may_be_done=self.may_be_done, idempotency_key=self.key, problem=problem, tries=self.tries)


def begin(
    operation: Operation[Answer],
    values: Mapping[str, Any],
    idempotency_key: str,
    timeout_seconds: float,
    retries: Retries,
) -> Call[Answer]:
    """A call with its keys made. Raises ValueError for a key that the contract does not take."""
    key = idempotency_key or (new_key() if operation.takes_key else "")
    if key and not _KEY.fullmatch(key):
        raise ValueError("an idempotency key has 8 to 64 visible ASCII characters")
    keyed = {name: _keyed(value) for name, value in values.items()}
    return Call(operation, keyed, key, time.monotonic() + timeout_seconds, retries)


def new_key() -> str:
    """A key for one thing that is to be done once. Keep it with the order to repeat the call after a crash."""
    return uuid.uuid4().hex


def problem_of(answer: Told) -> Problem:
    """What a refusal says; also of one that is not Bihuan's, such as a proxy's page."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = {}
    if not isinstance(told, dict) or "reason" not in told:
        told = {"reason": "", "detail": "something before Bihuan answered"}
    return Problem(
        status=answer.status,
        reason=told["reason"],
        detail=told.get("detail", ""),
        detail_zh=told.get("detail_zh", ""),
        fields=tuple(
            FieldProblem(one["field"], one["rule"], one["message"], one["message_zh"]) for one in told.get("errors", [])
        ),
        metadata=told.get("metadata", {}),
        trace_id=told.get("trace_id") or answer.headers.get("trace-id", ""),
        retry_after_seconds=_retry_after(answer.headers.get("retry-after", "")),
    )


def _retry_after(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _keyed(value: Any) -> Any:
    """A list whose messages have keys of their own: those that were given none get one, before the first try."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(replace(one, request_id=new_key()) if _lacks_key(one) else one for one in value)


def _lacks_key(one: Any) -> bool:
    has_key = is_dataclass(one) and any(held.name == _REQUEST_ID for held in fields(one))
    return has_key and not getattr(one, _REQUEST_ID)


def _take(values: dict[str, Any], path: str) -> Any:
    """The value at a dotted path; it leaves the rest of the request when it stands there by itself."""
    first, *inside = path.split(".")
    if not inside:
        return values.pop(first)
    value = values[first]
    for name in inside:
        value = getattr(value, name)
    return value


def _json(values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
