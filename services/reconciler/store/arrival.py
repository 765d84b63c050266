"""SQL of matching on arrival: what is due, the window of open rows, the pairs that stand, and what a close says.

The window is a copy of open rows in the columns of the frames, with the indexes that matching needs: statements load as
fast as without, and the SQL of a rule runs on it as it runs on a day's files. A row that a run has placed leaves it.
"""

# ruff: noqa: S608  # made of constants and of rules that were checked

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.domain.arrival import ArrivalPair, Change, Together
from services.reconciler.store.frame import LINE_ID, MICROSECONDS
from services.reconciler.tables import (
    ArrivalMatchRow,
    ArrivalRevisionRow,
    ArrivalStatementDueRow,
)

_PAIR = [field.name for field in fields(ArrivalPair)]
_CLOSED = """EXISTS (SELECT 1 FROM runs WHERE runs.channel = {channel} AND runs.business_date = {day}
    AND runs.state = 'SUCCEEDED' AND runs.mode = 'COMMIT' AND runs.superseded_by_run_id IS NULL
    AND runs.same_as_run_id IS NULL)"""
_NOT_CLOSED = """NOT EXISTS (
    SELECT 1 FROM arrival_matches AS closed WHERE closed.payment_id = {id} AND closed.closed_by_run_id <> '')"""
# One statement: of what is asked of some rows at a time, most is the way there and back.
_TAKE_PAYMENTS = """
WITH taken AS (
    DELETE FROM arrival_payments_due WHERE payment_id IN (
        SELECT payment_id FROM arrival_payments_due ORDER BY payment_id LIMIT :most FOR UPDATE SKIP LOCKED
    ) RETURNING payment_id
)
SELECT coalesce(payments.channel, refunds.channel, '') AS channel, array_agg(taken.payment_id) AS payment_ids,
    coalesce(array_agg(taken.payment_id) FILTER (WHERE open.payment_id IS NOT NULL), '{}') AS open_ids
FROM taken LEFT JOIN payments ON payments.payment_id = taken.payment_id
LEFT JOIN refunds ON refunds.refund_id = taken.payment_id
LEFT JOIN arrival_payments AS open ON open.payment_id = taken.payment_id
GROUP BY 1 ORDER BY 1
"""
_ADD_PAYMENTS = """
INSERT INTO arrival_payments_due SELECT unnest(CAST(:payment_ids AS text[])) ON CONFLICT DO NOTHING
"""
# Fees are left out: whether the books' are held against a statement's is known when all its lines are.
_OPEN_PAYMENTS = f"""
INSERT INTO arrival_payments (payment_id, merchant_id, channel, kind, state, channel_txn_no, merchant_order_no,
    channel_refund_no, merchant_refund_no, bill_no, batch_no, payer, currency_code, amount_minor, pay_time_us,
    business_date)
SELECT payment_id, merchant_id, channel, 'PAYMENT', 'SUCCEEDED', channel_txn_no, merchant_order_no, '', '', bill_no, '',
    '', currency_code, amount_minor, {MICROSECONDS.format("pay_time")}, business_date::text
FROM payments WHERE payment_id = ANY(:payment_ids) AND {_NOT_CLOSED.format(id="payment_id")}
    AND NOT {_CLOSED.format(channel="payments.channel", day="payments.business_date")}
UNION ALL
SELECT refund_id, merchant_id, channel, 'REFUND', state, channel_txn_no, merchant_order_no, channel_refund_no,
    merchant_refund_no, bill_no, '', '', currency_code, -amount_minor, {MICROSECONDS.format("at_time")},
    refund_day::text
FROM (SELECT *, (at_time AT TIME ZONE :zone + :shift)::date AS refund_day FROM refunds) AS refund
WHERE refund_id = ANY(:payment_ids) AND {_NOT_CLOSED.format(id="refund_id")}
    AND NOT {_CLOSED.format(channel="refund.channel", day="refund.refund_day")}
ON CONFLICT (payment_id) DO UPDATE SET (state, channel_txn_no, merchant_order_no, channel_refund_no, merchant_refund_no,
    bill_no, currency_code, amount_minor, pay_time_us, business_date) = (excluded.state, excluded.channel_txn_no,
    excluded.merchant_order_no, excluded.channel_refund_no, excluded.merchant_refund_no, excluded.bill_no,
    excluded.currency_code, excluded.amount_minor, excluded.pay_time_us, excluded.business_date)
"""
_TAKE_LINES = """
SELECT due.statement_id, due.done_line_no, statements.channel
FROM arrival_statements_due AS due JOIN statements USING (statement_id)
ORDER BY due.statement_id LIMIT 1 FOR UPDATE OF due SKIP LOCKED
"""
_UP_TO = """
SELECT max(line_no) FROM (
    SELECT line_no FROM statement_lines WHERE statement_id = :statement_id AND line_no > :done_line_no
    ORDER BY line_no LIMIT :most) AS next_lines
"""
_OPEN_LINES = f"""
INSERT INTO arrival_lines (line_id, file_id, line_no, channel, kind, status, channel_txn_no, merchant_order_no,
    channel_refund_no, merchant_refund_no, batch_no, payer, currency_code, amount_minor, book_time_us, business_date)
SELECT {LINE_ID}, line.statement_id, line.line_no, :channel, line.kind, line.status, line.channel_txn_no,
    line.merchant_order_no, line.channel_refund_no, line.merchant_refund_no, '', '', line.currency_code,
    line.amount_minor, {MICROSECONDS.format("line.book_time")}, line.business_date::text
FROM statement_lines AS line
WHERE line.statement_id = :statement_id AND line.line_no > :done_line_no AND line.line_no <= :up_to
    AND line.channel_txn_no || line.merchant_order_no || line.channel_refund_no || line.merchant_refund_no <> ''
    AND NOT {_CLOSED.format(channel=":channel", day="line.business_date")}
ON CONFLICT (line_id) DO NOTHING
RETURNING line_id
"""
_TURN = "pg_advisory_xact_lock(hashtextextended('arrival:' || :channel, 0))"
# Few rows lead to few others by their numbers, whatever the planner, which cannot know, makes of a recursion; so one
# plan is as good for all of them, and making it anew takes longer than what it finds.
_TAKE_TURN = f"""
SELECT {_TURN}, set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)
"""
_WRITE = f"""
INSERT INTO arrival_matches ({", ".join(_PAIR)}, rule_set_hash, match_time)
SELECT *, :rule_set_hash, CAST(:match_time AS timestamptz)
FROM unnest({", ".join(f"CAST(:{name} AS text[])" for name in _PAIR)})
ON CONFLICT DO NOTHING
"""
# The run's places apart, so that the planner counts them: of a run that was just written it knows nothing.
_PLACED = """
CREATE TEMP TABLE placed_rows AS
SELECT side, id, group_id, rule_id, disposition, exception_class FROM run_results WHERE run_id = :run_id
"""
_SAID = """CASE WHEN {row}.id IS NOT NULL THEN jsonb_build_object('group_id', {row}.group_id, 'rule_id', {row}.rule_id,
    'disposition', {row}.disposition, 'exception_class', {row}.exception_class) END"""
