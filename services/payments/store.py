"""Every SQL statement of the payments service. It opens no transaction and decides nothing: the action does both."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, bindparam, exists, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.payments.domain.intake import UsedRequest
from services.payments.domain.payment import Change, NumberedChange, Payment, State
from services.payments.domain.reconciliation import Fact, FactKey, Reconciled, Standing
from services.payments.domain.slice_manifest import SliceLine
from services.payments.tables import (
    FeedHeadRow,
    FeedRow,
    PaymentRow,
    ReconciliationRow,
    RequestRow,
    payment_columns,
    to_fact,
    to_numbered_change,
    to_payment,
)

_SLICE_ROWS_AT_ONCE = 1_000

# One statement: what it numbers and the head that it moves commit together, or neither does.
_NUMBER = text("""
    WITH head AS (SELECT sequence FROM feed_head),
    chosen AS (SELECT id FROM feed WHERE sequence IS NULL ORDER BY id LIMIT :limit),
    placed AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM chosen),
    numbered AS (
        UPDATE feed SET sequence = head.sequence + placed.place
        FROM placed, head WHERE feed.id = placed.id
        RETURNING feed.id
    )
    UPDATE feed_head SET sequence = feed_head.sequence + (SELECT count(*) FROM numbered)
    RETURNING (SELECT count(*) FROM numbered)
""")


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments a list wants; an empty text and None mean every value."""

    merchant_id: str = ""
    merchant_order_no: str = ""
    channel: str = ""
    business_date: date | None = None


@dataclass(frozen=True, slots=True)
class ListKey:
    """Where a page ended: the place of its last payment among all, newest first."""

    create_time: datetime
    payment_id: str


