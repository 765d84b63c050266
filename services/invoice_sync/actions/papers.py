"""Makes the papers of invoices that are in the books, XML first, and finds their bytes again. It sends nothing.

The XML is written once for each version, of the frozen document and the authority's number; the PDF is made of those
very bytes. Both are sealed, and go to the archive from here.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, Kind
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.archive import ArchivePolicy, Found, PaperKind, judge, key_of, next_try
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.original import NoOriginal, said_by, write_xml
from services.invoice_sync.domain.standing import IN_BOOKS
from services.invoice_sync.paper.pdf import Copier
from services.invoice_sync.paper.places import Place, Unreachable
from services.invoice_sync.store import attempts, deliveries, invoices, papers
from services.invoice_sync.store.papers import Paper

_AT_ONCE = 20
_LEASE = timedelta(seconds=60)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PaperTools:
    """What papers are made with. `copier` is None where no fonts are: then there is the XML alone."""

    copier: Copier | None
    places: tuple[Place, ...]
    policy: ArchivePolicy


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A paper with its bytes, opened and proved by its hash."""

    paper: Paper
    content: bytes


class PaperActions:
    """A paper is written in one transaction with the copies that are wanted of it."""

    def __init__(self, tools: Tools, paper_tools: PaperTools) -> None:
        self._tools = tools
        self._paper = paper_tools

    async def make_due(self) -> int:
        """Make the papers of the next invoices; how many were looked at."""
        now = self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            due = await papers.claim_wanted(session, now, now + _LEASE, _AT_ONCE)
        for invoice_id, tries in due:
            await self.make_papers(invoice_id, tries)
        return len(due)

    @telemetry.traced
    async def make_papers(self, invoice_id: str, tries: int = 0) -> bool:
        """Make the XML and the PDF of an invoice's current version; False when that did not work and is tried again."""
        telemetry.annotate(invoice_id=invoice_id)
        async with self._tools.sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            assert invoice is not None, "papers are wanted of invoices alone"
            sealed = await attempts.sealed_body(session, invoice.document_sha256)
        standing = invoice.standing
        if standing.sync_state not in IN_BOOKS or not standing.invoice_number:
            await self._want_no_more(invoice_id)
            return True
        assert sealed is not None, "a document that is booked was frozen"
        try:
            document = self._tools.ring.open(sealed, body_context(invoice.document_sha256))
            xml = write_xml(said_by(document, standing.invoice_number))
            pdf = await self._copy(xml)
        except (NoOriginal, ValueError, RuntimeError) as fault:
            await self._put_off(invoice_id, tries, fault)
            return False
        await self._keep(invoice, xml, pdf)
        return True

    async def list_papers(self, invoice_id: str) -> list[Paper]:
        """The papers of an invoice, newest version first, XML before PDF."""
        async with self._tools.sessions() as session:
            return list(await papers.of_invoice(session, invoice_id))

    async def read_paper(self, invoice_id: str, kind: PaperKind) -> PaperFile:
        """The newest paper of a kind. Raises NOT_FOUND, and UNAVAILABLE when no place shows a whole one now."""
        async with self._tools.sessions() as session:
            found = [each for each in await papers.of_invoice(session, invoice_id) if each.kind is kind]
            held = await papers.body(session, found[0].sealed_sha256) if found else None
        if not found:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", "there is no such paper yet", "该文件尚未生成")
        content = self.opened(found[0], held) if held else await self._from_archive(found[0])
        return PaperFile(found[0], content)

    def opened(self, paper: Paper, sealed: bytes) -> bytes:
        """The file that was sealed. Raises Unsealable, and asserts that it is what its row says."""
        content = self._tools.ring.open(sealed, paper_context(paper))
        assert hashlib.sha256(content).hexdigest() == paper.sha256, "a file under another's seal"
        return content

    async def _copy(self, xml: bytes) -> bytes | None:
        if self._paper.copier is None:
            return None
        return await asyncio.to_thread(self._paper.copier.copy, xml, hashlib.sha256(xml).hexdigest())

    async def _keep(self, invoice: Invoice, xml: bytes, pdf: bytes | None) -> None:
        async with self._tools.sessions.begin() as session:
            await self._add(session, invoice, PaperKind.XML, xml)
            if pdf is not None:
                await self._add(session, invoice, PaperKind.PDF, pdf)
            await papers.want_no_more(session, invoice.invoice_id)
            await deliveries.wake(session, invoice.invoice_id, self._tools.clock.now())

    async def _add(self, session: AsyncSession, invoice: Invoice, kind: PaperKind, content: bytes) -> None:
        sha256, now = hashlib.sha256(content).hexdigest(), self._tools.clock.now()
        unsealed = Paper(invoice.invoice_id, invoice.version, kind, sha256, "", len(content), now)
        sealed = self._tools.ring.seal(content, paper_context(unsealed))
        kept = Paper(
            invoice.invoice_id,
            invoice.version,
            kind,
            sha256,
            hashlib.sha256(sealed).hexdigest(),
            len(content),
            now,
        )
        await papers.add(session, kept, sealed, [each.name for each in self._paper.places])

    async def _from_archive(self, paper: Paper) -> bytes:
        for place in self._paper.places:
            try:
                held = await place.read(key_of(paper.sealed_sha256))
            except Unreachable as fault:
                _log.warning("place of the archive does not answer", place=place.name, error=str(fault))
                continue
            if held is not None and judge(held, paper.sealed_sha256) is Found.WHOLE:
                return self.opened(paper, held)
        raise Fault(Kind.UNAVAILABLE, "UNAVAILABLE", "the archive does not show it now", "归档暂时无法读取")

    async def _want_no_more(self, invoice_id: str) -> None:
        async with self._tools.sessions.begin() as session:
            await papers.want_no_more(session, invoice_id)

    async def _put_off(self, invoice_id: str, tries: int, fault: Exception) -> None:
        due_at = next_try(tries, self._tools.clock.now(), self._tools.jitter(), self._paper.policy)
        _log.error("papers not made", invoice_id=invoice_id, error=type(fault).__name__, next_try_at=due_at)
        async with self._tools.sessions.begin() as session:
            await papers.put_off(session, invoice_id, due_at)


def paper_context(paper: Paper) -> bytes:
    """What a sealed paper is bound to, so that one cannot be put in another's place."""
    return f"paper:{paper.invoice_id}:{paper.version}:{paper.kind}:{paper.sha256}".encode()
