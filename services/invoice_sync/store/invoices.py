"""SQL of the invoice, its documents and the request_ids that asked for one. Where it stands is written in outbox.py."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.change import change_of_new
from services.invoice_sync.domain.invoice import BrokenRule, Invoice, InvoiceKind, Party
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import TO_SEND, Standing, SyncState
from services.invoice_sync.store import feed
from services.invoice_sync.store.sql import run
from services.invoice_sync.store.standings import (
    DUE,
    NAMES,
    SHARED,
    columns,
    from_row,
    in_columns,
    put_rows,
    transposed,
    unnested,
    values,
)
from services.invoice_sync.tables import invoice, request, standing

_REFERRED_MAX = 10
_FACTS = (
    ("invoice_id", "text"),
    ("payment_id", "text"),
    ("merchant_id", "text"),
    ("merchant_order_no", "text"),
    ("currency_code", "text"),
    ("amount_minor", "bigint"),
    ("seller_name", "text"),
    ("seller_tax_id", "text"),
    ("buyer_title", "text"),
    ("buyer_tax_id", "text"),
    ("authority", "text"),
    ("environment", "text"),
    ("region", "text"),
    ("credential_id", "text"),
    ("issue_date", "date"),
    ("version", "int"),
    ("document_sha256", "text"),
    ("idempotency_key", "text"),
    ("broken_rules", "jsonb"),
    ("create_time", "timestamptz"),
    ("traceparent", "text"),
    ("payment_traceparent", "text"),
    ("issued_by", "text"),
    ("kind", "text"),
    ("original_invoice_id", "text"),
    ("red_form_id", "text"),
    ("red_of", "text"),
)
_MADE = (*_FACTS, ("sealed", "bytea"))
_IN_LANE = (*DUE, ("lane", "text"), ("lease_id", "text"))
_SAID = ("told", "text")
# Invoice, document and sealed bytes of each in one statement.
_ADD = f"""
    WITH made AS (
        {put_rows(_MADE)}
    ), kept AS (
        INSERT INTO body (sha256, sealed) SELECT document_sha256, sealed FROM made ORDER BY document_sha256
        ON CONFLICT (sha256) DO NOTHING
    ), frozen AS (
        INSERT INTO document (invoice_id, version, sha256, idempotency_key, create_time)
        SELECT invoice_id, version, document_sha256, idempotency_key, create_time FROM made
    )
    INSERT INTO invoice ({columns(_FACTS)}) SELECT {columns(_FACTS)} FROM made
"""  # noqa: S608  the names are ours
_STAND = f"""
    WITH moved AS ({put_rows((*_IN_LANE, _SAID))}), told AS ({feed.telling("moved")})
    INSERT INTO outbox ({columns(_IN_LANE)}) SELECT {columns(_IN_LANE)} FROM moved
"""  # noqa: S608
_STAND_SETTLED = f"""
    WITH moved AS (SELECT * FROM {unnested((*SHARED, _SAID))} AS made ({columns(SHARED)}, told)),
        told AS ({feed.telling("moved")})
    INSERT INTO settled ({columns(SHARED)}) SELECT {columns(SHARED)} FROM moved
"""  # noqa: S608
_VERSION = """
    WITH kept AS (
        INSERT INTO body (sha256, sealed) VALUES ($3, $8) ON CONFLICT (sha256) DO NOTHING
    ), frozen AS (
        INSERT INTO document (invoice_id, version, sha256, idempotency_key, create_time) VALUES ($1, $2, $3, $4, $9)
    )
    UPDATE invoice SET version = $2, document_sha256 = $3, idempotency_key = $4, buyer_title = $5, buyer_tax_id = $6,
        broken_rules = $7::jsonb, issue_date = $10, amount_minor = $11
    WHERE invoice_id = $1
"""


async def add_many(session: AsyncSession, made: Sequence[tuple[Invoice, bytes]]) -> None:
    """Write new invoices with their sealed documents, and what is due for them, and tell it; all or none."""
    await run(session, _ADD, *in_columns(_MADE, [(*_facts(each), sealed) for each, sealed in made]))
    due = [each for each, _ in made if each.standing.work is not None]
    idle = [each for each, _ in made if each.standing.work is None]
    if due:
        rows = [(*values(each.standing), each.seller.tax_id, "", change_of_new(each).value) for each in due]
        await run(session, _STAND, *in_columns((*_IN_LANE, _SAID), rows))
    if idle:
        rows = [(*values(each.standing)[: len(SHARED)], change_of_new(each).value) for each in idle]
        await run(session, _STAND_SETTLED, *transposed(rows))


async def add_version(session: AsyncSession, corrected: Invoice, sealed: bytes, now: datetime) -> None:
    """Freeze the next version of an invoice's document."""
    await run(
        session,
        _VERSION,
        corrected.invoice_id,
        corrected.version,
        corrected.document_sha256,
        corrected.idempotency_key,
        corrected.buyer.name,
        corrected.buyer.tax_id,
        _rules_text(corrected),
        sealed,
        now,
        corrected.issue_date,
        corrected.amount.amount_minor,
    )


