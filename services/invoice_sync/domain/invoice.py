"""The invoice: the document that is frozen once, its key, and where it stands. It never sends anything."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from chassis.money import Money
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import Standing, opened

_SCHEMA = 1
# A document that bears its number, which the authority gave the seller before.
_SCHEMA_WITH_NUMBER = 2
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
class BrokenRule:
    """A rule of ours that a document breaks, in the contract's words."""

    rule: str
    field: str
    message: str
    message_zh: str


class InvoiceKind(StrEnum):
    """Blue invoices money, red takes back of what one blue invoice did. 蓝字 红字"""

    BLUE = "BLUE"
    RED = "RED"


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice: what it is, and where it stands.

    `version`, `buyer`, `document_sha256`, `idempotency_key` and `broken_rules` are of the current version of its
    document; its bytes stand sealed elsewhere. `issued_by` is a policy's name. A red one has an amount below zero, the
    invoice that it takes back of, with its number (`red_of`), and the authority's form that allows it.
    """

    invoice_id: str
    payment_id: str
    merchant_id: str
    merchant_order_no: str
    amount: Money
    seller: Party
    buyer: Party
    route: Route
    issue_date: date
    version: int
    document_sha256: str
    idempotency_key: str
    broken_rules: tuple[BrokenRule, ...]
    create_time: datetime
    traceparent: str
    payment_traceparent: str
    issued_by: str
    standing: Standing
    kind: InvoiceKind = InvoiceKind.BLUE
    original_invoice_id: str = ""
    red_form_id: str = ""
    red_of: str = ""


@dataclass(frozen=True, slots=True)
class RedOf:
    """What a red document refers to: the number of the blue invoice, and the authority's form."""

    blue_number: str
    red_form_id: str


def freeze_document(payment: Payment, seller: Party, buyer: Party, now: datetime, number: str = "") -> Document:
    """The canonical JSON of an invoice for what is left of a payment: keys sorted, no blanks, UTF-8.

    Equal input gives equal bytes. `number` is one of the seller's own; empty when the authority is to give one.
    """
    return frozen(payment.left, seller, buyer, payment.merchant_order_no, now, number)


def freeze_again(invoice: "Invoice", buyer: Party, now: datetime, number: str = "") -> Document:
    """The next version of an invoice's document, for this buyer, with the day of its correction."""
    red = RedOf(invoice.red_of, invoice.red_form_id) if invoice.kind is InvoiceKind.RED else None
    return frozen(invoice.amount, invoice.seller, buyer, invoice.merchant_order_no, now, number, red)


def frozen(
    amount: Money, seller: Party, buyer: Party, order_no: str, now: datetime, number: str, red: RedOf | None = None
) -> Document:
    """The document of these; a red letter's with what it refers to."""
    content = {
        **_head(number, red),
        "seller": {"name": seller.name, "tax_id": seller.tax_id},
        "buyer": {"title": buyer.name, "tax_id": buyer.tax_id},
        "currency": amount.currency_code,
        "amount_minor": amount.amount_minor,
        "order_no": order_no,
        "issue_date": issue_date_of(now).isoformat(),
    }
    raw = _canonical(content).encode()
    return Document(raw, hashlib.sha256(raw).hexdigest())


def _head(number: str, red: RedOf | None) -> dict[str, object]:
    if not number and not red:
        return {"schema": _SCHEMA}
    kind = InvoiceKind.RED if red else InvoiceKind.BLUE
    refers = {"red_of": red.blue_number, "red_form_id": red.red_form_id} if red else {}
    return {"schema": _SCHEMA_WITH_NUMBER, "kind": kind.value, **({"number": number} if number else {}), **refers}


# Made once, since it is used for each invoice.
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def issue_date_of(now: datetime) -> date:
    """The seller's calendar day."""
    return now.astimezone(_ISSUE_ZONE).date()


def new_invoice(
    invoice_id: str,
    payment: Payment,
    seller: Party,
    buyer: Party,
    document: Document,
    *,
    route: Route,
    issued_by: str,
    now: datetime,
    deadline_at: datetime,
    traceparent: str,
    broken_rules: tuple[BrokenRule, ...] = (),
    number: str = "",
) -> Invoice:
    """An invoice for what is left of a payment, that waits to be sent for the first time, or to be corrected.

    Its id is its key for ever.

    `number` is the one that its document bears; empty when the authority is to give one.
    """
    return Invoice(
        invoice_id=invoice_id,
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        merchant_order_no=payment.merchant_order_no,
        amount=payment.left,
        seller=seller,
        buyer=buyer,
        route=route,
        issue_date=issue_date_of(now),
        version=1,
        document_sha256=document.sha256,
        idempotency_key=invoice_id,
        broken_rules=broken_rules,
        create_time=now,
        traceparent=traceparent,
        payment_traceparent=payment.traceparent,
        issued_by=issued_by,
        standing=opened(invoice_id, now, deadline_at, valid=not broken_rules, own_number=number),
    )


def new_red_invoice(
    invoice_id: str,
    blue: Invoice,
    amount: Money,
    red: RedOf,
    document: Document,
    *,
    now: datetime,
    deadline_at: datetime,
    traceparent: str,
    broken_rules: tuple[BrokenRule, ...] = (),
    number: str = "",
) -> Invoice:
    """The red invoice that takes `amount`, below zero, back of a blue one; it is sent as any other."""
    assert amount.amount_minor < 0, "a red letter takes back"
    return replace(
        blue,
        invoice_id=invoice_id,
        amount=amount,
        issue_date=issue_date_of(now),
        version=1,
        document_sha256=document.sha256,
        idempotency_key=invoice_id,
        broken_rules=broken_rules,
        create_time=now,
        traceparent=traceparent,
        issued_by="ON_REQUEST",
        standing=opened(invoice_id, now, deadline_at, valid=not broken_rules, own_number=number),
        kind=InvoiceKind.RED,
        original_invoice_id=blue.invoice_id,
        red_form_id=red.red_form_id,
        red_of=red.blue_number,
    )


def request_fingerprint(payment_id: str, buyer: Party) -> str:
    """What a request_id stands for: SHA-256 over what was asked, in hex."""
    asked = json.dumps([payment_id, buyer.name, buyer.tax_id], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()
