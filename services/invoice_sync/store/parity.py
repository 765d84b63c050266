"""SQL of the control totals by period: our own sums counted out of the invoices, and the results that are kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.parity import (
    DaySums,
    Difference,
    DifferenceClass,
    OursRow,
    ParityState,
    Period,
    Sums,
)
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store.cases import Case
from services.invoice_sync.store.sql import look_up_by_index, run
from services.invoice_sync.store.standings import transposed

# By our knowledge in the authority's totals, as `Standing.counted` has it.
_COUNTED = """
    (standing.sync_state IN ('BOOKED', 'CONFIRMED') OR standing.sync_state = 'VOIDED' AND standing.red_number <> '')
"""
_RUN = """
    run_id, seller_tax_id, first_date, last_date, state, complete, watermark, waiting_count, difference_count, days,
    fingerprint, start_time, check_time
"""
_ROW = f"""
    SELECT invoice.invoice_id, invoice.idempotency_key, standing.invoice_number, invoice.kind, invoice.amount_minor,
        invoice.issue_date, standing.sync_state, {_COUNTED}
    FROM invoice JOIN standing ON standing.invoice_id = invoice.invoice_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class ParityRun:
    """A comparison as it is kept. `waiting_count` is of what is in no book yet; `check_time` is when it was so last."""

    run_id: str
    seller_tax_id: str
    period: Period
    state: ParityState
    complete: bool
    watermark: datetime
    waiting_count: int
    difference_count: int
    days: Sequence[DaySums]
    fingerprint: str
    start_time: datetime
    check_time: datetime


async def ours(session: AsyncSession, seller_tax_id: str, period: Period) -> Mapping[date, Sums]:
    """Our sums of each day of a period, counted out of the invoices, whatever the running totals say."""
    await look_up_by_index(session)
    asked = f"""
        SELECT invoice.issue_date,
            count(*) FILTER (WHERE kind = 'BLUE'), coalesce(sum(amount_minor) FILTER (WHERE kind = 'BLUE'), 0)::bigint,
            count(*) FILTER (WHERE kind = 'RED'), coalesce(sum(amount_minor) FILTER (WHERE kind = 'RED'), 0)::bigint
        FROM invoice JOIN standing ON standing.invoice_id = invoice.invoice_id
        WHERE seller_tax_id = $1 AND issue_date BETWEEN $2 AND $3 AND {_COUNTED}
        GROUP BY invoice.issue_date
    """  # noqa: S608
    rows = await run(session, asked, seller_tax_id, period.first, period.last)
    return {row[0]: Sums(*row[1:]) for row in rows}


async def waiting(session: AsyncSession, seller_tax_id: str, period: Period) -> int:
    """How many invoices of a period are in no book yet and are not given up for good."""
    await look_up_by_index(session)
    asked = """
        SELECT count(*) FROM invoice JOIN standing ON standing.invoice_id = invoice.invoice_id
        WHERE seller_tax_id = $1 AND issue_date BETWEEN $2 AND $3
            AND standing.sync_state NOT IN ('BOOKED', 'CONFIRMED', 'VOIDED', 'ABANDONED', 'CANCELLED')
    """
    ((count,),) = await run(session, asked, seller_tax_id, period.first, period.last)
    return int(count)


async def ours_of_days(session: AsyncSession, seller_tax_id: str, days: Sequence[date]) -> Sequence[OursRow]:
    """Every invoice of a seller's days, wherever it stands."""
    await look_up_by_index(session)
    asked = f"{_ROW} WHERE invoice.seller_tax_id = $1 AND invoice.issue_date = ANY ($2::date[])"
    return [_ours(row) for row in await run(session, asked, seller_tax_id, list(days))]


async def ours_by_key(session: AsyncSession, keys: Sequence[str]) -> Sequence[OursRow]:
    """The invoices of some keys, wherever they stand."""
    await look_up_by_index(session)
    asked = f"{_ROW} WHERE invoice.idempotency_key = ANY ($1::text[])"
    return [_ours(row) for row in await run(session, asked, list(keys))]


async def newest(session: AsyncSession, seller_tax_id: str, period: Period) -> ParityRun | None:
    """The last result of a period."""
    asked = f"""
        SELECT {_RUN} FROM parity_run WHERE seller_tax_id = $1 AND first_date = $2 AND last_date = $3
        ORDER BY run_id DESC LIMIT 1
    """  # noqa: S608
    rows = await run(session, asked, seller_tax_id, period.first, period.last)
    return _run(rows[0]) if rows else None


