"""SQL of what is followed: payments, the feed's cursor and the merchants' profiles."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import Payment, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.tables import feed_cursor, merchant_profile, payment_follow

_FEED = "payments"
_FOLLOWED_MAX = 20
_KEPT = ("state", "reconciliation_state", "version", "currency_code", "amount_minor", "update_time")


async def next_sequence(session: AsyncSession) -> int:
    """Where to go on in the feed; 1 at the start."""
    asked = select(feed_cursor.c.next_sequence).where(feed_cursor.c.feed == _FEED)
    return await session.scalar(asked) or 1


async def advance(session: AsyncSession, sequence: int) -> bool:
    """Move the cursor past a sequence; False when it is past it already, by another replica or an earlier turn."""
    moved = (
        insert(feed_cursor)
        .values(feed=_FEED, next_sequence=sequence + 1)
        .on_conflict_do_update(
            index_elements=[feed_cursor.c.feed],
            set_={"next_sequence": sequence + 1},
            where=feed_cursor.c.next_sequence <= sequence,
        )
        .returning(feed_cursor.c.next_sequence)
    )
    return await session.scalar(moved) is not None


async def follow(session: AsyncSession, payment: Payment, now: datetime) -> None:
    """Keep what the feed told of a payment, unless a higher version is known."""
    told = insert(payment_follow).values(
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        merchant_order_no=payment.merchant_order_no,
        currency_code=payment.amount.currency_code,
        amount_minor=payment.amount.amount_minor,
        state=payment.state.value,
        reconciliation_state=payment.reconciliation_state.value,
        version=payment.version,
        traceparent=payment.traceparent,
        create_time=now,
        update_time=now,
    )
    await session.execute(
        told.on_conflict_do_update(
            index_elements=[payment_follow.c.payment_id],
            set_={name: told.excluded[name] for name in _KEPT},
            where=payment_follow.c.version < told.excluded.version,
        )
    )


async def lock(session: AsyncSession, payment_id: str) -> tuple[Payment, str] | None:
    """Hold a payment, so that only one issues its invoice; with the invoice that it has, or an empty text."""
    asked = select(payment_follow).where(payment_follow.c.payment_id == payment_id).with_for_update()
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else (_payment(row), row["invoice_id"] or "")


async def invoiced(session: AsyncSession, payment_id: str, invoice_id: str) -> None:
    """Note the invoice of a payment."""
    await session.execute(
        update(payment_follow).where(payment_follow.c.payment_id == payment_id).values(invoice_id=invoice_id)
    )


async def followed(
    session: AsyncSession, reference: str, payment_ids: Sequence[str]
) -> Sequence[tuple[Payment, datetime]]:
    """The payments that have this id or order number, and those of some ids, with when they were first heard of.

    Those that an id names come first; twenty at most.
    """
    by_id = payment_follow.c.payment_id.in_([reference, *payment_ids])
    asked = (
        select(payment_follow)
        .where(or_(by_id, payment_follow.c.merchant_order_no == reference))
        .order_by((payment_follow.c.payment_id == reference).desc(), by_id.desc(), payment_follow.c.payment_id)
        .limit(_FOLLOWED_MAX)
    )
    rows = (await session.execute(asked)).mappings()
    return [(_payment(row), row["create_time"]) for row in rows]


async def heard(session: AsyncSession, payment_ids: Sequence[str]) -> dict[str, tuple[Payment, datetime]]:
    """Some payments, with when they were first heard of."""
    asked = select(payment_follow).where(payment_follow.c.payment_id.in_(payment_ids))
    rows = (await session.execute(asked)).mappings()
    return {row["payment_id"]: (_payment(row), row["create_time"]) for row in rows}


async def is_seller(session: AsyncSession, seller_tax_id: str) -> bool:
    """Whether a merchant here sells under this tax number."""
    asked = select(merchant_profile.c.merchant_id).where(merchant_profile.c.seller_tax_id == seller_tax_id).limit(1)
    return await session.scalar(asked) is not None


async def due_by_policy(session: AsyncSession, limit: int) -> Sequence[str]:
    """Payments whose invoice their merchant's policy wants and that have none."""
    on_success = merchant_profile.c.issue_policy == IssuePolicy.ON_SUCCESS.value
    on_match = and_(
        merchant_profile.c.issue_policy == IssuePolicy.ON_RECONCILIATION.value,
        payment_follow.c.reconciliation_state == ReconciliationState.MATCHED.value,
    )
    asked = (
        select(payment_follow.c.payment_id)
        .join(merchant_profile, merchant_profile.c.merchant_id == payment_follow.c.merchant_id)
        .where(payment_follow.c.invoice_id.is_(None), payment_follow.c.state == PaymentState.SUCCEEDED.value)
        .where(or_(on_success, on_match))
        .limit(limit)
    )
    return (await session.scalars(asked)).all()


async def profile(session: AsyncSession, merchant_id: str) -> Profile | None:
    """A merchant's profile."""
    return (await profiles(session, [merchant_id])).get(merchant_id)


async def profiles(session: AsyncSession, merchant_ids: Collection[str]) -> dict[str, Profile]:
    """Those that some merchants have."""
    asked = select(
        merchant_profile.c.merchant_id,
        merchant_profile.c.issue_policy,
        merchant_profile.c.seller_name,
        merchant_profile.c.seller_tax_id,
    ).where(merchant_profile.c.merchant_id.in_(merchant_ids))
    return {
        row.merchant_id: Profile(
            row.merchant_id, IssuePolicy(row.issue_policy), Party(row.seller_name, row.seller_tax_id)
        )
        for row in await session.execute(asked)
    }


async def set_profile(session: AsyncSession, wanted: Profile, now: datetime) -> None:
    """Write a merchant's profile, new or not."""
    values: dict[str, Any] = {
        "issue_policy": wanted.issue_policy.value,
        "seller_name": wanted.seller.name,
        "seller_tax_id": wanted.seller.tax_id,
        "update_time": now,
    }
    await session.execute(
        insert(merchant_profile)
        .values(merchant_id=wanted.merchant_id, **values)
        .on_conflict_do_update(index_elements=[merchant_profile.c.merchant_id], set_=values)
    )


def _payment(row: RowMapping) -> Payment:
    return Payment(
        payment_id=row["payment_id"],
        merchant_id=row["merchant_id"],
        merchant_order_no=row["merchant_order_no"],
        amount=Money(row["currency_code"], row["amount_minor"]),
        state=PaymentState(row["state"]),
        reconciliation_state=ReconciliationState(row["reconciliation_state"]),
        version=row["version"],
        traceparent=row["traceparent"],
    )
