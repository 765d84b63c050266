"""SQL that moves the money of a payment. Each statement keeps amount = refunded + reserved + left, always.

Each raises the payment's version, and tells what the change was, for the feed; the caller writes that in the same
transaction. The row stays locked until the end of the transaction.
"""

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.payments.domain.money_left import MoneyLeft
from services.payments.domain.payment import Change, ChangeKind, ReconciliationState, State

_RESERVE = text("""
    UPDATE payments SET refund_reserved_minor = refund_reserved_minor + :amount, version = version + 1
    WHERE payment_id = :payment_id AND state = 'SUCCEEDED' AND currency_code = :currency_code
    AND :amount <= amount_minor - refunded_minor - refund_reserved_minor
    RETURNING payment_id, version, state, reconciliation_state, refunded_minor, refund_reserved_minor
""")
_GIVE_BACK_AT_ONCE = text("""
    UPDATE payments SET refunded_minor = refunded_minor + :amount, version = version + 1
    WHERE payment_id = :payment_id AND state = 'SUCCEEDED' AND currency_code = :currency_code
    AND :amount <= amount_minor - refunded_minor - refund_reserved_minor
    RETURNING payment_id, version, state, reconciliation_state, refunded_minor, refund_reserved_minor
""")
_GIVE_BACK = text("""
    UPDATE payments SET refund_reserved_minor = refund_reserved_minor - :amount,
    refunded_minor = refunded_minor + :amount, version = version + 1
    WHERE payment_id = :payment_id AND currency_code = :currency_code AND refund_reserved_minor >= :amount
    RETURNING payment_id, version, state, reconciliation_state, refunded_minor, refund_reserved_minor
""")
# What becomes free covers first what a channel took back while it was reserved.
_RELEASE = text("""
    UPDATE payments SET refund_reserved_minor = refund_reserved_minor - :amount,
    refunded_minor = refunded_minor + LEAST(:amount, uncovered_minor),
    uncovered_minor = uncovered_minor - LEAST(:amount, uncovered_minor), version = version + 1
    WHERE payment_id = :payment_id AND currency_code = :currency_code AND refund_reserved_minor >= :amount
    RETURNING payment_id, version, state, reconciliation_state, refunded_minor, refund_reserved_minor
""")
_TAKE = text("""
    UPDATE payments SET refunded_minor = refunded_minor + :covered,
    uncovered_minor = uncovered_minor + (:amount - :covered), version = version + 1
    WHERE payment_id = :payment_id AND state = 'SUCCEEDED' AND currency_code = :currency_code
    AND :covered <= amount_minor - refunded_minor - refund_reserved_minor
    RETURNING payment_id, version, state, reconciliation_state, refunded_minor, refund_reserved_minor
""")
# What comes again makes up first for what was uncovered; the rest had been counted as refunded.
_COMES_AGAIN = text("""
    UPDATE payments SET refunded_minor = refunded_minor - (:amount - LEAST(:amount, uncovered_minor)),
    uncovered_minor = uncovered_minor - LEAST(:amount, uncovered_minor), version = version + 1
    WHERE payment_id = :payment_id AND state = 'SUCCEEDED' AND currency_code = :currency_code
    RETURNING payment_id, version, state, reconciliation_state, refunded_minor, refund_reserved_minor
""")
_LOCK = text("""
    SELECT state, currency_code, amount_minor, refunded_minor, refund_reserved_minor, uncovered_minor
    FROM payments WHERE payment_id = :payment_id FOR NO KEY UPDATE
""")


async def reserve(session: AsyncSession, payment_id: str, amount: Money, refund_id: str) -> Change | None:
    """Keep an amount for a refund, if the payment has succeeded and so much is left; None when not."""
    return await _move(session, _RESERVE, payment_id, amount, ChangeKind.REFUND, refund_id)


async def give_back_at_once(session: AsyncSession, payment_id: str, amount: Money, refund_id: str) -> Change | None:
    """Count a refund that is done, if the payment has succeeded and so much is left; None when not."""
    return await _move(session, _GIVE_BACK_AT_ONCE, payment_id, amount, ChangeKind.REFUND, refund_id)


async def give_back(session: AsyncSession, payment_id: str, amount: Money, refund_id: str) -> Change:
    """Make what was reserved for a refund refunded."""
    changed = await _move(session, _GIVE_BACK, payment_id, amount, ChangeKind.REFUND, refund_id)
    assert changed is not None, f"{refund_id} succeeded without a reserve"
    return changed


async def release(session: AsyncSession, payment_id: str, amount: Money, refund_id: str) -> Change:
    """Free what was reserved for a refund that failed."""
    changed = await _move(session, _RELEASE, payment_id, amount, ChangeKind.REFUND, refund_id)
    assert changed is not None, f"{refund_id} failed without a reserve"
    return changed


async def lock(session: AsyncSession, payment_id: str) -> MoneyLeft | None:
    """The money of a payment, kept from other changes until the end of the transaction."""
    row = (await session.execute(_LOCK, {"payment_id": payment_id})).mappings().first()
    if row is None:
        return None
    return MoneyLeft(
        state=State(row["state"]),
        currency_code=row["currency_code"],
        amount_minor=row["amount_minor"],
        refunded_minor=row["refunded_minor"],
        reserved_minor=row["refund_reserved_minor"],
        uncovered_minor=row["uncovered_minor"],
    )


async def take(
    session: AsyncSession, payment_id: str, amount: Money, covered_minor: int, kind: ChangeKind, takeback_id: str
) -> Change:
    """Count what a channel took of a payment, which is locked: the covered part as refunded, the rest as uncovered."""
    changed = await _move(session, _TAKE, payment_id, amount, kind, takeback_id, covered=covered_minor)
    assert changed is not None, f"{takeback_id} takes more than its lock found"
    return changed


async def come_again(session: AsyncSession, payment_id: str, amount: Money, takeback_id: str) -> Change:
    """Count what a channel gave again of what it had taken of a payment, which is locked."""
    changed = await _move(session, _COMES_AGAIN, payment_id, amount, ChangeKind.CHARGEBACK_WON, takeback_id)
    assert changed is not None, f"{takeback_id} is of a payment that nothing was taken of"
    return changed


async def _move(
    session: AsyncSession,
    statement: TextClause,
    payment_id: str,
    amount: Money,
    kind: ChangeKind,
    ref_id: str,
    **more: int,
) -> Change | None:
    told = {"payment_id": payment_id, "amount": amount.amount_minor, "currency_code": amount.currency_code, **more}
    row = (await session.execute(statement, told)).mappings().first()
    return None if row is None else _change(row, kind, ref_id)


def _change(row: RowMapping, kind: ChangeKind, ref_id: str) -> Change:
    return Change(
        payment_id=row["payment_id"],
        version=row["version"],
        state=State(row["state"]),
        reconciliation_state=ReconciliationState(row["reconciliation_state"]),
        refunded_minor=row["refunded_minor"],
        refund_reserved_minor=row["refund_reserved_minor"],
        kind=kind,
        ref_id=ref_id,
    )
