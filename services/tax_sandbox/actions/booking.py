"""Moves what is due into the main book, in the background."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.database import Sessions
from services.tax_sandbox.domain.acceptance import number_of
from services.tax_sandbox.domain.document import amount_minor_of, sha256_of, with_altered_amount
from services.tax_sandbox.domain.fault import FaultName
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.acceptance import AcceptanceStore
from services.tax_sandbox.store.booking import Booked, BookingStore, Twisted

_BOOKED_IN_A_TURN_MAX = 500


class BookingActions:
    """The one way into `main_book`."""

    def __init__(self, sessions: Sessions, steered: Steered) -> None:
        self._sessions = sessions
        self._steered = steered

    async def book_due(self) -> int:
        """One turn: what is due gets its row in the main book.

        Returns how many were looked at when more may be due, and else 0, so that the loop rests: what falls due in the
        meantime shares a commit.
        """
        await self._steered.ready()
        now = self._steered.now()
        async with self._sessions.begin() as session:
            store = BookingStore(session)
            booked = await store.book_due(now, _BOOKED_IN_A_TURN_MAX)
            twisted = await store.take_twisted(now, _BOOKED_IN_A_TURN_MAX)
            booked += [one for due in twisted if (one := await _book_twisted(session, due, now))]
            if blue_numbers := [one.red_of for one in booked if one.red_of]:
                await store.flush_covered(blue_numbers, now)
        for one in booked:
            _trace(one)
        looked_at = max(len(booked), len(twisted))
        return looked_at if looked_at >= _BOOKED_IN_A_TURN_MAX else 0


async def _book_twisted(session: AsyncSession, due: Twisted, now: datetime) -> Booked | None:
    """Book one as its fault wants it, or leave it without a seal."""
    store, number, document = BookingStore(session), due.invoice_number, due.document
    if due.twist is FaultName.SEAL_FAILED:
        await store.fail_seal(number, now)
        return None
    if due.twist is FaultName.BOOKED_WITH_ALTERED_AMOUNT:
        document = with_altered_amount(document)
    if due.twist is FaultName.BOOKED_UNDER_OTHER_NUMBER:
        number = number_of(now.year, due.place.region, (await AcceptanceStore(session).next_sequences(1))[0])
    await store.book_otherwise(
        due.invoice_number, number, document, sha256_of(document), amount_minor_of(document), now
    )
    return Booked(number, due.traceparent, due.red_of)


def _trace(booked: Booked) -> None:
    """Leave a mark in the trace of the submit, if it has one."""
    if booked.traceparent:
        with telemetry.span("book_invoice", parent=booked.traceparent):
            telemetry.annotate(invoice_number=booked.book_number)
