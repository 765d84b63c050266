"""One question to the authority: its attempt row first, a bounded wait, then what came of it. It moves no invoice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.invoice_sync.actions.attempt_log import AttemptLog, Chain
from services.invoice_sync.domain.attempt import Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.lookup import shows_other
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import Announcements, NotOffered, TaxSystem, WindowPage

Call = Callable[[], Awaitable[TaxAnswer]]


@dataclass(frozen=True, slots=True)
class Asked:
    """An answered question and the row that proves it."""

    attempt_id: str
    answer: TaxAnswer


async def bounded(call: Call, seconds: float) -> TaxAnswer:
    """The answer, or UNKNOWN when there is none in time: a time-out never means that nothing happened."""
    try:
        async with asyncio.timeout(seconds):
            return await call()
    except TimeoutError:
        return TaxAnswer(Outcome.UNKNOWN, f"no answer within {seconds:g} s")


class Questions:
    """Asks the authority's main database, and writes each question down before its first byte."""

    def __init__(self, log: AttemptLog, tax: TaxSystem, call_seconds: float) -> None:
        self._log = log
        self.tax = tax
        self._call_seconds = call_seconds

    async def by_key(self, chain: Chain) -> Asked:
        """Ask for our key."""
        claim = chain.claim
        return await self._ask(
            chain,
            Operation.QUERY_BY_KEY,
            claim.route,
            lambda: self.tax.query_by_key(claim.route, claim.seller_tax_id, claim.idempotency_key),
        )

    async def by_number(self, chain: Chain, invoice_number: str) -> Asked:
        """Ask for the authority's number."""
        route = chain.claim.route
        return await self._ask(
            chain, Operation.QUERY_BY_NUMBER, route, lambda: self.tax.query_by_number(route, invoice_number)
        )

    async def elsewhere(self, chain: Chain, place: Route) -> Asked:
        """Ask for our key in another place of the same authority."""
        claim = chain.claim
        return await self._ask(
            chain,
            Operation.QUERY_ELSEWHERE,
            place,
            lambda: self.tax.query_by_key(place, claim.seller_tax_id, claim.idempotency_key),
        )

    async def seal(self, chain: Chain) -> Asked:
        """Ask for the seal once more."""
        claim = chain.claim

        async def call() -> TaxAnswer:
            answer = await self.tax.seal(claim.route, claim.standing.invoice_number)
            if isinstance(answer, NotOffered):
                return TaxAnswer(Outcome.UNKNOWN, "the authority has no call for a seal")
            return answer

        return await self._ask(chain, Operation.SEAL, claim.route, call)

    async def window(
        self,
        chain: Chain,
        span: tuple[datetime, datetime, str],
        pages_max: int,
        may_go_on: Callable[[], Awaitable[bool]],
    ) -> tuple[Asked, list[WindowPage]]:
        """Read what the main book took for the seller from one instant to another, after a page ('' for the first).

        One attempt stands for all pages; `may_go_on` is asked before each but the first. Its answer is that of the
        last, UNKNOWN when there were too many or it may not go on, and none of the pages is there when the authority
        has no such list.
        """
        claim, pages = chain.claim, list[WindowPage]()
        from_time, until, after = span
        begun = await self._log.begin(chain, Operation.QUERY_WINDOW, claim.route)
        answer = TaxAnswer(Outcome.UNKNOWN, f"the list has more than {pages_max} pages")
        for _ in range(pages_max):
            page = await self.tax.window(claim.route, claim.seller_tax_id, from_time, after, until)
            if isinstance(page, NotOffered):
                answer = TaxAnswer(Outcome.UNKNOWN, "the authority has no such list")
                break
            pages.append(page)
            after = page.next_after
            if page.answer.outcome is not Outcome.OK or not after:
                answer = page.answer
                break
            if not await may_go_on():
                answer = TaxAnswer(Outcome.UNKNOWN, "the time or the rate budget did not reach to the end of the list")
                break
        await self._log.end(chain, begun, answer)
        return Asked(begun.attempt_id, answer), pages

    async def outages(self, route: Route) -> Announcements:
        """What the authority announces now; it tells nothing of what is over."""
        announced = await self.tax.announcements(route)
        if isinstance(announced, NotOffered):
            return Announcements(TaxAnswer(Outcome.OK, "the authority announces nothing"))
        return announced

    async def _ask(self, chain: Chain, operation: Operation, route: Route, call: Call) -> Asked:
        begun = await self._log.begin(chain, operation, route)
        answer = await bounded(call, self._call_seconds)
        if shows_other(answer, chain.claim.document_sha256, chain.claim.standing.invoice_number):
            answer = replace(answer, outcome=Outcome.MISMATCH)
        await self._log.end(chain, begun, answer)
        return Asked(begun.attempt_id, answer)
