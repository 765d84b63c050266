"""Reads the main book of a place as its sellers and buyers may: windows, watermark, control totals, verification."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Sessions
from services.tax_sandbox.domain.document import Kind
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply, instant
from services.tax_sandbox.domain.standing import not_in_the_book
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.main_book import MainBookStore, Total, Window


class MainBookActions:
    """Each of `taking_since` tells the instant of what is being taken and not yet committed, for the watermark."""

    def __init__(
        self, sessions: Sessions, steered: Steered, taking_since: Sequence[Callable[[], datetime | None]]
    ) -> None:
        self._sessions = sessions
        self._steered = steered
        self._taking_since = taking_since

    async def read_window(self, window: Window, after: tuple[datetime, str] | None, limit: int) -> Reply:
        """A page of what the book holds by acceptance instant; `next` is empty on the last one."""
        async with self._sessions() as session:
            # Before the page: what is booked between the two may be missing in it, and must not count as there.
            watermark = await self._watermark(session, window.place)
            rows = await MainBookStore(session).page(window, after, limit)
        now = self._steered.now()
        more = f"{instant(rows[-1].accepted_at)}_{rows[-1].book_number}" if len(rows) == limit else ""
        invoices = [row.described(now) for row in rows]
        return Reply(200, {"invoices": invoices, "next": more, "watermark": instant(watermark)})

    async def read_watermark(self, place: Place) -> Reply:
        """The instant below which the book of a place is complete."""
        async with self._sessions() as session:
            return Reply(200, {"watermark": instant(await self._watermark(session, place))})

    async def read_totals(self, place: Place, seller_tax_id: str, issue_date: date) -> Reply:
        """Control totals of a seller's issue date; what is void does not count."""
        async with self._sessions() as session:
            watermark = await self._watermark(session, place)
            totals = await MainBookStore(session).totals(place, seller_tax_id, issue_date, self._steered.now())
        return Reply(
            200,
            {
                "seller_tax_id": seller_tax_id,
                "issue_date": issue_date.isoformat(),
                "blue": _total(totals.get(Kind.BLUE, Total())),
                "red": _total(totals.get(Kind.RED, Total())),
                "watermark": instant(watermark),
            },
        )

    async def show_buyer(self, place: Place, number: str, buyer_tax_id: str) -> Reply:
        """What the public verification tells a buyer."""
        async with self._sessions() as session:
            row = await MainBookStore(session).find(place, number)
        return row.shown_to(buyer_tax_id, self._steered.now()) if row else not_in_the_book()

    async def void_invoice(self, number: str) -> bool:
        """Void by hand, as somebody at the portal would; false when nothing is booked under the number."""
        await self._steered.ready()
        async with self._sessions.begin() as session:
            return await MainBookStore(session).void(number, self._steered.now())

    async def flush_invoice(self, number: str, red_number: str) -> bool:
        """Mark as taken back by a red letter that was made by hand; false when nothing is booked under the number."""
        await self._steered.ready()
        async with self._sessions.begin() as session:
            return await MainBookStore(session).flush_by_red(number, red_number, self._steered.now())

    async def _watermark(self, session: AsyncSession, place: Place) -> datetime:
        # In this order: what is being taken now is either told by `taking_since`, or committed and seen as pending.
        bounds = [self._steered.now(), *(since() for since in self._taking_since)]
        bounds.append(await MainBookStore(session).oldest_pending(place))
        return min(bound for bound in bounds if bound)


def _total(total: Total) -> dict[str, int]:
    return {"count": total.count, "amount_minor": total.amount_minor}
