"""The seam to tax authorities: what invoice_sync needs of one, and a file for each that it can talk to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.red_form import FormMove, RedApplication, RedForm, Side
from services.invoice_sync.domain.route import Route


@dataclass(frozen=True, slots=True)
class NotOffered:
    """The authority has no such call; nothing is proved by that, and nothing is the worse for it."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the main book holds under a number; `idempotency_key` is empty when the authority does not tell it.

    What control totals are about is empty, or None, where its list does not tell that: `kind` (BLUE or RED), the
    amount in minor units, tax included, the day on it, and `status`, of which VOIDED counts in no total.
    """

    invoice_number: str
    idempotency_key: str
    document_sha256: str
    accept_time: datetime
    kind: str = ""
    amount_minor: int | None = None
    issue_date: date | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class WindowPage:
    """A page of what the main book holds; `next_after` is empty on the last.

    Below `watermark` the book is complete: nothing accepted before it is still to be booked. None when not told.
    """

    answer: TaxAnswer
    records: Sequence[Record] = ()
    next_after: str = ""
    watermark: datetime | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """The control totals of a seller's day in the main book. Of red ones the sum is negative."""

    answer: TaxAnswer
    blue_count: int = 0
    blue_minor: int = 0
    red_count: int = 0
    red_minor: int = 0
    watermark: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A span of time in which the authority said that it would be closed."""

    start_time: datetime
    end_time: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Announcements:
    """The outages that an authority announces now. Without an answer that is OK nothing is known of any."""

    answer: TaxAnswer
    outages: Sequence[Outage] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """What a seller may issue in a period, in minor units; `limit_minor` is None when there is no limit."""

    answer: TaxAnswer
    limit_minor: int | None = None
    used_minor: int = 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that are a seller's, to be used in order."""

    answer: TaxAnswer
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A document and its key, for a batch."""

    document: bytes
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class RedFormAnswer:
    """What came of a call about one form; `form` is as it stands after it, None when the answer does not show it."""

    answer: TaxAnswer
    form: RedForm | None = None


@dataclass(frozen=True, slots=True)
class RedFormPage:
    """Forms, the oldest first; `next_after` is empty on the last page. Without an answer that is OK none is known."""

    answer: TaxAnswer
    forms: Sequence[RedForm] = ()
    next_after: str = ""


class TaxSystem(Protocol):
    """One authority's system. No method raises for what the authority or the network does: that is an answer.

    Each call names the route that it goes by. An answer bears `response`, the bytes that came, for the log.
    `offers_window` tells whether there is a list to ask for.
    """

    offers_window: bool

    async def submit(self, route: Route, document: bytes, idempotency_key: str) -> TaxAnswer:
        """Send a frozen document under its key.

        ACCEPTED or DUPLICATE with a number, REJECTED_* with a code, THROTTLED, AUTH, QUOTA, OUTAGE, NOT_RECEIVED only
        when it is proved that no byte arrived, and UNKNOWN for everything else, a time-out first of all.
        """
        ...

    async def query_by_key(self, route: Route, seller_tax_id: str, idempotency_key: str) -> TaxAnswer:
        """Ask the main database for our key: OK (booked), NOT_YET (taken, not booked), NOT_FOUND, or UNKNOWN."""
        ...

    async def query_by_number(self, route: Route, invoice_number: str) -> TaxAnswer:
        """Ask the main database for the authority's number: OK (booked), NOT_YET, NOT_FOUND, or UNKNOWN."""
        ...

    async def ping(self, route: Route) -> TaxAnswer | NotOffered:
        """Ask whether the interface is up, and nothing else."""
        ...

    def elsewhere(self, route: Route) -> Sequence[Route]:
        """The other places of the same authority that may be asked for what was sent by this route."""
        ...

    async def window(
        self, route: Route, seller_tax_id: str, from_time: datetime, after: str, until: datetime | None = None
    ) -> WindowPage | NotOffered:
        """A page of what the main book took for a seller since an instant, after the page before ('' for the first).

        With `until`, only what it took before that. Both are by our clock, and no nearer to each other by theirs.
        """
        ...

    async def totals(self, route: Route, seller_tax_id: str, issue_date: date) -> Totals | NotOffered:
        """The control totals of a seller's day."""
        ...

    async def announcements(self, route: Route) -> Announcements | NotOffered:
        """The outages that the authority announced."""
        ...

    async def buyer_view(self, route: Route, invoice_number: str, buyer_tax_id: str) -> TaxAnswer | NotOffered:
        """Ask as the buyer would in the public verification."""
        ...

    async def seal(self, route: Route, invoice_number: str) -> TaxAnswer | NotOffered:
        """Ask for the seal once more, of what was numbered and could not be sealed."""
        ...

    async def quota(self, route: Route, seller_tax_id: str) -> Quota | NotOffered:
        """What a seller may still issue."""
        ...

    async def take_numbers(self, route: Route, seller_tax_id: str, count: int, key: str) -> Numbers | NotOffered:
        """Take numbers for a seller; the same key gives the same numbers."""
        ...

    async def apply_red_form(self, route: Route, application: RedApplication) -> RedFormAnswer | NotOffered:
        """Apply for the form of a red letter: ACCEPTED with the form, DUPLICATE when the invoice has an active one,
        or REJECTED_*. After any other answer it may or may not be there: `red_forms` of the invoice tells.
        """
        ...

    async def move_red_form(self, route: Route, form_id: str, move: FormMove, by: Side) -> RedFormAnswer | NotOffered:
        """Confirm, refuse or withdraw: ACCEPTED with the form, also when it had been done, or REJECTED_*."""
        ...

    async def red_form(self, route: Route, form_id: str) -> RedFormAnswer | NotOffered:
        """Where a form stands: OK with the form."""
        ...

    async def red_forms(
        self, route: Route, *, blue_number: str = "", seller_tax_id: str = "", after: str = ""
    ) -> RedFormPage | NotOffered:
        """The forms of one invoice, all in one page, or of a seller after a page before ('' for the first)."""
        ...

    async def submit_batch(self, route: Route, items: Sequence[BatchItem]) -> Sequence[TaxAnswer] | NotOffered:
        """Send several at once; an answer for each, in order."""
        ...
