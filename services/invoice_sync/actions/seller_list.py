"""Reads the authority's list of a seller for a proof of absence, in parts where it is long. It counts no round."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.invoice_sync.actions.attempt_log import Chain
from services.invoice_sync.actions.call import Questions
from services.invoice_sync.actions.sweep_lists import open_foreign
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.absence import Round
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.claim import Claim
from services.invoice_sync.store import attempts, books
from services.invoice_sync.tax import Record

_PAGES_MAX = 50
# What is asked in one look must fit into its lease, and into the minute for which a canary is good.
_SECONDS_MAX = 15.0
_PLACES_MAX = 1_000
# How far clocks may be apart beyond what an authority's answers tell.
_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Span:
    """What a list is asked for: what was accepted between two instants, for the round after `last_round_id`."""

    from_time: datetime
    until: datetime
    last_round_id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reading of a span stopped. `watermark` is what its first page told, before anything was read."""

    span: Span
    after: str
    watermark: datetime | None


@dataclass(frozen=True, slots=True)
class ListRead:
    """What was read. `whole` when it came to its end; `stopped_at` when the rest can be read in the next look.

    `ours` when it shows the invoice, `strange` when it shows what could be the invoice under another name.
    """

    attempt_id: str
    whole: bool
    ours: bool
    strange: bool
    watermark: datetime | None
    stopped_at: Place | None


class SellerLists:
    """Remembers for each invoice where its list was left off, in memory: to lose it costs reading once more."""

    def __init__(self, tools: Tools, questions: Questions) -> None:
        self._tools = tools
        self._questions = questions
        self._places: dict[str, Place] = {}

    async def read(self, chain: Chain, rounds: Sequence[Round], may_go_on: Callable[[], Awaitable[bool]]) -> ListRead:
        """Read on, at most 50 pages and 15 seconds. What is neither ours nor known as another's becomes a case."""
        seconds = min(_SECONDS_MAX, self._tools.timers.lease_seconds / 4)
        stop_at = self._tools.clock.now() + timedelta(seconds=seconds)

        async def may_read_on() -> bool:
            return self._tools.clock.now() < stop_at and await may_go_on()

        claim, span = chain.claim, await self._span(chain.claim, rounds)
        place = self._places.get(claim.invoice_id)
        if place is None or place.span != span:
            place = Place(span, "", None)
        asked, pages = await self._questions.window(
            chain, (span.from_time, span.until, place.after), _PAGES_MAX, may_read_on
        )
        records = [record for page in pages for record in page.records]
        watermark = place.watermark if place.after else pages[0].watermark if pages else None
        ours = any(_is_ours(claim, each) for each in records)
        strange = not ours and await self._any_strange(claim, records)
        whole = asked.answer.outcome is Outcome.OK
        read_to = [page.next_after for page in pages if page.answer.outcome is Outcome.OK]
        stopped_at = Place(span, read_to[-1], watermark) if read_to and not whole else None
        return ListRead(asked.attempt_id, whole, ours, strange, watermark, stopped_at)

    def keep(self, invoice_id: str, place: Place) -> None:
        """The next look at this invoice reads on from there."""
        self._places.pop(invoice_id, None)
        self._places[invoice_id] = place
        if len(self._places) > _PLACES_MAX:
            self._places.pop(next(iter(self._places)))

    def forget(self, invoice_id: str) -> None:
        """Its list is read from the beginning when it is read again."""
        self._places.pop(invoice_id, None)

    async def _span(self, claim: Claim, rounds: Sequence[Round]) -> Span:
        """From the first submit to a window after the last moment at which the authority can have taken one."""
        async with self._tools.sessions() as session:
            first = await attempts.first_submit_time(session, claim.invoice_id)
        settle = timedelta(seconds=self._tools.timers.settle_seconds)
        return Span(
            (first or claim.standing.create_time) - _SKEW,
            claim.standing.settle_from + settle + _SKEW,
            rounds[-1].round_id if rounds else "",
        )

    async def _any_strange(self, claim: Claim, records: Sequence[Record]) -> bool:
        """Whether one of these could be ours: unknown by key, number and content, or seen for the first time."""
        if not records:
            return False
        async with self._tools.sessions.begin() as session:
            strange = await books.strange(session, claim.seller_tax_id, records)
            await open_foreign(session, claim.seller_tax_id, strange, self._tools.clock.now())
        return bool(strange)


def _is_ours(claim: Claim, record: Record) -> bool:
    return record.idempotency_key == claim.idempotency_key or record.document_sha256 == claim.document_sha256
