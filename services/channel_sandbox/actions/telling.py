"""Makes the callbacks of what happened, in the transaction in which it happens. It sends none."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.actions.striking import strike
from services.channel_sandbox.dialects.dialect import Dialect, Happened
from services.channel_sandbox.domain.callback import Callback, CallbackState
from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase, Subject
from services.channel_sandbox.domain.order import Channel
from services.channel_sandbox.store.callback import CallbackStore

Dialects = Mapping[Channel, Dialect]

_HELD_SECONDS = 60.0


async def tell(session: AsyncSession, dialect: Dialect, happened: Happened) -> None:
    """Let the merchant be told, if the channel tells of this and the merchant has said where."""
    event_id = uuid.uuid4().hex
    content = dialect.content(happened, event_id)
    if content is None or not dialect.url(happened):
        return
    store, order_no = CallbackStore(session), happened.order.asked.merchant_order_no
    subject = Subject.REFUND if happened.refund else Subject.PAYMENT
    occasion = Occasion(dialect.channel, order_no, subject, await store.count(happened.order.order_id))
    plan = (await strike(session, occasion, Phase.CALLBACK)).get(Phase.CALLBACK)
    await store.add(_befallen(_callback(dialect, happened, event_id, content), plan, dialect, happened))


def _callback(dialect: Dialect, happened: Happened, event_id: str, content: Mapping[str, Any]) -> Callback:
    return Callback(
        callback_id=0,
        channel=dialect.channel,
        event=happened.event,
        event_id=event_id,
        order_id=happened.order.order_id,
        url=dialect.url(happened),
        content=content,
        forged=False,
        state=CallbackState.WAITING,
        try_count=0,
        due_at=happened.at,
        created_at=happened.at,
    )


def _befallen(callback: Callback, plan: FaultPlan | None, dialect: Dialect, happened: Happened) -> list[Callback]:
    """What is sent instead of the one message, by the fault that fell on it."""
    match plan.fault if plan else None:
        case None:
            return [callback]
        case FaultName.DUPLICATE_CALLBACK:
            return [callback, callback]
        case FaultName.FORGED_CALLBACK:
            return [replace(callback, forged=True), callback]
        case FaultName.LOST_CALLBACK:
            return [replace(callback, state=CallbackState.LOST)]
        case FaultName.WRONG_AMOUNT_CALLBACK:
            content = dialect.content(_dearer(happened), callback.event_id)
            assert content is not None, "the same event was told of with the right amount"
            return [replace(callback, content=content)]
        case FaultName.OUT_OF_ORDER_CALLBACK:
            assert plan is not None, "a fault has a plan"
            return [replace(callback, state=CallbackState.HELD, due_at=_held_until(happened.at, plan))]
    raise AssertionError(f"{plan} does nothing to a callback")


def _dearer(happened: Happened) -> Happened:
    """The same, by one minor unit more than is true."""
    if happened.refund:
        asked = replace(happened.refund.asked, amount_minor=happened.refund.asked.amount_minor + 1)
        order = replace(happened.order, refunded_minor=happened.order.refunded_minor + 1)
        return replace(happened, order=order, refund=replace(happened.refund, asked=asked))
    order_asked = replace(happened.order.asked, amount_minor=happened.order.asked.amount_minor + 1)
    return replace(happened, order=replace(happened.order, asked=order_asked))


def _held_until(now: datetime, plan: FaultPlan) -> datetime:
    return now + timedelta(seconds=_HELD_SECONDS if plan.seconds is None else plan.seconds)
