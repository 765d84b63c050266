"""SQL of what payments are to bills: following the feed, sums, and payments under other numbers. It decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import LateralFromClause

from chassis.money import Money
from services.payments.domain.bill import Bill, BillKey
from services.payments.domain.bill_payment import BillPart
from services.payments.domain.payment import ReconciliationState, State
from services.payments.store.keys import told_keys
from services.payments.tables.bill import BillHeadRow, BillPaymentRow, BillRow, to_bill, to_part
from services.payments.tables.duplicate import DuplicateRow
from services.payments.tables.reconciliation import ReconciliationRow

_MINOR_MAX = 2**63 - 1
# A payment that names no bill pays the bill that has its order's number, so it is linked only when there is one.
# What goes back of a part is what refunds that name its bill gave back, and a share of what names none, by the order of
# domain/bill_share.py. `cap_minor` is the part without the refunds that name its bill, `open_minor` what of these
# is only reserved; `first_minor` is the sum of the caps before, `spread_minor` what of all the caps is left.
_PARTS = """
    picked AS MATERIALIZED (
        SELECT payment_id, merchant_id, merchant_order_no, bill_no, splits, channel, channel_txn_no, currency_code,
            amount_minor, amount_minor - refunded_minor AS kept_minor, state, reconciliation_state, pay_time,
            create_time, version
        FROM chosen JOIN payments USING (payment_id)
    ),
    parts AS (
        SELECT picked.*, bill_no AS part_bill_no, amount_minor AS part_minor, amount_minor AS cap_minor,
            kept_minor AS spread_minor, 0::bigint AS open_minor, 0::bigint AS first_minor
        FROM picked WHERE bill_no <> ''
        UNION ALL
        SELECT picked.*, part ->> 'bill_no', (part ->> 'amount_minor')::bigint, cap,
            (kept_minor - sum(named.opened) OVER (PARTITION BY payment_id))::bigint, named.opened,
            (sum(cap) OVER (PARTITION BY payment_id ORDER BY is_too_much, place))::bigint - cap
        FROM picked CROSS JOIN jsonb_array_elements(splits) WITH ORDINALITY AS one (part, place)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(refunds.amount_minor), 0)::bigint AS taken,
                coalesce(sum(refunds.amount_minor) FILTER (WHERE refunds.state <> 'SUCCEEDED'), 0)::bigint AS opened
            FROM refunds WHERE refunds.payment_id = picked.payment_id AND refunds.bill_no = part ->> 'bill_no'
                AND refunds.state <> 'FAILED'
        ) AS named
        CROSS JOIN LATERAL (SELECT (part ->> 'amount_minor')::bigint - named.taken AS cap) AS capped
        CROSS JOIN LATERAL (
            SELECT EXISTS (
                SELECT FROM duplicates
                WHERE duplicates.merchant_id = picked.merchant_id AND duplicates.bill_no = part ->> 'bill_no'
                    AND duplicates.payment_id = picked.payment_id
            ) AS is_too_much
        ) AS found
        WHERE splits <> '[]'
        UNION ALL
        SELECT picked.*, merchant_order_no, picked.amount_minor, picked.amount_minor, kept_minor, 0::bigint, 0::bigint
        FROM picked JOIN bills ON bills.merchant_id = picked.merchant_id AND bills.bill_no = picked.merchant_order_no
        WHERE picked.bill_no = '' AND splits = '[]'
    )
"""
_LINK = """
    INSERT INTO bill_payments (merchant_id, bill_no, payment_id, merchant_order_no, channel, channel_txn_no,
        currency_code, amount_minor, left_minor, state, reconciliation_state, pay_time, take_time, version)
    SELECT merchant_id, part_bill_no, payment_id, merchant_order_no, channel, channel_txn_no,
        currency_code, part_minor, least(cap_minor, greatest(spread_minor - first_minor, 0)) + open_minor,
        state, reconciliation_state, pay_time, create_time, version
    FROM parts ORDER BY merchant_id, part_bill_no, payment_id
    ON CONFLICT (merchant_id, bill_no, payment_id) DO UPDATE SET
        channel_txn_no = excluded.channel_txn_no, left_minor = excluded.left_minor, state = excluded.state,
        reconciliation_state = excluded.reconciliation_state, pay_time = excluded.pay_time, version = excluded.version
    WHERE bill_payments.version < excluded.version
"""
_FOLLOW = text(f"""
    WITH chosen AS (
        SELECT DISTINCT payment_id FROM feed WHERE sequence > :from_sequence AND sequence <= :to_sequence
    ),
    {_PARTS},
    linked AS ({_LINK} RETURNING merchant_id, bill_no)
    SELECT DISTINCT merchant_id, bill_no FROM linked JOIN bills USING (merchant_id, bill_no)
""")  # noqa: S608  made of constants
_LINK_ORDERS = text(f"""
    WITH chosen AS (
        SELECT payment_id
        FROM unnest(CAST(:merchant_ids AS text[]), CAST(:bill_nos AS text[])) AS told (merchant_id, merchant_order_no)
        JOIN order_key USING (merchant_id, merchant_order_no)
    ),
    {_PARTS}
    {_LINK}
""")  # noqa: S608  made of constants
# Left to itself the planner, whose statistics lag behind what has just come in, reads whole tables for a few thousand
# rows of them.
_BY_INDEX = text("""
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
        set_config('enable_seqscan', 'off', true)
