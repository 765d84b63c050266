"""Which columns a rule can name, and where each is known. It makes no SQL."""

from services.reconciler.matching.frames import LINES, PAYMENTS, Side

REFERENCES = ("channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no")

# As given, by every rule.
GIVEN = {Side.PAYMENT: frozenset(PAYMENTS.names), Side.LINE: frozenset(LINES.names)}

# References without what people and spreadsheets do to them, and where the row's day stands; all but the first rule.
DERIVED = (*(f"{name}_normal" for name in REFERENCES), "day_waits", "near_cutoff")

KNOWN = {side: given | frozenset(DERIVED) for side, given in GIVEN.items()}

GROUP = frozenset({"payments_minor", "lines_minor", "payment_count", "line_count"})

TABLE = {Side.PAYMENT: "p", Side.LINE: "l"}
ID = {Side.PAYMENT: "payment_id", Side.LINE: "line_id"}
# The number that stands for an id inside one run.
ROW = {Side.PAYMENT: "pn", Side.LINE: "ln"}
BASE = {Side.PAYMENT: "payments", Side.LINE: "lines"}
TIME = {Side.PAYMENT: "pay_time_us", Side.LINE: "book_time_us"}

# A total order of rows that tells nothing but who came first; the same for every order of input.
ORDER = {Side.PAYMENT: ("pay_time_us", "payment_id"), Side.LINE: ("file_id", "line_no", "line_id")}

NUMBERS = frozenset({"amount_minor", "fee_minor", "pay_time_us", "book_time_us", "line_no"}) | GROUP
FLAGS = frozenset({"day_waits", "near_cutoff"})


def is_text(name: str) -> bool:
    """Whether the column holds text, of which "" means that there is none."""
    return name not in NUMBERS and name not in FLAGS
