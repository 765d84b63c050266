"""What tells a line of an account from every other one, over all its files. It reads no file and no table.

Two equal keys in one file are two lines, the first and the second occurrence; the same two in another file of the
account are the same two lines again.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

KEY_BYTES = 16
TXN_NO = "channel_txn_no"
_NUMBERS = frozenset({TXN_NO, "kind", "merchant_order_no", "channel_refund_no", "merchant_refund_no"})
# A line that has none of these may share the other fields of a key with another line of its day.
_TELLS = ("channel_txn_no", "merchant_order_no", "entry_ref", "balance_after_minor")
# Of a line without a channel_txn_no whose layout's key is of the channel's numbers alone.
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


def line_keys(channel: str, key: Sequence[str], lines: Mapping[str, Sequence[Any]]) -> Iterator[bytes]:
    """The key of each line, `lines` being columns by field name.

    It is made of the fields that `key` names, in any order; of a line without any number or balance, of its remittance
    too. If they are numbers of the channel and the line has none, it is made of all that is told of the line. A hash
    stands for the values, so that nothing personal is kept in it.
    """
    named = zip(*(lines[field] for field in sorted(key)), strict=True)
    told = zip(*(lines[field] for field in ALL_THAT_IS_TOLD), strict=True)
    needs_txn_no = TXN_NO in key and _NUMBERS.issuperset(key)
    tells = zip(*(lines[field] for field in _TELLS), strict=True)
    for account, remittance, values, all_told, telling in zip(
        lines["account_no"], lines["remittance"], named, told, tells, strict=True
    ):
        parts = ("all", *all_told) if needs_txn_no and not telling[0] else ("key", *values)
        if not any(value not in ("", None) for value in telling):
            parts = (*parts, remittance)
        whole = _SEPARATOR.join((channel, account, *map(_text, parts)))
        yield hashlib.sha256(whole.encode()).digest()[:KEY_BYTES]


def _text(value: object) -> str:
    return "" if value is None else str(value)
