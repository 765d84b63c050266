"""Suggestions: telling them, confirming them as posted matches, and declining them. It finds none itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.clearing import once
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.domain.clearing import Asked, Cleared, Refusal, RowResult, people_needed
from services.reconciler.domain.fact import PaymentFact
from services.reconciler.domain.suggestion import (
    Decision,
    DeclinedRow,
    Place,
    Suggestion,
    SuggestionState,
    confirm,
    decline,
    words_of_declined,
)
from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.rules.rule_set import Threshold
from services.reconciler.store.exception import ExceptionStore
from services.reconciler.store.fact import FactStore
from services.reconciler.store.rule_set import RuleSetStore
from services.reconciler.store.suggestion import SuggestionFilter, SuggestionStore

_CARRIED_AT_ONCE = 200
_Decide = Callable[[Suggestion, int], SuggestionState | Refusal]


class SuggestionActions:
    """What can be asked about suggestions, and done."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def get_suggestion(self, suggestion_id: str) -> tuple[Suggestion, int, list[Decision]]:
        """One suggestion, how many people it needs, and what was decided about it. Raises Fault NOT_FOUND."""
        place = Place.of(suggestion_id)
        async with self._sessions() as session:
            store = SuggestionStore(session)
            found = (await store.of([place])).get(place)
            if found is None:
                raise _not_found(suggestion_id)
            needed = await _people_needed(session, [found])
            return found, needed[place], await store.decisions(place)

    @telemetry.traced
    async def list_suggestions(
        self, wanted: SuggestionFilter, page: PageRequest
    ) -> tuple[Page[Suggestion], Mapping[Place, int]]:
        """Suggestions of the runs that stand, newest run first, and how many people each needs."""
        name = f"suggestions\n{wanted}"
        after = paging.last_id(name, page.token)
        async with self._sessions() as session:
            found = await SuggestionStore(session).page(wanted, Place.of(after) if after else None, page.limit)
            needed = await _people_needed(session, found)
        return page.page(name, found, lambda suggestion: str(suggestion.place)), needed

    @telemetry.traced
    async def confirm_suggestions(self, asked: Asked, suggestion_ids: Sequence[str]) -> Cleared:
        """Confirm suggestions; what is confirmed is told to payments as an automatic match is, in one transaction."""

        def decide(suggestion: Suggestion, needed: int) -> SuggestionState | Refusal:
            return confirm(suggestion, needed, asked.operator)

        return await self._once(asked, "confirm_suggestions", suggestion_ids, decide)

    @telemetry.traced
    async def decline_suggestions(self, asked: Asked, suggestion_ids: Sequence[str]) -> Cleared:
        """Decline suggestions; each of their rows becomes an exception of its own side, in one transaction."""

        def decide(suggestion: Suggestion, _: int) -> SuggestionState | Refusal:
            return decline(suggestion, asked.operator)

        return await self._once(asked, "decline_suggestions", suggestion_ids, decide)

    async def _once(self, asked: Asked, action: str, suggestion_ids: Sequence[str], decide: _Decide) -> Cleared:
        wanted = sorted({*suggestion_ids})

        def work(session: AsyncSession) -> Awaitable[list[RowResult]]:
            return self._decide(session, asked, wanted, decide)

        return await once(self._sessions, self._clock, asked, action, wanted, work)

    async def _decide(
        self, session: AsyncSession, asked: Asked, wanted: Sequence[str], decide: _Decide
    ) -> list[RowResult]:
        store, now = SuggestionStore(session), self._clock.now()
        places = {suggestion_id: Place.of(suggestion_id) for suggestion_id in wanted}
        busy = await store.lock_channels({place.run_id for place in places.values()})
        needed = await _people_needed(session, [*(await store.of(places.values())).values()])
        await store.lock(needed)
        found = await store.of(places.values())
        results = []
        for suggestion_id, place in places.items():
            suggestion = found.get(place)
            if suggestion is None:
                results.append(RowResult.refused(suggestion_id, "", Refusal.NOT_FOUND))
            elif suggestion.channel in busy:
                results.append(RowResult.refused(suggestion_id, suggestion.state, Refusal.RUN_IN_PROGRESS))
            else:
                state = decide(suggestion, needed[place])
                results.append(await _settle(session, suggestion, state, asked, now))
        return results


async def carry_suggestions(session: AsyncSession, from_run_id: str, to_run_id: str, now: datetime) -> None:
    """Let what people decided about the suggestions of a run stand for the same rows in the run that supersedes it."""
    store, after = SuggestionStore(session), ""
    while olds := await store.decided(from_run_id, after, _CARRIED_AT_ONCE):
        news = await store.again(to_run_id, olds)
        needed = await _people_needed(session, [*news.values()])
        await store.carry([(old, new.place, needed[new.place]) for old, new in news.items()])
        standing = (await store.of([new.place for new in news.values()])).values() if news else ()
        await _post(session, [new for new in standing if new.state is SuggestionState.CONFIRMED], now)
        for new in standing:
            if new.state is SuggestionState.DECLINED:
                await _part(session, new, new.declined_by, now)
        after = olds[-1].place.group_id


