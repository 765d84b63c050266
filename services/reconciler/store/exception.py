"""SQL of exceptions and of what people did about them. What they did is only ever added."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, Text, and_, case, cast, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.reconciler.domain.change import ChangeKind
from services.reconciler.domain.pins import Mode
from services.reconciler.store import feed
from services.reconciler.tables import (
    ExceptionAssignmentRow,
    ExceptionConfirmationRow,
    ExceptionRow,
    PaymentRow,
    RefundRow,
    RunRow,
    UnpaidPaymentRow,
)

_MERCHANT_ID = func.coalesce(PaymentRow.merchant_id, RefundRow.merchant_id, UnpaidPaymentRow.merchant_id)
_CLEARABLE = ("OPEN", "ASSIGNED", "PENDING_CONFIRMATION")
_CHAIN_MAX = 1_000  # runs of one day, one after the other


class Order(StrEnum):
    """In which order a list comes; the names are those of the contract."""

    NEWEST_FIRST = "UNSPECIFIED"
    OLDEST_FIRST = "OLDEST_FIRST"
    LARGEST_FIRST = "LARGEST_FIRST"
    SMALLEST_FIRST = "SMALLEST_FIRST"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionFilter:
    """Which exceptions are meant; an empty text, 0 and None mean every value. Amounts are minor units."""

    run_id: str = ""
    exception_class: str = ""
    state: str = ""
    payment_id: str = ""
    channel: str = ""
    first_date: date | None = None
    last_date: date | None = None
    assignee: str = ""
    merchant_id: str = ""
    currency_code: str = ""
    amount_minor_from: int = 0
    amount_minor_to: int = 0
    age_hours_min: int = 0
    found_until: datetime | None = field(default=None, repr=False)  # what age_hours_min means at this moment


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which exceptions to confirm: those named, or all that a filter finds, which have to be so many."""

    exception_ids: tuple[str, ...] = ()
    filter: ExceptionFilter | None = None
    expected_count: int = 0


class FoundException(NamedTuple):
    """An exception, and what its run and its payment tell of it; no merchant where the books have nothing."""

    row: ExceptionRow
    channel: str
    business_date: date
    merchant_id: str | None


class ExceptionSummary(NamedTuple):
    """Exceptions of one class, state and pair of currencies: how many, and the money of both sides in minor units."""

    exception_class: str
    state: str
    book_currency_code: str | None
    channel_currency_code: str | None
    exception_count: int
    book_minor: int | None
    channel_minor: int | None


class ExceptionStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, exception_id: str) -> FoundException | None:
        """The exception by that id."""
        statement = _told().where(ExceptionRow.exception_id == exception_id)
        row = (await self._session.execute(statement)).one_or_none()
        return FoundException(*row) if row else None

    async def page(
        self, wanted: ExceptionFilter, order: Order, after: tuple[str, ...], limit: int
    ) -> list[FoundException]:
        """Exceptions behind the key of the page before, which is `key_of` its last row."""
        statement = _told().where(*_which(wanted)).limit(limit)
        by = _BY[order]
        if after:
            values = (after[0],) if len(by.columns) == 1 else (int(after[0]), after[1])
            here, there = tuple_(*by.columns), tuple_(*map(literal, values))
            statement = statement.where(here < there if by.descending else here > there)
        columns = [column.desc() if by.descending else column for column in by.columns]
        return [FoundException(*row) for row in await self._session.execute(statement.order_by(*columns))]

    async def summary(self, wanted: ExceptionFilter) -> list[ExceptionSummary]:
        """Counts and sums, by class and state, in their order."""
        by = (
            ExceptionRow.exception_class,
            ExceptionRow.state,
            ExceptionRow.book_currency_code,
            ExceptionRow.channel_currency_code,
        )
        statement = (
            select(
                *by,
                func.count(),
                func.sum(ExceptionRow.book_amount_minor),
                func.sum(ExceptionRow.channel_amount_minor),
            )
            .where(*_which(wanted))
            .group_by(*by)
            .order_by(*by)
        )
        return [ExceptionSummary(*row) for row in await self._session.execute(_with_holders(statement))]

    async def actions(self, exception_id: str) -> list[Any]:
        """Who did what about it and about what it was carried from, in order of time."""
        chain = (
            select(ExceptionRow.exception_id, ExceptionRow.carried_from_exception_id, literal(1).label("depth"))
            .where(ExceptionRow.exception_id == exception_id)
            .cte(recursive=True)
        )
        chain = chain.union_all(
            select(ExceptionRow.exception_id, ExceptionRow.carried_from_exception_id, chain.c.depth + 1).where(
                ExceptionRow.exception_id == chain.c.carried_from_exception_id, chain.c.depth < _CHAIN_MAX
            )
        )
        ids = select(chain.c.exception_id)
        given, confirmed = ExceptionAssignmentRow, ExceptionConfirmationRow
        statement = (
            select(
                literal("ASSIGNED").label("kind"),
                given.operator,
                given.assignee,
                given.note,
                given.create_time.label("create_time"),
                given.exception_id,
            )
            .where(given.exception_id.in_(ids))
            .union_all(
                select(
                    literal("CONFIRMED"),
                    confirmed.operator,
                    literal(""),
                    confirmed.note,
                    confirmed.create_time,
                    confirmed.exception_id,
                ).where(confirmed.exception_id.in_(ids))
            )
            .order_by("create_time", "kind")
        )
        return list(await self._session.execute(statement))

    async def lock(self, exception_ids: Sequence[str]) -> list[ExceptionRow]:
        """The exceptions by those ids, held until the end, in order of id so that two never wait crosswise."""
        statement = (
            select(ExceptionRow)
            .where(ExceptionRow.exception_id.in_(exception_ids))
            .order_by(ExceptionRow.exception_id)
            .with_for_update()
        )
        return list(await self._session.scalars(statement))

    async def lock_clearable(self, wanted: ExceptionFilter, limit: int) -> list[ExceptionRow]:
        """Those that a filter finds and that nobody has cleared yet, held as with `lock`; at most `limit`."""
        ids = (
            _with_holders(select(ExceptionRow.exception_id))
            .where(*_which(wanted), ExceptionRow.state.in_(_CLEARABLE))
            .order_by(ExceptionRow.exception_id)
            .limit(limit)
        )
        found = await self.lock(list(await self._session.scalars(ids)))
        return [row for row in found if row.state in _CLEARABLE and wanted.state in ("", row.state)]

    async def dry(self, rows: Sequence[ExceptionRow]) -> set[str]:
        """Which of these were found by a dry run."""
        of_dry = select(RunRow.run_id).where(
            RunRow.run_id.in_({row.run_id for row in rows}), RunRow.mode == Mode.DRY_RUN
        )
        run_ids = set(await self._session.scalars(of_dry))
        return {row.exception_id for row in rows if row.run_id in run_ids}

    async def assign(self, state: str, exception_ids: Sequence[str], given: Mapping[str, Any]) -> None:
        """Give some that are locked and become `state` to somebody, keep who did, and tell it."""
        added = [{"exception_id": exception_id, **given} for exception_id in exception_ids]
        await self._session.execute(insert(ExceptionAssignmentRow), added)
        await self._change(exception_ids, ChangeKind.ASSIGNED, state=state, assignee=given["assignee"])

    async def confirm(self, step: int, state: str, exception_ids: Sequence[str], said: Mapping[str, Any]) -> None:
        """Confirm some that are locked and become `state`, keep who did, and tell it.

        The first person is never the second.
        """
        added = [{"exception_id": exception_id, "step": step, **said} for exception_id in exception_ids]
        await self._session.execute(insert(ExceptionConfirmationRow), added)
        who = "maker" if step == 1 else "checker"
        await self._change(exception_ids, ChangeKind.CONFIRMED, **{"state": state, who: said["operator"]})

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert exceptions that did not come from the rules of a run, and tell them."""
        if rows:
            await self._session.execute(insert(ExceptionRow), [dict(row) for row in rows])
            await feed.tell_opened(self._session, [row["exception_id"] for row in rows])

    async def carry_over(self, from_run_id: str, to_run_id: str) -> None:
        """Let what a run finds again stand as people left it, in the run that it supersedes or in one of a day beside.

        Again is the same class, rows and money. So a day can be run again without taking anybody's work away. What
        stands so is told.
        """
        old = aliased(ExceptionRow)
        statement = (
            update(ExceptionRow)
            .where(
                ExceptionRow.run_id == to_run_id,
                or_(old.run_id == from_run_id, old.resolved_by_run_id == to_run_id),
                old.run_id != to_run_id,
                or_(old.assignee != "", old.maker != ""),
                ExceptionRow.exception_class == old.exception_class,
                ExceptionRow.payment_id.is_not_distinct_from(old.payment_id),
                ExceptionRow.statement_id.is_not_distinct_from(old.statement_id),
                ExceptionRow.line_no.is_not_distinct_from(old.line_no),
                ExceptionRow.book_amount_minor.is_not_distinct_from(old.book_amount_minor),
                ExceptionRow.channel_amount_minor.is_not_distinct_from(old.channel_amount_minor),
                ExceptionRow.book_currency_code.is_not_distinct_from(old.book_currency_code),
                ExceptionRow.channel_currency_code.is_not_distinct_from(old.channel_currency_code),
            )
            .values(
                carried_from_exception_id=old.exception_id,
                assignee=old.assignee,
                maker=old.maker,
                checker=old.checker,
                state=_carried_state(old),
            )
        )
        await feed.change_and_tell(self._session, statement, feed.CARRIED)

    async def _change(self, exception_ids: Sequence[str], kind: ChangeKind, **values: str) -> None:
        statement = update(ExceptionRow).where(ExceptionRow.exception_id.in_(exception_ids)).values(**values)
        await feed.change_and_tell(self._session, statement, f"'{kind}'")


class _By(NamedTuple):
    columns: tuple[Any, ...]
    descending: bool


_BY = {
    Order.NEWEST_FIRST: _By((ExceptionRow.exception_id,), descending=True),
    Order.OLDEST_FIRST: _By((ExceptionRow.exception_id,), descending=False),
    Order.LARGEST_FIRST: _By((ExceptionRow.amount_minor, ExceptionRow.exception_id), descending=True),
    Order.SMALLEST_FIRST: _By((ExceptionRow.amount_minor, ExceptionRow.exception_id), descending=False),
}


def key_of(order: Order, row: ExceptionRow) -> tuple[str, ...]:
    """Where a row stands in a list, for the page behind it."""
    return tuple(str(getattr(row, column.key)) for column in _BY[order].columns)


def _carried_state(old: type[ExceptionRow]) -> Any:
    """Where people left it, also of one that the newer run has just resolved."""
    return case(
        (and_(old.maker != "", or_(ExceptionRow.people_needed == 1, old.checker != "")), "CONFIRMED"),
        (old.maker != "", "PENDING_CONFIRMATION"),
        else_="ASSIGNED",
    )


def _told() -> Any:
    return _with_holders(select(ExceptionRow, RunRow.channel, RunRow.business_date, _MERCHANT_ID))


def _with_holders(statement: Any) -> Any:
    """Exceptions with their runs, and with the payment (paid or not) or refund that is the first of the books' rows."""
    return (
        statement.join(RunRow, RunRow.run_id == ExceptionRow.run_id)
        .outerjoin(PaymentRow, PaymentRow.payment_id == ExceptionRow.payment_id)
        .outerjoin(RefundRow, RefundRow.refund_id == ExceptionRow.payment_id)
        .outerjoin(UnpaidPaymentRow, UnpaidPaymentRow.payment_id == ExceptionRow.payment_id)
    )