# From the rows of the run to the pairs, of which there may be those of many days.
_MET = """
CREATE TEMP TABLE met_pairs AS
SELECT pair.*,
    (p.group_id = l.group_id AND p.disposition = pair.disposition AND p.exception_class = pair.exception_class
        AND of_group.row_count = 2) IS TRUE AS is_same
FROM (
    SELECT pair.payment_id FROM placed_rows JOIN arrival_matches AS pair ON pair.payment_id = placed_rows.id
    WHERE placed_rows.side = 'P'
    UNION
    SELECT pair.payment_id FROM placed_rows JOIN arrival_matches AS pair ON pair.line_id = placed_rows.id
    WHERE placed_rows.side = 'L'
) AS met JOIN arrival_matches AS pair USING (payment_id)
LEFT JOIN placed_rows AS p ON p.side = 'P' AND p.id = pair.payment_id
LEFT JOIN placed_rows AS l ON l.side = 'L' AND l.id = pair.line_id
LEFT JOIN (SELECT group_id, count(*) AS row_count FROM placed_rows GROUP BY group_id) AS of_group
    ON of_group.group_id = p.group_id
WHERE p.disposition <> 'BUFFERED' OR l.disposition <> 'BUFFERED'
"""
_REVISE = f"""
INSERT INTO arrival_revisions (payment_id, line_id, run_id, before, after, revise_time)
SELECT pair.payment_id, pair.line_id, :run_id,
    jsonb_build_object('rule_id', pair.rule_id, 'disposition', pair.disposition,
        'exception_class', pair.exception_class),
    jsonb_build_object('payment', {_SAID.format(row="p")}, 'line', {_SAID.format(row="l")}), :now
FROM met_pairs AS pair
LEFT JOIN placed_rows AS p ON p.side = 'P' AND p.id = pair.payment_id
LEFT JOIN placed_rows AS l ON l.side = 'L' AND l.id = pair.line_id
WHERE NOT pair.is_same
"""
_REVISED_GO = """
DELETE FROM arrival_matches AS stood USING met_pairs WHERE met_pairs.payment_id = stood.payment_id AND NOT is_same
"""
_CLOSE = """
UPDATE arrival_matches AS stood SET closed_by_run_id = :run_id
FROM met_pairs WHERE met_pairs.payment_id = stood.payment_id AND is_same
"""
_LEAVE = """
DELETE FROM {table} AS row USING placed_rows AS found
WHERE found.side = '{side}' AND found.id = row.{key} AND found.disposition <> 'BUFFERED'
"""


