"""Rows of an import are judged by columns as RecordPayment judges requests one by one."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Fault
from chassis.money import Money
from services.payments.convert import import_batch as convert
from services.payments.convert.arrow_stream import ArrowStream, Batch
from services.payments.domain.business_day import business_date
from services.payments.domain.fee import FeeRule, FeeRules
from services.payments.domain.import_batch import (
    COLUMNS,
    WrongColumns,
    as_columns,
    rows_of_another_time,
    surely_right,
)
from services.payments.domain.import_columns import business_dates, content_digests, line_digests, staged
from services.payments.domain.intake import content_sha256
from services.payments.domain.payment import PaymentContent, judge_pay_time
from services.payments.domain.slice_manifest import SliceLine
from tests.payments.arrow_rows import NOON, a_batch, a_row, an_arrow_stream

TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "ORDER-1", "a_b", "A" * 64, "A" * 65, "王" * 128, "王" * 129, "x\0", "x\n", "~!", "wechat_pay"]
    ),
    st.text(max_size=6),
)
INSTANTS = st.one_of(
    st.sampled_from([NOON, NOON + timedelta(minutes=15), NOON + timedelta(minutes=15, microseconds=1), None]),
    st.datetimes(timezones=st.just(UTC)),
)
ROWS = st.fixed_dictionaries(
    {
        **dict.fromkeys(convert.TEXT_RULES, TEXTS),
        "currency_code": st.sampled_from(["CNY", "JPY", "cny", "ZZZ", "XAU", "", "CN", "CNYY", "XXX", "王"]),
        "amount_minor": st.sampled_from([None, -(2**63), -1, 0, 1, 2**63 - 1]),
        "pay_time": INSTANTS,
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8))
def test_what_columns_call_right_is_what_a_request_would_be_taken_for(told):
    rows = as_columns(a_batch(told))

    right = surely_right(rows, convert.TEXT_RULES).to_pylist()

    for at, is_right in enumerate(right):
        assert is_right == (convert._look_closer(rows, at) is None), told[at]


RULES = FeeRules([FeeRule("wechat-2026", "wechat_pay", rate_ppm=6_000), FeeRule("m-2026", "alipay", 5_500, "m", "CNY")])
FEE_ROWS = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["wechat_pay", "alipay", "other"]),
        "merchant_id": st.sampled_from(["m", "n"]),
        "currency_code": st.sampled_from(["CNY", "JPY"]),
        "amount_minor": st.sampled_from([1, 83, 84, 12_30, 2**53 + 1, 2**63 - 1]),
    }
)


@settings(max_examples=100, deadline=None)
@given(st.lists(FEE_ROWS, min_size=1, max_size=8))
def test_a_row_has_the_fee_that_its_payment_would_have_alone(told):
    rows = as_columns(a_batch([a_row(**one) for one in told]))

    written = staged(rows, range(len(told)), [f"pay_{at}" for at in range(len(told))], RULES.fee_of).to_pylist()

    for one, row in zip(told, written, strict=True):
        amount = Money(one["currency_code"], one["amount_minor"])
        fee = RULES.fee_of(one["channel"], one["merchant_id"], amount)
        alone = (None, None, None) if fee is None else (fee.fee_rule_id, fee.rate_ppm, fee.amount.amount_minor)
        assert (row["fee_rule_id"], row["fee_rate_ppm"], row["fee_minor"]) == alone


@settings(max_examples=50, deadline=None)
@given(st.lists(st.datetimes(datetime(1, 1, 1), timezones=st.just(UTC)), min_size=1, max_size=8))  # noqa: DTZ001
def test_the_time_of_payment_is_judged_alike(instants):
    rows = as_columns(a_batch([a_row(pay_time=instant) for instant in instants]))

    refused = rows_of_another_time(rows, NOON)

    assert refused == [at for at, instant in enumerate(instants) if judge_pay_time(instant, NOON)]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["wechat_pay", "alipay", "bank"]),
            st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_business_day_is_the_same(told):
    rows = as_columns(a_batch([a_row(channel=channel, pay_time=instant) for channel, instant in told]))

    assert business_dates(rows) == [business_date(*one) for one in told]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "merchant_order_no": st.text("abc~-", min_size=1, max_size=5),
                "bill_no": st.text("12=", max_size=3),
                "payer_name": st.text(st.characters(blacklist_categories=["Cs"]), max_size=6),
                "amount_minor": st.integers(1, 2**63 - 1),
                "pay_time": st.datetimes(datetime(1969, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            }
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_digests_are_those_of_payments_that_come_alone(told):
    rows = [a_row(**one) for one in told]
    columns = as_columns(a_batch(rows))

    of_contents = content_digests(columns)
    of_lines = line_digests(columns, pa.array([f"pay_{at}" for at in range(len(rows))]))

    for at, row in enumerate(rows):
        amount = Money(row.pop("currency_code"), row.pop("amount_minor"))
        content = PaymentContent(**row, amount=amount)
        day = business_date(content.channel, content.pay_time)
        line = SliceLine(f"pay_{at}", content.merchant_order_no, content.channel, content.channel_txn_no, day, amount)
        assert of_contents[at] == content_sha256(content)
        assert of_lines[at] == line.sha256


def test_each_fault_of_a_row_is_told_as_record_payment_tells_it_with_a_cure():
    rows = [a_row(), a_row(merchant_id="", amount_minor=0), a_row(currency_code="ZZZ"), a_row()]

    told = convert.to_told_batch(3, Batch(a_batch(rows), b"digest"))

    assert sorted(told.refused) == [1, 2]
    assert (told.refused[1].reason, told.refused[1].field) == ("INVALID_FIELD", "merchant_id,amount")
    assert told.refused[1].rule == "STRING_MIN_LEN,AMOUNT_POSITIVE"
    assert (told.refused[2].reason, told.refused[2].field) == ("UNKNOWN_CURRENCY", "amount.currency_code")
    for refusal in told.refused.values():
        assert refusal.message
        assert refusal.message_zh
        assert refusal.cure
        assert refusal.cure_zh


def test_digits_below_the_microsecond_and_other_zones_and_widths_are_taken():
    batch = a_batch([a_row()])
    told = batch.set_column(
        batch.schema.get_field_index("pay_time"),
        "pay_time",
        pa.array([int(NOON.timestamp()) * 10**9 + 1_999], pa.timestamp("ns", "Asia/Shanghai")),
    ).set_column(batch.schema.get_field_index("amount_minor"), "amount_minor", pa.array([7], pa.int32()))

    rows = as_columns(told)

    assert rows.schema == COLUMNS
    assert rows["pay_time"][0].as_py() == NOON + timedelta(microseconds=1)
    assert rows["amount_minor"][0].as_py() == 7


@pytest.mark.parametrize(
    ("column", "values", "rule"),
    [
        ("amount_minor", pa.array([1.5]), "COLUMN_TYPE"),
        ("amount_minor", pa.array([2**64 - 1], pa.uint64()), "INT64"),
        ("pay_time", pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us")), "COLUMN_TYPE"),
        ("merchant_id", pa.array([b"m"]), "COLUMN_TYPE"),
        ("merchant_id", None, "MISSING_COLUMN"),
        ("colour", pa.array(["red"]), "UNKNOWN_COLUMN"),
    ],
)
def test_columns_that_make_no_payments_are_named(column, values, rule):
    columns = {name: a_batch([a_row()]).column(name) for name in COLUMNS.names}
    columns[column] = values
    batch = pa.record_batch({name: array for name, array in columns.items() if array is not None})

    found = as_columns(batch)

    assert isinstance(found, WrongColumns)
    assert (found.field, found.rule) == (f"chunk.{column}", rule)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 900), max_size=12))
def test_a_stream_may_be_cut_anywhere(cuts):
    batches = [a_batch([a_row(merchant_order_no=f"{number}-{row}") for row in range(3)]) for number in range(3)]
    left, stream, found = an_arrow_stream(batches), ArrowStream(), []

    for cut in [*cuts, len(left)]:
        found += stream.feed(left[:cut])
        left = left[cut:]
    stream.end()

    assert [one.rows for one in found] == batches
    assert len({one.sha256 for one in found}) == 3


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_bytes_that_are_no_stream_are_refused_and_nothing_worse(data):
    content = bytearray(an_arrow_stream([a_batch([a_row(), a_row()])]))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    stream = ArrowStream()
    try:
        for batch in stream.feed(bytes(content)):
            convert.to_told_batch(0, batch)
        stream.end()
    except Fault as fault:
        assert fault.reason in ("INVALID_FIELD", "TOO_LARGE")  # noqa: PT017  a Fault is one good end of two


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"merchant_id,amount\n", "ARROW"),
        (an_arrow_stream([a_batch([a_row()])])[:-20], "TRUNCATED"),
        (b"", "EMPTY"),
        (an_arrow_stream([a_batch([a_row()])], compression="zstd"), "COMPRESSED"),
        (
            an_arrow_stream([pa.record_batch({"channel": pa.array(["a", "a"]).dictionary_encode()})]),
            "PLAIN_COLUMNS",
        ),
    ],
)
def test_a_stream_that_cannot_be_read_says_why(content, rule):
    with pytest.raises(Fault) as refused:
        _read(content)

    assert [(field.field, field.rule) for field in refused.value.fields] == [("chunk", rule)]


def test_a_batch_beyond_the_limit_is_refused():
    stream = ArrowStream()
    with pytest.raises(Fault) as refused:
        list(stream.feed(an_arrow_stream([a_batch([a_row()] * 20_001)])))

    assert (refused.value.reason, refused.value.metadata) == ("TOO_LARGE", {"limit_rows": "20000"})


def _read(content: bytes) -> None:
    stream = ArrowStream()
    list(stream.feed(content))
    stream.end()
