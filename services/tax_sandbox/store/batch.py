"""The SQL of sessions of batches and of what was sent in them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.batch import BatchItem, BatchSession, ItemStatus, SentItem
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.tables import BatchItemRow, BatchSessionRow


class BatchStore:
    """`batch_session` and `batch_item`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self) -> None:
        """Let one who changes sessions follow another; ends with the transaction."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("batch_session", 0))))

    async def find(self, place: Place, session_id: str) -> BatchSession | None:
        """A session of a place."""
        rows = await self._session.scalars(
            select(BatchSessionRow).where(BatchSessionRow.session_id == session_id, BatchSessionRow.place == place)
        )
        row = rows.one_or_none()
        return _session(row) if row else None

    async def find_by_key(self, place: Place, key: str) -> BatchSession | None:
        """The session that was opened under a key."""
        rows = await self._session.scalars(
            select(BatchSessionRow).where(BatchSessionRow.idempotency_key == key, BatchSessionRow.place == place)
        )
        row = rows.one_or_none()
        return _session(row) if row else None

    async def open(self, opened: BatchSession) -> None:
        """Write a session down."""
        await self._session.execute(
            insert(BatchSessionRow).values(
                session_id=opened.session_id,
                place=opened.place,
                idempotency_key=opened.key,
                opened_at=opened.opened_at,
                expires_at=opened.expires_at,
            )
        )

    async def close(self, session_id: str, now: datetime) -> None:
        """Write down that a session is closed."""
        await self._session.execute(
            update(BatchSessionRow).where(BatchSessionRow.session_id == session_id).values(closed_at=now)
        )

    async def items(self, session_id: str) -> Sequence[BatchItem]:
        """Everything in a session, in the order of the index."""
        rows = await self._session.scalars(
            select(BatchItemRow).where(BatchItemRow.session_id == session_id).order_by(BatchItemRow.item_index)
        )
        return [_item(row) for row in rows]

    async def items_at(self, session_id: str, indexes: Collection[int]) -> dict[int, BatchItem]:
        """What a session has under these indexes."""
        rows = await self._session.scalars(
            select(BatchItemRow).where(BatchItemRow.session_id == session_id, BatchItemRow.item_index.in_(indexes))
        )
        return {row.item_index: _item(row) for row in rows}

    async def count_items(self, session_id: str) -> int:
        """How many a session has, refused ones too."""
        counted = await self._session.execute(
            select(func.count()).select_from(BatchItemRow).where(BatchItemRow.session_id == session_id)
        )
        return counted.scalar_one()

    async def keys_in_open_sessions(self, place: Place, keys: Collection[str], now: datetime) -> set[str]:
        """Which of these keys an open session of a place has taken."""
        wanted = bindparam("keys", list(keys), type_=ARRAY(Text))
        rows = await self._session.scalars(
            select(BatchItemRow.idempotency_key)
            .join(BatchSessionRow, BatchSessionRow.session_id == BatchItemRow.session_id)
            .where(
                BatchItemRow.place == place,
                BatchItemRow.idempotency_key == func.any(wanted),
                BatchItemRow.status == ItemStatus.TAKEN,
                BatchSessionRow.closed_at.is_(None),
                BatchSessionRow.expires_at > now,
            )
        )
        return set(rows)

    async def put(self, place: Place, items: Sequence[BatchItem]) -> None:
        """Write items down; one that was there under the same index is replaced."""
        if not items:
            return
        fresh = upsert(BatchItemRow)
        replaced = ("idempotency_key", "invoice_number", "document", "document_sha256", "received_at", "status", "code")
        await self._session.execute(
            fresh.on_conflict_do_update(
                index_elements=["session_id", "item_index"],
                set_={name: fresh.excluded[name] for name in (*replaced, "traceparent")},
            ),
            [
                {
                    "session_id": item.session_id,
                    "item_index": item.sent.index,
                    "place": place,
                    "idempotency_key": item.sent.key,
                    "invoice_number": item.number,
                    "document": item.sent.body,
                    "document_sha256": item.sent.sha256,
                    "received_at": item.received_at,
                    "status": item.status,
                    "code": item.code,
                    "traceparent": item.traceparent,
                }
                for item in items
            ],
        )


def _session(row: BatchSessionRow) -> BatchSession:
    return BatchSession(
        row.session_id, Place(row.place), row.idempotency_key, row.opened_at, row.expires_at, row.closed_at
    )


def _item(row: BatchItemRow) -> BatchItem:
    return BatchItem(
        row.session_id,
        SentItem(row.item_index, row.idempotency_key, row.document, row.document_sha256),
        ItemStatus(row.status),
        row.invoice_number,
        row.code,
        row.received_at,
        row.traceparent,
    )
