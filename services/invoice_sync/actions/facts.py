"""Reads all that a diagnosis may look at. It judges nothing, changes nothing and calls no authority."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.crypto import Unsealable
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.gate_view import GateView, read_gates
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis import Asked, Facts
from services.invoice_sync.domain.diagnosis.facts import (
    ArchiveCheck,
    Elsewhere,
    NumberUse,
    Probed,
    ProbeKind,
    Watermark,
    is_up,
)
from services.invoice_sync.domain.document_rules import Broken
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import Profile
from services.invoice_sync.domain.route import parse_route
from services.invoice_sync.domain.standing import IN_BOOKS
from services.invoice_sync.store import absences, attempts, numbers, outbox, payments, probes
from services.invoice_sync.store.absences import CountedRound
from services.invoice_sync.store.probes import Probe
from services.invoice_sync.store.sql import look_up_by_index

_HELD_THERE = (Outcome.OK, Outcome.NOT_YET, Outcome.MISMATCH)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: a payment, when it was first heard of, and its invoice, if it has one."""

    payment: Payment
    heard_time: datetime
    invoice: Invoice | None


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is kept of some invoices and merchants, by their ids, and of routes by their keys."""

    attempts: Mapping[str, Sequence[Attempt]]
    rounds: Mapping[str, Sequence[CountedRound]]
    leased_until: Mapping[str, datetime]
    number_uses: Mapping[str, NumberUse]
    probes: Mapping[str, Sequence[Probed]]
    profiles: Mapping[str, Profile]
    sealed: Mapping[str, bytes]


class FactsReader:
    """The facts of some questions in one transaction, by one statement for each table however many they are."""

    def __init__(self, session: AsyncSession, tools: Tools, view: GateView) -> None:
        self._session = session
        self._tools = tools
        self._view = view

    async def of(self, asked: Asked, subject: Subject) -> Facts:
        """All that is known of it."""
        (facts,) = await self.of_all([(asked, subject)])
        return facts

    async def of_all(self, questions: Sequence[tuple[Asked, Subject]]) -> list[Facts]:
        """All that is known of each, in their order."""
        rows = await self._read([subject for _, subject in questions])
        return [self._facts(asked, subject, rows) for asked, subject in questions]

    async def _read(self, subjects: Sequence[Subject]) -> _Rows:
        session = self._session
        asked_of = [each.invoice for each in subjects if each.invoice is not None]
        ids, routes = [each.invoice_id for each in asked_of], {each.route.key for each in asked_of}
        booked = [each.document_sha256 for each in asked_of if _is_booked(each)]
        merchants = {each.payment.merchant_id for each in subjects if each.invoice is None}
        await look_up_by_index(session)
        return _Rows(
            attempts=await attempts.newest(session, ids),
            rounds=await absences.of_invoices(session, ids),
            leased_until=await outbox.leased_until(session, ids),
            number_uses=await numbers.uses_of(session, ids),
            probes={key: await self._probed(key) for key in sorted(routes)},
            profiles=await payments.profiles(session, merchants),
            sealed=await attempts.sealed_bodies(session, booked),
        )

    async def _probed(self, route_key: str) -> Sequence[Probed]:
        kinds = (ProbeKind.PING.value, ProbeKind.CANARY.value)
        return [probed(each) for each in await probes.newest(self._session, route_key, kinds)]

    def _facts(self, asked: Asked, subject: Subject, rows: _Rows) -> Facts:
        payment, invoice = subject.payment, subject.invoice
        known = Facts(now=self._view.now, asked=asked, payment=payment, heard_time=subject.heard_time)
        if invoice is None:
            return replace(known, profile=rows.profiles.get(payment.merchant_id))
        log, counted = rows.attempts[invoice.invoice_id], rows.rounds[invoice.invoice_id]
        return replace(
            known,
            invoice=invoice,
            issue_date=invoice.issue_date,
            standing=invoice.standing,
            lease_until=rows.leased_until.get(invoice.invoice_id),
            attempts=log,
            rounds=[each.round for each in counted],
            broken=[Broken(each.rule, each.field, each.message, each.message_zh) for each in invoice.broken_rules],
            shut=self._view.shut(invoice),
            holds=self._view.holds_on(invoice.route, invoice.seller.tax_id),
            heartbeat=self._view.heartbeat(invoice.route),
            probes=rows.probes[invoice.route.key],
            number_use=rows.number_uses.get(invoice.invoice_id),
            elsewhere=_elsewhere(log),
            watermark=_watermark(counted),
            archive=self._archive(invoice, rows),
        )

    def _archive(self, invoice: Invoice, rows: _Rows) -> ArchiveCheck | None:
        """Whether the frozen document still opens and is what was frozen; asked only of what is in the books."""
        if not _is_booked(invoice):
            return None
        sha256, now = invoice.document_sha256, self._view.now
        sealed = rows.sealed.get(sha256)
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


def _is_booked(invoice: Invoice) -> bool:
    return invoice.standing.sync_state in IN_BOOKS


def _elsewhere(log: Sequence[Attempt]) -> Elsewhere | None:
    """Where else it was found, unless the same place said later that it is not there."""
    newest = {each.route: each for each in log if each.operation is Operation.QUERY_ELSEWHERE and each.answer}
    for each in newest.values():
        if each.answer is not None and each.answer.outcome in _HELD_THERE:
            route = parse_route(each.route)
            return Elsewhere(each.attempt_id, each.end_time or each.start_time, f"{route.environment}/{route.region}")
    return None


def _watermark(counted: Sequence[CountedRound]) -> Watermark | None:
    """What the newest round was told of how far the authority's book is complete."""
    for each in reversed(counted):
        if each.watermark is not None and each.window_attempt_id is not None:
            return Watermark(each.window_attempt_id, each.round.round_time, each.watermark)
    return None
