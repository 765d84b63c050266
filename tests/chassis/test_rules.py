"""Compiled rules are the contract's rules: they say yes exactly when protovalidate finds nothing."""

import importlib
import random
from pathlib import Path

import protovalidate
import pytest
from bihuan.payments.v1 import payment_service_pb2 as pb
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from chassis.rules import Rules, compiled

_GEN = Path(__file__).parents[2] / "proto/gen"
_VALIDATOR = protovalidate.Validator()
_TEXTS = ("", "a", "A", "7", "CNY", "cny", "CNY\n", "2026-03-01", "2026-03-01\n", "a b", "~!", "王", "\n", "request-1")
_LENGTHS = (8, 15, 16, 20, 21, 32, 33, 64, 65, 128, 129, 255, 257, 512, 513)
_NUMBERS = (-(2**31), -1, 0, 1, 2, 3, 7, 50, 100, 101, 500, 501, 999, 1_000, 1_001, 2**31 - 1)
_TRIES = 60


def request_types():
    for path in sorted(_GEN.glob("bihuan/*/v1/*_service_pb2.py")):
        module = importlib.import_module(".".join(path.relative_to(_GEN).with_suffix("").parts))
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield method.input_type


COMPILED = sorted({one.full_name: one for one in request_types() if compiled(one)}.items())


@pytest.mark.parametrize("descriptor", [one for _, one in COMPILED], ids=[name for name, _ in COMPILED])
def test_what_is_surely_right_is_what_protovalidate_lets_through(descriptor):
    chosen = random.Random(descriptor.full_name)
    rules = Rules()
    for _ in range(_TRIES):
        message = a_message(descriptor, chosen, share=chosen.choice((0.1, 0.7, 1.0)))

        found = _VALIDATOR.collect_violations(message)

        assert rules.surely_kept(message) == (not found), (message, [one.proto for one in found])


def test_the_busiest_requests_are_compiled():
    names = {name.rpartition(".")[2] for name, _ in COMPILED}

    assert {"RecordPaymentRequest", "BatchCreatePaymentsRequest", "RecordReconciliationsRequest"} <= names
    assert len(COMPILED) > 40


def test_each_broken_rule_of_a_payment_is_seen():
    right = {
        "request_id": "request-1",
        "merchant_id": "m",
        "merchant_order_no": "o",
        "channel": "c",
        "channel_txn_no": "t",
        "amount": {"currency_code": "CNY", "amount_minor": 1},
        "pay_time": {"seconds": 1},
    }
    wrong = {
        "request_id": ["", "short", "x" * 65, "request 1", "request-1\n"],
        "merchant_id": ["", "a b", "x" * 65],
        "channel": ["Alipay"],
        "bill_no": ["x" * 65],
        "payer_name": ["王" * 129],
        "amount": [None, {"currency_code": "CNY"}, {"currency_code": "CN", "amount_minor": 1}],
        "pay_time": [None],
        "splits": [[{}], [{"bill_no": "b", "amount": {"currency_code": "CNY"}}]],
    }
    rules = Rules()

    assert rules.surely_kept(pb.RecordPaymentRequest(**right))
    for name, values in wrong.items():
        for value in values:
            assert not rules.surely_kept(pb.RecordPaymentRequest(**{**right, name: value})), (name, value)


def a_message(descriptor, chosen: random.Random, share: float, depth: int = 0):
    """A message of the type; each field is set as often as `share` says."""
    message = GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Timestamp":
        return GetMessageClass(descriptor)(seconds=chosen.choice(_NUMBERS), nanos=abs(chosen.choice(_NUMBERS)) % 10**9)
    for field in descriptor.fields:
        if depth < 3 and chosen.random() < share:
            values = [a_value(field, chosen, share, depth) for _ in range(chosen.choice((0, 1, 2)))]
            if field.is_repeated:
                getattr(message, field.name).extend(values)
            elif field.type == FieldDescriptor.TYPE_MESSAGE:
                getattr(message, field.name).CopyFrom(a_value(field, chosen, share, depth))
            else:
                setattr(message, field.name, a_value(field, chosen, share, depth))
    return message


def a_value(field, chosen: random.Random, share: float, depth: int):
    match field.type:
        case FieldDescriptor.TYPE_MESSAGE:
            return a_message(field.message_type, chosen, share, depth + 1)
        case FieldDescriptor.TYPE_STRING:
            return chosen.choice((chosen.choice(_TEXTS), "x" * chosen.choice(_LENGTHS), "request-1"))
        case FieldDescriptor.TYPE_BYTES:
            return b"x" * chosen.choice((0, 1, 20, 64))
        case FieldDescriptor.TYPE_BOOL:
            return chosen.random() < 0.5
        case FieldDescriptor.TYPE_ENUM:
            return chosen.choice((0, 1, 2, 3, 4, 99))
        case _:
            number = chosen.choice(_NUMBERS)
            unsigned = field.type in (FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_UINT64)
            return abs(number) if unsigned else number
