"""Enqueueing as a service without batches does it: SQLAlchemy, one transaction for each invoice and its outbox row.

Not made slow on purpose: Core and not the ORM, 64 callers at once over 8 connections, so that PostgreSQL can commit
several together, and uvloop.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import uuid_utils
from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, Table, Text, insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.outbox.database import PAYLOAD, run_script
from chassis import database

_CALLERS = 64
_CONNECTIONS = 8
_METADATA = database.metadata()
_AT = datetime(2026, 3, 1, 4, tzinfo=UTC)
_DAY = timedelta(days=1)

_invoice = Table(
    "naive_invoice",
    _METADATA,
    Column("invoice_id", Text, primary_key=True),
    Column("payment_id", Text, nullable=False, unique=True),
    Column("seller_tax_id", Text, nullable=False),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("create_time", DateTime(timezone=True), nullable=False),
)
_outbox = Table(
    "naive_outbox",
    _METADATA,
    Column("invoice_id", Text, primary_key=True),
    Column("work", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, index=True),
    Column("deadline_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
)


async def install(url: str) -> None:
    """Make the two tables."""
    engine = create_async_engine(database.async_url(url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_METADATA.create_all)
    finally:
        await engine.dispose()


async def enqueue_rate(url: str, count: int) -> float:
    """Invoices a second, each committed with its outbox row in a transaction of its own."""
    await run_script(url, "TRUNCATE naive_invoice, naive_outbox", "CHECKPOINT")
    engine = create_async_engine(database.async_url(url), pool_size=_CONNECTIONS, max_overflow=0)
    try:
        await _enqueue(engine, _CALLERS)  # opens the connections and prepares the statements
        began = time.monotonic()
        await _enqueue(engine, count)
        return count / (time.monotonic() - began)
    finally:
        await engine.dispose()


async def _enqueue(engine: AsyncEngine, count: int) -> None:
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            async with engine.begin() as connection:
                invoice, outbox = _rows(uuid_utils.uuid7().hex)
                await connection.execute(insert(_invoice), invoice)
                await connection.execute(insert(_outbox), outbox)

    await asyncio.gather(*(caller() for _ in range(_CALLERS)))


def _rows(number: str) -> tuple[dict[str, Any], dict[str, Any]]:
    invoice = {
        "invoice_id": f"inv_{number}",
        "payment_id": f"pay_{number}",
        "seller_tax_id": "91420100MA4KXXXX0X",
        "currency_code": "CNY",
        "amount_minor": 100,
        "document": PAYLOAD,
        "idempotency_key": number,
        "create_time": _AT,
    }
    outbox = {"invoice_id": f"inv_{number}", "work": "SUBMIT", "due_at": _AT, "deadline_at": _AT + _DAY, "tries": 0}
    return invoice, outbox
