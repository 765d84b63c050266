"""Tries a seal again that failed."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Sessions
from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import Occasion, Phase
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.domain.standing import said_by_the_book
from services.tax_sandbox.steered import Steered, Strikes
from services.tax_sandbox.store.acceptance import AcceptanceStore
from services.tax_sandbox.store.seal import SealStore
from services.tax_sandbox.store.steered import SteeredStore


class SealActions:
    """What is sealed again is booked at the next turn."""

    def __init__(self, sessions: Sessions, steered: Steered, query_days: int, sealing_seconds: float) -> None:
        self._sessions = sessions
        self._steered = steered
        self._query_days = query_days
        self._sealing_seconds = sealing_seconds

    async def seal_invoice(self, occasion: Occasion, number: str) -> Reply:
        """Try the seal of an invoice again if it failed; answers what a query would say afterwards."""
        strikes = Strikes()
        try:
            async with self._sessions.begin() as session:
                refusal = await self._try_again(session, occasion, number, strikes)
                record = (await AcceptanceStore(session).find_by_number([number])).get(number)
                await SteeredStore(session).count_strikes(strikes)
        except BaseException:
            self._steered.give_back(strikes)
            raise
        if refusal:
            return refused(422, refusal)
        now = self._steered.now()
        return said_by_the_book(record, occasion.place, number, now, self._query_days, self._sealing_seconds)

    async def _try_again(
        self, session: AsyncSession, occasion: Occasion, number: str, strikes: Strikes
    ) -> Refusal | None:
        seals, now = SealStore(session), self._steered.now()
        seal = await seals.hold(number)
        record = (await AcceptanceStore(session).find_by_number([number])).get(number)
        if seal is None or record is None or seal.failed_at is None or record.acceptance.place is not occasion.place:
            return None
        tried = seal.try_again(now)
        if isinstance(tried, Refusal):
            return tried
        if self._steered.strike(strikes, Phase.SEALING, _about(occasion, record)):
            await seals.fail_again(number, tried)
        else:
            await seals.seal(number, tried, now)
        return None


def _about(occasion: Occasion, record: Record) -> Occasion:
    acceptance = record.acceptance
    return replace(
        occasion,
        key=acceptance.idempotency_key,
        order_no=acceptance.order_no,
        seller_tax_id=acceptance.seller_tax_id,
    )