""")


@dataclass(frozen=True, slots=True)
class Summed:
    """A bill as it was, and what its payments sum up to now."""

    bill: Bill
    paid: Money
    reconciled: Money


async def lock_head(session: AsyncSession) -> int:
    """Take the right to change bills, until the end of the transaction; up to which sequence they have followed.

    From here on the transaction looks its rows up one by one.
    """
    await session.execute(_BY_INDEX)
    return (await session.execute(select(BillHeadRow.sequence).with_for_update())).scalar_one()


async def head(session: AsyncSession) -> int:
    """Up to which sequence of the feed the bills have followed."""
    return (await session.execute(select(BillHeadRow.sequence))).scalar_one()


async def move_head(session: AsyncSession, sequence: int) -> None:
    """Write that the bills, whose head is locked, have followed so far."""
    await session.execute(update(BillHeadRow).values(sequence=sequence))


async def follow(session: AsyncSession, from_sequence: int, to_sequence: int) -> list[BillKey]:
    """Write what the payments that changed behind one sequence, up to another, are to bills now.

    Returns the bills among those, each once. A payment is written as it is, not as the change left it: it is then
    ahead of what is followed, and the later change finds nothing to do.
    """
    rows = await session.execute(_FOLLOW, {"from_sequence": from_sequence, "to_sequence": to_sequence})
    return [(row.merchant_id, row.bill_no) for row in rows]


async def link_orders(session: AsyncSession, keys: Sequence[BillKey]) -> None:
    """Write the payments that pay bills, just told, by the number of their order. The head must be locked."""
    merchant_ids, bill_nos = [key[0] for key in keys], [key[1] for key in keys]
    await session.execute(_LINK_ORDERS, {"merchant_ids": merchant_ids, "bill_nos": bill_nos})


async def sum_up(session: AsyncSession, keys: Sequence[BillKey]) -> list[Summed]:
    """What counts for bills, summed up; the head must be locked. `counted` of the domain says the same of one part."""
    told = told_keys(keys)
    sums = _sums()
    statement = (
        select(*BillRow.__table__.columns, sums.c.paid, sums.c.reconciled)  # thousands of rows: no entities
        .join(told, and_(BillRow.merchant_id == told.c.merchant_id, BillRow.bill_no == told.c.number))
        .join(sums, true())
    )
    rows = await session.execute(statement)
    return [
        Summed(to_bill(row), Money(row.currency_code, int(row.paid)), Money(row.currency_code, int(row.reconciled)))
        for row in rows
    ]


async def parts_of(session: AsyncSession, key: BillKey, limit: int) -> list[BillPart]:
    """The payments of one bill number in the order in which they were paid, the first ones."""
    paid_at = func.coalesce(BillPaymentRow.pay_time, BillPaymentRow.take_time)
    statement = (
        select(BillPaymentRow)
        .where(BillPaymentRow.merchant_id == key[0], BillPaymentRow.bill_no == key[1])
        .order_by(paid_at, BillPaymentRow.payment_id)
        .limit(limit)
    )
    return [to_part(row) for row in await session.scalars(statement)]


async def unneeded_parts(session: AsyncSession, merchant_id: str, numbers: Sequence[str], limit: int) -> list[BillPart]:
    """Payments that count, under these numbers of a merchant, that no bill needs: the newest.

    There is no bill by that number, or the payment was too much for it.
    """
    told = told_keys([(merchant_id, number) for number in numbers])
    at = and_(BillPaymentRow.merchant_id == told.c.merchant_id, BillPaymentRow.bill_no == told.c.number)
    has_bill = (
        select(BillRow.bill_no)
        .where(BillRow.merchant_id == BillPaymentRow.merchant_id, BillRow.bill_no == BillPaymentRow.bill_no)
        .exists()
    )
    is_too_much = (
        select(DuplicateRow.duplicate_id)
        .where(
            DuplicateRow.merchant_id == BillPaymentRow.merchant_id,
            DuplicateRow.bill_no == BillPaymentRow.bill_no,
            DuplicateRow.payment_id == BillPaymentRow.payment_id,
        )
        .exists()
    )
    statement = (
        select(BillPaymentRow)
        .join(told, at)
        .where(
            BillPaymentRow.state == State.SUCCEEDED.value, BillPaymentRow.left_minor > 0, or_(~has_bill, is_too_much)
        )
        .order_by(BillPaymentRow.take_time.desc(), BillPaymentRow.payment_id.desc())
        .limit(limit)
    )
    return [to_part(row) for row in await session.scalars(statement)]


async def naming_count(session: AsyncSession, key: BillKey) -> int:
    """How many payments name a number, whether a bill has it or not."""
    statement = select(func.count()).where(BillPaymentRow.merchant_id == key[0], BillPaymentRow.bill_no == key[1])
    return (await session.execute(statement)).scalar_one()


async def exception_classes(session: AsyncSession, payment_ids: Sequence[str]) -> dict[str, str]:
    """The class that was decided last about each of these payments, by payment."""
    statement = (
        select(ReconciliationRow.payment_id, ReconciliationRow.exception_class)
        .where(ReconciliationRow.payment_id.in_(payment_ids))
        .order_by(ReconciliationRow.decide_time)
    )
    return {row.payment_id: row.exception_class for row in await session.execute(statement)}


def _sums() -> LateralFromClause:
    is_matched = BillPaymentRow.reconciliation_state == ReconciliationState.MATCHED.value
    total = func.sum(BillPaymentRow.left_minor)
    # Many payments may sum up to more than 64 bits have: then it is the most that they have, and more than is owed.
    return (
        select(
            func.least(func.coalesce(total, 0), _MINOR_MAX).label("paid"),
            func.least(func.coalesce(total.filter(is_matched), 0), _MINOR_MAX).label("reconciled"),
        )
        .where(
            BillPaymentRow.merchant_id == BillRow.merchant_id,
            BillPaymentRow.bill_no == BillRow.bill_no,
            BillPaymentRow.currency_code == BillRow.currency_code,
            BillPaymentRow.state == State.SUCCEEDED.value,
        )
        .correlate(BillRow)
        .lateral("sums")
    )
