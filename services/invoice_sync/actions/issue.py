"""Follows payments and issues their invoices, by policy or on request. It never sends anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, Kind
from chassis.versions import must_be_at
from services.invoice_sync.actions.follow import take_changes
from services.invoice_sync.actions.issuing import Issuing, issue_span
from services.invoice_sync.actions.remaking import Remaking
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.actions.untaken import feed_held
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Put, Reopen
from services.invoice_sync.domain.diagnosis.codes import outside_document
from services.invoice_sync.domain.event import AskedAgain
from services.invoice_sync.domain.invoice import (
    PERSON,
    Invoice,
    Party,
    request_fingerprint,
)
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.payment import Payment, PaymentChange
from services.invoice_sync.domain.policy import (
    IssueNow,
    IssuePolicy,
    NotDue,
    Profile,
    judge_due,
    why_not_invoiceable,
)
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import cases, invoices, numbers, outbox, payments

# The feed may be a moment behind whoever asks right after paying.
_UNKNOWN_PAYMENT_RETRY_SECONDS = 2
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Requested:
    """The invoice that was asked for; `replayed` when it had been there before."""

    invoice_id: str
    replayed: bool


class IssueActions:
    """Each method is one transaction, save the batch that has to be taken one by one."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._sessions = tools.sessions
        self._clock = tools.clock
        self._issuing = Issuing(tools)
        self._remaking = Remaking(tools)

    async def next_sequence(self) -> int:
        """Where to go on in the feed."""
        async with self._sessions() as session:
            return await payments.next_sequence(session)

    async def follow_payments(self, changes: Sequence[PaymentChange]) -> int:
        """Take a batch of changes of the feed in one transaction; how many had not been taken before.

        When it fails, nothing of it stays, and its changes are taken one by one: so those before a change that cannot
        be taken are taken, and the log names that change. It is never skipped: its invoice would never be issued.
        """
        try:
            async with self._sessions.begin() as session:
                return await take_changes(session, self._issuing, self._remaking, changes, changes)
        except Exception as fault:  # noqa: BLE001  whatever it is, it comes again below with the change that it is of
            _log.warning("batch not taken, one by one now", size=len(changes), error=type(fault).__name__)
        return sum([await self._follow_or_name(change, changes) for change in changes])

    async def follow_payment(self, change: PaymentChange, told: Sequence[PaymentChange] = ()) -> bool:
        """Take one change of the feed, and issue the invoice if the policy wants it now.

        `told` is what else the feed has told, of which only what went back of payments counts. The cursor moves in the
        same transaction. False when the change was taken before.
        """
        async with self._sessions.begin() as session:
            return bool(await take_changes(session, self._issuing, self._remaking, [change], [change, *told]))

    async def issue_due(self, payment_id: str) -> bool:
        """Issue the invoice of a payment that the policy wants and that has none; for the sweep."""
        async with self._sessions.begin() as session:
            return await self._issue_if_due(session, payment_id)

    @telemetry.traced
    async def request_invoice(self, request_id: str, payment_id: str, buyer: Party) -> Requested:
        """Issue the invoice of a payment for this buyer, or find the one that it has.

        Raises Fault REQUEST_ID_REUSED, NOT_INVOICEABLE, or BUSINESS_KEY_REUSED when it has one for another buyer.
        Asking again for one that was given up, or refused for what stands outside its document, sends it again.
        """
        async with self._sessions.begin() as session:
            return await self.request_in(session, request_id, payment_id, buyer)

    async def request_in(self, session: AsyncSession, request_id: str, payment_id: str, buyer: Party) -> Requested:
        """As `request_invoice`, in its caller's transaction, which is to end when this raises."""
        fingerprint = request_fingerprint(payment_id, buyer)
        if before := await invoices.asked_by(session, request_id):
            return _replay(before, fingerprint)
        payment, profile, existing = await self._invoiceable(session, payment_id)
        if existing:
            await self._ask_again(session, existing, buyer)
            invoice_id = existing
        else:
            with telemetry.span("issue_invoice", links=[payment.traceparent]):
                invoice_id = await self._issue(session, payment, profile, buyer, IssuePolicy.ON_REQUEST)
        if not await invoices.note_request(session, request_id, fingerprint, invoice_id, self._clock.now()):
            # Another call with this request_id was faster.
            noted = await invoices.asked_by(session, request_id)
            assert noted is not None, "what refused the row is there"
            return _replay(noted, fingerprint)
        return Requested(invoice_id, replayed=bool(existing))

    async def set_merchant_profile(self, wanted: Profile) -> Profile:
        """Write how a merchant's invoices are issued. What became due by it is issued by the next sweep.

        Raises Fault VERSION_MISMATCH when it is not at the version that is named. One that says the same stays as it
        is, whatever is named: so a repeat of a call that was done is answered as the first was.
        """
        async with self._sessions.begin() as session:
            kept = await payments.hold_profile(session, wanted.merchant_id)
            if kept is not None and wanted.says_the_same(kept):
                return kept
            must_be_at(wanted.version, kept.version if kept else 0)
            version = await payments.set_profile(session, wanted, self._clock.now())
        return replace(wanted, version=version)

    async def _follow_or_name(self, change: PaymentChange, told: Sequence[PaymentChange]) -> bool:
        try:
            return await self.follow_payment(change, told)
        except Exception as fault:
            with telemetry.span("follow_payment", parent=change.payment.traceparent) as current:
                telemetry.fail(current, type(fault).__name__)
                _log.error(
                    "payment change cannot be taken, the feed waits",
                    sequence=change.sequence,
                    payment_id=change.payment.payment_id,
                    error=type(fault).__name__,
                )
            async with self._sessions.begin() as session:
                await cases.open_case(session, feed_held(change, fault, self._clock.now()))
            raise

    async def _issue_if_due(self, session: AsyncSession, payment_id: str) -> bool:
        held = await payments.lock(session, payment_id)
        assert held is not None, "a payment is followed before its invoice is issued"
        payment, invoice_id = held
        if invoice_id:
            return False
        decided = judge_due(payment, await payments.profile(session, payment.merchant_id))
        if not isinstance(decided, IssueNow):
            return False
        with issue_span(payment):
            await self._issue(session, decided.payment, decided.profile, PERSON, decided.profile.issue_policy)
        return True

    async def _issue(
        self, session: AsyncSession, payment: Payment, profile: Profile, buyer: Party, policy: IssuePolicy
    ) -> str:
        wanted = self._issuing.want(payment, profile, buyer, policy)
        given = await self._issuing.number(session, [wanted])
        await self._issuing.write(session, [self._issuing.make(wanted, given.get(wanted.invoice_id, ""))])
        await payments.invoiced(session, payment.payment_id, wanted.invoice_id)
        return wanted.invoice_id

    async def _invoiceable(self, session: AsyncSession, payment_id: str) -> tuple[Payment, Profile, str]:
        held = await payments.lock(session, payment_id)
        if held is None:
            raise _unknown_payment(payment_id)
        if held[1] and await self._remaking.follow_if_over(session, payment_id):
            held = await payments.lock(session, payment_id)
            assert held is not None, "what is followed stays so"
        payment, invoice_id = held
        # What went to the authority before a refund stays as it is, and is found again.
        if not invoice_id and (why := why_not_invoiceable(payment)):
            raise not_invoiceable(payment, why)
        profile = await payments.profile(session, payment.merchant_id)
        if profile is None:
            raise no_profile(payment)
        return payment, profile, invoice_id

    async def _ask_again(self, session: AsyncSession, invoice_id: str, buyer: Party) -> None:
        """Put back what was given up, and what was refused for no fault of its document; all else goes its own way."""
        await invoices.hold(session, invoice_id)
        existing = await invoices.get(session, invoice_id)
        assert existing is not None, "a payment names an invoice that is not there"
        if existing.buyer != buyer:
            raise _other_buyer(existing)
        was = existing.standing
        refused = was.sync_state is SyncState.REJECTED
        if refused and not outside_document(*await numbers.refused_with(session, invoice_id)):
            return
        if refused or was.parked:
            asked = AskedAgain(await numbers.of_invoice(session, invoice_id))
            decided = decide(was, asked, self._clock.now(), self._tools.jitter(), self._tools.timers)
            told = change_of(was, decided.standing)
            if refused:
                await outbox.reopen(session, [Reopen(decided.standing, existing.seller.tax_id, told)])
            else:
                await outbox.put(session, [Put(decided.standing, "", told)])


