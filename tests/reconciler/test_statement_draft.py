"""A file that no profile claims gets a profile proposed: valid, marked as a draft, and right where a file can tell."""

import os
from pathlib import Path

import pytest

from services.reconciler.statements import Limits, ProfileInvalid, Source, check_statement, load_profiles
from services.reconciler.statements.draft import Draft, draft_profile
from services.reconciler.statements.profile_files import parse_profile
from services.reconciler.statements.report import Asked, report_on
from tests.support import statement_samples as samples
from tests.support.statement_families import citic_credit_xlsx

LIMITS = Limits()
# File: delimiter, line of the header, rows. "" is a workbook.
TABLES = {
    "cn/abc_debit.csv": (",", 1, 5),
    "cn/alipay_merchant_trade_gbk.transcribed.csv": (",", 5, 10),
    "cn/alipay_personal_gbk.csv": (",", 25, 10),
    "cn/boc_debit.csv": (",", 2, 17),
    "cn/bocom_debit.csv": (",", 1, 6),
    "cn/cgb_credit.csv": (",", 1, 4),
    "cn/citic_credit.xls": ("", 2, 13),
    "cn/cmb_debit.csv": (",", 1, 5),
    "cn/hsbchk_debit.csv": (",", 1, 10),
    "cn/icbc_debit.csv": (",", 7, 11),
    "cn/meituan_bom_crlf.csv": (",", 20, 29),
    "cn/unionpay_portal_utf8.tsv": ("\t", 4, 33),
    "cn/wechat_fundflow.transcribed.csv": (",", 1, 2),
    "cn/wechat_personal.csv": (",", 17, 27),
    "cn/wechat_personal.xlsx": ("", 18, 27),
    "cn/wechat_trade_all_bom.csv": (",", 1, 45),
    "intl/bmo_credit_preamble.csv": (",", 3, 3),
    "intl/european_decimals.csv": (";", 1, 3),
    "intl/split_amounts_semicolon.csv": (";", 1, 2),
    "psp/adyen_settlement_238.csv": (",", 1, 3),
    "psp/paypal_statement_en.csv": (",", 1, 19),
    "psp/stripe_balance_itemized.csv": (",", 1, 2),
}
# Of these nothing in the file tells the sign (cards), the state of a row, or the currency.
NOT_ALL_TOLD = {
    "cn/cgb_credit.csv",
    "cn/citic_credit.xls",
    "cn/wechat_trade_all_bom.csv",
    "intl/bmo_credit_preamble.csv",
}

# A list as some banks write it: a tab after every cell, a title above, totals below, the newest first.
PADDED = [
    ["记账时间", "凭证号", "摘要", "交易对手", "存入金额", "支取金额", "账户余额"],
    ["2026-03-02 18:40:11", "9002", "消费", "某某超市", "", "23.40", "6211.10"],
    ["2026-03-01 12:00:00", "9001", "转账", "张某", "", "1000.00", "6234.50"],
    ["2026-03-01 09:15:02", "9000", "工资", "某某公司", "5000.00", "", "7234.50"],
    ["总计", "", "", "", "5000.00", "1023.40", ""],
]


def padded(rows: list[list[str]]) -> bytes:
    lines = ["账户交易明细", *(",".join(f"{cell}\t" for cell in row) for row in rows), ""]
    return "\r\n".join(lines).encode("gb18030")


def drafted(raw: bytes) -> Draft:
    draft = draft_profile(Source.of_bytes(raw), LIMITS)
    assert draft is not None
    return draft


def real(name: str) -> bytes:
    folder = os.environ.get("BIHUAN_FIXTURES")
    if not folder:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    return (Path(folder) / "statements" / name).read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_the_table_of_an_unknown_file_is_found(name):
    draft = drafted(real(name))

    assert (draft.delimiter, draft.header_line, draft.row_count) == TABLES[name]
    assert draft.rows


@pytest.mark.parametrize("name", TABLES)
def test_a_draft_is_a_valid_profile_that_reads_its_own_file(name):
    raw = real(name)
    profile = parse_profile("draft.yaml", drafted(raw).yaml)

    summary = check_statement(Source.of_bytes(raw), [profile], profile_id=profile.id)

    assert profile.status == "draft"
    assert (summary.rows.booked + summary.rows.neutral, summary.rows.quarantined) == (TABLES[name][2], 0)
    if name not in NOT_ALL_TOLD:
        known = check_statement(Source.of_bytes(raw), load_profiles())
        assert (summary.sums_in, summary.sums_out) == (known.sums_in, known.sums_out)


def test_a_draft_never_claims_a_file_by_itself():
    draft = parse_profile("draft.yaml", drafted(samples.ccb_debit()).yaml)

    summary = check_statement(Source.of_bytes(samples.ccb_debit()), [draft, *load_profiles()])

    assert summary.profile_id == "ccb.debit"


def test_a_draft_shows_the_first_rows_under_the_names_of_the_header():
    draft = drafted(samples.ccb_debit())

    assert draft.encoding == "gb18030"
    assert (draft.rows[0]["记账日"], draft.rows[0]["收入"], draft.rows[0]["摘要"]) == (
        "20260301",
        "5,000.00",
        "代发工资",
    )


def test_a_table_without_a_header_gets_names_by_place():
    draft = drafted(b"03/25/2026,COFFEE,4.50,,995.50\n03/26/2026,SALARY,,1200.00,2195.50\n")

    assert (draft.header_line, draft.row_count) == (0, 2)
    assert draft.rows[0]["column_1"] == "03/25/2026"
    assert parse_profile("draft.yaml", draft.yaml).table.names == tuple(f"column_{no}" for no in range(1, 6))


