"""What a run means beside its own rows: for payments, and for what runs of other days and people had made of them."""

from datetime import timedelta

from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.reconciler.v1 import suggestion_service_pb2
from sqlalchemy import insert, select, update

from services.reconciler.store.fact import FactStore
from services.reconciler.store.settling import SettlingStore
from services.reconciler.tables import ExceptionRow, PaymentFactRow, RunRow
from tests.reconciler.builders import DAY, NOON, System
from tests.reconciler.seeds import add_group, add_run, an_exception

P = payment_pb2.Payment
NEXT_DAY = DAY + timedelta(days=1)


async def told(system: System) -> dict[str, tuple[str, str]]:
    """What the outbox has for payments."""
    async with system.sessions() as session:
        facts = await session.scalars(select(PaymentFactRow))
        return {fact.payment_id: (fact.outcome, fact.exception_class) for fact in facts}


async def shown(system: System, payment_id: str) -> int:
    """What payments shows once it was told."""
    system.clock.advance(60)
    await system.mirror.tell_payments()
    request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
    return (await system.payments.GetPayment(request)).payment.reconciliation_state


async def recorded(system: System, count: int) -> list[str]:
    """Payments in the mirror."""
    made = [await system.record(no) for no in range(1, count + 1)]
    await system.mirror.follow_payments()
    return made


async def test_a_difference_that_a_rule_ignores_is_told_as_matched_but_not_without_a_line(system: System):
    settled, alone = await recorded(system, 2)
    async with system.sessions.begin() as session:
        await add_run(session)
        await add_group(session, [settled], ["stm_1.1"], disposition="IGNORED_BY_RULE", exception_class="FEE_MISMATCH")
        await add_group(session, [alone], [], disposition="IGNORED_BY_RULE", exception_class="PLATFORM_ONLY")
        await FactStore(session).put_of_run("run_1", system.clock.now())

    assert await told(system) == {settled: ("MATCHED", "")}
    assert await shown(system, settled) == P.RECONCILIATION_STATE_MATCHED


async def test_what_a_run_again_leaves_undecided_is_taken_back_at_payments_until_somebody_decides(system: System):
    kept, suggested, waits = await recorded(system, 3)
    async with system.sessions.begin() as session:
        await add_run(session)
        for no, payment_id in enumerate((kept, suggested, waits), start=1):
            await add_group(session, [payment_id], [f"stm_1.{no}"], disposition="MATCHED")
        await FactStore(session).put_of_run("run_1", system.clock.now())
    assert await shown(system, suggested) == P.RECONCILIATION_STATE_MATCHED
    async with system.sessions.begin() as session:
        await session.execute(update(RunRow).values(superseded_by_run_id="run_2"))
        await add_run(session, "run_2")
        await add_group(session, [kept], ["stm_1.1"], "run_2", disposition="MATCHED")
        await add_group(session, [suggested], ["stm_1.2"], "run_2")
        await add_group(session, [waits], [], "run_2", disposition="BUFFERED")
        await FactStore(session).put_of_run("run_2", system.clock.now())
        await SettlingStore(session, "run_2", "wechat_pay", DAY).take_back("run_1", system.clock.now())

    assert await told(system) == {kept: ("MATCHED", ""), suggested: ("PENDING", ""), waits: ("PENDING", "")}
    assert await shown(system, waits) == P.RECONCILIATION_STATE_PENDING
    assert await shown(system, suggested) == P.RECONCILIATION_STATE_PENDING
    await system.suggestions.ConfirmSuggestions(
        suggestion_service_pb2.ConfirmSuggestionsRequest(
            request_id="request-1", operator="zhang", suggestion_ids=[f"run_2.{suggested}"], note="called"
        )
    )
    assert await shown(system, suggested) == P.RECONCILIATION_STATE_MATCHED


async def test_a_row_that_a_run_lets_go_is_again_what_its_own_day_had_made_of_it(system: System):
    (payment_id,) = await recorded(system, 1)
    async with system.sessions.begin() as session:
        await add_run(session, "run_1")
        await add_group(session, [payment_id], [], "run_1", disposition="EXCEPTION", exception_class="PLATFORM_ONLY")
        await session.execute(insert(ExceptionRow).values(**an_exception("exc_1", payment_id, "PLATFORM_ONLY")))
        await add_run(session, "run_2", NEXT_DAY)
        await add_group(session, [payment_id], ["stm_2.1"], "run_2", disposition="MATCHED", beside=True)
        await SettlingStore(session, "run_2", "wechat_pay", NEXT_DAY).settle()
        resolved = (await session.get_one(ExceptionRow, "exc_1", populate_existing=True)).state
        await session.execute(update(RunRow).where(RunRow.run_id == "run_2").values(superseded_by_run_id="run_3"))
        await add_run(session, "run_3", NEXT_DAY)
        settling = SettlingStore(session, "run_3", "wechat_pay", NEXT_DAY)
        await settling.reopen("run_2")
        await settling.settle()
        await settling.take_back("run_2", NOON)
        again = (await session.get_one(ExceptionRow, "exc_1", populate_existing=True)).state

    assert (resolved, again) == ("RESOLVED", "OPEN")
    assert await told(system) == {payment_id: ("EXCEPTION", "PLATFORM_ONLY")}
