"""Explanations: why rows ended where they did. It reads what is stored and decides nothing."""

from collections.abc import Awaitable, Callable

from chassis import telemetry
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.domain.reasoning import reasoning
from services.reconciler.domain.suggestion import Place
from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.rules.rule_set import RuleSet
from services.reconciler.store.explanation import Anchor, Explained, ExplanationStore
from services.reconciler.store.rule_set import RuleSetStore


class ExplanationActions:
    """What can be asked about why."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @telemetry.traced
    async def explain_match(self, match_id: str) -> Explained:
        """Why a match or a suggestion was made. Raises Fault NOT_FOUND."""
        place = Place.of(match_id)
        return await self._explain(match_id, lambda store: store.of_match(place.run_id, place.group_id))

    @telemetry.traced
    async def explain_exception(self, exception_id: str) -> Explained:
        """Why there is an exception. Raises Fault NOT_FOUND."""
        return await self._explain(exception_id, lambda store: store.of_exception(exception_id))

    @telemetry.traced
    async def explain_payment(self, payment_id: str) -> Explained:
        """Why a payment or a refund is where it is. Raises Fault NOT_FOUND when no run has placed it."""
        return await self._explain(payment_id, lambda store: store.of_payment(payment_id))

    @telemetry.traced
    async def explain_statement_line(self, line_id: str) -> Explained:
        """The same of a line."""
        return await self._explain(line_id, lambda store: store.of_line(line_id))

    async def _explain(self, row_id: str, find: Callable[[ExplanationStore], Awaitable[Anchor | None]]) -> Explained:
        async with self._sessions() as session:
            store = ExplanationStore(session)
            if (anchor := await find(store)) is None:
                raise _not_found(row_id)
            run = await store.run(anchor.run_id)
            if (found := await store.placed(anchor, run.channel)) is None:
                raise _not_found(row_id)
            version = run.rule_set_version
            row = await RuleSetStore(session).get(run.rule_set_id, int(version)) if version.isdecimal() else None
        rule_set: RuleSet | None = parse_rule_set(run.rule_set_id, row.yaml) if row else None
        group_id, placed = found
        return Explained(run, group_id, reasoning(placed, rule_set))


def _not_found(row_id: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no run that stands has a place for {row_id}",
        f"现行对账批次中没有 {row_id} 的记录",
    )
