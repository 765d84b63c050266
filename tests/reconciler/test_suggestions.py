"""What rules may not post by themselves a person confirms or declines; payments hears of it as of any match."""

import asyncio
from collections import Counter
from datetime import timedelta

from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.reconciler.v1 import exception_pb2, suggestion_pb2, suggestion_service_pb2
from sqlalchemy import insert, select, text, update

from services.reconciler.actions.suggestion import carry_suggestions
from services.reconciler.tables import (
    PaymentFactRow,
    RuleSetVersionRow,
    RunResultRow,
    RunRow,
    SuggestionDecisionRow,
)
from tests.reconciler.builders import DAY, NOON, System, a_bill, a_bill_row, exceptions_of, refused
from tests.reconciler.seeds import add_group, add_run, line_ids, shipped
from tests.support.eventually import eventually

S = suggestion_pb2.Suggestion


async def suggested(system: System, count: int = 1) -> list[str]:
    """Suggestions of one payment and one line each, as the rule `time` of the shipped set makes them; their ids."""
    payments = [await system.record(no) for no in range(1, count + 1)]
    await system.ingest(a_bill(*(a_bill_row(100 + no, create_time=NOON, book_time=NOON) for no in range(1, count + 1))))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        await add_run(session)
        for payment_id, line_id in zip(payments, await line_ids(session), strict=True):
            await add_group(session, [payment_id], [line_id])
    return [f"run_1.{payment_id}" for payment_id in payments]


async def confirm(
    system: System, operator: str, *suggestion_ids: str, request_id: str = ""
) -> suggestion_service_pb2.ConfirmSuggestionsResponse:
    request = suggestion_service_pb2.ConfirmSuggestionsRequest(
        request_id=request_id or f"confirm-{operator}", operator=operator, suggestion_ids=suggestion_ids, note="called"
    )
    return await system.suggestions.ConfirmSuggestions(request)


async def decline(
    system: System, operator: str, *suggestion_ids: str
) -> suggestion_service_pb2.DeclineSuggestionsResponse:
    request = suggestion_service_pb2.DeclineSuggestionsRequest(
        request_id=f"decline-{operator}", operator=operator, suggestion_ids=suggestion_ids, note="other customer"
    )
    return await system.suggestions.DeclineSuggestions(request)


async def listed(system: System, **wanted: object) -> list[suggestion_pb2.Suggestion]:
    request = suggestion_service_pb2.ListSuggestionsRequest(page_size=1_000, **wanted)
    return list((await system.suggestions.ListSuggestions(request)).suggestions)


async def told_to_payments(system: System) -> dict[str, tuple[str, str]]:
    """What the outbox has for payments."""
    async with system.sessions() as session:
        facts = await session.scalars(select(PaymentFactRow))
        return {fact.payment_id: (fact.outcome, fact.exception_class) for fact in facts}


async def two_people_from(system: System, minor: int) -> None:
    """The version that decided wants two people from an amount on, as if it had always said so."""
    async with system.sessions.begin() as session:
        version = await shipped(session)
        said = f"{version.yaml}\nsecond_confirmation: {{basis: amount, minor: {minor}}}\n"
        row = {column.name: getattr(version, column.name) for column in RuleSetVersionRow.__table__.columns}
        changed = {"version": 99, "content_hash": "f" * 64, "request_id": "request-99", "yaml": said, "state": "DRAFT"}
        nobody = {"activated_by": None, "activate_time": None, "created_by": "wang"}
        await session.execute(insert(RuleSetVersionRow).values(**{**row, **changed, **nobody}))
        await session.execute(update(RunRow).values(rule_set_id=version.rule_set_id, rule_set_version="99"))


async def test_a_suggestion_tells_its_rows_its_rule_and_both_amounts(system: System):
    (suggestion_id,) = await suggested(system)

    (one,) = await listed(system, channel="wechat_pay", state=S.STATE_OPEN, business_date_to="2026-03-01")

    assert (one.suggestion_id, one.rule_id, one.stage) == (suggestion_id, "time", "near")
    assert (len(one.payment_ids), len(one.line_ids)) == (1, 1)
    assert (one.book_amount.amount_minor, one.channel_amount.amount_minor) == (1200, 1200)
    assert (one.business_date, one.state, one.people_needed) == ("2026-03-01", S.STATE_OPEN, 1)
    assert await listed(system, state=S.STATE_CONFIRMED) == []
    assert await listed(system, rule_id="txn") == []


