"""Red letter service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .confirmation import Confirmation
from .invoice import Invoice
from .red_letter import InvoiceableAmount, RedLetter, RedMove, RedReason, RedState, RedStep


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceableAmountResponse:
    """The money of a payment."""

    invoiceable: InvoiceableAmount | None = None
    """What of it is invoiced, and what may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRedLetterResponse:
    """One red letter."""

    red_letter: RedLetter | None = None
    """The red letter."""

    steps: Sequence[RedStep] = ()
    """Every step, the first one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRemainderResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice; unset while a second person has to confirm it for its amount, or after it was refused."""

    replayed: bool = False
    """True when it had been asked for before."""

    confirmation: Confirmation | None = None
    """What a second person has to confirm, or decided; unset when the amount needs nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRedLettersResponse:
    """A page of red letters."""

    red_letters: Sequence[RedLetter] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRedLetterResponse:
    """The red letter as it stands."""

    red_letter: RedLetter | None = None
    """The red letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRedLetterResponse:
    """The red letter as it stands."""

    red_letter: RedLetter | None = None
    """The red letter."""

    replayed: bool = False
    """True when it had been asked for before."""


_GET_INVOICEABLE_AMOUNT = Operation(
    name="get_invoiceable_amount",
    verb="GET",
    template="/v1/payments/{payment_id}/invoiceable",
    body="",
    answer=GetInvoiceableAmountResponse,
    variables=("payment_id",),
)
_GET_RED_LETTER = Operation(
    name="get_red_letter",
    verb="GET",
    template="/v1/red-letters/{red_letter_id}",
    body="",
    answer=GetRedLetterResponse,
    variables=("red_letter_id",),
)
_INVOICE_REMAINDER = Operation(
    name="invoice_remainder",
    verb="POST",
    template="/v1/payments/{payment_id}:invoiceRemainder",
    body="*",
    answer=InvoiceRemainderResponse,
    variables=("payment_id",),
    takes_key=True,
    mutates=True,
)
_LIST_RED_LETTERS = Operation(
    name="list_red_letters", verb="GET", template="/v1/red-letters", body="", answer=ListRedLettersResponse
)
_MOVE_RED_LETTER = Operation(
    name="move_red_letter",
    verb="POST",
    template="/v1/red-letters/{red_letter_id}:move",
    body="*",
    answer=MoveRedLetterResponse,
    variables=("red_letter_id",),
    mutates=True,
)
_REQUEST_RED_LETTER = Operation(
    name="request_red_letter",
    verb="POST",
    template="/v1/red-letters",
    body="*",
    answer=RequestRedLetterResponse,
    takes_key=True,
    mutates=True,
)


