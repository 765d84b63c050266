"""What goes back on the wire, as values: status, body, and whether the answer is dropped, held or garbled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.tax_sandbox.domain.acceptance import Acceptance
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, outage_of

_RETRY_AFTER_SECONDS_MAX = 3600
_GARBLED = b'{"number":"2642'


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the protocol, and what befalls it on its way."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hold_seconds: float = 0.0
    dropped_by: FaultName | None = None


def refused(status: int, refusal: Refusal) -> Reply:
    """A refusal in the protocol's one shape for errors."""
    body = {"code": refusal.code, "message": refusal.message}
    return Reply(status, body | {"field": refusal.field} if refusal.field else body)


def accepted(acceptance: Acceptance, *, duplicate: bool) -> Reply:
    """Yes: taken now, or taken before under the same key with the same bytes."""
    return _yes(acceptance.invoice_number, acceptance.accepted_at, acceptance.document_sha256, duplicate=duplicate)


def lied(other_number: str, sha256: str, now: datetime) -> Reply:
    """Yes, taken before: under a number that is another's, for a document that was never taken."""
    return _yes(other_number, now, sha256, duplicate=True)


def key_reused() -> Reply:
    """No: other bytes were taken under this key."""
    return refused(409, Refusal("E4090", "another document was accepted under this key"))


def quota_exhausted(quota: Mapping[str, Any]) -> Reply:
    """No: the seller's monthly amount does not bear this one."""
    said = refused(403, Refusal("E9400", "the monthly amount quota is exhausted"))
    return replace(said, body={**said.body, "quota": dict(quota)})


def stopped(plan: FaultPlan, now: datetime) -> Reply:
    """What a fault at the gate does to any call; nothing of it is done."""
    match plan.fault:
        case FaultName.CREDENTIAL_EXPIRY:
            return refused(401, Refusal("E4011", "the credential has expired"))
        case FaultName.KEY_ROTATION:
            return refused(401, Refusal("E4012", "the key was rotated; present the newest credential"))
        case FaultName.OUTAGE_ANNOUNCED:
            outage = outage_of(plan)
            left = int((outage[1] - now).total_seconds()) if outage else 0
            said = refused(503, Refusal("E5030", "the system is closed for maintenance, as announced"))
            return replace(said, headers={"Retry-After": str(max(left, 1))})
    raise AssertionError(f"{plan.fault} is no fault at the gate")


def turned_away(plan: FaultPlan, throttled_count: int, quota: Mapping[str, Any]) -> Reply:  # noqa: PLR0911  a table of cases
    """What a fault at the door does; the document is not taken. `throttled_count` is of this key before now."""
    match plan.fault:
        case FaultName.DROP_BEFORE_COMMIT:
            return Reply(0, {}, dropped_by=plan.fault)
        case FaultName.HTTP_5XX_BEFORE_COMMIT:
            return refused(int(plan.code or 500), Refusal("E5000", "internal error"))
        case FaultName.AUTHORITY_FAULT:
            return refused(500, Refusal("E5500", "the authority's own fault"))
        case FaultName.OUTAGE:
            headers = {} if plan.seconds is None else {"Retry-After": str(int(plan.seconds))}
            return replace(refused(503, Refusal("E5030", "the system is closed for maintenance")), headers=headers)
        case FaultName.THROTTLE:
            seconds = min(int(plan.seconds or 1) * 2 ** min(throttled_count, 20), _RETRY_AFTER_SECONDS_MAX)
            reply = refused(429, Refusal("E4290", "too many requests"))
            return replace(reply, headers={"Retry-After": str(max(seconds, 1))})
        case FaultName.REJECT_SYNTAX:
            return refused(400, Refusal("E4000", "the body is not a JSON object"))
        case FaultName.REJECT_BUSINESS:
            return refused(422, Refusal(plan.code or "E4100", "refused as the steering API asked"))
        case FaultName.QUOTA_EXHAUSTED:
            return quota_exhausted(quota)
    raise AssertionError(f"{plan.fault} is no fault at the door")


def on_its_way(reply: Reply, plan: FaultPlan | None) -> Reply:  # noqa: PLR0911  a table of cases
    """What a fault does to an answer after the document was stored; without one it arrives as it is."""
    if plan is None:
        return reply
    match plan.fault:
        case FaultName.DROP_AFTER_COMMIT | FaultName.LOSE_CLOSE_ANSWER:
            return replace(reply, dropped_by=plan.fault)
        case FaultName.HTTP_5XX_AFTER_COMMIT:
            return refused(int(plan.code or 500), Refusal("E5000", "internal error"))
        case FaultName.AUTHORITY_FAULT_AFTER_COMMIT:
            return refused(500, Refusal("E5500", "the authority's own fault"))
        case FaultName.SLOW_ANSWER | FaultName.SLOW_QUERY:
            return replace(reply, hold_seconds=plan.seconds or 0.0)
        case FaultName.GARBLED_ANSWER:
            return replace(reply, raw=_GARBLED)
        case FaultName.QUERY_5XX:
            return refused(503, Refusal("E5030", "the query service is not available"))
    raise AssertionError(f"{plan} does nothing to an answer")


def instant(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def _yes(number: str, accepted_at: datetime, sha256: str, *, duplicate: bool) -> Reply:
    return Reply(
        200,
        {
            "number": number,
            "accepted_at": instant(accepted_at),
            "document_sha256": sha256,
            "duplicate": duplicate,
            "status": "ACCEPTED",
        },
    )
