"""What runs decided goes back to a real payments service."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from sqlalchemy import select
from structlog.testing import capture_logs

from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.domain.reconciliation import Fact, Plan
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.domain.fact import PaymentFact
from services.reconciler.store.fact import FactStore
from services.reconciler.tables import PaymentFactRow
from tests.reconciler.builders import System

MATCHED = payment_pb2.Payment.RECONCILIATION_STATE_MATCHED
PENDING = payment_pb2.Payment.RECONCILIATION_STATE_PENDING


async def put(system: System, *payment_ids: str, run_id: str = "run_1", outcome: str = "MATCHED") -> None:
    """Let a run have decided about payments."""
    now = system.clock.now()
    exception_class = "" if outcome == "MATCHED" else "PLATFORM_ONLY"
    async with system.sessions.begin() as session:
        facts = [PaymentFact(payment_id, run_id, outcome, exception_class, now) for payment_id in payment_ids]
        await FactStore(session).put(facts, now)


async def state_of(system: System, payment_id: str) -> int:
    """What payments says of a payment."""
    request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
    return (await system.payments.GetPayment(request)).payment.reconciliation_state


async def waiting(system: System) -> dict[str, tuple[int, datetime | None]]:
    """What is still to be told: tries and next try by payment."""
    async with system.sessions() as session:
        rows = await session.scalars(select(PaymentFactRow))
        return {row.payment_id: (row.attempts, row.next_try_at) for row in rows}


async def test_payments_hears_what_a_run_decided_and_nothing_is_left_to_tell(system: System):
    payment_id = await system.record(1)
    await put(system, payment_id)

    told = await system.mirror.tell_payments()

    assert told == 1
    assert await state_of(system, payment_id) == MATCHED
    assert await waiting(system) == {}
    assert await system.mirror.tell_payments() == 0


async def test_a_fact_that_was_told_but_not_forgotten_is_told_again_without_harm(system: System):
    payment_id = await system.record(1)
    await put(system, payment_id)
    await system.mirror.tell_payments()
    await put(system, payment_id)  # as if the worker was lost between the answer and the commit

    await system.mirror.tell_payments()

    assert await waiting(system) == {}
    assert await state_of(system, payment_id) == MATCHED


async def test_a_payment_that_payments_does_not_know_does_not_hold_up_the_others(system: System):
    known = [await system.record(no) for no in (1, 2, 3)]
    await put(system, *known, "pay_unknown")

    await system.mirror.tell_payments()

    assert [await state_of(system, payment_id) for payment_id in known] == [MATCHED] * 3
    (left,) = (await waiting(system)).items()
    payment_id, (attempts, next_try_at) = left
    assert (payment_id, attempts) == ("pay_unknown", 1)
    now = system.clock.now()
    assert now <= next_try_at <= now + timedelta(seconds=4)


def break_payments_at(monkeypatch: pytest.MonkeyPatch, is_poison: Callable[[str], bool]) -> list[int]:
    """Let the real payments service break at some payments; returns the sizes of the batches that it is told."""
    take, sizes = ReconciliationActions.record_reconciliations, []

    async def break_or_take(self: ReconciliationActions, facts: Sequence[Fact]) -> Plan:
        sizes.append(len(facts))
        if any(is_poison(fact.payment_id) for fact in facts):
            raise RuntimeError("a fault of payments")
        return await take(self, facts)

    monkeypatch.setattr(ReconciliationActions, "record_reconciliations", break_or_take)
    return sizes


async def test_a_fact_at_which_payments_breaks_holds_up_no_other_and_is_given_up_aloud_in_the_end(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    *sound, poison = [await system.record(no) for no in (1, 2, 3, 4, 5)]
    await put(system, *sound, poison)
    break_payments_at(monkeypatch, lambda payment_id: payment_id == poison)

    await system.mirror.tell_payments()

    assert [await state_of(system, payment_id) for payment_id in sound] == [MATCHED] * 4
    assert [*await waiting(system)] == [poison]
    with capture_logs() as logs:
        for _ in range(47):
            system.clock.advance(3_600)
            assert await system.mirror.tell_payments() == 1
    assert await waiting(system) == {poison: (48, None)}
    (told,) = [log for log in logs if log["log_level"] == "error" and log["event"] == "fact was given up"]
    assert (told["payment_id"], told["reason"], told["given_up_count"]) == (poison, "INTERNAL", 1)


async def test_a_payments_service_that_breaks_at_everything_is_not_flooded_with_halves_and_nothing_is_given_up(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    await put(system, *(f"pay_{no:04}" for no in range(500)))
    sizes = break_payments_at(monkeypatch, lambda _: True)

    await system.mirror.tell_payments()

    assert len(sizes) == 40
    now = system.clock.now()
    assert {(attempts, at is not None and at >= now) for attempts, at in (await waiting(system)).values()} == {
        (1, True)
    }
    assert all(at <= now + timedelta(seconds=4) for _, at in (await waiting(system)).values())


async def test_an_outage_of_payments_however_long_uses_up_no_try(system: System):
    await put(system, "pay_unknown")
    nowhere = PaymentsClient("127.0.0.1:1", timeout_seconds=2)
    cut_off = MirrorActions(system.sessions, nowhere, system.clock)
    for _ in range(15):
        assert await cut_off.tell_payments() == 1
        system.clock.advance(31)
    await nowhere.close()

    await system.mirror.tell_payments()

    ((attempts, next_try_at),) = (await waiting(system)).values()
    assert attempts == 7
    assert next_try_at is not None


async def test_what_payments_refuses_is_not_tried_before_its_time_and_at_last_no_more(system: System):
    await put(system, "pay_unknown")
    tries = []

    for _ in range(12):
        tries.append(await system.mirror.tell_payments())
        _, next_try_at = (await waiting(system))["pay_unknown"]
        if next_try_at is not None and next_try_at > system.clock.now():
            tries.append(await system.mirror.tell_payments())  # too early
        system.clock.advance(3_600)

    assert sum(tries) == 12
    assert await waiting(system) == {"pay_unknown": (12, None)}
    assert await system.mirror.tell_payments() == 0


async def test_a_payments_service_that_does_not_answer_is_asked_later_and_nothing_is_lost(system: System):
    payment_id = await system.record(1)
    await put(system, payment_id)
    nowhere = PaymentsClient("127.0.0.1:1", timeout_seconds=2)
    cut_off = MirrorActions(system.sessions, nowhere, system.clock)

    await cut_off.tell_payments()
    await nowhere.close()

    assert (await waiting(system))[payment_id][0] == 1
    system.clock.advance(31)
    await system.mirror.tell_payments()
    assert await state_of(system, payment_id) == MATCHED


async def test_a_worker_that_was_lost_while_telling_leaves_the_fact_to_the_next(system: System):
    payment_id = await system.record(1)
    await put(system, payment_id)
    now = system.clock.now()
    async with system.sessions.begin() as session:
        await FactStore(session).claim_due(now, now + timedelta(seconds=60), 500)

    before_the_lease_ends = await system.mirror.tell_payments()
    system.clock.advance(61)
    after = await system.mirror.tell_payments()

    assert (before_the_lease_ends, after) == (0, 1)
    assert await state_of(system, payment_id) == MATCHED


async def test_a_newer_decision_takes_the_place_of_an_older_one_that_was_not_told(system: System):
    payment_id = await system.record(1)
    await put(system, payment_id, outcome="EXCEPTION")
    system.clock.advance(1)
    await put(system, payment_id, run_id="run_2")

    await system.mirror.tell_payments()

    assert await state_of(system, payment_id) == MATCHED


async def test_a_newer_decision_waits_until_the_older_one_that_is_being_told_has_ended(system: System):
    payment_id = await system.record(1)
    await put(system, payment_id, outcome="EXCEPTION")
    now = system.clock.now()
    async with system.sessions.begin() as session:
        (older,) = await FactStore(session).claim_due(now, now + timedelta(seconds=60), 500)
    await put(system, payment_id, run_id="run_2")

    too_early = await system.mirror.tell_payments()
    async with system.sessions.begin() as session:  # the older one has arrived
        await FactStore(session).told([older.fact], now)
    then = await system.mirror.tell_payments()

    assert (too_early, then) == (0, 1)
    assert await state_of(system, payment_id) == MATCHED
