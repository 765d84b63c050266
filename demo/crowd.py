"""Invents the people of the demo: who pays how much, when, under which numbers. Knows of no disturbance.

Everything comes from the one random generator that it is given, so that it repeats.
"""

import string
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from chassis.money import Money
from demo.plan import ALIPAY, BEIJING, WECHAT_PAY, BillRow, PlannedPayment

# One merchant a channel, so that the demo can show two ways of issuing invoices.
MERCHANT_OF = {WECHAT_PAY: "city-water", ALIPAY: "city-power"}
LAST_HOUR = 23

# Payments in each hour of the day, out of a hundred: asleep at night, at their most at eight in the evening.
_HOUR_WEIGHTS = (1, 1, 0, 0, 0, 1, 2, 4, 5, 5, 5, 5, 6, 4, 3, 3, 4, 5, 7, 9, 12, 9, 6, 3)
_ROUND_FEN = (2000, 5000, 10000, 20000, 30000, 50000)
_ROUND_WEIGHTS = (4, 10, 10, 5, 2, 1)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "明华芳敏静丽强磊军洋勇艳杰娟涛超秀霞平刚桂英玉兰志国建文"
_BANKS = ("OTHERS", "ICBC_DEBIT", "CCB_DEBIT", "ABC_DEBIT", "CMB_CREDIT", "BOC_DEBIT")
_OPEN_ID = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True, slots=True)
class Order:
    """One order, paid, before anything is disturbed. Times are in UTC."""

    channel: str
    merchant_order_no: str
    bill_no: str
    channel_txn_no: str
    amount: Money
    create_time: datetime
    book_time: datetime
    payer_name: str
    payer: str
    bank: str
    subject: str

    def payment(self) -> PlannedPayment:
        """The platform's side of it."""
        return PlannedPayment(
            merchant_id=MERCHANT_OF[self.channel],
            merchant_order_no=self.merchant_order_no,
            bill_no=self.bill_no,
            channel=self.channel,
            channel_txn_no=self.channel_txn_no,
            amount=self.amount,
            pay_time=self.book_time,
            payer_name=self.payer_name,
        )

    def row(self) -> BillRow:
        """The channel's side of it."""
        return BillRow(
            channel_txn_no=self.channel_txn_no,
            merchant_order_no=self.merchant_order_no,
            amount=self.amount,
            create_time=self.create_time,
            book_time=self.book_time,
            subject=self.subject,
            payer=self.payer,
            bank=self.bank,
        )


class Crowd:
    """Draws orders. No number is given twice by one crowd."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given = 0

    def order(self, channel: str, book_time: datetime) -> Order:
        """An order of a channel, paid at an instant."""
        number = self.number()
        create_time = book_time - timedelta(seconds=self._rng.randint(20, 40))
        created = create_time.astimezone(BEIJING)
        name = self.payer_name()
        return Order(
            channel=channel,
            merchant_order_no=f"WF{created:%Y%m%d%H%M%S}{number}",
            bill_no=f"SF{created:%Y%m}{self.number()}",
            channel_txn_no=self._channel_txn_no(channel, created.date(), number),
            amount=self.amount(),
            create_time=create_time,
            book_time=book_time,
            payer_name=name,
            payer=self._payer(channel, name),
            bank=self._rng.choice(_BANKS),
            subject=f"水费{created.replace(day=1) - timedelta(days=1):%Y年%m月}",
        )

    def number(self) -> str:
        """Ten digits: the first five look random, the last five count up."""
        assert self._given < 100_000, "a crowd gives at most 100,000 numbers"
        self._given += 1
        return f"{self._rng.randrange(100_000):05}{self._given - 1:05}"

    def moment(self, day: date, last_hour: int = LAST_HOUR) -> datetime:
        """An instant of a Beijing day by the daily curve, at least two minutes away from midnight."""
        hour = self._rng.choices(range(last_hour + 1), _HOUR_WEIGHTS[: last_hour + 1])[0]
        clock = time(hour, self._rng.randint(2, 57), self._rng.randrange(60), tzinfo=BEIJING)
        return datetime.combine(day, clock).astimezone(UTC)

    def amount(self) -> Money:
        """A water bill: a third are round top-ups, the rest log-normal around 68 yuan, from one yuan on."""
        if self._rng.randrange(100) < 35:
            return Money("CNY", self._rng.choices(_ROUND_FEN, _ROUND_WEIGHTS)[0])
        return Money("CNY", max(100, round(self._rng.lognormvariate(8.825, 0.6))))

    def payer_name(self) -> str:
        """A name of two or three characters."""
        given = self._rng.choices(_GIVEN, k=self._rng.choice((1, 2, 2)))
        return self._rng.choice(_SURNAMES) + "".join(given)

    def channel_refund_no(self, channel: str, day: date) -> str:
        """WeChat Pay's 29 digits; Alipay gives a refund no number of its own."""
        if channel == WECHAT_PAY:
            return f"50000{self._rng.randrange(100_000):05}{day:%Y%m%d}0{self.number()}"
        return ""

    def _channel_txn_no(self, channel: str, day: date, number: str) -> str:
        """Both channels' have 28 digits with the date inside: WeChat Pay's after ten, Alipay's first."""
        if channel == WECHAT_PAY:
            return f"4200002{self._rng.randrange(1000):03}{day:%Y%m%d}{number}"
        return f"{day:%Y%m%d}22001{self._rng.randrange(100_000):05}{number}"

    def _payer(self, channel: str, name: str) -> str:
        """WeChat Pay shows the payer's open id, Alipay a name and an account with their middles hidden."""
        if channel == WECHAT_PAY:
            return "o" + "".join(self._rng.choices(_OPEN_ID, k=27))
        return f"*{name[1:]}(13{self._rng.randrange(10)}****{self._rng.randrange(100):02})"
