"""What bulk actions of people have in common: who acts, once by request_id, and a result for each row."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.domain.clearing import Asked, Cleared, RowResult
from services.reconciler.store.clearing import ClearingStore

Work = Callable[[AsyncSession], Awaitable[Sequence[RowResult]]]


async def once(sessions: Sessions, clock: Clock, asked: Asked, action: str, said: object, work: Work) -> Cleared:
    """Do the work in one transaction, unless the request has done it before; `said` is all that it was asked with.

    Raises Fault REQUEST_ID_REUSED when the request_id was used for something else.
    """
    digest = hashlib.sha256(json.dumps([action, asked.operator, asked.note, said], default=str).encode()).digest()
    async with sessions.begin() as session:
        store = ClearingStore(session)
        if await store.begin(asked.request_id, action, digest, asked.operator, asked.note, clock.now()):
            results = sorted(await work(session), key=lambda result: result.row_id)
            await store.end(asked.request_id, [asdict(result) for result in results])
            return Cleared(tuple(results), replayed=False)
        known = await store.get(asked.request_id)
        assert known is not None, "a request_id that is taken has its row"
    if known.asked_sha256 != digest:
        raise _reused(asked.request_id)
    return Cleared(tuple(RowResult(**result) for result in known.results), replayed=True)


def _reused(request_id: str) -> Fault:
    return Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        f"request_id {request_id} was used for another action: take a new one",
        f"request_id {request_id} 已用于其他操作，请更换",
    )
