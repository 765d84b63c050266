"""Exports what waits for people to carry to the authority, and takes their receipts. It sends and books nothing.

What was exported is MANUAL: only the verifier moves it on, when the authority shows it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.errors import Fault, Kind
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.issue import request_id_reused
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Put
from services.invoice_sync.domain.event import Event, HandedOver, ReceiptRead, Released
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.manual_package import (
    ITEMS_MAX,
    TAKEN,
    TOO_LARGE,
    BadReceipt,
    PackageHead,
    PackedInvoice,
    ReceiptItem,
    checklist,
    export_fingerprint,
    read_receipt,
    write_package,
)
from services.invoice_sync.domain.standing import TO_SEND, ParkedReason
from services.invoice_sync.store import archive, attempts, invoiceable, invoices, manual, outbox
from services.invoice_sync.store.manual import ItemStanding, Package, PackageShown, Receipt, Step

_PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Exported:
    """A package with its file and its checklist; `replayed` when it had been exported before."""

    shown: PackageShown
    content: bytes
    checklist: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """A receipt and its package; `replayed` when it had been imported before."""

    shown: PackageShown
    receipt: Receipt
    replayed: bool


class ManualActions:
    """Each method is one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @telemetry.traced
    async def export_package(
        self, request_id: str, seller_tax_id: str, operator: str, reason: str, limit: int
    ) -> Exported:
        """Put what waits for a seller into a file, and leave it to a person from now on.

        Raises Fault NOT_FOUND when nothing waits, and REQUEST_ID_REUSED.
        """
        mark = export_fingerprint(seller_tax_id, operator, reason, limit)
        async with self._tools.sessions.begin() as session:
            before = await manual.asked_by(session, request_id)
            if before is not None:
                if before.fingerprint != mark:
                    raise request_id_reused()
                return await self._exported(session, before, replayed=True)
            packed = await self._hand_over(session, seller_tax_id, limit or ITEMS_MAX)
            if not packed:
                raise Fault(
                    Kind.NOT_FOUND, "NOT_FOUND", "nothing of this seller waits to be sent", "该销售方没有待上传的发票"
                )
            head = self._head(seller_tax_id, packed, operator, reason)
            content = write_package(head, packed)
            sha256 = hashlib.sha256(content).hexdigest()
            made = Package(head, request_id, mark, sha256)
            if not await manual.add(session, made, packed):
                # Another made it meanwhile; what was held here goes free with this transaction.
                raise request_id_reused()
            sealed = self._tools.ring.seal(content, body_context(sha256))
            await attempts.keep_bodies(session, [(sha256, sealed)])
            await self._step(session, head.package_id, "EXPORTED", operator, reason, len(packed))
            return await self._exported(session, made, replayed=False)

    @telemetry.traced
    async def import_receipt(self, package_id: str, operator: str, content: bytes) -> Imported:
        """Take a receipt: what it names is asked for at once, and counts when the authority shows it.

        Raises Fault NOT_FOUND, and RECEIPT_REFUSED with its rule: then nothing changes.
        """
        sha256, now = hashlib.sha256(content).hexdigest(), self._tools.clock.now()
        async with self._tools.sessions.begin() as session:
            package = await self._held(session, package_id)
            if before := await manual.receipt(session, package_id, sha256):
                return Imported(await self._shown(session, package), before, replayed=True)
            items = await manual.items(session, package_id)
            said = read_receipt(content, package_id, package.content_sha256, items)
            if isinstance(said, BadReceipt):
                raise _refused(said)
            made = _receipt(package_id, sha256, said, operator, now=now)
            await manual.add_receipt(session, made, said)
            await attempts.keep_bodies(session, [(sha256, self._tools.ring.seal(content, body_context(sha256)))])
            await self._step(session, package_id, "RECEIPT", operator, made.receipt_id, len(said))
            taken = {each.item_no for each in said if each.status == TAKEN}
            named = [each.invoice_id for each in items if each.item_no in taken]
            await self._move(session, named, ReceiptRead())
            return Imported(await self._shown(session, package), made, replayed=False)

    @telemetry.traced
    async def release_package(self, package_id: str, operator: str, reason: str) -> tuple[PackageShown, int]:
        """Take back what of a package is MANUAL still: it is asked for, and sent when its absence is proved.

        How many it was. Raises Fault NOT_FOUND.
        """
        async with self._tools.sessions.begin() as session:
            package = await self._held(session, package_id)
            named = [each.invoice_id for each in await manual.items(session, package_id)]
            moved = await self._move(session, named, Released())
            if moved:
                await self._step(session, package_id, "RELEASED", operator, reason, moved)
            return await self._shown(session, package), moved

    async def get_package(self, package_id: str) -> tuple[PackageShown, Sequence[ItemStanding]]:
        """One package with its invoices. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            package = await manual.get(session, package_id)
            if package is None:
                raise _no_package(package_id)
            return await self._shown(session, package), await manual.item_standings(session, package_id)

    async def list_packages(self, page_size: int, page_token: str) -> tuple[Sequence[PackageShown], str]:
        """A page of packages, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, before = page_size or _PAGE_SIZE, paging.last_id("manual_packages", page_token)
        async with self._tools.sessions() as session:
            rows = await manual.page(session, before, size + 1)
            counts = await manual.standing_counts(session, [each.head.package_id for each in rows[:size]])
        page = [PackageShown(each, *counts[each.head.package_id]) for each in rows[:size]]
        more = len(rows) > size
        return page, paging.encode("manual_packages", (page[-1].package.head.package_id,)) if more else ""

    async def _hand_over(self, session: AsyncSession, seller_tax_id: str, limit: int) -> list[PackedInvoice]:
        """Hold what waits and that no uploader has, and move it; what another takes meanwhile is left out."""
        wanted = await manual.waiting(session, seller_tax_id, limit)
        found = {each.invoice_id: each for each in await invoices.get_many(session, wanted)}
        currency = found[wanted[0]].amount.currency_code if wanted else ""
        alike = [each for each in wanted if found[each].amount.currency_code == currency]
        # Also what was given up may be for more than refunds left of it: it is made again first.
        overtaken = await invoiceable.overtaken(session, alike)
        # What an uploader sent since it was looked for is idle again, and at the authority already.
        idle = [each for each in await outbox.hold_idle(session, alike) if each.sync_state in TO_SEND]
        held = {each.invoice_id for each in idle if each.parked_reason is not ParkedReason.REFUND} - overtaken
        # As they are now that nobody makes them again for another amount.
        found |= {each.invoice_id: each for each in await invoices.get_many(session, sorted(held))}
        await self._move(session, sorted(held), HandedOver())
        sealed = {(each.invoice_id, each.version): each.sealed for each in await archive.documents_of(session, alike)}
        going = [found[each] for each in alike if each in held]
        return [self._packed(no, each, sealed.get((each.invoice_id, each.version))) for no, each in enumerate(going, 1)]

    def _packed(self, item_no: int, invoice: Invoice, sealed: bytes | None) -> PackedInvoice:
        """Raises Unsealable, and AssertionError when the bytes are gone: then nothing is exported."""
        assert sealed is not None, f"the document of {invoice.invoice_id} is gone"
        return PackedInvoice(
            item_no,
            invoice.invoice_id,
            invoice.version,
            invoice.idempotency_key,
            invoice.document_sha256,
            invoice.issue_date,
            invoice.amount,
            self._tools.ring.open(sealed, body_context(invoice.document_sha256)),
        )

    def _head(self, seller_tax_id: str, packed: Sequence[PackedInvoice], operator: str, reason: str) -> PackageHead:
        money = Money(packed[0].amount.currency_code, sum(each.amount.amount_minor for each in packed))
        route, now = self._tools.routing.route_for(seller_tax_id).key, self._tools.clock.now()
        return PackageHead(new_id("mpk"), seller_tax_id, route, len(packed), money, operator, reason, now)

    async def _move(self, session: AsyncSession, invoice_ids: Sequence[str], event: Event) -> int:
        """Tell the machine of some invoices that nobody works on; how many moved."""
        now, tools = self._tools.clock.now(), self._tools
        puts = []
        for standing in await outbox.hold_idle(session, invoice_ids):
            decided = decide(standing, event, now, tools.jitter(), tools.timers).standing
            if decided != standing:
                puts.append(Put(decided, "", change_of(standing, decided)))
        if puts:
            await outbox.put(session, puts)
        return len(puts)

    async def _step(
        self, session: AsyncSession, package_id: str, kind: str, operator: str, reason: str, count: int
    ) -> None:
        now = self._tools.clock.now()
        await manual.add_step(session, Step(new_id("mst"), package_id, kind, operator, reason, count, now))

    async def _held(self, session: AsyncSession, package_id: str) -> Package:
        await manual.hold(session, package_id)
        package = await manual.get(session, package_id)
        if package is None:
            raise _no_package(package_id)
        return package

    async def _exported(self, session: AsyncSession, package: Package, *, replayed: bool) -> Exported:
        sealed = await attempts.sealed_body(session, package.content_sha256)
        assert sealed is not None, f"the file of {package.head.package_id} is gone"
        content = self._tools.ring.open(sealed, body_context(package.content_sha256))
        shown = await self._shown(session, package)
        return Exported(shown, content, checklist(package.head, package.content_sha256), replayed)

    async def _shown(self, session: AsyncSession, package: Package) -> PackageShown:
        package_id = package.head.package_id
        counts = await manual.standing_counts(session, [package_id])
        return PackageShown(package, *counts[package_id], await manual.steps(session, package_id))


def _receipt(package_id: str, sha256: str, said: Sequence[ReceiptItem], operator: str, *, now: datetime) -> Receipt:
    taken = sum(each.status == TAKEN for each in said)
    return Receipt(new_id("mrc"), package_id, sha256, taken, len(said) - taken, operator, now)


def _no_package(package_id: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no package {package_id}", f"没有上传包 {package_id}")


def too_large() -> Fault:
    """The fault for a receipt that is longer than any."""
    return _refused(TOO_LARGE)


def _refused(why: BadReceipt) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "RECEIPT_REFUSED",
        f"the receipt is refused, and nothing was changed: {why.message}",
        f"回执不予受理，未作任何更改：{why.message_zh}",
        metadata={"rule": why.rule},
    )
