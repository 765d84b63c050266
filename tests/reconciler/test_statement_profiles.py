"""Profiles: the shipped ones load, and a faulty one is refused with all its faults."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from services.reconciler import statements
from services.reconciler.statements import ProfileInvalid, StatementRefused
from services.reconciler.statements.localtime import TimeFormat, business_date
from services.reconciler.statements.profile_files import parse_profile
from tests.support.statements import read_file

PROFILES = Path(statements.__file__).parent.parent / "profiles"


def shipped(name: str, *changes: tuple[str, str]) -> str:
    text = (PROFILES / f"{name}.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def faults_of(text: str) -> list[str]:
    with pytest.raises(ProfileInvalid) as invalid:
        parse_profile("some.yaml", text)
    return invalid.value.faults


def test_a_profile_with_many_faults_names_them_all_by_key():
    text = shipped(
        "wechat_pay.trade",
        ("version: 1", "version: one"),
        ("totals_row:", "total_row:"),
        ("'^总交易单数,'", "'^总交易单数,('"),
        ("Asia/Shanghai", "Asia/Peking"),
        ("cutoff: '00:00'", "cutoff: '24:30'"),
        ("kind: PAYMENT", "kind: INCOME"),
        ("encodings: [utf-8, gb18030]", "encodings: [utf-8, big5]"),
        ("header: [手续费]", "header: []"),
        ("%H:%M:%S", "%H:%Q"),
        ("needs: [channel_refund_no]", "needs: [refund]"),
    )

    faults = "; ".join(faults_of(text))

    for key in (
        "version must be a whole number",
        "unknown key table.total_row, did you mean totals_row?",
        "table.end must be a regular expression",
        "tz must be a time zone",
        "day.cutoff must be a time of day",
        "amount.cases.SUCCESS.kind must be one of PAYMENT, REFUND, CREDIT",
        "decode.encodings[1] must be one of utf-8, gb18030, utf-16",
        "columns.fee.header must be a list",
        "columns.book_time.format[0] must be a time format",
        "amount.cases.REFUND.needs[0] must be one of",
    ):
        assert key in faults


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("alipay.business", ("declared: paid_count", "declared: paid"), "no group of a line is called paid"),
        ("alipay.business", ("where: [退款]", "where: [退货]"), "where names 退货, which is no case"),
        ("alipay.business", ("(?P<account_no>", "(?P<account>"), "table states account, which nobody reads"),
        ("alipay.business", ("(?P<period_end>", "(?:"), "needs period_start and period_end"),
        ("alipay.business", ("fixed: CNY", "fixed: CNY, header: 币种"), "currency must be either"),
        ("alipay.business", ("stated_by: period", "stated_by: lines"), "day.period_format belongs to"),
        ("wechat_pay.trade", ("delimiter: ','", "delimiter: ''"), "dialect.delimiter must not be empty"),
        ("wechat_pay.trade", ("name: 订单总金额", "name: 退款总金额"), "control 退款总金额 is there twice"),
        ("wechat_pay.trade", ("channel_refund_no: {", "account_nr: {"), "unknown key columns.account_nr"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(name, change, fault):
    assert fault in "; ".join(faults_of(shipped(name, change)))


@pytest.mark.parametrize("text", ["", "[]", "id: {", "- 1"])
def test_what_is_no_profile_at_all_is_refused(text):
    assert faults_of(text)


def test_two_profiles_that_claim_one_file_are_refused_by_name():
    profile = parse_profile("one.yaml", shipped("wechat_pay.trade"))
    twin = parse_profile("twin.yaml", shipped("wechat_pay.trade", ("version: 1", "version: 2")))

    with pytest.raises(StatementRefused, match=r"E-PROFILE-MANY.*wechat_pay.trade v1, wechat_pay.trade v2"):
        read_file("交易时间,公众账号ID,商户号,\n".encode(), (profile, twin))


@pytest.mark.parametrize(
    ("local", "cutoff", "day"),
    [
        ("2026-03-01 23:59:59", time(0), date(2026, 3, 1)),
        ("2026-03-02 00:00:00", time(0), date(2026, 3, 2)),
        ("2026-03-01 22:59:59", time(23), date(2026, 3, 1)),
        ("2026-03-01 23:00:00", time(23), date(2026, 3, 2)),
        ("2026-12-31 23:30:00", time(23, 30), date(2027, 1, 1)),
    ],
)
def test_a_business_date_ends_at_the_cut_off(local, cutoff, day):
    assert business_date(datetime.fromisoformat(local), cutoff) == day


@pytest.mark.parametrize(
    "text", ["2026-3-1 9:30:00", "2026-03-01 24:00:00", "2026-03-01 09:30:00 ", "٢٠٢٦-03-01 09:30:00"]
)
def test_a_time_is_read_strictly(text):
    form = TimeFormat.of("%Y-%m-%d %H:%M:%S")

    assert form.read("2026-03-01 09:30:00") == datetime.fromisoformat("2026-03-01 09:30:00")
    assert form.read(text) is None


def test_a_key_that_is_there_twice_is_refused_since_one_of_the_two_would_be_lost():
    with pytest.raises(ProfileInvalid, match="the key tz is there twice"):
        parse_profile("twice.yaml", "id: x\ntz: Asia/Shanghai\ntz: UTC\n")
