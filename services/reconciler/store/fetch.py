"""SQL of statements that are fetched: planning, claiming, and how a try ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.domain.fetch import FetchState, request_id
from services.reconciler.tables import StatementFetchRow, StatementRow


@dataclass(frozen=True, slots=True)
class FetchClaim:
    """A business day that is ours to try until the lease ends; `attempts` tells ours from every other try."""

    fetch_id: str
    business_date: date
    attempts: int
    failures: int
    state: FetchState
    deadline_at: datetime
    file_sha256: str


@dataclass(frozen=True, slots=True)
class FetchFilter:
    """Which days of which sources; an empty text and None mean every value."""

    state: str = ""
    source_id: str = ""
    channel: str = ""
    business_date: date | None = None


class FetchStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def planned(self, source_id: str, first_day: date) -> set[date]:
        """The business days of a source, from one on, that have a row."""
        row = StatementFetchRow
        days = select(row.business_date).where(row.source_id == source_id, row.business_date >= first_day)
        return set(await self._session.scalars(days))

    async def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Plan days, save those that another worker has planned by now."""
        unset = {"attempts": 0, "failures": 0, "cause": "", "detail": "", "file_name": "", "file_sha256": ""}
        values = [{**unset, **row, "state": FetchState.WAITING, "next_try_at": row["available_at"]} for row in rows]
        await self._session.execute(insert(StatementFetchRow).on_conflict_do_nothing(), values)

    async def settle(self, source_ids: Sequence[str], now: datetime) -> list[StatementFetchRow]:
        """Mark as loaded what is loaded under a day's own request, by whomever."""
        loaded_by = literal(request_id("")) + StatementFetchRow.fetch_id
        return await self._change(
            StatementFetchRow.source_id.in_(source_ids),
            StatementRow.request_id == loaded_by,
            state=FetchState.LOADED,
            late=StatementRow.create_time >= StatementFetchRow.deadline_at,
            statement_id=StatementRow.statement_id,
            load_time=now,
            next_try_at=None,
            cause="",
            detail="",
        )

    async def mark_missing(self, source_ids: Sequence[str], now: datetime) -> list[StatementFetchRow]:
        """Mark as missing what has not come by its deadline, or came and could not be loaded."""
        stuck = and_(StatementFetchRow.state == FetchState.FETCHED, StatementFetchRow.cause != "")
        return await self._change(
            StatementFetchRow.source_id.in_(source_ids),
            or_(StatementFetchRow.state == FetchState.WAITING, stuck),
            StatementFetchRow.deadline_at <= now,
            state=FetchState.MISSING,
        )

    async def give_up(self, source_ids: Sequence[str], now: datetime) -> list[StatementFetchRow]:
        """Try no more what has come to its end."""
        return await self._change(
            StatementFetchRow.source_id.in_(source_ids),
            StatementFetchRow.next_try_at <= now,
            StatementFetchRow.end_at <= now,
            next_try_at=None,
        )

    async def missing_count(self, source_ids: Sequence[str]) -> int:
        """How many days of some sources are missing by now."""
        missing = (StatementFetchRow.source_id.in_(source_ids), StatementFetchRow.state == FetchState.MISSING)
        counted = select(func.count()).select_from(StatementFetchRow).where(*missing)
        return int(await self._session.scalar(counted) or 0)

    async def claim_due(self, source_id: str, now: datetime, lease_until: datetime) -> FetchClaim | None:
        """Take the day of a source that has been due longest and that nobody else holds."""
        due = (
            select(StatementFetchRow.fetch_id)
            .where(
                StatementFetchRow.source_id == source_id,
                StatementFetchRow.next_try_at <= now,
                StatementFetchRow.end_at > now,
            )
            .order_by(StatementFetchRow.next_try_at, StatementFetchRow.fetch_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = StatementFetchRow
        statement = (
            update(row)
            .where(row.fetch_id.in_(due))
            .values(attempts=row.attempts + 1, next_try_at=lease_until, try_time=now)
            .returning(
                row.fetch_id,
                row.business_date,
                row.attempts,
                row.failures,
                row.state,
                row.deadline_at,
                row.file_sha256,
            )
        )
        found = (await self._session.execute(statement)).one_or_none()
        return FetchClaim(*found[:4], FetchState(found.state), *found[5:]) if found else None

    async def came(self, claim: FetchClaim, file_name: str, file_sha256: str, now: datetime) -> bool:
        """Note that the bytes are here; False when the day is no longer ours."""
        said = {"file_name": file_name, "file_sha256": file_sha256, "fetch_time": now, "cause": "", "detail": ""}
        return bool(await self._change(*_ours(claim), state=FetchState.FETCHED, **said))

    async def loaded(self, claim: FetchClaim, statement: StatementRow, now: datetime) -> bool:
        """End a day well; False when it is no longer ours."""
        said = {"statement_id": statement.statement_id, "late": statement.create_time >= claim.deadline_at}
        ended = {"load_time": now, "next_try_at": None, "failures": 0, "cause": "", "detail": ""}
        return bool(await self._change(*_ours(claim), state=FetchState.LOADED, **said, **ended))

    async def not_loaded(self, claim: FetchClaim, failures: int, next_try_at: datetime, **said: str) -> bool:
        """Note that a try did not end with a statement; `said` may be a new state, cause and detail.

        False when it is no longer ours.
        """
        return bool(await self._change(*_ours(claim), failures=failures, next_try_at=next_try_at, **said))

    async def newest(self, wanted: FetchFilter, before_id: str, limit: int) -> list[StatementFetchRow]:
        """Days behind an id, newest first."""
        row = StatementFetchRow
        statement = select(row).order_by(row.fetch_id.desc()).limit(limit)
        for column, value in (
            (row.state, wanted.state),
            (row.source_id, wanted.source_id),
            (row.channel, wanted.channel),
            (row.business_date, wanted.business_date),
        ):
            if value:
                statement = statement.where(column == value)
        if before_id:
            statement = statement.where(row.fetch_id < before_id)
        return list(await self._session.scalars(statement))

    async def _change(self, *where: Any, **values: Any) -> list[StatementFetchRow]:
        """The rows that were changed; what is loaded never changes."""
        statement = (
            update(StatementFetchRow)
            .where(StatementFetchRow.state != FetchState.LOADED, *where)
            .values(**values)
            .returning(StatementFetchRow)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        return list(await self._session.scalars(statement))


def _ours(claim: FetchClaim) -> tuple[Any, ...]:
    return (StatementFetchRow.fetch_id == claim.fetch_id, StatementFetchRow.attempts == claim.attempts)
