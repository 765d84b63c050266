"""A damaged statement is refused with the code that names the damage, or read to the same sums if nothing is lost."""

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from services.reconciler.domain.statement import Summary
from services.reconciler.statements import Source, StatementRefused, check_statement, load_profiles
from tests.support import statement_samples as samples

# Lines of the whole WeChat Pay bill: 1 header, 2-5 payments, 6 refund, 7 header of the totals, 8 totals.
# Lines of the whole Alipay bill: 1-4 above, 5 header, 6-9 payments, 10 refund, 11 end, 12-14 below.
WECHAT = samples.wechat_pay_trade()
ALIPAY = samples.alipay_business()
SUMS = ({"CNY": 4010}, {"CNY": -1001})  # of both


@dataclass(frozen=True)
class Damage:
    """A damaged file and its verdict: the code and line of its first fault, or none if it is as good as whole."""

    name: str
    raw: bytes
    code: str = ""
    line: int | None = None


def edit(raw: bytes, line: int, old: str, new: str, encoding: str = "utf-8") -> bytes:
    """The file with the first `old` of that line replaced."""
    lines = raw.splitlines(keepends=True)
    before, after = old.encode(encoding), new.encode(encoding)
    assert before in lines[line - 1], f"{old!r} is not in line {line}"
    lines[line - 1] = lines[line - 1].replace(before, after, 1)
    return b"".join(lines)


