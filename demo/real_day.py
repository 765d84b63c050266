"""Makes the platform's side of a day from a real statement. Never changes the statement.

Each payment line gives a payment, as if every one had reached the platform; then the payments, and only
they, are disturbed. A refund line stands for itself: the platform records no refunds yet.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from random import Random

from chassis.money import Money
from demo.crowd import MERCHANT_OF, Crowd
from demo.disturb import difference, seconds_before_midnight
from demo.plan import (
    CHANNELS,
    BillRow,
    DemoDay,
    Disturbance,
    KnownLine,
    PlannedPayment,
    Planted,
    planted_counts,
)

# What only some lines can bear comes first.
_IN_TURN = (
    Disturbance.AMOUNT_CHANNEL_OVER,
    Disturbance.DAY_BEFORE,
    Disturbance.MISSING_ON_PLATFORM,
    Disturbance.AMOUNT_CHANNEL_SHORT,
    Disturbance.PAID_TWICE,
    Disturbance.MISSING_AT_CHANNEL,
)


def day_from_lines(
    seed: int, channel: str, business_date: date, lines: Sequence[KnownLine], file_name: str, raw: bytes
) -> DemoDay:
    """The day of one real statement: `raw` as it is, and payments derived from its lines.

    A disturbance that no line can bear is left out: a small file gets fewer. Raises ValueError for a
    channel without numbering here, for a file without a payment, and for a payment of nothing.
    """
    if channel not in CHANNELS:
        raise ValueError(f"channel must be one of {', '.join(CHANNELS)}, is {channel!r}")
    paid = [line for line in lines if not line.is_refund]
    if not paid:
        raise ValueError(f"{file_name} has no payment line, so that nothing can be derived from it")
    for line in paid:
        if line.amount.amount_minor <= 0:
            raise ValueError(f"{file_name}: order {line.merchant_order_no} was paid with {line.amount}")
    platform = _Platform(Random(seed), channel, business_date, lines)
    platform.disturb(planted_counts(len(lines)))
    return DemoDay(
        business_date=business_date,
        seed=seed,
        payments=tuple(sorted(platform.payments.values(), key=lambda payment: payment.pay_time)),
        bills={file_name: raw},
        planted=(*_refunds(channel, lines), *platform.planted),
        rows={channel: tuple(_row(line) for line in lines)},
    )


class _Platform:
    """The platform's payments by order number, while they are being disturbed."""

    def __init__(self, rng: Random, channel: str, day: date, lines: Sequence[KnownLine]) -> None:
        self._rng, self._crowd, self._channel, self._day = rng, Crowd(rng), channel, day
        self._free = _undisturbed(lines)
        rng.shuffle(self._free)
        self._amounts = [line.amount for line in lines if not line.is_refund]
        self.planted: list[Planted] = []
        self.payments: dict[str, PlannedPayment] = {}
        for line in lines:
            if not line.is_refund and line.merchant_order_no not in self.payments:
                self._put(self._payment(line))

    def disturb(self, counts: dict[Disturbance, int]) -> None:
        """Plant each kind as often as `counts` says and the file can bear."""
        for kind in _IN_TURN:
            for _ in range(counts[kind]):
                self._plant(kind)

    def _plant(self, kind: Disturbance) -> None:
        match kind:
            case Disturbance.MISSING_AT_CHANNEL:
                self._add_payment()
            case Disturbance.MISSING_ON_PLATFORM:
                self._drop_payment()
            case Disturbance.AMOUNT_CHANNEL_OVER | Disturbance.AMOUNT_CHANNEL_SHORT:
                self._change_amount(kind)
            case Disturbance.PAID_TWICE:
                self._pay_again()
            case Disturbance.DAY_BEFORE:
                self._shift_to_the_day_before()
            case Disturbance.REFUNDED:
                raise AssertionError("a real file brings its own refunds")

    def _add_payment(self) -> None:
        """A payment with numbers of its own, of an amount that the file knows."""
        order = self._crowd.order(self._channel, self._crowd.moment(self._day))
        order = replace(order, amount=self._rng.choice(self._amounts))
        assert order.merchant_order_no not in self.payments, "an invented order number stands in the file"
        self._put(order.payment())
        self._note(Disturbance.MISSING_AT_CHANNEL, order.merchant_order_no, order.amount)

    def _drop_payment(self) -> None:
        if line := self._take():
            del self.payments[line.merchant_order_no]
            self._note(Disturbance.MISSING_ON_PLATFORM, line.merchant_order_no, line.amount)

    def _change_amount(self, kind: Disturbance) -> None:
        """The file keeps its amount, so ours goes the other way, and stays above zero."""
        over = kind is Disturbance.AMOUNT_CHANNEL_OVER
        if line := self._take(lambda line: not over or line.amount.amount_minor > 1):
            by = difference(self._rng, line.amount)
            ours = line.amount - by if over else line.amount + by
            self._put(replace(self._of(line), amount=ours))
            self._note(kind, line.merchant_order_no, by)

    def _pay_again(self) -> None:
        """Two payments get one bill; if the file allows it, two of one amount."""
        first = self._take(self._has_twin) or self._take(self._has_another)
        if first is None:
            return
        second = self._take(lambda line: _twins(line, first)) or self._take(lambda line: _apart(line, first))
        assert second is not None, "a line was taken whose other half is not there"
        earlier, later = sorted((first, second), key=lambda line: line.book_time)
        self._put(replace(self._of(later), bill_no=self._of(earlier).bill_no))
        self._note(Disturbance.PAID_TWICE, later.merchant_order_no, later.amount)

    def _shift_to_the_day_before(self) -> None:
        """The line that was booked soonest after midnight: it is the likeliest to have been paid before."""
        soonest = min((line.book_time for line in self._free), default=None)
        if line := self._take(lambda line: line.book_time == soonest):
            self._put(replace(self._of(line), pay_time=seconds_before_midnight(self._rng, self._day)))
            self._note(Disturbance.DAY_BEFORE, line.merchant_order_no, line.amount)

    def _take(self, bears: Callable[[KnownLine], bool] = lambda _: True) -> KnownLine | None:
        """The next free line that can bear the disturbance, which is then no longer free."""
        line = next((line for line in self._free if bears(line)), None)
        if line is not None:
            self._free.remove(line)
        return line

    def _has_twin(self, line: KnownLine) -> bool:
        return any(_twins(line, other) for other in self._free)

    def _has_another(self, line: KnownLine) -> bool:
        return any(_apart(line, other) for other in self._free)

    def _of(self, line: KnownLine) -> PlannedPayment:
        return self.payments[line.merchant_order_no]

    def _put(self, payment: PlannedPayment) -> None:
        self.payments[payment.merchant_order_no] = payment

    def _note(self, kind: Disturbance, merchant_order_no: str, amount: Money) -> None:
        self.planted.append(Planted(kind, self._channel, merchant_order_no, amount))

    def _payment(self, line: KnownLine) -> PlannedPayment:
        """What the platform would have recorded of the line; the order is the bill if the file names none."""
        return PlannedPayment(
            merchant_id=MERCHANT_OF[self._channel],
            merchant_order_no=line.merchant_order_no,
            bill_no=line.bill_no or line.merchant_order_no,
            channel=self._channel,
            channel_txn_no=line.channel_txn_no,
            amount=line.amount,
            pay_time=line.book_time,
            payer_name=self._crowd.payer_name(),
        )


