"""Reads all that a diagnosis may look at. It judges nothing, changes nothing and calls no authority."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.crypto import Unsealable
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.gate_view import GateView, read_gates
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis import Asked, Facts
from services.invoice_sync.domain.diagnosis.facts import ArchiveCheck, Elsewhere, Probed, ProbeKind, Watermark, is_up
from services.invoice_sync.domain.document_rules import Broken
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.route import parse_route
from services.invoice_sync.domain.standing import IN_BOOKS
from services.invoice_sync.store import absences, attempts, numbers, outbox, payments, probes
from services.invoice_sync.store.probes import Probe

_HELD_THERE = (Outcome.OK, Outcome.NOT_YET, Outcome.MISMATCH)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: a payment, when it was first heard of, and its invoice, if it has one."""

    payment: Payment
    heard_time: datetime
    invoice: Invoice | None


class FactsReader:
    """The facts of several questions in one transaction; what they share is read once."""

    def __init__(self, session: AsyncSession, tools: Tools, view: GateView) -> None:
        self._session = session
        self._tools = tools
        self._view = view
        self._probes: dict[str, Sequence[Probed]] = {}

    async def of(self, asked: Asked, subject: Subject) -> Facts:
        """All that is known of it."""
        payment, invoice = subject.payment, subject.invoice
        known = Facts(now=self._view.now, asked=asked, payment=payment, heard_time=subject.heard_time)
        if invoice is None:
            return replace(known, profile=await payments.profile(self._session, payment.merchant_id))
        log = await attempts.newest(self._session, invoice.invoice_id)
        counted = await absences.of_invoice(self._session, invoice.invoice_id)
        return replace(
            known,
            invoice=invoice,
            issue_date=invoice.issue_date,
            standing=invoice.standing,
            lease_until=await outbox.lease_until(self._session, invoice.invoice_id),
            attempts=log,
            rounds=[each.round for each in counted],
            broken=[Broken(each.rule, each.field, each.message, each.message_zh) for each in invoice.broken_rules],
            shut=self._view.shut(invoice),
            holds=self._view.holds_on(invoice.route, invoice.seller.tax_id),
            heartbeat=self._view.heartbeat(invoice.route),
            probes=await self._probed(invoice.route.key),
            number_use=await numbers.use_of(self._session, invoice.invoice_id),
            elsewhere=_elsewhere(log),
            watermark=_watermark(counted),
            archive=await self._archive(invoice),
        )

    async def _probed(self, route_key: str) -> Sequence[Probed]:
        if route_key not in self._probes:
            kinds = (ProbeKind.PING.value, ProbeKind.CANARY.value)
            found = await probes.newest(self._session, route_key, kinds)
            self._probes[route_key] = [probed(each) for each in found]
        return self._probes[route_key]

    async def _archive(self, invoice: Invoice) -> ArchiveCheck | None:
        """Whether the frozen document still opens and is what was frozen; asked only of what is in the books."""
        if invoice.standing.sync_state not in IN_BOOKS:
            return None
        sha256, now = invoice.document_sha256, self._view.now
        sealed = await attempts.sealed_body(self._session, sha256)
        try:
            raw = self._tools.ring.open(sealed, body_context(sha256)) if sealed is not None else None
        except Unsealable:
            raw = None
        same = raw is not None and hashlib.sha256(raw).hexdigest() == sha256
        return ArchiveCheck(sha256, now, opens=raw is not None, same_hash=same)


async def reader(session: AsyncSession, tools: Tools) -> FactsReader:
    """A reader of the facts as they are now."""
    return FactsReader(session, tools, await read_gates(session, tools.clock.now()))


def probed(probe: Probe, answer: TaxAnswer | None = None) -> Probed:
    """A stored probe as a fact, with the answer that came, or with what is kept of it."""
    kind, outcome = ProbeKind(probe.kind), Outcome(probe.outcome)
    kept = TaxAnswer(
        outcome,
        probe.message,
        http_status=probe.http_status,
        authority_code=probe.authority_code,
        clock_offset_ms=probe.clock_offset_ms,
    )
    up, said = is_up(kind, outcome), answer or kept
    return Probed(probe.probe_id, kind, probe.start_time, probe.duration_ms, up=up, answer=said)


def _elsewhere(log: Sequence[Attempt]) -> Elsewhere | None:
    """Where else it was found, unless the same place said later that it is not there."""
    newest = {each.route: each for each in log if each.operation is Operation.QUERY_ELSEWHERE and each.answer}
    for each in newest.values():
        if each.answer is not None and each.answer.outcome in _HELD_THERE:
            route = parse_route(each.route)
            return Elsewhere(each.attempt_id, each.end_time or each.start_time, f"{route.environment}/{route.region}")
    return None


def _watermark(counted: Sequence[absences.CountedRound]) -> Watermark | None:
    """What the newest round was told of how far the authority's book is complete."""
    for each in reversed(counted):
        if each.watermark is not None and each.window_attempt_id is not None:
            return Watermark(each.window_attempt_id, each.round.round_time, each.watermark)
    return None
