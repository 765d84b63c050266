"""SQL of manifests: kept at numbering, under the head's lock, and so exact at the head's sequence."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.payments.domain.slice_manifest import DIGEST_MODULUS, CurrencySum, digest_sum
from services.payments.store.feed import NumberedSlice
from services.payments.tables.feed import FeedHeadRow, SliceManifestRow

_MODULUS = Decimal(DIGEST_MODULUS)


async def add_to(session: AsyncSession, slices: Sequence[NumberedSlice]) -> None:
    """Add what was numbered in this transaction to the manifests of its slices."""
    statement = insert(SliceManifestRow)
    new = statement.excluded
    added = {
        "payment_count": SliceManifestRow.payment_count + new.payment_count,
        "amount_sum_minor": SliceManifestRow.amount_sum_minor + new.amount_sum_minor,
        "digest_sum": func.mod(SliceManifestRow.digest_sum + new.digest_sum, _MODULUS),
    }
    rows = [
        {
            "channel": one.channel,
            "business_date": one.business_date,
            "currency_code": one.currency_code,
            "payment_count": one.payment_count,
            "amount_sum_minor": Decimal(one.amount_minor),
            "digest_sum": Decimal(digest_sum(one.digests)),
        }
        for one in slices
    ]
    key = ["channel", "business_date", "currency_code"]
    await session.execute(statement.values(rows).on_conflict_do_update(index_elements=key, set_=added))


async def of_slice(session: AsyncSession, channel: str, day: date) -> tuple[list[CurrencySum], int]:
    """The sums of a slice and the head of the feed, which they are exact at: read by one statement, so together."""
    on_slice = and_(SliceManifestRow.channel == channel, SliceManifestRow.business_date == day)
    statement = select(FeedHeadRow.sequence, SliceManifestRow).outerjoin(SliceManifestRow, on_slice)
    rows = (await session.execute(statement)).all()
    sums = [
        CurrencySum(Money(row.currency_code, int(row.amount_sum_minor)), row.payment_count, int(row.digest_sum))
        for _, row in rows
        if row is not None
    ]
    return sums, rows[0][0]
