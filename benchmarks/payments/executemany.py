"""What an import is held against: SQLAlchemy Core's executemany in this process, a thousand rows a transaction.

The same rows in the same tables: business keys that conflict with nothing, payments, the feed's first changes, and the
same two digests. It has no wire, checks no row and keeps no results.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from chassis import database, ids
from chassis.money import Money
from services.payments.domain.business_day import business_date
from services.payments.domain.intake import content_sha256
from services.payments.domain.payment import PaymentContent
from services.payments.domain.slice_manifest import SliceLine
from services.payments.tables import FeedWaitingRow, OrderKeyRow, PaymentRow

_ROWS_A_TRANSACTION = 1_000
_ORDERS, _PAYMENTS, _CHANGES = (cast("Table", row.__table__) for row in (OrderKeyRow, PaymentRow, FeedWaitingRow))
_TAKE_ORDERS = insert(_ORDERS).on_conflict_do_nothing().returning(_ORDERS.c.payment_id)
_ADD_PAYMENTS, _ADD_CHANGES = insert(_PAYMENTS), insert(_CHANGES)


async def insert_payments(url: str, rows: Sequence[dict[str, Any]]) -> float:
    """Insert them all; the seconds that it took."""
    engine = database.connect(url, "bench:executemany")
    try:
        async with engine.begin():
            pass
        began = time.perf_counter()
        for first in range(0, len(rows), _ROWS_A_TRANSACTION):
            told = [_columns(row) for row in rows[first : first + _ROWS_A_TRANSACTION]]
            async with engine.begin() as connection:
                found = set(await connection.scalars(_TAKE_ORDERS, [order for order, _, _ in told]))
                new = [one for one in told if one[0]["payment_id"] in found]
                await connection.execute(_ADD_PAYMENTS, [payment for _, payment, _ in new])
                await connection.execute(_ADD_CHANGES, [change for _, _, change in new])
        return time.perf_counter() - began
    finally:
        await engine.dispose()


def _columns(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A payment's business key, row and first change."""
    now = datetime.now(UTC)
    payment_id = ids.new_id("pay", now)
    amount = Money(row["currency_code"], row["amount_minor"])
    names = ("merchant_id", "merchant_order_no", "bill_no", "channel", "channel_txn_no", "pay_time", "payer_name")
    content = PaymentContent(**{name: row[name] for name in names}, amount=amount)
    day = business_date(row["channel"], row["pay_time"])
    line = SliceLine(payment_id, row["merchant_order_no"], row["channel"], row["channel_txn_no"], day, amount)
    order = {
        "merchant_id": row["merchant_id"],
        "merchant_order_no": row["merchant_order_no"],
        "payment_id": payment_id,
        "content_sha256": content_sha256(content),
    }
    stands = {"payment_id": payment_id, "state": "SUCCEEDED", "reconciliation_state": "PENDING", "version": 1}
    payment = {**row, **stands, "origin": "RECORDED", "business_date": day, "create_time": now, "traceparent": ""}
    told = {"channel": row["channel"], "business_date": day, "currency_code": amount.currency_code}
    change = {
        **stands,
        **told,
        "kind": "PAYMENT",
        "ref_id": "",
        "refunded_minor": 0,
        "refund_reserved_minor": 0,
        "amount_minor": amount.amount_minor,
        "line_sha256": line.sha256,
    }
    return order, payment, change
