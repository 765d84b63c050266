"""Payments and lines that a run found to be the same money, and how it found them. It matches nothing itself."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.money import Money
from services.reconciler.domain.difference import Key
from services.reconciler.matching.frames import Disposition


class MatchKind(StrEnum):
    """How it was found; the names are those of the contract's Match.Kind."""

    EXACT = "EXACT"
    CROSS_DAY = "CROSS_DAY"
    GROUP = "GROUP"
    REFERENCE_DAMAGED = "REFERENCE_DAMAGED"
    LIKELY = "LIKELY"


@dataclass(frozen=True, slots=True)
class Match:
    """A pair or a group of one run: posted, or suggested to a person. `amount` is the books' money."""

    run_id: str
    group_id: str
    payment_ids: tuple[str, ...]
    line_ids: tuple[str, ...]
    amount: Money
    rule_id: str
    stage: str
    disposition: Disposition
    found_class: str  # CROSS_DAY, REFERENCE_DAMAGED, or ""
    reason: str
    runner_up_id: str
    margin_us: int | None
    traceparent: str

    @property
    def kind(self) -> MatchKind:
        """How it was found."""
        if len(self.payment_ids) > 1 or len(self.line_ids) > 1:
            return MatchKind.GROUP
        if self.found_class:
            return MatchKind(self.found_class)
        return MatchKind.EXACT if self.disposition is Disposition.MATCHED else MatchKind.LIKELY

    @property
    def key(self) -> Key | None:
        """The number that joined it; None when none did."""
        return Key.of(self.reason)
