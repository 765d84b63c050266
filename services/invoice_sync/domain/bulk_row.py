"""A row of a file that asks for invoices: which column says what, and what a row says. It looks nothing up."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chassis.money import Money, MoneyError
from services.invoice_sync.domain.buyer_check import Applicant, CheckPolicy, Finding, Weight, check_applicant

# The field of a finding that is of no cell.
WHOLE_ROW = "row"
_CURRENCY = "CNY"
_ID_LENGTH_MAX = 64
_VALUE_LENGTH_MAX = 80
_AMOUNT_MINOR_MAX = 10**15
_YES = frozenset({"是", "y", "yes", "true", "1"})
_NO = frozenset({"", "否", "n", "no", "false", "0"})


class Column(StrEnum):
    """What a column says, as RequestInvoice names it."""

    PAYMENT_ID = "payment_id"
    MERCHANT_ORDER_NO = "merchant_order_no"
    BUYER_TITLE = "buyer_title"
    BUYER_TAX_ID = "buyer_tax_id"
    NATURAL_PERSON = "natural_person"
    BUYER_EMAIL = "buyer_email"
    AMOUNT = "amount"


# What a column is called where the file itself is not at hand.
OUR_NAMES = {each: each.value for each in Column}
_FULL_WIDTH_SIGNS = "\uff20\uff0e\uff0d\uff0b\uff3f"  # @ . - + _
_NAMES = {
    **{each.value: each for each in Column},
    "支付单号": Column.PAYMENT_ID,
    "商户订单号": Column.MERCHANT_ORDER_NO,
    "订单号": Column.MERCHANT_ORDER_NO,
    "发票抬头": Column.BUYER_TITLE,
    "购买方名称": Column.BUYER_TITLE,
    "税号": Column.BUYER_TAX_ID,
    "纳税人识别号": Column.BUYER_TAX_ID,
    "自然人": Column.NATURAL_PERSON,
    "邮箱": Column.BUYER_EMAIL,
    "电子邮箱": Column.BUYER_EMAIL,
    "金额": Column.AMOUNT,
}


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, and how the file calls it."""

    places: dict[Column, int]
    names: dict[Column, str]


