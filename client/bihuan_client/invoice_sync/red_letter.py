"""Red letter: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

# What the seller may do with a form.
RedMove: TypeAlias = Literal[
    # Never sent.
    "RED_MOVE_UNSPECIFIED",
    # Confirm what the buyer applied for.
    "RED_MOVE_CONFIRM",
    # Refuse it.
    "RED_MOVE_REFUSE",
    # Take back what the seller applied for, before a red invoice used it.
    "RED_MOVE_WITHDRAW",
]

# Why an invoice is taken back.
RedReason: TypeAlias = Literal[
    # Never sent.
    "RED_REASON_UNSPECIFIED",
    # What was sold came back. 销货退回
    "RED_REASON_RETURN",
    # The invoice is wrong. 开票有误
    "RED_REASON_MISTAKE",
    # The service ended. 服务中止
    "RED_REASON_SERVICE_ENDED",
    # Less is to be paid. 销售折让
    "RED_REASON_ALLOWANCE",
]

# Who applied for the confirmation form.
RedSide: TypeAlias = Literal[
    # Never sent.
    "RED_SIDE_UNSPECIFIED",
    # The seller, here or by hand at the authority's portal.
    "RED_SIDE_SELLER",
    # The buyer, at the authority's portal.
    "RED_SIDE_BUYER",
]

# Where a red letter stands. Up to ABNORMAL it is the authority's confirmation form that moves, then the red
# invoice.
RedState: TypeAlias = Literal[
    # Never sent.
    "RED_STATE_UNSPECIFIED",
    # Asked for; the authority's form is applied for. 15 申请中
    "RED_STATE_APPLYING",
    # The authority refused the application. 16 申请失败
    "RED_STATE_APPLY_FAILED",
    # The buyer need not confirm. 01 无需确认
    "RED_STATE_NO_CONFIRMATION_NEEDED",
    # The seller applied, and the buyer has to confirm. 02 销方录入待购方确认
    "RED_STATE_AWAITING_BUYER",
    # The buyer applied, and the seller has to confirm. 03 购方录入待销方确认
    "RED_STATE_AWAITING_SELLER",
    # Both confirmed. 04 购销双方已确认
    "RED_STATE_CONFIRMED",
    # The buyer refused. 05
    "RED_STATE_REFUSED_BY_BUYER",
    # The seller refused. 06
    "RED_STATE_REFUSED_BY_SELLER",
    # Nobody confirmed within 72 hours. 07 超过 72 小时未确认作废
    "RED_STATE_EXPIRED",
    # Withdrawn by who applied. 08 发起方撤销
    "RED_STATE_WITHDRAWN",
    # Withdrawn after it was confirmed. 09 确认后撤销
    "RED_STATE_WITHDRAWN_AFTER_CONFIRMATION",
    # The authority holds the blue invoice for abnormal. 10 异常凭证
    "RED_STATE_ABNORMAL",
    # The red invoice is frozen and on its way.
    "RED_STATE_ISSUED",
    # The authority refused the red invoice.
    "RED_STATE_RED_REFUSED",
    # The red invoice stands in the authority's books.
    "RED_STATE_BOOKED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceableAmount:
    """The money of a payment: what of it is invoiced, and what may be."""

    payment_id: str = ""
    """The payment."""

    merchant_id: str = ""
    """The merchant."""

    amount: Money | None = None
    """What was paid."""

    refunded_amount: Money | None = None
    """What of it went back."""

    invoiced_amount: Money | None = None
    """What blue invoices were issued for."""

    red_amount: Money | None = None
    """What red letters in the authority's books took back."""

    red_required_amount: Money | None = None
    """What red letters still have to take back, since it was refunded after the invoice."""

    left_amount: Money | None = None
    """What may be invoiced now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLetter:
    """A red letter, which takes back of one blue invoice. 红字发票"""

    red_letter_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The blue invoice."""

    payment_id: str = ""
    """Its payment."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    amount: Money | None = None
    """What it takes back, below zero."""

    reason: RedReason = "RED_REASON_UNSPECIFIED"
    """Why."""

    note: str = ""
    """What the person wrote who asked for it."""

    applied_by: RedSide = "RED_SIDE_UNSPECIFIED"
    """Who applied for the form."""

    state: RedState = "RED_STATE_UNSPECIFIED"
    """Where it stands."""

    title: str = ""
    """What that means and what to do, in English."""

    title_zh: str = ""
    """The same in Chinese."""

    operator: str = ""
    """Who asked for it here."""

    create_time: datetime | None = None
    """When it was asked for."""

    state_time: datetime | None = None
    """Since when it is in this state."""

    form_id: str = ""
    """The authority's form; empty before there is one. 红字信息确认单"""

    expire_time: datetime | None = None
    """When the form is void unless it is confirmed: 72 hours after the application, by the authority's clock."""

    red_invoice_id: str = ""
    """The red invoice, ours; empty before there is one. GetInvoice tells how far it is."""

    wanted_move: RedMove = "RED_MOVE_UNSPECIFIED"
    """What a person asked for and was not carried out yet."""

    application_id: str = ""
    """The customer's application that it serves; empty when none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedStep:
    """One step of a red letter; never changed."""

    step_no: int = 0
    """From 1."""

    step_time: datetime | None = None
    """When."""

    operator: str = ""
    """Who."""

    state: RedState = "RED_STATE_UNSPECIFIED"
    """Where it stood after this."""

    move: RedMove = "RED_MOVE_UNSPECIFIED"
    """What was asked for; unset when nothing was."""

    why: str = ""
    """Why, in the words of who did it."""

    authority_code: str = ""
    """The authority's code, if it gave one."""

    response_sha256: str = ""
    """SHA-256 of the authority's answer that led to it; empty where no call did."""
