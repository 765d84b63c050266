"""Reads the attempt log for people: search, masked bodies, and whether the log is whole. It changes nothing."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from chassis.crypto import Unsealable
from chassis.errors import Fault, Kind
from chassis.paging import encode
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.pages import last_id
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain import attempt_chain, log_chain
from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.masked_body import masked_view
from services.invoice_sync.store import archive, attempts, cases, invoices
from services.invoice_sync.store.attempts import AttemptFilter
from services.invoice_sync.store.cases import Case

_PAGE_SIZE = 50
# The chain of an invoice is read whole; one with more attempts than this is told by its first ones.
_CHAIN_MAX = 100_000


@dataclass(frozen=True, slots=True)
class AttemptShown:
    """An attempt with what was sent and what came, masked; empty where nothing is kept."""

    attempt: Attempt
    request_view: str
    response_view: str


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """Whether the log of an invoice is as it was written. `flaw` is empty when it is, and else at `attempt_no`.

    A flaw ANCHOR means that a head that was anchored is in the log no more: its end was cut off and written anew.
    """

    invoice_id: str
    attempt_count: int
    head: str
    flaw: str = ""
    attempt_no: int = 0


class AuditActions:
    """Each method is one read-only transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def search_attempts(
        self, wanted: AttemptFilter, page_size: int, page_token: str
    ) -> tuple[Sequence[Attempt], str]:
        """A page of attempts, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, "\x1f".join(str(each or "") for each in astuple(wanted))
        before = last_id(filters, page_token)
        async with self._tools.sessions() as session:
            rows = await attempts.page(session, wanted, size + 1, before)
        page = rows[:size]
        return page, encode(filters, (page[-1].attempt_id,)) if len(rows) > size else ""

    async def get_attempt(self, attempt_id: str) -> AttemptShown:
        """One attempt with its bodies, masked. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            found = await attempts.get(session, attempt_id)
            if found is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no attempt {attempt_id}", f"没有调用记录 {attempt_id}")
            sent = await attempts.sealed_body(session, found.request_sha256)
            received_sha256 = found.answer.response_sha256 if found.answer else ""
            received = await attempts.sealed_body(session, received_sha256)
        return AttemptShown(found, self._view(sent, found.request_sha256), self._view(received, received_sha256))

    async def list_cases(
        self, page_size: int, page_token: str, kind: str, *, open_only: bool
    ) -> tuple[Sequence[Case], str]:
        """A page of cases, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, f"cases\x1f{kind}\x1f{open_only}"
        before = last_id(filters, page_token)
        async with self._tools.sessions() as session:
            rows = await cases.page(session, size + 1, before, kind, open_only=open_only)
        page = rows[:size]
        return page, encode(filters, (page[-1].case_id,)) if len(rows) > size else ""

    async def verify_log(self, invoice_id: str) -> LogVerdict:
        """Whether the log of an invoice is whole, up to the head that stands with it and through every anchor.

        Raises Fault NOT_FOUND.
        """
        async with self._tools.sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            if invoice is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
            log = await attempts.of_invoice(session, invoice_id, _CHAIN_MAX)
            anchored = await archive.anchored_heads(session, invoice_id)
        entries = [attempt_chain.entry(each) for each in log]
        found = log_chain.verify(entries)
        if isinstance(found, log_chain.Broken):
            return LogVerdict(invoice_id, len(log), "", found.why.value, found.attempt_no)
        # While a worker holds it, or after one died, the row has the head of before what is under way.
        heads = {log_chain.GENESIS, *(each.log_hash for each in log), *(each.end_log_hash for each in log)}
        if invoice.standing.log_head not in heads or len(log) < invoice.standing.attempt_count:
            return LogVerdict(invoice_id, len(log), found.head, log_chain.Flaw.HEAD.value, len(log))
        if any(head not in heads for head in anchored):
            return LogVerdict(invoice_id, len(log), found.head, "ANCHOR", len(log))
        return LogVerdict(invoice_id, len(log), found.head)

    def _view(self, sealed: bytes | None, sha256: str) -> str:
        if sealed is None:
            return ""
        try:
            return masked_view(self._tools.ring.open(sealed, body_context(sha256)))
        except Unsealable:
            return ""
