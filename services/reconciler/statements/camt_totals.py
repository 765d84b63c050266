"""The balances and totals that a camt statement declares, against its entries. It compares; it repairs nothing."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from services.reconciler.statements.camt_entry import Fields, Moved, read_day, signed_amount
from services.reconciler.statements.entries import Balance, Repeats, check_balance, check_count, check_sum
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import digits_of, read_decimal
from services.reconciler.statements.tally import Tally

_SUMMARY = "TxsSummry/"
_NUMBERS = "Id ElctrncSeqNb LglSeqNb StmtPgntn/PgNb RptPgntn/PgNb NtfctnPgntn/PgNb"
_HEAD = "Acct/Id/IBAN Acct/Id/Othr/Id Acct/Id/PrtryAcct/Id FrToDt/FrDtTm FrToDt/FrDt FrToDt/ToDtTm FrToDt/ToDt"
_SUMS = (
    "TtlNtries/NbOfNtries TtlNtries/Sum TtlNtries/TtlNetNtry/Amt TtlNtries/TtlNetNtry/CdtDbtInd "
    "TtlNtries/TtlNetNtryAmt TtlNtries/CdtDbtInd TtlCdtNtries/NbOfNtries TtlCdtNtries/Sum "
    "TtlDbtNtries/NbOfNtries TtlDbtNtries/Sum"
)
_BALANCE = "Tp/CdOrPrtry/Cd Amt CdtDbtInd Dt/Dt Dt/DtTm"
STATEMENT_PATHS = frozenset((*_NUMBERS.split(), *_HEAD.split(), *(_SUMMARY + path for path in _SUMS.split())))
BALANCE_PATHS = frozenset(_BALANCE.split())
_Total = TypeVar("_Total", int, Decimal)
_OPENING, _CLOSING, _INTERIM = ("OPBD", "PRCD"), ("CLBD",), "ITBD"


class _Sums:
    """Counts and sums of entries, in minor units by currency."""

    def __init__(self) -> None:
        self.net: Counter[str] = Counter()
        self.gross: dict[str, Counter[str]] = {"": Counter(), "Cdt": Counter(), "Dbt": Counter()}
        self.count: Counter[str] = Counter()

    def add(self, moved: Moved) -> None:
        self.net[moved.currency_code] += moved.amount_minor
        for side in ("", "Cdt" if moved.credit else "Dbt"):
            self.count[side] += 1
            self.gross[side][moved.currency_code] += abs(moved.amount_minor)


class CamtTotals:
    """One Stmt, Rpt or Ntfctn while it is read."""

    def __init__(self, ordinal: int, element: str) -> None:
        self._name, self._is_statement = f"{ordinal}", element == "BkToCstmrStmt"
        self._balances: list[tuple[str, Balance]] = []
        self._refused: list[StatementRefused] = []
        self._booked, self._all = _Sums(), _Sums()
        self._whole = hashlib.sha256()
        self.days: list[date] = []

    def entry(self, moved: Moved) -> None:
        """One entry that was understood; only booked ones move the balance."""
        self._whole.update(f"{moved}\n".encode())
        self._all.add(moved)
        if moved.booked:
            self._booked.add(moved)

    def balance(self, fields: Fields) -> None:
        """One Bal; those of another kind than booked are not looked at."""
        code = fields.get("Tp/CdOrPrtry/Cd")
        if code not in (*_OPENING, *_CLOSING, _INTERIM) or len(self._balances) >= 16:
            return
        if code in _CLOSING and (day := read_day((fields.get("Dt/Dt") or fields.get("Dt/DtTm"))[:10])):
            self.days.append(day)
        try:
            fields.check()
            amount, _ = signed_amount(fields, "")
        except StatementRefused as refused:
            self._refused.append(refused)
        else:
            self._balances.append((code, Balance(fields.get("Amt@Ccy"), amount, fields.line)))

    def compare(self, statement: Fields, repeats: Repeats, tally: Tally) -> None:
        """Tell the tally of every total that the statement declares, and whether it is there for the first time."""
        self._check_first(statement, repeats, tally)
        for refused in self._refused:
            tally.fault(refused.fault)
        opening, closing = self._edges()
        if opening is not None and closing is not None:
            check_balance(tally, f"{self._name} opening + entries = closing", opening, closing, dict(self._booked.net))
        for side in ("", "Cdt", "Dbt"):
            self._compare_summary(statement, side, tally)
        self._compare_net(statement, tally)

    def _check_first(self, statement: Fields, repeats: Repeats, tally: Tally) -> None:
        """One with the numbers, the account and the entries of another is that one again."""
        if self._all.count[""] and statement.get("Id"):
            told = "\n".join(statement.get(path) for path in sorted(STATEMENT_PATHS))
            self._whole.update(told.encode())
            repeats.check(self._whole.digest(), tally, statement.line, f"statement {self._name}")

    def _edges(self) -> tuple[Balance | None, Balance | None]:
        """Opening and closing booked balance; on a page of a longer statement an interim one stands for either."""
        opening = [balance for code, balance in self._balances if code in _OPENING]
        closing = [balance for code, balance in self._balances if code in _CLOSING]
        interim = [balance for code, balance in self._balances if code == _INTERIM] if self._is_statement else []
        if not opening and interim:
            opening = [interim.pop(0)]
        if not closing and interim:
            closing = [interim.pop()]
        return (opening[0] if opening else None), (closing[-1] if closing else None)

    def _compare_summary(self, statement: Fields, side: str, tally: Tally) -> None:
        where = f"{_SUMMARY}Ttl{side}Ntries/"
        name = f"{self._name} Ttl{side}Ntries"
        if text := statement.get(f"{where}NbOfNtries"):
            if not re.fullmatch("[0-9]{1,15}", text):
                tally.fault(StatementRefused("E-CONTROL-COUNT", line=statement.line, column=name, value=text).fault)
                return
            computed = self._closest(int(text), lambda sums: sums.count[side])
            check_count(tally, f"{name}/NbOfNtries", int(text), computed, statement.line)
        if text := statement.get(f"{where}Sum"):
            self._check(tally, f"{name}/Sum", text, lambda sums: _major(sums.gross[side]), statement.line)

    def _compare_net(self, statement: Fields, tally: Tally) -> None:
        where = f"{_SUMMARY}TtlNtries/"
        text = statement.get(f"{where}TtlNetNtry/Amt") or statement.get(f"{where}TtlNetNtryAmt")
        side = statement.get(f"{where}TtlNetNtry/CdtDbtInd") or statement.get(f"{where}CdtDbtInd")
        if text:
            signed = f"-{text}" if side == "DBIT" else text
            self._check(tally, f"{self._name} TtlNetNtry", signed, lambda sums: _major(sums.net), statement.line)

    def _check(self, tally: Tally, name: str, text: str, of: Callable[[_Sums], Decimal], line: int) -> None:
        try:
            declared = read_decimal(text, line=line, column=name)
        except StatementRefused as refused:
            tally.fault(refused.fault)
            return
        computed = self._closest(declared, of)
        check_sum(tally, name, text, f"{computed:f}", line, ties=computed == declared)

    def _closest(self, declared: _Total, of: Callable[[_Sums], _Total]) -> _Total:
        """Some banks total every entry that they list, some only the booked ones; both readings are taken."""
        booked = of(self._booked)
        return booked if booked == declared else of(self._all)


def _major(sums: Counter[str]) -> Decimal:
    """In major units, over currencies: a total of the summary names none."""
    return sum((Decimal(amount).scaleb(-digits_of(code)) for code, amount in sums.items()), Decimal(0))
