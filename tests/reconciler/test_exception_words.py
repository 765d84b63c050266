"""Each class of exception is the contract's, has its Chinese name, and explains itself in both languages."""

import importlib.resources
import inspect
from dataclasses import replace

import pytest
from bihuan.reconciler.v1 import exception_pb2, run_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from chassis.money import Money
from services.reconciler.domain import match
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.explanation import explain
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.outcome import Difference, MatchKind
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set
from services.reconciler.rules.rule_set import EXCEPTION_CLASSES
from tests.reconciler.builders import DAY, a_line, a_payment, a_refund_line


def produced(exception_class: ExceptionClass) -> Difference:
    """A day on which the class comes up."""
    payments, lines = _DAYS[exception_class]
    differences = match_exact(DAY, payments, lines).differences
    return next(each for each in differences if each.exception_class is exception_class)


_TWICE = {"bill_no": "bill-7"}
_DAYS = {
    ExceptionClass.CHANNEL_ONLY: ([], [a_line(1)]),
    ExceptionClass.PLATFORM_ONLY: ([a_payment(1)], []),
    ExceptionClass.AMOUNT_CHANNEL_OVER: ([a_payment(1)], [a_line(1, amount=Money("CNY", 1300))]),
    ExceptionClass.AMOUNT_CHANNEL_SHORT: ([a_payment(1)], [a_line(1, amount=Money("CNY", 1150))]),
    ExceptionClass.CURRENCY_MISMATCH: ([a_payment(1)], [a_line(1, amount=Money("JPY", 1200))]),
    ExceptionClass.DUPLICATE_PAYMENT: ([a_payment(1, **_TWICE), a_payment(2, **_TWICE)], [a_line(1), a_line(2)]),
    ExceptionClass.DUPLICATE_LINE: ([a_payment(1)], [a_line(1), a_line(1, line_no=2)]),
    ExceptionClass.DUPLICATE_BOOKING: ([a_payment(1), a_payment(2, channel_txn_no="txn-1")], [a_line(1)]),
    ExceptionClass.REFUND_CHANNEL_ONLY: ([], [a_refund_line(1)]),
    ExceptionClass.REFERENCE_CONFLICT: (
        [a_payment(1), a_payment(2)],
        [a_line(1, merchant_order_no="order-2")],
    ),
    ExceptionClass.ENTRY_CHANNEL_ONLY: ([], [a_line(1, kind=LineKind.FEE, amount=Money("CNY", -7))]),
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


@pytest.mark.parametrize("exception_class", _DAYS)
def test_every_class_can_come_up_and_explains_itself_in_both_languages(exception_class: ExceptionClass):
    english, chinese = explain(produced(exception_class))

    assert english.isascii()
    assert "CNY" not in chinese
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)


def test_an_amount_that_differs_is_explained_with_its_key_both_amounts_and_the_viewpoint():
    english, chinese = explain(produced(ExceptionClass.AMOUNT_CHANNEL_OVER))

    assert english == (
        "joined by channel_txn_no: the channel has 13.00 CNY, the books 12.00 CNY; the channel has 1.00 CNY more"
    )
    assert chinese == "长款：渠道多 1.00 元。按渠道流水号对应：渠道 13.00 元，平台 12.00 元"


def test_a_bill_paid_twice_is_explained_with_the_payment_that_came_first():
    english, chinese = explain(produced(ExceptionClass.DUPLICATE_PAYMENT))

    assert "payment pay_0001 came first" in english
    assert "首笔为支付单 pay_0001" in chinese


@pytest.mark.parametrize(
    ("numbers", "english_no", "chinese_no"),
    [
        (("refund-1", "ours-1"), "(channel_refund_no refund-1, ", "（渠道退款单号 refund-1，"),
        (("", "ours-1"), "(merchant_refund_no ours-1, ", "（商户退款单号 ours-1，"),
        (("", ""), "(no refund number, ", "（无退款单号，"),
    ],
)
def test_a_refund_is_explained_with_the_number_that_it_has(numbers: tuple[str, str], english_no: str, chinese_no: str):
    line = a_refund_line(1, channel_refund_no=numbers[0], merchant_refund_no=numbers[1])

    english, chinese = explain(match_exact(DAY, [], [line]).differences[0])

    assert english_no in english
    assert chinese_no in chinese


def test_a_refund_that_stands_twice_is_explained_with_its_own_number_since_its_payments_number_may_come_again():
    refund = a_refund_line(1, channel_refund_no="", merchant_refund_no="ours-1")
    repeats = match_exact(DAY, [], [refund, replace(refund, line_no=102)]).differences

    english, chinese = explain(next(each for each in repeats if each.line.line_no == 102))

    assert "channel_txn_no txn-1 (merchant_refund_no ours-1)" in english
    assert "渠道流水号 txn-1（商户退款单号 ours-1）重复" in chinese


def test_the_rules_ask_no_clock():
    source = inspect.getsource(match)

    assert "now(" not in source, "domain/match.py asks a clock: take the instant as an argument"
