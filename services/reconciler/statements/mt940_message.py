"""One MT940 or MT942 message: its account, balances, entries and totals. It reads no file."""

import hashlib
from collections import Counter
from datetime import date
from decimal import Decimal

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.entries import Balance, Repeats, check_balance, check_count, check_sum
from services.reconciler.statements.mt940_entry import Mt940Entry
from services.reconciler.statements.mt940_fields import Total, read_balance, read_floor_currency, read_total
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import digits_of
from services.reconciler.statements.tally import Tally


class Message:
    """From its :20: to its end mark, or to the next message."""

    def __init__(self, ordinal: int, tally: Tally) -> None:
        self._name, self._tally = f"{ordinal}", tally
        self._account = self._currency = ""
        self._balances: dict[str, Balance] = {}  # by tag
        self._totals: dict[str, Total] = {}  # by tag; an MT942 has these in place of balances
        self._interim = False
        self._entry: Mt940Entry | None = None
        self._net: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._line_no = 0
        self._whole = hashlib.sha256()  # of all but :20:, since a bank may send it again under another
        self.quarantined = False  # an entry was not understood
        self.day: date | None = None

    @property
    def closed(self) -> bool:
        """Whether nothing but comments can follow in this message."""
        return any(tag.startswith("62") for tag in self._balances) or bool(self._totals)

    def tag(self, tag: str, text: str, line: TextLine) -> StatementLine | None:
        """A tag begins. The entry that ends with it, if it is booked; one that is not understood is quarantined."""
        self._line_no = line.no
        self._add_text(line, counts=tag != "20")
        if tag == "86" and self._entry is not None:
            self._tally.frame()
            self._entry.text(text, line, begins=True)
            return None
        ended = self.entry_ended()
        if tag == "61":
            self._entry = Mt940Entry(text, line)
            return ended
        self._tally.frame()
        try:
            self._field(tag, text, line.no)
        except StatementRefused as refused:
            self._tally.fault(refused.fault)
        return ended

    def more(self, line: TextLine) -> None:
        """A further line of the tag that began last."""
        self._add_text(line)
        self._tally.frame()
        if self._entry is not None and line.text:
            self._entry.text(line.text, line, begins=False)

    def entry_ended(self) -> StatementLine | None:
        """The entry that was read last, if it is whole and booked."""
        entry, self._entry = self._entry, None
        if entry is None:
            return None
        try:
            line = entry.line(self._account, self._currency, self._tally)
        except StatementRefused as refused:
            self._tally.quarantine(refused)
            self.quarantined = True
            return None
        side = "D" if line.amount_minor < 0 or (not line.amount_minor and entry.is_debit) else "C"
        self._counts[side] += 1
        self._sums[side] += abs(line.amount_minor)
        if entry.expected:
            self._tally.neutral()
            return None
        self._net[line.currency_code] += line.amount_minor
        return line

    def _add_text(self, line: TextLine, *, counts: bool = True) -> None:
        """Up to the closing balance; what stands behind it may be the begin of the next message."""
        if counts and not self.closed and line.text:
            self._whole.update(f"{line.text}\n".encode())

    def _field(self, tag: str, text: str, no: int) -> None:
        if tag in ("25", "25P"):
            self._account = text.strip()
            self._tally.account(self._account)
        elif tag in ("60F", "60M", "62F", "62M"):
            self._balance(tag, text, no)
        elif tag == "34F":
            self._interim = True
            self._currency = read_floor_currency(text, no)
        elif tag in ("90C", "90D"):
            self._totals[tag] = read_total(tag, text, no)
        elif tag in ("13", "13D"):
            self._interim = True

    def _balance(self, tag: str, text: str, no: int) -> None:
        if any(known[:2] == tag[:2] for known in self._balances):
            raise StatementRefused("E-FRAME", line=no, column=f":{tag}:", value="stands there twice")
        self._balances[tag], day = read_balance(tag, text, no)
        self.day = day or self.day
        self._currency = self._currency or self._balances[tag].currency_code

    def compare(self, pages: dict[str, Balance], repeats: Repeats, *, marked: bool) -> None:
        """Tell the tally whether what the message declares ties, and whether it is there for the first time.

        `pages` is where pages of accounts ended. An MT940 that has no closing balance, and an MT942 that has neither
        totals nor an end mark, was cut.
        """
        if self._counts:
            repeats.check(self._whole.digest(), self._tally, self._line_no, f"message {self._name}")
        for tag, total in self._totals.items():
            self._compare_total(tag, total)
        opening = self._balances.get("60F") or self._balances.get("60M")
        closing = self._balances.get("62F") or self._balances.get("62M")
        if self._interim and opening is None and closing is None:
            if not self._totals and not marked:
                self._cut()
        elif closing is None:
            self._cut()
        elif opening is None:
            self._tally.fault(StatementRefused("E-HEADER-MISSING", line=self._line_no, column=":60F:").fault)
        else:
            check_balance(self._tally, f"{self._name} :60: + entries = :62:", opening, closing, dict(self._net))
            self._compare_page(pages)

    def _compare_page(self, pages: dict[str, Balance]) -> None:
        before = pages.pop(self._account, None)
        opening = self._balances.get("60M")
        if before is not None and opening is not None:
            check_balance(self._tally, f"{self._name} :62M: before = :60M:", before, opening, {})
        if "62M" in self._balances and len(pages) < 1_000:
            pages[self._account] = self._balances["62M"]

    def _compare_total(self, tag: str, total: Total) -> None:
        side = tag[-1]
        computed = Decimal(self._sums[side]).scaleb(-digits_of(total.currency_code))
        name = f"{self._name} :{tag}:"
        check_count(self._tally, f"{name} count", total.entries, self._counts[side], total.line)
        ties = computed == total.sum and self._currency in ("", total.currency_code)
        name = f"{name} sum {total.currency_code}"
        check_sum(self._tally, name, f"{total.sum:f}", f"{computed:f}", total.line, ties=ties)

    def _cut(self) -> None:
        self._tally.fault(StatementRefused("E-TRUNCATED", line=self._line_no, value=f"message {self._name}").fault)
