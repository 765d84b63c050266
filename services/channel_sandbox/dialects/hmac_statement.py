"""The generic channel's statement of a day: CSV in UTF-8, minor units, the sums in its last line."""

import csv
import io

from services.channel_sandbox.dialects.hmac_pay import instant
from services.channel_sandbox.domain.statement import StatementDay

_HEADER = (
    *("kind", "time", "channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no"),
    *("amount_minor", "currency", "fee_minor"),
)


def statement(day: StatementDay) -> bytes:
    """The file. A refund's amount and fee are below zero; `TOTAL` counts lines and sums what is above it."""
    rows: list[tuple[str, str | None, str, str, str, str, int, str, int]] = []
    for order in day.paid:
        asked = order.asked
        numbers = (order.channel_txn_no, asked.merchant_order_no, "", "")
        rows.append(("PAYMENT", instant(order.paid_at), *numbers, asked.amount_minor, asked.currency, order.fee_minor))
    for order, refund in day.refunded:
        given = refund.asked
        numbers = (
            *(order.channel_txn_no, order.asked.merchant_order_no),
            *(refund.channel_refund_no, given.merchant_refund_no),
        )
        at, currency = instant(refund.accepted_at), order.asked.currency
        rows.append(("REFUND", at, *numbers, -given.amount_minor, currency, -refund.fee_minor))
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(rows)
    writer.writerow(("TOTAL", len(rows), "", "", "", "", sum(row[6] for row in rows), "", sum(row[8] for row in rows)))
    return written.getvalue().encode()
