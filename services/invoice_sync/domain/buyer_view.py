"""What a buyer is told of an invoice without a login: its state in plain words, and when it ends; masked data alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.money import Money
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.original import decimal_text
from services.invoice_sync.domain.standing import FINAL, IN_BOOKS, TO_SEND, SyncState
from services.invoice_sync.domain.timers import Timers


class Phase(StrEnum):
    """How it stands, for a buyer."""

    BEING_SENT = "BEING_SENT"
    BEING_BOOKED = "BEING_BOOKED"
    IN_SYSTEM = "IN_SYSTEM"
    WITH_A_PERSON = "WITH_A_PERSON"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class BuyerView:
    """The view. `expected_time` is when it should stand in the authority's system; None when it does, or unknown."""

    phase: Phase
    title: str
    title_zh: str
    explanation: str
    explanation_zh: str
    expected_time: datetime | None
    book_time: datetime | None
    seller_name: str
    buyer_title: str
    buyer_tax_id: str
    invoice_number: str
    issue_date: str
    amount: str
    email: str


def buyer_view(invoice: Invoice, email: str, now: datetime, timers: Timers) -> BuyerView:
    """What the buyer of an invoice is told; `email` is masked already, and empty where none was sent to."""
    standing, phase = invoice.standing, _phase(invoice)
    title, title_zh, explanation, explanation_zh = _WORDS[phase]
    return BuyerView(
        phase=phase,
        title=title,
        title_zh=title_zh,
        explanation=explanation,
        explanation_zh=explanation_zh,
        expected_time=_expected(invoice, phase, now, timers),
        book_time=standing.book_time,
        seller_name=invoice.seller.name,
        buyer_title=_masked_name(invoice.buyer.name),
        buyer_tax_id=_masked_number(invoice.buyer.tax_id),
        invoice_number=_masked_number(standing.invoice_number),
        issue_date=invoice.issue_date.isoformat(),
        amount=_amount(invoice.amount),
        email=email,
    )


def _phase(invoice: Invoice) -> Phase:
    standing = invoice.standing
    if standing.sync_state in IN_BOOKS:
        return Phase.IN_SYSTEM
    if standing.sync_state in FINAL:
        return Phase.ENDED
    if standing.work is None or standing.given_up or standing.sync_state is SyncState.MANUAL:
        return Phase.WITH_A_PERSON
    if standing.sync_state in TO_SEND or standing.sync_state is SyncState.SENDING:
        return Phase.BEING_SENT
    return Phase.BEING_BOOKED


def _expected(invoice: Invoice, phase: Phase, now: datetime, timers: Timers) -> datetime | None:
    """The end of the authority's usual window, or the legal deadline where that is over; None where both are."""
    standing, window = invoice.standing, timedelta(seconds=timers.settle_seconds)
    if phase is Phase.BEING_SENT:
        assert standing.due_at is not None, "what is to be sent is due"
        return max(standing.due_at, now) + window
    if phase is not Phase.BEING_BOOKED:
        return None
    usual = standing.settle_from + window
    return next((at for at in (usual, standing.deadline_at) if at > now), None)


def _amount(amount: Money) -> str:
    return f"{decimal_text(amount)} {amount.currency_code}"


def _masked_name(name: str) -> str:
    return f"{name[0]}**" if name else ""


def _masked_number(number: str) -> str:
    # Under twelve there would be less hidden than shown.
    return f"{number[:4]}****{number[-4:]}" if len(number) >= 12 else "****" if number else ""


_WORDS = {
    Phase.BEING_SENT: (
        "On its way",
        "正在上传",
        "The invoice is made, and is being sent to the tax authority. There is nothing to do.",
        "发票已开具，正在上传税务系统，无需操作。",
    ),
    Phase.BEING_BOOKED: (
        "Being booked",
        "正在入账",
        "The invoice was sent; the tax authority is entering it in its system. There is nothing to do.",
        "发票已上传，税务系统正在入账，无需操作。",
    ),
    Phase.IN_SYSTEM: (
        "In the tax system",
        "已入税务系统",
        "The invoice was read back from the tax authority's system, and can be looked up there.",
        "已在税务系统中核对到该发票，可以查验。",
    ),
    Phase.WITH_A_PERSON: (
        "Being looked into",
        "人工处理中",
        "The invoice needs a person, who is told of it. Please ask the seller for when it will be done.",
        "该发票需人工处理，工作人员已收到提醒；如需时间请联系销售方。",
    ),
    Phase.ENDED: (
        "Not valid any more",
        "已失效",
        "The invoice was voided, taken back or given up. Please ask the seller for the one that counts.",
        "该发票已作废、红冲或不再开具，请向销售方索取有效发票。",
    ),
}
