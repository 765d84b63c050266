"""Payments that start here: kept first, then their channel is asked to let the payer pay. It knows no wire.

Nothing is held open between the two. The ask is counted before it leaves, so that a refusal is only taken for the
whole truth when nothing else was ever asked; who dies in between leaves a payment that falls due to be asked about.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.actions.channel_settling import Rules, settle
from services.payments.actions.refusal import taken
from services.payments.channels.accounts import Account, Accounts
from services.payments.domain.channel_order import (
    EXPIRE_AHEAD_DEFAULT,
    ChannelOrder,
    ExpireFault,
    Question,
    StartAsked,
    created_payment,
    judge_expire_time,
    may_prepay,
    start_sha256,
    to_order,
)
from services.payments.domain.intake import Recorded, Replayed, Told
from services.payments.domain.payment import Payment, PaymentContent
from services.payments.domain.told import Heard
from services.payments.store import channel_order as orders
from services.payments.store import intake
from services.payments.store.channel_order import Started
from services.payments.store.sql import driver_of


@dataclass(frozen=True, slots=True)
class StartDone:
    """A payment as it stands, with how it is asked for; `replayed` when it had been created before."""

    started: Started
    replayed: bool


class StartActions:
    """How payments start. `jitter` gives shares of 1 that spread the questions to a channel."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        accounts: Accounts,
        rules: Rules,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._accounts = accounts
        self._rules = rules
        self._jitter = jitter

    @telemetry.traced
    async def create_payment(self, asked: StartAsked) -> StartDone:
        """Keep the payment, commit, ask the channel, settle by its answer; the payment as it stands after that.

        Raises Fault CHANNEL_NOT_CONFIGURED, INVALID_FIELD, REQUEST_ID_REUSED, BUSINESS_KEY_REUSED, PAYMENT_ARCHIVED;
        all of them keep nothing and leave the keys free.
        """
        account = self._account(asked.content)
        now = self._clock.now()
        payment, order = self._drafts(asked, account, now)
        async with self._sessions.begin() as session:
            done = await _take_in(session, asked, payment, order, account, now)
        payment_id = done.started.payment.payment_id
        telemetry.annotate(payment_id=payment_id, replayed=done.replayed)
        if not done.replayed:
            return replace(done, started=await self._ask(done.started, account))
        again = await self._count_ask(done.started, now)
        return done if again is None else replace(done, started=await self._ask(again, account))

    def _account(self, content: PaymentContent) -> Account:
        account = self._accounts.find(content.channel, content.merchant_id)
        if account is not None:
            return account
        raise Fault(
            Kind.PRECONDITION,
            "CHANNEL_NOT_CONFIGURED",
            f"{content.merchant_id} has no account at {content.channel} here",
            f"商户 {content.merchant_id} 未开通渠道 {content.channel}",
            metadata={"channel": content.channel, "merchant_id": content.merchant_id},
        )

    def _drafts(self, asked: StartAsked, account: Account, now: datetime) -> tuple[Payment, ChannelOrder]:
        expire_time = asked.expire_time or now.replace(microsecond=0) + EXPIRE_AHEAD_DEFAULT
        payment_id = ids.new_id("pay", now)
        payment = created_payment(asked.content, payment_id, now, expire_time, telemetry.current_traceparent())
        order = ChannelOrder(
            payment_id=payment_id,
            account_id=account.account_id,
            description=asked.description,
            expire_time=expire_time,
            ask_count=1,
            next_poll_time=now + timedelta(seconds=self._rules.timers.lease_seconds),
        )
        return payment, order

    async def _count_ask(self, started: Started, now: datetime) -> Started | None:
        """The payment, with one more ask counted; None when what the payer opens is known, or nothing can be paid."""
        payment_id = started.payment.payment_id
        async with self._sessions.begin() as session:
            standing = await orders.lock(session, payment_id)
            if standing.order.code_url or not may_prepay(standing.payment, standing.order, now):
                return None
            order = replace(standing.order, ask_count=standing.order.ask_count + 1)
            await orders.write(session, order)
        return replace(standing, order=order)

    async def _ask(self, started: Started, account: Account) -> Started:
        answer = await account.channel.prepay(to_order(started.payment, started.order))
        heard = Heard(answer, Question.PREPAY)
        payment_id, now = started.payment.payment_id, self._clock.now()
        async with self._sessions.begin() as session:
            return (await settle(session, payment_id, heard, now, self._jitter(), self._rules)).started


async def _take_in(
    session: AsyncSession, asked: StartAsked, payment: Payment, order: ChannelOrder, account: Account, now: datetime
) -> StartDone:
    """Payment, both keys, feed row and order are written together, or nothing is."""
    told = Told(asked.request_id, start_sha256(asked), payment)
    decided = (await intake.take_in(await driver_of(session), [told]))[0]
    match taken(decided):
        case Replayed(payment=kept):
            started = await orders.get(session, kept.payment_id)
            assert started is not None, "what was asked alike was started here"
            return StartDone(started, replayed=True)
        case Recorded():
            # Only now, since a repeat is answered although its expiry has passed.
            _refuse_unfit(payment, order, account, now)
            if not await orders.add(session, order, asked.content.merchant_order_no):
                raise _number_taken(asked.content, account)
            return StartDone(Started(payment, order), replayed=False)


def _refuse_unfit(payment: Payment, order: ChannelOrder, account: Account, now: datetime) -> None:
    match judge_expire_time(order.expire_time, now):
        case ExpireFault.TOO_NEAR:
            words = ("EXPIRE_TIME_NEAR", "must be at least a minute ahead of our clock", "至少须晚于当前时间 1 分钟")
        case ExpireFault.TOO_FAR:
            words = ("EXPIRE_TIME_FAR", "must be at most 15 days ahead of our clock", "不得晚于当前时间 15 天以上")
        case None:
            unfit = account.channel.unfit(to_order(payment, order))
            if unfit is None:
                return
            raise invalid((FieldFault(unfit.field, unfit.rule, unfit.message, unfit.message_zh),))
    raise invalid((FieldFault("expire_time", *words),))


def _number_taken(content: PaymentContent, account: Account) -> Fault:
    no = content.merchant_order_no
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"{no} is an order of another merchant at the account {account.account_id}, which has one space of numbers",
        f"渠道账户 {account.account_id} 下已有其他商户使用订单号 {no}",
        metadata={"account_id": account.account_id, "fields": "merchant_order_no"},
    )
