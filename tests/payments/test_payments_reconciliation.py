"""Facts of the reconciler: taken once, all or nothing, and the latest decision is what a payment shows."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import Fault, Kind, from_rpc_error
from services.payments.domain.payment import ReconciliationState, State
from services.payments.domain.reconciliation import Contradicted, Fact, Plan, Standing, UnknownPayments, plan_facts
from tests.payments.builders import NOON, a_request

MATCHED = payment_pb2.Payment.RECONCILIATION_STATE_MATCHED
PENDING = payment_pb2.Payment.RECONCILIATION_STATE_PENDING
EXCEPTION = payment_pb2.Payment.RECONCILIATION_STATE_EXCEPTION


async def recorded(system) -> str:
    return (await system.payments.RecordPayment(a_request())).payment.payment_id


def a_fact(payment_id, run_id="run_1", outcome=MATCHED, after_seconds=0) -> pb.ReconciliationFact:
    return pb.ReconciliationFact(
        payment_id=payment_id,
        run_id=run_id,
        outcome=outcome,
        exception_class="AMOUNT_DIFFERS" if outcome == EXCEPTION else "",
        decide_time=Timestamp(seconds=int(NOON.timestamp()) + after_seconds),
    )


async def tell(system, *facts) -> tuple[int, int]:
    answer = await system.payments.RecordReconciliations(pb.RecordReconciliationsRequest(facts=facts))
    return answer.recorded_count, answer.repeated_count


async def refusal(system, *facts) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await tell(system, *facts)
    return from_rpc_error(refused.value)


async def shown(system, payment_id) -> tuple[int, int]:
    payment = (await system.payments.GetPayment(pb.GetPaymentRequest(payment_id=payment_id))).payment
    return payment.reconciliation_state, payment.version


async def test_facts_move_their_payments_and_the_feed_tells_it(system):
    one, other = await recorded(system), await recorded(system)
    await system.read_feed()

    counts = await tell(system, a_fact(one), a_fact(other, outcome=EXCEPTION))

    assert counts == (2, 0)
    assert await shown(system, one) == (MATCHED, 2)
    assert await shown(system, other) == (EXCEPTION, 2)
    told = [(change.payment.payment_id, change.run_id) for change in await system.read_feed(from_sequence=3)]
    assert sorted(told) == sorted([(one, "run_1"), (other, "run_1")])


async def test_facts_that_are_told_again_change_nothing(system):
    one, other = await recorded(system), await recorded(system)
    await tell(system, a_fact(one))

    counts = await tell(system, a_fact(one), a_fact(other), a_fact(other))

    assert counts == (1, 2)
    assert await shown(system, one) == (MATCHED, 2)
    assert (await system.row_counts())["feed"] == 4


async def test_one_unknown_payment_refuses_the_whole_batch(system):
    one = await recorded(system)
    before = await system.row_counts()

    refused = await refusal(system, a_fact(one), a_fact("pay_none"))

    assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "NOT_FOUND")
    assert refused.metadata["payment_ids"] == "pay_none"
    assert await system.row_counts() == before
    assert (await shown(system, one))[1] == 1


async def test_a_run_that_contradicts_itself_is_refused_whole(system):
    one, other = await recorded(system), await recorded(system)
    await tell(system, a_fact(one))
    before = await system.row_counts()

    refused = await refusal(system, a_fact(other), a_fact(one, outcome=EXCEPTION))

    assert (refused.kind, refused.reason) == (Kind.EXISTS, "BUSINESS_KEY_REUSED")
    assert (refused.metadata["payment_id"], refused.metadata["run_id"]) == (one, "run_1")
    assert await system.row_counts() == before


async def test_a_later_run_is_what_a_payment_shows_even_if_an_earlier_one_is_told_after_it(system):
    one = await recorded(system)

    await tell(system, a_fact(one, "run_2", MATCHED, after_seconds=60))
    counts = await tell(system, a_fact(one, "run_1", EXCEPTION))

    assert counts == (1, 0)
    assert await shown(system, one) == (MATCHED, 2)


async def test_a_run_that_leaves_a_payment_undecided_takes_back_what_was_told_and_may_still_tell_what_became_of_it(
    system,
):
    one = await recorded(system)
    await tell(system, a_fact(one))
    taken_back = a_fact(one, "run_2", PENDING, after_seconds=60)

    counts = [await tell(system, taken_back), await tell(system, taken_back)]
    after = await shown(system, one)
    late = await tell(system, a_fact(one, "run_0", PENDING, after_seconds=-60))
    confirmed = await tell(system, a_fact(one, "run_2", MATCHED, after_seconds=120))
    again = await tell(system, taken_back)

    assert after == (PENDING, 3)
    assert (counts, late, confirmed, again) == ([(0, 0), (0, 1)], (0, 1), (1, 0), (0, 1))
    assert await shown(system, one) == (MATCHED, 4)


async def test_the_same_batch_told_by_many_at_once_is_taken_once(system):
    payment_ids = [await recorded(system) for _ in range(10)]
    facts = [a_fact(payment_id) for payment_id in payment_ids]

    counts = await asyncio.gather(*(tell(system, *order) for order in (facts, facts[::-1], facts, facts[::-1])))

    assert sum(recorded_count for recorded_count, _ in counts) == 10
    assert sum(repeated_count for _, repeated_count in counts) == 30
    assert {await shown(system, payment_id) for payment_id in payment_ids} == {(MATCHED, 2)}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": payment_pb2.Payment.RECONCILIATION_STATE_UNSPECIFIED}, "facts[0].outcome"),
        ({"run_id": ""}, "facts[0].run_id"),
        ({"run_id": "run\x00"}, "facts[0].run_id"),
        ({"decide_time": None}, "facts[0].decide_time"),
        ({"decide_time": Timestamp(nanos=-1)}, "facts[0].decide_time"),
        ({"exception_class": "AMOUNT_DIFFERS"}, "facts[0].exception_class"),
        ({"outcome": EXCEPTION}, "facts[0].exception_class"),
    ],
)
async def test_a_bad_fact_is_named_and_nothing_is_stored(system, changes, field):
    one = await recorded(system)
    before = await system.row_counts()
    good = a_fact(one)
    parts = {descriptor.name: getattr(good, descriptor.name) for descriptor in good.DESCRIPTOR.fields}

    refused = await refusal(system, pb.ReconciliationFact(**{**parts, **changes}))

    assert refused.reason == "INVALID_FIELD"
    assert [fault.field for fault in refused.fields] == [field]
    assert await system.row_counts() == before


def standing(**changes) -> dict[str, Standing]:
    fields = {"payment_id": "pay_1", "version": 1, "state": State.SUCCEEDED, "reconcile_time": None}
    return {"pay_1": Standing(**{**fields, **changes})}


def a_decision(**changes) -> Fact:
    fields = {"run_id": "run_1", "outcome": ReconciliationState.MATCHED, "exception_class": "", "decide_time": NOON}
    return Fact(payment_id="pay_1", **{**fields, **changes})


def test_two_runs_in_one_batch_make_two_versions_in_order():
    facts = [a_decision(), a_decision(run_id="run_2", decide_time=NOON + timedelta(hours=1))]

    plan = plan_facts(facts, standing(version=4), {})

    assert isinstance(plan, Plan)
    assert [(each.change.version, each.change.ref_id) for each in plan.changes] == [(5, "run_1"), (6, "run_2")]


def test_a_fact_decided_before_the_one_that_is_shown_is_kept_and_moves_nothing():
    plan = plan_facts([a_decision()], standing(reconcile_time=NOON + timedelta(seconds=1)), {})

    assert plan == Plan(facts=(a_decision(),), changes=(), repeated_count=0)


def test_a_repeat_inside_a_batch_counts_as_a_repeat():
    fact = a_decision()

    plan = plan_facts([fact, fact], standing(), {})

    assert isinstance(plan, Plan)
    assert (len(plan.facts), len(plan.changes), plan.repeated_count) == (1, 1, 1)


def test_another_class_for_the_same_run_contradicts():
    before = a_decision(outcome=ReconciliationState.EXCEPTION, exception_class="AMOUNT_DIFFERS")
    told = a_decision(outcome=ReconciliationState.EXCEPTION, exception_class="CHANNEL_OVER")

    assert plan_facts([told], standing(), {before.key: before}) == Contradicted(before, told)


def test_the_same_outcome_decided_at_another_time_is_a_repeat():
    told = a_decision(decide_time=NOON + timedelta(hours=1))

    assert plan_facts([told], standing(), {told.key: a_decision()}) == Plan((), (), 1)


def test_all_unknown_payments_are_named():
    assert plan_facts([a_decision()], {}, {}) == UnknownPayments(("pay_1",))
