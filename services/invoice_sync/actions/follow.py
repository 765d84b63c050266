"""Takes changes of the feed in their caller's transaction: a batch costs as many statements as one change."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from opentelemetry.trace import Span
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from services.invoice_sync.actions.issuing import Issuing, Made, Wanted, issue_span
from services.invoice_sync.actions.remaking import Remaking
from services.invoice_sync.actions.untaken import red_required
from services.invoice_sync.domain.follow import Step, follow
from services.invoice_sync.domain.invoice import PERSON
from services.invoice_sync.domain.payment import PaymentChange
from services.invoice_sync.store import cases, invoiceable, payments
from services.invoice_sync.store.sql import look_up_by_index


async def take_changes(
    session: AsyncSession,
    issuing: Issuing,
    remaking: Remaking,
    changes: Sequence[PaymentChange],
    told: Sequence[PaymentChange],
) -> int:
    """Keep what a batch tells, issue what falls due by it, and move the cursor; how many had not been taken before.

    `told` is all that is known from the feed already: the changes themselves, and what may come after them. The cursor
    is held until the transaction ends, so that no two take changes at once. Each change has a span, also one that was
    taken before; the statements are common to all and in none.
    """
    first, last = changes[0].sequence, changes[-1].sequence
    assert [each.sequence for each in changes] == list(range(first, last + 1)), "the feed is dense"
    next_sequence = await payments.hold_cursor(session)
    assert first <= next_sequence, "what is skipped would never come again"
    for each in changes:
        if each.sequence < next_sequence:
            with _change_span(each):
                pass
    if fresh := [each for each in changes if each.sequence >= next_sequence]:
        steps, invoiced = await _judged(session, fresh, told)
        await _take(session, issuing, steps)
        if invoiced:
            await _follow_money(session, issuing, remaking, sorted(invoiced))
        await payments.move_cursor(session, last + 1)
    return len(fresh)


async def _judged(
    session: AsyncSession, changes: Sequence[PaymentChange], told: Sequence[PaymentChange]
) -> tuple[list[Step], set[str]]:
    """The steps, and the payments that had an invoice before them."""
    await look_up_by_index(session)
    held = await payments.lock_many(session, {each.payment.payment_id for each in changes})
    kept = {payment_id: payment for payment_id, (payment, _) in held.items()}
    invoiced = {payment_id for payment_id, (_, invoice_id) in held.items() if invoice_id}
    heard = [*kept.values(), *(each.payment for each in changes)]
    profiles = await payments.profiles(session, {each.merchant_id for each in heard})
    return follow(kept, invoiced, profiles, changes, told), invoiced


async def _take(session: AsyncSession, issuing: Issuing, steps: Sequence[Step]) -> None:
    wanted = [
        issuing.want(step.due.payment, step.due.profile, PERSON, step.due.profile.issue_policy) if step.due else None
        for step in steps
    ]
    given = await issuing.number(session, [each for each in wanted if each])
    made: list[Made] = []
    for step, each in zip(steps, wanted, strict=True):
        with _change_span(step.change):
            if each:
                made.append(_issued(issuing, each, given.get(each.invoice_id, "")))
    invoice_ids = {each.invoice.payment_id: each.invoice.invoice_id for each in made}
    # A payment may come more than once: what it came to last is kept.
    last = {step.payment.payment_id: step.payment for step in steps}
    await payments.keep_many(session, list(last.values()), invoice_ids, issuing.now())
    await issuing.write(session, made)


async def _follow_money(
    session: AsyncSession, issuing: Issuing, remaking: Remaking, payment_ids: Sequence[str]
) -> None:
    """Have invoices follow what went back: unsent ones are made again, of the others red letters are asked for."""
    moved = await invoiceable.money_moved(session, payment_ids)
    if not moved:
        return
    await remaking.follow_refunds(session, moved)
    for payment_id, invoice_id in (await invoiceable.too_high(session, moved)).items():
        await cases.open_case(session, red_required(payment_id, invoice_id, issuing.now()))


def _issued(issuing: Issuing, wanted: Wanted, number: str) -> Made:
    with issue_span(wanted.payment):
        return issuing.make(wanted, number)


def _change_span(change: PaymentChange) -> AbstractContextManager[Span]:
    attributes: telemetry.Attributes = {
        "bihuan.payment_id": change.payment.payment_id,
        "bihuan.sequence": change.sequence,
    }
    return telemetry.span("follow_payment", parent=change.payment.traceparent, attributes=attributes)
