"""SQL of the numbers that are given beforehand: ranges, which invoice bears which, and who waits for one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.diagnosis.facts import NumberUse
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.number import NumberRange, Use
from services.invoice_sync.store.sql import run

_RANGE = "range_id, route, seller_tax_id, count, first_number, used_count, ask_count"


async def lock_open(session: AsyncSession, route_key: str, seller_tax_id: str) -> list[NumberRange]:
    """Hold the open ranges of a seller, so that no one else takes of them; in the order in which they are used."""
    # All of them and not the first alone: that may be used up by the time that it is ours to lock.
    asked = f"""
        SELECT {_RANGE} FROM number_range
        WHERE state = 'OPEN' AND route = $1 AND seller_tax_id = $2 ORDER BY first_number FOR UPDATE
    """  # noqa: S608  the names are ours
    return [NumberRange(*row) for row in await run(session, asked, route_key, seller_tax_id)]


async def use(session: AsyncSession, used: Sequence[Use], now: datetime) -> None:
    """The next numbers of ranges that are held are these invoices'."""
    moved = """
        UPDATE number_range SET used_count = used_count + taken.taken_count,
            state = CASE WHEN used_count + taken.taken_count = count THEN 'USED_UP' ELSE 'OPEN' END
        FROM unnest($1::text[], $2::int[]) AS taken (range_id, taken_count)
        WHERE number_range.range_id = taken.range_id
    """
    taken = Counter(each.range_id for each in used)
    await run(session, moved, list(taken), list(taken.values()))
    noted = """
        INSERT INTO number_use (number, range_id, invoice_id, take_time)
        SELECT number, range_id, invoice_id, $4
        FROM unnest($1::text[], $2::text[], $3::text[]) AS used (number, range_id, invoice_id)
    """
    columns = [[each.number for each in used], [each.range_id for each in used], [each.invoice_id for each in used]]
    await run(session, noted, *columns, now)


async def of_invoice(session: AsyncSession, invoice_id: str) -> str:
    """The number that an invoice's document bears; empty when the authority is to give it one."""
    return (await of_invoices(session, [invoice_id])).get(invoice_id, "")


async def of_invoices(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, str]:
    """The numbers that the newest documents of some invoices bear, for those that bear one."""
    asked = """
        SELECT DISTINCT ON (invoice_id) invoice_id, number FROM number_use
        WHERE invoice_id = ANY ($1::text[]) ORDER BY invoice_id, take_time DESC, number DESC
    """
    return {row[0]: row[1] for row in await run(session, asked, list(invoice_ids))}


async def uses_of(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, NumberUse]:
    """The numbers that some invoices bear, for their diagnosis; those that bear none are left out."""
    asked = """
        SELECT DISTINCT ON (invoice_id) invoice_id, range_id, number, take_time, handed_over_time FROM number_use
        WHERE invoice_id = ANY ($1::text[]) ORDER BY invoice_id, take_time DESC, number DESC
    """
    return {row[0]: NumberUse(*row[1:]) for row in await run(session, asked, list(invoice_ids))}


async def refused_with(session: AsyncSession, invoice_id: str) -> tuple[str, int]:
    """The authority's code and HTTP status to the newest submit that has an answer; ('', 0) when none has."""
    asked = """
        SELECT authority_code, http_status FROM attempt JOIN attempt_end USING (invoice_id, attempt_no)
        WHERE invoice_id = $1 AND operation = 'SUBMIT' ORDER BY attempt_no DESC LIMIT 1
    """
    rows = await run(session, asked, invoice_id)
    return (rows[0][0], rows[0][1]) if rows else ("", 0)


async def hand_over(session: AsyncSession, invoice_id: str, number: str, now: datetime) -> None:
    """Note that someone outside was told a number; the first time counts."""
    noted = """
        UPDATE number_use SET handed_over_time = $3
        WHERE number = $2 AND invoice_id = $1 AND handed_over_time IS NULL
    """
    await run(session, noted, invoice_id, number, now)


async def want(session: AsyncSession, waiting: Sequence[Invoice]) -> None:
    """These new invoices wait for a number."""
    noted = """
        INSERT INTO number_wanted (invoice_id, route, seller_tax_id, create_time)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
    """
    columns = [
        [each.invoice_id for each in waiting],
        [each.route.key for each in waiting],
        [each.seller.tax_id for each in waiting],
        [each.create_time for each in waiting],
    ]
    await run(session, noted, *columns)


async def want_no_more(session: AsyncSession, invoice_id: str) -> None:
    """It waits no more."""
    await run(session, "DELETE FROM number_wanted WHERE invoice_id = $1", invoice_id)


