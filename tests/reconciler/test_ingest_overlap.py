"""A file beside those that came before: what its account has already, what is new, and what comes late."""

from dataclasses import replace
from datetime import date

import pytest
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from services.reconciler.tables import StatementRow
from tests.reconciler.builders import System, a_bill, a_bill_row, class_names, parts, refused
from tests.support.statement_families import camt053

SALARY = "2026-04-05;Gehalt;3.500,00;EUR;DE89370400440532013000;EU-002"
COFFEE = "2026-04-09;Kaffee;-4,50;EUR;DE89370400440532013000;EU-003"
RENT = "2026-04-02;Miete;-1.234,56;EUR;DE89370400440532013000;EU-001"


def export(*rows: str) -> bytes:
    """A bank's export of several days, of a layout that many banks share and that merges what overlaps."""
    return "\n".join(["Buchungstag;Verwendungszweck;Betrag;CCY;IBAN;Ref", *rows, ""]).encode()


def activity(*rows: str) -> bytes:
    """A payment provider's export, in which each line has a number of its own."""
    head = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category"
    return "\n".join([head, *rows, ""]).encode()


async def load(system: System, content: bytes, no: int, **said: object) -> statement_pb2.Statement:
    sent = parts(content, f"ingest-000{no}", **said)
    return (await system.statements.IngestStatement(iter(sent))).statement


async def lines_of(system: System, statement_id: str) -> list[statement_pb2.StatementLine]:
    request = statement_service_pb2.ListStatementLinesRequest(statement_id=statement_id)
    return list((await system.statements.ListStatementLines(request)).lines)


async def test_of_a_file_that_overlaps_an_earlier_one_only_what_is_new_is_loaded(system: System):
    await load(system, export(RENT, SALARY), 1, channel="my_bank")

    second = await load(system, export(SALARY, COFFEE), 2, channel="my_bank")

    assert (second.rows.booked, second.known_rows) == (2, 1)
    assert [line.entry_ref for line in await lines_of(system, second.statement_id)] == ["EU-003"]


async def test_two_identical_lines_of_a_file_are_two_and_in_the_next_file_they_are_the_same_two(system: System):
    first = await load(system, export(COFFEE, COFFEE), 1, channel="my_bank")
    second = await load(system, export(RENT, COFFEE, COFFEE, COFFEE), 2, channel="my_bank")

    assert first.known_rows == 0
    assert len(await lines_of(system, first.statement_id)) == 2
    assert second.known_rows == 2
    assert [line.entry_ref for line in await lines_of(system, second.statement_id)] == ["EU-001", "EU-003"]


async def test_equal_lines_of_another_account_or_channel_are_other_lines(system: System):
    await load(system, export(COFFEE), 1, channel="my_bank")

    of_another_account = await load(system, export(COFFEE.replace("3000", "3001")), 2, channel="my_bank")
    of_another_bank = await load(system, export(COFFEE) + b"\n", 3, channel="other_bank")

    assert (of_another_account.known_rows, of_another_bank.known_rows) == (0, 0)


async def test_a_channels_bill_that_overlaps_an_earlier_one_is_refused_with_the_line_and_the_statement(system: System):
    first = await load(system, a_bill(a_bill_row(1), a_bill_row(2)), 1)

    fault = await refused(
        system.statements.IngestStatement(iter(parts(a_bill(a_bill_row(3), a_bill_row(2)), "ingest-0002")))
    )

    assert fault.reason == "OVERLAPPING_FILE"
    assert fault.metadata == {
        "line": "3",
        "statement_id": first.statement_id,
        "known_line": "3",
        "known_rows": "1",
    }
    assert "第 3 行" in fault.message_zh


async def test_a_line_that_now_says_another_amount_refuses_the_file_with_both(system: System):
    first = await load(system, activity("txn_1,2026-03-01 10:00:00,usd,10.00,0.30,9.70,charge"), 1)
    changed = activity("txn_1,2026-03-01 10:00:00,usd,12.00,0.30,11.70,charge")

    fault = await refused(system.statements.IngestStatement(iter(parts(changed, "ingest-0002"))))

    assert (fault.reason, fault.metadata["code"], fault.metadata["line"]) == ("STATEMENT_REFUSED", "E-DUP-KEY", "2")
    assert "1200 USD" in fault.metadata["value"]
    assert "was 1000 USD" in fault.metadata["value"]
    assert (await load(system, activity("txn_2,2026-03-01 10:00:00,usd,1.00,0.00,1.00,charge"), 3)).known_rows == 0
    assert len(await lines_of(system, first.statement_id)) == 1