def on_lines(raw: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    return b"".join(change(raw.splitlines(keepends=True)))


def on_row(raw: bytes, line: int, change: Callable[[bytes], bytes]) -> bytes:
    return on_lines(raw, lambda lines: [*lines[: line - 1], change(lines[line - 1]), *lines[line:]])


def without(raw: bytes, line: int) -> bytes:
    return on_lines(raw, lambda lines: lines[: line - 1] + lines[line:])


def swapped(raw: bytes, one: int, other: int, lines: range) -> bytes:
    """The file with two columns in each other's place, in these lines."""
    whole = raw.decode("utf-8-sig").splitlines(keepends=True)
    for no in lines:
        cells = whole[no - 1].split(",")
        cells[one], cells[other] = cells[other], cells[one]
        whole[no - 1] = ",".join(cells)
    return "".join(whole).encode("utf-8-sig")


def archive(*members: tuple[str, bytes], encrypted: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members:
            zipped.writestr(name, content)
    raw = file.getvalue()
    if encrypted:  # the flag alone: to read on needs the password
        raw = raw.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00")
        raw = raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    return raw


MARK = b"\xef\xbb\xbf"
ROUNDED = "E-EXCEL-PRECISION"
TXN_1 = "4200001489202603011234500001"
WECHAT_LINES = WECHAT.splitlines(keepends=True)
HEADER = WECHAT_LINES[0].removeprefix(MARK)
CUT = [
    Damage("cut inside a row", WECHAT[: WECHAT.index("`水费".encode(), 1500)], "E-TRUNCATED"),
    Damage("cut after a whole row", b"".join(WECHAT_LINES[:4]), "E-TRUNCATED", 4),
    Damage("cut inside the header", WECHAT[:60], "E-TRUNCATED", 1),
    Damage("cut after the header", WECHAT_LINES[0], "E-TRUNCATED", 1),
    Damage("cut inside a character", WECHAT[: WECHAT.index("水".encode()) + 1], "E-TRUNCATED", 2),
    Damage("cut after the header of the totals", b"".join(WECHAT_LINES[:7]), "E-TRUNCATED", 7),
    Damage("cut inside the totals", WECHAT[: WECHAT.rindex(b",")], "E-TRUNCATED", 8),
    Damage("Alipay: cut before its end mark", b"".join(ALIPAY.splitlines(keepends=True)[:8]), "E-TRUNCATED", 8),
    Damage("Alipay: cut before its totals", b"".join(ALIPAY.splitlines(keepends=True)[:11]), "E-TRUNCATED", 11),
    Damage("gzip cut", gzip.compress(WECHAT, mtime=0)[:-200], "E-TRUNCATED"),
    Damage("zip cut", archive(("bill.csv", WECHAT))[:-40], "E-CONTAINER"),
]
FRAME = [
    Damage("no bytes", b"", "E-EMPTY"),
    Damage("blank lines only", b"\r\n\r\n\r\n", "E-PROFILE-NONE", 1),
    Damage("no header", without(WECHAT, 1), "E-PROFILE-NONE", 1),
    Damage("a header twice", on_row(WECHAT, 2, lambda row: HEADER + row), "E-CELL-PREFIX", 2),
    Damage("a column renamed", edit(WECHAT, 1, "交易状态", "状态"), "E-HEADER-MISSING", 1),
    Damage("a column name twice", edit(WECHAT, 1, "设备号", "商户号"), "E-HEADER-DUPLICATE", 1),
    Damage("header names swapped, not the cells", swapped(WECHAT, 12, 13, range(1, 2)), "E-CONTROL-SUM", 8),
    Damage("one cell too few", edit(WECHAT, 3, ",`JSAPI", ""), "E-WIDTH", 3),
    Damage("one cell too many", edit(WECHAT, 4, "`JSAPI", "`JSAPI,`JSAPI"), "E-WIDTH", 4),
    Damage("no totals", b"".join(WECHAT_LINES[:6]), "E-TRUNCATED", 6),
    Damage("a row deleted", without(WECHAT, 3), "E-CONTROL-COUNT", 7),
    Damage("a row twice", on_lines(WECHAT, lambda lines: lines[:3] + lines[2:]), "E-CONTROL-COUNT", 9),
    Damage("a wrong total", edit(WECHAT, 8, "`40.1,", "`40.11,"), "E-CONTROL-SUM", 8),
    Damage("a wrong count", edit(WECHAT, 8, "`5.0", "`6.0"), "E-CONTROL-COUNT", 8),
    Damage("two bills in one file", WECHAT + WECHAT.removeprefix(MARK), "E-FRAME", 9),
    Damage("a blank line between rows", on_row(WECHAT, 4, lambda row: b"\r\n" + row), "E-CELL-PREFIX", 4),
    Damage("back-ticks lost in a spreadsheet", WECHAT.replace(b"`", b""), "E-CELL-PREFIX", 2),
    Damage("Alipay: a wrong total", edit(ALIPAY, 12, "40.10", "40.20", "gb18030"), "E-CONTROL-SUM"),
    Damage("Alipay: a line of the footer edited", edit(ALIPAY, 13, "笔", "", "gb18030"), "E-FRAME", 13),
    Damage("Alipay: two days stated", edit(ALIPAY, 3, "03月02日", "03月03日", "gb18030"), "E-PERIOD-LONG"),
]  # fmt: skip
BYTES = [
    Damage("one row of GBK in UTF-8", on_row(WECHAT, 4, lambda row: row.decode().encode("gbk")), "E-ENC-MIXED", 4),
    Damage("one row of UTF-8 in GBK", on_row(ALIPAY, 8, lambda row: row.decode("gbk").encode()), "E-ENC-MIXED", 8),
    Damage("a byte of no encoding", WECHAT.replace("水费".encode(), b"\xff\xff", 1), "E-ENC-INVALID", 2),
    Damage("a NUL", edit(WECHAT, 5, "水费", "水\0费"), "E-NUL", 5),
    Damage("a mark in the middle", on_row(WECHAT, 4, lambda row: MARK + row), "E-BOM", 4),
    Damage("a mark twice", MARK + WECHAT, "E-BOM", 1),
    Damage("a huge field", edit(WECHAT, 2, "水费", "水" * 30_000), "E-TOO-LARGE", 2),
    Damage("a huge line that never ends", WECHAT_LINES[0] + b"`" * 3_000_000, "E-TOO-LARGE", 2),
]  # fmt: skip
CELLS = [
    Damage("a number rounded by a spreadsheet", edit(WECHAT, 2, TXN_1, "4.20000E+27"), ROUNDED, 2),
    Damage("an order number rounded", edit(WECHAT, 2, "water-20260301-0001", "1.23E+17"), ROUNDED, 2),
    Damage("a time as a spreadsheet counts it", edit(WECHAT, 2, "2026-03-01 10:01:00", "46082.41736"), "E-DATE", 2),
    Damage("a time as a spreadsheet shows it", edit(WECHAT, 2, "2026-03-01 10:01:00", "2026/3/1 10:01"), "E-DATE", 2),
    Damage("30 February", edit(WECHAT, 2, "2026-03-01", "2026-02-30"), "E-DATE", 2),
    Damage("25 o'clock", edit(WECHAT, 2, " 10:01", " 25:01"), "E-DATE", 2),
    Damage("full-width digits in a time", edit(WECHAT, 2, "2026-", "\uff12\uff10\uff12\uff16-"), "E-DATE", 2),
    Damage("full-width digits in an amount", edit(WECHAT, 2, "`10.01", "`\uff11\uff10.01"), "E-AMOUNT", 2),
    Damage("a thousands separator", edit(WECHAT, 2, "`10.01", "`1,010.01"), "E-AMOUNT", 2),
    Damage("a negative in brackets", edit(WECHAT, 6, "`10.01", "`(10.01)"), "E-AMOUNT", 6),
    Damage("a currency symbol", edit(WECHAT, 2, "`10.01", "`¥10.01"), "E-AMOUNT", 2),
    Damage("a plus sign", edit(WECHAT, 2, "`10.01", "`+10.01"), "E-AMOUNT", 2),
    Damage("a decimal comma", edit(WECHAT, 2, "`10.01", "`10;01"), "E-AMOUNT", 2),
    Damage("no amount", edit(WECHAT, 2, "`10.01", "`"), "E-AMOUNT", 2),
    Damage("a third decimal", edit(WECHAT, 2, "`10.01", "`10.011"), "E-AMOUNT", 2),
    Damage("an amount beyond 64 bits", edit(WECHAT, 2, "`10.01", f"`1{'0' * 30}.01"), "E-AMOUNT", 2),
    Damage("not a number", edit(WECHAT, 2, "`10.01", "`NaN"), "E-AMOUNT", 2),
    Damage("a negative refund", edit(WECHAT, 6, "`10.01", "`-10.01"), "E-AMOUNT", 6),
    Damage("a negative payment", edit(WECHAT, 2, "`10.01", "`-10.01"), "E-AMOUNT", 2),
    Damage("an unknown status", edit(WECHAT, 3, "SUCCESS", "REVOKED"), "E-STATUS-UNKNOWN", 3),
    Damage("an unknown currency", edit(WECHAT, 3, "CNY", "RMB"), "E-CURRENCY", 3),
    Damage("no transaction number", edit(WECHAT, 3, "4200001489202603011234500002", ""), "E-CELL-EMPTY", 3),
    Damage("a refund without its number", edit(WECHAT, 6, "5030080620202603019876500001", "0"), "E-CELL-EMPTY", 6),
    Damage("a row of another day", edit(WECHAT, 4, "2026-03-01 ", "2026-03-02 "), "E-PERIOD", 4),
    Damage("a row of another account", edit(WECHAT, 4, "1900000109", "1900000110"), "E-ACCOUNT-MIXED", 4),
    Damage("Alipay: a positive refund", edit(ALIPAY, 10, "-10.01,-10.01", "-10.01,10.01", "gb18030"), "E-AMOUNT", 10),
]  # fmt: skip
CONTAINERS = [
    Damage("a zip bomb", archive(("bill.csv", b"0" * 100_000_000)), "E-CONTAINER-LIMIT"),
    Damage("a zip in a zip", archive(("bill.zip", archive(("bill.csv", WECHAT)))), "E-CONTAINER"),
    Damage("a zip with a password", archive(("bill.csv", WECHAT), encrypted=True), "E-CONTAINER"),
    Damage("a zip of nothing", archive(), "E-CONTAINER"),
    Damage("a zip of two bills", archive(("1.csv", WECHAT), ("2.csv", WECHAT)), "E-PROFILE-MANY"),
    Damage("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "E-CONTAINER"),
    Damage("a RAR", b"Rar!\x1a\x07\x01\x00" + b"\0" * 40, "E-CONTAINER"),
    Damage("a 7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\0" * 40, "E-CONTAINER"),
    Damage("a PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "E-CONTAINER"),
    Damage("a JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)), "E-CONTAINER"),
    Damage("a web page saved as CSV", b"<!DOCTYPE html>\n<html>502 Bad Gateway</html>\n", "E-PROFILE-NONE"),
    Damage("an error of the channel", '{"code":"NO_STATEMENT_EXIST","message":"…"}'.encode(), "E-PROFILE-NONE", 1),
]  # fmt: skip
HARMLESS = [
    Damage("whole", WECHAT),
    Damage("Alipay: whole", ALIPAY),
    Damage("line feeds only", WECHAT.replace(b"\r\n", b"\n")),
    Damage("carriage returns only", WECHAT.replace(b"\r\n", b"\r")),
    Damage("no byte order mark", WECHAT.removeprefix(MARK)),
    Damage("a blank line at the end", WECHAT + b"\r\n"),
    Damage("no line end at the end", WECHAT.removesuffix(b"\r\n")),
    Damage("transcoded to GBK", WECHAT.decode("utf-8-sig").encode("gb18030")),
    Damage("columns in another order", swapped(WECHAT, 10, 20, range(1, 7))),
    Damage("an unpaired quote in a layout without quotes", edit(WECHAT, 2, "水费", '19"水费')),
    Damage("gzip", gzip.compress(WECHAT, mtime=0)),
    Damage("a zip, as it is downloaded", samples.alipay_archive(ALIPAY)),
    Damage("a zip whose member would leave its folder", archive(("../../etc/bill.csv", WECHAT))),
    Damage("a zip with a folder", archive(("bills/", b""), ("bills/bill.csv", WECHAT))),
]


def verdict(raw: bytes) -> tuple[bool, list[tuple[str, int | None]], Summary | None]:
    try:
        summary = check_statement(Source.of_bytes(raw), load_profiles())
    except StatementRefused as refused:
        return False, [(refused.code, refused.line)], None
    return summary.loadable, [(fault.code, fault.line) for fault in summary.faults], summary


@pytest.mark.parametrize("damage", CUT + FRAME + BYTES + CELLS + CONTAINERS, ids=lambda damage: damage.name)
def test_a_damaged_file_is_not_loadable_and_its_first_fault_names_the_damage(damage):
    loadable, faults, _ = verdict(damage.raw)

    assert not loadable
    code, line = faults[0]
    assert code == damage.code
    assert damage.line in (None, line)


@pytest.mark.parametrize("damage", HARMLESS, ids=lambda damage: damage.name)
def test_what_loses_nothing_is_read_to_the_same_sums(damage):
    loadable, faults, summary = verdict(damage.raw)

    assert (loadable, faults) == (True, [])
    assert summary is not None
    assert (summary.sums_in, summary.sums_out) == SUMS
    assert summary.rows.booked == 5
