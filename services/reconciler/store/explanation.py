"""SQL of what an explanation is made from: the stored place of rows, the rows themselves, and their run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.reconciler.domain.reasoning import Placed, Reasoning, StoredRow
from services.reconciler.matching.normalise import normal_references
from services.reconciler.rules.columns import REFERENCES
from services.reconciler.tables import (
    ExceptionRow,
    PaymentRow,
    RefundRow,
    RunResultRow,
    RunRow,
    StatementLineRow,
    StatementRow,
    SuggestionRow,
    UnpaidPaymentRow,
)

_BESIDE_DAYS = 7  # how far from its day a row may be placed, as in the inputs of runs
_ROWS_MAX = 100


class Anchor(NamedTuple):
    """A row in a run: what its group is told from."""

    run_id: str
    side: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a group of a run is where it is."""

    run: RunRow
    group_id: str
    reasoning: Reasoning


class ExplanationStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_match(self, run_id: str, group_id: str) -> Anchor | None:
        """A row of a group."""
        statement = (
            select(RunResultRow.run_id, RunResultRow.side, RunResultRow.id)
            .where(RunResultRow.run_id == run_id, RunResultRow.group_id == group_id)
            .limit(1)
        )
        row = (await self._session.execute(statement)).one_or_none()
        return Anchor(*row) if row else None

    async def of_exception(self, exception_id: str) -> Anchor | None:
        """A row of an exception."""
        found = await self._session.get(ExceptionRow, exception_id)
        if found is None:
            return None
        if found.payment_id:
            return Anchor(found.run_id, "P", found.payment_id)
        return Anchor(found.run_id, "L", f"{found.statement_id}.{found.line_no}")

    async def of_payment(self, payment_id: str) -> Anchor | None:
        """The payment or refund where the newest of the runs that stand has it."""
        payment = await self._session.get(PaymentRow, payment_id)
        if payment:
            return await self._newest("P", payment_id, payment.channel, payment.business_date)
        refund = await self._session.get(RefundRow, payment_id)
        if refund:
            return await self._newest("P", payment_id, refund.channel, refund.at_time.date())
        unpaid = await self._session.get(UnpaidPaymentRow, payment_id)
        return await self._newest("P", payment_id, unpaid.channel, unpaid.create_time.date()) if unpaid else None

    async def of_line(self, line_id: str) -> Anchor | None:
        """The line in the same way."""
        (line,) = await self._lines([line_id]) or (None,)
        if line is None:
            return None
        statement = await self._session.get(StatementRow, line.statement_id)
        return await self._newest("L", line_id, statement.channel, line.business_date) if statement else None

    async def _newest(self, side: str, row_id: str, channel: str, day: date) -> Anchor | None:
        beside = timedelta(days=_BESIDE_DAYS)
        statement = (
            select(RunResultRow.run_id)
            .join(RunRow, RunRow.run_id == RunResultRow.run_id)
            .where(
                RunRow.channel == channel,
                RunRow.business_date.between(day - beside, day + beside),
                RunRow.state == "SUCCEEDED",
                RunRow.mode == "COMMIT",
                RunRow.superseded_by_run_id.is_(None),
                RunRow.same_as_run_id.is_(None),
                RunResultRow.side == side,
                RunResultRow.id == row_id,
            )
            .order_by(RunResultRow.disposition == "BUFFERED", RunRow.business_date.desc())
            .limit(1)
        )
        run_id = (await self._session.scalars(statement)).one_or_none()
        return Anchor(run_id, side, row_id) if run_id else None

    async def run(self, run_id: str) -> RunRow:
        """The run that placed a row."""
        found = await self._session.get(RunRow, run_id)
        assert found is not None, "a place is in a run"
        return found

    async def placed(self, anchor: Anchor, channel: str) -> tuple[str, Placed] | None:
        """The group of a row with all that is stored of its rows; None when the run has no place for it."""
        own = await self._session.get(RunResultRow, (anchor.run_id, anchor.side, anchor.row_id))
        if own is None:
            return None
        statement = (
            select(RunResultRow.side, RunResultRow.id)
            .where(RunResultRow.run_id == own.run_id, RunResultRow.group_id == own.group_id)
            .order_by(RunResultRow.side, RunResultRow.id)
        )
        members = [(side, row_id) for side, row_id in await self._session.execute(statement)]
        payments = [row_id for side, row_id in members if side == "P"][:_ROWS_MAX]
        lines = [row_id for side, row_id in members if side == "L"][:_ROWS_MAX]
        runner_up = await self._rows([own.runner_up_id], channel) if own.runner_up_id else []
        decided, decided_by = await self._decided(own)
        placed = Placed(
            rule_id=own.rule_id,
            stage=own.stage,
            disposition=own.disposition,
            exception_class=own.exception_class,
            reason=own.reason,
            margin_us=own.margin,
            payments=tuple(await self._rows(payments, channel)),
            lines=tuple(await self._rows(lines, channel)),
            runner_up=runner_up[0] if runner_up else None,
            decided=decided,
            decided_by=decided_by,
        )
        return own.group_id, placed

    async def _decided(self, row: RunResultRow) -> tuple[str, str]:
        """What people made of a suggestion, and who; empty while nobody has."""
        found = await self._session.get(SuggestionRow, (row.run_id, row.group_id))
        if found is None or found.state not in ("CONFIRMED", "DECLINED"):
            return "", ""
        return found.state, found.declined_by or ", ".join(filter(None, (found.maker, found.checker)))

    async def _rows(self, row_ids: Sequence[str], channel: str) -> list[StoredRow]:
        """Payments, refunds and lines by their ids, in order of id."""
        payments = await self._session.scalars(select(PaymentRow).where(PaymentRow.payment_id.in_(row_ids)))
        unpaid = await self._session.scalars(select(UnpaidPaymentRow).where(UnpaidPaymentRow.payment_id.in_(row_ids)))
        refunds = await self._session.scalars(select(RefundRow).where(RefundRow.refund_id.in_(row_ids)))
        lines = [_line(line, channel) for line in await self._lines(row_ids)]
        rows = [*map(_payment, payments), *map(_payment, unpaid), *map(_refund, refunds), *lines]
        return sorted(rows, key=lambda row: row.row_id)

    async def _lines(self, line_ids: Iterable[str]) -> list[StatementLineRow]:
        parts = (line_id.rpartition(".") for line_id in line_ids)
        pairs = [(statement_id, int(no)) for statement_id, _, no in parts if statement_id and no.isdecimal()]
        if not pairs:
            return []
        here = tuple_(StatementLineRow.statement_id, StatementLineRow.line_no)
        return list(await self._session.scalars(select(StatementLineRow).where(here.in_(pairs))))


