"""Exceptions: telling them, giving them to people, and confirming them. It classes none itself."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.clearing import once
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.domain.clearing import (
    Asked,
    Cleared,
    Confirmed,
    ExceptionState,
    Refusal,
    RowResult,
    Standing,
    assign,
    confirm,
)
from services.reconciler.store.exception import (
    ExceptionFilter,
    ExceptionStore,
    ExceptionSummary,
    FoundException,
    Order,
    Wanted,
    key_of,
)
from services.reconciler.tables import ExceptionRow


class ExceptionActions:
    """What can be asked about exceptions, and done."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def get_exception(self, exception_id: str) -> tuple[FoundException, list[Any]]:
        """One exception with what was done about it. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            store = ExceptionStore(session)
            found = await store.get(exception_id)
            if found is None:
                raise _not_found(exception_id)
            return found, await store.actions(exception_id)

    @telemetry.traced
    async def list_exceptions(self, wanted: ExceptionFilter, order: Order, page: PageRequest) -> Page[FoundException]:
        """Exceptions in an order."""
        name = f"exceptions\n{wanted}\n{order}"
        after = paging.decode(name, page.token)
        async with self._sessions() as session:
            rows = await ExceptionStore(session).page(self._at_now(wanted), order, after, page.limit)
        return page.page_by(name, rows, lambda found: key_of(order, found.row))

    @telemetry.traced
    async def summarize_exceptions(self, wanted: ExceptionFilter) -> list[ExceptionSummary]:
        """Counts and sums, by class and state."""
        async with self._sessions() as session:
            return await ExceptionStore(session).summary(self._at_now(wanted))

    @telemetry.traced
    async def assign_exceptions(self, asked: Asked, exception_ids: Sequence[str], assignee: str) -> Cleared:
        """Give exceptions to somebody, or to nobody with an empty name; once by request_id."""

        async def work(session: AsyncSession) -> list[RowResult]:
            store = ExceptionStore(session)
            rows = await store.lock(exception_ids)
            dry = await store.dry(rows)
            results, changes = [*_unknown(exception_ids, rows)], defaultdict[str, list[str]](list)
            for row in rows:
                state = Refusal.DRY_RUN if row.exception_id in dry else assign(ExceptionState(row.state), assignee)
                if isinstance(state, Refusal):
                    results.append(RowResult.refused(row.exception_id, row.state, state))
                else:
                    changes[state].append(row.exception_id)
            for became, ids in changes.items():
                await store.assign(became, ids, {"assignee": assignee, **self._said(asked)})
                results += [RowResult(each, became) for each in ids]
            return results

        said = {"exception_ids": sorted(set(exception_ids)), "assignee": assignee}
        return await once(self._sessions, self._clock, asked, "assign_exceptions", said, work)

    @telemetry.traced
    async def confirm_exceptions(self, asked: Asked, wanted: Wanted) -> Cleared:
        """Confirm exceptions as their run found them; once by request_id.

        Raises Fault COUNT_DIFFERS, and confirms nothing, when the filter finds another number than was expected.
        """

        async def work(session: AsyncSession) -> list[RowResult]:
            store = ExceptionStore(session)
            rows = await self._locked(store, wanted)
            dry = await store.dry(rows)
            results = [*_unknown(wanted.exception_ids, rows)]
            changes = defaultdict[Confirmed, list[str]](list)
            for row in rows:
                decided = Refusal.DRY_RUN if row.exception_id in dry else confirm(_standing(row), asked.operator)
                if isinstance(decided, Refusal):
                    results.append(RowResult.refused(row.exception_id, row.state, decided))
                else:
                    changes[decided].append(row.exception_id)
            for decided, ids in changes.items():
                await store.confirm(decided.step, decided.state, ids, self._said(asked))
                results += [RowResult(each, decided.state) for each in ids]
            return results

        return await once(self._sessions, self._clock, asked, "confirm_exceptions", _said(wanted), work)

    async def _locked(self, store: ExceptionStore, wanted: Wanted) -> list[ExceptionRow]:
        if wanted.filter is None:
            return await store.lock(wanted.exception_ids)
        rows = await store.lock_clearable(self._at_now(wanted.filter), wanted.expected_count + 1)
        if len(rows) != wanted.expected_count:
            raise _count_differs(wanted.expected_count, len(rows))
        return rows

    def _at_now(self, wanted: ExceptionFilter) -> ExceptionFilter:
        if not wanted.age_hours_min:
            return wanted
        return replace(wanted, found_until=self._clock.now() - timedelta(hours=wanted.age_hours_min))

    def _said(self, asked: Asked) -> dict[str, Any]:
        return {**asdict(asked), "create_time": self._clock.now()}


def _said(wanted: Wanted) -> object:
    return [sorted(set(wanted.exception_ids)), repr(wanted.filter), wanted.expected_count]


def _standing(row: ExceptionRow) -> Standing:
    return Standing(ExceptionState(row.state), row.maker, row.people_needed)


def _unknown(exception_ids: Sequence[str], rows: Sequence[ExceptionRow]) -> list[RowResult]:
    found = {row.exception_id for row in rows}
    return [RowResult.refused(each, "", Refusal.NOT_FOUND) for each in sorted({*exception_ids} - found)]


def _not_found(exception_id: str) -> Fault:
    words = (f"there is no exception {exception_id}", f"没有编号为 {exception_id} 的差异")
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", *words)


def _count_differs(expected: int, found: int) -> Fault:
    more = " or more" if found > expected else ""
    return Fault(
        Kind.PRECONDITION,
        "COUNT_DIFFERS",
        f"the filter finds {found}{more} exceptions and not {expected}: nothing is confirmed; list them again",
        f"筛选条件现有 {found} 笔{'以上' if more else ''}差异，而非 {expected} 笔：未作任何确认，请重新查询",
        metadata={"found_count": str(found)},
    )
