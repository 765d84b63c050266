"""What runs decided, taken once. It matches nothing."""

from collections.abc import Sequence

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.payments.actions.missing import not_found
from services.payments.domain.reconciliation import Contradicted, Fact, Plan, UnknownPayments, plan_facts
from services.payments.store import feed, reconciliation


class ReconciliationActions:
    """What the reconciler tells of payments."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def record_reconciliations(self, facts: Sequence[Fact]) -> Plan:
        """Write what runs decided, all or nothing: facts, the payments as they now stand, and their feed rows.

        Raises Fault NOT_FOUND for a payment that is not known, BUSINESS_KEY_REUSED for a run that told another
        outcome before.
        """
        now = self._clock.now()
        async with self._sessions.begin() as session:
            standings = await reconciliation.lock_standings(session, [fact.payment_id for fact in facts])
            written = await reconciliation.facts(session, [fact.key for fact in facts])
            plan = _agreed(plan_facts(facts, standings, written))
            if plan.facts:
                await reconciliation.add_facts(session, plan.facts, now)
            if plan.changes:
                await reconciliation.set_reconciled(session, plan.changes)
                await feed.add_changes(session, [each.change for each in plan.changes])
        telemetry.annotate(recorded_count=len(plan.facts), repeated_count=plan.repeated_count)
        return plan


def _agreed(planned: Plan | Contradicted | UnknownPayments) -> Plan:
    match planned:
        case Plan():
            return planned
        case UnknownPayments(payment_ids=payment_ids):
            raise not_found(payment_ids)
        case Contradicted(before=before, told=told):
            raise Fault(
                Kind.EXISTS,
                "BUSINESS_KEY_REUSED",
                f"run {told.run_id} has told {before.outcome} for {told.payment_id}, and now tells {told.outcome}",
                f"批次 {told.run_id} 对支付单 {told.payment_id} 已给出 {before.outcome}，现为 {told.outcome}",
                metadata={"payment_id": told.payment_id, "run_id": told.run_id, "fields": "outcome,exception_class"},
            )
