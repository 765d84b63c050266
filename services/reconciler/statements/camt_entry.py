"""One entry (Ntry) of a camt message as a canonical line. It sees fields by their path, never the XML."""

import re
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.entries import REMITTANCE_MAX, kind_of
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import read_minor

_ENTRY = (
    "NtryRef Amt CdtDbtInd RvslInd Sts Sts/Cd Sts/Prtry BookgDt/Dt BookgDt/DtTm ValDt/Dt ValDt/DtTm AcctSvcrRef "
    "AddtlNtryInf NtryDtls/Btch/PmtInfId NtryDtls/Btch/NbOfTxs"
)
_DETAIL = "Refs/EndToEndId Refs/TxId Refs/AcctSvcrRef RmtInf/Ustrd RmtInf/Strd/CdtrRefInf/Ref"
_PARTY_PATHS = tuple(f"RltdPties/{party}/{name}" for party in ("Dbtr", "Cdtr") for name in ("Nm", "Pty/Nm"))
_ACCOUNT_PATHS = tuple(f"RltdPties/{party}Acct/Id/{id_}" for party in ("Dbtr", "Cdtr") for id_ in ("IBAN", "Othr/Id"))
ENTRY_PATHS = frozenset(_ENTRY.split())
DETAIL_PATHS = frozenset((*_DETAIL.split(), *_PARTY_PATHS, *_ACCOUNT_PATHS))
_REPEATED = frozenset(("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "AddtlNtryInf"))
_SEVERAL = frozenset(("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/NbOfTxs"))  # an entry may list several batches
_NONE = frozenset(("", "NOTPROVIDED", "NOTAVAILABLE", "NONREF"))
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")


class Fields:
    """The texts of one element by path; a path that the standard has once must not come twice."""

    def __init__(self, line: int) -> None:
        self.line = line
        self._texts: dict[str, str] = {}
        self._twice = ""

    def add(self, path: str, text: str) -> None:
        """Texts that may repeat are joined by a blank, as far as a line keeps them."""
        before = self._texts.get(path)
        if path in _REPEATED:
            text = f"{before} {text}"[:REMITTANCE_MAX] if before else text[:REMITTANCE_MAX]
        elif path in _SEVERAL:
            text = text if before is None else ""
        elif before is not None:
            self._twice = self._twice or path
        self._texts[path] = text

    def get(self, path: str) -> str:
        """What stands there; "" if nothing does."""
        return self._texts.get(path, "")

    def check(self) -> None:
        """Raises StatementRefused E-FRAME if a field came twice, so that one of two sums would be a guess."""
        if self._twice:
            raise StatementRefused("E-FRAME", line=self.line, column=self._twice, value="stands there twice")


class Moved(NamedTuple):
    """The money of an entry; what is not booked is announced only."""

    currency_code: str
    amount_minor: int
    credit: bool
    booked: bool


class CamtEntry:
    """One Ntry while it is read, of bounded size however many details it has."""

    def __init__(self, line: int, offset: int, fields: Fields) -> None:
        self._line, self._offset, self._fields = line, offset, fields
        self._detail: Fields | None = None
        self._details = 0

    def detail(self, fields: Fields) -> None:
        """One TxDtls of the entry."""
        self._details += 1
        self._detail = fields if self._details == 1 else None

    def moved(self) -> Moved:
        """What it moves or will move. Raises StatementRefused."""
        self._fields.check()
        status = self._status()
        if status not in ("BOOK", "PDNG", "INFO", "FUTR"):
            raise StatementRefused("E-STATUS-UNKNOWN", line=self._line, column="Sts", value=status)
        amount, credit = signed_amount(self._fields, "")
        return Moved(self._fields.get("Amt@Ccy"), amount, credit, booked=status == "BOOK")

    def line(self, account_no: str, tz: ZoneInfo, end: int) -> StatementLine:
        """The line; its amount is signed. Raises StatementRefused for what the standard does not allow.

        RvslInd says that the entry undoes another. CdtDbtInd gives the direction of this one already, so
        that RvslInd never flips the sign.
        """
        amount, credit = signed_amount(self._fields, "")
        reversal = self._is_reversal()
        book_local, book_time, business_date = self._booked_at(tz)
        detail = self._single()
        party = "Dbtr" if credit != reversal else "Cdtr"  # a reversal keeps the parties of what it undoes
        return StatementLine(
            line_no=self._line,
            kind=kind_of(amount),
            channel_txn_no=_given(detail, "Refs/TxId"),
            merchant_order_no=_given(detail, "Refs/EndToEndId") or _given(self._fields, "NtryDtls/Btch/PmtInfId"),
            currency_code=self._fields.get("Amt@Ccy"),
            amount_minor=amount,
            book_time=book_time,
            book_local=book_local,
            business_date=business_date,
            status=self._status(),
            byte_offset=self._offset,
            byte_size=end - self._offset,
            value_date=read_day((self._fields.get("ValDt/Dt") or self._fields.get("ValDt/DtTm"))[:10]),
            entry_ref=(
                _given(self._fields, "AcctSvcrRef")
                or _given(detail, "Refs/AcctSvcrRef")
                or _given(self._fields, "NtryRef")
            ),
            account_no=account_no,
            counterparty_name=_first(detail, f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm"),
            counterparty_account=_first(detail, f"RltdPties/{party}Acct/Id/IBAN", f"RltdPties/{party}Acct/Id/Othr/Id"),
            remittance=_first(detail, "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref") or self._fields.get("AddtlNtryInf"),
            reversal=reversal,
        )

    def _status(self) -> str:
        return self._fields.get("Sts") or self._fields.get("Sts/Cd") or self._fields.get("Sts/Prtry")

    def _is_reversal(self) -> bool:
        text = self._fields.get("RvslInd")
        if text not in ("", "true", "false", "1", "0"):
            raise StatementRefused("E-STATUS-UNKNOWN", line=self._line, column="RvslInd", value=text)
        return text in ("true", "1")

    def _single(self) -> Fields:
        """The only detail of the entry, or no field at all."""
        count = self._fields.get("NtryDtls/Btch/NbOfTxs")
        if self._detail is None or count.lstrip("0") not in ("", "1"):
            return Fields(self._line)
        return self._detail

    def _booked_at(self, tz: ZoneInfo) -> tuple[str, datetime | None, date]:
        """As written, the moment if there is one, and the day on the bank's own clock."""
        for when in ("BookgDt", "ValDt"):  # a report before booking may give the value date alone
            for form in ("DtTm", "Dt"):
                if text := self._fields.get(f"{when}/{form}"):
                    return self._read(text, f"{when}/{form}", tz)
        raise StatementRefused("E-DATE", line=self._line, column="BookgDt", value="")

    def _read(self, text: str, column: str, tz: ZoneInfo) -> tuple[str, datetime | None, date]:
        day, moment = read_day(text[:10]), None
        if day is not None and _MOMENT.fullmatch(text):
            moment = _moment(text, tz)
            day = day if moment is not None else None
        elif not _DATE.fullmatch(text):
            day = None
        if day is None:
            raise StatementRefused("E-DATE", line=self._line, column=column, value=text)
        return text, moment, day


def signed_amount(fields: Fields, where: str) -> tuple[int, bool]:
    """Amt and CdtDbtInd under `where` as minor units, and whether they are a credit. Raises StatementRefused."""
    side = fields.get(f"{where}CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise StatementRefused("E-STATUS-UNKNOWN", line=fields.line, column=f"{where}CdtDbtInd", value=side)
    column = f"{where}Amt"
    text = fields.get(column)
    if text.startswith(("-", "+")):
        raise StatementRefused("E-AMOUNT", line=fields.line, column=column, value=text)
    amount = read_minor(text, fields.get(f"{column}@Ccy"), line=fields.line, column=column)
    return (amount, True) if side == "CRDT" else (-amount, False)


def read_day(text: str) -> date | None:
    """An ISO date from 1970 on, or None."""
    try:
        day = date.fromisoformat(text) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None
    return day if day is not None and 1970 <= day.year < 9999 else None


def _moment(text: str, tz: ZoneInfo) -> datetime | None:
    whole, _, rest = text.partition(".")
    zone = rest.lstrip("0123456789")
    fraction = rest[: len(rest) - len(zone)]
    try:
        moment = datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}{zone}" if rest else text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=tz)).astimezone(UTC)


def _given(fields: Fields, path: str) -> str:
    text = fields.get(path)
    return "" if text.upper() in _NONE else text


def _first(fields: Fields, *paths: str) -> str:
    return next((text for path in paths if (text := fields.get(path))), "")
