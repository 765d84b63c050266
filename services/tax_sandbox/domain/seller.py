"""What a seller may do in a place: registered or not, suspended or not, and how much a month. It counts nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.tax_sandbox.domain.calendar import period_of
from services.tax_sandbox.domain.document import Refusal


@dataclass(frozen=True, slots=True)
class SellerStanding:
    """A seller in a place. `limit_minor` None is no limit; `used_minor` is of the month that is running."""

    is_registered: bool = False
    registration_is_required: bool = False
    is_suspended: bool = False
    limit_minor: int | None = None
    used_minor: int = 0

    def refusal(self) -> Refusal | None:
        """Why this seller may not issue here, if it may not."""
        if self.registration_is_required and not self.is_registered:
            return Refusal("E9301", "the seller is not registered in this region", "seller.tax_id")
        if self.is_suspended:
            return Refusal("E9338", "the seller has no permission; it is suspended", "seller.tax_id")
        return None

    def is_exhausted_by(self, amount_minor: int) -> bool:
        """Whether an invoice of this amount goes beyond the month's limit. A red letter never does."""
        return self.limit_minor is not None and amount_minor > 0 and self.used_minor + amount_minor > self.limit_minor

    def quota(self, now: datetime) -> dict[str, Any]:
        """The limit and what is used of it, as the protocol tells it."""
        return {"period": period_of(now), "limit_minor": self.limit_minor, "used_minor": self.used_minor}


@dataclass(frozen=True, slots=True)
class Registration:
    """A seller that the authority knows in a place."""

    place: str
    seller_tax_id: str
    name: str
    registered_at: datetime
    is_suspended: bool
