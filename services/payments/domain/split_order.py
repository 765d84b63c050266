"""An order that is paid in several parts: what is told of it, and how far the payments of its parts pay it.

It keeps no sum: what an order stands at follows from its payments, each time it is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.payments.domain.life import is_final
from services.payments.domain.misfit import Misfit
from services.payments.domain.payment import Payment, State

_MINOR_MAX = 2**63 - 1


class SplitOrderState(StrEnum):
    """How far an order is paid; the contract's SplitOrder.State."""

    UNPAID = "UNPAID"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    OVERPAID = "OVERPAID"


@dataclass(frozen=True, slots=True)
class PartContent:
    """A part: the order number of its payment, and what it is to bring."""

    merchant_order_no: str
    amount: Money


@dataclass(frozen=True, slots=True)
class SplitOrderContent:
    """What a caller tells of an order. It never changes, and two requests are the same when it is equal."""

    merchant_id: str
    split_order_no: str
    total: Money
    parts: tuple[PartContent, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it stands; `payment_id` is empty while no payment has its number, `payment` None also when archived."""

    content: PartContent
    payment_id: str = ""
    payment: Payment | None = None

    @property
    def paid(self) -> Money:
        """What came in by it, in the part's currency, and did not go back."""
        payment = self.payment
        if payment is None or payment.state is not State.SUCCEEDED or self._is_foreign(payment):
            return Money.zero(self.content.amount.currency_code)
        return payment.content.amount - Money(self.content.amount.currency_code, payment.refunded_minor)

    @property
    def pending(self) -> Money:
        """What its payment, under way, may still bring."""
        payment = self.payment
        if payment is None or is_final(payment.state) or self._is_foreign(payment):
            return Money.zero(self.content.amount.currency_code)
        return payment.content.amount

    @property
    def differs(self) -> bool:
        """Whether its payment is of another amount or currency."""
        return self.payment is not None and self.payment.content.amount != self.content.amount

    def _is_foreign(self, payment: Payment) -> bool:
        return payment.content.amount.currency_code != self.content.amount.currency_code


@dataclass(frozen=True, slots=True)
class SplitOrder:
    """An order with its parts as they stand."""

    content: SplitOrderContent
    parts: tuple[Part, ...]
    create_time: datetime

    @property
    def paid(self) -> Money:
        """What came in by its parts and did not go back."""
        return self._sum(part.paid for part in self.parts)

    @property
    def pending(self) -> Money:
        """What payments of its parts under way may still bring."""
        return self._sum(part.pending for part in self.parts)

    @property
    def state(self) -> SplitOrderState:
        """How far it is paid."""
        paid, total = self.paid.amount_minor, self.content.total.amount_minor
        if paid == 0:
            return SplitOrderState.UNPAID
        if paid < total:
            return SplitOrderState.PARTLY_PAID
        return SplitOrderState.PAID if paid == total else SplitOrderState.OVERPAID

    def _sum(self, amounts: Iterable[Money]) -> Money:
        # The parts sum up to the total; payments that are larger than their parts might pass what 64 bits hold.
        sum_minor = sum(amount.amount_minor for amount in amounts)
        return Money(self.content.total.currency_code, min(sum_minor, _MINOR_MAX))


def judge_parts(parts: Sequence[PartContent], total: Money) -> tuple[Misfit, ...]:
    """Every reason why these are not the parts of the total: its currency, each number once, and the sum exactly."""
    faults = []
    seen: set[str] = set()
    for index, part in enumerate(parts):
        if part.amount.currency_code != total.currency_code:
            words = (f"must be the total's, {total.currency_code}", f"须与总额币种 {total.currency_code} 一致")
            faults.append(Misfit(f"parts[{index}].amount.currency_code", "SAME_CURRENCY", *words))
        if part.merchant_order_no in seen:
            number = part.merchant_order_no
            words = (f"names {number} once more", f"商户订单号 {number} 重复出现")
            faults.append(Misfit(f"parts[{index}].merchant_order_no", "PART_ONCE", *words))
        seen.add(part.merchant_order_no)
    sum_minor = sum(part.amount.amount_minor for part in parts)
    if sum_minor != total.amount_minor:
        words = (
            f"sum up to {sum_minor}, the total is {total.amount_minor} in minor units",
            f"各部分合计为 {sum_minor}，与总额 {total.amount_minor}（最小货币单位）不一致",
        )
        faults.append(Misfit("parts", "PARTS_SUM", *words))
    return tuple(faults)
