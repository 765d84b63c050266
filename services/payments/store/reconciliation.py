"""SQL of what runs decided about payments."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.payment import State
from services.payments.domain.reconciliation import Fact, FactKey, Reconciled, Standing
from services.payments.tables.payment import PaymentRow
from services.payments.tables.reconciliation import ReconciliationRow, to_fact


async def lock_standings(session: AsyncSession, payment_ids: Sequence[str]) -> Mapping[str, Standing]:
    """How payments stand, kept from other changes until the end of the transaction; unknown ones are left out.

    The order of locking is the order of ids, so that two batches never wait for each other.
    """
    statement = (
        select(
            PaymentRow.payment_id,
            PaymentRow.version,
            PaymentRow.state,
            PaymentRow.reconcile_time,
            PaymentRow.refunded_minor,
            PaymentRow.refund_reserved_minor,
        )
        .where(PaymentRow.payment_id.in_(payment_ids))
        .order_by(PaymentRow.payment_id)
        .with_for_update(key_share=True)
    )
    rows = await session.execute(statement)
    return {
        row.payment_id: Standing(
            row.payment_id,
            row.version,
            State(row.state),
            row.reconcile_time,
            row.refunded_minor,
            row.refund_reserved_minor,
        )
        for row in rows
    }


async def facts(session: AsyncSession, keys: Sequence[FactKey]) -> Mapping[FactKey, Fact]:
    """Which of these facts are written, by key."""
    statement = select(ReconciliationRow).where(
        ReconciliationRow.payment_id.in_([payment_id for payment_id, _ in keys]),
        ReconciliationRow.run_id.in_({run_id for _, run_id in keys}),
    )
    found = [to_fact(row) for row in await session.scalars(statement)]
    return {fact.key: fact for fact in found}


async def add_facts(session: AsyncSession, facts: Sequence[Fact], now: datetime) -> None:
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
    await session.execute(insert(ReconciliationRow), rows)


async def set_reconciled(session: AsyncSession, changes: Sequence[Reconciled]) -> None:
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
    await (await session.connection()).execute(statement, rows)
