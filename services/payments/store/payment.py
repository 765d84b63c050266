"""SQL of payments: one, a page of them, and the one way in which a state is changed. It takes none in."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.business_day import business_date
from services.payments.domain.life import states_before
from services.payments.domain.payment import Payment, State, Success, change_of
from services.payments.store import feed
from services.payments.tables.intake import OrderKeyRow
from services.payments.tables.payment import PaymentRow, to_payment


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments a list wants; an empty text and None mean every value."""

    merchant_id: str = ""
    merchant_order_no: str = ""
    channel: str = ""
    business_date: date | None = None


async def get(session: AsyncSession, payment_id: str) -> Payment | None:
    """The payment by that id."""
    row = await session.get(PaymentRow, payment_id)
    return None if row is None else to_payment(row)


async def page(session: AsyncSession, wanted: PaymentFilter, before: str, limit: int) -> list[Payment]:
    """Payments that were taken in before that payment_id, if one is given; newest first, which is their ids' order."""
    statement = _filtered(select(PaymentRow), wanted).order_by(PaymentRow.payment_id.desc()).limit(limit)
    if before:
        statement = statement.where(PaymentRow.payment_id < before)
    return [to_payment(row) for row in await session.scalars(statement)]


async def lock(session: AsyncSession, payment_id: str) -> Payment | None:
    """The payment by that id, kept from other changes until the end of the transaction."""
    statement = select(PaymentRow).where(PaymentRow.payment_id == payment_id).with_for_update(key_share=True)
    row = (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()
    return None if row is None else to_payment(row)


async def move(
    session: AsyncSession, payment_id: str, to_state: State, *, cause: str = "", success: Success | None = None
) -> Payment | None:
    """Move a payment to a state, with its row of the feed; this and nothing else changes a state.

    None, and nothing is written, when there is no such payment or its state is not one that may be left for that one.
    `success` is told when, and only when, the channel has the money.
    """
    assert (success is not None) == (to_state is State.SUCCEEDED), "money that came in has its facts, and only that"
    leaves = PaymentRow.state.in_(sorted(states_before(to_state)))
    statement = (
        update(PaymentRow)
        .where(PaymentRow.payment_id == payment_id, leaves)
        .values(state=to_state.value, cause=cause, version=PaymentRow.version + 1)
    )
    if success is not None:
        channel = await session.scalar(select(PaymentRow.channel).where(PaymentRow.payment_id == payment_id))
        statement = statement.values(**_success_columns(success, channel or ""))
    options = {"populate_existing": True, "synchronize_session": False}
    row = (await session.scalars(statement.returning(PaymentRow), execution_options=options)).one_or_none()
    if row is None:
        return None
    moved = to_payment(row)
    await feed.add_changes(session, [change_of(moved, brought_money=to_state is State.SUCCEEDED)])
    return moved


def _success_columns(success: Success, channel: str) -> dict[str, object]:
    fee = success.fee
    return {
        "channel_txn_no": success.channel_txn_no,
        "pay_time": success.pay_time,
        "business_date": business_date(channel, success.pay_time),
        "fee_rule_id": None if fee is None else fee.fee_rule_id,
        "fee_rate_ppm": None if fee is None else fee.rate_ppm,
        "fee_minor": None if fee is None else fee.amount.amount_minor,
    }


def _filtered(statement: Select[PaymentRow], wanted: PaymentFilter) -> Select[PaymentRow]:
    if wanted.merchant_id and wanted.merchant_order_no:
        of_order = select(OrderKeyRow.payment_id).where(
            OrderKeyRow.merchant_id == wanted.merchant_id, OrderKeyRow.merchant_order_no == wanted.merchant_order_no
        )
        statement = statement.where(PaymentRow.payment_id == of_order.scalar_subquery())
    elif wanted.merchant_id:
        statement = statement.where(PaymentRow.merchant_id == wanted.merchant_id)
    if wanted.channel:
        statement = statement.where(PaymentRow.channel == wanted.channel)
    if wanted.business_date is not None:
        statement = statement.where(PaymentRow.business_date == wanted.business_date)
    return statement