def _replay(before: tuple[str, str], fingerprint: str) -> Requested:
    if before[0] != fingerprint:
        raise request_id_reused()
    return Requested(before[1], replayed=True)


def request_id_reused() -> Fault:
    """The fault for a request_id that stands for something else."""
    return Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        "request_id was used before for another payment or buyer: choose a new one",
        "request_id 已用于其他支付单或购买方，请换用新的 request_id",
    )


def _unknown_payment(payment_id: str) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "NOT_INVOICEABLE",
        f"payment {payment_id} is not known here yet: check the id, or try again in a moment",
        f"支付单 {payment_id} 尚未同步到开票服务，请核对编号或稍后重试",
        metadata={"payment_id": payment_id, "cause": "UNKNOWN_PAYMENT"},
        retry_after_seconds=_UNKNOWN_PAYMENT_RETRY_SECONDS,
    )


def not_invoiceable(payment: Payment, why: NotDue) -> Fault:
    """The fault for a payment whose money gives no invoice now."""
    payment_id, state = payment.payment_id, payment.state.value
    match why:
        case NotDue.REFUNDED:
            words = f"payment {payment_id} was given back in full: there is nothing to invoice"
            words_zh = f"支付单 {payment_id} 已全额退款，没有可开票金额"
        case NotDue.REFUND_UNDER_WAY:
            words = f"a refund of payment {payment_id} is not decided yet: ask again when it has succeeded or failed"
            words_zh = f"支付单 {payment_id} 有退款正在处理，请在退款成功或失败后再申请开票"
        case _:
            words = f"payment {payment_id} has not succeeded, it is {state}"
            words_zh = f"支付单 {payment_id} 未支付成功（当前状态 {state}），不能开票"
    metadata = {"payment_id": payment_id, "cause": why.value, "state": state}
    return Fault(Kind.PRECONDITION, "NOT_INVOICEABLE", words, words_zh, metadata=metadata)


def no_profile(payment: Payment) -> Fault:
    """The fault for a payment whose seller is not known."""
    return Fault(
        Kind.PRECONDITION,
        "NOT_INVOICEABLE",
        f"merchant {payment.merchant_id} has no profile, so the seller is not known: set its profile first",
        f"商户 {payment.merchant_id} 未设置开票资料，缺少销售方信息，请先设置",
        metadata={"payment_id": payment.payment_id, "cause": "NO_PROFILE", "merchant_id": payment.merchant_id},
    )


def _other_buyer(existing: Invoice) -> Fault:
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"payment {existing.payment_id} has invoice {existing.invoice_id} for another buyer",
        f"支付单 {existing.payment_id} 已有发票 {existing.invoice_id}，购买方不同",
        metadata={"payment_id": existing.payment_id, "invoice_id": existing.invoice_id, "fields": "buyer"},
    )
