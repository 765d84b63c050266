"""The invoice: the document that is frozen once, its key, and where it stands. It never sends anything."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chassis.money import Money
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.sync_state import SyncState

_SCHEMA = 1
# The date on an invoice is the seller's calendar day; every authority that we know of keeps Beijing time.
_ISSUE_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or a buyer. Names and tax numbers never go to a log, so they are no part of the repr."""

    name: str = field(repr=False)
    tax_id: str = field(repr=False)


# The title of an invoice to a person who did not give one. 个人发票抬头
PERSON = Party("个人", "")


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes that are sent, every time the same, and their SHA-256 in hex."""

    content: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice and where it stands.

    `settle_from` is the instant from which the settle window counts: of the last submit's end, or of the last sign
    that the authority holds it. Negative answers before it prove nothing. `ack_time` and `book_time` are the
    authority's own. `issued_by` is a policy's name; `attempt_count` counts queries too.
    """

    invoice_id: str
    payment_id: str
    merchant_id: str
    merchant_order_no: str
    amount: Money
    seller: Party
    buyer: Party
    document: Document
    idempotency_key: str
    sync_state: SyncState
    invoice_number: str
    submit_count: int
    attempt_count: int
    look_count: int
    ack_time: datetime | None
    book_time: datetime | None
    settle_from: datetime
    state_time: datetime
    create_time: datetime
    traceparent: str
    payment_traceparent: str
    issued_by: str


def freeze_document(payment: Payment, seller: Party, buyer: Party, now: datetime) -> Document:
    """The canonical JSON of an invoice: keys sorted, no blanks, UTF-8. Equal input gives equal bytes."""
    content = {
        "schema": _SCHEMA,
        "seller": {"name": seller.name, "tax_id": seller.tax_id},
        "buyer": {"title": buyer.name, "tax_id": buyer.tax_id},
        "currency": payment.amount.currency_code,
        "amount_minor": payment.amount.amount_minor,
        "order_no": payment.merchant_order_no,
        "issue_date": now.astimezone(_ISSUE_ZONE).date().isoformat(),
    }
    raw = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Document(raw, hashlib.sha256(raw).hexdigest())


def issue_date_of(document: Document) -> date:
    """The day that stands on a document that was frozen here."""
    return date.fromisoformat(json.loads(document.content)["issue_date"])


def new_invoice(
    invoice_id: str,
    payment: Payment,
    seller: Party,
    buyer: Party,
    *,
    issued_by: str,
    now: datetime,
    traceparent: str,
) -> Invoice:
    """An invoice that waits to be sent for the first time. Its id is its key for ever."""
    return Invoice(
        invoice_id=invoice_id,
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        merchant_order_no=payment.merchant_order_no,
        amount=payment.amount,
        seller=seller,
        buyer=buyer,
        document=freeze_document(payment, seller, buyer, now),
        idempotency_key=invoice_id,
        sync_state=SyncState.READY,
        invoice_number="",
        submit_count=0,
        attempt_count=0,
        look_count=0,
        ack_time=None,
        book_time=None,
        settle_from=now,
        state_time=now,
        create_time=now,
        traceparent=traceparent,
        payment_traceparent=payment.traceparent,
        issued_by=issued_by,
    )


def request_fingerprint(payment_id: str, buyer: Party) -> str:
    """What a request_id stands for: SHA-256 over what was asked, in hex."""
    asked = json.dumps([payment_id, buyer.name, buyer.tax_id], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()
