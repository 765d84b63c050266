"""What comes with a call by gRPC beside its messages, as HTTP would have it. It judges nothing of it.

Of the caller's metadata nothing else is looked at, and nothing is handed on.
"""

import math
from dataclasses import dataclass
from urllib.parse import unquote

from chassis.server import RpcContext

# Beyond that gRPC means that no deadline was set.
_DEADLINE_SECONDS_MAX = 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a call goes and where it comes from; `seconds` are left of its deadline, without one infinitely many."""

    path: str
    peer: str
    seconds: float
    authorization: str
    forwarded: str
    traceparent: str
    reason: str
    idempotency_key: str | None


def head_of(path: str, context: RpcContext) -> Head:
    """Read a call's head; of several values of one name the first counts, but all of X-Forwarded-For."""
    values: dict[str, list[str]] = {}
    for name, value in context.invocation_metadata() or ():
        values.setdefault(name, []).append(_text(value))
    return Head(
        path=path,
        peer=_host(context.peer()),
        seconds=_seconds(context.time_remaining()),
        authorization=values.get("authorization", [""])[0],
        forwarded=",".join(values.get("x-forwarded-for", [])),
        traceparent=values.get("traceparent", [""])[0],
        reason=values.get("bihuan-reason", [""])[0],
        idempotency_key=values.get("idempotency-key", [None])[0],
    )


def _text(value: str | bytes) -> str:
    """A value as the HTTP server hands it over: a sign for each byte."""
    return (value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value).decode("latin-1")


def _host(peer: str) -> str:
    """The address in what gRPC calls a peer: ipv4:192.0.2.1:4711, ipv6:%5B2001:db8::1%5D:4711."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")


def _seconds(remaining: float | None) -> float:
    return math.inf if remaining is None or remaining > _DEADLINE_SECONDS_MAX else max(0.0, remaining)
