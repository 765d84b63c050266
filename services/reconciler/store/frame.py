"""SQL of what a run is made from: its rows, copied into files as they stand at one instant. It writes no table.

A row's `part` says why it is there: OWN of the run's day, HELD of the day but placed by the run of another day,
CARRIED that an earlier day left buffered or that only the run which this one supersedes has placed, BESIDE of a day
beside, or not paid by what the books know, that a row of the other side leads to.
"""

# ruff: noqa: S608  # made of constants; what is asked comes as parameters

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from iso4217 import Currency
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.domain.business_day import BusinessDay
from services.reconciler.rules.rule_set import Again

# Rows of a day that was left this long ago are somebody's exception, not the next statement's.
_CARRIED_DAYS = 7

MICROSECONDS = "(extract(epoch FROM {}) * 1000000)::bigint"
_EXPONENTS = " ".join(
    f"WHEN '{currency.code}' THEN {currency.exponent}" for currency in Currency if currency.exponent not in (2, None)
)
# Fees are written in major units, some to five decimals; what is no plain number is not known.
_FEE = rf"""CASE WHEN line.fee_text ~ '^-?[0-9]{{1,12}}(\.[0-9]{{1,8}})?$' THEN
    abs(round(line.fee_text::numeric * 10 ^ (CASE line.currency_code {_EXPONENTS} ELSE 2 END)))::bigint END"""
# Lines that moved no money are not loaded: a status counts only if it says that the money is not there yet.
_STATUS = """CASE WHEN upper(line.status) IN ('PROCESSING', '处理中', '退款处理中') THEN 'PROCESSING'
    WHEN upper(line.status) IN ('FAIL', 'FAILED', '失败', '交易失败', '退款失败') THEN 'FAILED' ELSE '' END"""
LINE_ID = "line.statement_id || '.' || line.line_no"

_NEARBY = """
CREATE TEMP TABLE nearby_runs ON COMMIT DROP AS
SELECT run_id, business_date FROM runs
WHERE channel = :channel AND business_date BETWEEN :first_date AND :last_date AND business_date <> :business_date
    AND state = 'SUCCEEDED' AND mode = 'COMMIT' AND superseded_by_run_id IS NULL AND same_as_run_id IS NULL
"""
# What people declined is alone again, whatever the run had suggested.
_DECLINED = """EXISTS (SELECT 1 FROM suggestions AS said
    WHERE said.run_id = found.run_id AND said.group_id = found.group_id AND said.state = 'DECLINED')"""
