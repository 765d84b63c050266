"""People clear exceptions: they are given to somebody, confirmed one or a thousand at once, by two where money asks."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

import pytest
from bihuan.reconciler.v1 import exception_pb2, exception_service_pb2
from sqlalchemy import event, text, update
from sqlalchemy.exc import DBAPIError

from chassis.money import Money
from services.reconciler.tables import (
    ClearingRequestRow,
    ExceptionAssignmentRow,
    ExceptionConfirmationRow,
    ExceptionRow,
    RunRow,
)
from tests.reconciler.builders import System, a_bill, a_bill_row, exceptions_of, refused
from tests.reconciler.seeds import lines_without_payment

S = exception_pb2.Exception


@contextlib.contextmanager
def statements_of(system: System) -> Iterator[list[str]]:
    """What the database is asked while the block lasts."""
    made: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        made.append(statement)

    event.listen(system.engine.sync_engine, "before_cursor_execute", note)
    yield made
    event.remove(system.engine.sync_engine, "before_cursor_execute", note)


async def confirm(
    system: System, operator: str, *exception_ids: str, request_id: str = "", note: str = "seen", **said: object
) -> exception_service_pb2.ConfirmExceptionsResponse:
    request = exception_service_pb2.ConfirmExceptionsRequest(
        request_id=request_id or f"confirm-{operator}",
        operator=operator,
        exception_ids=exception_ids,
        note=note,
        **said,
    )
    return await system.exceptions.ConfirmExceptions(request)


async def assign(
    system: System, assignee: str, *exception_ids: str, request_id: str = "assign-01"
) -> exception_service_pb2.AssignExceptionsResponse:
    request = exception_service_pb2.AssignExceptionsRequest(
        request_id=request_id, operator="lead", assignee=assignee, exception_ids=exception_ids, note="yours"
    )
    return await system.exceptions.AssignExceptions(request)


async def get(system: System, exception_id: str) -> exception_service_pb2.GetExceptionResponse:
    return await system.exceptions.GetException(exception_service_pb2.GetExceptionRequest(exception_id=exception_id))


async def two_people_needed(system: System) -> None:
    """As a run leaves exceptions whose money reaches the second confirmation of its rule set."""
    async with system.sessions.begin() as session:
        await session.execute(update(ExceptionRow).values(people_needed=2))


async def test_what_a_dry_run_found_is_nobodys_to_clear(system: System):
    (exception_id,) = await lines_without_payment(system, [1200])
    async with system.sessions.begin() as session:
        await session.execute(update(RunRow).values(mode="DRY_RUN"))

    given = await assign(system, "zhang", exception_id)
    done = await confirm(system, "zhang", exception_id)
    filtered = {"filter": exception_service_pb2.ExceptionFilter(run_id="run_1"), "expected_count": 1}
    bulk = await confirm(system, "li", **filtered)

    assert [one.refusal for answer in (given, done, bulk) for one in answer.results] == ["DRY_RUN"] * 3
    assert await system.count(ExceptionConfirmationRow) == 0


async def test_an_exception_is_given_to_somebody_then_confirmed_and_keeps_who_when_and_why(system: System):
    (exception_id,) = await lines_without_payment(system, [1200])

    given = await assign(system, "zhang", exception_id)
    (assigned,) = await exceptions_of(system, assignee="zhang")
    done = await confirm(system, "zhang", exception_id, note="the customer paid at the counter")

    assert [(one.exception_id, one.state, one.refusal) for one in given.results] == [
        (exception_id, S.STATE_ASSIGNED, "")
    ]
    assert assigned.state == S.STATE_ASSIGNED
    assert [one.state for one in done.results] == [S.STATE_CONFIRMED]
    answer = await get(system, exception_id)
    assert (answer.exception.state, answer.exception.confirmed_by) == (S.STATE_CONFIRMED, "zhang")
    told = [(one.kind, one.operator, one.assignee, one.note) for one in answer.actions]
    assert told == [
        (exception_pb2.ExceptionAction.KIND_ASSIGNED, "lead", "zhang", "yours"),
        (exception_pb2.ExceptionAction.KIND_CONFIRMED, "zhang", "", "the customer paid at the counter"),
    ]
    assert all(one.create_time.ToDatetime().year == 2026 for one in answer.actions)


async def test_what_is_given_back_to_nobody_is_open_again(system: System):
    (exception_id,) = await lines_without_payment(system, [1200])
    await assign(system, "zhang", exception_id)

    await assign(system, "", exception_id, request_id="assign-02")

    (found,) = await exceptions_of(system)
    assert (found.state, found.assignee) == (S.STATE_OPEN, "")


async def test_a_row_that_cannot_be_confirmed_says_why_and_stops_none_of_the_others(system: System):
    first, second = await lines_without_payment(system, range(1201, 1203))
    await confirm(system, "zhang", first)

    done = await confirm(system, "li", "exc_none", first, second, second)

    results = {one.exception_id: (one.state, one.refusal) for one in done.results}
    assert results == {
        "exc_none": (S.STATE_UNSPECIFIED, "NOT_FOUND"),
        first: (S.STATE_CONFIRMED, "ALREADY_CONFIRMED"),
        second: (S.STATE_CONFIRMED, ""),
    }
    told = next(one for one in done.results if one.refusal == "ALREADY_CONFIRMED")
    assert (told.message, told.message_zh) == ("it is confirmed already", "已经确认")


async def test_the_same_request_again_gives_the_same_answer_and_does_nothing(system: System):
    first, second = await lines_without_payment(system, range(1201, 1203))
    before = await confirm(system, "zhang", first, request_id="request-1")

    again = await confirm(system, "zhang", first, request_id="request-1")
    other = await refused(confirm(system, "zhang", second, request_id="request-1"))

    assert (before.replayed, again.replayed) == (False, True)
    assert list(again.results) == list(before.results)
    assert other.reason == "REQUEST_ID_REUSED"
    assert await system.count(ExceptionConfirmationRow) == 1
    assert await system.count(ClearingRequestRow) == 1


async def test_where_two_people_are_needed_one_person_under_any_spelling_stays_one(system: System):
    (exception_id,) = await lines_without_payment(system, [1200])
    await two_people_needed(system)

    first = await confirm(system, "zhang", exception_id, request_id="request-1")
    same = await confirm(system, " Zhang ", exception_id, request_id="request-2")
    second = await confirm(system, "li", exception_id, request_id="request-3")

    assert [(one.state, one.refusal) for one in first.results] == [(S.STATE_PENDING_CONFIRMATION, "")]
    assert [(one.state, one.refusal) for one in same.results] == [(S.STATE_PENDING_CONFIRMATION, "SAME_PERSON")]
    assert [(one.state, one.refusal) for one in second.results] == [(S.STATE_CONFIRMED, "")]
    found = (await get(system, exception_id)).exception
    assert (found.confirmed_by, found.second_confirmed_by) == ("zhang", "li")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE exceptions SET state = 'CONFIRMED', maker = 'zhang', checker = 'ZHANG'",
        "UPDATE exceptions SET state = 'CONFIRMED', maker = 'zhang'",
        "UPDATE exceptions SET state = 'CONFIRMED', people_needed = 1",
        "UPDATE exception_assignments SET assignee = 'li'",
        "DELETE FROM exception_assignments",
        "TRUNCATE exception_assignments",
    ],
)
async def test_the_database_itself_refuses_one_person_twice_and_a_changed_past(system: System, change: str):
    (exception_id,) = await lines_without_payment(system, [1200])
    await assign(system, "zhang", exception_id)
    await two_people_needed(system)

    with pytest.raises(DBAPIError, match=r"check constraint|append only"):
        async with system.sessions.begin() as session:
            await session.execute(text(change))

    assert await system.count(ExceptionAssignmentRow) == 1


@pytest.mark.parametrize("people", [1, 2])
async def test_two_people_who_confirm_the_same_at_once_are_one_after_the_other(system: System, people: int):
    ids = await lines_without_payment(system, range(1201, 1221))
    if people == 2:
        await two_people_needed(system)

    answers = await asyncio.gather(confirm(system, "zhang", *ids), confirm(system, "li", *reversed(ids)))

    told = Counter((one.state, one.refusal) for answer in answers for one in answer.results)
    if people == 1:
        assert told == {(S.STATE_CONFIRMED, ""): 20, (S.STATE_CONFIRMED, "ALREADY_CONFIRMED"): 20}
    else:
        assert told == {(S.STATE_PENDING_CONFIRMATION, ""): 20, (S.STATE_CONFIRMED, ""): 20}
    assert await system.count(ExceptionConfirmationRow) == 20 * people
    assert {each.state for each in await exceptions_of(system)} == {S.STATE_CONFIRMED}


async def test_the_same_request_twice_at_once_is_done_once(system: System):
    ids = await lines_without_payment(system, range(1201, 1206))

    answers = await asyncio.gather(*(confirm(system, "zhang", *ids, request_id="request-1") for _ in range(4)))

    assert Counter(answer.replayed for answer in answers) == {False: 1, True: 3}
    assert all(list(answer.results) == list(answers[0].results) for answer in answers)
    assert await system.count(ExceptionConfirmationRow) == 5


async def test_a_thousand_are_confirmed_in_one_call(system: System):
    ids = await lines_without_payment(system, range(1201, 2201))

    with statements_of(system) as made:
        done = await confirm(system, "zhang", *ids)

    assert len(made) < 100, "some for all of them together, and none for each"
    assert Counter((one.state, one.refusal) for one in done.results) == {(S.STATE_CONFIRMED, ""): 1_000}
    assert await system.count(ExceptionConfirmationRow) == 1_000


async def test_more_than_a_thousand_names_or_no_name_of_who_acts_is_refused(system: System):
    too_many = await refused(confirm(system, "zhang", *(f"exc_{no}" for no in range(1_001))))
    nobody = await refused(confirm(system, "  ", "exc_1", request_id="request-1"))
    nothing = await refused(confirm(system, "zhang", request_id="request-2"))
    wanted = exception_service_pb2.ExceptionFilter(channel="wechat_pay")
    both = await refused(confirm(system, "zhang", "exc_1", filter=wanted, expected_count=1, request_id="request-3"))

    assert [fault.reason for fault in (too_many, nobody, nothing, both)] == ["INVALID_FIELD"] * 4
    assert await system.count(ClearingRequestRow) == 0


async def test_a_filter_confirms_what_was_seen_and_nothing_when_more_has_come(system: System):
    ids = await lines_without_payment(system, range(1201, 1205))
    await confirm(system, "zhang", ids[0])
    wanted = exception_service_pb2.ExceptionFilter(channel="wechat_pay", amount_minor_to=1203)

    wrong = await refused(confirm(system, "li", filter=wanted, expected_count=1, request_id="request-1"))
    right = await confirm(system, "li", filter=wanted, expected_count=2, request_id="request-2")

    assert (wrong.reason, wrong.metadata) == ("COUNT_DIFFERS", {"found_count": "2"})
    assert [(one.exception_id, one.state) for one in right.results] == [(each, S.STATE_CONFIRMED) for each in ids[1:3]]
    assert Counter(each.state for each in await exceptions_of(system)) == {S.STATE_CONFIRMED: 3, S.STATE_OPEN: 1}


async def test_a_later_run_that_finds_what_was_missing_resolves_what_was_assigned_or_confirmed(system: System):
    for no in range(1, 4):
        await system.record(no)
    await system.ingest(a_bill(a_bill_row(9)))
    await system.run("run-00001")
    missing = [each.exception_id for each in await exceptions_of(system) if each.payment_id]
    await assign(system, "zhang", missing[0])
    await confirm(system, "zhang", missing[1])
    await system.ingest(a_bill(*(a_bill_row(no) for no in range(1, 4))), "ingest-0002")

    later = await system.run("run-00002")

    found = [(await get(system, each)).exception for each in missing]
    assert {each.state for each in found} == {S.STATE_RESOLVED}
    assert {each.resolved_by_run_id for each in found} == {later.run_id}
    late = await confirm(system, "li", missing[0])
    assert [one.refusal for one in late.results] == ["RESOLVED"]


async def test_a_day_that_is_run_again_takes_nobodys_work_away(system: System):
    await system.ingest(a_bill(*(a_bill_row(no, amount=Money("CNY", 1200 + no)) for no in range(1, 4))))
    await system.run("run-00001")
    by_amount = {each.amount_minor: each.exception_id for each in await exceptions_of(system)}
    assigned, confirmed, untouched = (by_amount[minor] for minor in (1201, 1202, 1203))
    await assign(system, "zhang", assigned)
    await confirm(system, "zhang", confirmed)
    await system.record(77)

    await system.run("run-00002")

    now = {
        each.channel_amount.amount_minor: each for each in await exceptions_of(system) if each.resolved_by_run_id == ""
    }
    assert [now[minor].state for minor in (1201, 1202, 1203)] == [S.STATE_ASSIGNED, S.STATE_CONFIRMED, S.STATE_OPEN]
    assert now[1201].assignee == "zhang"
    assert now[1202].carried_from_exception_id == confirmed
    actions = (await get(system, now[1202].exception_id)).actions
    assert [(one.operator, one.exception_id) for one in actions] == [("zhang", confirmed)]
    assert untouched not in {each.exception_id for each in now.values()}
