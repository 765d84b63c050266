"""Refunds as merchants ask for them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.ending import end_refund
from services.channel_sandbox.actions.striking import strike
from services.channel_sandbox.actions.telling import Dialects
from services.channel_sandbox.domain.fault import Occasion, Phase, Subject
from services.channel_sandbox.domain.order import Channel, Order
from services.channel_sandbox.domain.refund import (
    Anothers,
    Refund,
    RefundAsked,
    RefundJudgement,
    as_another,
    judge_refund,
)
from services.channel_sandbox.store.order import OrderStore
from services.channel_sandbox.store.refund import RefundStore
from services.channel_sandbox.store.steered import SteeredStore

_FAILS_AS = "CLOSED"


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a request: the order and the refund as they are then, where there are such."""

    judgement: RefundJudgement
    order: Order | None = None
    refund: Refund | None = None


class RefundActions:
    """Takes refunds and tells of them."""

    def __init__(self, sessions: Sessions, clock: Clock, dialects: Dialects, refund_seconds: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._dialects = dialects
        self._refund_seconds = refund_seconds

    async def refund(self, merchant_order_no: str, asked: RefundAsked) -> Asked:
        """Accept a refund, or find the one that has its number. Where the channel is quick it has ended, too."""
        async with self._sessions.begin() as session:
            orders, refunds = OrderStore(session), RefundStore(session)
            order = await orders.find(asked.channel, merchant_order_no, for_update=True)
            known = await refunds.find(asked.channel, asked.scope, asked.merchant_refund_no)
            judgement = judge_refund(order, known, asked)
            if judgement is not RefundJudgement.ACCEPTED or order is None:
                return Asked(judgement, order, known)
            return await self._accept(session, order, asked)

    async def find(self, channel: Channel, scope: str, merchant_refund_no: str) -> tuple[Order, Refund] | None:
        """A refund by its merchant's number, and its order."""
        async with self._sessions() as session:
            refund = await RefundStore(session).find(channel, scope, merchant_refund_no)
            if refund is None:
                return None
            order = await OrderStore(session).find(channel, refund.merchant_order_no)
            assert order is not None, "a refund has an order"
            return order, refund

    async def told(self, order: Order, refund: Refund, subject: Subject) -> tuple[Order, Refund]:
        """What an answer tells of: the refund, or one that a fault has put in its place."""
        channel, order_no = order.asked.channel, order.asked.merchant_order_no
        async with self._sessions.begin() as session:
            count = await SteeredStore(session).count_calls(channel, order_no, subject)
            struck = await strike(session, Occasion(channel, order_no, subject, count), Phase.TELLING)
        plan = struck.get(Phase.TELLING)
        return as_another(order, refund, Anothers(plan.code or Anothers.REFUND_NO)) if plan else (order, refund)

    async def _accept(self, session: AsyncSession, order: Order, asked: RefundAsked) -> Asked:
        orders, refunds, dialect = OrderStore(session), RefundStore(session), self._dialects[asked.channel]
        now = await sandbox_now(session, self._clock)
        fails_as = await self._fails_as(session, order)
        number = dialect.refund_no(now, await orders.next_number())
        settle_at = now + timedelta(seconds=self._refund_seconds)
        refund = await refunds.add(order, asked, number, fails_as, now, settle_at)
        if refund is None:
            # A refund of another order has taken the number meanwhile.
            known = await refunds.find(asked.channel, asked.scope, asked.merchant_refund_no)
            return Asked(judge_refund(order, known, asked), order, known)
        order = replace(order, refunding_minor=order.refunding_minor + asked.amount_minor)
        await orders.save(order)
        if dialect.refunds_at_once and not fails_as:
            order, refund = await end_refund(session, dialect, order, refund, now)
        return Asked(RefundJudgement.ACCEPTED, order, refund)

    async def _fails_as(self, session: AsyncSession, order: Order) -> str:
        """The channel's word for how it will fail; empty when it will succeed."""
        channel, order_no = order.asked.channel, order.asked.merchant_order_no
        count = await SteeredStore(session).count_calls(channel, order_no, Subject.REFUND)
        struck = await strike(session, Occasion(channel, order_no, Subject.REFUND, count), Phase.REFUNDING)
        plan = struck.get(Phase.REFUNDING)
        return (plan.code or _FAILS_AS) if plan else ""
