"""What bulk actions of people have in common: who acts, once by request_id, and a result for each row."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.domain.clearing import Refusal
from services.reconciler.store.clearing import ClearingStore


@dataclass(frozen=True, slots=True)
class Asked:
    """Who acts, by which request, and why."""

    request_id: str
    operator: str
    note: str

    @classmethod
    def of(cls, request_id: str, operator: str, note: str) -> "Asked":
        """The same with the name as it is kept: blanks around it make no other person."""
        return cls(request_id, operator.strip(), note)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of one row: its state afterwards ("" when there is no such row), or why nothing was done.

    `named_row_id` is the payment or line that the refusal is about, where it is about one.
    """

    row_id: str
    state: str
    refusal: str = ""
    named_row_id: str = ""

    @classmethod
    def refused(cls, row_id: str, state: str, refusal: Refusal) -> "RowResult":
        """Nothing was done."""
        return cls(row_id, state, refusal.value)


@dataclass(frozen=True, slots=True)
class Cleared:
    """What came of each row in order of id, and whether the same request had done it before."""

    results: tuple[RowResult, ...]
    replayed: bool


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
