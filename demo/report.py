"""What the demo found, as plain numbers, and whether they add up. It prints nothing and asks nobody."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from demo.day import EXPECTED_CLASS, DemoDay

CROSS_DAY = "CROSS_DAY"


@dataclass(frozen=True, slots=True)
class Check:
    """One sum that has to come out, and what came out."""

    name: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether both are equal."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class TraceTold:
    """The invoice whose trace is shown: its state and how often it was sent, and the services of its trace."""

    ends: str
    services: list[str]
    services_expected: list[str]


@dataclass(frozen=True, slots=True)
class Report:
    """Counts by what they are of; money is in minor units of CNY."""

    payments: int
    payments_minor: int
    lines: int
    lines_minor: int
    matched: int
    matched_minor: int
    planted: dict[str, int]
    found: dict[str, int]
    found_minor: dict[str, int]
    invoices: dict[str, int]
    invoices_minor: dict[str, int]
    booked: int
    booked_minor: int
    faults_shown: dict[str, int]
    checks: tuple[Check, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "adds_up": self.adds_up}


def make_report(
    day: DemoDay,
    runs: Sequence[Mapping[str, Any]],
    exceptions: Sequence[Mapping[str, Any]],
    invoice_totals: Sequence[Mapping[str, Any]],
    book: Sequence[Mapping[str, Any]],
    faults_shown: Mapping[str, int],
    invoices_expected: int,
    told: TraceTold,
) -> Report:
    """Count what was planned beside what the services say and what the authority's book holds."""
    totals = [run["totals"] for run in runs]
    found, found_minor = _by_class(totals, exceptions)
    states = {one["syncState"].removeprefix("SYNC_STATE_"): one for one in invoice_totals}
    invoices = {state: int(one["invoiceCount"]) for state, one in states.items()}
    invoices_minor = {state: _minor(one.get("amountSums", [])) for state, one in states.items()}
    return Report(
        payments=_total(totals, "paymentCount"),
        payments_minor=_money(totals, "paymentSums"),
        lines=_total(totals, "lineCount"),
        lines_minor=_money(totals, "lineSums"),
        matched=_total(totals, "matchedCount"),
        matched_minor=_money(totals, "matchedSums"),
        planted=dict(Counter(EXPECTED_CLASS[one.disturbance] for one in day.planted)),
        found=dict(found),
        found_minor=found_minor,
        invoices=invoices,
        invoices_minor=invoices_minor,
        booked=len(book),
        booked_minor=sum(row["amount_minor"] for row in book),
        faults_shown=dict(faults_shown),
        checks=(
            *_side_checks(day, totals),
            *_exception_checks(day, found, found_minor, exceptions),
            *_invoice_checks(invoices, invoices_minor, book, faults_shown),
            _check("invoices made = invoices due", invoices_expected, sum(invoices.values())),
            _check("the told invoice: state, and times that it was sent", "BOOKED 1", told.ends),
            _check("the told invoice: services in its trace", told.services_expected, told.services),
        ),
    )


def _side_checks(day: DemoDay, totals: Sequence[Mapping[str, Any]]) -> list[Check]:
    line_amounts = [-row.amount.amount_minor if row.is_refund else row.amount.amount_minor for row in _rows(day)]
    matched = _total(totals, "matchedCount")
    paid, listed = _held(totals, "paymentCount"), _held(totals, "lineCount")
    return [
        _check("payments in the runs = payments recorded", len(day.payments), _total(totals, "paymentCount")),
        _check("their money", sum(p.amount.amount_minor for p in day.payments), _money(totals, "paymentSums")),
        _check("lines in the runs = lines of the statements", len(line_amounts), _total(totals, "lineCount")),
        _check("their money", sum(line_amounts), _money(totals, "lineSums")),
        _check("payments = matched + those in exceptions", len(day.payments), matched + paid),
        _check("lines = matched + those in exceptions", len(line_amounts), matched + listed),
        _check("payments' money = matched + books in exceptions", _money(totals, "paymentSums"), _books(totals)),
        _check("lines' money = matched + channel in exceptions", _money(totals, "lineSums"), _channel(totals)),
    ]


