"""What a run decided is told: matches, exceptions, their pages and filters."""

from bihuan.reconciler.v1 import exception_pb2, exception_service_pb2, run_pb2, run_service_pb2

from chassis.money import Money
from tests.reconciler.builders import System, a_bill, a_bill_row, class_names, exceptions_of, refused


async def test_a_match_tells_its_key_and_an_exception_both_amounts_and_why_in_both_languages(system: System):
    matched, short = await system.record(1), await system.record(2)
    statement = (await system.ingest(a_bill(a_bill_row(1), a_bill_row(2, amount=Money("CNY", 1300))))).statement

    run = await system.run()

    request = run_service_pb2.ListMatchesRequest(run_id=run.run_id)
    (match,) = (await system.runs.ListMatches(request)).matches
    assert (match.payment_id, match.key) == (matched, "channel_txn_no")
    assert match.line_id == f"{statement.statement_id}.2"
    assert (match.amount.currency_code, match.amount.amount_minor) == ("CNY", 1200)
    assert match.kind == run_pb2.Match.KIND_EXACT
    (listed,) = await exceptions_of(system, run_id=run.run_id)
    wanted = exception_service_pb2.GetExceptionRequest(exception_id=listed.exception_id)
    found = (await system.exceptions.GetException(wanted)).exception
    assert found == listed
    assert found.payment_id == short
    assert found.exception_class_zh == "长款·金额不符(渠道多)"
    assert (found.book_amount.amount_minor, found.channel_amount.amount_minor) == (1200, 1300)
    assert "1.00 CNY more" in found.explanation
    assert found.explanation_zh.startswith("长款：渠道多 1.00 元")
    assert found.state == exception_pb2.Exception.STATE_OPEN


async def test_matches_and_exceptions_are_listed_page_by_page_without_a_gap_and_filtered(system: System):
    missing = [await system.record(no) for no in range(1, 6)][-1]
    await system.ingest(a_bill(*(a_bill_row(no) for no in (1, 2, 3, 8, 9))))
    run = await system.run()

    matches, token = [], ""
    for _ in range(2):
        page = await system.runs.ListMatches(
            run_service_pb2.ListMatchesRequest(run_id=run.run_id, page_size=2, page_token=token)
        )
        matches, token = [*matches, *page.matches], page.next_page_token
    differences, next_token = [], ""
    for _ in range(2):
        answer = await system.exceptions.ListExceptions(
            exception_service_pb2.ListExceptionsRequest(run_id=run.run_id, page_size=3, page_token=next_token)
        )
        differences, next_token = [*differences, *answer.exceptions], answer.next_page_token

    assert (token, next_token) == ("", "")
    assert len({match.match_id for match in matches}) == 3
    assert [match.payment_id for match in matches] == sorted(match.payment_id for match in matches)
    assert len({each.exception_id for each in differences}) == 4
    assert await class_names(system, payment_id=missing) == ["PLATFORM_ONLY"]
    channel_only = exception_pb2.EXCEPTION_CLASS_CHANNEL_ONLY
    assert await class_names(system, exception_class=channel_only) == ["CHANNEL_ONLY"] * 2
    assert await class_names(system, state=exception_pb2.Exception.STATE_RESOLVED) == []


async def test_an_unknown_run_or_exception_is_not_found(system: System):
    faults = [
        await refused(system.runs.GetRun(run_service_pb2.GetRunRequest(run_id="run_none"))),
        await refused(system.runs.ListMatches(run_service_pb2.ListMatchesRequest(run_id="run_none"))),
        await refused(
            system.exceptions.GetException(exception_service_pb2.GetExceptionRequest(exception_id="exc_none"))
        ),
    ]

    assert [fault.reason for fault in faults] == ["NOT_FOUND"] * 3
