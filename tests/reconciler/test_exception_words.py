"""Each class of exception is the contract's, has its Chinese name, and explains itself in both languages."""

import importlib.resources
from dataclasses import replace

import pytest
from bihuan.reconciler.v1 import exception_pb2, run_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from chassis.money import Money
from services.reconciler.domain.difference import BookRow, ChannelRow, Difference, Key
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.explanation import explain
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.match import MatchKind
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set
from services.reconciler.rules.rule_set import EXCEPTION_CLASSES

BOOKS = BookRow("pay_0001", "txn-1", "order-1", "bill-7", Money("CNY", 1200))
LINE = ChannelRow("stm_1", 1, LineKind.PAYMENT, "txn-1", "order-1", "", "", Money("CNY", 1200))
REFUND = replace(LINE, kind=LineKind.REFUND, channel_refund_no="refund-1", amount=Money("CNY", -500))
BY_TXN = "by channel, channel_txn_no, currency_code, amount_minor"


def a_difference(exception_class: ExceptionClass, **said: object) -> Difference:
    """A payment and a line of a class, joined by the channel's number; each test names what it cares about."""
    values: dict[str, object] = {
        "payments": (BOOKS,),
        "lines": (LINE,),
        "key": Key.of(BY_TXN),
        "beside": "pay_0000",
        "reason": BY_TXN,
    }
    return Difference(exception_class, **{**values, **said})  # type: ignore[arg-type]


def alone(line: ChannelRow) -> dict[str, object]:
    """What a difference of a line alone says."""
    return {"payments": (), "lines": (line,), "key": None}


_PLAIN = {
    ExceptionClass.CHANNEL_ONLY: alone(LINE),
    ExceptionClass.PLATFORM_ONLY: {"lines": (), "key": None},
    ExceptionClass.AMOUNT_CHANNEL_OVER: {"lines": (replace(LINE, amount=Money("CNY", 1300)),)},
    ExceptionClass.AMOUNT_CHANNEL_SHORT: {"lines": (replace(LINE, amount=Money("CNY", 1150)),)},
    ExceptionClass.DUPLICATE_LINE: {**alone(LINE), "beside": "stm_1.7"},
    ExceptionClass.DUPLICATE_BOOKING: {"lines": (), "key": None},
    ExceptionClass.REFUND_CHANNEL_ONLY: alone(REFUND),
    ExceptionClass.ENTRY_CHANNEL_ONLY: alone(replace(LINE, kind=LineKind.FEE, amount=Money("CNY", -7))),
}


def test_the_classes_are_those_of_the_contract_in_its_order():
    names = [name.removeprefix("EXCEPTION_CLASS_") for name in exception_pb2.ExceptionClass.DESCRIPTOR.values_by_name]

    assert names[1:] == [each.value for each in ExceptionClass]


def test_the_kinds_of_a_match_are_those_of_the_contract():
    names = [name.removeprefix("KIND_") for name in run_pb2.Match.Kind.DESCRIPTOR.values_by_name]

    assert names[1:] == [each.value for each in MatchKind]


def test_every_class_that_a_rule_set_or_the_engine_can_give_stands_in_the_contract():
    shipped = {
        name
        for rule in load_rule_set(DEFAULT).rules
        for name in (
            getattr(rule, "exception_class", ""),
            *(case.exception_class for case in getattr(rule, "cases", ())),
        )
        if name
    }

    assert EXCEPTION_CLASSES | shipped | {"AMBIGUOUS_MATCH"} <= {each.value for each in ExceptionClass}
    assert len(shipped) > 15


def test_the_names_of_each_class_are_those_that_the_contract_gives():
    files = FileDescriptorSet.FromString(importlib.resources.files("bihuan").joinpath("contract.binpb").read_bytes())
    told = next(file for file in files.file if file.name == "bihuan/reconciler/v1/exception.proto")
    # The path of value n of the first enum of a file is 5, 0, 2, n (google.protobuf.SourceCodeInfo).
    comments = {
        told.enum_type[0].value[place.path[3]].name: place.leading_comments
        for place in told.source_code_info.location
        if list(place.path[:3]) == [5, 0, 2] and len(place.path) == 4
    }

    for each in ExceptionClass:
        zh, _, title = " ".join(comments[f"EXCEPTION_CLASS_{each}"].split()).rstrip(".").partition(": ")
        assert (zh, title) == (each.zh, each.en)


@pytest.mark.parametrize("is_group", [False, True])
@pytest.mark.parametrize("exception_class", ExceptionClass)
def test_every_class_explains_itself_in_both_languages_alone_and_as_a_group(
    exception_class: ExceptionClass, is_group: bool
):
    said = {"payments": (BOOKS, BOOKS), "lines": (LINE, LINE)} if is_group else _PLAIN.get(exception_class, {})

    english, chinese = explain(a_difference(exception_class, **said))

    assert english.isascii()
    assert "CNY" not in chinese
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)


def test_an_amount_that_differs_is_explained_with_its_key_both_amounts_and_the_viewpoint():
    over = replace(LINE, amount=Money("CNY", 1300))

    english, chinese = explain(a_difference(ExceptionClass.AMOUNT_CHANNEL_OVER, lines=(over,)))

    assert english == (
        "joined by channel_txn_no: the channel has 13.00 CNY, the books 12.00 CNY; the channel has 1.00 CNY more"
    )
    assert chinese == "长款：渠道多 1.00 元。按渠道流水号对应：渠道 13.00 元，平台 12.00 元"


def test_a_bill_paid_twice_is_explained_with_the_payment_that_came_first():
    english, chinese = explain(a_difference(ExceptionClass.DUPLICATE_PAYMENT))

    assert "payment pay_0000 came first" in english
    assert "首笔为支付单 pay_0000" in chinese


def test_a_group_that_does_not_add_up_is_explained_with_its_rows_and_the_rule_and_only_so_many_of_them():
    many = tuple(replace(BOOKS, payment_id=f"pay_{no:04}") for no in range(12))

    english, chinese = explain(a_difference(ExceptionClass.NET_SETTLEMENT_BREAK, payments=many))

    assert "pay_0007 12.00 CNY" in english
    assert "pay_0008" not in english
    assert "4 more" in english
    assert BY_TXN in english
    assert "账单第 1 行 12.00 元" in chinese


@pytest.mark.parametrize(
    ("numbers", "english_no", "chinese_no"),
    [
        (("refund-1", "ours-1"), "(channel_refund_no refund-1, ", "（渠道退款单号 refund-1，"),
        (("", "ours-1"), "(merchant_refund_no ours-1, ", "（商户退款单号 ours-1，"),
        (("", ""), "(no refund number, ", "（无退款单号，"),
    ],
)
def test_a_refund_is_explained_with_the_number_that_it_has(numbers: tuple[str, str], english_no: str, chinese_no: str):
    line = replace(REFUND, channel_refund_no=numbers[0], merchant_refund_no=numbers[1])

    english, chinese = explain(a_difference(ExceptionClass.REFUND_CHANNEL_ONLY, **alone(line)))

    assert english_no in english
    assert chinese_no in chinese


def test_a_refund_that_stands_twice_is_explained_with_its_own_number_since_its_payments_number_may_come_again():
    again = replace(REFUND, line_no=102, channel_refund_no="", merchant_refund_no="ours-1")
    said = {**alone(again), "beside": "stm_1.101"}

    english, chinese = explain(a_difference(ExceptionClass.DUPLICATE_LINE, **said))

    assert "channel_txn_no txn-1 (merchant_refund_no ours-1) of line 101" in english
    assert "渠道流水号 txn-1（商户退款单号 ours-1）重复" in chinese