async def waiting(session: AsyncSession, limit: int) -> list[str]:
    """Invoices that wait for a number and whose seller has one left, the oldest first."""
    asked = """
        SELECT invoice_id FROM number_wanted wanted
        WHERE EXISTS (
            SELECT FROM number_range open
            WHERE state = 'OPEN' AND open.route = wanted.route AND open.seller_tax_id = wanted.seller_tax_id
        )
        ORDER BY create_time LIMIT $1
    """
    return [row[0] for row in await run(session, asked, limit)]


async def hold_wanted(session: AsyncSession, invoice_id: str) -> bool:
    """Hold a waiting invoice's place; False when another has it, or it waits no more."""
    asked = "SELECT 1 FROM number_wanted WHERE invoice_id = $1 FOR UPDATE SKIP LOCKED"
    return bool(await run(session, asked, invoice_id))


async def sellers(session: AsyncSession, after: str, limit: int) -> list[str]:
    """The tax ids of the sellers that issue invoices, in order, after one."""
    asked = """
        SELECT DISTINCT seller_tax_id FROM merchant_profile WHERE seller_tax_id > $1 ORDER BY seller_tax_id LIMIT $2
    """
    return [row[0] for row in await run(session, asked, after, limit)]


async def sellers_waiting(session: AsyncSession, limit: int) -> list[tuple[str, str]]:
    """(route, seller) of the invoices that wait for a number."""
    asked = "SELECT DISTINCT route, seller_tax_id FROM number_wanted LIMIT $1"
    return [(row[0], row[1]) for row in await run(session, asked, limit)]


async def ask(session: AsyncSession, wanted: Sequence[NumberRange], low_water: int, now: datetime) -> int:
    """Write ranges down that are to be asked for, of sellers that have fewer numbers left; how many.

    A seller for whom a range is asked for already gets no other, so that two replicas ask for one.
    """
    noted = """
        INSERT INTO number_range
            (range_id, route, seller_tax_id, state, count, first_number, last_number, used_count, create_time, ask_at,
             ask_count, said)
        SELECT range_id, route, seller_tax_id, 'ASKED', count, '', '', 0, $5, $5, 0, ''
        FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS made (range_id, route, seller_tax_id, count)
        WHERE $6 > (
            SELECT coalesce(sum(open.count - open.used_count), 0) FROM number_range open
            WHERE state = 'OPEN' AND open.route = made.route AND open.seller_tax_id = made.seller_tax_id
        )
        ON CONFLICT (route, seller_tax_id) WHERE state = 'ASKED' DO NOTHING
        RETURNING range_id
    """
    columns = [
        [each.range_id for each in wanted],
        [each.route_key for each in wanted],
        [each.seller_tax_id for each in wanted],
        [each.count for each in wanted],
    ]
    return len(await run(session, noted, *columns, now, low_water))


async def to_ask(session: AsyncSession, now: datetime, limit: int) -> list[NumberRange]:
    """Ranges that are to be asked for now, again or for the first time."""
    asked = f"""
        SELECT {_RANGE} FROM number_range WHERE state = 'ASKED' AND ask_at <= $1 ORDER BY ask_at LIMIT $2
    """  # noqa: S608  the names are ours
    return [NumberRange(*row) for row in await run(session, asked, now, limit)]


async def fill(session: AsyncSession, range_id: str, first_number: str, last_number: str) -> bool:
    """The numbers came; False when they had come before."""
    filled = """
        UPDATE number_range SET state = 'OPEN', first_number = $2, last_number = $3, said = ''
        WHERE range_id = $1 AND state = 'ASKED' RETURNING range_id
    """
    return bool(await run(session, filled, range_id, first_number, last_number))


async def are_given(session: AsyncSession, range_id: str, first_number: str, last_number: str) -> bool:
    """Whether another range that came before has one of these numbers, whoever's it is."""
    asked = """
        SELECT EXISTS (
            SELECT FROM number_range
            WHERE state <> 'ASKED' AND range_id <> $1 AND first_number <= $3 AND last_number >= $2
        )
    """
    return bool((await run(session, asked, range_id, first_number, last_number))[0][0])


async def put_off(session: AsyncSession, range_id: str, said: str, ask_at: datetime) -> None:
    """No numbers came; ask again later."""
    noted = """
        UPDATE number_range SET ask_count = ask_count + 1, ask_at = $3, said = $2
        WHERE range_id = $1 AND state = 'ASKED'
    """
    await run(session, noted, range_id, said, ask_at)
