"""How one payment is split over several bills. It knows no bill: whether one exists is for the bill to say."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.money import Money
from services.payments.domain.misfit import Misfit


@dataclass(frozen=True, slots=True)
class Split:
    """The part of a payment that pays one bill of the payment's merchant."""

    bill_no: str
    amount: Money


def judge_splits(splits: Sequence[Split], amount: Money, bill_no: str) -> tuple[Misfit, ...]:
    """Every reason why a payment of `amount` cannot be split so; none when there are no splits.

    The parts sum up to the payment exactly, each bill stands once, and there is no other bill beside them.
    """
    if not splits:
        return ()
    faults = [] if not bill_no else [_BESIDE]
    seen: set[str] = set()
    for index, split in enumerate(splits):
        if split.amount.currency_code != amount.currency_code:
            faults.append(_other_currency(index, amount.currency_code))
        if split.amount.amount_minor <= 0:
            faults.append(_not_positive(index))
        if split.bill_no in seen:
            faults.append(_twice(index, split.bill_no))
        seen.add(split.bill_no)
    total = sum(split.amount.amount_minor for split in splits)
    if total != amount.amount_minor:
        faults.append(_other_sum(total, amount.amount_minor))
    return tuple(faults)


_BESIDE = Misfit("bill_no", "SPLITS_ALONE", "must be empty when there are splits", "有拆分明细时须为空")


def _other_currency(index: int, currency_code: str) -> Misfit:
    return Misfit(
        f"splits[{index}].amount.currency_code",
        "SAME_CURRENCY",
        f"must be the payment's, {currency_code}",
        f"须与支付币种 {currency_code} 一致",
    )


def _not_positive(index: int) -> Misfit:
    return Misfit(f"splits[{index}].amount", "AMOUNT_POSITIVE", "amount_minor must be above 0", "金额必须大于 0")


def _twice(index: int, bill_no: str) -> Misfit:
    return Misfit(f"splits[{index}].bill_no", "BILL_ONCE", f"names {bill_no} once more", f"账单 {bill_no} 重复出现")


def _other_sum(total_minor: int, amount_minor: int) -> Misfit:
    return Misfit(
        "splits",
        "SPLITS_SUM",
        f"sum up to {total_minor}, the payment is {amount_minor} in minor units",
        f"拆分合计为 {total_minor}，与支付金额 {amount_minor}（最小货币单位）不一致",
    )
