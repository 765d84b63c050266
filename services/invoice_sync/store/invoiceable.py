"""SQL of the money of invoiced payments: a blue invoice takes from what is left, a red letter in the books gives back.

Every function expects the payments to be held (`payments.lock`, `payments.lock_many`), and is part of its caller's
transaction. It never decides what is to be invoiced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.store.sql import run


@dataclass(frozen=True, slots=True)
class Holding:
    """The money of a payment, in minor units: what it was and went back, and what its invoices hold of it."""

    payment_id: str
    amount_minor: int
    refunded_minor: int
    invoiced_minor: int
    red_minor: int
    red_required_minor: int

    @property
    def left_minor(self) -> int:
        """What may still be invoiced."""
        held_minor = self.invoiced_minor - self.red_minor
        return max(0, self.amount_minor - self.refunded_minor - held_minor)


async def take(session: AsyncSession, wanted: Mapping[str, int]) -> set[str]:
    """Take so many minor units of some payments for blue invoices; the payments of which there was not enough left.

    Of those nothing was taken. Waits for whoever takes of the same payment.
    """
    rows = await run(session, _TAKE, list(wanted), list(wanted.values()))
    return set(wanted) - {row[0] for row in rows}


async def give_back(session: AsyncSession, payment_id: str, taken_back_minor: int) -> None:
    """Count what a red letter in the books took back; it is positive. Money that no invoice holds cannot go back."""
    await run(session, _GIVE_BACK, payment_id, taken_back_minor)


async def money_moved(session: AsyncSession, payment_ids: Sequence[str]) -> list[str]:
    """Follow what the feed told of payments that have invoices; those of which money went back or came again."""
    # In the order in which `overtaken` holds them, since an update of many has none.
    held = "SELECT FROM invoiceable WHERE payment_id = ANY ($1::text[]) ORDER BY payment_id FOR NO KEY UPDATE"
    await run(session, held, list(payment_ids))
    return [row[0] for row in await run(session, _MOVED, list(payment_ids))]


async def too_high(session: AsyncSession, payment_ids: Sequence[str]) -> dict[str, str]:
    """Those of some payments whose invoices hold more than is left, so that a red letter is wanted.

    With the newest blue invoice of each.
    """
    rows = await run(session, _TOO_HIGH, list(payment_ids))
    return {row[0]: row[1] for row in rows}


async def hold(session: AsyncSession, payment_id: str) -> Holding | None:
    """As `of_payment`, with its money held until the transaction ends."""
    rows = await run(session, f"{_HOLDING} WHERE payment_id = $1 FOR NO KEY UPDATE", payment_id)
    return Holding(*rows[0]) if rows else None


async def put_back(session: AsyncSession, payment_id: str, unsent_minor: int) -> None:
    """Count what an invoice that was not sent holds no more; it is positive.

    Where nothing was invoiced but that, the payment stands as if it never had been.
    """
    await run(session, _PUT_BACK, payment_id, unsent_minor)
    await run(session, "DELETE FROM invoiceable WHERE payment_id = $1 AND invoiced_minor = 0", payment_id)


async def count_again(session: AsyncSession, found: Sequence[tuple[str, int]]) -> None:
    """Count what cancelled invoices hold of their payments after all: for each its payment, and minor units."""
    await run(session, _COUNT_AGAIN, [each[0] for each in found], [each[1] for each in found])


async def overtaken(session: AsyncSession, invoice_ids: Sequence[str]) -> set[str]:
    """Those of some blue invoices of whose payment more went back than its invoices leave.

    Their money stands still until the transaction ends. It is asked before where they stand is held, for who follows a
    refund holds the money first: so it finds them idle, or they are found here.
    """
    return {row[0] for row in await run(session, _OVERTAKEN, list(invoice_ids)) if row[1]}


async def to_take_back(session: AsyncSession, after: str, limit: int) -> Sequence[str]:
    """The next payments after one of which more went back than their invoices leave, in order."""
    asked = """
        SELECT payment_id FROM invoiceable WHERE red_required_minor > 0 AND payment_id > $1
        ORDER BY payment_id LIMIT $2
    """
    return [row[0] for row in await run(session, asked, after, limit)]


async def count_unless_kept(session: AsyncSession, payment_id: str) -> None:
    """Have the money row of a payment that was invoiced without one, as a release does that knows no such row."""
    await run(session, _COUNT, payment_id)


async def of_payment(session: AsyncSession, payment_id: str) -> Holding | None:
    """The money of a payment; None while it was never invoiced."""
    rows = await run(session, f"{_HOLDING} WHERE payment_id = $1", payment_id)
    return Holding(*rows[0]) if rows else None


_COLUMNS = "payment_id, amount_minor, refunded_minor, invoiced_minor, red_minor, red_required_minor"
_HOLDING = f"SELECT {_COLUMNS} FROM invoiceable"  # noqa: S608  the names are ours
# In order of payments, so that two of these wait for each other and never both. Where nothing is left no row comes
# back; the table's own check stands behind the condition.
_TAKE = f"""
    INSERT INTO invoiceable AS held ({_COLUMNS})
    SELECT payment_id, amount_minor, refunded_minor, wanted.minor, 0, 0
    FROM unnest($1::text[], $2::bigint[]) AS wanted (payment_id, minor) JOIN payment_follow USING (payment_id)
    WHERE wanted.minor BETWEEN 1 AND amount_minor - refunded_minor
    ORDER BY payment_id
    ON CONFLICT (payment_id) DO UPDATE SET invoiced_minor = held.invoiced_minor + excluded.invoiced_minor
    WHERE held.invoiced_minor - held.red_minor + excluded.invoiced_minor <= held.amount_minor - held.refunded_minor
    RETURNING payment_id
