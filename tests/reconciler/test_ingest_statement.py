"""A statement file comes in over gRPC: whole, once, or not at all."""

import asyncio
import hashlib

import grpc
import pytest
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from chassis.errors import Fault, from_rpc_error
from services.reconciler.tables import StatementFileRow, StatementLineRow, StatementRow
from services.reconciler.upload import CHUNK_BYTES_MAX
from tests.reconciler.builders import FILE_BYTES_MAX, System, a_bill, a_bill_row, parts

BILL = a_bill(a_bill_row(1), a_bill_row(2), a_bill_row(3))


async def refused(call: grpc.aio.StreamUnaryCall | asyncio.Future) -> Fault:
    """The fault that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def stored(system: System) -> tuple[int, int, int]:
    """How many files, statements and lines are stored."""
    return (
        await system.count(StatementFileRow),
        await system.count(StatementRow),
        await system.count(StatementLineRow),
    )


async def test_a_bill_is_loaded_whole_with_its_totals_and_its_lines(system: System):
    refund = a_bill_row(4, is_refund=True, channel_refund_no="50000", merchant_refund_no="refund-4")
    bill = a_bill(a_bill_row(1), refund)

    answer = await system.ingest(bill)

    statement = answer.statement
    assert not answer.replayed
    assert statement.file_sha256 == hashlib.sha256(bill).hexdigest()
    assert (statement.channel, statement.business_date, statement.encoding) == ("wechat_pay", "2026-03-01", "utf-8-sig")
    assert (statement.rows.booked, statement.rows.frame, statement.rows.quarantined) == (2, 3, 0)
    assert [(money.currency_code, money.amount_minor) for money in statement.sums_in] == [("CNY", 1200)]
    assert [(money.currency_code, money.amount_minor) for money in statement.sums_out] == [("CNY", 1200)]
    assert statement.controls
    assert all(control.ties for control in statement.controls)
    request = statement_service_pb2.ListStatementLinesRequest(statement_id=statement.statement_id)
    lines = (await system.statements.ListStatementLines(request)).lines
    assert [(line.kind, line.amount.amount_minor, line.channel_refund_no) for line in lines] == [
        (statement_pb2.StatementLine.KIND_PAYMENT, 1200, ""),
        (statement_pb2.StatementLine.KIND_REFUND, -1200, "50000"),
    ]


async def test_the_same_request_again_gets_the_same_statement_and_is_marked(system: System):
    first = await system.ingest(BILL)

    again = await system.ingest(BILL)

    assert again.replayed
    assert again.statement == first.statement
    assert await stored(system) == (1, 1, 3)


async def test_a_request_id_that_loaded_another_file_is_refused(system: System):
    await system.ingest(BILL)

    fault = await refused(system.statements.IngestStatement(iter(parts(a_bill(a_bill_row(9))))))

    assert fault.reason == "REQUEST_ID_REUSED"
    assert await stored(system) == (1, 1, 3)


async def test_the_same_file_under_another_request_is_refused_and_names_the_statement(system: System):
    first = await system.ingest(BILL)

    fault = await refused(system.statements.IngestStatement(iter(parts(BILL, "ingest-0002"))))

    assert fault.reason == "DUPLICATE_FILE"
    assert fault.metadata == {"statement_id": first.statement.statement_id}
    assert fault.message_zh.startswith("该文件已载入")


async def test_a_bad_row_refuses_the_file_with_its_place_and_the_cure_and_stores_nothing(system: System):
    bad = BILL.replace(b"`12.00", b"`12.0x", 1)

    fault = await refused(system.statements.IngestStatement(iter(parts(bad))))

    assert fault.reason == "STATEMENT_REFUSED"
    assert (fault.metadata["code"], fault.metadata["line"]) == ("E-AMOUNT", "2")
    assert fault.metadata["value"] == "12.0x"
    assert fault.metadata["rule"]
    assert fault.metadata["cure"]
    assert "line 2" in fault.message
    assert "第 2 行" in fault.message_zh
    assert await stored(system) == (0, 0, 0)


async def test_a_refused_file_does_not_use_up_its_request_id(system: System):
    await refused(system.statements.IngestStatement(iter(parts(BILL[:-30]))))

    answer = await system.ingest(BILL)

    assert not answer.replayed


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E-EMPTY"),
        (BILL[: BILL.index("总交易单数".encode())], "E-TRUNCATED"),
        (BILL.decode("utf-8-sig").encode("utf-16"), "E-PROFILE-NONE"),
        (b"PK\x03\x04" + BILL, "E-CONTAINER"),
        (b"hello,world\n", "E-PROFILE-NONE"),
    ],
)
async def test_what_is_no_whole_statement_is_refused_and_nothing_is_stored(system: System, content: bytes, code: str):
    fault = await refused(system.statements.IngestStatement(iter(parts(content))))

    assert fault.metadata["code"] == code
    assert await stored(system) == (0, 0, 0)


async def test_the_header_must_come_first_and_once(system: System):
    header, *chunks = parts(BILL)
    empty = statement_service_pb2.IngestStatementRequest()
    faults = [
        await refused(system.statements.IngestStatement(iter(stream)))
        for stream in ([], chunks, [header, header, *chunks], [*chunks, header], [header, empty])
    ]

    assert [fault.reason for fault in faults] == ["INVALID_FIELD"] * 5
    assert [fault.fields[0].rule for fault in faults] == ["FIRST", "FIRST", "ONCE", "FIRST", "REQUIRED"]
    assert await stored(system) == (0, 0, 0)


async def test_a_file_without_its_end_or_of_another_size_is_refused_though_its_bytes_read_well(system: System):
    header, *chunks, end = parts(BILL)
    faults = [
        await refused(system.statements.IngestStatement(iter(stream)))
        for stream in ([header, *chunks], [header, *chunks, *chunks, end], [header, *chunks, end, *chunks])
    ]

    assert [fault.fields[0].rule for fault in faults] == ["SIZE", "SIZE", "LAST"]
    assert await stored(system) == (0, 0, 0)


async def test_a_header_that_breaks_the_contract_is_refused_by_field(system: System):
    fault = await refused(system.statements.IngestStatement(iter(parts(BILL, "short"))))

    assert fault.reason == "INVALID_FIELD"
    assert fault.fields[0].field == "header.request_id"


async def test_a_chunk_beyond_its_limit_is_refused(system: System):
    fault = await refused(
        system.statements.IngestStatement(iter(parts(b"x" * (CHUNK_BYTES_MAX + 1), chunk_bytes=CHUNK_BYTES_MAX + 1)))
    )

    assert fault.reason == "TOO_LARGE"
    assert fault.metadata == {"limit_bytes": str(CHUNK_BYTES_MAX)}


async def test_a_file_beyond_its_limit_is_refused_while_it_comes(system: System):
    header, chunk, _ = parts(b"x" * CHUNK_BYTES_MAX, chunk_bytes=CHUNK_BYTES_MAX)

    fault = await refused(
        system.statements.IngestStatement(iter([header, *[chunk] * (FILE_BYTES_MAX // CHUNK_BYTES_MAX + 1)]))
    )

    assert fault.reason == "TOO_LARGE"
    assert fault.metadata == {"limit_bytes": str(FILE_BYTES_MAX)}
    assert await stored(system) == (0, 0, 0)


async def test_two_at_once_with_the_same_file_make_one_statement(system: System):
    calls = [system.statements.IngestStatement(iter(parts(BILL, f"ingest-000{number}"))) for number in (1, 2)]

    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["AioRpcError", "IngestStatementResponse"]
    assert await stored(system) == (1, 1, 3)


async def test_two_at_once_with_the_same_request_get_the_same_statement(system: System):
    calls = [system.statements.IngestStatement(iter(parts(BILL))) for _ in range(2)]

    first, second = await asyncio.gather(*calls)

    assert sorted([first.replayed, second.replayed]) == [False, True]
    assert first.statement == second.statement


async def test_statements_are_listed_newest_first_by_page_and_by_filter(system: System):
    ids = [
        (await system.ingest(a_bill(a_bill_row(number)), f"ingest-000{number}")).statement.statement_id
        for number in (1, 2, 3)
    ]

    first = await system.statements.ListStatements(statement_service_pb2.ListStatementsRequest(page_size=2))
    second = await system.statements.ListStatements(
        statement_service_pb2.ListStatementsRequest(page_size=2, page_token=first.next_page_token)
    )
    none = await system.statements.ListStatements(statement_service_pb2.ListStatementsRequest(channel="alipay"))

    assert [each.statement_id for each in [*first.statements, *second.statements]] == ids[::-1]
    assert second.next_page_token == ""
    assert not none.statements


async def test_a_page_token_of_one_statement_does_not_open_another(system: System):
    statement = (await system.ingest(BILL)).statement
    other = (await system.ingest(a_bill(a_bill_row(7)), "ingest-0002")).statement
    first = await system.statements.ListStatementLines(
        statement_service_pb2.ListStatementLinesRequest(statement_id=statement.statement_id, page_size=2)
    )

    rest = await system.statements.ListStatementLines(
        statement_service_pb2.ListStatementLinesRequest(
            statement_id=statement.statement_id, page_size=2, page_token=first.next_page_token
        )
    )
    fault = await refused(
        system.statements.ListStatementLines(
            statement_service_pb2.ListStatementLinesRequest(
                statement_id=other.statement_id, page_token=first.next_page_token
            )
        )
    )

    assert [line.line_no for line in [*first.lines, *rest.lines]] == [2, 3, 4]
    assert fault.reason == "INVALID_PAGE_TOKEN"


async def test_an_unknown_statement_is_not_found(system: System):
    wanted = {"statement_id": "stm_none"}

    one = await refused(system.statements.GetStatement(statement_service_pb2.GetStatementRequest(**wanted)))
    lines = await refused(
        system.statements.ListStatementLines(statement_service_pb2.ListStatementLinesRequest(**wanted))
    )

    assert (one.reason, lines.reason) == ("NOT_FOUND", "NOT_FOUND")


async def test_a_day_that_is_not_in_the_calendar_is_refused(system: System):
    fault = await refused(
        system.statements.ListStatements(statement_service_pb2.ListStatementsRequest(business_date="2026-02-30"))
    )

    assert fault.fields[0].field == "business_date"


async def test_the_real_wechat_bill_loads_with_totals_that_tie(system: System, fixtures):
    bill = (fixtures / "statements/cn/wechat_trade_all_bom.csv").read_bytes()

    statement = (await system.ingest(bill)).statement

    assert statement.rows.booked == 45
    assert [money.amount_minor for money in (*statement.sums_in, *statement.sums_out)] == [47, 14]
    assert all(control.ties for control in statement.controls)