async def test_what_is_confirmed_is_told_to_payments_as_an_automatic_match_is(system: System):
    first, second = await suggested(system, 2)

    done = await confirm(system, "zhang", first, "run_1.none")

    results = {one.suggestion_id: (one.state, one.refusal) for one in done.results}
    assert results == {first: (S.STATE_CONFIRMED, ""), "run_1.none": (S.STATE_UNSPECIFIED, "NOT_FOUND")}
    payment_id = first.removeprefix("run_1.")
    assert await told_to_payments(system) == {payment_id: ("MATCHED", "")}
    system.clock.advance(60)
    await system.mirror.tell_payments()
    payment = (await system.payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=payment_id))).payment
    assert payment.reconciliation_state == payment_pb2.Payment.RECONCILIATION_STATE_MATCHED
    assert [one.suggestion_id for one in await listed(system, state=S.STATE_OPEN)] == [second]
    found = await system.suggestions.GetSuggestion(suggestion_service_pb2.GetSuggestionRequest(suggestion_id=first))
    assert [(one.state, one.operator, one.note) for one in found.actions] == [(S.STATE_CONFIRMED, "zhang", "called")]


async def test_what_is_declined_leaves_each_row_an_exception_of_its_own_side(system: System):
    (suggestion_id,) = await suggested(system)

    done = await decline(system, "zhang", suggestion_id)

    assert [(one.state, one.refusal) for one in done.results] == [(S.STATE_DECLINED, "")]
    opened = {each.exception_class: each for each in await exceptions_of(system)}
    platform, channel = exception_pb2.EXCEPTION_CLASS_PLATFORM_ONLY, exception_pb2.EXCEPTION_CLASS_CHANNEL_ONLY
    assert set(opened) == {platform, channel}
    assert {each.state for each in opened.values()} == {exception_pb2.Exception.STATE_OPEN}
    assert opened[channel].explanation == (
        "the channel has 12.00 CNY; zhang declined the counterpart that rule time had suggested"
    )
    assert opened[platform].explanation_zh == "平台 12.00 元；规则 time 建议的对应记录已被 zhang 拒绝"
    assert await told_to_payments(system) == {opened[platform].payment_id: ("EXCEPTION", "PLATFORM_ONLY")}
    again = await confirm(system, "li", suggestion_id)
    assert [one.refusal for one in again.results] == ["ALREADY_DECLINED"]


async def test_a_suggestion_one_of_whose_rows_is_matched_meanwhile_is_refused_and_the_row_named(system: System):
    (suggestion_id,) = await suggested(system)
    payment_id = suggestion_id.removeprefix("run_1.")
    async with system.sessions.begin() as session:
        await add_run(session, "run_2", DAY + timedelta(days=1))
        await add_group(session, [payment_id], ["stm_9.4"], "run_2", disposition="MATCHED")

    done = await confirm(system, "zhang", suggestion_id)

    (one,) = done.results
    assert (one.state, one.refusal, one.matched_row_id) == (S.STATE_OPEN, "ALREADY_MATCHED", payment_id)
    assert one.message == f"one of its rows is matched meanwhile: {payment_id}"
    assert await told_to_payments(system) == {}


async def test_above_the_second_confirmation_of_the_rule_set_nothing_is_posted_until_another_person_agrees(
    system: System,
):
    (suggestion_id,) = await suggested(system)
    await two_people_from(system, 1200)

    first = await confirm(system, "zhang", suggestion_id, request_id="request-1")
    same = await confirm(system, "ZHANG", suggestion_id, request_id="request-2")
    before = await told_to_payments(system)
    second = await confirm(system, "li", suggestion_id, request_id="request-3")

    told = [[(one.state, one.refusal) for one in answer.results] for answer in (first, same, second)]
    waits = S.STATE_PENDING_CONFIRMATION
    assert told == [[(waits, "")], [(waits, "SAME_PERSON")], [(S.STATE_CONFIRMED, "")]]
    assert before == {}
    assert list((await told_to_payments(system)).values()) == [("MATCHED", "")]


async def test_two_people_who_confirm_the_same_at_once_post_it_once(system: System):
    suggestion_ids = await suggested(system, 8)

    answers = await asyncio.gather(
        confirm(system, "zhang", *suggestion_ids), confirm(system, "li", *reversed(suggestion_ids))
    )

    told = Counter((one.state, one.refusal) for answer in answers for one in answer.results)
    assert told == {(S.STATE_CONFIRMED, ""): 8, (S.STATE_CONFIRMED, "ALREADY_CONFIRMED"): 8}
    assert await system.count(SuggestionDecisionRow) == 8


