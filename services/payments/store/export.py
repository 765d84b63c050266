"""SQL of exports: a page of a day or of the feed as record batches. Whoever calls holds the transaction.

A statement that goes out by COPY takes no values, so those stand in settings of the transaction. Each is read by a
SELECT of its own, once, and not for every row.
"""

from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]

from services.payments.store.columnar import Work

_SET = """
    SELECT set_config('bihuan.channel', $1, true),
        set_config('bihuan.business_date', $2, true),
        set_config('bihuan.after_payment_id', $3, true)
"""
_DAY = """
    SELECT payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code, amount_minor,
        fee_minor, refunded_minor, state, reconciliation_state, pay_time, business_date, create_time, version
    FROM payments
    WHERE channel = (SELECT current_setting('bihuan.channel'))
        AND business_date = (SELECT current_setting('bihuan.business_date')::date)
        AND payment_id > (SELECT current_setting('bihuan.after_payment_id'))
    ORDER BY payment_id
"""
_CHANGES = """
    SELECT feed.sequence, feed.kind, feed.ref_id, payments.traceparent,
        payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code, amount_minor,
        fee_minor, feed.refunded_minor, feed.state, feed.reconciliation_state, pay_time, business_date, create_time,
        feed.version
    FROM (
        SELECT * FROM feed WHERE sequence BETWEEN {first:d} AND {last:d} ORDER BY sequence LIMIT {limit:d}
    ) AS feed JOIN payments USING (payment_id)
    ORDER BY feed.sequence
"""


async def head(work: Work) -> int:
    """The highest sequence that was given; 0 before the first."""
    ((sequence,),) = await work.execute("SELECT sequence FROM feed_head")
    return int(sequence)


async def day_page(work: Work, channel: str, day: date, after_payment_id: str, limit: int) -> list[pa.RecordBatch]:
    """The next payments of a channel's day, in order of payment_id."""
    await work.execute(_SET, (channel, day.isoformat(), after_payment_id))
    return [batch async for batch in work.read(f"{_DAY} LIMIT {limit:d}")]


async def changes_page(work: Work, first_sequence: int, last_sequence: int, limit: int) -> list[pa.RecordBatch]:
    """The next changes from one sequence to another, both included, in order."""
    statement = _CHANGES.format(first=first_sequence, last=last_sequence, limit=limit)
    return [batch async for batch in work.read(statement)]