def _undisturbed(lines: Sequence[KnownLine]) -> list[KnownLine]:
    """Payment lines with nothing odd about them: no refund of the order, and no number used twice."""
    refunded = {line.merchant_order_no for line in lines if line.is_refund}
    paid = [line for line in lines if not line.is_refund]
    orders = Counter(line.merchant_order_no for line in paid)
    transactions = Counter(line.channel_txn_no for line in paid)
    bills = Counter(line.bill_no or line.merchant_order_no for line in paid)
    return [
        line
        for line in paid
        if line.merchant_order_no not in refunded
        and orders[line.merchant_order_no] == 1
        and transactions[line.channel_txn_no] == 1
        and bills[line.bill_no or line.merchant_order_no] == 1
    ]


def _apart(line: KnownLine, other: KnownLine) -> bool:
    """Booked at different instants, so that one of the two is the later."""
    return line.book_time != other.book_time


def _twins(line: KnownLine, other: KnownLine) -> bool:
    return _apart(line, other) and line.amount == other.amount


def _refunds(channel: str, lines: Sequence[KnownLine]) -> list[Planted]:
    return [
        Planted(Disturbance.REFUNDED, channel, line.merchant_order_no, -line.amount) for line in lines if line.is_refund
    ]


def _row(line: KnownLine) -> BillRow:
    amount = -line.amount if line.is_refund else line.amount
    return BillRow(
        channel_txn_no=line.channel_txn_no,
        merchant_order_no=line.merchant_order_no,
        amount=amount,
        create_time=line.book_time,
        book_time=line.book_time,
        is_refund=line.is_refund,
    )
