"""Shows the gates to people, and lets them close and open one by hand. It sends nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chassis import telemetry
from chassis.errors import Fault, FieldFault, Kind
from chassis.ids import new_id
from services.invoice_sync.actions.issue import request_id_reused
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain import rate_budget
from services.invoice_sync.domain.breaker import Breaker
from services.invoice_sync.domain.hold import Hold, HoldKind, is_in_force
from services.invoice_sync.domain.shown import GateShown
from services.invoice_sync.store import gates

_MINUTE = 60


class GateAdminActions:
    """Each method is one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def list_gates(self) -> Sequence[GateShown]:
        """Every route that is served or was, in order."""
        async with self._tools.sessions() as session:
            rows, holds, waiting = await gates.read(session), await gates.holds(session), await gates.waiting(session)
        now = self._tools.clock.now()
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
                    holds=[hold for hold in holds if hold.route_key == key and is_in_force(hold, now)],
                )
            )
        return shown

    @telemetry.traced
    async def set_hold(
        self, request_id: str, route: str, seller_tax_id: str, reason: str, until: datetime | None, set_by: str
    ) -> Hold:
        """Close a route, for all or for one seller. A request_id that closed one before gives that hold.

        Raises Fault NOT_FOUND when no such route is served, INVALID_FIELD when it would be over already, and
        REQUEST_ID_REUSED.
        """
        now = self._tools.clock.now()
        if route not in {each.key for each in self._tools.routing.routes()}:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no route {route}", f"没有通道 {route}")
        wanted = Hold(
            hold_id=new_id("hld"),
            kind=HoldKind.MANUAL,
            route_key=route,
            seller_tax_id=seller_tax_id,
            reason=reason,
            reason_zh=reason,
            since=now,
            until=until,
            set_by=set_by,
        )
        async with self._tools.sessions.begin() as session:
            before = await gates.asked_by(session, request_id)
            if before is None and until is not None and until <= now:
                raise _over_already()
            if before is None and await gates.add_hold(session, wanted, request_id):
                return wanted
            made = before or await gates.asked_by(session, request_id)
        if made is None or replace(made, hold_id=wanted.hold_id, since=now) != wanted:
            raise request_id_reused()
        return made

    @telemetry.traced
    async def lift_hold(self, hold_id: str) -> bool:
        """Lift a hold; whether it was still in force. Raises Fault NOT_FOUND when there never was such a hold."""
        async with self._tools.sessions.begin() as session:
            if not await gates.is_known(session, hold_id):
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no hold {hold_id}", f"没有暂停 {hold_id}")
            return await gates.lift(session, [hold_id], self._tools.clock.now()) > 0


def _over_already() -> Fault:
    message, message_zh = "must lie ahead", "必须晚于当前时间"
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        f"end_time: {message}",
        f"end_time：{message_zh}",
        fields=(FieldFault("end_time", "OVER_ALREADY", message, message_zh),),
    )
