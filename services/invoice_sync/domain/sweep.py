"""The report of one pass over all that should have moved and did not. It moves nothing itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the contract's Sweep says, under the same names."""

    sweep_id: str
    start_time: datetime
    end_time: datetime
    scanned_count: int
    lease_expired_count: int
    missing_count: int
    resent_count: int
    issued_count: int

    @property
    def found_count(self) -> int:
        """How much this sweep set right; 0 means that all moves by itself."""
        return self.lease_expired_count + self.missing_count + self.resent_count + self.issued_count
