"""Whose a file is: as it tells, or, if its layout tells no account, as its sender does."""

import pytest
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from tests.reconciler.builders import System, a_bill, a_bill_row, parts, refused

# A card's export, which tells no account; its first line stands in the export of another card just so.
FEE = "2026-03-01,CNY,-5.00,95.00,年费,银行,"
COFFEE = "2026-03-02,CNY,-30.00,65.00,消费,商户,"
SALARY = "2026-03-02,CNY,100.00,195.00,转账,公司,"
SHARED = b"Buchungstag;Verwendungszweck;Betrag;CCY;IBAN;Ref\n"
OF_A, OF_NOBODY, OF_B = (
    f"2026-04-0{day};Kaffee;-4,50;EUR;{iban};EU-00{day}\n".encode()
    for day, iban in ((1, "DE89370400440532013000"), (2, ""), (3, "DE02120300000000202051"))
)


def card(*rows: str) -> bytes:
    """A card's export of some days."""
    return "\n".join(("记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要", *rows, "")).encode("gb18030")


async def load(system: System, content: bytes, no: int, **said: str) -> statement_pb2.Statement:
    sent = parts(content, f"ingest-000{no}", **said)
    return (await system.statements.IngestStatement(iter(sent))).statement


async def accounts_of(system: System, statement_id: str) -> list[str]:
    request = statement_service_pb2.ListStatementLinesRequest(statement_id=statement_id)
    return [line.account_no for line in (await system.statements.ListStatementLines(request)).lines]


async def check(system: System, content: bytes, **said: str) -> statement_pb2.StatementReport:
    of = statement_service_pb2.CheckStatementRequest
    end = statement_service_pb2.StatementEnd(size_bytes=len(content))
    sent = [of(header=statement_service_pb2.CheckHeader(**said)), of(chunk=content), of(end=end)]
    return (await system.statements.CheckStatement(iter(sent))).report


async def test_equal_lines_of_two_cards_are_loaded_under_the_account_that_each_is_named(system: System):
    one = await load(system, card(FEE, COFFEE), 1, account_no="6222000000001111")
    other = await load(system, card(FEE, SALARY), 2, account_no="6222000000002222")

    assert (one.account_no, other.account_no) == ("6222000000001111", "6222000000002222")
    assert (one.known_rows, other.known_rows) == (0, 0)
    assert await accounts_of(system, one.statement_id) == ["6222000000001111"] * 2
    assert await accounts_of(system, other.statement_id) == ["6222000000002222"] * 2


async def test_of_the_next_export_of_a_card_only_what_is_new_is_loaded(system: System):
    await load(system, card(FEE), 1, account_no="1111")

    more = await load(system, card(FEE, COFFEE), 2, account_no="1111")

    assert (more.rows.booked, more.known_rows) == (2, 1)


async def test_without_an_account_from_file_or_sender_all_lines_are_of_one(system: System):
    first = await load(system, card(FEE), 1)
    second = await load(system, card(FEE, COFFEE), 2)

    assert (first.account_no, second.account_no, second.known_rows) == ("", "", 1)
    assert await accounts_of(system, second.statement_id) == [""]


async def test_the_same_file_is_not_loaded_again_under_another_account(system: System):
    first = await load(system, card(FEE), 1, account_no="1111")

    fault = await refused(system.statements.IngestStatement(iter(parts(card(FEE), "ingest-0002", account_no="2222"))))

    assert (fault.reason, fault.metadata["statement_id"]) == ("DUPLICATE_FILE", first.statement_id)


async def test_a_file_that_tells_its_account_is_of_that_one_or_refused(system: System):
    bill = a_bill(a_bill_row(1))
    told = (await check(system, bill)).account_no

    fault = await refused(system.statements.IngestStatement(iter(parts(bill, account_no="1111"))))
    loaded = await load(system, bill, 2, account_no=told)

    assert (fault.metadata["code"], fault.metadata["value"]) == ("E-ACCOUNT", f"{told}, not 1111")
    assert loaded.account_no == told


async def test_a_line_that_tells_no_account_is_of_the_one_that_is_named(system: System):
    loaded = await load(system, SHARED + OF_A + OF_NOBODY, 1, channel="my_bank", account_no="DE89370400440532013000")

    assert await accounts_of(system, loaded.statement_id) == ["DE89370400440532013000"] * 2


async def test_a_file_of_several_accounts_is_not_of_the_one_that_is_named(system: System):
    sent = parts(SHARED + OF_A + OF_B, channel="my_bank", account_no="DE89370400440532013000")

    fault = await refused(system.statements.IngestStatement(iter(sent)))

    assert fault.metadata["code"] == "E-ACCOUNT"
    assert fault.metadata["value"].startswith("several accounts, not DE89")


async def test_a_check_tells_what_loading_would_say_of_the_account(system: System):
    bill = a_bill(a_bill_row(1))

    named, nameless = await check(system, card(FEE), account_no="1111"), await check(system, card(FEE))
    of_another = await check(system, bill, account_no="1111")

    assert (named.loadable, named.account_no, nameless.account_no) == (True, "1111", "")
    assert [error.code for error in of_another.errors] == ["E-ACCOUNT"]
    assert not of_another.loadable


@pytest.mark.parametrize("account_no", ["1" * 65, "1 2", "六"])
async def test_an_account_is_a_short_text_without_blanks(system: System, account_no: str):
    fault = await refused(system.statements.IngestStatement(iter(parts(card(FEE), account_no=account_no))))

    assert fault.reason == "INVALID_FIELD"