def _of_run(run_id: str) -> ColumnElement[bool]:
    """Of that run, or of the one that stands for it; without one of every run but the dry ones."""
    if not run_id:
        return RunRow.mode == Mode.COMMIT
    stands = aliased(RunRow)
    same = select(stands.same_as_run_id).where(stands.run_id == run_id).scalar_subquery()
    return ExceptionRow.run_id == func.coalesce(same, run_id)


def _which(wanted: ExceptionFilter) -> Iterator[ColumnElement[bool]]:
    """The conditions that a filter says, on exceptions with their runs and payments."""
    for column, value in (
        (ExceptionRow.exception_class, wanted.exception_class),
        (ExceptionRow.state, wanted.state),
        (ExceptionRow.assignee, wanted.assignee),
        (RunRow.channel, wanted.channel),
        (_MERCHANT_ID, wanted.merchant_id),
    ):
        if value:
            yield column == value
    yield _of_run(wanted.run_id)
    if wanted.payment_id:
        yield ExceptionRow.payment_ids.op("@>")(cast(array([wanted.payment_id]), ARRAY(Text)))
    if wanted.first_date:
        yield RunRow.business_date >= wanted.first_date
    if wanted.last_date:
        yield RunRow.business_date <= wanted.last_date
    if code := wanted.currency_code:
        yield or_(ExceptionRow.book_currency_code == code, ExceptionRow.channel_currency_code == code)
    if wanted.amount_minor_from:
        yield ExceptionRow.amount_minor >= wanted.amount_minor_from
    if wanted.amount_minor_to:
        yield ExceptionRow.amount_minor <= wanted.amount_minor_to
    if wanted.found_until:
        yield ExceptionRow.create_time <= wanted.found_until
