"""The three tables of matching: payments and lines that go in, results that come out. It reads and writes no file.

Whole numbers, texts and nulls only: money in minor units, times in microseconds UTC, a business date as YYYY-MM-DD
text, so that every engine computes the same. "" is "there is none"; a reference that is "" or null joins nothing.
"""

from enum import StrEnum

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types


class State(StrEnum):
    """Where a payment or a refund of the books stands; the words of payments, of which these decide something.

    Any other word (CREATED, PROCESSING, UNKNOWN, CLOSED) is money that the books do not have yet, or not any more.
    """

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class LineStatus(StrEnum):
    """What the channel says of a line; "" in a statement that lists only what has succeeded means SUCCEEDED."""

    SUCCEEDED = "SUCCEEDED"
    PROCESSING = "PROCESSING"
    FAILED = "FAILED"


class Kind(StrEnum):
    """What a row of either side is; the books have only the first two."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    CREDIT = "CREDIT"
    DEBIT = "DEBIT"
    FEE = "FEE"
    CHARGEBACK = "CHARGEBACK"
    TRANSFER = "TRANSFER"


class Side(StrEnum):
    """Of which table a row of the results speaks."""

    PAYMENT = "P"
    LINE = "L"


class Disposition(StrEnum):
    """The one place in which each payment and each line ends.

    MATCHED is posted without a person. SUGGESTED waits for one, with the counterpart that is most likely in its
    group. BUFFERED waits for the channel's close. IGNORED_BY_RULE owes nothing to anyone: the rule says why.
    """

    MATCHED = "MATCHED"
    SUGGESTED = "SUGGESTED"
    BUFFERED = "BUFFERED"
    EXCEPTION = "EXCEPTION"
    IGNORED_BY_RULE = "IGNORED_BY_RULE"


def _text(name: str) -> pa.Field:
    return pa.field(name, pa.string(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, pa.int64(), nullable=nullable)


PAYMENTS = pa.schema(
    [
        _text("payment_id"),  # unique; of a refund its refund id
        _text("merchant_id"),
        _text("channel"),
        _text("kind"),  # PAYMENT or REFUND
        _text("state"),  # see State
        _text("channel_txn_no"),  # of a refund that of its payment
        _text("merchant_order_no"),  # of a refund that of its payment
        _text("channel_refund_no"),
        _text("merchant_refund_no"),
        _text("bill_no"),
        _text("batch_no"),
        _text("payer"),  # a keyed hash, never a name
        _text("currency_code"),
        _number("amount_minor"),  # signed: money in is positive, a refund negative
        _number("fee_minor", nullable=True),  # positive is what the channel keeps; null when the books do not know
        _number("pay_time_us"),
        _text("business_date"),
    ]
)

LINES = pa.schema(
    [
        _text("line_id"),  # unique
        _text("file_id"),
        _number("line_no"),  # where it stands in its file
        _text("channel"),
        _text("kind"),  # see Kind
        _text("status"),  # see LineStatus
        _text("channel_txn_no"),
        _text("merchant_order_no"),
        _text("channel_refund_no"),
        _text("merchant_refund_no"),
        _text("batch_no"),
        _text("payer"),  # the same keyed hash, "" when the channel does not tell
        _text("currency_code"),
        _number("amount_minor"),  # signed: money in for the account holder is positive
        _number("fee_minor", nullable=True),  # null when the channel does not state one
        _number("book_time_us", nullable=True),
        _text("business_date"),
    ]
)

RESULTS = pa.schema(
    [
        _text("side"),  # see Side
        _text("id"),  # payment_id or line_id; each of the input stands exactly once
        _text("group_id"),  # the least id of those that are the same money; of a row alone its own
        _text("rule_id"),
        _text("stage"),
        _text("disposition"),  # see Disposition
        _text("exception_class"),  # "" when nothing is wrong
        _text("runner_up_id"),  # the counterpart that came second, or the row that this one repeats; "" without one
        _number("margin", nullable=True),  # how much further off the runner-up was, microseconds; null without one
        _text("reason"),  # what a person reads: the keys that joined it, or what it was held against
    ]
)

AMOUNT_MINOR_MAX = 10**15 - 1  # ten million millions of yuan; a sum of 9000 such rows still fits 64 bits
