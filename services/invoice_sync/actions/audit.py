"""Reads the attempt log for people: search, masked bodies, and whether the log is whole. It changes nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.crypto import Unsealable
from chassis.errors import Fault, Kind
from chassis.paging import decode, encode, last_id, wrong_token
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain import attempt_chain, log_chain
from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.masked_body import masked_view
from services.invoice_sync.domain.shown import AttemptShown, LogVerdict
from services.invoice_sync.store import archive, attempts, cases, invoices, search
from services.invoice_sync.store.cases import Case
from services.invoice_sync.store.search import AttemptFilter, Durations

_PAGE_SIZE = 50
# The chain of an invoice is read whole; one with more attempts than this is told by its first ones.
_CHAIN_MAX = 100_000
# A search that names no beginning goes back so far, so that it never reads the whole log.
_SEARCH_SPAN = timedelta(days=1)
_UNREADABLE = "(kept, and does not open with the keys that are here 存档无法以现有密钥打开)"


@dataclass(frozen=True, slots=True)
class AttemptPage:
    """A page of the log, newest first, and how long all that match took, which only the first page tells."""

    attempts: Sequence[Attempt]
    next_page_token: str
    durations: Sequence[Durations] = ()


class AuditActions:
    """Each method is one read-only transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def search_attempts(self, wanted: AttemptFilter, page_size: int, page_token: str) -> AttemptPage:
        """A page of attempts of the last day, or of the time that is asked for. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, wanted.text()
        before = last_id(filters, page_token)
        if wanted.from_time is None:
            wanted = replace(wanted, from_time=(wanted.to_time or self._tools.clock.now()) - _SEARCH_SPAN)
        async with self._tools.sessions() as session:
            rows = await search.page(session, wanted, size + 1, before)
            durations = [] if before else await search.durations(session, wanted)
        page = rows[:size]
        return AttemptPage(page, encode(filters, (page[-1].attempt_id,)) if len(rows) > size else "", durations)

    async def get_attempt(self, attempt_id: str) -> AttemptShown:
        """One attempt with its bodies, masked. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            found = await attempts.get(session, attempt_id)
            if found is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no attempt {attempt_id}", f"没有调用记录 {attempt_id}")
            received_sha256 = found.answer.response_sha256 if found.answer else ""
            sent = await self._opened(session, found.request_sha256)
            received = await self._opened(session, received_sha256)
            names = await self._names(session, found)
        return AttemptShown(found, _view(sent, names), _view(received, names))

    async def list_cases(
        self, page_size: int, page_token: str, kind: str, *, open_only: bool
    ) -> tuple[Sequence[Case], str]:
        """A page of cases, open ones first, then the newest, and its next token. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, f"cases\x1f{kind}\x1f{open_only}"
        before = _last_case(filters, page_token)
        async with self._tools.sessions() as session:
            rows = await cases.page(session, size + 1, before, kind, open_only=open_only)
        page = rows[:size]
        return page, encode(filters, (_shelf(page[-1]), page[-1].case_id)) if len(rows) > size else ""

    async def verify_log(self, invoice_id: str) -> LogVerdict:
        """Whether the log of an invoice is whole, up to the head that stands with it and through every anchor.

        Raises Fault NOT_FOUND.
        """
        async with self._tools.sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            if invoice is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
            log = await attempts.of_invoice(session, invoice_id, _CHAIN_MAX)
            anchored = await archive.anchors_of(session, invoice_id)
        entries = [attempt_chain.entry(each) for each in log]
        found = log_chain.verify(entries)
        if isinstance(found, log_chain.Broken):
            return LogVerdict(invoice_id, len(log), "", found.why.value, found.attempt_no)
        # While a worker holds it, or after one died, the row has the head of before what is under way.
        heads = {log_chain.GENESIS, *(each.log_hash for each in log), *(each.end_log_hash for each in log)}
        if invoice.standing.log_head not in heads or len(log) < invoice.standing.attempt_count:
            return LogVerdict(invoice_id, len(log), found.head, log_chain.Flaw.HEAD.value, len(log))
        if any(anchor.heads[invoice_id] not in heads or not _is_sound(anchor) for anchor in anchored):
            return LogVerdict(invoice_id, len(log), found.head, "ANCHOR", len(log))
        return LogVerdict(invoice_id, len(log), found.head)

    async def _opened(self, session: AsyncSession, sha256: str) -> bytes | None:
        """The bytes as they were; empty when nothing is kept, None when they do not open."""
        sealed = await attempts.sealed_body(session, sha256)
        if sealed is None:
            return b""
        try:
            return self._tools.ring.open(sealed, body_context(sha256))
        except Unsealable:
            return None

    async def _names(self, session: AsyncSession, attempt: Attempt) -> set[str]:
        """The names on the document that the attempt is about, which its answer may tell anywhere in its text."""
        invoice = await invoices.get(session, attempt.invoice_id)
        parties = [invoice.seller, invoice.buyer] if invoice else []
        names = {party.name for party in parties} | {party.tax_id for party in parties}
        frozen = await self._opened(
            session, await archive.document_sha256(session, attempt.invoice_id, attempt.version)
        )
        if frozen:
            document = json.loads(frozen)
            names |= {document["seller"]["name"], document["buyer"]["title"]}
        return names - {""}


_OPEN, _CLOSED = "open", "closed"


def _shelf(case: Case) -> str:
    return _OPEN if case.close_time is None else _CLOSED


def _last_case(filters: str, page_token: str) -> tuple[bool, str] | None:
    """Whether the last case of the page before was open, and its id; None for the first page."""
    match decode(filters, page_token):
        case ():
            return None
        case ("open" | "closed" as shelf, case_id):
            return shelf == _OPEN, case_id
        case _:
            raise wrong_token()


def _is_sound(anchor: archive.Anchor) -> bool:
    return log_chain.anchor_hash(anchor.prev_anchor_hash, anchor.heads) == anchor.anchor_hash


def _view(body: bytes | None, names: set[str]) -> str:
    if body is None:
        return _UNREADABLE
    return masked_view(body, names) if body else ""