class Store:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_payment(self, payment: Payment) -> bool:
        """Insert a payment unless its business key is taken; waits for a transaction that is about to take it."""
        statement = (
            insert(PaymentRow)
            .values(**payment_columns(payment))
            .on_conflict_do_nothing(index_elements=["merchant_id", "merchant_order_no"])
            .returning(PaymentRow.payment_id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def add_request(self, request_id: str, fingerprint: bytes, payment_id: str, now: datetime) -> bool:
        """Insert the use of a request_id unless it is taken; waits for a transaction that is about to take it."""
        statement = (
            insert(RequestRow)
            .values(request_id=request_id, fingerprint=fingerprint, payment_id=payment_id, create_time=now)
            .on_conflict_do_nothing(index_elements=["request_id"])
            .returning(RequestRow.request_id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def used_request(self, request_id: str) -> UsedRequest:
        """The use of a request_id that is known to be taken."""
        statement = (
            select(RequestRow, PaymentRow)
            .join(PaymentRow, PaymentRow.payment_id == RequestRow.payment_id)
            .where(RequestRow.request_id == request_id)
        )
        request, payment = (await self._session.execute(statement)).one()
        return UsedRequest(request.request_id, request.fingerprint, to_payment(payment))

    async def payment(self, payment_id: str) -> Payment | None:
        """The payment by that id."""
        row = await self._session.get(PaymentRow, payment_id)
        return None if row is None else to_payment(row)

    async def payment_of_order(self, merchant_id: str, merchant_order_no: str) -> Payment:
        """The payment of a business key that is known to be taken."""
        statement = select(PaymentRow).where(
            PaymentRow.merchant_id == merchant_id, PaymentRow.merchant_order_no == merchant_order_no
        )
        return to_payment((await self._session.scalars(statement)).one())

    async def payments(self, wanted: PaymentFilter, after: ListKey | None, limit: int) -> list[Payment]:
        """Payments behind a key, newest first."""
        statement = (
            _filtered(select(PaymentRow), wanted)
            .order_by(PaymentRow.create_time.desc(), PaymentRow.payment_id.desc())
            .limit(limit)
        )
        if after is not None:
            key = tuple_(PaymentRow.create_time, PaymentRow.payment_id)
            statement = statement.where(key < tuple_(after.create_time, after.payment_id))
        return [to_payment(row) for row in await self._session.scalars(statement)]

    async def lock_standings(self, payment_ids: Sequence[str]) -> Mapping[str, Standing]:
        """How payments stand, kept from other changes until the end of the transaction; unknown ones are left out.

        The order of locking is the order of ids, so that two batches never wait for each other.
        """
        statement = (
            select(PaymentRow.payment_id, PaymentRow.version, PaymentRow.state, PaymentRow.reconcile_time)
            .where(PaymentRow.payment_id.in_(payment_ids))
            .order_by(PaymentRow.payment_id)
            .with_for_update(key_share=True)
        )
        rows = await self._session.execute(statement)
        return {
            row.payment_id: Standing(row.payment_id, row.version, State(row.state), row.reconcile_time) for row in rows
        }

    async def facts(self, keys: Sequence[FactKey]) -> Mapping[FactKey, Fact]:
        """Which of these facts are written, by key."""
        statement = select(ReconciliationRow).where(
            ReconciliationRow.payment_id.in_([payment_id for payment_id, _ in keys]),
            ReconciliationRow.run_id.in_({run_id for _, run_id in keys}),
        )
        found = [to_fact(row) for row in await self._session.scalars(statement)]
        return {fact.key: fact for fact in found}

    async def add_facts(self, facts: Sequence[Fact], now: datetime) -> None:
        """Insert facts that are not there."""
        rows = [
            {
                "payment_id": fact.payment_id,
                "run_id": fact.run_id,
                "outcome": fact.outcome.value,
                "exception_class": fact.exception_class,
                "decide_time": fact.decide_time,
                "create_time": now,
            }
            for fact in facts
        ]
        await self._session.execute(insert(ReconciliationRow), rows)

    async def set_reconciled(self, changes: Sequence[Reconciled]) -> None:
        """Move payments, which are locked, to what their changes say, in order."""
        statement = (
            update(PaymentRow)
            .where(PaymentRow.payment_id == bindparam("of_payment"))
            .values(
                version=bindparam("to_version"),
                reconciliation_state=bindparam("to_state"),
                reconcile_time=bindparam("at"),
            )
        )
        rows = [
            {
                "of_payment": each.change.payment_id,
                "to_version": each.change.version,
                "to_state": each.change.reconciliation_state.value,
                "at": each.reconcile_time,
            }
            for each in changes
        ]
        await (await self._session.connection()).execute(statement, rows)

    async def add_changes(self, changes: Sequence[Change]) -> None:
        """Append to the feed, without a sequence: none is given before the commit."""
        rows = [
            {
                "payment_id": change.payment_id,
                "version": change.version,
                "state": change.state.value,
                "reconciliation_state": change.reconciliation_state.value,
                "run_id": change.run_id,
            }
            for change in changes
        ]
        await self._session.execute(insert(FeedRow), rows)

    async def has_unnumbered(self) -> bool:
        """Whether a committed change waits for its sequence."""
        statement = select(exists().where(FeedRow.sequence.is_(None)))
        return bool((await self._session.execute(statement)).scalar_one())

    async def lock_head(self) -> None:
        """Take the right to number, until the end of the transaction."""
        await self._session.execute(select(FeedHeadRow.sequence).with_for_update())

    async def number_changes(self, limit: int) -> int:
        """Give the oldest committed changes the next sequences; returns how many.

        The head must have been locked by a statement before: this one then sees all that the last numberer did,
        since each statement of a READ COMMITTED transaction sees what was committed before it began.
        """
        return int((await self._session.execute(_NUMBER, {"limit": limit})).scalar_one())

    async def read_one_snapshot(self) -> None:
        """Let every statement of this transaction, which has none yet, see the same instant."""
        await self._session.connection(execution_options={"isolation_level": "REPEATABLE READ"})

    async def head(self) -> int:
        """The highest sequence that was given; 0 before the first."""
        return (await self._session.execute(select(FeedHeadRow.sequence))).scalar_one()

    async def changes(self, from_sequence: int, to_sequence: int, limit: int) -> list[NumberedChange]:
        """Changes from one sequence to another, both included, in order."""
        statement = (
            select(FeedRow, PaymentRow)
            .join(PaymentRow, PaymentRow.payment_id == FeedRow.payment_id)
            .where(FeedRow.sequence.between(from_sequence, to_sequence))
            .order_by(FeedRow.sequence)
            .limit(limit)
        )
        return [to_numbered_change(feed, payment) for feed, payment in await self._session.execute(statement)]

    async def slice_lines(self, channel: str, day: date) -> AsyncIterator[list[SliceLine]]:
        """The payments of a channel's business day that the feed has told as succeeded, in batches."""
        told = exists().where(
            FeedRow.payment_id == PaymentRow.payment_id,
            FeedRow.sequence.is_not(None),
            FeedRow.state == State.SUCCEEDED.value,
        )
        statement = select(
            PaymentRow.payment_id,
            PaymentRow.merchant_order_no,
            PaymentRow.channel_txn_no,
            PaymentRow.currency_code,
            PaymentRow.amount_minor,
        ).where(PaymentRow.channel == channel, PaymentRow.business_date == day, told)
        streamed = await self._session.stream(statement, execution_options={"yield_per": _SLICE_ROWS_AT_ONCE})
        async for rows in streamed.partitions():
            yield [
                SliceLine(
                    row.payment_id,
                    row.merchant_order_no,
                    row.channel_txn_no,
                    Money(row.currency_code, row.amount_minor),
                )
                for row in rows
            ]


def _filtered(statement: Select[PaymentRow], wanted: PaymentFilter) -> Select[PaymentRow]:
    if wanted.merchant_id:
        statement = statement.where(PaymentRow.merchant_id == wanted.merchant_id)
    if wanted.merchant_order_no:
        statement = statement.where(PaymentRow.merchant_order_no == wanted.merchant_order_no)
    if wanted.channel:
        statement = statement.where(PaymentRow.channel == wanted.channel)
    if wanted.business_date is not None:
        statement = statement.where(PaymentRow.business_date == wanted.business_date)
    return statement