@dataclass(frozen=True, slots=True)
class WrongHeader:
    """The first row names no table that is known; `name` is what it names wrongly, or empty when a column lacks."""

    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding in a cell: the column as the file calls it, and its value as anyone may see it."""

    finding: Finding
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class BulkRow:
    """What a row says. `amount_minor` is 0 where it tells none; one of the two references is empty."""

    row_no: int
    payment_id: str
    merchant_order_no: str
    applicant: Applicant
    amount_minor: int
    found: tuple[Found, ...] = field(default=())

    @property
    def is_wrong(self) -> bool:
        """Whether it can never be asked for as it is."""
        return any(each.finding.weight is Weight.BROKEN for each in self.found)


def read_header(cells: Sequence[str]) -> Header | WrongHeader:
    """What the columns are. Each stands once and none is unknown: what is not read would be lost unseen."""
    places: dict[Column, int] = {}
    names: dict[Column, str] = {}
    for at, cell in enumerate(cells):
        column = _NAMES.get(_plain(cell).lower())
        if column is None or column in places:
            return WrongHeader(_plain(cell) or "?")
        places[column], names[column] = at, _plain(cell)
    referred = Column.PAYMENT_ID in places or Column.MERCHANT_ORDER_NO in places
    return Header(places, names) if referred and Column.BUYER_TITLE in places else WrongHeader("")


def read_row(header: Header, row_no: int, cells: Sequence[str], policy: CheckPolicy) -> BulkRow:
    """What a row says, with everything that there is to say about its cells alone."""
    told = {column: _plain(cells[at]) if at < len(cells) else "" for column, at in header.places.items()}
    # A title stands on the invoice as it was given: firms are registered with full-width signs, too.
    title_at = header.places[Column.BUYER_TITLE]
    told[Column.BUYER_TITLE] = cells[title_at].strip() if title_at < len(cells) else ""
    tax_id = "".join(told.get(Column.BUYER_TAX_ID, "").split()).replace("-", "").upper()
    title, email = told.get(Column.BUYER_TITLE, ""), told.get(Column.BUYER_EMAIL, "")
    natural = told.get(Column.NATURAL_PERSON, "").lower()
    applicant = Applicant(title, tax_id, email, is_natural_person=natural in _YES)
    findings = [*_references(told), *check_applicant(applicant, policy)]
    if any(cell.strip() for cell in cells[len(header.places) :]):
        findings.append(_WIDTH)
    if natural not in _YES | _NO:
        findings.append(_NATURAL_PERSON)
    amount_minor, wrong_amount = _amount(told.get(Column.AMOUNT, ""))
    findings += wrong_amount
    findings.sort(key=lambda each: list(Weight).index(each.weight))
    found = tuple(in_cell(header.names, told, each) for each in findings)
    return BulkRow(
        row_no,
        told.get(Column.PAYMENT_ID, "")[:_ID_LENGTH_MAX],
        "" if told.get(Column.PAYMENT_ID) else told.get(Column.MERCHANT_ORDER_NO, "")[:_ID_LENGTH_MAX],
        applicant,
        amount_minor,
        found,
    )


def told_by(row: BulkRow) -> dict[Column, str]:
    """What a row says, by column, to show a finding with it."""
    return {
        Column.PAYMENT_ID: row.payment_id,
        Column.MERCHANT_ORDER_NO: row.merchant_order_no,
        Column.BUYER_TITLE: row.applicant.title,
        Column.BUYER_TAX_ID: row.applicant.tax_id,
        Column.BUYER_EMAIL: row.applicant.email,
        Column.AMOUNT: str(Money(_CURRENCY, row.amount_minor)) if row.amount_minor else "",
    }


def in_cell(names: Mapping[Column, str], told: Mapping[Column, str], finding: Finding) -> Found:
    """The finding with its cell; the value is masked where it is a name, a tax number or an address."""
    if finding.field == WHOLE_ROW:
        return Found(finding, "", "")
    column = Column(finding.field)
    if column is Column.PAYMENT_ID and not told.get(column) and told.get(Column.MERCHANT_ORDER_NO):
        column = Column.MERCHANT_ORDER_NO
    return Found(finding, names.get(column, ""), shown(column, told.get(column, "")))


def shown(column: Column, value: str) -> str:
    """A value as anyone may see it, at most 80 characters."""
    value = "".join(sign for sign in value if sign.isprintable())[:_VALUE_LENGTH_MAX]
    match column:
        case Column.BUYER_TITLE:
            return f"{value[0]}**" if value else ""
        case Column.BUYER_TAX_ID:
            # Under twelve there would be less hidden than shown.
            return f"{value[:4]}****{value[-4:]}" if len(value) >= 12 else "****" if value else ""
        case Column.BUYER_EMAIL:
            return f"{value[0]}**@****" if value else ""
    return value


def told_twice(row_no: int) -> Finding:
    """The finding for a row whose payment an earlier row of the file names."""
    return Finding(
        Weight.BROKEN,
        "ROW_TWICE",
        Column.PAYMENT_ID,
        f"row {row_no} names the same payment",
        f"与第 {row_no} 行为同一支付单",
        "keep one of the two",
        "请只保留一行",
    )


def _references(told: dict[Column, str]) -> Iterator[Finding]:
    payment_id, order_no = told.get(Column.PAYMENT_ID, ""), told.get(Column.MERCHANT_ORDER_NO, "")
    reference = payment_id or order_no
    if not reference:
        yield _NO_REFERENCE
    elif len(reference) > _ID_LENGTH_MAX or not reference.isprintable():
        yield _WRONG_REFERENCE


def _amount(text: str) -> tuple[int, tuple[Finding, ...]]:
    if not text:
        return 0, ()
    try:
        amount_minor = Money.from_major(text.removeprefix("¥").replace(",", ""), _CURRENCY).amount_minor
    except MoneyError:
        return 0, (_AMOUNT,)
    return (amount_minor, ()) if 0 < amount_minor <= _AMOUNT_MINOR_MAX else (0, (_AMOUNT,))


def _plain(cell: str) -> str:
    """A cell without blanks around it, and with full-width letters, digits and signs as they are typed elsewhere."""
    return "".join(_narrow(sign) for sign in cell).strip()


def _narrow(sign: str) -> str:
    # The full-width forms of ASCII letters and digits alone, and of the signs that stand in numbers and addresses.
    if "\uff01" <= sign <= "\uff5e" and (sign.isalnum() or sign in _FULL_WIDTH_SIGNS):
        return unicodedata.normalize("NFKC", sign)
    return " " if sign == "\u3000" else sign


_WIDTH = Finding(
    Weight.BROKEN,
    "ROW_WIDTH",
    WHOLE_ROW,
    "the row has cells beyond the columns of the header",
    "该行列数多于表头",
    "name the column in the header, or clear the cells",
    "请在表头补充列名，或清空多余单元格",
)
_NO_REFERENCE = Finding(
    Weight.BROKEN,
    "NO_PAYMENT",
    Column.PAYMENT_ID,
    "the row names no payment",
    "该行未填写支付单号或商户订单号",
    "give the payment's id or the merchant's order number",
    "请填写支付单号或商户订单号",
)
_WRONG_REFERENCE = Finding(
    Weight.BROKEN,
    "PAYMENT_FORM",
    Column.PAYMENT_ID,
    f"a payment's id or order number has at most {_ID_LENGTH_MAX} printable characters",
    f"支付单号或商户订单号最多 {_ID_LENGTH_MAX} 个可见字符",
    "copy it as the payment has it",
    "请按支付记录原样填写",
)
_NATURAL_PERSON = Finding(
    Weight.BROKEN,
    "NATURAL_PERSON",
    Column.NATURAL_PERSON,
    "whether the buyer is a natural person is yes or no",
    "自然人标识须为 是 或 否",
    "write yes or no, or leave it out for no",
    "请填写 是 或 否；不填视为否",
)
_AMOUNT = Finding(
    Weight.BROKEN,
    "AMOUNT_FORM",
    Column.AMOUNT,
    "an amount is a decimal above 0 with at most two places, such as 12.30",
    "金额须为大于 0 且最多两位小数的数字，例如 12.30",
    "correct it, or leave it out: the invoice is for what is left of the payment",
    "请更正；也可留空，按可开票金额开具",
)