async def test_a_run_that_was_superseded_or_a_channel_at_work_lets_nobody_decide(system: System):
    (suggestion_id,) = await suggested(system)
    await system.start_run("run-00009")
    await system.reconciliation.claim_run()

    busy = await confirm(system, "zhang", suggestion_id, request_id="request-1")
    async with system.sessions.begin() as session:
        await session.execute(
            update(RunRow).values(state="FAILED", failure_reason="X", end_time=NOON).where(RunRow.state == "RUNNING")
        )
        await session.execute(update(RunRow).values(superseded_by_run_id="run_5").where(RunRow.run_id == "run_1"))
    late = await confirm(system, "zhang", suggestion_id, request_id="request-2")

    assert [one.refusal for answer in (busy, late) for one in answer.results] == ["RUN_IN_PROGRESS", "SUPERSEDED"]


async def test_what_people_decided_stands_for_the_same_rows_in_a_run_that_supersedes(system: System):
    confirmed, declined, opened = await suggested(system, 3)
    await confirm(system, "zhang", confirmed)
    await decline(system, "zhang", declined)
    async with system.sessions.begin() as session:
        rows = list(await session.scalars(select(RunResultRow)))
        await session.execute(update(RunRow).values(superseded_by_run_id="run_2").where(RunRow.run_id == "run_1"))
        await add_run(session, "run_2")
        columns = [column.name for column in RunResultRow.__table__.columns]
        again = [{**{name: getattr(row, name) for name in columns}, "run_id": "run_2"} for row in rows]
        await session.execute(insert(RunResultRow), again)
        await carry_suggestions(session, "run_1", "run_2", NOON)

    found = {one.suggestion_id.removeprefix("run_2."): (one.state, one.confirmed_by) for one in await listed(system)}
    assert found == {
        confirmed.removeprefix("run_1."): (S.STATE_CONFIRMED, "zhang"),
        declined.removeprefix("run_1."): (S.STATE_DECLINED, ""),
        opened.removeprefix("run_1."): (S.STATE_OPEN, ""),
    }
    assert len(await exceptions_of(system, run_id="run_2")) == 2


async def test_what_one_person_confirmed_waits_for_the_second_where_the_next_run_asks_for_two(system: System):
    (confirmed,) = await suggested(system)
    await confirm(system, "zhang", confirmed)
    payment_id = confirmed.removeprefix("run_1.")
    async with system.sessions.begin() as session:
        (line_id,) = await line_ids(session)
        await session.execute(update(RunRow).values(superseded_by_run_id="run_2"))
        await add_run(session, "run_2")
        await add_group(session, [payment_id], [line_id], "run_2")
    await two_people_from(system, 1200)
    async with system.sessions.begin() as session:
        await carry_suggestions(session, "run_1", "run_2", NOON)

    (one,) = await listed(system)
    assert (one.state, one.confirmed_by) == (S.STATE_PENDING_CONFIRMATION, "zhang")
    done = await confirm(system, "li", f"run_2.{payment_id}")
    assert [each.state for each in done.results] == [S.STATE_CONFIRMED]


async def test_who_decides_and_a_run_that_ends_never_wait_for_each_other_crosswise(system: System):
    (suggestion_id,) = await suggested(system)
    async with system.sessions.begin() as session:
        await add_run(session, "run_2", state="RUNNING", end_time=None)
    async with system.sessions.begin() as ending:
        await ending.execute(select(RunRow).where(RunRow.run_id == "run_2").with_for_update())
        deciding = asyncio.create_task(confirm(system, "zhang", suggestion_id))
        await eventually(lambda: waits_for_a_lock(system))
        await ending.execute(update(RunRow).where(RunRow.run_id == "run_1").values(superseded_by_run_id="run_2"))
        await ending.execute(update(RunRow).where(RunRow.run_id == "run_2").values(state="SUCCEEDED", end_time=NOON))

    assert [each.refusal for each in (await deciding).results] == ["SUPERSEDED"]


async def waits_for_a_lock(system: System) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with system.sessions() as session:
        return bool(await session.scalar(text(waiting)))


async def test_an_unknown_suggestion_is_not_found_and_pages_have_no_gap(system: System):
    made = await suggested(system, 5)

    found, token = [], ""
    for _ in range(3):
        request = suggestion_service_pb2.ListSuggestionsRequest(page_size=2, page_token=token)
        page = await system.suggestions.ListSuggestions(request)
        found, token = [*found, *page.suggestions], page.next_page_token
    missing = await refused(
        system.suggestions.GetSuggestion(suggestion_service_pb2.GetSuggestionRequest(suggestion_id="run_9.none"))
    )

    assert token == ""
    assert sorted(one.suggestion_id for one in found) == sorted(made)
    assert missing.reason == "NOT_FOUND"
