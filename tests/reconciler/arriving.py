"""Payments, refunds and lines that come, as the mirror and the loading of a file leave them."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Sessions
from services.reconciler.store.arrival import ArrivalStore
from services.reconciler.tables import (
    ArrivalLineRow,
    ArrivalMatchRow,
    ArrivalPaymentDueRow,
    ArrivalPaymentRow,
    ArrivalRevisionRow,
    ArrivalStatementDueRow,
    PaymentRow,
    RefundRow,
    RunResultRow,
    StatementFileRow,
    StatementLineRow,
    StatementRow,
)

ARRIVALS = (
    ArrivalPaymentDueRow,
    ArrivalStatementDueRow,
    ArrivalPaymentRow,
    ArrivalLineRow,
    ArrivalMatchRow,
    ArrivalRevisionRow,
    RunResultRow,
)
Row = dict[str, Any]
DAY = date(2026, 1, 1)
NOON = datetime(2026, 1, 1, 4, tzinfo=UTC)


async def come(sessions: Sessions, rows: list[Row]) -> None:
    """Rows of the frames come, in one transaction: payments and refunds by the mirror, lines as a statement."""
    async with sessions.begin() as session:
        store = ArrivalStore(session)
        lines = [row for row in rows if "line_id" in row]
        booked = [row for row in rows if "payment_id" in row]
        for row in booked:
            table, columns = (PaymentRow, _payment(row)) if row["kind"] == "PAYMENT" else (RefundRow, _refund(row))
            await session.execute(insert(table).values(**columns))
        await store.add_payments(row["payment_id"] for row in booked)
        if lines:
            await _statement(session, lines)
            await store.add_statement(lines[0]["line_id"].split(".")[0])


async def forget_all(sessions: Sessions) -> None:
    """Nothing has come."""
    async with sessions.begin() as session:
        for table in (PaymentRow, RefundRow, StatementLineRow, StatementRow, StatementFileRow, *ARRIVALS):
            await session.execute(delete(table))


async def _statement(session: AsyncSession, lines: list[Row]) -> None:
    statement_id = lines[0]["line_id"].split(".")[0]
    zeros = dict.fromkeys(("booked_rows", "neutral_rows", "frame_rows", "quarantined_rows", "profile_version"), 0)
    texts = dict.fromkeys(("file_name", "account_no", "profile_id", "encoding"), "")
    await session.execute(insert(StatementFileRow).values(file_sha256=statement_id))
    await session.execute(
        insert(StatementRow).values(
            **zeros,
            **texts,
            statement_id=statement_id,
            request_id=statement_id,
            file_sha256=statement_id,
            channel=lines[0]["channel"],
            business_date=DAY,
            sums_in={},
            sums_out={},
            controls=[],
            create_time=NOON,
        )
    )
    await session.execute(insert(StatementLineRow), [_line(row) for row in lines])


def _line(row: Row) -> Row:
    told = ("kind", "channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no", "currency_code")
    statement_id, line_no = row["line_id"].split(".")
    return {
        **{name: row[name] for name in (*told, "amount_minor", "status")},
        **dict.fromkeys(("fee_text", "book_local"), ""),
        "statement_id": statement_id,
        "line_no": int(line_no),
        "book_time": NOON,
        "business_date": date.fromisoformat(row["business_date"]),
        "byte_offset": 0,
    }


def _payment(row: Row) -> Row:
    told = ("payment_id", "merchant_id", "channel", "channel_txn_no", "merchant_order_no", "bill_no", "currency_code")
    return {
        **{name: row[name] for name in (*told, "amount_minor")},
        "pay_time": NOON,
        "business_date": date.fromisoformat(row["business_date"]),
        "version": 1,
        "traceparent": "",
    }


def _refund(row: Row) -> Row:
    told = ("merchant_id", "channel", "channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no")
    return {
        **{name: row[name] for name in (*told, "bill_no", "currency_code", "state")},
        "refund_id": row["payment_id"],
        "payment_id": "of " + row["payment_id"],
        "amount_minor": -row["amount_minor"],
        "at_time": NOON,
        "first_sequence": 1,
        "version": 1,
        "traceparent": "",
    }