class DuePayments(NamedTuple):
    """Payments and refunds of one channel that are due, and which of them the window has already."""

    channel: str
    payment_ids: list[str]
    open_ids: list[str]


class ArrivalStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_payments(self, payment_ids: Iterable[str]) -> None:
        """Let payments and refunds be matched that the mirror took."""
        if ids := sorted(payment_ids):
            await self._session.execute(text(_ADD_PAYMENTS), {"payment_ids": ids})

    async def add_statement(self, statement_id: str) -> None:
        """Let the lines of a statement be matched that was loaded."""
        await self._session.execute(insert(ArrivalStatementDueRow).values(statement_id=statement_id))

    async def take_payments(self, most: int) -> list[DuePayments]:
        """Some that are due, by channel, which the transaction then has done; "" has those that the mirror has not."""
        return [DuePayments(*row) for row in await self._session.execute(text(_TAKE_PAYMENTS), {"most": most})]

    async def take_lines(self, most: int) -> tuple[str, str, int, int | None] | None:
        """A statement that is due, with its channel, how far it is done and how far to go, None at its end."""
        due = (await self._session.execute(text(_TAKE_LINES))).one_or_none()
        if due is None:
            return None
        asked = {"statement_id": due.statement_id, "done_line_no": due.done_line_no, "most": most}
        return due.statement_id, due.channel, due.done_line_no, await self._session.scalar(text(_UP_TO), asked)

    async def take_turn(self, channel: str) -> None:
        """Wait until nobody else matches rows of the channel, so that of two rows that come at once one sees the other.

        The turn ends with the transaction. What is read after it is read as it stands then.
        """
        await self._session.execute(text(_TAKE_TURN), {"channel": channel})

    async def open_payments(self, payment_ids: Sequence[str], zone: str, shift_seconds: int) -> None:
        """Take payments and refunds into the window as the mirror has them, but not those of a day that is closed.

        The date of a refund is that of its local time in `zone`, shifted so that its business day ends at midnight.
        """
        values = {"payment_ids": list(payment_ids), "zone": zone, "shift_seconds": shift_seconds}
        query = _OPEN_PAYMENTS.replace(":shift", "make_interval(secs => :shift_seconds)")
        await self._session.execute(text(query), values)

    async def open_lines(self, statement_id: str, channel: str, done_line_no: int, up_to: int) -> list[str]:
        """Take lines into the window that have a number and are of a day that is not closed; returns their ids."""
        values = {"statement_id": statement_id, "channel": channel, "done_line_no": done_line_no, "up_to": up_to}
        opened = list(await self._session.scalars(text(_OPEN_LINES), values))
        done = "UPDATE arrival_statements_due SET done_line_no = :up_to WHERE statement_id = :statement_id"
        await self._session.execute(text(done), {"statement_id": statement_id, "up_to": up_to})
        return opened

    async def end_statement(self, statement_id: str) -> None:
        """All its lines are done."""
        done = "DELETE FROM arrival_statements_due WHERE statement_id = :statement_id"
        await self._session.execute(text(done), {"statement_id": statement_id})

    async def together(self, query: str, payment_ids: Iterable[str], line_ids: Iterable[str], most: int) -> Together:
        """What hangs together with these rows, by the query that the rules compile to."""
        asked = {"payment_ids": list(payment_ids), "line_ids": list(line_ids), "most": most}
        found = (await self._session.execute(text(query), asked)).all()
        return Together(
            frozenset(row.id for row in found if row.side == "P"),
            frozenset(row.id for row in found if row.side == "L"),
            frozenset(ArrivalPair(row.id, *row[2:]) for row in found if row.rule_id is not None),
            whole=len(found) <= most,
        )

    async def standing(self, payment_ids: Iterable[str], line_ids: Iterable[str]) -> list[ArrivalPair]:
        """The pairs that stand and have one of these rows, but not those that a run has closed."""
        query = f"""SELECT {", ".join(_PAIR)} FROM arrival_matches
            WHERE (payment_id = ANY(:payment_ids) OR line_id = ANY(:line_ids)) AND closed_by_run_id = ''"""
        asked = {"payment_ids": list(payment_ids), "line_ids": list(line_ids)}
        return [ArrivalPair(*row) for row in await self._session.execute(text(query), asked)]

    async def write(self, change: Change, rule_set_hash: str, now: datetime) -> None:
        """Let the new pairs stand in place of those that do not any more, and keep what stood."""
        if change.gone:
            gone = {"payment_ids": [pair.payment_id for pair in change.gone]}
            await self._session.execute(text("DELETE FROM arrival_matches WHERE payment_id = ANY(:payment_ids)"), gone)
            new = {pair.payment_id: pair for pair in change.new}
            rows = [_revision(pair, new.get(pair.payment_id), now) for pair in change.gone]
            await self._session.execute(insert(ArrivalRevisionRow), rows)
        if change.new:
            written = {"rule_set_hash": rule_set_hash, "match_time": now}
            columns = {name: [getattr(pair, name) for pair in change.new] for name in _PAIR}
            await self._session.execute(text(_WRITE), {**columns, **written})

    async def get(self, payment_id: str) -> tuple[ArrivalMatchRow | None, ArrivalRevisionRow | None]:
        """The pair that stands of a payment, and the last one of it that does not any more."""
        last = (
            select(ArrivalRevisionRow)
            .where(ArrivalRevisionRow.payment_id == payment_id)
            .order_by(ArrivalRevisionRow.revision_id.desc())
            .limit(1)
        )
        stands = await self._session.get(ArrivalMatchRow, payment_id)
        return stands, (await self._session.scalars(last)).one_or_none()

    async def forget(self, before: date, most: int) -> int:
        """Let go of rows whose business date is before a day, and of pairs that only they made; returns how many."""
        count = 0
        for table, key in (("arrival_payments", "payment_id"), ("arrival_lines", "line_id")):
            old = f"SELECT {key} FROM {table} WHERE business_date < :before ORDER BY business_date LIMIT :most"
            gone = await self._session.execute(
                text(f"DELETE FROM {table} WHERE {key} IN ({old}) RETURNING 1"), {"before": str(before), "most": most}
            )
            count += len(gone.all())
        old = "SELECT payment_id FROM arrival_matches WHERE match_time < :before ORDER BY match_time LIMIT :most"
        gone = await self._session.execute(
            text(f"DELETE FROM arrival_matches WHERE payment_id IN ({old}) RETURNING 1"),
            {"before": datetime.combine(before, datetime.min.time(), tzinfo=UTC), "most": most},
        )
        return count + len(gone.all())


