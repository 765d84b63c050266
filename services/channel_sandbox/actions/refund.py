"""Refunds as merchants ask for them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.ending import end_refund
from services.channel_sandbox.actions.striking import strike
from services.channel_sandbox.actions.telling import Dialects
from services.channel_sandbox.domain.fault import Occasion, Phase, Subject
from services.channel_sandbox.domain.order import Channel, Order
from services.channel_sandbox.domain.refund import Refund, RefundAsked, RefundJudgement, judge_refund
from services.channel_sandbox.store.order import OrderStore
from services.channel_sandbox.store.refund import RefundStore
from services.channel_sandbox.store.steered import SteeredStore

FAILS_AS = "CLOSED"


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
            now = await sandbox_now(session, self._clock)
            count = await SteeredStore(session).count_calls(asked.channel, merchant_order_no, Subject.REFUND)
            occasion = Occasion(asked.channel, merchant_order_no, Subject.REFUND, count)
            failing = (await strike(session, occasion, Phase.REFUNDING)).get(Phase.REFUNDING)
            dialect = self._dialects[asked.channel]
            number = dialect.refund_no(now, await orders.next_number())
            fails_as = (failing.code or FAILS_AS) if failing else ""
            settle_at = now + timedelta(seconds=self._refund_seconds)
            added = await refunds.add(order, asked, number, fails_as, now, settle_at)
            if added is None:
                known = await refunds.find(asked.channel, asked.scope, asked.merchant_refund_no)
                return Asked(judge_refund(order, known, asked), order, known)
            order = replace(order, refunding_minor=order.refunding_minor + asked.amount_minor)
            await orders.save(order)
            if dialect.refunds_at_once and not failing:
                order, added = await end_refund(session, dialect, order, added, now)
            return Asked(judgement, order, added)

    async def find(self, channel: Channel, scope: str, merchant_refund_no: str) -> tuple[Order, Refund] | None:
        """A refund by its merchant's number, and its order."""
        async with self._sessions() as session:
            refund = await RefundStore(session).find(channel, scope, merchant_refund_no)
            if refund is None:
                return None
            order = await OrderStore(session).find(channel, refund.merchant_order_no)
            assert order is not None, "a refund has an order"
            return order, refund
