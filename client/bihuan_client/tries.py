"""Whether a call is tried again, and when. It waits for nothing and sends nothing.

Full jitter: a random share of a wait that doubles, so that callers that failed together do not come back together
(Brooker, "Exponential Backoff and Jitter"). Retry-After is the least that is waited.
"""

from dataclasses import dataclass

import httpx

from .faults import Problem

# The answers after which the same call may be answered otherwise: too many, and faults that pass.
PASSING = frozenset({429, 500, 502, 503, 504})
# 429 is refused before anything is done; the others may come from behind the work.
_NOT_DONE = frozenset({429})
# So are 503s with these reasons, as the contract has them.
_NOT_DONE_REASONS = frozenset({"AUDIT_UNAVAILABLE"})
# No try would go better.
_OWN_MISTAKES = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
# Nothing of the request was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Retries:
    """How a call is repeated: `tries_max` in all; a wait of at most base_seconds, doubled each time up to
    wait_seconds_max."""

    tries_max: int = 8
    base_seconds: float = 0.5
    wait_seconds_max: float = 30.0

    def wait_seconds(self, tried: int, share: float, retry_after_seconds: float | None) -> float:
        """How long to wait after `tried` tries; `share` is random, from 0 to 1."""
        most = min(self.wait_seconds_max, self.base_seconds * 2.0 ** min(tried - 1, 32))
        return share * most + (retry_after_seconds or 0.0)


@dataclass(frozen=True, slots=True)
class Failed:
    """A try without an answer that ends the call: what happened, and whether the call may have been done by it."""

    what: str
    may_be_done: bool
    problem: Problem | None = None

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the other side asks to wait."""
        return self.problem.retry_after_seconds if self.problem else None


def broken(fault: httpx.TransportError) -> Failed:
    """A try whose connection gave no answer. Raises the fault when it is the caller's own, such as a bad address."""
    if isinstance(fault, _OWN_MISTAKES):
        raise fault
    return Failed(f"{type(fault).__name__} {fault}".strip(), may_be_done=not isinstance(fault, _NOT_SENT))


def passing(problem: Problem) -> Failed | None:
    """A try with an answer after which the call may be repeated; None when it is an end."""
    if problem.status not in PASSING:
        return None
    is_not_done = problem.status in _NOT_DONE or problem.reason in _NOT_DONE_REASONS
    return Failed(f"{problem.status} {problem.reason}".strip(), may_be_done=not is_not_done, problem=problem)
