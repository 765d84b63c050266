"""What is sent need not be the text itself: archives and encodings are told by their bytes, within limits."""

import gzip
import io
import zipfile

import pytest

from services.reconciler.statements import Limits, Profile, Source, StatementRefused, check_statement
from services.reconciler.statements.profile_files import parse_profile
from tests.support.statement_samples import gbk_zip
from tests.support.statements import read_as_far, read_file

PROFILE = """
id: made.up
version: 1
channel: made_up
detect: {{header: [date, amount]}}
decode: {{encodings: [{encodings}]}}
table: {{header: [date, amount]}}
columns:
  book_time: {{header: [date], format: '%Y-%m-%d'}}
  remittance: {{header: [note], optional: true}}
amount: {{signed: [amount]}}
currency: {{fixed: CNY}}
tz: Asia/Shanghai
day: {{span: many}}
"""
TEXT = b"date,amount\n2026-03-01,5.00\n"


def profile(encodings: str = "utf-8, gb18030", name: str = "made.up") -> Profile:
    return parse_profile("made_up.yaml", PROFILE.format(encodings=encodings).replace("id: made.up", f"id: {name}"))


def refusal(raw: bytes, limits: Limits = Limits()) -> StatementRefused:  # noqa: B008 - frozen
    with pytest.raises(StatementRefused) as refused:
        read_file(raw, (profile(),), limits)
    return refused.value


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TEXT),
        gzip.compress(TEXT[:10]) + gzip.compress(TEXT[10:]),
        gbk_zip(("明细.csv", TEXT)),
        gbk_zip(("readme.txt", b"hello"), ("a/b/明细.csv", TEXT)),
    ],
)
def test_a_packed_file_is_read_as_what_is_in_it(packed):
    assert read_file(packed, (profile(),)) == read_file(TEXT, (profile(),))


def test_places_are_of_the_unpacked_file():
    (line,) = read_file(gbk_zip(("明细.csv", TEXT)), (profile(),)).lines

    assert TEXT[line.byte_offset :][: line.byte_size] == b"2026-03-01,5.00"


def test_an_archive_of_two_statements_is_not_chosen_from():
    refused = refusal(gbk_zip(("一月.csv", TEXT), ("二月.csv", TEXT)))

    assert (refused.code, refused.value) == ("E-PROFILE-MANY", "made.up v1 of 一月.csv, made.up v1 of 二月.csv")


@pytest.mark.parametrize(
    ("packed", "limits", "code"),
    [
        (gzip.compress(b"0" * 10_000_000), Limits(), "E-CONTAINER-LIMIT"),
        (gbk_zip(("1.csv", b"0" * 10_000_000)), Limits(), "E-CONTAINER-LIMIT"),
        (gbk_zip(*((f"{no}.csv", TEXT) for no in range(21))), Limits(), "E-CONTAINER-LIMIT"),
        (gzip.compress(bytes(256) * 9), Limits(ratio_from_bytes=1, ratio_max=1), "E-CONTAINER-LIMIT"),
        (gzip.compress(TEXT * 9), Limits(bytes_max=100), "E-CONTAINER-LIMIT"),
        (gbk_zip(("1.zip", gbk_zip(("1.csv", TEXT)))), Limits(), "E-CONTAINER"),
        (gzip.compress(gzip.compress(TEXT)), Limits(), "E-CONTAINER"),
        (gzip.compress(TEXT)[:-9], Limits(), "E-TRUNCATED"),
        (gzip.compress(TEXT)[:-8] + b"\0" * 8, Limits(), "E-CONTAINER"),
        (gbk_zip(("1.csv", TEXT))[:-9], Limits(), "E-CONTAINER"),
        (gbk_zip(("1.csv", TEXT)).replace(b"\x08\x00", b"\x63\x00"), Limits(), "E-CONTAINER"),
        (gbk_zip(("1.csv", b"")), Limits(), "E-CONTAINER"),
    ],
)
def test_an_archive_that_is_too_much_or_damaged_is_refused(packed, limits, code):
    assert refusal(packed, limits).code == code


def test_members_share_one_limit():
    packed = gbk_zip(*((f"{no}.csv", b"x" * 3_000_000) for no in range(3)))

    assert refusal(packed).code == "E-CONTAINER-LIMIT"


def test_a_list_of_very_many_members_is_not_even_read():
    packed = gbk_zip(*((f"{no:0200}", b"") for no in range(5_000)))

    assert refusal(packed).value == "a list of members of 1230000 bytes, or in 64-bit form"


def test_a_member_that_lies_about_its_size_is_stopped_by_what_it_unpacks_to():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.csv", b"0" * 7_000_000)
    lying = file.getvalue().replace((7_000_000).to_bytes(4, "little"), (27).to_bytes(4, "little"))

    assert refusal(lying).code in ("E-CONTAINER", "E-CONTAINER-LIMIT")