class RedLetterService(Calls):
    """Takes invoices back by red letters, and invoices what comes free by that. Blocking."""

    def get_invoiceable_amount(
        self, payment_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceableAmountResponse:
        """Tells what of a payment is invoiced, and what may be.

        payment_id: The payment.
        """
        return self._transport.send(_GET_INVOICEABLE_AMOUNT, {"payment_id": payment_id}, "", timeout_seconds)

    def get_red_letter(self, red_letter_id: str, *, timeout_seconds: float | None = None) -> GetRedLetterResponse:
        """Gets a red letter with every step of it.

        red_letter_id: Ours.
        """
        return self._transport.send(_GET_RED_LETTER, {"red_letter_id": red_letter_id}, "", timeout_seconds)

    def invoice_remainder(
        self,
        payment_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        natural_person: bool = False,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> InvoiceRemainderResponse:
        """Issues an invoice for all of a payment that no invoice holds: after a red letter, or when a chargeback
        was won. Idempotent by request_id. NOT_INVOICEABLE when nothing is left.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _INVOICE_REMAINDER,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
            },
            idempotency_key,
            timeout_seconds,
        )

    def list_red_letters(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListRedLettersResponse:
        """Lists red letters, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_RED_LETTERS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    def list_all_red_letters(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[RedLetter]:
        """What all pages of `list_red_letters` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_red_letters(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.red_letters

    def move_red_letter(
        self, red_letter_id: str, *, move: RedMove, why: str, timeout_seconds: float | None = None
    ) -> MoveRedLetterResponse:
        """Has the form confirmed, refused or withdrawn, which shows as wanted_move until the authority did it.
        Idempotent. RED_LETTER_STATE when the seller cannot do that now.

        red_letter_id: The red letter.
        move: What is to be done.
        why: Why.
        """
        return self._transport.send(
            _MOVE_RED_LETTER, {"red_letter_id": red_letter_id, "move": move, "why": why}, "", timeout_seconds
        )

    def request_red_letter(
        self,
        *,
        invoice_id: str,
        amount_minor: int = 0,
        reason: RedReason,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestRedLetterResponse:
        """Asks for a red letter for all or a part of a booked invoice. Idempotent by request_id.
        RED_NOT_POSSIBLE when the invoice is not in the books, has an active red letter, or less of it is
        left.

        invoice_id: The blue invoice.
        amount_minor: How much to take back, in minor units, above zero; 0 for all that is left of the
          invoice.
        reason: Why.
        note: In the person's own words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _REQUEST_RED_LETTER,
            {"invoice_id": invoice_id, "amount_minor": amount_minor, "reason": reason, "note": note},
            idempotency_key,
            timeout_seconds,
        )


class AsyncRedLetterService(AsyncCalls):
    """Takes invoices back by red letters, and invoices what comes free by that. For asyncio."""

    async def get_invoiceable_amount(
        self, payment_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceableAmountResponse:
        """Tells what of a payment is invoiced, and what may be.

        payment_id: The payment.
        """
        return await self._transport.send(_GET_INVOICEABLE_AMOUNT, {"payment_id": payment_id}, "", timeout_seconds)

    async def get_red_letter(self, red_letter_id: str, *, timeout_seconds: float | None = None) -> GetRedLetterResponse:
        """Gets a red letter with every step of it.

        red_letter_id: Ours.
        """
        return await self._transport.send(_GET_RED_LETTER, {"red_letter_id": red_letter_id}, "", timeout_seconds)

    async def invoice_remainder(
        self,
        payment_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        natural_person: bool = False,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> InvoiceRemainderResponse:
        """Issues an invoice for all of a payment that no invoice holds: after a red letter, or when a chargeback
        was won. Idempotent by request_id. NOT_INVOICEABLE when nothing is left.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _INVOICE_REMAINDER,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def list_red_letters(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListRedLettersResponse:
        """Lists red letters, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_RED_LETTERS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_red_letters(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[RedLetter]:
        """What all pages of `list_red_letters` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_red_letters(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.red_letters:
                yield one

    async def move_red_letter(
        self, red_letter_id: str, *, move: RedMove, why: str, timeout_seconds: float | None = None
    ) -> MoveRedLetterResponse:
        """Has the form confirmed, refused or withdrawn, which shows as wanted_move until the authority did it.
        Idempotent. RED_LETTER_STATE when the seller cannot do that now.

        red_letter_id: The red letter.
        move: What is to be done.
        why: Why.
        """
        return await self._transport.send(
            _MOVE_RED_LETTER, {"red_letter_id": red_letter_id, "move": move, "why": why}, "", timeout_seconds
        )

    async def request_red_letter(
        self,
        *,
        invoice_id: str,
        amount_minor: int = 0,
        reason: RedReason,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestRedLetterResponse:
        """Asks for a red letter for all or a part of a booked invoice. Idempotent by request_id.
        RED_NOT_POSSIBLE when the invoice is not in the books, has an active red letter, or less of it is
        left.

        invoice_id: The blue invoice.
        amount_minor: How much to take back, in minor units, above zero; 0 for all that is left of the
          invoice.
        reason: Why.
        note: In the person's own words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _REQUEST_RED_LETTER,
            {"invoice_id": invoice_id, "amount_minor": amount_minor, "reason": reason, "note": note},
            idempotency_key,
            timeout_seconds,
        )