def _exception_checks(
    day: DemoDay, found: Counter[str], found_minor: Mapping[str, int], exceptions: Sequence[Mapping[str, Any]]
) -> list[Check]:
    planted, planted_minor = Counter[str](), Counter[str]()
    for one in day.planted:
        planted[EXPECTED_CLASS[one.disturbance]] += 1
        planted_minor[EXPECTED_CLASS[one.disturbance]] += one.amount.amount_minor
    with_money = sorted(planted.keys() - {CROSS_DAY})  # that is a match: its money stands on both sides
    return [
        *(_check(f"{name}: found = planted", planted[name], found[name]) for name in sorted({*planted, *found})),
        *(_check(f"{name}: money", planted_minor[name], found_minor.get(name, 0)) for name in with_money),
        _check("orders in exceptions = orders planted", _planted_orders(day), _found_orders(exceptions)),
    ]


def _invoice_checks(
    invoices: Mapping[str, int],
    invoices_minor: Mapping[str, int],
    book: Sequence[Mapping[str, Any]],
    faults_shown: Mapping[str, int],
) -> list[Check]:
    booked, refused = invoices.get("BOOKED", 0), invoices.get("REJECTED", 0)
    numbers = Counter(row["number"] for row in book)
    return [
        _check("invoices booked = the authority's book", booked, len(book)),
        _check("their money", invoices_minor.get("BOOKED", 0), sum(row["amount_minor"] for row in book)),
        _check("invoices refused = refusals by the authority", faults_shown.get("REJECT_BUSINESS", 0), refused),
        _check("numbers that stand twice in the book", 0, sum(times > 1 for times in numbers.values())),
        _check("invoices neither booked nor refused", 0, sum(invoices.values()) - booked - refused),
    ]


def _check(name: str, expected: object, found: object) -> Check:
    return Check(name, str(expected), str(found))


def _rows(day: DemoDay) -> Iterable[Any]:
    return (row for rows in day.rows.values() for row in rows)


def _by_class(
    totals: Sequence[Mapping[str, Any]], exceptions: Sequence[Mapping[str, Any]]
) -> tuple[Counter[str], dict[str, int]]:
    found: Counter[str] = Counter()
    money: dict[str, int] = defaultdict(int)
    for one in exceptions:
        name = one["exceptionClass"].removeprefix("EXCEPTION_CLASS_")
        found[name] += 1
        money[name] += _in_question(one)
    if crossed := _total(totals, "crossDayCount"):
        found[CROSS_DAY] = crossed
    return found, dict(money)


def _in_question(exception: Mapping[str, Any]) -> int:
    """The money that an exception is about: where both sides have an amount and they differ, the difference."""
    book, channel = (int(exception.get(side, {}).get("amountMinor", 0)) for side in ("bookAmount", "channelAmount"))
    return abs(channel - book) or abs(channel)


def _total(totals: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(int(one.get(name, 0)) for one in totals)


def _held(totals: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(_total(one.get("exceptions", []), name) for one in totals)


def _money(totals: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(_minor(one.get(name, [])) for one in totals)


def _books(totals: Sequence[Mapping[str, Any]]) -> int:
    return _money(totals, "matchedSums") + sum(_money(one.get("exceptions", []), "bookSums") for one in totals)


def _channel(totals: Sequence[Mapping[str, Any]]) -> int:
    return _money(totals, "matchedSums") + sum(_money(one.get("exceptions", []), "channelSums") for one in totals)


def _minor(amounts: Iterable[Mapping[str, Any]]) -> int:
    return sum(int(amount.get("amountMinor", 0)) for amount in amounts)


def _planted_orders(day: DemoDay) -> list[str]:
    return sorted(
        f"{one.merchant_order_no} {EXPECTED_CLASS[one.disturbance]}"
        for one in day.planted
        if EXPECTED_CLASS[one.disturbance] != CROSS_DAY
    )


def _found_orders(exceptions: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(
        f"{one['merchantOrderNo']} {one['exceptionClass'].removeprefix('EXCEPTION_CLASS_')}" for one in exceptions
    )