async def _settle(
    session: AsyncSession, suggestion: Suggestion, state: SuggestionState | Refusal, asked: Asked, now: datetime
) -> RowResult:
    """Do what was decided about one that is locked, unless one of its rows went elsewhere."""
    suggestion_id = str(suggestion.place)
    if isinstance(state, Refusal):
        return RowResult.refused(suggestion_id, suggestion.state, state)
    if state is not SuggestionState.DECLINED and (row := await SuggestionStore(session).matched_elsewhere(suggestion)):
        return RowResult(suggestion_id, suggestion.state, Refusal.ALREADY_MATCHED, row)
    await _apply(session, suggestion, Decision(state, asked.operator, asked.request_id, asked.note, now), now)
    return RowResult(suggestion_id, state)


async def _apply(session: AsyncSession, suggestion: Suggestion, decision: Decision, now: datetime) -> None:
    await SuggestionStore(session).decide(suggestion, decision)
    if decision.state is SuggestionState.CONFIRMED:
        await _post(session, [suggestion], now)
    elif decision.state is SuggestionState.DECLINED:
        await _part(session, suggestion, decision.operator, now)


async def _post(session: AsyncSession, confirmed: Sequence[Suggestion], now: datetime) -> None:
    """Let payments hear of confirmed ones of one run as it hears of automatic matches."""
    payments = await SuggestionStore(session).payments(one for each in confirmed for one in each.payment_ids)
    run_ids = {one: each.place.run_id for each in confirmed for one in each.payment_ids}
    facts = [PaymentFact(payment_id, run_ids[payment_id], "MATCHED", "", now) for payment_id in payments]
    await FactStore(session).put(facts, now)


async def _part(session: AsyncSession, declined: Suggestion, operator: str, now: datetime) -> None:
    """Let each row of a declined one be an exception of its own."""
    rows = await SuggestionStore(session).declined_rows(declined)
    await ExceptionStore(session).add([_exception(declined, row, operator, now) for row in rows])
    facts = [
        PaymentFact(row.row_id, declined.place.run_id, "EXCEPTION", row.exception_class, now)
        for row in rows
        if not row.is_line and not row.is_refund
    ]
    await FactStore(session).put(facts, now)


def _exception(suggestion: Suggestion, row: DeclinedRow, operator: str, now: datetime) -> dict[str, object]:
    explanation, explanation_zh = words_of_declined(row, suggestion.rule_id, operator)
    statement_id, _, line_no = row.row_id.rpartition(".") if row.is_line else ("", "", "")
    money = (row.amount.currency_code, row.amount.amount_minor)
    book, channel = ((None, None), money) if row.is_line else (money, (None, None))
    return {
        "exception_id": ids.new_id("exc"),
        "run_id": suggestion.place.run_id,
        "exception_class": row.exception_class.value,
        "state": "OPEN",
        "payment_id": None if row.is_line else row.row_id,
        "payment_ids": [] if row.is_line else [row.row_id],
        "statement_id": statement_id or None,
        "line_no": int(line_no) if line_no else None,
        "line_ids": [row.row_id] if row.is_line else [],
        "merchant_order_no": row.merchant_order_no,
        "book_currency_code": book[0],
        "book_amount_minor": book[1],
        "channel_currency_code": channel[0],
        "channel_amount_minor": channel[1],
        "explanation": explanation,
        "explanation_zh": explanation_zh,
        "trace_id": telemetry.trace_id_of(row.traceparent),
        "create_time": now,
        "rule_id": suggestion.rule_id,
        "stage": suggestion.stage,
        "group_id": row.row_id,
        "reason": suggestion.reason,
    }


async def _people_needed(session: AsyncSession, suggestions: Sequence[Suggestion]) -> dict[Place, int]:
    """How many people each needs, by the rule set of its run."""
    thresholds: dict[tuple[str, str], Threshold | None] = {}
    needed = {}
    for suggestion in suggestions:
        version = (suggestion.rule_set_id, suggestion.rule_set_version)
        if version not in thresholds:
            thresholds[version] = await _threshold(session, *version)
        needed[suggestion.place] = people_needed(thresholds[version], suggestion.book_minor, suggestion.channel_minor)
    return needed


async def _threshold(session: AsyncSession, rule_set_id: str, version: str) -> Threshold | None:
    row = await RuleSetStore(session).get(rule_set_id, int(version)) if version.isdecimal() else None
    return parse_rule_set(rule_set_id, row.yaml).second_confirmation if row else None


def _not_found(suggestion_id: str) -> Fault:
    words = (f"there is no suggestion {suggestion_id}", f"没有编号为 {suggestion_id} 的待确认匹配")
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", *words)