async def compare_with_close(session: AsyncSession, run_id: str, channel: str, now: datetime) -> None:
    """Hold what stood on arrival against the results of a run that commits, in the transaction that writes them.

    A pair that the run has too is closed by it; another goes, and is kept as a revision with what the run says. Rows
    that the run has placed leave the window, those that it buffers stay.
    """
    await session.execute(text(f"SELECT {_TURN}"), {"channel": channel})
    for table, query in (("placed_rows", _PLACED), ("met_pairs", _MET)):
        await session.execute(text(query), {"run_id": run_id})
        await session.execute(text(f"ANALYZE {table}"))
    await session.execute(text(_REVISE), {"run_id": run_id, "now": now})
    await session.execute(text(_REVISED_GO))
    await session.execute(text(_CLOSE), {"run_id": run_id})
    for table, key, side in (("arrival_payments", "payment_id", "P"), ("arrival_lines", "line_id", "L")):
        await session.execute(text(_LEAVE.format(table=table, key=key, side=side)))
    await session.execute(text("DROP TABLE met_pairs, placed_rows"))


def _revision(gone: ArrivalPair, new: ArrivalPair | None, now: datetime) -> dict[str, object]:
    return {
        "payment_id": gone.payment_id,
        "line_id": gone.line_id,
        "run_id": "",
        "before": _told(gone),
        "after": _told(new) if new else {},
        "revise_time": now,
    }


def _told(pair: ArrivalPair) -> dict[str, str]:
    return {
        name: told
        for name, told in asdict(pair).items()
        if name in ("line_id", "rule_id", "disposition", "exception_class")
    }
