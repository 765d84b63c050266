"""What a disturbance does to an amount or a time. The same on a made-up day as on a real statement."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from chassis.money import Money
from demo.plan import BEIJING


def difference(rng: Random, amount: Money) -> Money:
    """An error of the kind that happens to an amount: a fen, ten fen, a yuan, 9.90 yuan, a tenth.

    It is smaller than the amount, unless the amount is the smallest there is.
    """
    smallest, total = 1, amount.amount_minor
    likely = [error for error in (10, 100, 990, total // 10) if smallest < error < total]
    return Money(amount.currency_code, rng.choice([smallest, *likely]))


def seconds_before_midnight(rng: Random, day: date) -> datetime:
    """An instant in the last ten seconds before a Beijing day begins."""
    return datetime.combine(day, time(0), BEIJING).astimezone(UTC) - timedelta(seconds=rng.randint(1, 9))
