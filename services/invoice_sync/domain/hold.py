"""A reason why nothing may go by a route, what raises one and what lifts it. It stores none and sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.route import Route

# No authority stays closed for longer by a slip in its Retry-After.
_TOLD_WAIT_MAX = timedelta(days=1)
_TAX_ZONE = ZoneInfo("Asia/Shanghai")


class HoldKind(StrEnum):
    """What kind of gate is shut; the contract's Hold.Kind, and BREAKER for the circuit breaker, which is no row."""

    QUOTA = "QUOTA"
    LOGIN = "LOGIN"
    CERTIFICATE = "CERTIFICATE"
    OUTAGE = "OUTAGE"
    MANUAL = "MANUAL"
    BREAKER = "BREAKER"


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing goes by `route_key` from `since`, for one seller or, when `seller_tax_id` is empty, for all.

    A MANUAL one is over at `until`, or when it is lifted if that is None. Each other one lets one probe through at
    `until`, and is over when an answer shows that its cause is gone. `reason` and `reason_zh` hold no tax number.
    """

    hold_id: str
    kind: HoldKind
    route_key: str
    seller_tax_id: str
    reason: str
    reason_zh: str
    since: datetime
    until: datetime | None
    set_by: str


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How long a hold waits before a probe, in seconds; an outage without Retry-After waits `outage_probe_seconds`."""

    quota_probe_seconds: float
    login_probe_seconds: float
    outage_probe_seconds: float


_REASONS: Mapping[HoldKind, tuple[str, str]] = {
    HoldKind.QUOTA: ("the seller's monthly quota is used up", "销售方本月发票额度已用完"),
    HoldKind.LOGIN: ("the authority did not accept our login", "税局未认可登录凭证，需要重新登录"),
    HoldKind.CERTIFICATE: ("the authority did not accept our certificate", "税局未认可数字证书，需要更换证书"),
    HoldKind.OUTAGE: ("the authority is closed", "税局系统停机"),
}
# What an authority answers once it has let our credential in.
_LET_IN = frozenset(Outcome) - {
    Outcome.NOT_RECEIVED,
    Outcome.UNKNOWN,
    Outcome.THROTTLED,
    Outcome.AUTH,
    Outcome.OUTAGE,
    Outcome.AUTHORITY_FAULT,
}
_LIFTS: Mapping[HoldKind, frozenset[Outcome]] = {
    HoldKind.QUOTA: frozenset({Outcome.ACCEPTED, Outcome.SEAL_FAILED}),
    HoldKind.LOGIN: _LET_IN,
    HoldKind.CERTIFICATE: _LET_IN,
    HoldKind.OUTAGE: _LET_IN | {Outcome.AUTH, Outcome.THROTTLED},
}


def covers(hold: Hold, route: Route, seller_tax_id: str, now: datetime) -> bool:
    """Whether the hold shuts this route to this seller at this instant."""
    return _concerns(hold, route, seller_tax_id, now) and (hold.until is None or now < hold.until)


def wants_probe(hold: Hold, route: Route, seller_tax_id: str, now: datetime) -> bool:
    """Whether the hold's wait is over and its cause not known to be gone, so that one call must go first."""
    if hold.kind is HoldKind.MANUAL or hold.until is None:
        return False
    return _concerns(hold, route, seller_tax_id, now) and now >= hold.until


def probing(hold: Hold, now: datetime, policy: HoldPolicy) -> Hold:
    """The hold once a probe is on its way: shut again for a wait, so that it stays the only one, even if it dies."""
    assert hold.kind is not HoldKind.MANUAL, "what a person closed is not probed"
    return replace(hold, until=_next_probe(hold.kind, now, policy))


def raised(
    kind: HoldKind,
    hold_id: str,
    route: Route,
    seller_tax_id: str,
    now: datetime,
    policy: HoldPolicy,
    *,
    until: datetime | None = None,
    code: str = "",
) -> Hold:
    """The hold that an answer asks for. Only a quota is one seller's.

    `until` is what the authority said, if it did, and counts for a day at most; `code` is its own.
    """
    assert kind in _REASONS, f"no answer raises {kind}"
    reason, reason_zh = _REASONS[kind]
    return Hold(
        hold_id=hold_id,
        kind=kind,
        route_key=route.key,
        seller_tax_id=seller_tax_id if kind is HoldKind.QUOTA else "",
        reason=f"{reason} ({code})" if code else reason,
        reason_zh=f"{reason_zh}（{code}）" if code else reason_zh,
        since=now,
        until=min(until, now + _TOLD_WAIT_MAX) if until else _next_probe(kind, now, policy),
        set_by="invoice_sync",
    )


def announced_outage(hold_id: str, route: Route, since: datetime, until: datetime, set_by: str) -> Hold:
    """The hold of an outage that the authority announced, which may lie ahead."""
    assert since < until, "an outage ends after it begins"
    return Hold(
        hold_id=hold_id,
        kind=HoldKind.OUTAGE,
        route_key=route.key,
        seller_tax_id="",
        reason="the authority announced that it is closed",
        reason_zh="税局已公告停机",
        since=since,
        until=until,
        set_by=set_by,
    )


def is_in_force(hold: Hold, now: datetime) -> bool:
    """Whether it shuts its route to anyone now, or waits for the probe that shows whether its cause is gone."""
    over = hold.kind is HoldKind.MANUAL and hold.until is not None and now >= hold.until
    return now >= hold.since and not over


def is_lifted_by(hold: Hold, outcome: Outcome, begun: datetime) -> bool:
    """Whether the outcome of a call by this route and seller, begun at that instant, shows that the cause is gone.

    A call that began before the hold may be answered after it, and shows nothing.
    """
    return begun > hold.since and outcome in _LIFTS.get(hold.kind, frozenset())


def _concerns(hold: Hold, route: Route, seller_tax_id: str, now: datetime) -> bool:
    return hold.route_key == route.key and hold.seller_tax_id in ("", seller_tax_id) and now >= hold.since


def _next_probe(kind: HoldKind, now: datetime, policy: HoldPolicy) -> datetime:
    match kind:
        case HoldKind.QUOTA:
            return min(_next_month(now), now + timedelta(seconds=policy.quota_probe_seconds))
        case HoldKind.OUTAGE:
            return now + timedelta(seconds=policy.outage_probe_seconds)
        case _:
            return now + timedelta(seconds=policy.login_probe_seconds)


def _next_month(now: datetime) -> datetime:
    """When quotas begin anew: at midnight of the first day of the next month in China."""
    here = now.astimezone(_TAX_ZONE)
    first = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