def _payment(row: PaymentRow | UnpaidPaymentRow) -> StoredRow:
    values = {"bill_no": row.bill_no, "merchant_id": row.merchant_id}
    amount = Money(row.currency_code, row.amount_minor)
    at_time = row.pay_time if isinstance(row, PaymentRow) else row.create_time
    return _stored(row, row.payment_id, "PAYMENT", amount, at_time, values, row.channel)


def _refund(row: RefundRow) -> StoredRow:
    names = ("channel_refund_no", "merchant_refund_no", "bill_no", "merchant_id")
    numbers = {name: getattr(row, name) for name in names}
    amount = Money(row.currency_code, -row.amount_minor)
    return _stored(row, row.refund_id, "REFUND", amount, row.at_time, numbers, row.channel)


def _line(row: StatementLineRow, channel: str) -> StoredRow:
    numbers = {name: getattr(row, name) for name in ("channel_refund_no", "merchant_refund_no")}
    amount = Money(row.currency_code, row.amount_minor)
    row_id = f"{row.statement_id}.{row.line_no}"
    return _stored(row, row_id, row.kind, amount, row.book_time, numbers, channel, row.account_no)


def _stored(
    row: PaymentRow | UnpaidPaymentRow | RefundRow | StatementLineRow,
    row_id: str,
    kind: str,
    amount: Money,
    time: datetime | None,
    numbers: dict[str, str],
    channel: str,
    account_no: str = "",
) -> StoredRow:
    values = {
        **numbers,
        "channel": channel,
        "kind": kind,
        "channel_txn_no": row.channel_txn_no,
        "merchant_order_no": row.merchant_order_no,
        "currency_code": amount.currency_code,
        "amount_minor": str(amount.amount_minor),
    }
    for name in REFERENCES:
        values[f"{name}_normal"] = _normal(values.get(name, ""))
    return StoredRow(row_id, kind, amount, time, account_no, values)


def _normal(text: str) -> str:
    return str(normal_references(pa.chunked_array([[text]]))[0])
