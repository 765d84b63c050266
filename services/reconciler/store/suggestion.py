"""SQL of suggestions: groups of `run_results`, and what people decided about them, which is only ever added."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.reconciler.domain.suggestion import Decision, DeclinedRow, Place, Suggestion, SuggestionState
from services.reconciler.tables import (
    PaymentRow,
    RefundRow,
    RunResultRow,
    RunRow,
    StatementLineRow,
    SuggestionDecisionRow,
    SuggestionRow,
)

_BESIDE_DAYS = 7  # how far from its day a row may be matched, as in the inputs of runs

_CARRY = """
INSERT INTO suggestions (run_id, group_id, state, maker, checker, declined_by, people_needed, carried_from_run_id)
SELECT :to_run, :new, CASE WHEN declined_by <> '' THEN 'DECLINED' WHEN maker = '' THEN 'OPEN'
    WHEN CAST(:needed AS bigint) = 1 OR checker <> '' THEN 'CONFIRMED' ELSE 'PENDING_CONFIRMATION' END,
    maker, checker, declined_by, CAST(:needed AS bigint), :from_run
FROM suggestions WHERE run_id = :from_run AND group_id = :old
"""
_CARRY_DECISIONS = """
INSERT INTO suggestion_decisions (run_id, group_id, operator, state, request_id, note, create_time)
SELECT :to_run, :new, operator, state, request_id, note, create_time
FROM suggestion_decisions WHERE run_id = :from_run AND group_id = :old
"""


@dataclass(frozen=True, slots=True)
class SuggestionFilter:
    """Which suggestions a list wants; an empty text and None mean every value."""

    run_id: str = ""
    channel: str = ""
    first_date: date | None = None
    last_date: date | None = None
    state: str = ""
    rule_id: str = ""


class SuggestionStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, wanted: SuggestionFilter, before: Place | None, limit: int) -> list[Suggestion]:
        """Suggestions of the runs that stand behind a place, newest run first."""
        statement = _groups(*_current(), *_which(wanted)).limit(limit)
        if before:
            here = tuple_(RunResultRow.run_id, RunResultRow.group_id)
            statement = statement.where(here < tuple_(literal(before.run_id), literal(before.group_id)))
        statement = statement.order_by(RunResultRow.run_id.desc(), RunResultRow.group_id.desc())
        return [_suggestion(row) for row in await self._session.execute(statement)]

    async def of(self, places: Collection[Place]) -> dict[Place, Suggestion]:
        """The suggestions at these places, those of runs that stand no more too."""
        pairs = [(place.run_id, place.group_id) for place in places]
        here = tuple_(RunResultRow.run_id, RunResultRow.group_id)
        found = map(_suggestion, await self._session.execute(_groups(here.in_(pairs))))
        return {suggestion.place: suggestion for suggestion in found}

    async def decisions(self, place: Place) -> list[Decision]:
        """Who decided what about a suggestion, in order of time."""
        statement = (
            select(SuggestionDecisionRow)
            .where(SuggestionDecisionRow.run_id == place.run_id, SuggestionDecisionRow.group_id == place.group_id)
            .order_by(SuggestionDecisionRow.create_time, SuggestionDecisionRow.operator)
        )
        return [
            Decision(SuggestionState(row.state), row.operator, row.request_id, row.note, row.create_time)
            for row in await self._session.scalars(statement)
        ]

    async def lock_channels(self, run_ids: Collection[str]) -> set[str]:
        """Hold the runs of those channels where they are until the end; the channels with one at work, which decides.

        The runs themselves are held too, so that none of them is superseded meanwhile: after those at work, as a run
        that ends holds itself first and then the one that it supersedes.
        """
        mine = select(RunRow.channel).where(RunRow.run_id.in_(run_ids)).scalar_subquery()
        at_work = and_(RunRow.channel.in_(mine), RunRow.state.in_(("PENDING", "RUNNING")))
        columns = select(RunRow.channel, RunRow.state).order_by(RunRow.run_id).with_for_update()
        held = (await self._session.execute(columns.where(at_work))).all()
        await self._session.execute(columns.where(RunRow.run_id.in_(run_ids)))
        return {channel for channel, state in held if state == "RUNNING"}

    async def lock(self, people_needed: Mapping[Place, int]) -> None:
        """Hold the standing of suggestions until the end, in one order; one that has none gets it."""
        if not people_needed:
            return
        rows = [
            {
                "run_id": place.run_id,
                "group_id": place.group_id,
                "state": "OPEN",
                "maker": "",
                "checker": "",
                "declined_by": "",
                "people_needed": needed,
            }
            for place, needed in sorted(people_needed.items())
        ]
        await self._session.execute(upsert(SuggestionRow).values(rows).on_conflict_do_nothing())
        here = tuple_(SuggestionRow.run_id, SuggestionRow.group_id)
        pairs = [(place.run_id, place.group_id) for place in people_needed]
        statement = select(SuggestionRow.run_id).where(here.in_(pairs)).order_by(here).with_for_update()
        await self._session.execute(statement)

    async def matched_elsewhere(self, suggestion: Suggestion) -> str:
        """A row of it that a run which stands has matched with something else, or a person has; "" for none."""
        beside, day = timedelta(days=_BESIDE_DAYS), suggestion.business_date
        here = tuple_(RunResultRow.run_id, RunResultRow.group_id)
        rows = [*(("P", each) for each in suggestion.payment_ids), *(("L", each) for each in suggestion.line_ids)]
        posted = or_(
            RunResultRow.disposition == "MATCHED",
            and_(RunResultRow.disposition == "SUGGESTED", SuggestionRow.state == "CONFIRMED"),
        )
        statement = (
            _with_standing(select(RunResultRow.id))
            .where(
                *_current(),
                RunRow.channel == suggestion.channel,
                RunRow.business_date.between(day - beside, day + beside),
                tuple_(RunResultRow.side, RunResultRow.id).in_(rows),
                here != tuple_(literal(suggestion.place.run_id), literal(suggestion.place.group_id)),
                posted,
            )
            .order_by(RunResultRow.id)
            .limit(1)
        )
        return (await self._session.scalars(statement)).one_or_none() or ""

    async def decide(self, suggestion: Suggestion, decision: Decision) -> None:
        """Keep what a person decided of one that is locked; the database refuses the same person twice."""
        place = {"run_id": suggestion.place.run_id, "group_id": suggestion.place.group_id}
        said = {
            "operator": decision.operator,
            "state": decision.state.value,
            "request_id": decision.request_id,
            "note": decision.note,
            "create_time": decision.create_time,
        }
        await self._session.execute(insert(SuggestionDecisionRow).values(**place, **said))
        if decision.state is SuggestionState.DECLINED:
            who = "declined_by"
        else:
            who = "checker" if suggestion.state is SuggestionState.PENDING_CONFIRMATION else "maker"
        await self._change(suggestion.place, **{"state": decision.state.value, who: decision.operator})

    async def carry(self, carried: Sequence[tuple[Place, Place, int]]) -> None:
        """Let what people decided of earlier suggestions stand for newer ones: from, to, and how many those need.

        If these need more people than have confirmed, they wait for the second; if fewer, they are confirmed.
        """
        rows = [
            {"from_run": old.run_id, "old": old.group_id, "to_run": new.run_id, "new": new.group_id, "needed": needed}
            for old, new, needed in carried
        ]
        if rows:
            await self._session.execute(text(_CARRY), rows)
            await self._session.execute(text(_CARRY_DECISIONS), rows)

    async def decided(self, run_id: str, after_group_id: str, limit: int) -> list[Suggestion]:
        """The suggestions of a run behind a group that somebody has decided about, in order of group."""
        decided = SuggestionRow.state.in_(
            [state.value for state in SuggestionState if state is not SuggestionState.OPEN]
        )
        groups = _groups(RunResultRow.run_id == run_id, RunResultRow.group_id > after_group_id, decided)
        found = await self._session.execute(groups.order_by(RunResultRow.group_id).limit(limit))
        return [_suggestion(row) for row in found]

    async def again(self, run_id: str, olds: Sequence[Suggestion]) -> dict[Place, Suggestion]:
        """Of earlier suggestions those that a run makes again, of the same rows; by the place of the earlier one."""
        ids = {row_id for old in olds for row_id in old.row_ids}
        groups = select(RunResultRow.group_id).where(
            RunResultRow.run_id == run_id, RunResultRow.side.in_(("P", "L")), RunResultRow.id.in_(ids)
        )
        found = await self._session.execute(
            _groups(RunResultRow.run_id == run_id, RunResultRow.group_id.in_(groups.scalar_subquery()))
        )
        by_rows = {suggestion.row_ids: suggestion for suggestion in map(_suggestion, found)}
        return {old.place: by_rows[old.row_ids] for old in olds if old.row_ids in by_rows}

    async def payments(self, ids: Iterable[str]) -> list[str]:
        """Which of a suggestion's rows of the books are payments, and no refunds."""
        statement = select(PaymentRow.payment_id).where(PaymentRow.payment_id.in_(list(ids)))
        return list(await self._session.scalars(statement.order_by(PaymentRow.payment_id)))

    async def declined_rows(self, suggestion: Suggestion) -> list[DeclinedRow]:
        """Its rows one by one."""
        rows = []
        payments = select(PaymentRow).where(PaymentRow.payment_id.in_(suggestion.payment_ids))
        for payment in await self._session.scalars(payments):
            amount = Money(payment.currency_code, payment.amount_minor)
            rows.append(_declined(payment.payment_id, payment, amount, is_refund=False))
        refunds = select(RefundRow).where(RefundRow.refund_id.in_(suggestion.payment_ids))
        for refund in await self._session.scalars(refunds):
            amount = Money(refund.currency_code, -refund.amount_minor)
            rows.append(_declined(refund.refund_id, refund, amount, is_refund=True))
        for line in await self._session.scalars(_lines(suggestion.line_ids)):
            row_id, amount = f"{line.statement_id}.{line.line_no}", Money(line.currency_code, line.amount_minor)
            rows.append(DeclinedRow(row_id, True, line.amount_minor < 0, line.merchant_order_no, amount, ""))
        return rows

    async def _change(self, place: Place, **values: str) -> None:
        statement = (
            update(SuggestionRow)
            .where(SuggestionRow.run_id == place.run_id, SuggestionRow.group_id == place.group_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        await self._session.execute(statement)


def _declined(row_id: str, row: PaymentRow | RefundRow, amount: Money, *, is_refund: bool) -> DeclinedRow:
    return DeclinedRow(row_id, False, is_refund, row.merchant_order_no, amount, row.traceparent)


def _lines(line_ids: Iterable[str]) -> Select[StatementLineRow]:
    pairs = [(statement_id, int(line_no)) for statement_id, _, line_no in (one.rpartition(".") for one in line_ids)]
    return select(StatementLineRow).where(tuple_(StatementLineRow.statement_id, StatementLineRow.line_no).in_(pairs))


def _groups(*which: ColumnElement[bool]) -> Any:
    payment, line = RunResultRow.side == "P", RunResultRow.side == "L"
    ids = func.array_agg(aggregate_order_by(RunResultRow.id, RunResultRow.id))
    run = (RunRow.channel, RunRow.business_date, RunRow.rule_set_id, RunRow.rule_set_version)
    standing = (SuggestionRow.state, SuggestionRow.maker, SuggestionRow.checker, SuggestionRow.declined_by)
    columns = select(
        RunResultRow.run_id,
        RunResultRow.group_id,
        *run,
        and_(*_current()).label("is_current"),
        func.min(RunResultRow.rule_id).label("rule_id"),
        func.min(RunResultRow.stage).label("stage"),
        func.min(RunResultRow.reason).label("reason"),
        func.max(RunResultRow.runner_up_id).label("runner_up_id"),
        func.min(RunResultRow.margin).label("margin_us"),
        ids.filter(payment).label("payment_ids"),
        ids.filter(line).label("line_ids"),
        func.min(RunResultRow.currency_code).label("currency_code"),
        func.sum(RunResultRow.amount_minor).filter(payment).label("book_minor"),
        func.sum(RunResultRow.amount_minor).filter(line).label("channel_minor"),
        *standing,
    )
    grouped = (RunResultRow.run_id, RunResultRow.group_id, RunRow.run_id, *standing)
    return _with_standing(columns).where(RunResultRow.disposition == "SUGGESTED", *which).group_by(*grouped)


def _with_standing(statement: Any) -> Any:
    same = and_(SuggestionRow.run_id == RunResultRow.run_id, SuggestionRow.group_id == RunResultRow.group_id)
    return statement.join(RunRow, RunRow.run_id == RunResultRow.run_id).outerjoin(SuggestionRow, same)


def _current() -> tuple[ColumnElement[bool], ...]:
    return (
        RunRow.state == "SUCCEEDED",
        RunRow.mode == "COMMIT",
        RunRow.superseded_by_run_id.is_(None),
        RunRow.same_as_run_id.is_(None),
    )


def _which(wanted: SuggestionFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (RunResultRow.run_id, wanted.run_id),
        (RunRow.channel, wanted.channel),
        (func.coalesce(SuggestionRow.state, "OPEN"), wanted.state),
        (RunResultRow.rule_id, wanted.rule_id),
    ):
        if value:
            yield column == value
    if wanted.first_date:
        yield RunRow.business_date >= wanted.first_date
    if wanted.last_date:
        yield RunRow.business_date <= wanted.last_date


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(
        place=Place(row.run_id, row.group_id),
        channel=row.channel,
        business_date=row.business_date,
        rule_set_id=row.rule_set_id,
        rule_set_version=row.rule_set_version,
        is_current=row.is_current,
        rule_id=row.rule_id,
        stage=row.stage,
        reason=row.reason,
        runner_up_id=row.runner_up_id,
        margin_us=row.margin_us,
        payment_ids=tuple(row.payment_ids or ()),
        line_ids=tuple(row.line_ids or ()),
        currency_code=row.currency_code,
        book_minor=int(row.book_minor or 0),
        channel_minor=int(row.channel_minor or 0),
        state=SuggestionState(row.state or "OPEN"),
        maker=row.maker or "",
        checker=row.checker or "",
        declined_by=row.declined_by or "",
    )