async def test_lines_of_a_day_that_is_reconciled_are_taken_and_marked_late(system: System):
    await load(system, a_bill(a_bill_row(1)), 1)
    await system.run("run-00001")

    late = await load(system, a_bill(a_bill_row(2), a_bill_row(3)), 2)

    assert late.late_rows == 2
    assert [line.late for line in await lines_of(system, late.statement_id)] == [True, True]
    again = await system.run("run-00002")
    assert again.totals.line_count == 3


async def test_lines_of_a_day_that_has_no_run_yet_are_not_late(system: System):
    await load(system, a_bill(a_bill_row(1)), 1)

    second = await load(system, a_bill(a_bill_row(2)), 2)

    assert second.late_rows == 0


async def test_a_run_takes_of_a_file_of_many_days_the_lines_of_its_own(system: System):
    loaded = await load(system, export(RENT, SALARY, COFFEE), 1, channel="my_bank")
    system.clock.advance(40 * 86_400)  # past the close of all its days

    run = await system.run(channel="my_bank", day=date(2026, 4, 5))

    assert (loaded.first_date, loaded.last_date, loaded.business_date) == ("2026-04-02", "2026-04-09", "2026-04-09")
    assert run.totals.line_count == 1
    assert await class_names(system, run_id=run.run_id) == ["CHANNEL_ONLY"]
    other = await system.run("run-00002", channel="my_bank", day=date(2026, 4, 9))
    assert await class_names(system, run_id=other.run_id) == ["ENTRY_CHANNEL_ONLY"]


async def test_a_statement_is_listed_under_each_day_that_it_covers(system: System):
    loaded = await load(system, export(RENT, COFFEE), 1, channel="my_bank")

    def on(day: str) -> statement_service_pb2.ListStatementsRequest:
        return statement_service_pb2.ListStatementsRequest(channel="my_bank", business_date=day)

    within = (await system.statements.ListStatements(on("2026-04-05"))).statements
    after = (await system.statements.ListStatements(on("2026-04-10"))).statements

    assert [each.statement_id for each in within] == [loaded.statement_id]
    assert not after


@pytest.mark.parametrize(
    ("content", "channel", "code"),
    [(export(COFFEE), "", "E-CHANNEL-NEEDED"), (a_bill(a_bill_row(1)), "alipay", "E-CHANNEL")],
)
async def test_the_channel_is_named_where_the_layout_has_none_and_never_against_it(
    system: System, content: bytes, channel: str, code: str
):
    fault = await refused(system.statements.IngestStatement(iter(parts(content, channel=channel))))

    assert fault.metadata["code"] == code


async def test_a_profile_that_is_asked_for_reads_the_file_or_refuses_it(system: System):
    fault = await refused(system.statements.IngestStatement(iter(parts(a_bill(a_bill_row(1)), profile_id="boc.debit"))))
    loaded = await load(system, a_bill(a_bill_row(1)), 2, profile_id="wechat_pay.trade")

    assert fault.reason == "STATEMENT_REFUSED"
    assert loaded.profile_id == "wechat_pay.trade"


async def test_entries_that_stand_on_one_line_are_told_apart_by_their_order(system: System):
    loaded = await load(system, camt053().replace(b"\n", b""), 1, channel="my_bank")

    lines = await lines_of(system, loaded.statement_id)

    assert [line.line_no for line in lines] == [1, 2]
    assert len({line.byte_offset for line in lines}) == 2


async def test_a_refusal_names_how_many_errors_there_are_and_the_first_of_them(system: System):
    bill = a_bill(*(replace(a_bill_row(no), bank="X") for no in range(1, 31))).replace(b"`12.00", b"`12.0x")

    fault = await refused(system.statements.IngestStatement(iter(parts(bill))))

    assert int(fault.metadata["error_count"]) >= 30
    assert fault.metadata["errors"].startswith('[{"code":"E-AMOUNT","line":2,')
    assert "more)" in fault.message


