"""What tells a line from every other one of its account; the migration knows old lines by the same key."""

import importlib.util
from datetime import date
from pathlib import Path

from sqlalchemy import text

import services.reconciler
from services.reconciler.domain.identity import ALL_THAT_IS_TOLD, KEY_BYTES, line_keys
from services.reconciler.statements.profile import Profile
from tests.reconciler.builders import System, a_bill, a_bill_row

NUMBERS = Profile.__dataclass_fields__["key"].default


def keys(*changed: dict[str, object], key: tuple[str, ...] = NUMBERS, channel: str = "wechat_pay") -> list[bytes]:
    """The keys of lines that differ in what is said of each."""
    plain = {
        "kind": "PAYMENT",
        "channel_txn_no": "txn-1",
        "channel_refund_no": "",
        "merchant_refund_no": "",
        "account_no": "1900000109",
        "balance_after_minor": None,
        "amount_minor": 100,
        "currency_code": "CNY",
        "business_date": date(2026, 3, 1),
        **dict.fromkeys(("merchant_order_no", "book_local", "entry_ref", "counterparty_account", "remittance"), ""),
    }
    lines = [{**plain, **each} for each in changed]
    return list(line_keys(channel, key, {name: [line[name] for line in lines] for name in plain}))


def test_the_channels_numbers_make_the_key_and_what_else_is_said_does_not():
    first, paid_more, refund, other_account = keys(
        {}, {"amount_minor": 200}, {"channel_refund_no": "50000"}, {"account_no": "1900000110"}
    )

    assert first == paid_more
    assert len({first, refund, other_account}) == 3
    assert keys({}, channel="alipay") != [first]
    assert len(first) == KEY_BYTES


def test_a_line_without_the_channels_number_is_told_by_all_that_is_said_of_it():
    bare = {"channel_txn_no": ""}

    same, again, other = keys(bare, bare, {**bare, "remittance": "rent"})

    assert same == again
    assert same != other
    assert "remittance" in ALL_THAT_IS_TOLD


def test_a_key_of_other_fields_holds_for_every_line():
    own = ("book_local", "amount_minor", "channel_txn_no")

    numbered = {"channel_txn_no": "", "entry_ref": "7"}

    first, second = keys(numbered, {**numbered, "remittance": "rent"}, key=own)

    assert first == second
    assert keys({}, key=own) == keys({}, key=own[::-1])


def test_two_lines_without_any_number_or_balance_are_told_apart_by_their_texts():
    bare = {"channel_txn_no": ""}

    first, again, other, balanced, balanced_other = keys(
        bare,
        bare,
        {**bare, "remittance": "rent"},
        {**bare, "balance_after_minor": 0},
        {**bare, "balance_after_minor": 0, "remittance": "rent"},
        key=("book_local", "amount_minor", "balance_after_minor"),
    )

    assert first == again
    assert first != other
    assert balanced == balanced_other


async def test_the_migration_gives_old_lines_the_key_that_loading_gives_them(system: System):
    refund = a_bill_row(2, is_refund=True, channel_refund_no="50000", merchant_refund_no="refund-2")
    await system.ingest(a_bill(a_bill_row(1), refund, a_bill_row(3)))
    migration = _line_keys_of_the_migration()

    async with system.sessions.begin() as session:
        told = "SELECT line_no, encode(line_key, 'hex'), occurrence, account_no FROM statement_lines ORDER BY line_no"
        before = (await session.execute(text(told))).all()
        await session.execute(text("UPDATE statement_lines SET line_key = NULL, occurrence = 1, account_no = ''"))
        await (await session.connection()).exec_driver_sql(migration)
        after = (await session.execute(text(told))).all()

    assert len(before) == 3
    assert after == before


def _line_keys_of_the_migration() -> str:
    path = Path(services.reconciler.__file__).parent / "migrations/versions/0003_statement_files.py"
    spec = importlib.util.spec_from_file_location("statement_files", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._LINE_KEYS