async def hold_blue(session: AsyncSession, payment_id: str) -> list[str]:
    """Hold the blue invoices of a payment, as `hold` does; the newest first."""
    asked = """
        SELECT invoice_id FROM invoice WHERE payment_id = $1 AND kind = 'BLUE'
        ORDER BY invoice_id DESC FOR NO KEY UPDATE
    """
    return [row[0] for row in await run(session, asked, payment_id)]


async def newest_blue(session: AsyncSession, payment_id: str) -> str:
    """The newest blue invoice of a payment, of those that were not cancelled; empty when there is none."""
    asked = """
        SELECT invoice_id FROM invoice JOIN standing USING (invoice_id)
        WHERE payment_id = $1 AND kind = 'BLUE' AND sync_state <> 'CANCELLED' ORDER BY invoice_id DESC LIMIT 1
    """
    rows = await run(session, asked, payment_id)
    return rows[0][0] if rows else ""


async def get(session: AsyncSession, invoice_id: str) -> Invoice | None:
    """One invoice as it stands."""
    found = await get_many(session, [invoice_id])
    return found[0] if found else None


async def get_many(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[Invoice]:
    """Some invoices as they stand, in order of id."""
    asked = _standing().where(invoice.c.invoice_id.in_(invoice_ids)).order_by(invoice.c.invoice_id)
    return [_invoice(row) for row in (await session.execute(asked)).mappings()]


async def hold(session: AsyncSession, invoice_id: str) -> None:
    """Let no one else correct, ask again for or put back this invoice before the transaction ends."""
    await run(session, "SELECT FROM invoice WHERE invoice_id = $1 FOR NO KEY UPDATE", invoice_id)


async def referred(session: AsyncSession, reference: str) -> Sequence[Invoice]:
    """The invoices that an id, a number, a payment or an order number names; ten at most.

    Ids go first, then of each payment the newest blue invoice, which is the one that counts.
    """
    numbered = """
        SELECT invoice_id FROM outbox WHERE invoice_number = $1 AND invoice_number <> ''
        UNION ALL SELECT invoice_id FROM settled WHERE invoice_number = $1 AND invoice_number <> '' LIMIT 10
    """
    by_number = [row[0] for row in await run(session, numbered, reference)]
    asked = (
        _standing()
        .where(
            or_(
                invoice.c.invoice_id.in_([reference, *by_number]),
                invoice.c.payment_id == reference,
                invoice.c.merchant_order_no == reference,
            )
        )
        .order_by(
            (invoice.c.invoice_id == reference).desc(),
            (invoice.c.payment_id == reference).desc(),
            invoice.c.kind,
            invoice.c.invoice_id.desc(),
        )
        .limit(_REFERRED_MAX)
    )
    return [_invoice(row) for row in (await session.execute(asked)).mappings()]


async def page(
    session: AsyncSession,
    limit: int,
    before: str,
    merchant_id: str,
    payment_id: str,
    sync_state: SyncState | None,
    shut_ways: Sequence[tuple[str, str]],
) -> Sequence[Invoice]:
    """Newest first; ids sort by the time of their making. What waits before a shut way is HELD, see _shown_state."""
    asked = _standing()
    if before:
        asked = asked.where(invoice.c.invoice_id < before)
    if merchant_id:
        asked = asked.where(invoice.c.merchant_id == merchant_id)
    if payment_id:
        asked = asked.where(invoice.c.payment_id == payment_id)
    if sync_state is not None:
        stored = [each.value for each in TO_SEND] if sync_state is SyncState.HELD else [sync_state.value]
        asked = asked.where(standing.c.sync_state.in_(stored), _shown_state(shut_ways) == sync_state.value)
    rows = (await session.execute(asked.order_by(invoice.c.invoice_id.desc()).limit(limit))).mappings()
    return [_invoice(row) for row in rows]


async def summary(
    session: AsyncSession, merchant_id: str, shut_ways: Sequence[tuple[str, str]]
) -> Sequence[tuple[SyncState, int, Money]]:
    """Count and sum by state and currency; what waits before a shut way is HELD, see _shown_state."""
    shown = _shown_state(shut_ways).label("sync_state")
    asked = (
        select(
            shown,
            invoice.c.currency_code,
            func.count().label("invoice_count"),
            func.sum(invoice.c.amount_minor).label("amount_minor"),
        )
        .join(standing, standing.c.invoice_id == invoice.c.invoice_id)
        .group_by(shown, invoice.c.currency_code)
    )
    if merchant_id:
        asked = asked.where(invoice.c.merchant_id == merchant_id)
    rows = await session.execute(asked.order_by(shown, invoice.c.currency_code))
    return [
        (SyncState(row.sync_state), row.invoice_count, Money(row.currency_code, int(row.amount_minor))) for row in rows
    ]


async def without_standing(session: AsyncSession, after: str, before: str, limit: int) -> tuple[list[str], str]:
    """Of the next invoices after an id: those that stand nowhere, and the last id that was looked at ('' at the end).

    `before` is exclusive, so that what is being written now is left out.
    """
    asked = """
        WITH looked AS (
            SELECT invoice_id FROM invoice WHERE invoice_id > $1 AND invoice_id < $2 ORDER BY invoice_id LIMIT $3
        )
        SELECT invoice_id, (SELECT true FROM outbox WHERE outbox.invoice_id = looked.invoice_id) IS NOT NULL
            OR (SELECT true FROM settled WHERE settled.invoice_id = looked.invoice_id) IS NOT NULL
        FROM looked ORDER BY invoice_id
    """
    # No EXISTS: of that the planner may make a hash of the whole table, whatever is said of joins.
    rows = await run(session, asked, after, before, limit)
    return [row[0] for row in rows if not row[1]], rows[-1][0] if len(rows) == limit else ""


async def facts_of(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[RowMapping]:
    """What some invoices are, without where they stand."""
    asked = select(invoice).where(invoice.c.invoice_id.in_(invoice_ids)).order_by(invoice.c.invoice_id)
    return (await session.execute(asked)).mappings().all()


async def asked_by(session: AsyncSession, request_id: str) -> tuple[str, str] | None:
    """The fingerprint and the invoice that a request_id stands for."""
    asked = select(request.c.fingerprint, request.c.invoice_id).where(request.c.request_id == request_id)
    row = (await session.execute(asked)).one_or_none()
    return None if row is None else (row.fingerprint, row.invoice_id)


async def note_request(
    session: AsyncSession, request_id: str, fingerprint: str, invoice_id: str, now: datetime
) -> bool:
    """Write what a request_id stands for; False when it stands for something already."""
    noted = (
        insert(request)
        .values(request_id=request_id, fingerprint=fingerprint, invoice_id=invoice_id, create_time=now)
        .on_conflict_do_nothing(index_elements=[request.c.request_id])
        .returning(request.c.request_id)
    )
    return await session.scalar(noted) is not None


def _shown_state(shut_ways: Sequence[tuple[str, str]]) -> ColumnElement[str]:
    """The state as people see it: HELD for what waits to be sent by a way that is shut.

    A way is a route's key and a seller; an empty seller is everyone.
    """
    state = standing.c.sync_state
    if not shut_ways:
        return state
    parts = (invoice.c.authority, invoice.c.environment, invoice.c.region, invoice.c.credential_id)
    route = func.concat_ws("/", *parts)
    held = or_(
        route.in_([key for key, seller in shut_ways if not seller]),
        tuple_(route, invoice.c.seller_tax_id).in_([way for way in shut_ways if way[1]]),
    )
    waits = state.in_([each.value for each in TO_SEND])
    return case((and_(waits, standing.c.parked_reason == "", held), SyncState.HELD.value), else_=state)


def _standing() -> Select[Any]:
    stands = [standing.c[name].label(f"standing_{name}") for name in NAMES]
    return select(invoice, *stands).join(standing, standing.c.invoice_id == invoice.c.invoice_id)


def _facts(made: Invoice) -> tuple[Any, ...]:
    return (
        made.invoice_id,
        made.payment_id,
        made.merchant_id,
        made.merchant_order_no,
        made.amount.currency_code,
        made.amount.amount_minor,
        made.seller.name,
        made.seller.tax_id,
        made.buyer.name,
        made.buyer.tax_id,
        made.route.authority,
        made.route.environment,
        made.route.region,
        made.route.credential_id,
        made.issue_date,
        made.version,
        made.document_sha256,
        made.idempotency_key,
        _rules_text(made),
        made.create_time,
        made.traceparent,
        made.payment_traceparent,
        made.issued_by,
        made.kind.value,
        made.original_invoice_id,
        made.red_form_id,
        made.red_of,
    )


def _rules_text(made: Invoice) -> str:
    if not made.broken_rules:
        return "[]"
    return json.dumps([asdict(rule) for rule in made.broken_rules], ensure_ascii=False)


def _invoice(row: RowMapping) -> Invoice:
    stands: Standing = from_row([row[f"standing_{name}"] for name in NAMES])
    return Invoice(
        invoice_id=row["invoice_id"],
        payment_id=row["payment_id"],
        merchant_id=row["merchant_id"],
        merchant_order_no=row["merchant_order_no"],
        amount=Money(row["currency_code"], row["amount_minor"]),
        seller=Party(row["seller_name"], row["seller_tax_id"]),
        buyer=Party(row["buyer_title"], row["buyer_tax_id"]),
        route=Route(row["authority"], row["environment"], row["region"], row["credential_id"]),
        issue_date=row["issue_date"],
        version=row["version"],
        document_sha256=row["document_sha256"],
        idempotency_key=row["idempotency_key"],
        broken_rules=tuple(BrokenRule(**rule) for rule in row["broken_rules"]),
        create_time=row["create_time"],
        traceparent=row["traceparent"],
        payment_traceparent=row["payment_traceparent"],
        issued_by=row["issued_by"],
        standing=stands,
        kind=InvoiceKind(row["kind"]),
        original_invoice_id=row["original_invoice_id"],
        red_form_id=row["red_form_id"],
        red_of=row["red_of"],
    )
