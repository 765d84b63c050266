"""What is true of rows that were made, and which answers are right. One record for each cluster; no row has a label.

An answer's label is its exception class; without one it is OK (matched or suggested), BUFFERED, IGNORED or EXCEPTION.
"""

from dataclasses import dataclass

import pyarrow as pa  # type: ignore[import-untyped]

# The labels that a row may bear, by code: the generator writes codes, the truth file has the texts.
ACCEPTS = (
    "OK",
    "OK|DUPLICATE_LINE|DUPLICATE_FILE",
    "DUPLICATE_LINE|DUPLICATE_FILE",
    "OK|DUPLICATE_PAYMENT",
    "OK|REFERENCE_DAMAGED",
    "OK|CROSS_DAY",
    "OK|CROSS_DAY|LATE_ITEM",
    "OK|REFUND_EXCEEDS_PAYMENT",
    "CHANNEL_ONLY",
    "PLATFORM_ONLY",
    "STATUS_CHANNEL_SUCCESS",
    "STATUS_PLATFORM_SUCCESS",
    "AMOUNT_CHANNEL_OVER|ROUNDING_DIFFERENCE",
    "AMOUNT_CHANNEL_SHORT|ROUNDING_DIFFERENCE",
    "CURRENCY_MISMATCH",
    "FEE_MISMATCH",
    "FEE_MISSING",
    "DUPLICATE_PAYMENT",
    "DUPLICATE_BOOKING",
    "OK|DUPLICATE_BOOKING",
    "BUFFERED|STATEMENT_MISSING",
    "SPLIT_INCOMPLETE",
    "NET_SETTLEMENT_BREAK|MERGED_UNRESOLVED",
    "REFUND_PLATFORM_ONLY",
    "REFUND_CHANNEL_ONLY",
    "REFUND_AMOUNT_MISMATCH",
    "REFUND_STATUS_SNAPSHOT",
    "CHARGEBACK",
    "IGNORED",
    "AMBIGUOUS_MATCH|MERGED_UNRESOLVED",
)
CODE = {text: code for code, text in enumerate(ACCEPTS)}

# With these a right pair may be posted: the money is there, and what is odd about it is named.
POSTABLE = (
    "OK",
    "CROSS_DAY",
    "LATE_ITEM",
    "REFERENCE_DAMAGED",
    "FEE_MISMATCH",
    "ROUNDING_DIFFERENCE",
    "DUPLICATE_PAYMENT",
    "REFUND_STATUS_SNAPSHOT",
)

TRUTH = pa.schema(
    [
        pa.field("cluster", pa.int64()),
        pa.field("class", pa.string()),
        pa.field("decoy_of", pa.string()),  # the fault that a harmless cluster looks like; else ""
        pa.field("identified", pa.bool_()),  # numbers that both sides have tell the whole truth
        pa.field("ambiguous", pa.bool_()),  # nothing in the rows decides it; only to say so is right
        pa.field("twin", pa.bool_()),  # rows of it are interchangeable, and one of them is too many
        pa.field("postable", pa.bool_()),  # what belongs together may be posted without a person
        pa.field("must", pa.string()),  # the labels of which at least one row has to bear one; "" for none
        pa.field("first_date", pa.string()),
        pa.field("settled_date", pa.string()),  # before it only BUFFERED is right of what is not complete
        pa.field("money_effect_minor", pa.int64()),  # what the channel has more than the books; all currencies as one
        pa.field("payment_ids", pa.list_(pa.string())),
        pa.field("payment_groups", pa.list_(pa.int16())),  # rows of one group are the same money
        pa.field("payment_accepts", pa.list_(pa.string())),  # the labels that are right, with | between
        pa.field("line_ids", pa.list_(pa.string())),
        pa.field("line_groups", pa.list_(pa.int16())),
        pa.field("line_accepts", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, slots=True)
class Noise:
    """What the rows do not tell: for how many clusters the payer is known, and how late a line may be."""

    name: str
    payer_share: float
    skew_seconds: int = 60


NOISES = {"payer": Noise("payer", 1.0), "half": Noise("half", 0.5), "none": Noise("none", 0.0)}
PROFILES = ("realistic", "stress")
