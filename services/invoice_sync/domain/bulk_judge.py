"""What a row asks for against what is known of its payment: refuse, give what is there, confirm, or issue."""

from dataclasses import dataclass

from services.invoice_sync.domain.bulk_row import WHOLE_ROW, BulkRow, Column
from services.invoice_sync.domain.buyer_check import CheckPolicy, Finding, Weight, check_amount, check_applicant
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import NotDue, Profile, why_not_invoiceable


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a row's payment. `invoice_id` and `buyer` are of the invoice that it has, if any.

    `confirmation_id` and `awaited` are of what awaits a second person for it: its id and what it stands for.
    """

    payment: Payment
    profile: Profile | None
    invoice_id: str = ""
    buyer: Party | None = None
    confirmation_id: str = ""
    awaited: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing is issued for the row."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class HasInvoice:
    """The payment has an invoice for this buyer."""

    invoice_id: str


@dataclass(frozen=True, slots=True)
class Awaits:
    """The same was asked for already, and awaits a second person."""

    confirmation_id: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """A second person has to confirm it."""

    known: Known
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """It is issued for all that is left of the payment."""

    payment: Payment
    profile: Profile


Verdict = Refuse | HasInvoice | Awaits | Confirm | Issue


def judge_row(row: BulkRow, fingerprint: str, merchant_id: str, known: Known | None, policy: CheckPolicy) -> Verdict:
    """What becomes of a good row. `fingerprint` is what its confirmation would stand for."""
    # What is another merchant's is told as if it were not there.
    if known is None or known.payment.merchant_id != merchant_id:
        return Refuse((UNKNOWN_PAYMENT,))
    if known.invoice_id:
        return HasInvoice(known.invoice_id) if known.buyer == row.applicant.buyer else Refuse((_OTHER_BUYER,))
    if known.confirmation_id:
        return Awaits(known.confirmation_id) if known.awaited == fingerprint else Refuse((_AWAITS_ANOTHER,))
    if why := why_not_invoiceable(known.payment):
        return Refuse((_NOT_INVOICEABLE[why],))
    if known.profile is None:
        return Refuse((_NO_PROFILE,))
    return _by_findings(row, known, known.profile, policy)


def _by_findings(row: BulkRow, known: Known, profile: Profile, policy: CheckPolicy) -> Verdict:
    amount = check_amount(known.payment.left.amount_minor, row.amount_minor, policy)
    found = (*check_applicant(row.applicant, policy), *amount)
    if broken := tuple(each for each in found if each.weight is Weight.BROKEN):
        return Refuse(broken)
    if any(each.weight is Weight.RISK for each in found):
        return Confirm(known, found)
    return Issue(known.payment, profile)


def _refusal(rule: str, field: str, words: tuple[str, str], cure: tuple[str, str]) -> Finding:
    return Finding(Weight.BROKEN, rule, field, *words, *cure)


UNKNOWN_PAYMENT = _refusal(
    "UNKNOWN_PAYMENT",
    Column.PAYMENT_ID,
    ("the merchant has no payment by this id or order number", "该商户没有此支付单号或商户订单号"),
    ("check the number; a payment of the last moments may come a little later", "请核对编号；刚支付的订单请稍后重试"),
)
SEVERAL_PAYMENTS = _refusal(
    "SEVERAL_PAYMENTS",
    Column.MERCHANT_ORDER_NO,
    ("several payments have this order number", "该商户订单号对应多笔支付"),
    ("name the payment by its id", "请填写支付单号"),
)
_OTHER_BUYER = _refusal(
    "OTHER_BUYER",
    Column.BUYER_TITLE,
    ("the payment has an invoice for another buyer", "该支付单已有其他购买方的发票"),
    ("have that invoice taken back by a red letter first", "如需更换购买方，请先红冲原发票"),
)
_AWAITS_ANOTHER = _refusal(
    "AWAITS_ANOTHER",
    Column.PAYMENT_ID,
    ("something else was asked for with this payment and awaits a second person", "该支付单已有另一申请等待复核"),
    ("have that confirmed or refused first", "请先完成该申请的复核"),
)
_NO_PROFILE = _refusal(
    "NO_PROFILE",
    WHOLE_ROW,
    ("the merchant has no profile, so the seller is not known", "商户未设置开票资料，缺少销售方信息"),
    ("set the merchant's profile and send the rows in another file", "请先设置商户开票资料，再用新文件提交"),
)
_NOT_INVOICEABLE = {
    NotDue.NOT_SUCCEEDED: _refusal(
        "NOT_SUCCEEDED",
        Column.PAYMENT_ID,
        ("the payment has not succeeded", "该支付单未支付成功"),
        ("ask again when it has succeeded", "请在支付成功后再申请"),
    ),
    NotDue.REFUNDED: _refusal(
        "REFUNDED",
        Column.PAYMENT_ID,
        ("the payment was given back in full", "该支付单已全额退款"),
        ("leave the row out: there is nothing to invoice", "请删除该行：没有可开票金额"),
    ),
    NotDue.REFUND_UNDER_WAY: _refusal(
        "REFUND_UNDER_WAY",
        Column.PAYMENT_ID,
        ("a refund of the payment is not decided yet", "该支付单有退款正在处理"),
        ("ask again when the refund has succeeded or failed", "请在退款成功或失败后再申请"),
    ),
}
