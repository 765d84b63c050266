"""Explanation: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bihuan_client.basics import Money

from .exception import ExceptionClass
from .run import Disposition


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedKey:
    """A column that both sides had to share."""

    key: str = ""
    """The column, such as channel_txn_no, or bill_no = merchant_order_no."""

    payment_value: str = ""
    """What the first payment has there; empty for nothing."""

    line_value: str = ""
    """What the first line has there; empty for nothing."""

    is_equal: bool = False
    """Whether they are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """A row of either side, as far as it is stored."""

    row_id: str = ""
    """The payment's, refund's or line's."""

    kind: str = ""
    """PAYMENT, REFUND, CREDIT, DEBIT, FEE, CHARGEBACK or TRANSFER."""

    amount: Money | None = None
    """Its money; refunds of the books and money out are negative."""

    time: datetime | None = None
    """When it was paid or booked; unset when the file gives only a date."""

    channel_txn_no: str = ""
    """The channel's number."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    account_no: str = field(default="", repr=False)
    """The account of the statement; empty of payments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRule:
    """A rule of the version that decided."""

    rule_set_id: str = ""
    """The rule set."""

    rule_set_version: str = ""
    """Its version."""

    rule_set_hash: str = ""
    """SHA-256 of what the version says, in hexadecimal."""

    rule_id: str = ""
    """The rule's own id."""

    stage: str = ""
    """The stage that it belongs to."""

    kind: str = ""
    """What kind of rule it is, such as pair."""

    name: str = ""
    """What finance calls it, in English."""

    name_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why rows ended where they did in a run, told from what was stored and from the rule set's version of the
    run.
    """

    run_id: str = ""
    """The run."""

    channel: str = ""
    """Its channel."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    group_id: str = ""
    """What all its rows share."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """What became of them."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """What is wrong, or how they were found; unset when there is nothing to say."""

    summary: str = ""
    """In short, in English."""

    summary_zh: str = ""
    """The same in Chinese."""

    rule: ExplainedRule | None = None
    """The rule that decided; unset for runs before rule sets."""

    payments: Sequence[ExplainedRow] = ()
    """Payments and refunds of the books, at most 100."""

    lines: Sequence[ExplainedRow] = ()
    """Statement lines, at most 100."""

    keys: Sequence[ExplainedKey] = ()
    """What joined them, or had to, with the values of both sides."""

    runner_up: ExplainedRow | None = None
    """The counterpart that came second, or the row that this one repeats; unset without one."""

    margin_us: int = 0
    """How much further off the runner-up was, in microseconds; unset without one."""

    candidates: Sequence[str] = ()
    """All that was as likely, as the rule found it: payment~line, or parts joined by +. Empty unless it was
    ambiguous.
    """

    passed_rules: Sequence[PassedRule] = ()
    """The rules above that look at such rows, in their order, and why each did not take these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRule:
    """A rule that did not take the rows."""

    rule_id: str = ""
    """The rule's id."""

    name: str = ""
    """What finance calls it, in English."""

    name_zh: str = ""
    """The same in Chinese."""

    reason: str = ""
    """Why it did not take them, in English."""

    reason_zh: str = ""
    """The same in Chinese."""
