"""Matching on arrival: payments and lines as they come, some hundred at a time. The close has the last word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database import Sessions
from chassis.telemetry import annotate, traced
from services.reconciler.domain.arrival import Together, change
from services.reconciler.rules.arrival import arrival_query, arrival_rules
from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.rules.rule_set import Calendar
from services.reconciler.store.arrival import ArrivalStore
from services.reconciler.store.rule_set import RuleSetStore
from services.reconciler.tables import ArrivalMatchRow, ArrivalRevisionRow

_AT_ONCE = 200  # rows that hang together are held each against each: of more, each row would take longer
_TOGETHER_MAX = 2_000  # for each 200
_BATCHES_PER_TURN_MAX = 250
_KEPT_DAYS = 45
_FORGOTTEN_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """What decides a channel: the query, "" where no rule decides, the calendar, and which version they are of."""

    content_hash: str
    query: str
    calendar: Calendar


class ArrivalActions:
    """What is done with rows that come."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock
        self._compiled: dict[str, _Rules] = {}  # by channel

    async def match_arrivals(self) -> int:
        """Match what is due, some batches at most; returns how many batches there were, 0 when nothing is due."""
        for count in range(_BATCHES_PER_TURN_MAX):
            if not (await self.match_payments() or await self.match_lines()):
                return count
        return _BATCHES_PER_TURN_MAX

    async def match_payments(self, most: int = _AT_ONCE) -> int:
        """Match payments and refunds that the mirror took, at most so many; returns how many, 0 when none is due."""
        async with self._sessions.begin() as session:
            store = ArrivalStore(session)
            due = await store.take_payments(most)
            for channel, payment_ids, open_ids in (each for each in due if each.channel):
                await store.take_turn(channel)
                rules = await self._rules(session, channel)
                # A row that changes its numbers leaves others behind, which may be pairs without it.
                before = Together()
                if open_ids:
                    before = await store.together(rules.query, open_ids, (), _together_max(open_ids))
                await store.open_payments(payment_ids, *_local(rules.calendar))
                await self._decide(store, rules, [*before.payment_ids, *payment_ids], [*before.line_ids])
        return sum(len(each.payment_ids) for each in due)

    async def match_lines(self, most: int = _AT_ONCE) -> int:
        """Match the next lines of a statement that was loaded; returns how many were looked at, 0 when none is due."""
        async with self._sessions.begin() as session:
            store = ArrivalStore(session)
            due = await store.take_lines(most)
            if due is None:
                return 0
            statement_id, channel, done_line_no, up_to = due
            if up_to is None:
                await store.end_statement(statement_id)
                return 1
            await store.take_turn(channel)
            rules = await self._rules(session, channel)
            line_ids = await store.open_lines(statement_id, channel, done_line_no, up_to)
            await self._decide(store, rules, [], line_ids)
        return up_to - done_line_no

    @traced
    async def get_arrival_match(self, payment_id: str) -> tuple[ArrivalMatchRow | None, ArrivalRevisionRow | None]:
        """The pair that stands of a payment or refund, and the last of it that does not any more."""
        annotate(payment_id=payment_id)
        async with self._sessions() as session:
            return await ArrivalStore(session).get(payment_id)

    async def forget_arrivals(self) -> int:
        """Let go of rows that are long past any close; returns how many."""
        before = (self._clock.now() - timedelta(days=_KEPT_DAYS)).date()
        async with self._sessions.begin() as session:
            return await ArrivalStore(session).forget(before, _FORGOTTEN_AT_ONCE)

    async def _decide(self, store: ArrivalStore, rules: _Rules, payment_ids: list[str], line_ids: list[str]) -> None:
        """All rows at once; or if too many hang together each row alone, so that only a crowd is left to the close."""
        if not rules.query or not (payment_ids or line_ids):
            return
        most = _together_max([*payment_ids, *line_ids])
        together = await store.together(rules.query, payment_ids, line_ids, most)
        if together.whole or len(payment_ids) + len(line_ids) == 1:
            stood = await store.standing({*together.payment_ids, *payment_ids}, {*together.line_ids, *line_ids})
            await store.write(change(stood, together), rules.content_hash, self._clock.now())
            return
        for payment_id in payment_ids:
            await self._decide(store, rules, [payment_id], [])
        for line_id in line_ids:
            await self._decide(store, rules, [], [line_id])

    async def _rules(self, session: AsyncSession, channel: str) -> _Rules:
        store, today = RuleSetStore(session), self._clock.now().date()
        decides = await store.active_hash(channel, today)
        if (known := self._compiled.get(channel)) and known.content_hash == decides:
            return known
        version = await store.active_version(channel, today)
        assert version is not None, "the shipped rule set decides where no other does"
        self._compiled[channel] = rules = _compiled(version.content_hash, version.yaml, channel)
        return rules


@lru_cache(maxsize=64)
def _compiled(content_hash: str, yaml: str, channel: str) -> _Rules:
    rule_set = parse_rule_set(channel, yaml)
    rules = arrival_rules(rule_set)
    query = arrival_query(rules, "arrival_payments", "arrival_lines") if rules else ""
    return _Rules(content_hash, query, rule_set.calendar(channel))


def _together_max(row_ids: Sequence[str]) -> int:
    return _TOGETHER_MAX * max(1, len(row_ids) // _AT_ONCE)


def _local(calendar: Calendar) -> tuple[str, int]:
    """The zone, and by how many seconds a local time is moved so that its business day ends at midnight."""
    cutoff = datetime.combine(datetime(2000, 1, 1, tzinfo=UTC), calendar.cutoff, UTC)
    seconds = int((cutoff - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
    return str(calendar.time_zone), (86_400 if calendar.cutoff >= time(12) else 0) - seconds
