"""What tells a line of an account from every other one, over all its files. It reads no file and no table.

Two equal keys in one file are two lines, the first and the second occurrence; the same two in another file of the
account are the same two lines again.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

KEY_BYTES = 16
NUMBERED = ("kind", "channel_txn_no", "channel_refund_no", "merchant_refund_no")
# Of a line without a channel_txn_no, where the layout names no fields that do better.
ALL_THAT_IS_TOLD = (
    "kind",
    "business_date",
    "book_local",
    "currency_code",
    "amount_minor",
    "balance_after_minor",
    "merchant_order_no",
    "entry_ref",
    "counterparty_account",
    "remittance",
)
_SEPARATOR = "\x1f"


def line_keys(channel: str, account_no: str, key: Sequence[str], lines: Mapping[str, Sequence[Any]]) -> Iterator[bytes]:
    """The key of each line, `lines` being columns by field name; every line's own account goes before `account_no`.

    It is made of the channel's numbers for a line that has a channel_txn_no, and else of the fields that `key` names, if it names any.
    The hash stands for the values, so that a key of personal fields keeps nothing personal.
    """
    numbered = zip(*(lines[field] for field in NUMBERED), strict=True)
    named = zip(*(lines[field] for field in key or ALL_THAT_IS_TOLD), strict=True)
    for account, numbers, values in zip(lines["account_no"], numbered, named, strict=True):
        parts = ("channel_txn_no", *numbers) if numbers[1] else ("key", *map(_text, values))
        whole = _SEPARATOR.join((channel, account or account_no, *parts))
        yield hashlib.sha256(whole.encode()).digest()[:KEY_BYTES]


def _text(value: object) -> str:
    return "" if value is None else str(value)
