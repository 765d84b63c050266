"""One transaction (STMTTRN) of OFX as a canonical line. It sees values by their tag, never the file."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from services.reconciler.domain.line import LineKind, StatementLine
from services.reconciler.statements.entries import REMITTANCE_MAX, kind_of
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import digits_of, minor_of

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]{0,18})([.,](?P<part>[0-9]{0,10}))?")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{8})((?P<time>[0-9]{4}([0-9]{2})?)(\.(?P<fraction>[0-9]{1,6}))?)?"
    r"(\[(?P<zone>[+-]?[0-9]{1,2}(\.[0-9]{1,2})?)(:[^\]]*)?\])?"
)
_FEES = ("FEE", "SRVCHG")
_ONCE = ("TRNAMT", "DTPOSTED", "FITID", "TRNTYPE", "CURRENCY/CURSYM", "CORRECTACTION")


class OfxEntry:
    """From `<STMTTRN>` to `</STMTTRN>`."""

    def __init__(self, line: int, byte_offset: int) -> None:
        self._line, self._offset = line, byte_offset
        self._values: dict[str, str] = {}
        self._twice = ""

    def add(self, name: str, value: str) -> None:
        """One element, by its path under the transaction."""
        if name in self._values and name in _ONCE:
            self._twice = name
        self._values[name] = value[:REMITTANCE_MAX]

    def more(self, name: str, value: str) -> None:
        """A CDATA section of the element that was added last."""
        self._values[name] = f"{self._values.get(name, '')}{value}"[:REMITTANCE_MAX]

    def line(self, account_no: str, currency_code: str, byte_end: int) -> StatementLine:
        """The line; TRNAMT is signed as the account holder sees it. Raises StatementRefused."""
        if self._twice:
            raise StatementRefused("E-FRAME", line=self._line, column=self._twice, value="stands there twice")
        if action := self._get("CORRECTACTION"):  # it replaces or takes back what another file gave
            raise StatementRefused("E-STATUS-UNKNOWN", line=self._line, column="CORRECTACTION", value=action)
        currency_code = self._get("CURRENCY/CURSYM") or currency_code
        amount = self._amount(currency_code)
        posted = self._get("DTPOSTED")
        moment, day = read_moment(posted)
        if day is None:
            raise StatementRefused("E-DATE", line=self._line, column="DTPOSTED", value=posted)
        kind = self._get("TRNTYPE")
        return StatementLine(
            line_no=self._line,
            kind=LineKind.FEE if kind in _FEES and amount < 0 else kind_of(amount),
            channel_txn_no=self._get("FITID"),
            currency_code=currency_code,
            amount_minor=amount,
            book_time=moment,
            book_local=posted,
            business_date=day,
            status=kind,
            byte_offset=self._offset,
            byte_size=byte_end - self._offset,
            value_date=read_moment(self._get("DTAVAIL"))[1],
            entry_ref=self._get("REFNUM") or self._get("SRVRTID") or self._check_number(),
            account_no=account_no,
            counterparty_name=self._get("NAME") or self._get("PAYEE/NAME"),
            counterparty_account=self._get("BANKACCTTO/ACCTID") or self._get("CCACCTTO/ACCTID"),
            remittance=self._get("MEMO"),
        )

    def _get(self, name: str) -> str:
        return self._values.get(name, "")

    def _check_number(self) -> str:
        number = self._get("CHECKNUM")
        return number if number.strip("0") else ""

    def _amount(self, currency_code: str) -> int:
        """Point or comma before the decimals, and none between groups: 1,000 dollars could be one or a thousand."""
        text = self._get("TRNAMT")
        found = _AMOUNT.fullmatch(text)
        if found is None or not (found["whole"] or found["part"]):
            raise StatementRefused("E-AMOUNT", line=self._line, column="TRNAMT", value=text)
        amount = Decimal(f"{found['sign']}{found['whole'] or 0}.{found['part'] or 0}")
        amount_minor = minor_of(amount, currency_code, line=self._line, column="TRNAMT")
        if _may_be_group(found, currency_code):
            raise StatementRefused("E-AMOUNT", line=self._line, column="TRNAMT", value=text)
        return amount_minor


def _may_be_group(found: re.Match[str], currency_code: str) -> bool:
    """Three digits after the sign are decimals for sure only in a currency that has three."""
    whole = found["whole"].lstrip("0")
    return len(found["part"] or "") == 3 and 0 < len(whole) <= 3 and digits_of(currency_code) != 3


def read_moment(text: str) -> tuple[datetime | None, date | None]:
    """YYYYMMDD[HHMM[SS[.XXX]]] with an offset as [-5:EST], by the standard GMT without: the moment and its own day.

    The moment is None if there is no time, the day too if the text is of another form.
    """
    found = _MOMENT.fullmatch(text.replace(" ", ""))
    if found is None:
        return None, None
    time = found["time"] or ""
    digits = f"{found['day']}{time:0<6}"
    month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
    try:
        zone = timezone(_offset(found["zone"] or "0"))
        local = datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None, None
    if not 1970 <= local.year < 9999:
        return None, None
    return (local.astimezone(UTC) if time else None), local.date()


def _offset(zone: str) -> timedelta:
    """Hours with a fraction, 5.5, or with minutes, 5.30; the zones of the world tell the two apart."""
    whole, _, part = zone.partition(".")
    minutes = int(part) if part in ("15", "30", "45") else int(Decimal(f"0.{part or 0}") * 60)
    size = timedelta(hours=abs(int(whole)), minutes=minutes)
    return -size if zone.startswith("-") else size