async def hold(session: AsyncSession, seller_tax_id: str, period: Period) -> None:
    """Let no one else keep a result of this period before the transaction ends."""
    name = f"parity {seller_tax_id} {period.text()}"
    await run(session, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)


async def add(session: AsyncSession, made: ParityRun, differences: Sequence[Difference]) -> None:
    """Keep a result with its differences, in order."""
    days = json.dumps([_day_json(each) for each in made.days])
    added = f"""
        INSERT INTO parity_run ({_RUN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13)
    """  # noqa: S608
    period = (made.period.first, made.period.last)
    counts = (made.waiting_count, made.difference_count)
    stood = (made.state.value, made.complete, made.watermark, *counts, days, made.fingerprint)
    await run(session, added, made.run_id, made.seller_tax_id, *period, *stood, made.start_time, made.check_time)
    for no, each in enumerate(differences, 1):
        await run(session, _ADD_DIFFERENCE, made.run_id, no, *_difference_values(each))


async def checked(session: AsyncSession, run_id: str, now: datetime) -> None:
    """Note that a result was found again."""
    await run(session, "UPDATE parity_run SET check_time = $2 WHERE run_id = $1", run_id, now)


async def get(session: AsyncSession, run_id: str) -> ParityRun | None:
    """One result."""
    rows = await run(session, f"SELECT {_RUN} FROM parity_run WHERE run_id = $1", run_id)  # noqa: S608
    return _run(rows[0]) if rows else None


async def page(session: AsyncSession, seller_tax_id: str, before: str, limit: int) -> Sequence[ParityRun]:
    """Newest first; ids sort by the time of their making. An empty seller is every one."""
    asked = f"""
        SELECT {_RUN} FROM parity_run WHERE ($1 = '' OR seller_tax_id = $1) AND ($2 = '' OR run_id < $2)
        ORDER BY run_id DESC LIMIT $3
    """  # noqa: S608
    return [_run(row) for row in await run(session, asked, seller_tax_id, before, limit)]


async def differences(session: AsyncSession, run_id: str, after: int, limit: int) -> Sequence[Difference]:
    """The differences of a result behind one, in order."""
    asked = """
        SELECT difference_class, issue_date, kind, invoice_id, invoice_number, ours_minor, theirs_minor, ours_state,
            theirs_state
        FROM parity_difference WHERE run_id = $1 AND difference_no > $2 ORDER BY difference_no LIMIT $3
    """
    rows = await run(session, asked, run_id, after, limit)
    return [Difference(DifferenceClass(row[0]), *row[1:]) for row in rows]


async def close_cases(
    session: AsyncSession, kind: str, seller_tax_id: str, period: Period, still: Sequence[Case], now: datetime
) -> None:
    """Close the cases of a seller's period, save those of what differs still."""
    closed = """
        UPDATE finding_case SET close_time = $4
        WHERE kind = $1 AND seller_tax_id = $2 AND close_time IS NULL AND issue_date = ANY ($3::text[])
            AND (invoice_id, reference, issue_date) NOT IN (
                SELECT * FROM unnest($5::text[], $6::text[], $7::text[])
            )
    """
    days = [each.isoformat() for each in period.days(period.last)]
    differs = transposed((each.invoice_id, each.reference, each.issue_date) for each in still) or [[], [], []]
    await run(session, closed, kind, seller_tax_id, days, now, *differs)


_ADD_DIFFERENCE = """
    INSERT INTO parity_difference (run_id, difference_no, difference_class, issue_date, kind, invoice_id,
        invoice_number, ours_minor, theirs_minor, ours_state, theirs_state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


def _difference_values(each: Difference) -> tuple[Any, ...]:
    return (
        each.difference_class.value,
        each.issue_date,
        each.kind,
        each.invoice_id,
        each.invoice_number,
        each.ours_minor,
        each.theirs_minor,
        each.ours_state,
        each.theirs_state,
    )


def _ours(row: Sequence[Any]) -> OursRow:
    return OursRow(row[0], row[1], row[2], row[3], row[4], row[5], SyncState(row[6]), row[7])


def _day_json(each: DaySums) -> Mapping[str, Any]:
    return {"day": each.day.isoformat(), "ours": asdict(each.ours), "theirs": asdict(each.theirs)}


def _run(row: Sequence[Any]) -> ParityRun:
    run_id, seller, first, last, state, complete, watermark, waits, differ, told, mark, start, check = row
    days = [DaySums(date.fromisoformat(each["day"]), Sums(**each["ours"]), Sums(**each["theirs"])) for each in told]
    period = Period(first, last)
    return ParityRun(
        run_id, seller, period, ParityState(state), complete, watermark, waits, differ, days, mark, start, check
    )
