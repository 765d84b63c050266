"""What the reconciler's facts do to payments. It matches nothing: it takes what a run decided, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.payments.domain.payment import Change, ChangeKind, ReconciliationState, State

FactKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a run decided about a payment; `exception_class` is empty unless it is an EXCEPTION.

    PENDING takes back what an earlier run told. It decides nothing, so the feed alone keeps it.
    """

    payment_id: str
    run_id: str
    outcome: ReconciliationState
    exception_class: str
    decide_time: datetime

    @property
    def key(self) -> FactKey:
        """A run decides once about a payment."""
        return self.payment_id, self.run_id

    def says_the_same(self, other: "Fact") -> bool:
        """Whether the decision is the same one; when it was told is no part of it."""
        return (self.outcome, self.exception_class) == (other.outcome, other.exception_class)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands before the facts. `reconcile_time` is when the fact that it shows was decided."""

    payment_id: str
    version: int
    state: State
    reconcile_time: datetime | None
    refunded_minor: int = 0
    refund_reserved_minor: int = 0


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A change that a fact makes, with the time at which the fact was decided."""

    change: Change
    reconcile_time: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Facts to write, and the changes of payments that they make, in order."""

    facts: tuple[Fact, ...]
    changes: tuple[Reconciled, ...]
    repeated_count: int


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The run has told another outcome for the payment before."""

    before: Fact
    told: Fact


@dataclass(frozen=True, slots=True)
class UnknownPayments:
    """These are no payments of ours."""

    payment_ids: tuple[str, ...]


def plan_facts(
    told: Sequence[Fact], standings: Mapping[str, Standing], written: Mapping[FactKey, Fact]
) -> Plan | Contradicted | UnknownPayments:
    """Decide about a batch of facts, given how their payments stand and which facts were written before.

    A payment shows the fact that was decided last: one that comes late is written and changes nothing. What takes back
    comes again, or late, if something as new is shown already.
    """
    if unknown := sorted({fact.payment_id for fact in told} - standings.keys()):
        return UnknownPayments(tuple(unknown))
    known, after = dict(written), dict(standings)
    facts: list[Fact] = []
    changes: list[Reconciled] = []
    repeated_count = 0
    for fact in told:
        if fact.outcome is ReconciliationState.PENDING:
            standing = _take_back(fact, after[fact.payment_id])
            repeated_count += standing is None
        elif (before := known.get(fact.key)) is not None:
            if not before.says_the_same(fact):
                return Contradicted(before, fact)
            repeated_count, standing = repeated_count + 1, None
        else:
            known[fact.key] = fact
            facts.append(fact)
            standing = _apply(fact, after[fact.payment_id])
        if standing is not None:
            after[fact.payment_id] = standing
            changes.append(_change(fact, standing))
    return Plan(tuple(facts), tuple(changes), repeated_count)


def _take_back(fact: Fact, standing: Standing) -> Standing | None:
    if standing.reconcile_time is None or fact.decide_time <= standing.reconcile_time:
        return None
    return _apply(fact, standing)


def _apply(fact: Fact, standing: Standing) -> Standing | None:
    if standing.reconcile_time is not None and fact.decide_time < standing.reconcile_time:
        return None
    return replace(standing, version=standing.version + 1, reconcile_time=fact.decide_time)


def _change(fact: Fact, standing: Standing) -> Reconciled:
    change = Change(
        payment_id=fact.payment_id,
        version=standing.version,
        state=standing.state,
        reconciliation_state=fact.outcome,
        refunded_minor=standing.refunded_minor,
        refund_reserved_minor=standing.refund_reserved_minor,
        kind=ChangeKind.RECONCILIATION,
        ref_id=fact.run_id,
    )
    return Reconciled(change, fact.decide_time)