def test_days_and_months_that_could_trade_places_are_told_and_both_are_proposed():
    draft = drafted(b"Date,Details,Amount\n03/04/2026,COFFEE,-4.50\n05/06/2026,TEA,-3.50\n")

    assert draft.warnings == ("W-DATE-ORDER-AMBIGUOUS",)
    assert "%d/%m/%Y" in draft.yaml
    assert "%m/%d/%Y" in draft.yaml


def test_the_detail_of_an_archive_is_drafted_not_its_summary():
    draft = drafted(samples.alipay_archive(samples.alipay_business()))

    assert (draft.encoding, draft.header_line, draft.row_count) == ("gb18030", 5, 5)


def test_a_workbook_is_drafted_as_a_workbook():
    draft = drafted(citic_credit_xlsx())

    assert (draft.encoding, draft.header_line, draft.row_count) == ("", 2, 2)
    assert parse_profile("draft.yaml", draft.yaml).format == "workbook"


@pytest.mark.parametrize("raw", [b"", b"\n\n\n", b"<!DOCTYPE html><html></html>", b'{"code":"NO_STATEMENT"}'])
def test_nothing_is_proposed_for_what_is_no_table(raw):
    assert not raw or draft_profile(Source.of_bytes(raw), LIMITS) is None


@pytest.mark.parametrize(
    ("money_in", "money_out"),
    [
        ("存入金额", "支取金额"),
        ("转入金额", "转出金额"),
        ("存款金额", "取出金额"),
        ("贷方发生额", "借方发生额"),
        ("贷方发生额（收入）", "借方发生额（支出）"),
        ("发生额（贷方）", "发生额（借方）"),
    ],
)
def test_money_in_and_out_are_told_by_the_words_that_banks_use(money_in, money_out):
    header = [{"存入金额": money_in, "支取金额": money_out}.get(name, name) for name in PADDED[0]]

    raw = padded([header, *PADDED[1:]])
    profile = parse_profile("draft.yaml", drafted(raw).yaml)

    assert (profile.amount.in_, profile.amount.out) == ((money_in,), (money_out,))
    summary = check_statement(Source.of_bytes(raw), [profile], profile_id=profile.id)
    assert (summary.sums_in, summary.sums_out) == ({"CNY": 500000}, {"CNY": -102340})


@pytest.mark.parametrize(
    "raw",
    [
        b"Date,Posted date,Text\n20260301,20260302,TEA\n20260302,20260303,COFFEE\n",
        b"Date,Clock time,Text\n20260301,184011,TEA\n20260302,091502,COFFEE\n",
        b"Date,Number,Text\n2026-03-01,1,TEA\n2026-03-02,x,3.50\n",
        padded([[name.replace("支取金额", "某列") for name in PADDED[0]], *PADDED[1:]]),
    ],
)
def test_no_column_of_times_or_texts_is_named_as_the_amount_and_its_lack_is_told(raw):
    draft = drafted(raw)

    assert "# The amount column was not found" in draft.yaml
    with pytest.raises(ProfileInvalid, match="amount is missing"):
        parse_profile("draft.yaml", draft.yaml)


@pytest.mark.parametrize(("rows", "order"), [(PADDED[1:4], "newest"), (PADDED[3:0:-1], "oldest")])
def test_a_running_balance_that_ties_is_proposed_as_a_control_in_its_order(rows, order):
    raw = padded([PADDED[0], *rows, PADDED[4]])
    draft = drafted(raw)
    profile = parse_profile("draft.yaml", draft.yaml)

    changed = check_statement(
        Source.of_bytes(raw.replace(b"1000.00\t,6", b"1000.01\t,6")), [profile], profile_id=profile.id
    )
    whole = check_statement(Source.of_bytes(raw), [profile], profile_id=profile.id)

    assert "&id" not in draft.yaml
    assert f"# Balance: 账户余额 ties, {order} first, and is a control.\n" in draft.yaml
    assert [(control.name, control.ties) for control in whole.controls] == [("账户余额", True)]
    assert [fault.code for fault in changed.faults] == ["E-BALANCE"]


def test_a_balance_that_does_not_tie_is_no_control_and_the_head_says_so():
    draft = drafted(padded([*PADDED[:2], [*PADDED[2][:6], "1.00"], PADDED[3]]))

    assert "# Balance: 账户余额 does not tie" in draft.yaml
    assert "# Totals: no line of totals was seen.\n" in draft.yaml
    assert parse_profile("draft.yaml", draft.yaml).controls == ()


def test_the_head_of_a_draft_tells_the_totals_and_what_it_means_to_have_no_control():
    told = drafted(padded(PADDED)).yaml
    bare = drafted(b"Date,Details,Amount\n2026-03-14,COFFEE,-4.50\n2026-03-15,TEA,-3.50\n").yaml

    assert "# Totals: line 6 (总计" in told
    assert "# Balance: no column of balances was seen.\n" in bare
    for text in (told, bare):
        assert "# Without controls nobody notices that a file was changed or cut.\n" in text


def test_the_end_of_a_padded_table_is_told_by_its_word_alone():
    assert "\n  end: ^总计\n" in drafted(padded(PADDED)).yaml


def test_a_file_that_a_kept_draft_fits_is_refused_with_its_name_and_gets_no_second_draft():
    kept = parse_profile("seaside.yaml", drafted(padded(PADDED)).yaml.replace("draft.unnamed", "seaside.debit"))

    known = report_on(Source.of_bytes(padded(PADDED)), [*load_profiles(), kept], LIMITS, Asked())
    strange = report_on(Source.of_bytes(padded(PADDED)), load_profiles(), LIMITS, Asked())

    (fault,) = known.summary.faults
    assert fault.code == "E-PROFILE-NONE"
    assert fault.value == "profile seaside.debit fits and is a draft: set status: active"
    assert known.draft is None
    assert strange.draft is not None