_HELD = f"""
CREATE TEMP TABLE held_rows ON COMMIT DROP AS
SELECT found.side, found.id FROM nearby_runs JOIN run_results AS found USING (run_id)
WHERE found.beside AND found.disposition <> 'BUFFERED' AND NOT {_DECLINED} AND EXISTS (
    SELECT 1 FROM run_results AS other
    WHERE other.run_id = found.run_id AND other.group_id = found.group_id AND other.side <> found.side
)
"""
_CARRIED = """
CREATE TEMP TABLE carried_rows ON COMMIT DROP AS
SELECT found.side, found.id FROM runs JOIN run_results AS found USING (run_id)
WHERE runs.channel = :channel AND runs.business_date = :business_date AND runs.state = 'SUCCEEDED'
    AND runs.mode = 'COMMIT' AND runs.superseded_by_run_id IS NULL AND runs.same_as_run_id IS NULL
    AND found.beside AND NOT EXISTS (
        SELECT 1 FROM nearby_runs JOIN run_results AS other USING (run_id)
        WHERE other.side = found.side AND other.id = found.id
    )
UNION
SELECT found.side, found.id FROM nearby_runs JOIN run_results AS found USING (run_id)
WHERE nearby_runs.business_date < :business_date AND found.disposition = 'BUFFERED' AND NOT EXISTS (
    SELECT 1 FROM nearby_runs AS elsewhere JOIN run_results AS placed USING (run_id)
    WHERE placed.side = found.side AND placed.id = found.id AND placed.disposition <> 'BUFFERED'
)
"""
_DAY_LINES = f"""
CREATE TEMP TABLE day_lines ON COMMIT DROP AS
SELECT line.*, {LINE_ID} AS line_id, CASE WHEN held.id IS NULL THEN 'OWN' ELSE 'HELD' END AS part
FROM statement_lines AS line LEFT JOIN held_rows AS held ON held.side = 'L' AND held.id = {LINE_ID}
WHERE line.statement_id = ANY(:statement_ids) AND line.business_date = :business_date
UNION ALL
SELECT line.*, {LINE_ID}, 'CARRIED'
FROM carried_rows AS carried JOIN statement_lines AS line ON line.statement_id = split_part(carried.id, '.', 1)
    AND line.line_no = split_part(carried.id, '.', 2)::bigint
WHERE carried.side = 'L'
"""
_LINES = f"""
SELECT line.part, line.line_id, line.statement_id AS file_id, line.line_no, CAST($1 AS text) AS channel, line.kind,
    {_STATUS} AS status, line.channel_txn_no, line.merchant_order_no, line.channel_refund_no, line.merchant_refund_no,
    '' AS batch_no, '' AS payer, line.currency_code, line.amount_minor, {_FEE} AS fee_minor,
    {MICROSECONDS.format("line.book_time")} AS book_time_us, line.business_date
FROM day_lines AS line
"""
# A row of a day beside that some run has placed with a counterpart, also its own day's, is not to be had.
_PLACED = f"""EXISTS (
    SELECT 1 FROM nearby_runs JOIN run_results AS found ON found.run_id = nearby_runs.run_id
    JOIN run_results AS other ON other.run_id = found.run_id AND other.group_id = found.group_id
    WHERE found.side = 'P' AND found.id = {{id}} AND found.disposition <> 'BUFFERED' AND other.side = 'L'
        AND NOT {_DECLINED}
)"""
# What other days have for the run: carried, or what its lines lead to, by the channel's number or by ours. Each is
# found by its number, so that a run does not grow with the days that there are.
_BESIDE = f"""
WITH led_to AS MATERIALIZED (
    SELECT payment_id AS id FROM payments JOIN day_lines AS line ON line.channel_txn_no = payments.channel_txn_no
    WHERE payments.channel = $1 AND payments.business_date = ANY($4) AND line.channel_txn_no <> ''
    UNION
    SELECT payment_id FROM payments JOIN day_lines AS line ON line.merchant_order_no = payments.merchant_order_no
    WHERE payments.channel = $1 AND payments.business_date = ANY($4) AND line.merchant_order_no <> ''
    UNION
    SELECT refund_id FROM refunds JOIN day_lines AS line ON line.channel_refund_no = refunds.channel_refund_no
    WHERE refunds.channel = $1 AND refunds.at_time >= $7 AND refunds.at_time < $8 AND line.channel_refund_no <> ''
    UNION
    SELECT refund_id FROM refunds JOIN day_lines AS line ON line.merchant_refund_no = refunds.merchant_refund_no
    WHERE refunds.channel = $1 AND refunds.at_time >= $7 AND refunds.at_time < $8 AND line.merchant_refund_no <> ''
), beside AS MATERIALIZED (
    SELECT id, 'CARRIED' AS part FROM carried_rows WHERE side = 'P'
    UNION ALL
    SELECT id, 'BESIDE' FROM led_to WHERE NOT {_PLACED.format(id="led_to.id")}
        AND NOT EXISTS (SELECT 1 FROM carried_rows AS carried WHERE carried.side = 'P' AND carried.id = led_to.id)
)
"""
_HELD_OR = """CASE WHEN EXISTS (SELECT 1 FROM held_rows WHERE held_rows.side = 'P' AND held_rows.id = {id}) THEN 'HELD'
    ELSE {part} END"""
