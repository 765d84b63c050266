"""SQL of what is followed: payments, the feed's cursor and the merchants' profiles."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import Payment, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.store.sql import run
from services.invoice_sync.store.standings import columns, transposed, unnested
from services.invoice_sync.tables import feed_cursor, merchant_profile, payment_follow

_FEED = "payments"
_FOLLOWED_MAX = 20
_TOLD = (
    ("payment_id", "text"),
    ("merchant_id", "text"),
    ("merchant_order_no", "text"),
    ("currency_code", "text"),
    ("amount_minor", "bigint"),
    ("state", "text"),
    ("reconciliation_state", "text"),
    ("version", "bigint"),
    ("traceparent", "text"),
    ("refunded_minor", "bigint"),
    ("refund_reserved_minor", "bigint"),
    ("invoice_id", "text"),
)
_KEEP = f"""
    INSERT INTO payment_follow AS kept ({columns(_TOLD)}, create_time, update_time)
    SELECT {columns(_TOLD)}, $13, $13 FROM {unnested(_TOLD)} AS told ({columns(_TOLD)})
    ON CONFLICT (payment_id) DO UPDATE SET
        (currency_code, amount_minor, state, reconciliation_state, version, refunded_minor, refund_reserved_minor)
            = (excluded.currency_code, excluded.amount_minor, excluded.state, excluded.reconciliation_state,
                excluded.version, excluded.refunded_minor, excluded.refund_reserved_minor),
        invoice_id = coalesce(excluded.invoice_id, kept.invoice_id),
        update_time = CASE WHEN kept.version < excluded.version THEN excluded.update_time ELSE kept.update_time END
    WHERE kept.version < excluded.version OR excluded.invoice_id IS NOT NULL
"""  # noqa: S608  the names are ours


async def next_sequence(session: AsyncSession) -> int:
    """Where to go on in the feed; 1 at the start."""
    asked = select(feed_cursor.c.next_sequence).where(feed_cursor.c.feed == _FEED)
    return await session.scalar(asked) or 1


async def hold_cursor(session: AsyncSession) -> int:
    """Hold the cursor, so that no one else takes changes before the transaction ends; where to go on in the feed."""
    asked = "SELECT next_sequence FROM feed_cursor WHERE feed = $1 FOR UPDATE"
    rows = await run(session, asked, _FEED)
    if not rows:
        begun = "INSERT INTO feed_cursor (feed, next_sequence) VALUES ($1, 1) ON CONFLICT DO NOTHING"
        await run(session, begun, _FEED)
        rows = await run(session, asked, _FEED)
    return int(rows[0][0])


async def move_cursor(session: AsyncSession, next_sequence: int) -> None:
    """Move the cursor, which is held, past what was taken."""
    await run(session, "UPDATE feed_cursor SET next_sequence = $2 WHERE feed = $1", _FEED, next_sequence)


async def keep_many(
    session: AsyncSession, known: Sequence[Payment], invoice_ids: Mapping[str, str], now: datetime
) -> None:
    """Keep what is known of payments that are held or new, and note their new invoices, by payment_id."""
    rows = [
        (
            each.payment_id,
            each.merchant_id,
            each.merchant_order_no,
            each.amount.currency_code,
            each.amount.amount_minor,
            each.state.value,
            each.reconciliation_state.value,
            each.version,
            each.traceparent,
            each.refunded_minor,
            each.refund_reserved_minor,
            invoice_ids.get(each.payment_id),
        )
        for each in known
    ]
    await run(session, _KEEP, *transposed(rows), now)


async def lock_many(session: AsyncSession, payment_ids: Collection[str]) -> dict[str, tuple[Payment, str]]:
    """Hold some payments, as `lock` does; those that are not known are left out."""
    asked = (
        select(payment_follow)
        .where(payment_follow.c.payment_id.in_(payment_ids))
        .order_by(payment_follow.c.payment_id)
        .with_for_update()
    )
    rows = (await session.execute(asked)).mappings()
    return {row["payment_id"]: (_payment(row), row["invoice_id"] or "") for row in rows}


async def look_many(session: AsyncSession, payment_ids: Collection[str]) -> dict[str, tuple[Payment, str]]:
    """As `lock_many`, without holding them."""
    asked = select(payment_follow).where(payment_follow.c.payment_id.in_(payment_ids))
    rows = (await session.execute(asked)).mappings()
    return {row["payment_id"]: (_payment(row), row["invoice_id"] or "") for row in rows}


async def lock(session: AsyncSession, payment_id: str) -> tuple[Payment, str] | None:
    """Hold a payment, so that only one issues its invoice; with the invoice that it has, or an empty text."""
    asked = select(payment_follow).where(payment_follow.c.payment_id == payment_id).with_for_update()
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else (_payment(row), row["invoice_id"] or "")


async def invoiced(session: AsyncSession, payment_id: str, invoice_id: str) -> None:
    """Note the invoice of a payment; empty for none."""
    noted = update(payment_follow).where(payment_follow.c.payment_id == payment_id)
    await session.execute(noted.values(invoice_id=invoice_id or None))


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
    """Payments whose invoice their merchant's policy wants, and that have none and something to invoice."""
    on_success = merchant_profile.c.issue_policy == IssuePolicy.ON_SUCCESS.value
    on_match = and_(
        merchant_profile.c.issue_policy == IssuePolicy.ON_RECONCILIATION.value,
        payment_follow.c.reconciliation_state == ReconciliationState.MATCHED.value,
    )
    asked = (
        select(payment_follow.c.payment_id)
        .join(merchant_profile, merchant_profile.c.merchant_id == payment_follow.c.merchant_id)
        .where(payment_follow.c.invoice_id.is_(None), payment_follow.c.state == PaymentState.SUCCEEDED.value)
        .where(payment_follow.c.refund_reserved_minor == 0)
        .where(payment_follow.c.refunded_minor < payment_follow.c.amount_minor)
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
        merchant_profile.c.version,
    ).where(merchant_profile.c.merchant_id.in_(merchant_ids))
    return {
        row.merchant_id: Profile(
            row.merchant_id, IssuePolicy(row.issue_policy), Party(row.seller_name, row.seller_tax_id), row.version
        )
        for row in await session.execute(asked)
    }


async def hold_profile(session: AsyncSession, merchant_id: str) -> Profile | None:
    """A merchant's profile, which nobody else changes before this transaction ends."""
    asked = select(merchant_profile.c.merchant_id).where(merchant_profile.c.merchant_id == merchant_id)
    await session.execute(asked.with_for_update())
    return await profile(session, merchant_id)


async def set_profile(session: AsyncSession, wanted: Profile, now: datetime) -> int:
    """Write a merchant's profile, new or not; the version at which it is now."""
    values: dict[str, Any] = {
        "issue_policy": wanted.issue_policy.value,
        "seller_name": wanted.seller.name,
        "seller_tax_id": wanted.seller.tax_id,
        "update_time": now,
    }
    version = merchant_profile.c.version
    statement = (
        insert(merchant_profile)
        .values(merchant_id=wanted.merchant_id, **values)
        .on_conflict_do_update(index_elements=[merchant_profile.c.merchant_id], set_=values | {"version": version + 1})
        .returning(version)
    )
    return int((await session.execute(statement)).scalar_one())


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
        refunded_minor=row["refunded_minor"],
        refund_reserved_minor=row["refund_reserved_minor"],
    )
