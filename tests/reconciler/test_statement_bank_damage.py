"""Bank files that are cut, changed or huge: always a verdict, never an exception, and no more work than lines."""

import sys
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.statements import Limits, Source, StatementRefused, load_profiles, open_statement
from tests.support.statements import read_as_far

ENTRY = {
    "camt": (
        b'<Ntry><Amt Ccy="EUR">1.25</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>false</RvslInd><Sts>BOOK</Sts>'
        b"<BookgDt><DtTm>2024-05-02T10:00:00+02:00</DtTm></BookgDt><ValDt><Dt>2024-05-02</Dt></ValDt>"
        b"<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>\n"
    ),
    "mt940": b":61:2405020502C1,25NTRFREF//BANK\n:86:166?00GUTSCHRIFT?20EREF+E1?21SVWZ+x?32Name\n",
    "bai2": b"16,142,125,V,240503,,BANK,REF,words/\n",
    "ofx": (
        b"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240502120000.000[+2:CEST]<TRNAMT>1.25<FITID>F1<NAME>n<MEMO>m</STMTTRN>\n"
    ),
}
FRAME = {
    "camt": (
        b"<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>A</IBAN></Id></Acct>",
        b"</Stmt></BkToCstmrStmt></Document>\n",
    ),
    "mt940": (b":20:R\n:25:1/2\n:28C:1/1\n:60F:C240501EUR10,\n", b":62F:C240502EUR%d,%02d\n-\n"),
    "bai2": (b"01,S,R,240502,1200,1,80,1,2/\n02,R,O,1,240502,,EUR,2/\n03,1,EUR,010,5,,/\n", b""),
    "ofx": (
        b"OFXHEADER:100\nCHARSET:1252\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>A</BANKACCTFROM><BANKTRANLIST>\n",
        b"</BANKTRANLIST></STMTRS></OFX>\n",
    ),
}
FORMATS = sorted(ENTRY)


def sample(name: str, count: int) -> bytes:
    """A file of `count` entries of 1.25 that ties."""
    head, tail = FRAME[name]
    cents = 1000 + 125 * count
    if name == "mt940":
        tail %= (cents // 100, cents % 100)
    if name == "bai2":
        total = 125 * count + 5
        tail = b"49,%d,%d/\n98,%d,1,%d/\n99,%d,1,%d/\n" % (total, count + 2, total, count + 4, total, count + 6)
    return head + ENTRY[name] * count + tail


def verdict(raw: bytes) -> tuple[bool, dict[str, int]]:
    """Whether the file is loadable, and the money in."""
    try:
        summary, lines = read_as_far(raw)
    except StatementRefused:
        return False, {}
    assert summary.rows.booked == len(lines)
    assert summary.loadable or summary.faults
    return summary.loadable, summary.sums_in


@pytest.mark.parametrize("name", FORMATS)
def test_a_sound_file_is_loadable(name):
    assert verdict(sample(name, 3)) == (True, {"EUR": 375})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_a_cut_file_is_loadable_only_if_no_entry_is_lost(name, data):
    raw = sample(name, 3)

    cut = raw[: data.draw(st.integers(min_value=0, max_value=len(raw)))]

    loadable, money_in = verdict(cut)
    assert not loadable or money_in == {"EUR": 375}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_any_changed_bytes_give_a_verdict_and_no_exception(name, data):
    raw = bytearray(sample(name, 3))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        at = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
        raw[at] = data.draw(st.one_of(st.sampled_from(b"<>&/:,.-+?0159 \n\r\x00\xff[]{}"), st.integers(0, 255)))

    verdict(bytes(raw))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_any_moved_or_repeated_piece_gives_a_verdict_and_no_exception(name, data):
    raw = sample(name, 2)
    start, end = sorted(data.draw(st.tuples(*[st.integers(min_value=0, max_value=len(raw))] * 2)))
    to = data.draw(st.integers(min_value=0, max_value=len(raw)))

    verdict(raw[:to] + raw[start:end] + raw[to:])


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_read_in_blocks_of_any_size_gives_the_same_lines(name, monkeypatch):
    raw = sample(name, 4)
    whole = read_as_far(raw)

    for size in (7, 64, 1_000):
        monkeypatch.setattr(Source.blocks, "__defaults__", (0, size))
        assert read_as_far(raw) == whole


@pytest.mark.parametrize("name", FORMATS)
def test_four_times_the_entries_cost_four_times_the_calls(name):
    few, many = calls_to_read(sample(name, 500)), calls_to_read(sample(name, 2_000))

    assert many < 4.2 * few


def calls_to_read(raw: bytes) -> int:
    """How many functions are called, of Python and of C."""
    profiles = load_profiles()
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        for _ in open_statement(Source.of_bytes(raw), profiles, Limits()).batches():
            pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", FORMATS)
def test_a_large_file_is_read_to_its_last_entry_in_batches(name):
    count = 50_000 if name == "camt" else 20_000
    reading = open_statement(Source.of_bytes(sample(name, count)), load_profiles())

    sizes = [batch.num_rows for batch in reading.batches()]

    assert (sum(sizes), max(sizes)) == (count, 8_192)
    assert reading.summary.sums_in == {"EUR": count * 125}
    assert reading.summary.loadable


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_can_be_read_again_from_its_own_bytes(name):
    raw = sample(name, 3)

    lines = read_as_far(raw).lines

    places = [raw[line.byte_offset : line.byte_offset + line.byte_size] for line in lines]
    assert places == [ENTRY[name].rstrip(b"\n")] * 3