_PAYMENT = f"""
SELECT {_HELD_OR.format(id="payment.payment_id", part="{part}")} AS part, payment.payment_id, payment.merchant_id,
    payment.channel, 'PAYMENT' AS kind, 'SUCCEEDED' AS state, payment.channel_txn_no, payment.merchant_order_no,
    '' AS channel_refund_no, '' AS merchant_refund_no, payment.bill_no, '' AS batch_no, '' AS payer,
    payment.currency_code, payment.amount_minor, payment.fee_minor,
    {MICROSECONDS.format("payment.pay_time")} AS pay_time_us, payment.business_date, payment.traceparent
FROM payments AS payment"""
_REFUND = f"""
SELECT {_HELD_OR.format(id="refund.refund_id", part="{part}")}, refund.refund_id, refund.merchant_id,
    refund.channel, 'REFUND', refund.state, refund.channel_txn_no, refund.merchant_order_no, refund.channel_refund_no,
    refund.merchant_refund_no, refund.bill_no, '', '', refund.currency_code, -refund.amount_minor, NULL,
    {MICROSECONDS.format("refund.at_time")},
    CAST($2 AS date) + CASE WHEN refund.at_time >= $5 AND refund.at_time < $6 THEN 0
        ELSE floor(extract(epoch FROM refund.at_time - $5) / 86400)::int END,
    refund.traceparent
FROM refunds AS refund"""
# Money that the channel may have and the books do not. It has no day: it is told only beside a line that leads to it.
_UNPAID = f"""
SELECT 'BESIDE' AS part, unpaid.payment_id, unpaid.merchant_id, unpaid.channel, 'PAYMENT' AS kind, unpaid.state,
    unpaid.channel_txn_no, unpaid.merchant_order_no, '' AS channel_refund_no, '' AS merchant_refund_no, unpaid.bill_no,
    '' AS batch_no, '' AS payer, unpaid.currency_code, unpaid.amount_minor, NULL::bigint AS fee_minor,
    {MICROSECONDS.format("unpaid.create_time")} AS pay_time_us, CAST($2 AS date) AS business_date, '' AS traceparent
FROM unpaid_payments AS unpaid
WHERE unpaid.channel = $1 AND unpaid.first_sequence <= $3 AND unpaid.payment_id IN (
    SELECT payment_id FROM unpaid_payments JOIN day_lines AS line USING (channel_txn_no)
    WHERE unpaid_payments.channel = $1 AND channel_txn_no <> ''
    UNION
    SELECT payment_id FROM unpaid_payments JOIN day_lines AS line USING (merchant_order_no)
    WHERE unpaid_payments.channel = $1 AND merchant_order_no <> ''
) AND NOT EXISTS (SELECT 1 FROM held_rows AS held WHERE held.side = 'P' AND held.id = unpaid.payment_id)
"""
_PAYMENTS = f"""
{_BESIDE}
{_PAYMENT.format(part="'OWN'")}
WHERE payment.channel = $1 AND payment.business_date = $2 AND payment.first_sequence <= $3
UNION ALL
{_PAYMENT.format(part="beside.part")} JOIN beside ON beside.id = payment.payment_id
WHERE payment.channel = $1 AND payment.business_date <> $2 AND payment.first_sequence <= $3
UNION ALL
{_REFUND.format(part="'OWN'")}
WHERE refund.channel = $1 AND refund.at_time >= $5 AND refund.at_time < $6 AND refund.first_sequence <= $3
UNION ALL
{_REFUND.format(part="beside.part")} JOIN beside ON beside.id = refund.refund_id
WHERE refund.channel = $1 AND NOT (refund.at_time >= $5 AND refund.at_time < $6) AND refund.first_sequence <= $3
UNION ALL
{_UNPAID}
"""
# Of what an `again` rule names alike on another channel or day, the first that was paid, has not been given back and
# that no run misses at the channel.
_PAID_BEFORE = """
SELECT DISTINCT ON (own.payment_id) '{rule_id}' AS rule_id, own.payment_id, first.payment_id AS first_id
FROM payments AS own JOIN payments AS first ON {same}
WHERE own.channel = $1 AND own.business_date = $2 AND own.first_sequence <= $3 AND own.bill_no <> ''
    AND first.bill_no <> '' AND first.first_sequence <= $3
    AND (first.channel <> own.channel OR first.business_date <> own.business_date)
    AND first.pay_time > own.pay_time - interval '7 days'
    AND (first.pay_time, first.payment_id) < (own.pay_time, own.payment_id)
    AND NOT EXISTS (SELECT 1 FROM refunds WHERE refunds.payment_id = first.payment_id AND refunds.state <> 'FAILED')
    AND NOT EXISTS (SELECT 1 FROM exceptions JOIN runs USING (run_id)
        WHERE exceptions.payment_id = first.payment_id AND exceptions.state <> 'RESOLVED' AND runs.mode = 'COMMIT'
            AND exceptions.exception_class IN ('PLATFORM_ONLY', 'STATUS_PLATFORM_SUCCESS'))
ORDER BY own.payment_id, first.pay_time, first.payment_id
"""
_NO_BILLS = "SELECT '' AS rule_id, '' AS payment_id, '' AS first_id WHERE FALSE"
# What of a payment the mirror knows and an `again` rule may name.
_NAMED = frozenset(
    {"merchant_id", "bill_no", "currency_code", "amount_minor", "merchant_order_no", "channel", "channel_txn_no"}
)


