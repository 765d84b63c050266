"""Refunds: the amount is reserved before the channel is asked, and what the channel says settles it. It knows no wire.

Between the two nothing is held open: the reserve is committed, the channel is asked outside of any transaction, and its
answer is judged against the refund as it stands when it comes. An asker that dies leaves a refund that falls due again.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, paging, storage_fault, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.actions import given_back
from services.payments.actions.missing import gone
from services.payments.actions.settling import look_again, settle
from services.payments.channels import RefundFound, Unknown, UnknownCause
from services.payments.channels.accounts import Accounts
from services.payments.domain.bill_share import share_left_minor
from services.payments.domain.money_left import why_not_reserved
from services.payments.domain.payment import Payment
from services.payments.domain.refund import (
    Question,
    Refund,
    RefundContent,
    RefundOrigin,
    RefundTimers,
    differing_fields,
    must_ask_again,
    new_refund,
    next_question,
    to_refund_order,
)
from services.payments.store import bill_share, feed, money_left
from services.payments.store import channel_order as orders
from services.payments.store import payment as payments
from services.payments.store import refund as refunds
from services.payments.store.refund import AT_ACCOUNT, REFUND, FactKey, KeptFact, RefundFilter

_CLAIMED_AT_ONCE = 20
# Refunds of one payment wait for each other at its row. So many at once, a rush of them leaves connections to others.
_TRANSACTIONS_MAX = 4
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """A refund as it stands; `replayed` when it had been taken in before and nothing was changed."""

    refund: Refund
    replayed: bool


class RefundActions:
    """What can be done to refunds. `jitter` gives shares of 1 that spread the questions to a channel."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        accounts: Accounts,
        timers: RefundTimers | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._accounts = accounts
        self._timers = timers or RefundTimers()
        self._jitter = jitter
        self._turns = asyncio.Semaphore(_TRANSACTIONS_MAX)

    @telemetry.traced
    async def create_refund(self, request_id: str, fingerprint: bytes, content: RefundContent) -> Taken:
        """Reserve the amount, commit, ask the channel, settle by its answer; the refund as it stands after that.

        Raises Fault NOT_FOUND, INVALID_FIELD, REQUEST_ID_REUSED, BUSINESS_KEY_REUSED, PAYMENT_ARCHIVED, NOT_REFUNDABLE,
        REFUND_EXCEEDS, CHANNEL_NOT_CONFIGURED; all of them reserve nothing and leave the keys free.
        """
        async with self._begin() as session:
            taken = await self._take_in(session, request_id, fingerprint, content)
        telemetry.annotate(payment_id=content.payment_id, refund_id=taken.refund.refund_id, replayed=taken.replayed)
        return taken if taken.replayed else Taken(await self._ask_and_settle(taken.refund), replayed=False)

    @telemetry.traced
    async def record_refund(self, request_id: str, fingerprint: bytes, content: RefundContent) -> Taken:
        """Take in a refund that the platform had its channel do: a finished fact, under the same rule for what is left.

        Raises Fault as create_refund does.
        """
        assert content.finish_time is not None, "a finished fact has a time"
        given_back.refuse_time("finish_time", content.finish_time, self._clock.now())
        async with self._begin() as session:
            taken = await self._take_in(session, request_id, fingerprint, content)
        telemetry.annotate(payment_id=content.payment_id, refund_id=taken.refund.refund_id, replayed=taken.replayed)
        return taken

    @telemetry.traced
    async def confirm_refund(self, refund_id: str) -> Refund:
        """Ask the channel now, also about a refund that a person was called for. Raises Fault NOT_FOUND.

        One that has ended stays so; an answer that agrees with its end takes it off the list of what needs a person.
        """
        async with self._begin() as session:
            found = await refunds.get(session, refund_id)
            if found is None:
                raise _no_refund(refund_id)
            if found.is_final and found.attention_time is None:
                return found
            found = await refunds.lock(session, found.content.payment_id, refund_id)
            claimed = await refunds.claim(session, found, self._lease_until())
        telemetry.annotate(refund_id=refund_id, attempt_count=claimed.attempt_count)
        if not claimed.is_final:
            # Before it is due another may be asking: of two who ask once more, the first may be taken and the other
            # refused for it.
            is_due = found.next_try_time is None or found.next_try_time <= self._clock.now()
            return await self._ask_and_settle(claimed, may_ask_again=is_due)
        return claimed if claimed.attention_time is None else await self._look_again(claimed)

    async def poll_refunds(self) -> int:
        """Ask about the refunds that fell due, some at once; returns how many."""
        async with self._begin() as session:
            due = await refunds.claim_due(session, self._clock.now(), self._lease_until(), _CLAIMED_AT_ONCE)
        failed = [one for one in await asyncio.gather(*map(self._failed_poll, due)) if one is not None]
        for refund, unknown in failed:
            async with self._begin() as session:
                await settle(session, refund, unknown, self._clock.now(), self._jitter(), self._timers)
        return len(due)

    @telemetry.traced
    async def get_refund(self, refund_id: str) -> Refund:
        """The refund by that id. Raises Fault NOT_FOUND."""
        telemetry.annotate(refund_id=refund_id)
        async with self._begin() as session:
            found = await refunds.get(session, refund_id)
        if found is None:
            raise _no_refund(refund_id)
        return found

    @telemetry.traced
    async def list_refunds(self, wanted: RefundFilter, page_size: int, page_token: str) -> tuple[Sequence[Refund], str]:
        """A page of refunds, newest first, and the token of the next page; empty on the last.

        Raises Fault INVALID_FIELD for a merchant_refund_no without merchant_id, INVALID_PAGE_TOKEN.
        """
        if wanted.merchant_refund_no and not wanted.merchant_id:
            words = ("needs merchant_id: a refund number is unique only within a merchant", "须同时给出 merchant_id")
            raise invalid((FieldFault("merchant_refund_no", "NEEDS_MERCHANT_ID", *words),))
        filter_text = f"refunds\x1f{wanted}"
        before_id = paging.last_id(filter_text, page_token)
        async with self._begin() as session:
            found = await refunds.page(session, wanted, before_id, page_size + 1)
        page = found[:page_size]
        return page, paging.encode(filter_text, (page[-1].refund_id,)) if len(found) > page_size else ""

    async def _take_in(
        self, session: AsyncSession, request_id: str, fingerprint: bytes, content: RefundContent
    ) -> Taken:
        now = self._clock.now()
        payment = await _payment(session, content)
        merchant_id, refund_id = payment.content.merchant_id, ids.new_id("ref")
        key = FactKey(merchant_id, REFUND, content.merchant_refund_no)
        kept = await given_back.take_key(session, key, KeptFact(content.payment_id, refund_id))
        await given_back.take_request(session, request_id, fingerprint, content.payment_id, now)
        if kept is not None:
            return Taken(await _same_as(session, kept, content), replayed=True)
        account_id = ""
        if content.origin is RefundOrigin.STARTED_HERE:
            account_id = await self._account_of(session, payment)
            at_account = FactKey(account_id, AT_ACCOUNT, content.merchant_refund_no)
            if await given_back.take_key(session, at_account, KeptFact(content.payment_id, refund_id)) is not None:
                raise given_back.taken_at_account(account_id)
        traceparent = telemetry.current_traceparent()
        refund = new_refund(content, refund_id, merchant_id, account_id, now, traceparent, self._timers)
        await _reserve(session, refund, payment)
        await refunds.add(session, refund)
        return Taken(refund, replayed=False)

    async def _account_of(self, session: AsyncSession, payment: Payment) -> str:
        """The account by which a payment came, or would come now if it was recorded."""
        if started := await orders.get(session, payment.payment_id):
            return started.order.account_id
        account = self._accounts.find(payment.content.channel, payment.content.merchant_id)
        if account is None:
            raise given_back.channel_not_here(payment.content.channel, payment.content.merchant_id)
        return account.account_id

    async def _failed_poll(self, refund: Refund) -> tuple[Refund, Unknown] | None:
        """Poll one refund, whose failure is its own; if it fails, what became of the refund is not known."""
        try:
            await self._poll(refund)
        except Exception as raised:  # noqa: BLE001  what is wrong with one refund must not keep others unasked
            refund_id, attempt_count = refund.refund_id, refund.attempt_count
            facts = storage_fault.log_facts(raised)
            _log.error("refund could not be settled", refund_id=refund_id, attempt_count=attempt_count, **facts)
            return refund, Unknown(UnknownCause.UNREADABLE, type(raised).__name__)
        return None

    async def _poll(self, refund: Refund) -> None:
        """A trace of its own, since it may be days later, with a link to the one in which the refund was asked for."""
        links = [refund.traceparent] if refund.traceparent else []
        with telemetry.span("poll_refund", parent="", links=links):
            telemetry.annotate(refund_id=refund.refund_id, attempt_count=refund.attempt_count)
            await self._ask_and_settle(refund)

    async def _ask_and_settle(self, refund: Refund, *, may_ask_again: bool = True) -> Refund:
        answer = await self._ask(refund, may_ask_again=may_ask_again)
        async with self._begin() as session:
            settled = await settle(session, refund, answer, self._clock.now(), self._jitter(), self._timers)
        return settled.refund

    async def _look_again(self, refund: Refund) -> Refund:
        answer = await self._ask(refund, may_ask_again=False)
        async with self._begin() as session:
            return await look_again(session, refund, answer, self._clock.now(), self._timers)

    async def _ask(self, refund: Refund, *, may_ask_again: bool) -> RefundFound:
        """The channel's answer, outside of any transaction. An account that is no more is a channel out of reach."""
        async with self._begin() as session:
            payment = await payments.get(session, refund.content.payment_id)
        assert payment is not None, "a refund outlives no payment"
        account, order = self._accounts.by_id(refund.account_id), to_refund_order(refund, payment)
        if account is None:
            return Unknown(UnknownCause.UNREACHABLE, f"no account {refund.account_id} stands here")
        if not refund.is_final and next_question(refund) is Question.DO:
            return await account.channel.refund(order)
        found = await account.channel.query_refund(order)
        again = may_ask_again and must_ask_again(refund, found, self._clock.now(), self._timers)
        return await account.channel.refund(order) if again else found

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncSession]:
        async with self._turns, self._sessions.begin() as session:
            yield session

    def _lease_until(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._timers.lease_seconds)


