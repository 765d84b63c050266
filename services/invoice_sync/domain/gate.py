"""Whether anything may go by a route for a seller now, and if not, which gate is shut. It opens and shuts none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.domain.breaker import Blocked, Breaker, ProbeOnly, may_pass
from services.invoice_sync.domain.hold import Hold, HoldKind, covers, wants_probe
from services.invoice_sync.domain.route import Route


@dataclass(frozen=True, slots=True)
class Open:
    """Rows may be taken: only one when `breaker_probe` or `probed` says that it is to find out if the cause is gone.

    Before that one is sent, `probing` of the breaker is stored if `breaker_probe`, and of each hold in `probed`.
    """

    breaker_probe: bool = False
    probed: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Shut:
    """Nothing may be taken, and why; `until` is when a probe may go at the earliest, None when a person must act.

    `hold_id` is empty when the breaker shuts it, which is no hold.
    """

    kind: HoldKind
    hold_id: str
    reason: str
    reason_zh: str
    until: datetime | None


def is_open(route: Route, seller_tax_id: str, holds: Iterable[Hold], breaker: Breaker, now: datetime) -> Open | Shut:
    """The one verdict on a route for a seller. Of several shut gates it names the one that stays shut longest."""
    of_route = tuple(holds)
    shut = [_shut_by(hold) for hold in of_route if covers(hold, route, seller_tax_id, now)]
    passing = may_pass(breaker, now)
    if isinstance(passing, Blocked):
        shut.append(_shut_by_breaker(breaker, passing.until))
    if shut:
        return max(shut, key=_lasts_until)
    probed = tuple(hold for hold in of_route if wants_probe(hold, route, seller_tax_id, now))
    return Open(breaker_probe=isinstance(passing, ProbeOnly), probed=probed)


def _shut_by(hold: Hold) -> Shut:
    return Shut(hold.kind, hold.hold_id, hold.reason, hold.reason_zh, hold.until)


def _shut_by_breaker(breaker: Breaker, until: datetime) -> Shut:
    failed = breaker.recent_bits.bit_count()
    return Shut(
        HoldKind.BREAKER,
        "",
        f"calls failed: {breaker.failures} in a row, {failed} of the last {breaker.recent_count} before it opened",
        f"接口调用失败：连续 {breaker.failures} 次，熔断前最近 {breaker.recent_count} 次中 {failed} 次，已熔断",
        until,
    )


def _lasts_until(shut: Shut) -> tuple[bool, datetime | None]:
    return (shut.until is None, shut.until)
