"""The SQL of callbacks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.channel_sandbox.domain.callback import Callback, CallbackState, Event
from services.channel_sandbox.tables import CallbackRow


class CallbackStore:
    """`callback`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def count(self, order_id: int) -> int:
        """How many messages there are of an order."""
        query = select(func.count()).select_from(CallbackRow).where(CallbackRow.order_id == order_id)
        return int((await self._session.execute(query)).scalar_one())

    async def add(self, callbacks: Sequence[Callback]) -> None:
        """Keep messages to be sent; their ids are given here."""
        await self._session.execute(
            insert(CallbackRow),
            [
                {
                    "order_id": one.order_id,
                    "channel": one.channel,
                    "event": one.event,
                    "event_id": one.event_id,
                    "url": one.url,
                    "content": dict(one.content),
                    "forged": one.forged,
                    "state": one.state,
                    "try_count": one.try_count,
                    "due_at": one.due_at,
                    "created_at": one.created_at,
                    "last_answer": "",
                }
                for one in callbacks
            ],
        )

    async def claim_due(self, now: datetime, lease_until: datetime, limit: int) -> list[Callback]:
        """Count a try of what is due and lease it, so that one who dies while sending is followed by another."""
        due = (
            select(CallbackRow.callback_id)
            .where(CallbackRow.state.in_([CallbackState.WAITING, CallbackState.HELD]), CallbackRow.due_at <= now)
            .order_by(CallbackRow.due_at, CallbackRow.callback_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        rows = await self._session.scalars(
            update(CallbackRow)
            .where(CallbackRow.callback_id.in_(due))
            .values(state=CallbackState.WAITING, try_count=CallbackRow.try_count + 1, due_at=lease_until)
            .returning(CallbackRow),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        return sorted((_callback(row) for row in rows), key=lambda one: one.callback_id)

    async def end_try(self, callback: Callback, state: CallbackState, due_at: datetime, answer: str) -> None:
        """Write what came of a try; `due_at` says when the next is, while it is WAITING."""
        await self._session.execute(
            update(CallbackRow)
            .where(CallbackRow.callback_id == callback.callback_id)
            .values(state=state, due_at=due_at, last_answer=answer)
        )

    async def release_held(self, order_id: int, now: datetime) -> None:
        """Let what was held back until a later message had arrived go now."""
        await self._session.execute(
            update(CallbackRow)
            .where(CallbackRow.order_id == order_id, CallbackRow.state == CallbackState.HELD)
            .values(state=CallbackState.WAITING, due_at=now)
        )

    async def page(self, order_id: int | None, after: int, limit: int) -> list[tuple[Callback, str]]:
        """Messages above an id, by id, each with the last answer; None means those of every order."""
        query = select(CallbackRow).where(CallbackRow.callback_id > after)
        if order_id is not None:
            query = query.where(CallbackRow.order_id == order_id)
        rows = await self._session.scalars(query.order_by(CallbackRow.callback_id).limit(limit))
        return [(_callback(row), row.last_answer) for row in rows]


def _callback(row: CallbackRow) -> Callback:
    content: Mapping[str, Any] = row.content
    return Callback(
        callback_id=row.callback_id,
        channel=row.channel,
        event=Event(row.event),
        event_id=row.event_id,
        order_id=row.order_id,
        url=row.url,
        content=content,
        forged=row.forged,
        state=CallbackState(row.state),
        try_count=row.try_count,
        due_at=row.due_at,
        created_at=row.created_at,
    )
