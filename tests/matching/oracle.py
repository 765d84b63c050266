"""The meaning of a rule set in plain loops over small lists: slow, and written without a look at the SQL."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from services.reconciler.rules.rule_set import INFORMATIVE, Again, Alone, Group, Key, Net, Pair, Repeat, RuleSet
from tests.matching.rows import Row

Verdict = tuple[str, str, str, str]  # group, rule, disposition, class
ONE_SIDED = ("STATUS_CHANNEL_SUCCESS", "STATUS_PLATFORM_SUCCESS")
Conditions = dict[str, Callable[..., bool | None]]


class Oracle:
    """Give it every condition of the rule set as a function; None means that SQL would say NULL."""

    def __init__(self, rule_set: RuleSet, conditions: Conditions, payments: list[Row], lines: list[Row]) -> None:
        self.rule_set, self.conditions = rule_set, conditions
        self.payments, self.lines = payments, lines
        self.verdicts: dict[str, Verdict] = {}

    def decide(self) -> dict[str, Verdict]:
        again: dict[str, Verdict] = {}
        for rule in self.rule_set.rules:
            match rule:
                case Pair():
                    self._pair(rule)
                case Repeat():
                    self._repeat(rule)
                case Again():
                    again |= self._again(rule)
                case Net():
                    self._net(rule)
                case Group():
                    self._group(rule)
                case Alone():
                    self._alone(rule)
                case _:
                    raise AssertionError(f"the oracle knows no {rule}")
        for row in self._live(self.payments):
            self.verdicts[row["payment_id"]] = (row["payment_id"], "unplaced", "EXCEPTION", "PLATFORM_ONLY")
        for row in self._live(self.lines):
            self.verdicts[row["line_id"]] = (row["line_id"], "unplaced", "EXCEPTION", "CHANNEL_ONLY")
        return {each: again.get(verdict[0], verdict) for each, verdict in self.verdicts.items()}

    def _live(self, rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if _id(row) not in self.verdicts]

    def _holds(self, text: str, *rows: Row) -> bool:
        return not text or self.conditions[text](*rows) is True

    def _pair(self, rule: Pair) -> None:
        payments = [p for p in self._live(self.payments) if p["kind"] in rule.payments]
        lines = [line for line in self._live(self.lines) if line["kind"] in rule.lines]
        pairs = [(p, line) for p, line in product(payments, lines) if _equal(rule.keys, p, line)]
        if rule.many == "in_order":
            pairs = [
                (p, line)
                for p, line in pairs
                if _place(p, [q for q in payments if all(q[k.payment] == p[k.payment] for k in rule.keys)])
                == _place(line, [m for m in lines if all(m[k.line] == line[k.line] for k in rule.keys)])
            ]
        pairs = [(p, line) for p, line in pairs if self._holds(rule.where, p, line) and (_paid(p) or _paid(line))]
        for p, line in pairs:
            if sum(q is p for q, _ in pairs) == 1 and sum(m is line for _, m in pairs) == 1:
                self._place_group(rule, [p, line], self._class_of(rule, p, line))

    def _class_of(self, rule: Pair | Group, *rows: Row) -> str:
        found = next((case.exception_class for case in rule.cases if self._holds(case.when, *rows)), "")
        if isinstance(rule, Pair) and found in {"", *INFORMATIVE}:
            return next((one for one, row in zip(ONE_SIDED, rows, strict=True) if not _paid(row)), found)
        return found

    def _place_group(self, rule: Pair | Group, rows: list[Row], exception_class: str) -> None:
        good = "MATCHED" if rule.commit == "auto" else "SUGGESTED"
        disposition = good if exception_class in {"", *INFORMATIVE} else "EXCEPTION"
        for row in rows:
            self.verdicts[_id(row)] = (min(map(_id, rows)), rule.id, disposition, exception_class)

    def _repeat(self, rule: Repeat) -> None:
        rows = self.payments if rule.side == "P" else self.lines
        found = []
        for this in self._live(rows):
            for first in rows:
                if first is this or this["kind"] not in rule.rows:
                    continue
                same = all(this[key] == first[key] and this[key] != "" for key in rule.keys)
                stands = _id(first) in self.verdicts or _order(first) < _order(this)
                if same and stands and self._holds(rule.where, this, first):
                    found.append(this)
        for this in found:
            self.verdicts[_id(this)] = (_id(this), rule.id, "EXCEPTION", rule.exception_class)

    def _again(self, rule: Again) -> dict[str, Verdict]:
        standing = [
            p
            for p in self.payments
            if self.verdicts.get(_id(p), ("", "", ""))[2] in ("MATCHED", "SUGGESTED") and p["kind"] == "PAYMENT"
        ]
        found = {}
        for p in standing:
            before = [
                q
                for q in standing
                if _order(q) < _order(p) and all(p[key] == q[key] and p[key] != "" for key in rule.keys)
            ]
            group = self.verdicts[_id(p)][0]
            first = min(before, key=_order, default=None)
            if first is not None and self.verdicts[_id(first)][0] != group:
                found[group] = (group, rule.id, "EXCEPTION", rule.exception_class)
        return found

    def _net(self, rule: Net) -> None:
        for rows in _by_keys(self._live(self.lines), rule.keys):
            if (
                len(rows) > 1
                and sum(line["amount_minor"] for line in rows) == 0
                and any(line["amount_minor"] for line in rows)
            ):
                for line in rows:
                    self.verdicts[_id(line)] = (min(map(_id, rows)), rule.id, rule.disposition, rule.exception_class)

    def _group(self, rule: Group) -> None:
        payments = [p for p in self._live(self.payments) if p["kind"] in rule.payments and p["state"] == "SUCCEEDED"]
        lines = [
            line
            for line in self._live(self.lines)
            if line["kind"] in rule.lines and line["status"] in ("SUCCEEDED", "")
        ]
        for ps in _by_keys(payments, [key.payment for key in rule.keys]):
            lines_of = [line for line in lines if _equal(rule.keys, ps[0], line)]
            if not lines_of or len(ps) + len(lines_of) < 3:
                continue
            if (rule.shape == "one_payment" and len(ps) > 1) or (rule.shape == "one_line" and len(lines_of) > 1):
                continue
            fees = sum(p["fee_minor"] or 0 for p in ps) if rule.fees == "net" else 0
            books, channel = sum(p["amount_minor"] for p in ps) - fees, sum(line["amount_minor"] for line in lines_of)
            group = {"payments_minor": books, "lines_minor": channel}
            exception_class = "" if books == channel else self._class_of(rule, group)
            if (books or channel) and (books == channel or exception_class):
                self._place_group(rule, [*ps, *lines_of], exception_class)

    def _alone(self, rule: Alone) -> None:
        for row in self._live(self.payments if rule.side == "P" else self.lines):
            if self._holds(rule.where, row):
                self.verdicts[_id(row)] = (_id(row), rule.id, rule.disposition, rule.exception_class)


def _paid(row: Row) -> bool:
    return row.get("state", row.get("status")) in ("SUCCEEDED", "")


def _id(row: Row) -> str:
    return str(row.get("payment_id") or row["line_id"])


def _order(row: Row) -> tuple[object, ...]:
    if "payment_id" in row:
        return (row["pay_time_us"], row["payment_id"])
    return (row["file_id"], row["line_no"], row["line_id"])


def _place(row: Row, among: list[Row]) -> int:
    return sum(_order(other) < _order(row) for other in among)


def _equal(keys: Sequence[Key], payment: Row, line: Row) -> bool:
    return all(payment[key.payment] == line[key.line] and payment[key.payment] != "" for key in keys)


def _by_keys(rows: list[Row], keys: Sequence[str]) -> Iterator[list[Row]]:
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if all(row[key] != "" for key in keys):
            found.setdefault(tuple(row[key] for key in keys), []).append(row)
    yield from found.values()
