"""Shows the gates to people, and lets them close and open one by hand. It sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis import telemetry
from chassis.errors import Fault, Kind
from chassis.ids import new_id
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain import rate_budget
from services.invoice_sync.domain.breaker import Breaker
from services.invoice_sync.domain.hold import Hold, HoldKind
from services.invoice_sync.store import gates

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class GateShown:
    """What the contract's Gate says; `waiting_count` counts the invoices that wait before it."""

    route: str
    breaker: Breaker
    rate_per_minute: int
    waiting_count: int
    last_claim_time: datetime | None
    holds: Sequence[Hold]


class GateAdminActions:
    """Each method is one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def list_gates(self) -> Sequence[GateShown]:
        """Every route that is served or was, in order."""
        async with self._tools.sessions() as session:
            rows, holds, waiting = await gates.read(session), await gates.holds(session), await gates.waiting(session)
        by_route: dict[str, int] = {}
        for seller, count in waiting.items():
            key = self._tools.routing.route_for(seller).key
            by_route[key] = by_route.get(key, 0) + count
        shown = []
        for key in sorted({*rows, *(route.key for route in self._tools.routing.routes())}):
            row = rows.get(key)
            shown.append(
                GateShown(
                    route=key,
                    breaker=row.breaker if row else Breaker(),
                    rate_per_minute=row.budget.rate_micro * _MINUTE // rate_budget.MICRO if row else 0,
                    waiting_count=by_route.get(key, 0),
                    last_claim_time=row.last_claim_time if row else None,
                    holds=[hold for hold in holds if hold.route_key == key],
                )
            )
        return shown

    @telemetry.traced
    async def set_hold(
        self, request_id: str, route: str, seller_tax_id: str, reason: str, until: datetime | None, set_by: str
    ) -> Hold:
        """Close a route, for all or for one seller. A request_id that closed one before gives that hold.

        Raises Fault NOT_FOUND when no such route is served.
        """
        if route not in {each.key for each in self._tools.routing.routes()}:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no route {route}", f"没有通道 {route}")
        wanted = Hold(
            hold_id=new_id("hld"),
            kind=HoldKind.MANUAL,
            route_key=route,
            seller_tax_id=seller_tax_id,
            reason=reason,
            reason_zh=reason,
            since=self._tools.clock.now(),
            until=until,
            set_by=set_by,
        )
        async with self._tools.sessions.begin() as session:
            return await gates.set_hold(session, wanted, request_id)

    @telemetry.traced
    async def lift_hold(self, hold_id: str) -> bool:
        """Lift a hold; whether it was still in force. Raises Fault NOT_FOUND when there never was such a hold."""
        async with self._tools.sessions.begin() as session:
            if not await gates.is_known(session, hold_id):
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no hold {hold_id}", f"没有暂停 {hold_id}")
            return await gates.lift(session, [hold_id], self._tools.clock.now()) > 0