class FrameStore:
    """The statements, on the session of one transaction, which must see one instant (REPEATABLE READ)."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, day: BusinessDay, statement_ids: list[str], seconds_max: float) -> None:
        """Find what the days beside have to do with the day; the lines of these statements are its own."""
        await self._session.execute(
            text("SELECT set_config('statement_timeout', :value, true)"), {"value": f"{int(seconds_max * 1000)}ms"}
        )
        days = {
            "channel": day.channel,
            "business_date": day.business_date,
            "first_date": date.fromordinal(day.business_date.toordinal() - _CARRIED_DAYS),
            "last_date": date.fromordinal(day.business_date.toordinal() + _CARRIED_DAYS),
        }
        await self._session.execute(text(_NEARBY), days)
        await self._session.execute(text(_HELD))
        await self._session.execute(text(_CARRIED), {"channel": day.channel, "business_date": day.business_date})
        own = {"statement_ids": statement_ids, "business_date": day.business_date}
        await self._session.execute(text(_DAY_LINES), own)
        for table in ("held_rows", "carried_rows", "day_lines"):
            await self._session.execute(text(f"ANALYZE {table}"))

    async def next_day_is_made(self, business_date: date) -> bool:
        """Whether the day after has a run that stands, so that nothing of this day can wait for it."""
        query = text("SELECT EXISTS (SELECT 1 FROM nearby_runs WHERE business_date = :next_date)")
        next_date = date.fromordinal(business_date.toordinal() + 1)
        return bool(await self._session.scalar(query, {"next_date": next_date}))

    async def copy_lines(self, day: BusinessDay, path: Path) -> None:
        """The lines frame, with `part` before it, as CSV with a header."""
        await self._copy(_LINES, path, day.channel)

    async def copy_payments(self, day: BusinessDay, up_to: int, path: Path) -> None:
        """The payments frame in the same way, of what the feed told up to a sequence."""
        ordinal = day.business_date.toordinal()
        beside = [date.fromordinal(ordinal - 1), date.fromordinal(ordinal + 1)]
        moments = (day.begins, day.ends, day.before_begins, day.after_ends)
        await self._copy(_PAYMENTS, path, day.channel, day.business_date, up_to, beside, *moments)

    async def copy_paid_before(self, day: BusinessDay, up_to: int, rules: Iterable[Again], path: Path) -> None:
        """Payments of the day that pay again, by these rules, what was paid on another channel or day before."""
        bills = [rule for rule in rules if {"merchant_id", "bill_no"} <= {*rule.keys} <= _NAMED]
        queries = (_PAID_BEFORE.format(rule_id=rule.id, same=_same(rule.keys)) for rule in bills)
        query = " UNION ALL ".join(f"({each})" for each in queries)
        values = (day.channel, day.business_date, up_to) if query else ()
        await self._copy(query or _NO_BILLS, path, *values)

    async def _copy(self, query: str, path: Path, *values: object) -> None:
        raw = await (await self._session.connection()).get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None, "a session at work has a connection"
        await driver.copy_from_query(query, *values, output=str(path), format="csv", header=True)


def _same(keys: Iterable[str]) -> str:
    return " AND ".join(f"own.{name} = first.{name}" for name in keys)
