"""What a channel keeps of a payment: the rule that applied when it succeeded, and the fee by it. It reads no file."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.money import Money

_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A rate in millionths of the amount, and the least and the most that is kept, in minor units.

    An empty `merchant_id` means every merchant that has no rule of its own at the channel; an empty `currency_code`
    every currency. `max_minor` is None where there is no most. A rule never changes: a new rate has a new id.
    """

    fee_rule_id: str
    channel: str
    rate_ppm: int
    merchant_id: str = ""
    currency_code: str = ""
    min_minor: int = 0
    max_minor: int | None = None

    def __post_init__(self) -> None:
        assert 0 <= self.rate_ppm <= _PPM, "a channel keeps no more than the payment"
        assert self.min_minor >= 0, "a fee is not below zero"
        assert self.max_minor is None or self.max_minor >= self.min_minor, "the most is not below the least"


@dataclass(frozen=True, slots=True)
class Fee:
    """The snapshot of a rule on a payment: taken when the payment succeeds, and kept for ever."""

    fee_rule_id: str
    rate_ppm: int
    amount: Money


class FeeRules:
    """The rules in force, each found by channel, merchant and currency; the one that says most applies."""

    def __init__(self, rules: Iterable[FeeRule] = ()) -> None:
        self._rules: dict[tuple[str, str, str], FeeRule] = {}
        for rule in rules:
            key = (rule.channel, rule.merchant_id, rule.currency_code)
            assert key not in self._rules, f"two rules for {key}: who reads rules refuses that"
            self._rules[key] = rule

    def fee_of(self, channel: str, merchant_id: str, amount: Money) -> Fee | None:
        """The fee of a payment, or None where no rule applies: not known is not zero."""
        rule = self._rule(channel, merchant_id, amount.currency_code)
        return None if rule is None else Fee(rule.fee_rule_id, rule.rate_ppm, _fee(rule, amount))

    def _rule(self, channel: str, merchant_id: str, currency_code: str) -> FeeRule | None:
        for whose in (merchant_id, ""):
            for code in (currency_code, ""):
                if (rule := self._rules.get((channel, whose, code))) is not None:
                    return rule
        return None


def _fee(rule: FeeRule, amount: Money) -> Money:
    """Rounded half up on the minor unit, then held between the least and the most, and never above the payment."""
    rounded = (amount.amount_minor * rule.rate_ppm + _PPM // 2) // _PPM
    held = max(rounded, rule.min_minor)
    if rule.max_minor is not None:
        held = min(held, rule.max_minor)
    return Money(amount.currency_code, min(held, amount.amount_minor))
