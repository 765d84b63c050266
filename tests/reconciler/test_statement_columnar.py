"""Reading blocks in columns gives what the row reader gives, line for line and fault for fault, whatever the file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.domain.statement import Summary
from services.reconciler.statements import (
    Limits,
    Profile,
    Source,
    StatementRefused,
    columnar_text,
    columnar_values,
    load_profiles,
    open_statement,
)
from services.reconciler.statements import blocks as blocks_module
from services.reconciler.statements.columnar import BlockReader, knows
from services.reconciler.statements.lines import LINE_SCHEMA
from services.reconciler.statements.profile_files import parse_profile
from tests.support import statement_samples as samples

PROFILES = load_profiles()

# A bank's list with all that columns know: quotes, thousands, two money columns, a running balance, words, dates.
BANK = parse_profile(
    "bank.yaml",
    yaml.safe_dump(
        {
            "id": "made_up.bank",
            "version": 1,
            "channel": "made_up",
            "detect": {"first_line": "^Day,Clock,Settled,No"},
            "decode": {"encodings": ["utf-8", "gb18030"]},
            "dialect": {"delimiter": ",", "quote": '"', "strip": " \t", "group": ","},
            "table": {
                "header_first_cell": "Day",
                "blank_rows": "skip",
                "trailing_delimiter": True,
                "skip": ["^-- page"],
                "end": "^Total:",
                "footer": {"facts": ["^Total:(?P<count>[0-9]+),(?P<came>[-.0-9]+)"]},
            },
            "columns": {
                "book_time": {"join": ["Day", "Clock"], "format": ["%d/%m/%Y %H:%M:%S", "%-d %b %y %-H:%M"]},
                "business_date": {"header": ["Settled"], "format": ["%Y%m%d"]},
                "value_date": {"header": ["Value"], "format": ["%Y-%m-%d", "%Y%m%d"], "empty": ["-"], "optional": True},
                "channel_txn_no": {"header": ["No"], "empty": ["-"]},
                "fee": {"header": ["Fee"]},
                "account_no": {"header": ["Account"]},
                "remittance": {"header": ["Text"], "empty": ["-"]},
                "balance_after": {"header": ["Balance"]},
            },
            "amount": {
                "in": ["In"],
                "out": ["Out"],
                "out_minus": "either",
                "empty": ["-"],
                "kinds": {
                    "header": ["Type"],
                    "map": {"fee": "FEE", "sale": "CREDIT", "void": "NEUTRAL"},
                    "other": "by_sign",
                },
            },
            "currency": {"header": "Currency", "map": {"人民币": "CNY"}},
            "tz": "Europe/Berlin",
            "day": {"cutoff": "23:00", "span": "many"},
            "controls": [
                {"name": "count", "declared": "count"},
                {"name": "came", "declared": "came", "sum": "In"},
                {"name": "balance", "balance_chain": {"header": ["Balance"], "order": "oldest"}},
            ],
        },
        allow_unicode=True,
    ),
)


# Rows that say nothing moved no money, and lines without any cell filled are no rows.
QUIET = parse_profile(
    "quiet.yaml",
    yaml.safe_dump(
        {
            "id": "made_up.quiet",
            "version": 1,
            "channel": "made_up",
            "detect": {"first_line": "^When,No,Way,Amount"},
            "decode": {"encodings": ["utf-8"]},
            "table": {"header_first_cell": "When", "blank_rows": "skip"},
            "columns": {
                "book_time": {"header": ["When"], "format": "%Y-%m-%d %H:%M:%S"},
                "channel_txn_no": {"header": ["No"]},
            },
            "amount": {"indicator": ["Way"], "amount": ["Amount"], "in": ["in"], "out": ["out"], "neutral": [""]},
            "currency": {"fixed": "CNY"},
            "tz": "Asia/Shanghai",
            "day": {"cutoff": "00:00"},
        }
    ),
)


@contextmanager
def blocks_of(size: int, few: int = 2, sample: int = 256) -> Iterator[None]:
    before = blocks_module.BLOCK_BYTES, blocks_module.FEW_LINES, columnar_values.SAMPLE
    blocks_module.BLOCK_BYTES, blocks_module.FEW_LINES, columnar_values.SAMPLE = size, few, sample
    try:
        yield
    finally:
        blocks_module.BLOCK_BYTES, blocks_module.FEW_LINES, columnar_values.SAMPLE = before


def read(raw: bytes, profiles: tuple[Profile, ...] = PROFILES) -> tuple[pa.Table, Summary] | str:
    try:
        reading = open_statement(Source.of_bytes(raw), profiles, Limits(line_bytes_max=600, lines_max=400))
    except StatementRefused as refused:
        return refused.code
    batches = list(reading.batches())
    return pa.Table.from_batches(batches, LINE_SCHEMA), reading.summary


def assert_same(raw: bytes, size: int, profiles: tuple[Profile, ...] = PROFILES, sample: int = 256) -> None:
    with blocks_of(0):
        expected = read(raw, profiles)
    with blocks_of(size, sample=sample):
        got = read(raw, profiles)
    if isinstance(expected, str) or isinstance(got, str):
        assert got == expected
        return
    assert got[1] == expected[1]
    assert got[0].to_pylist() == expected[0].to_pylist()


def rows_in_columns(raw: bytes, monkeypatch, profiles: tuple[Profile, ...] = PROFILES) -> int:
    """How many lines came out of blocks and not from the row reader."""
    counted = []
    take = BlockReader.take

    def counting(self, block, block_read):
        rows = take(self, block, block_read)
        counted.append(sum(len(batch) for batch in rows.batches) if rows else 0)
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(BlockReader, "take", counting)
        read(raw, profiles)
    return sum(counted)


def bank_list(rows: int = 12) -> bytes:
    lines, balance = ["Day,Clock,Settled,No,In,Out,Currency,Balance,Type,Fee,Account,Value,Text"], 100_000
    came_minor = 0
    for no in range(rows):
        came = no % 3 != 1
        amount = 150_000 + no * 1_001
        balance += amount if came else -amount
        came_minor += amount if came else 0
        money = f'"{amount / 100:,.2f}"'
        lines.append(
            f"{1 + no // 6:02}/03/2026,1{no % 10}:05:0{no % 7},202603{1 + no // 6:02},T{no:04},"
            f'{money if came else "-"},{"" if came else money},人民币,"{balance / 100:,.2f}"\t,'
            f'{("sale", "rent", "fee")[no % 3]},0.{no:02},6222,{"-" if no % 2 else "2026-03-05"},"He ""{no}"", paid"'
        )
    total = f"Total:{rows},{came_minor / 100:.2f}"
    return "".join(line + "\r\n" for line in [*lines, total]).encode("gb18030")


SAMPLES = {
    "a bill with prefixes": lambda: samples.wechat_pay_trade(9, 3),
    "a bill with prefixes, in GBK": lambda: samples.wechat_pay_trade(9, 3).decode("utf-8-sig").encode("gb18030"),
    "a bill with a frame": lambda: samples.alipay_business(9, 3),
    "a bank's list": samples.boc_debit,
    "a bank's list with two money columns": samples.ccb_debit,
    "a report of a processor": samples.stripe_payout,
    "all that columns know": bank_list,
}
CELLS = (
    "", "-", "0", "0.00", "-0.00", "-1.00", "1e5", "+2.00", "1.005", "0.0000000001", "\uff11.00", "1,000.00",
    "10,00.00", "123456789012345.12", "1234567890123456", "SUCCESS", "REFUND", "REVOKED", "void", "退款", "CNY", "JPY",
    "usd", "`", "a,b", "`a,`b",
    '"x"y', ' "x"', '"', '"x"', '"a""b"', 'a"b', '"a', '="12"', "水", "é", "\ue000", "\ufffd", "\ufeff",
    "\x01", "\x7f", "\r", "\n", "\0", " \t", "1.23E+17", "1234567.0", "2026-02-30 10:00:00", "2026-03-02 00:00:00",
    "1969-12-31 23:59:59", "2026-03-29 02:30:00", "29/03/2026", "30/02/2026", "1 Mar 26", "20260302", "00:00", "9:05",
    "9:05:00",
)  # fmt: skip


def cells_changed(data: st.DataObject, raw: bytes, encoding: str) -> bytes:
    lines = raw.decode(encoding).split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cells = lines[at].split(",")
        cell = data.draw(st.integers(0, len(cells) - 1))
        mark = "`" if cells[cell].startswith("`") and data.draw(st.booleans()) else ""
        what = data.draw(
            st.sampled_from(["cell", "cell", "cell", "drop cell", "drop line", "repeat", "blank", "other"])
        )
        if what == "cell":
            cells[cell] = mark + data.draw(st.sampled_from(CELLS))
        elif what == "drop cell":
            del cells[cell]
        lines[at] = ",".join(cells)
        if what == "drop line":
            del lines[at]
        elif what == "repeat":
            lines[at:at] = [lines[at]] * data.draw(st.integers(1, 3))
        elif what == "blank":
            lines.insert(at, data.draw(st.sampled_from(["", "\r", ",,,", "-- page 2", "Total:1,1.00"])))
        elif what == "other":
            lines[at] = lines[at].replace(*data.draw(st.sampled_from([("2026", "2027"), ("\r", ""), ("CNY", "JPY")])))
        lines = lines or [""]
    return "\n".join(lines).encode(encoding, errors="replace")


@pytest.mark.parametrize("sample", SAMPLES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_with_changed_cells_and_lines_is_read_alike(sample, data):
    raw = SAMPLES[sample]()
    encoding = "utf-8" if raw.startswith(b"\xef\xbb\xbf") else "gb18030"

    changed, size, sample = cells_changed(data, raw, encoding), st.integers(150, 4_000), st.sampled_from([4, 8, 256])

    assert_same(changed, data.draw(size), (*PROFILES, BANK), data.draw(sample))


@pytest.mark.parametrize("sample", SAMPLES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_read_alike(sample, data):
    raw = SAMPLES[sample]()
    for _ in range(data.draw(st.integers(1, 3))):
        at, some = data.draw(st.integers(0, len(raw))), data.draw(st.binary(max_size=6))
        raw = raw[:at] + some + raw[at + data.draw(st.sampled_from([0, 1, 3, 40])) :]

    assert_same(raw, data.draw(st.integers(150, 4_000)), (*PROFILES, BANK))


@pytest.mark.parametrize("size", [200, 3_000, 4_194_304])
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_whole_file_is_read_alike_in_blocks_of_any_size(sample, size):
    assert_same(SAMPLES[sample](), size, (*PROFILES, BANK))


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_plain_file_is_read_in_columns_up_to_its_last_lines(sample, monkeypatch):
    raw = SAMPLES[sample]()
    table, summary = read(raw, (*PROFILES, BANK))

    with blocks_of(4_194_304, few=1):
        in_columns = rows_in_columns(raw, monkeypatch, (*PROFILES, BANK))

    assert (summary.loadable, summary.faults) == (True, ())
    assert in_columns >= len(table) - 1


def test_a_line_without_any_cell_filled_is_no_row_that_moved_no_money():
    rows = [f"2026-03-01 10:00:0{no},T{no},{'in' if no % 2 else ''},{no}.00" for no in range(8)]
    raw = "\n".join(["When,No,Way,Amount", *rows[:4], ",,,", *rows[4:], ""]).encode()

    assert_same(raw, 4_194_304, (QUIET,))
    _, summary = read(raw, (QUIET,))
    assert (summary.rows.booked, summary.rows.neutral, summary.rows.frame) == (4, 4, 2)


def test_an_empty_line_among_rows_is_read_alike_and_leaves_the_rows_beside_it_in_columns(monkeypatch):
    lines = bank_list(40).split(b"\r\n")
    lines.insert(20, b"")
    raw = b"\r\n".join(lines)

    assert_same(raw, 4_194_304, (BANK,))
    with blocks_of(4_194_304, few=4):
        in_columns = rows_in_columns(raw, monkeypatch, (BANK,))
    assert 30 < in_columns < 40


def test_a_cell_with_a_delimiter_of_its_own_leaves_a_bill_with_prefixes_in_columns(monkeypatch):
    raw = SAMPLES["a bill with prefixes, in GBK"]().replace("水费".encode("gb18030"), "水费,三月".encode("gb18030"))
    table, _ = read(raw)

    assert_same(raw, 4_194_304)
    with blocks_of(4_194_304, few=1):
        assert rows_in_columns(raw, monkeypatch) >= len(table) - 1


@pytest.mark.parametrize("sample", ["a bill with prefixes, in GBK", "a bank's list", "all that columns know"])
@pytest.mark.parametrize("places", [(1,), (2, 3), (-1,), (-1, -2)])
def test_a_carriage_return_within_a_line_is_read_alike(sample, places):
    lines = SAMPLES[sample]().split(b"\n")
    for at, line in enumerate(lines[3:5], 3):
        cells = line.split(b",")
        for place in places:
            cells[place] = cells[place][:2] + b"\r" + cells[place][2:]
        lines[at] = b",".join(cells)

    assert_same(b"\n".join(lines), 4_194_304, (*PROFILES, BANK))


def test_a_cell_without_its_prefix_is_no_cell():
    text = samples.wechat_pay_trade(9, 3).decode("utf-8-sig")
    old, new = "`CNY,`", "`CNY,"
    assert old in text

    raw = text.replace(old, new, 1).encode("gb18030")

    assert_same(raw, 4_194_304)
    _, summary = read(raw)
    assert [fault.code for fault in summary.faults][:1] == ["E-WIDTH"]


def test_one_wrong_row_among_many_sends_only_its_neighbours_to_the_row_reader(monkeypatch):
    lines = samples.wechat_pay_trade(300, 0).split(b"\r\n")
    lines[150] = lines[150].replace(b"CNY", b"XXX")
    raw = b"\r\n".join(lines)

    with blocks_of(4_194_304, few=8):
        in_columns = rows_in_columns(raw, monkeypatch)
        _, summary = read(raw)

    assert [(fault.code, fault.line) for fault in summary.faults][:1] == [("E-CURRENCY", 151)]
    assert (summary.rows.booked, summary.rows.quarantined) == (299, 1)
    assert in_columns > 280


@pytest.mark.parametrize(
    ("sample", "old", "new", "code"),
    [
        ("a bill with prefixes, in GBK", "`10.03,`0.00,`0,", "`-10.03,`0.00,`0,", "E-AMOUNT"),
        ("a bill with prefixes, in GBK", "`10.03,`0.00,`0,", "`10.030001,`0.00,`0,", "E-AMOUNT"),
        ("a bill with prefixes, in GBK", "`4200001489202603011234500003", "`", "E-CELL-EMPTY"),
        ("a bill with prefixes, in GBK", "`4200001489202603011234500003", "`4.2E+27", "E-EXCEL-PRECISION"),
        ("a bill with prefixes, in GBK", "`4200001489202603011234500003", "`42\uff10", "E-CELL-FORM"),
        ("a bill with prefixes, in GBK", "2026-03-01 10:03:00", "2026-03-02 10:03:00", "E-PERIOD"),
        ("a bill with prefixes, in GBK", "2026-03-01 10:03:00", "2026-02-30 10:03:00", "E-DATE"),
        ("all that columns know", '"He ""3"", paid"', '"He ""3"", paid" ?', "E-QUOTE"),
        ("all that columns know", ",T0003,", ",T0003,,", "E-WIDTH"),
        ("all that columns know", '1,530.03",,', '1,530.04",,', "E-BALANCE"),
        ("all that columns know", '"1,530.03",,', '-,"-1,530.03",', "E-BALANCE"),
    ],
)
def test_one_wrong_cell_has_the_fault_that_the_row_reader_finds(sample, old, new, code):
    text = SAMPLES[sample]().decode("gb18030")
    assert old in text

    raw = text.replace(old, new, 1).encode("gb18030")

    assert_same(raw, 4_194_304, (*PROFILES, BANK))
    _, summary = read(raw, (*PROFILES, BANK))
    assert code in {fault.code for fault in summary.faults}


def test_one_line_in_another_encoding_is_found():
    lines = SAMPLES["a bill with prefixes, in GBK"]().split(b"\n")
    lines[4] = lines[4].decode("gb18030").encode()

    raw = b"\n".join(lines)

    assert_same(raw, 4_194_304)
    _, summary = read(raw)
    assert [(fault.code, fault.line) for fault in summary.faults][:1] == [("E-ENC-MIXED", 5)]


@pytest.mark.parametrize(("lost", "told"), [("\ue000", "W-REPLACEMENT-CHAR"), ("\ufffd", "W-REPLACEMENT-CHAR")])
def test_a_lost_character_is_told_whoever_reads_the_line(lost, told):
    raw = samples.wechat_pay_trade(9, 3).decode("utf-8-sig").replace("水费", f"水{lost}", 1).encode()

    assert_same(raw, 4_194_304)
    _, summary = read(raw)
    assert [(warning.code, warning.line) for warning in summary.warnings] == [(told, 2)]


def test_what_stays_gbk_decodes_to_one_public_character_for_each_pair():
    pairs = [bytes([first, second]) for first in range(0x80, 0x100) for second in range(0x30, 0x100)]

    plain = pc.match_substring_regex(pa.array(pairs, pa.binary()), columnar_text._PLAIN_GBK)
    texts = [pair.decode("gb18030") for pair in pa.array(pairs, pa.binary()).filter(plain).to_pylist()]

    assert len(texts) > 19_000
    assert all(len(text) == 1 and not "\ue000" <= text <= "\uf8ff" and text != "\ufffd" for text in texts)


def test_these_layouts_are_read_in_columns():
    known = {profile.id for profile in PROFILES if knows(profile)}

    assert {"wechat_pay.trade", "wechat_pay.fund_flow", "alipay.business", "alipay.account", "unionpay.portal"} <= known
    assert {"boc.debit", "ccb.debit", "hsbc_hk.debit", "stripe.balance", "stripe.payout"} <= known
    assert not known & {"unionpay.zm", "iso20022.camt", "paypal.stl"}


@pytest.mark.parametrize("size", [400, 5_000, 4_194_304])
def test_real_files_are_read_alike(size):
    folder = os.environ.get("BIHUAN_FIXTURES")
    if not folder:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    texts = [path for path in sorted(Path(folder, "statements").glob("*/*")) if path.suffix in (".csv", ".tsv")]

    assert texts
    for path in texts:
        assert_same(path.read_bytes(), size)
