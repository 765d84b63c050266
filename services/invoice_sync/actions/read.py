"""Answers questions about invoices, attempts, sweeps and merchants. It changes nothing and calls no authority."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis import paging
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.money import Money
from services.invoice_sync.actions.gate_view import read_gates
from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.policy import Profile
from services.invoice_sync.domain.shown import Shown
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.domain.sweep import Sweep
from services.invoice_sync.store import attempts, invoices, payments, sweeps

_PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices; an empty field means every value."""

    merchant_id: str
    payment_id: str
    sync_state: SyncState | None

    def text(self) -> str:
        """Every filter in order, for the page token."""
        return "\x1f".join((self.merchant_id, self.payment_id, self.sync_state or ""))


class ReadActions:
    """Each method is one read-only transaction."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def get_invoice(self, invoice_id: str) -> Shown:
        """One invoice. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            view = await read_gates(session, self._clock.now())
        if invoice is None:
            raise _not_found(f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
        return Shown(invoice, view.shut(invoice))

    async def list_invoices(
        self, wanted: InvoiceFilter, page_size: int, page_token: str
    ) -> tuple[Sequence[Shown], str]:
        """A page, newest first, and the token of the next; empty on the last. Raises Fault INVALID_PAGE_TOKEN."""
        size, before = page_size or _PAGE_SIZE, paging.last_id(wanted.text(), page_token)
        async with self._sessions() as session:
            view = await read_gates(session, self._clock.now())
            which = (wanted.merchant_id, wanted.payment_id, wanted.sync_state)
            rows = await invoices.page(session, size + 1, before, *which, view.shut_ways())
        page = [Shown(invoice, view.shut(invoice)) for invoice in rows[:size]]
        more = len(rows) > size
        return page, paging.encode(wanted.text(), (page[-1].invoice.invoice_id,)) if more else ""

    async def summarize_invoices(self, merchant_id: str) -> Sequence[tuple[SyncState, int, Money]]:
        """Count and sum by state and currency."""
        async with self._sessions() as session:
            view = await read_gates(session, self._clock.now())
            return await invoices.summary(session, merchant_id, view.shut_ways())

    async def list_attempts(self, invoice_id: str) -> Sequence[Attempt]:
        """Every attempt, oldest first. Raises Fault NOT_FOUND when there is no such invoice."""
        async with self._sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            log = await attempts.of_invoice(session, invoice_id)
        if invoice is None:
            raise _not_found(f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
        return log

    async def list_sweeps(self, page_size: int, page_token: str) -> tuple[Sequence[Sweep], str]:
        """A page of sweeps that found something, newest first, and the token of the next."""
        size, before = page_size or _PAGE_SIZE, paging.last_id("sweeps", page_token)
        async with self._sessions() as session:
            rows = await sweeps.page(session, size + 1, before)
        page = rows[:size]
        return page, paging.encode("sweeps", (page[-1].sweep_id,)) if len(rows) > size else ""

    async def get_merchant_profile(self, merchant_id: str) -> Profile:
        """A merchant's profile. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            profile = await payments.profile(session, merchant_id)
        if profile is None:
            raise _not_found(f"merchant {merchant_id} has no profile", f"商户 {merchant_id} 未设置开票资料")
        return profile


def _not_found(message: str, message_zh: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", message, message_zh)
