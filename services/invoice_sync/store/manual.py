"""SQL of what people carry to the authority by hand: packages, their invoices, receipts and steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.claim import EXPRESS_MARK
from services.invoice_sync.domain.manual_package import PackageHead, PackedInvoice, PackedItem, ReceiptItem
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store.sql import look_up_by_index, run
from services.invoice_sync.store.standings import transposed

_PACKAGE = """
    package_id, request_id, fingerprint, seller_tax_id, route, invoice_count, currency_code, amount_minor,
    content_sha256, export_by, reason, export_time
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it is kept."""

    head: PackageHead
    request_id: str
    fingerprint: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did with a package. `kind` is EXPORTED, RECEIPT or RELEASED."""

    step_id: str
    package_id: str
    kind: str
    operator: str
    reason: str
    invoice_count: int
    step_time: datetime


@dataclass(frozen=True, slots=True)
class PackageShown:
    """A package as it is now: how many are MANUAL still and how many are in the books, and its steps."""

    package: Package
    open_count: int
    booked_count: int
    steps: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """An invoice of a package, where it stands, and what the last receipt says of it; empty without one."""

    item: PackedItem
    amount: Money
    sync_state: SyncState
    invoice_number: str
    receipt: ReceiptItem | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is kept."""

    receipt_id: str
    package_id: str
    content_sha256: str
    taken_count: int
    refused_count: int
    import_by: str
    import_time: datetime


async def waiting(session: AsyncSession, seller_tax_id: str, limit: int) -> Sequence[str]:
    """The invoices of a seller that wait to be sent and that nobody works on, given up or not, the oldest first."""
    await look_up_by_index(session)
    asked = """
        SELECT invoice_id FROM (
            SELECT invoice_id, create_time FROM outbox
            WHERE work = 'SUBMIT' AND parked_reason = '' AND lane = ANY ($1::text[]) AND lease_id = ''
                AND sync_state IN ('READY', 'RETRY_WAIT')
            UNION ALL
            SELECT invoice_id, create_time FROM outbox
            WHERE parked_reason <> '' AND parked_reason <> 'REFUND' AND lane = ANY ($1::text[]) AND lease_id = ''
                AND sync_state IN ('READY', 'RETRY_WAIT')
        ) AS waits ORDER BY create_time, invoice_id LIMIT $2
    """
    rows = await run(session, asked, [seller_tax_id, EXPRESS_MARK + seller_tax_id], limit)
    return [row[0] for row in rows]


async def add(session: AsyncSession, made: Package, packed: Sequence[PackedInvoice]) -> bool:
    """Keep a package with its invoices; False when its request_id made one before."""
    head = made.head
    added = f"""
        INSERT INTO manual_package ({_PACKAGE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (request_id) DO NOTHING RETURNING package_id
    """  # noqa: S608
    money = (head.amount.currency_code, head.amount.amount_minor)
    about = (made.request_id, made.fingerprint, head.seller_tax_id, head.route, head.invoice_count, *money)
    said = (made.content_sha256, head.export_by, head.reason, head.export_time)
    if not await run(session, added, head.package_id, *about, *said):
        return False
    await run(session, _ADD_ITEMS, head.package_id, *transposed(_item_values(each) for each in packed))
    return True


async def asked_by(session: AsyncSession, request_id: str) -> Package | None:
    """The package that a request_id made."""
    rows = await run(session, f"SELECT {_PACKAGE} FROM manual_package WHERE request_id = $1", request_id)  # noqa: S608
    return _package(rows[0]) if rows else None


async def get(session: AsyncSession, package_id: str) -> Package | None:
    """One package."""
    rows = await run(session, f"SELECT {_PACKAGE} FROM manual_package WHERE package_id = $1", package_id)  # noqa: S608
    return _package(rows[0]) if rows else None


async def page(session: AsyncSession, before: str, limit: int) -> Sequence[Package]:
    """Newest first; ids sort by the time of their making."""
    asked = f"""
        SELECT {_PACKAGE} FROM manual_package WHERE $1 = '' OR package_id < $1 ORDER BY package_id DESC LIMIT $2
    """  # noqa: S608
    return [_package(row) for row in await run(session, asked, before, limit)]


async def hold(session: AsyncSession, package_id: str) -> None:
    """Let no one else import a receipt of this package, or release it, before the transaction ends."""
    await run(session, "SELECT FROM manual_package WHERE package_id = $1 FOR NO KEY UPDATE", package_id)


async def items(session: AsyncSession, package_id: str) -> Sequence[PackedItem]:
    """The invoices of a package, in order."""
    asked = """
        SELECT item_no, invoice_id, idempotency_key, document_sha256 FROM manual_item
        WHERE package_id = $1 ORDER BY item_no
    """
    return [PackedItem(*row) for row in await run(session, asked, package_id)]


async def item_standings(session: AsyncSession, package_id: str) -> Sequence[ItemStanding]:
    """The invoices of a package, in order, with where they stand and what the newest receipt says."""
    await look_up_by_index(session)
    asked = """
        SELECT item.item_no, item.invoice_id, item.idempotency_key, item.document_sha256, package.currency_code,
            item.amount_minor, standing.sync_state, standing.invoice_number, told.status, told.invoice_number,
            told.authority_code
        FROM manual_item AS item
        JOIN manual_package AS package USING (package_id)
        JOIN standing ON standing.invoice_id = item.invoice_id
        LEFT JOIN LATERAL (
            SELECT receipt_id FROM manual_receipt WHERE manual_receipt.package_id = item.package_id
            ORDER BY receipt_id DESC LIMIT 1
        ) AS newest ON true
        LEFT JOIN manual_receipt_item AS told
            ON told.receipt_id = newest.receipt_id AND told.item_no = item.item_no
        WHERE item.package_id = $1 ORDER BY item.item_no
    """
    return [_item_standing(row) for row in await run(session, asked, package_id)]


async def standing_counts(session: AsyncSession, package_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many of each package are MANUAL still, and how many are in the books."""
    await look_up_by_index(session)
    asked = """
        SELECT package_id, count(*) FILTER (WHERE sync_state = 'MANUAL'),
            count(*) FILTER (WHERE sync_state IN ('BOOKED', 'CONFIRMED'))
        FROM manual_item JOIN standing USING (invoice_id) WHERE package_id = ANY ($1::text[]) GROUP BY package_id
    """
    return {row[0]: (row[1], row[2]) for row in await run(session, asked, list(package_ids))}


async def add_step(session: AsyncSession, made: Step) -> None:
    """Write down a step."""
    added = """
        INSERT INTO manual_step (step_id, package_id, kind, operator, reason, invoice_count, step_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
    """
    about = (made.kind, made.operator, made.reason, made.invoice_count, made.step_time)
    await run(session, added, made.step_id, made.package_id, *about)


async def steps(session: AsyncSession, package_id: str) -> Sequence[Step]:
    """Every step with a package, oldest first."""
    asked = """
        SELECT step_id, package_id, kind, operator, reason, invoice_count, step_time FROM manual_step
        WHERE package_id = $1 ORDER BY step_id
    """
    return [Step(*row) for row in await run(session, asked, package_id)]


async def receipt(session: AsyncSession, package_id: str, content_sha256: str) -> Receipt | None:
    """The receipt with these bytes, if it was imported before."""
    asked = """
        SELECT receipt_id, package_id, content_sha256, taken_count, refused_count, import_by, import_time
        FROM manual_receipt WHERE package_id = $1 AND content_sha256 = $2
    """
    rows = await run(session, asked, package_id, content_sha256)
    return Receipt(*rows[0]) if rows else None


async def add_receipt(session: AsyncSession, made: Receipt, said: Sequence[ReceiptItem]) -> None:
    """Keep a receipt and what it says of each invoice."""
    added = """
        INSERT INTO manual_receipt
            (receipt_id, package_id, content_sha256, taken_count, refused_count, import_by, import_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
    """
    counts = (made.taken_count, made.refused_count)
    about = (made.content_sha256, *counts, made.import_by, made.import_time)
    await run(session, added, made.receipt_id, made.package_id, *about)
    told = """
        INSERT INTO manual_receipt_item (receipt_id, item_no, status, invoice_number, authority_code)
        SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[])
    """
    rows = transposed((each.item_no, each.status, each.invoice_number, each.authority_code) for each in said)
    await run(session, told, made.receipt_id, *rows)


async def exported(session: AsyncSession, invoice_ids: Sequence[str]) -> set[str]:
    """Those of some invoices that were ever in a package, and so may be at the authority without a submit of ours."""
    asked = "SELECT DISTINCT invoice_id FROM manual_item WHERE invoice_id = ANY ($1::text[])"
    return {row[0] for row in await run(session, asked, list(invoice_ids))}


_ADD_ITEMS = """
    INSERT INTO manual_item
        (package_id, item_no, invoice_id, version, document_sha256, idempotency_key, amount_minor, issue_date)
    SELECT $1, * FROM unnest($2::int[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::date[])
"""


def _item_values(each: PackedInvoice) -> tuple[Any, ...]:
    return (
        each.item_no,
        each.invoice_id,
        each.version,
        each.document_sha256,
        each.idempotency_key,
        each.amount.amount_minor,
        each.issue_date,
    )


def _package(row: Sequence[Any]) -> Package:
    package_id, request_id, mark, seller, route, count, currency, minor, sha256, by, reason, at = row
    head = PackageHead(package_id, seller, route, count, Money(currency, minor), by, reason, at)
    return Package(head, request_id, mark, sha256)


def _item_standing(row: Sequence[Any]) -> ItemStanding:
    told = ReceiptItem(row[0], *row[8:11]) if row[8] else None
    return ItemStanding(PackedItem(*row[:4]), Money(row[4], row[5]), SyncState(row[6]), row[7], told)
