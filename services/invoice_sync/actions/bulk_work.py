"""Asks for the good rows of files, slice by slice: each slice and its results are one transaction. It sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from services.invoice_sync.actions.applicants import opened_applicant
from services.invoice_sync.actions.bulk_known import known_of, request_id_of
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.issuing import Issuing, Made
from services.invoice_sync.actions.request import send_when_asked
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.bulk_judge import Awaits, Confirm, HasInvoice, Issue, Refuse, judge_row
from services.invoice_sync.domain.bulk_request import BulkRequest, BulkState, Outcome, RowResult
from services.invoice_sync.domain.bulk_row import OUR_NAMES, BulkRow, in_cell, told_by
from services.invoice_sync.domain.buyer_check import Finding
from services.invoice_sync.domain.confirmation import Confirmation, fingerprint_of
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.store import bulk_requests, confirmations, payments
from services.invoice_sync.store.bulk_requests import RowKept
from services.invoice_sync.store.confirmations import Kept

# A slice holds its payments for some tens of milliseconds; nobody who asks for one of them waits longer.
_SLICE = 100
# A file may have ten thousand rows.
_FORGOTTEN_MAX = 10


@dataclass(slots=True)
class _Slice:
    """What becomes of the rows of one slice."""

    results: list[RowResult] = field(default_factory=list)
    issued: list[tuple[RowKept, BulkRow, Issue]] = field(default_factory=list)
    to_confirm: list[Kept] = field(default_factory=list)


class BulkWork:
    """The loop's work. A process that dies in a slice leaves nothing of it, so that no row is asked for twice."""

    def __init__(self, deliver: DeliverActions, tools: Tools, keep_seconds: float) -> None:
        """`keep_seconds` is how long a file is kept after it was done with."""
        self._deliver = deliver
        self._keep = timedelta(seconds=keep_seconds)
        self._tools = tools
        self._issuing = Issuing(tools)

    @telemetry.traced
    async def request_slice(self) -> int:
        """Ask for the next rows of the file that has rested longest; how many, 0 when no file waits."""
        async with self._tools.sessions.begin() as session:
            known = await bulk_requests.hold_open(session)
            if known is None:
                return 0
            waiting = await bulk_requests.rows(session, known.bulk_request_id, 0, _SLICE, Outcome.WAITS)
            results = await self._ask(session, known, waiting)
            after = _after(known, results)
            await bulk_requests.settle(session, replace(after, update_time=self._tools.clock.now()), results)
        telemetry.annotate(bulk_request_id=known.bulk_request_id, row_count=len(results), done_count=after.done_count)
        return len(waiting)

    @telemetry.traced
    async def forget_files(self) -> int:
        """Remove files and rows that have been kept long enough; how many files. Their invoices stay."""
        async with self._tools.sessions.begin() as session:
            return await bulk_requests.forget(session, self._tools.clock.now() - self._keep, _FORGOTTEN_MAX)

    async def _ask(self, session: AsyncSession, known: BulkRequest, waiting: Sequence[RowKept]) -> list[RowResult]:
        held = await payments.lock_many(session, {each.result.payment_id for each in waiting})
        of_payment = await known_of(session, held)
        done = _Slice()
        for kept in waiting:
            row = self._opened(known.bulk_request_id, kept)
            fingerprint = fingerprint_of(row.payment_id, row.applicant)
            verdict = judge_row(row, fingerprint, known.merchant_id, of_payment.get(row.payment_id), self._tools.checks)
            match verdict:
                case Refuse(findings=findings):
                    done.results.append(_refused(kept.result, row, findings))
                case HasInvoice(invoice_id=invoice_id):
                    done.results.append(replace(kept.result, outcome=Outcome.INVOICED, invoice_id=invoice_id))
                case Awaits(confirmation_id=confirmation_id):
                    done.results.append(_awaits(kept.result, confirmation_id))
                case Confirm():
                    made = self._to_confirm(known, kept, row, fingerprint, verdict)
                    done.to_confirm.append(made)
                    done.results.append(_awaits(kept.result, made.confirmation.confirmation_id))
                case Issue():
                    done.issued.append((kept, row, verdict))
        await confirmations.add_many(session, done.to_confirm)
        results = [*done.results, *await self._issue(session, done.issued)]
        await self._send(session, known, waiting, results)
        return results

    async def _send(
        self, session: AsyncSession, known: BulkRequest, waiting: Sequence[RowKept], results: Sequence[RowResult]
    ) -> None:
        """Have the invoices sent to the addresses that their rows name."""
        invoice_ids = {each.row_no: each.invoice_id for each in results if each.invoice_id}
        for kept in waiting:
            if invoice_id := invoice_ids.get(kept.result.row_no):
                request_id = request_id_of(known.bulk_request_id, kept.result.row_no)
                email = self._opened(known.bulk_request_id, kept).applicant.email
                await send_when_asked(self._deliver, session, request_id, invoice_id, email, known.requested_by)

    def _opened(self, bulk_request_id: str, kept: RowKept) -> BulkRow:
        result = kept.result
        place = request_id_of(bulk_request_id, result.row_no)
        applicant = opened_applicant(self._tools.ring, kept.sealed, place)
        return BulkRow(result.row_no, result.payment_id, result.merchant_order_no, applicant, kept.amount_minor)

    def _to_confirm(self, known: BulkRequest, kept: RowKept, row: BulkRow, fingerprint: str, verdict: Confirm) -> Kept:
        payment = verdict.known.payment
        made = Confirmation(
            confirmation_id=new_id("cnf"),
            request_id=request_id_of(known.bulk_request_id, row.row_no),
            fingerprint=fingerprint,
            payment_id=payment.payment_id,
            merchant_id=payment.merchant_id,
            amount=payment.left,
            applicant=row.applicant,
            findings=verdict.findings,
            requested_by=known.requested_by,
            create_time=self._tools.clock.now(),
            bulk_request_id=known.bulk_request_id,
        )
        return Kept(made, kept.sealed)

    async def _issue(self, session: AsyncSession, issued: Sequence[tuple[RowKept, BulkRow, Issue]]) -> list[RowResult]:
        if not issued:
            return []
        wanted = [
            self._issuing.want(each.payment, each.profile, row.applicant.buyer, IssuePolicy.ON_REQUEST)
            for _, row, each in issued
        ]
        given = await self._issuing.number(session, wanted)
        made: list[Made] = []
        for one in wanted:
            with telemetry.span("issue_invoice", links=[one.payment.traceparent]):
                made.append(self._issuing.make(one, given.get(one.invoice_id, "")))
        invoice_ids = {each.invoice.payment_id: each.invoice.invoice_id for each in made}
        await payments.keep_many(session, [each.payment for _, _, each in issued], invoice_ids, self._issuing.now())
        await self._issuing.write(session, made)
        return [
            replace(kept.result, outcome=Outcome.INVOICED, invoice_id=invoice_ids[row.payment_id])
            for kept, row, _ in issued
        ]


def _awaits(result: RowResult, confirmation_id: str) -> RowResult:
    return replace(result, outcome=Outcome.AWAITS_CONFIRMATION, confirmation_id=confirmation_id)


def _refused(result: RowResult, row: BulkRow, findings: tuple[Finding, ...]) -> RowResult:
    """What was good when the file came and is not any more, with the reason first."""
    found = tuple(in_cell(OUR_NAMES, told_by(row), each) for each in findings)
    return replace(result, outcome=Outcome.REFUSED, found=(*found, *result.found))


def _after(known: BulkRequest, results: Sequence[RowResult]) -> BulkRequest:
    counts = {outcome: sum(each.outcome is outcome for each in results) for outcome in Outcome}
    after = replace(
        known,
        invoiced_count=known.invoiced_count + counts[Outcome.INVOICED],
        awaiting_count=known.awaiting_count + counts[Outcome.AWAITS_CONFIRMATION],
        refused_count=known.refused_count + counts[Outcome.REFUSED],
    )
    return replace(after, state=BulkState.DONE) if after.done_count == after.row_count else after