async def _payment(session: AsyncSession, content: RefundContent) -> Payment:
    payment = await payments.get(session, content.payment_id)
    if payment is None:
        raise await gone(session, content.payment_id)
    given_back.refuse_currency(payment, content.amount)
    given_back.refuse_bill(payment, content.bill_no)
    return payment


async def _reserve(session: AsyncSession, refund: Refund, payment: Payment) -> None:
    """The one conditional statement that keeps refunds below the payment, whoever else asks at the same moment."""
    content = refund.content
    move = money_left.reserve if content.origin is RefundOrigin.STARTED_HERE else money_left.give_back_at_once
    changed = await move(session, content.payment_id, content.amount, refund.refund_id)
    if changed is None:
        money = await money_left.lock(session, content.payment_id)
        assert money is not None, "the payment was there"
        raise given_back.not_given(why_not_reserved(money))
    if content.bill_no and payment.content.splits:
        # The payment is locked from here on, and the refund is not among its refunds yet.
        was_left_minor = payment.content.amount.amount_minor - changed.refunded_minor - changed.refund_reserved_minor
        was_left_minor += content.amount.amount_minor
        parts = await bill_share.parts_taken(session, payment)
        given_back.refuse_share(content, share_left_minor(parts, was_left_minor, content.bill_no))
    await feed.add_changes(session, [changed])


async def _same_as(session: AsyncSession, kept: KeptFact, content: RefundContent) -> Refund:
    refund = await refunds.get_of(session, kept)
    if refund is None:
        raise given_back.archived(kept)
    if fields := differing_fields(content, refund.content):
        raise given_back.key_reused(refund.refund_id, fields)
    return refund


def _no_refund(refund_id: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no refund by the id {refund_id}",
        f"未找到退款单：{refund_id}",
        metadata={"refund_id": refund_id},
    )
