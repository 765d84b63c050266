"""Every bound of the gates in one value; each comes from a setting."""

from dataclasses import dataclass

from services.invoice_sync.domain.breaker import BreakerPolicy
from services.invoice_sync.domain.concurrency import ConcurrencyPolicy
from services.invoice_sync.domain.hold import HoldPolicy
from services.invoice_sync.domain.rate_budget import RatePolicy


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What the gates of every route keep to."""

    rate: RatePolicy
    breaker: BreakerPolicy
    concurrency: ConcurrencyPolicy
    hold: HoldPolicy
