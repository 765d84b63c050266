"""What the gates give out and take in: what may be claimed now, and what calls showed. It opens and shuts none."""

from dataclasses import dataclass, field
from datetime import datetime

from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.gate import Open
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store.gates import GateRow


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call showed of its route."""

    route: Route
    seller_tax_id: str
    answer: TaxAnswer
    begun: datetime
    seconds: float


@dataclass(slots=True)
class Admission:
    """What a claim may take: how many of each lane, and what it must store if it takes any of a route."""

    quotas: list[tuple[str, int]] = field(default_factory=list)
    gates: dict[str, GateRow] = field(default_factory=dict)
    opened: dict[str, Open] = field(default_factory=dict)
    # Lanes of which one row goes first and no second with it.
    probing: set[str] = field(default_factory=set)

    @property
    def breaker_states(self) -> dict[str, str]:
        """The breakers of the routes at the claim."""
        return {key: gate.breaker.state.value for key, gate in self.gates.items()}


def is_for_all(verdict: Open) -> bool:
    """Whether all of the route wait for one probe, and not one seller alone."""
    return verdict.breaker_probe or any(not hold.seller_tax_id for hold in verdict.probed)