def test_a_file_that_is_larger_than_the_limit_is_not_unpacked():
    assert refusal(TEXT, Limits(bytes_max=10)).code == "E-TOO-LARGE"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030")],
)
def test_the_bytes_beyond_the_head_decide_between_utf_8_and_gbk(encoding, told):
    head = "date,amount,note\n" + "2026-03-01,1.00,x\n" * 9_000
    raw = (head + "2026-03-01,5.00,水费\n").encode(encoding)

    summary, lines = read_as_far(raw, (profile(),))

    assert (summary.encoding, summary.fault_count) == (told, 0)
    assert lines[-1].remittance == "水费"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_where_a_profile_names_it(encoding):
    raw = "date,amount,note\r\n2026-03-01,5.00,水费\r\n2026-03-02,6.00,x".encode(encoding)

    summary, lines = read_as_far(raw, (profile("utf-8, utf-16"),))

    assert (summary.loadable, [line.remittance for line in lines]) == (True, ["水费", "x"])
    assert raw[lines[0].byte_offset :][: lines[0].byte_size].decode(summary.encoding) == "2026-03-01,5.00,水费"


@pytest.mark.parametrize("encoding", ["cp1252", "cp852", "latin-1"])
def test_an_eight_bit_encoding_is_the_one_that_the_profile_names(encoding):
    raw = "date,amount,note\n2026-03-01,5.00,ü\n".encode(encoding)

    summary, lines = read_as_far(raw, (profile(f"utf-8, {encoding}"),))

    assert (summary.encoding, lines[0].remittance) == (encoding, "ü")


def test_eight_bit_text_that_no_profile_claims_asks_instead_of_guessing():
    assert refusal("Datum;Betrag;Übertrag\xff\n".encode("latin-1")).code == "E-ENC-AMBIGUOUS"


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"date,amount\n2026-03-01,5.00\n\xef\xbb\xbf2026-03-01,5.00\n", "E-BOM", 3),
        (b"\xef\xbb\xbf\xef\xbb\xbfdate,amount\n2026-03-01,5.00\n", "E-BOM", 1),
        (b"date,amount,note\n2026-03-01,5.00,\x00\n", "E-NUL", 2),
        ("date,amount,note\n2026-03-01,5.00,水\n".encode() + "2026-03-01,5.00,水费\n".encode("gbk"), "E-ENC-MIXED", 3),
        ("date,amount,note\n2026-03-01,5.00,水\n".encode() + b"2026-03-01,5.00,\xff\n", "E-ENC-INVALID", 3),
        ("date,amount,note\n2026-03-01,5.00,水费".encode()[:-1], "E-TRUNCATED", 2),
    ],
)  # fmt: skip
def test_a_byte_that_does_not_belong_is_named_by_its_line(raw, code, line):
    refused = refusal(raw)

    assert (refused.code, refused.line) == (code, line)


def test_a_character_that_was_lost_before_is_warned_of():
    summary, _ = read_as_far("date,amount,note\n2026-03-01,5.00,\ufffd\n".encode(), (profile(),))

    assert [(warning.code, warning.line) for warning in summary.warnings] == [("W-REPLACEMENT-CHAR", 2)]
    assert summary.loadable


def test_lines_that_end_with_carriage_returns_alone_are_lines():
    assert read_as_far(TEXT.replace(b"\n", b"\r"), (profile(),)).summary.sums_in == {"CNY": 500}


def test_more_evidence_beats_less_and_equal_evidence_asks():
    text = PROFILE.format(encodings="utf-8").replace("id: made.up", "id: narrow")
    narrow = parse_profile("x.yaml", text.replace("detect: {header: [date, amount]}", "detect: {header: [date]}"))

    assert check_statement(Source.of_bytes(TEXT), (profile(), narrow)).profile_id == "made.up"
    with pytest.raises(StatementRefused, match=r"E-PROFILE-MANY.*made.up v1, twin v1"):
        check_statement(Source.of_bytes(TEXT), (profile(), profile(name="twin")))


def test_a_draft_claims_nothing_unless_it_is_named():
    draft = parse_profile("x.yaml", PROFILE.format(encodings="utf-8") + "status: draft\n")

    with pytest.raises(StatementRefused, match="E-PROFILE-NONE"):
        check_statement(Source.of_bytes(TEXT), (draft,))
    assert check_statement(Source.of_bytes(TEXT), (draft,), profile_id="made.up").rows.booked == 1


def test_a_named_profile_must_claim_the_file_too():
    with pytest.raises(StatementRefused, match="E-PROFILE-NONE"):
        check_statement(Source.of_bytes(b"a,b\n1,2\n"), (profile(),), profile_id="made.up")