"""  # noqa: S608
# What is kept is looked for first: a conflict comes after the table's checks, and blue invoices that red letters took
# back are more than the payment ever was.
_COUNT = f"""
    INSERT INTO invoiceable ({_COLUMNS})
    SELECT payment_id, told.amount_minor, told.refunded_minor, sum(invoice.amount_minor), 0,
        greatest(0, sum(invoice.amount_minor) - (told.amount_minor - told.refunded_minor))
    FROM payment_follow AS told JOIN invoice USING (payment_id) WHERE payment_id = $1 AND invoice.kind = 'BLUE'
        AND NOT EXISTS (SELECT FROM invoiceable AS kept WHERE kept.payment_id = $1)
    GROUP BY payment_id, told.amount_minor, told.refunded_minor
    ON CONFLICT (payment_id) DO NOTHING
"""  # noqa: S608
# Whatever is left: the authority has these invoices, and what is more than that is to be taken back.
_COUNT_AGAIN = f"""
    INSERT INTO invoiceable AS held ({_COLUMNS})
    SELECT payment_id, amount_minor, refunded_minor, again.minor, 0,
        greatest(0, again.minor - (amount_minor - refunded_minor))
    FROM (
        SELECT payment_id, sum(minor)::bigint AS minor
        FROM unnest($1::text[], $2::bigint[]) AS found (payment_id, minor) GROUP BY payment_id
    ) AS again JOIN payment_follow USING (payment_id)
    ORDER BY payment_id
    ON CONFLICT (payment_id) DO UPDATE SET invoiced_minor = held.invoiced_minor + excluded.invoiced_minor,
        red_required_minor = greatest(0,
            held.invoiced_minor + excluded.invoiced_minor - held.red_minor - (held.amount_minor - held.refunded_minor))
"""  # noqa: S608
_GIVE_BACK = """
    UPDATE invoiceable SET red_minor = red_minor + $2,
        red_required_minor = greatest(0, invoiced_minor - red_minor - $2 - (amount_minor - refunded_minor))
    WHERE payment_id = $1
"""
_PUT_BACK = """
    UPDATE invoiceable SET invoiced_minor = invoiced_minor - $2,
        red_required_minor = greatest(0, invoiced_minor - $2 - red_minor - (amount_minor - refunded_minor))
    WHERE payment_id = $1
"""
_OVERTAKEN = """
    SELECT invoice.invoice_id, held.red_required_minor > 0 FROM invoice JOIN invoiceable AS held USING (payment_id)
    WHERE invoice.invoice_id = ANY ($1::text[]) AND invoice.kind = 'BLUE' ORDER BY held.payment_id FOR SHARE OF held
"""
_MOVED = """
    UPDATE invoiceable AS held SET amount_minor = told.amount_minor, refunded_minor = told.refunded_minor,
        red_required_minor
            = greatest(0, held.invoiced_minor - held.red_minor - (told.amount_minor - told.refunded_minor))
    FROM payment_follow AS told
    WHERE held.payment_id = ANY ($1::text[]) AND told.payment_id = held.payment_id
        AND (held.amount_minor, held.refunded_minor) <> (told.amount_minor, told.refunded_minor)
    RETURNING held.payment_id
"""
_TOO_HIGH = """
    SELECT payment_id, invoice_id FROM invoiceable JOIN payment_follow USING (payment_id)
    WHERE payment_id = ANY ($1::text[]) AND red_required_minor > 0 ORDER BY payment_id
"""
