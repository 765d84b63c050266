"""The gates as they are at one instant, to tell of each invoice which one holds it. It opens and shuts none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.breaker import Breaker
from services.invoice_sync.domain.diagnosis.facts import Heartbeat
from services.invoice_sync.domain.gate import Shut, is_open
from services.invoice_sync.domain.hold import Hold, is_in_force
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.route import Route, parse_route
from services.invoice_sync.domain.standing import TO_SEND
from services.invoice_sync.store import gates
from services.invoice_sync.store.gates import GateRow


@dataclass(frozen=True, slots=True)
class GateView:
    """Every gate and every hold that was not lifted."""

    gates: Mapping[str, GateRow]
    holds: Sequence[Hold]
    now: datetime

    def shut(self, invoice: Invoice) -> Shut | None:
        """The gate that holds an invoice which waits to be sent; None for every other."""
        if invoice.standing.sync_state not in TO_SEND or invoice.standing.parked:
            return None
        return self.shut_to(invoice.route, invoice.seller.tax_id)

    def shut_to(self, route: Route, seller_tax_id: str) -> Shut | None:
        """What shuts a route to a seller; None when it is open."""
        gate = self.gates.get(route.key)
        verdict = is_open(route, seller_tax_id, self.holds, gate.breaker if gate else Breaker(), self.now)
        return verdict if isinstance(verdict, Shut) else None

    def shut_ways(self) -> list[tuple[str, str]]:
        """The shut routes by key, each with '' for everyone or with the seller to whom it is shut."""
        ways = {(key, "") for key in self.gates} | {(hold.route_key, hold.seller_tax_id) for hold in self.holds}
        return [(key, seller) for key, seller in sorted(ways) if self.shut_to(parse_route(key), seller)]

    def holds_on(self, route: Route, seller_tax_id: str) -> list[Hold]:
        """The holds in force there, those that only wait for a probe among them."""
        return [
            hold
            for hold in self.holds
            if hold.route_key == route.key and hold.seller_tax_id in ("", seller_tax_id) and is_in_force(hold, self.now)
        ]

    def heartbeat(self, route: Route) -> Heartbeat | None:
        """When an uploader last took work for a route; None when none ever did."""
        gate = self.gates.get(route.key)
        return Heartbeat(route.key, gate.last_claim_time) if gate and gate.last_claim_time else None


async def read_gates(session: AsyncSession, now: datetime) -> GateView:
    """The gates as they are now."""
    return GateView(await gates.read(session), await gates.holds(session), now)
