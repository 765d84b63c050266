"""SQL of the months that payments are kept in: made ahead, looked at, dropped. Whoever calls holds the transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.storage_month import Month, MonthFacts

# Months are made and dropped by one at a time; who comes second has nothing to do.
_TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('payments:months'))")
_PARENTS = text("""
    SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = current_schema()::regnamespace ORDER BY relname
""")
_MAKE = text("SELECT add_partition(:parent, :month)")
_OLDEST = text("""
    SELECT min(relname) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'payments'::regclass
""")
# The first month takes in all that is older, as long as none was dropped; what is below it later went with its month.
_IS_DROPPED = text("""
    SELECT dropped_sequence > 0 AND CAST(:payment_id AS text) COLLATE "C" < partition_bound(:first_day) FROM feed_head
""")
_PATIENT = text("SET LOCAL statement_timeout = '600s'")
# The month is the oldest, so all that is below its end is in it.
_FACTS = text("""
    WITH month AS MATERIALIZED (
        SELECT count(*) FILTER (WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CLOSED')) AS moving_count,
            count(*) FILTER (WHERE state = 'SUCCEEDED' AND reconciliation_state <> 'MATCHED') AS unreconciled_count
        FROM payments WHERE payment_id < partition_bound(:end_day)
    )
    SELECT moving_count, unreconciled_count,
        (SELECT count(*) FROM refunds
            WHERE payment_id < partition_bound(:end_day) AND state NOT IN ('SUCCEEDED', 'FAILED')) AS refund_count,
        (SELECT count(*) FROM duplicates LEFT JOIN duplicate_closings USING (duplicate_id)
            WHERE payment_id < partition_bound(:end_day) AND duplicate_closings.duplicate_id IS NULL)
            AS duplicate_count,
        (SELECT count(*) FROM feed_waiting WHERE payment_id < partition_bound(:end_day)) AS waiting_count,
        (SELECT coalesce(max(sequence), 0) FROM feed WHERE payment_id < partition_bound(:end_day)) AS last_sequence,
        (SELECT min(sequence) FROM feed WHERE payment_id >= partition_bound(:recent_day)) AS recent_sequence,
        (SELECT sequence FROM bill_head) AS followed_sequence
    FROM month
""")
# Shorter than it takes PostgreSQL to look for a deadlock, so that it is never a payment that gives way.
_IMPATIENT = text("SET LOCAL lock_timeout = '500ms'")
_IS_UNCHANGED = text("""
    SELECT NOT EXISTS (SELECT FROM feed_waiting WHERE payment_id < partition_bound(:end_day))
        AND (SELECT coalesce(max(sequence), 0) FROM feed WHERE payment_id < partition_bound(:end_day)) = :last_sequence
""")
_REMEMBER = text("UPDATE feed_head SET dropped_sequence = greatest(dropped_sequence, :last_sequence)")
_FORGET_REQUESTS = text("""
    DELETE FROM requests WHERE request_id IN (
        SELECT request_id FROM requests WHERE create_time < :before ORDER BY create_time LIMIT :limit
    )
""")
_FORGET_IMPORTS = text("""
    DELETE FROM imports WHERE import_id IN (
        SELECT import_id FROM imports WHERE update_time < :before ORDER BY update_time LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
""")


async def take_turn(session: AsyncSession) -> bool:
    """Be the only one that makes or drops months until the transaction ends; False when another is."""
    return bool((await session.execute(_TAKE_TURN)).scalar_one())


async def make(session: AsyncSession, months: Sequence[Month]) -> int:
    """Make these months of every table that is kept by month, where they are missing; returns how many were."""
    made_count = 0
    for parent in await _parents(session):
        for month in months:
            made = await session.execute(_MAKE, {"parent": parent, "month": month.first_day})
            made_count += bool(made.scalar_one())
    return made_count


async def oldest(session: AsyncSession) -> Month:
    """The oldest month that is kept."""
    return Month.of_partition((await session.execute(_OLDEST)).scalar_one())


async def is_dropped(session: AsyncSession, payment_id: str) -> bool:
    """Whether an id is of a month that was dropped; one that nobody ever gave may be of one too."""
    first_day = (await oldest(session)).first_day
    found = await session.execute(_IS_DROPPED, {"payment_id": payment_id, "first_day": first_day})
    return payment_id.startswith("pay_") and bool(found.scalar_one())


async def facts(session: AsyncSession, month: Month, recent: Month) -> MonthFacts:
    """What is open in the oldest month; `recent` is the first month whose changes count as of late."""
    await session.execute(_PATIENT)
    days = {"end_day": month.plus(1).first_day, "recent_day": recent.first_day}
    return MonthFacts(**(await session.execute(_FACTS, days)).one()._mapping)  # noqa: SLF001  its public name


async def drop(session: AsyncSession, month: Month, last_sequence: int) -> bool:
    """Drop the oldest month of every table, if it is still as it was judged; else nothing is done.

    Raises sqlalchemy's DBAPIError (SQLSTATE 55P03) when the tables are in use for too long.
    """
    parents = await _parents(session)
    await session.execute(_IMPATIENT)
    for parent in parents:
        await session.execute(text(f"LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE"))
    told = {"end_day": month.plus(1).first_day, "last_sequence": last_sequence}
    if not (await session.execute(_IS_UNCHANGED, told)).scalar_one():
        return False
    for parent in parents:
        await session.execute(text(f"DROP TABLE IF EXISTS {month.partition_of(parent)}"))
    await session.execute(_REMEMBER, {"last_sequence": last_sequence})
    return True


async def forget_requests(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete the oldest request ids that were used before an instant; returns how many."""
    return int((await session.execute(_FORGET_REQUESTS, {"before": before, "limit": limit})).rowcount)  # type: ignore[attr-defined]


async def forget_imports(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete imports, with the results of their rows, to which nothing was added since an instant; returns how many."""
    return int((await session.execute(_FORGET_IMPORTS, {"before": before, "limit": limit})).rowcount)  # type: ignore[attr-defined]


async def _parents(session: AsyncSession) -> list[str]:
    return list(await session.scalars(_PARENTS))
