"""SQL of the mirror: payments that have succeeded, how far their feed was read, and what a run takes of them."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Boolean, ColumnElement, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.payment import Change, MirroredPayment
from services.reconciler.tables import (
    ExceptionRow,
    FeedCursorRow,
    MatchRow,
    PaymentRow,
    RunRow,
    StatementLineRow,
    StatementRow,
)

_FEED = "payments"


class MirrorStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def next_sequence(self) -> int:
        """The first sequence of the feed that was not read yet."""
        read = await self._session.get(FeedCursorRow, _FEED)
        return read.next_sequence if read else 1

    async def move_cursor(self, next_sequence: int) -> None:
        """Go on to a sequence; never back, whoever else reads the feed."""
        statement = insert(FeedCursorRow).values(feed=_FEED, next_sequence=next_sequence)
        furthest = func.greatest(FeedCursorRow.next_sequence, statement.excluded.next_sequence)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["feed"], set_={"next_sequence": furthest})
        )

    async def mirror(self, changes: Sequence[Change]) -> set[str]:
        """Keep each payment unless its version is kept already; returns the ids that are new here.

        No payment may be there twice. The sequence by which one first came stays.
        """
        if not changes:
            return set()
        new = insert(PaymentRow)
        values = {column: new.excluded[column] for column in _columns(changes[0].payment) if column != "payment_id"}
        statement = new.on_conflict_do_update(
            index_elements=["payment_id"], set_=values, where=new.excluded.version > PaymentRow.version
        ).returning(PaymentRow.payment_id, literal_column("(payments.xmax = 0)", Boolean))  # no xmax: it was inserted
        # In one order everywhere, so that two readers of the feed cannot lock each other out.
        rows = [{**_columns(change.payment), "first_sequence": change.sequence} for change in changes]
        rows.sort(key=lambda row: str(row["payment_id"]))
        kept = await self._session.execute(statement, rows)
        return {payment_id for payment_id, inserted in kept if inserted}

    async def of_day(self, channel: str, business_date: date, up_to: int) -> list[MirroredPayment]:
        """Every payment of a channel's business day that the feed told up to a sequence."""
        statement = select(PaymentRow).where(
            PaymentRow.channel == channel,
            PaymentRow.business_date == business_date,
            PaymentRow.first_sequence <= up_to,
        )
        return [_payment(row) for row in await self._session.scalars(statement)]

    async def held_by_days_beside(self, channel: str, business_date: date, up_to: int) -> set[str]:
        """Payments of the day, told up to a sequence, whose line is in the current run of another day."""
        statement = select(PaymentRow.payment_id).where(
            PaymentRow.channel == channel,
            PaymentRow.business_date == business_date,
            PaymentRow.first_sequence <= up_to,
            _held_elsewhere(business_date),
        )
        return set(await self._session.scalars(statement))

    async def led_to_from_days_beside(self, channel: str, business_date: date, up_to: int) -> list[MirroredPayment]:
        """Payments of the days beside that a line of the day has a number of, unless another day's run holds them.

        Only those that the feed told up to a sequence.
        """
        lines = (
            select(StatementLineRow)
            .join(StatementRow, StatementRow.statement_id == StatementLineRow.statement_id)
            .where(
                StatementRow.channel == channel,
                StatementRow.business_date == business_date,
                StatementLineRow.kind == LineKind.PAYMENT,
            )
        )
        day = timedelta(days=1)
        statement = select(PaymentRow).where(
            PaymentRow.channel == channel,
            PaymentRow.business_date.in_([business_date - day, business_date + day]),
            PaymentRow.first_sequence <= up_to,
            or_(
                PaymentRow.channel_txn_no.in_(lines.with_only_columns(StatementLineRow.channel_txn_no)),
                PaymentRow.merchant_order_no.in_(lines.with_only_columns(StatementLineRow.merchant_order_no)),
            ),
            ~_held_elsewhere(business_date),
        )
        return [_payment(row) for row in await self._session.scalars(statement)]


def _held_elsewhere(business_date: date) -> ColumnElement[bool]:
    current = (
        RunRow.state == "SUCCEEDED",
        RunRow.superseded_by_run_id.is_(None),
        RunRow.business_date != business_date,
    )
    matched = exists().where(MatchRow.payment_id == PaymentRow.payment_id, MatchRow.run_id == RunRow.run_id, *current)
    differs = exists().where(
        ExceptionRow.payment_id == PaymentRow.payment_id,
        ExceptionRow.line_no.is_not(None),
        ExceptionRow.run_id == RunRow.run_id,
        *current,
    )
    return or_(matched, differs)


def _columns(payment: MirroredPayment) -> dict[str, object]:
    return {
        "payment_id": payment.payment_id,
        "merchant_id": payment.merchant_id,
        "merchant_order_no": payment.merchant_order_no,
        "bill_no": payment.bill_no,
        "channel": payment.channel,
        "channel_txn_no": payment.channel_txn_no,
        "currency_code": payment.amount.currency_code,
        "amount_minor": payment.amount.amount_minor,
        "pay_time": payment.pay_time,
        "business_date": payment.business_date,
        "version": payment.version,
        "traceparent": payment.traceparent,
    }


def _payment(row: PaymentRow) -> MirroredPayment:
    return MirroredPayment(
        payment_id=row.payment_id,
        merchant_id=row.merchant_id,
        merchant_order_no=row.merchant_order_no,
        bill_no=row.bill_no,
        channel=row.channel,
        channel_txn_no=row.channel_txn_no,
        amount=Money(row.currency_code, row.amount_minor),
        pay_time=row.pay_time,
        business_date=row.business_date,
        version=row.version,
        traceparent=row.traceparent,
    )
