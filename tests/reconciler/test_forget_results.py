"""Places of rows in runs that stand no more are let go of after a time; what a person may look at never is."""

from datetime import timedelta

import pytest
from bihuan.reconciler.v1 import explanation_service_pb2, run_service_pb2, suggestion_service_pb2
from sqlalchemy import insert, select

from chassis.money import Money
from services.reconciler.actions import forgetting
from services.reconciler.actions.forgetting import ForgettingActions
from services.reconciler.domain.payment import UnpaidPayment
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.tables import ExceptionRow, RunResultRow, SuggestionRow, UnpaidPaymentRow
from tests.reconciler.builders import (
    NOON,
    System,
    a_bill,
    a_bill_row,
    class_names,
    exceptions_of,
    matches_of,
    refused,
)
from tests.reconciler.seeds import add_group, add_run, an_exception
from tests.reconciler.test_run_dry import dry_run

WEEK, QUARTER = 7 * 86_400, 90 * 86_400


def forgetting_of(system: System) -> ForgettingActions:
    return ForgettingActions(system.sessions, system.clock, dry_run_keep_seconds=WEEK, superseded_keep_seconds=QUARTER)


async def forget_all(system: System) -> int:
    """As the loop does, until there is nothing more."""
    gone, of_turn = 0, 1
    while of_turn:
        of_turn = await forgetting_of(system).forget_results()
        gone += of_turn
    return gone


async def ids_of(system: System, run_id: str) -> list[str]:
    async with system.sessions() as session:
        rows = select(RunResultRow.side, RunResultRow.id).where(RunResultRow.run_id == run_id)
        return sorted(f"{side} {row_id}" for side, row_id in await session.execute(rows))


async def test_a_superseded_run_keeps_its_rows_for_the_time_and_then_only_what_was_in_exception(system: System):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1)))
    old = await system.run("run-00001")
    await system.ingest(a_bill(a_bill_row(2)), "ingest-0002")
    new = await system.run("run-00002")
    standing = await ids_of(system, new.run_id)

    system.clock.advance(QUARTER - 1)
    too_early = await forget_all(system)
    system.clock.advance(2)
    gone = await forget_all(system)

    assert (too_early, gone) == (0, 2)
    (missing,) = await exceptions_of(system, run_id=old.run_id)
    assert await ids_of(system, old.run_id) == [f"P {missing.payment_id}"]
    assert await ids_of(system, new.run_id) == standing
    now = await system.get_run(old.run_id)
    assert now.HasField("results_forget_time")
    assert (now.output_digest, now.totals) == (old.output_digest, old.totals)
    assert not (await system.get_run(new.run_id)).HasField("results_forget_time")
    request = explanation_service_pb2.ExplainExceptionRequest(exception_id=missing.exception_id)
    explained = (await system.explanations.ExplainException(request)).explanation
    assert [row.row_id for row in explained.payments] == [missing.payment_id]


async def test_a_list_of_matches_that_are_gone_says_so_and_names_what_is_kept(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await dry_run(system)
    assert len(await matches_of(system, run)) == 1
    system.clock.advance(WEEK + 1)

    assert await forget_all(system) == 2

    fault = await refused(system.runs.ListMatches(run_service_pb2.ListMatchesRequest(run_id=run.run_id)))
    assert fault.reason == "NOT_FOUND"
    assert "its totals, digest and exceptions are kept" in fault.message


async def test_exceptions_of_a_dry_run_can_still_be_listed(system: System):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await dry_run(system)
    system.clock.advance(WEEK + 1)

    await forget_all(system)

    assert await class_names(system, run_id=run.run_id) == ["PLATFORM_ONLY"]


async def test_the_run_that_stands_keeps_all_however_old_it_is(system: System):
    await system.record(1)
    await system.ingest(a_bill(a_bill_row(1)))
    run = await system.run()
    again = await system.run("run-00002")
    assert again.same_as_run_id == run.run_id
    system.clock.advance(10 * QUARTER)

    assert await forget_all(system) == 0

    assert len(await matches_of(system, run)) == 1
    assert len(await matches_of(system, again)) == 1


async def test_suggestions_that_somebody_has_taken_up_stay_with_who_decided(system: System):
    async with system.sessions.begin() as session:
        await add_run(session, "run_2")
    async with system.sessions.begin() as session:
        await add_run(session, "run_1", superseded_by_run_id="run_2")
        await add_group(session, ["pay_1"], ["stm_1.1"])
        await add_group(session, ["pay_2"], ["stm_1.2"])
        await session.execute(
            insert(SuggestionRow).values(
                run_id="run_1",
                group_id="pay_1",
                state="DECLINED",
                maker="",
                checker="",
                declined_by="zhang",
                people_needed=1,
            )
        )
    system.clock.advance(QUARTER)

    assert await forget_all(system) == 2

    assert await ids_of(system, "run_1") == ["L stm_1.1", "P pay_1"]
    request = suggestion_service_pb2.GetSuggestionRequest(suggestion_id="run_1.pay_1")
    kept = (await system.suggestions.GetSuggestion(request)).suggestion
    assert list(kept.line_ids) == ["stm_1.1"]


async def test_a_run_of_many_rows_goes_part_by_part_and_a_turn_that_broke_off_is_followed_by_the_next(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forgetting, "_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(forgetting, "_PARTS_PER_TURN_MAX", 2)
    async with system.sessions.begin() as session:
        await add_run(session, "run_1", mode="DRY_RUN")
        for no in range(5):
            disposition = "EXCEPTION" if no == 2 else "MATCHED"
            await add_group(session, [f"pay_{no}"], [f"stm_1.{no}"], disposition=disposition)
    system.clock.advance(WEEK)

    turns = [await forgetting_of(system).forget_results() for _ in range(3)]

    assert turns == [5, 3, 0]
    assert await ids_of(system, "run_1") == ["L stm_1.2", "P pay_2"]


async def test_payments_that_were_never_paid_go_after_a_time_unless_an_exception_names_them(system: System):
    unpaid = [
        UnpaidPayment(f"pay_{no}", "m", f"order-{no}", "", "wechat_pay", "", Money("CNY", 1), "CLOSED", NOON, no, 1)
        for no in (1, 2)
    ]
    async with system.sessions.begin() as session:
        await MirrorStore(session).mirror_unpaid(unpaid)
        await add_run(session)
        await session.execute(insert(ExceptionRow).values(**an_exception("exc_1", "pay_1", "STATUS_CHANNEL_SUCCESS")))
    system.clock.advance(timedelta(days=44).total_seconds())

    assert await forgetting_of(system).forget_unpaid() == 0
    system.clock.advance(86_400)
    assert await forgetting_of(system).forget_unpaid() == 1

    async with system.sessions() as session:
        assert list(await session.scalars(select(UnpaidPaymentRow.payment_id))) == ["pay_1"]
