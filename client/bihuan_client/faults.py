"""What a call can end with besides an answer. It decides nothing: `tries` says what is repeated."""

from collections.abc import Mapping
from dataclasses import dataclass


class BihuanError(Exception):
    """The root of all that the client raises."""


class Forged(BihuanError):
    """A webhook that does not prove that it comes from Bihuan, or is too old. Answer 400 and do nothing."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A field that breaks a rule: its path in the contract's names, the rule for programs, the words for people."""

    field: str
    rule: str
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as RFC 9457 tells it. Programs judge by `reason`; it is empty when something before Bihuan answered."""

    status: int
    reason: str
    detail: str
    detail_zh: str = ""
    fields: tuple[FieldProblem, ...] = ()
    metadata: Mapping[str, str] | None = None
    trace_id: str = ""
    retry_after_seconds: float | None = None


class Refused(BihuanError):
    """The call was refused and nothing was done. `problem` says why, and `reason` is for programs."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.reason}: {problem.detail} (trace_id {problem.trace_id or '-'})")
        self.problem = problem

    @property
    def reason(self) -> str:
        """What went wrong; a reason never changes its meaning."""
        return self.problem.reason

    @property
    def fields(self) -> tuple[FieldProblem, ...]:
        """Every field that breaks a rule."""
        return self.problem.fields

    @property
    def trace_id(self) -> str:
        """What finds the call on the other side."""
        return self.problem.trace_id


class Invalid(Refused):
    """400, 413 and 422: the request breaks a rule, or what it is about does not allow it. Do not repeat it."""


class Unauthenticated(Refused):
    """401: the key is unknown, wrong, expired or revoked."""


class Denied(Refused):
    """403: the caller may not do this, or is suspended."""


class NotFound(Refused):
    """404: there is nothing by that id that the caller may see."""


class Conflict(Refused):
    """409 and 412: a key was used before for other content, or the thing is not as the request takes it to be."""


class Limited(Refused):
    """429: too many calls, also after waiting as long as the deadline allows."""


class NoAnswer(BihuanError):
    """There was no answer within the deadline.

    `may_be_done` is whether the call may have been done: then the outcome is UNKNOWN, never failed. Make the same
    call again with `idempotency_key` until there is an answer; it cannot be done twice. `problem` is what the last
    try was told, if anything.
    """

    def __init__(
        self, what: str, *, may_be_done: bool, idempotency_key: str, problem: Problem | None, tries: int
    ) -> None:
        outcome = "whether it was done is unknown" if may_be_done else "nothing was done"
        super().__init__(f"no answer after {tries} tries; {outcome}: {what}")
        self.may_be_done = may_be_done
        self.idempotency_key = idempotency_key
        self.problem = problem
        self.tries = tries

    @property
    def trace_id(self) -> str:
        """What finds the last try on the other side; empty when it never answered."""
        return self.problem.trace_id if self.problem else ""


_KINDS: Mapping[int, type[Refused]] = {
    401: Unauthenticated,
    403: Denied,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: Limited,
}


def refused(problem: Problem) -> Refused:
    """The error for a refusal."""
    return _KINDS.get(problem.status, Invalid)(problem)