async def test_money_of_a_currency_that_is_no_more_is_not_loaded(system: System):
    fault = await refused(
        system.statements.IngestStatement(iter(parts(export(COFFEE.replace("EUR", "DEM")), channel="my_bank")))
    )

    assert fault.metadata["code"] == "E-CURRENCY"


def message(number: str, opening: str, closing: str, *entries: str) -> bytes:
    """A bank's MT940 of one day, of which there may be several."""
    lines = (":20:REF", ":25:12345/678", f":28C:{number}", f":60F:{opening}", *entries, f":62F:{closing}", "-", "")
    return "\r\n".join(lines).encode()


FEE = ":61:240502D5,00NCHGNONREF"


async def test_equal_fees_of_two_statements_of_a_day_are_two_if_their_texts_tell_them_apart(system: System):
    await load(
        system, message("1/1", "C240502EUR100,", "C240502EUR95,", FEE, ":86:of transfer 1"), 1, channel="my_bank"
    )

    second = message("2/1", "C240502EUR95,", "C240502EUR90,", FEE, ":86:of transfer 2")

    assert (await load(system, second, 2, channel="my_bank")).known_rows == 0


async def test_a_line_that_nothing_tells_from_a_known_one_is_never_left_out_without_a_word(system: System):
    first = await load(system, message("1/1", "C240502EUR100,", "C240502EUR95,", FEE), 1, channel="my_bank")
    second = message("2/1", "C240502EUR95,", "C240502EUR90,", FEE)

    fault = await refused(system.statements.IngestStatement(iter(parts(second, "ingest-0002", channel="my_bank"))))

    assert (fault.reason, fault.metadata["statement_id"]) == ("OVERLAPPING_FILE", first.statement_id)
    assert (fault.metadata["line"], fault.metadata["known_rows"]) == ("5", "1")


async def test_a_line_that_a_person_vouches_for_is_new_and_the_statement_tells_who_and_why(system: System):
    await load(system, message("1/1", "C240502EUR100,", "C240502EUR95,", FEE), 1, channel="my_bank")
    second = message("2/1", "C240502EUR95,", "C240502EUR85,", FEE, FEE)
    vouched = {"keep_equal_lines": True, "vouched_by": "li.na", "reason": "the bank confirmed three fees"}

    kept = await load(system, second, 2, channel="my_bank", **vouched)

    assert (kept.rows.booked, kept.known_rows) == (2, 0)
    assert (kept.vouched_by, kept.vouched_reason) == ("li.na", "the bank confirmed three fees")
    assert len(await lines_of(system, kept.statement_id)) == 2
    third = message("3/1", "C240502EUR85,", "C240502EUR80,", FEE)
    assert (await load(system, third, 3, channel="my_bank", **vouched)).known_rows == 0
    fourth = parts(message("4/1", "C240502EUR80,", "C240502EUR75,", FEE), "ingest-0004", channel="my_bank")
    assert (await refused(system.statements.IngestStatement(iter(fourth)))).reason == "OVERLAPPING_FILE"


async def test_a_line_with_a_number_is_known_whoever_vouches(system: System):
    await load(system, export(SALARY), 1, channel="my_bank")

    second = await load(
        system,
        export(SALARY, COFFEE),
        2,
        channel="my_bank",
        keep_equal_lines=True,
        vouched_by="li.na",
        reason="two fees",
    )

    assert (second.rows.booked, second.known_rows) == (2, 1)


@pytest.mark.parametrize(
    "said",
    [
        {"keep_equal_lines": True, "vouched_by": "li.na"},
        {"keep_equal_lines": True, "reason": "two fees", "vouched_by": " "},
        {"reason": "two fees"},
    ],
)
async def test_who_keeps_equal_lines_says_who_and_why(system: System, said: dict[str, object]):
    fault = await refused(system.statements.IngestStatement(iter(parts(export(COFFEE), channel="my_bank", **said))))

    assert fault.reason == "INVALID_FIELD"
    assert await system.count(StatementRow) == 0
