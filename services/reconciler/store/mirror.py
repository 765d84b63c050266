"""SQL of the mirror: payments that have succeeded, those that have not, refunds, and how far their feed was read."""

# ruff: noqa: S608  # made of names of columns

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import date

from sqlalchemy import Boolean, and_, delete, func, literal_column, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.domain.payment import Change, MirroredPayment, MirroredRefund, UnpaidPayment
from services.reconciler.tables import FeedCursorRow, PaymentRow, RefundRow, UnpaidPaymentRow

# The release before read the feed by another cursor, without refunds; beside it this one goes on from where it began.
_FEED = "payments and refunds"
_TYPES = {
    **dict.fromkeys(("payment_id", "merchant_id", "merchant_order_no", "bill_no", "channel", "channel_txn_no"), "text"),
    "currency_code": "text",
    "amount_minor": "bigint",
    "pay_time": "timestamptz",
    "business_date": "date",
    "version": "bigint",
    "traceparent": "text",
    "fee_minor": "bigint",
    "first_sequence": "bigint",
}
_NEW = [name for name in _TYPES if name not in ("payment_id", "first_sequence")]
# A column at a time: of as many values as a batch has, one by one, parsing would take most of the time. What was just
# inserted has no xmax.
_MIRROR = text(f"""
WITH kept AS (
INSERT INTO payments ({", ".join(_TYPES)})
SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _TYPES.items())})
ON CONFLICT (payment_id) DO UPDATE SET ({", ".join(_NEW)}) = ({", ".join(f"excluded.{name}" for name in _NEW)})
WHERE excluded.version > payments.version
RETURNING payment_id, payments.xmax = 0 AS is_new
), paid AS (DELETE FROM unpaid_payments WHERE payment_id IN (SELECT payment_id FROM kept WHERE is_new))
SELECT payment_id FROM kept WHERE is_new
""")


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

    async def known(self, payment_ids: Collection[str]) -> set[str]:
        """Which of these payments the mirror has as paid."""
        statement = select(PaymentRow.payment_id).where(PaymentRow.payment_id.in_(payment_ids))
        return set(await self._session.scalars(statement))

    async def mirror(self, changes: Sequence[Change]) -> set[str]:
        """Keep each payment unless its version is kept already; returns the ids that are new here.

        No payment may be there twice. The sequence by which one first came stays.
        """
        if not changes:
            return set()
        # In one order everywhere, so that two readers of the feed cannot lock each other out.
        rows = [{**_columns(change.payment), "first_sequence": change.sequence} for change in changes]
        rows.sort(key=lambda row: str(row["payment_id"]))
        kept = await self._session.execute(_MIRROR, {name: [row[name] for row in rows] for name in _TYPES})
        return set(kept.scalars())

    async def mirror_unpaid(self, unpaid: Sequence[UnpaidPayment]) -> None:
        """Keep the newest of each payment that has not succeeded, unless it has by what the mirror knows."""
        newest: dict[str, UnpaidPayment] = {}
        for payment in sorted(unpaid, key=lambda each: each.version):
            first = newest.get(payment.payment_id, payment).first_sequence
            newest[payment.payment_id] = replace(payment, first_sequence=first)
        paid = select(PaymentRow.payment_id).where(PaymentRow.payment_id.in_(newest))
        for payment_id in await self._session.scalars(paid):
            del newest[payment_id]
        if not newest:
            return
        new = insert(UnpaidPaymentRow)
        rows = [_unpaid_columns(newest[payment_id]) for payment_id in sorted(newest)]
        values = {name: new.excluded[name] for name in rows[0] if name not in ("payment_id", "first_sequence")}
        statement = new.on_conflict_do_update(
            index_elements=["payment_id"], set_=values, where=new.excluded.version > UnpaidPaymentRow.version
        )
        await self._session.execute(statement, rows)

    async def repair(
        self, payments: Sequence[MirroredPayment], channel: str, business_date: date, after_payment_id: str, last: bool
    ) -> tuple[list[str], list[str], list[str]]:
        """Let the mirror have some payments of a day as payments has them now, in order of id behind one.

        Returns the ids that were missing, that were wrong, and that the mirror alone has up to the last of them, or to
        the day's end with `last`; these stay, for a person to look at. What is newer here stays too.
        """
        missing: list[str] = []
        wrong: list[str] = []
        if payments:
            rows = [{**_columns(payment), "first_sequence": 0} for payment in payments]
            new = insert(PaymentRow)
            told = [name for name in _columns(payments[0]) if name not in ("payment_id", "traceparent")]
            said = [name for name in told if name != "version"]  # which rises with what we told payments too
            differs = tuple_(*(PaymentRow.__table__.c[name] for name in said)).is_distinct_from(
                tuple_(*(new.excluded[name] for name in said))
            )
            statement = new.on_conflict_do_update(
                index_elements=["payment_id"],
                set_={name: new.excluded[name] for name in told},
                where=and_(new.excluded.version >= PaymentRow.version, differs),
            ).returning(PaymentRow.payment_id, literal_column("(payments.xmax = 0)", Boolean))
            for payment_id, inserted in await self._session.execute(statement, rows):
                (missing if inserted else wrong).append(payment_id)
            await self._no_longer_unpaid(missing)
        ours = select(PaymentRow.payment_id).where(
            PaymentRow.channel == channel,
            PaymentRow.business_date == business_date,
            PaymentRow.payment_id > after_payment_id,
        )
        if not last:
            ours = ours.where(PaymentRow.payment_id <= payments[-1].payment_id)
        theirs = {payment.payment_id for payment in payments}
        return missing, wrong, sorted(set(await self._session.scalars(ours)) - theirs)

    async def _no_longer_unpaid(self, payment_ids: Collection[str]) -> None:
        if payment_ids:
            await self._session.execute(delete(UnpaidPaymentRow).where(UnpaidPaymentRow.payment_id.in_(payment_ids)))

    async def mirror_refunds(self, changes: Sequence[Change]) -> None:
        """Keep each change's refund unless its version is kept already. No refund may be there twice."""
        if not changes:
            return
        new = insert(RefundRow)
        rows = [
            {**_refund_columns(change.refund), "first_sequence": change.sequence} for change in changes if change.refund
        ]
        values = {name: new.excluded[name] for name in rows[0] if name not in ("refund_id", "first_sequence")}
        statement = new.on_conflict_do_update(
            index_elements=["refund_id"], set_=values, where=new.excluded.version > RefundRow.version
        )
        await self._session.execute(statement, sorted(rows, key=lambda row: str(row["refund_id"])))


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
        "fee_minor": payment.fee_minor,
    }


def _unpaid_columns(payment: UnpaidPayment) -> dict[str, object]:
    columns = {field.name: getattr(payment, field.name) for field in fields(payment) if field.name != "amount"}
    money = {"currency_code": payment.amount.currency_code, "amount_minor": payment.amount.amount_minor}
    return {**columns, **money}


def _refund_columns(refund: MirroredRefund) -> dict[str, object]:
    return {
        "refund_id": refund.refund_id,
        "payment_id": refund.payment_id,
        "merchant_id": refund.merchant_id,
        "channel": refund.channel,
        "channel_txn_no": refund.channel_txn_no,
        "merchant_order_no": refund.merchant_order_no,
        "channel_refund_no": refund.channel_refund_no,
        "merchant_refund_no": refund.merchant_refund_no,
        "bill_no": refund.bill_no,
        "currency_code": refund.amount.currency_code,
        "amount_minor": refund.amount.amount_minor,
        "state": refund.state,
        "at_time": refund.at_time,
        "version": refund.version,
        "traceparent": refund.traceparent,
    }
